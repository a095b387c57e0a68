//! Faults a test orders: which requests are hit, how often, and what happens to them instead of (or to) the answer.

use super::error::ApiError;
use super::handle::Call;
use super::rbac::Identity;
use super::route::{Route, Target};
use serde_json::Value;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Act {
    Unauthorized,
    /// 403 in the authoriser's words.
    Forbidden,
    /// 404 for the path, as when a CRD is not installed.
    NotServed,
    Conflict,
    /// 410 for a list that goes on; `fresh` puts a token for the inconsistent rest into the answer.
    Expired {
        fresh: Option<String>,
    },
    /// 429 with `Retry-After`.
    TooManyRequests {
        seconds: u32,
    },
    Internal,
    Unavailable,
    /// Any status, content type and body: a proxy's HTML page, garbage, an empty body.
    Raw {
        status: u16,
        content_type: &'static str,
        body: Vec<u8>,
    },
    /// The same with headers of the test's own, and no others.
    Reply {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// The right answer, late.
    Delay(Duration),
    /// The right answer, in pieces of so many bytes with a pause after each.
    Drip {
        bytes: usize,
        pause: Duration,
    },
    /// The connection closes after so many bytes of a body announced whole.
    Cut {
        bytes: usize,
    },
    /// A body that ends early, well-formed as HTTP.
    Truncate {
        bytes: usize,
    },
    /// The right answer with so many bytes of blanks before its end.
    Pad {
        bytes: usize,
    },
    /// The right answer, changed: broken items, wrong types.
    Edit(fn(&mut Value)),
    /// The connection closes before any answer.
    Drop,
    /// Everything is done, and the connection closes without an answer.
    Mute,
    /// Everything is done, and the answer never comes.
    Hang,
}

/// A fault and the requests it hits; every condition that is set must hold.
#[derive(Clone, Debug)]
pub struct Fault {
    verb: Option<&'static str>,
    group: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    path: Option<String>,
    user: Option<String>,
    query: Option<(String, String)>,
    skip: usize,
    times: usize,
    act: Act,
}

impl Fault {
    pub fn new(act: Act) -> Self {
        Fault { verb: None, group: None, resource: None, namespace: None, path: None, user: None, query: None, skip: 0, times: usize::MAX, act }
    }

    pub fn verb(mut self, verb: &'static str) -> Self {
        self.verb = Some(verb);
        self
    }

    /// `plural` or `plural.group`.
    pub fn resource(mut self, resource: &str) -> Self {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        self.resource = Some(plural.to_owned());
        self.group = Some(group.to_owned());
        self
    }

    pub fn group(mut self, group: &str) -> Self {
        self.group = Some(group.to_owned());
        self
    }

    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// Paths that start so; also those outside the resources.
    pub fn path(mut self, start: &str) -> Self {
        self.path = Some(start.to_owned());
        self
    }

    pub fn user(mut self, user: &str) -> Self {
        self.user = Some(user.to_owned());
        self
    }

    /// Requests with this parameter; an empty value means any.
    pub fn query(mut self, key: &str, value: &str) -> Self {
        self.query = Some((key.to_owned(), value.to_owned()));
        self
    }

    /// Lets the first `n` matching requests through.
    pub fn after(mut self, n: usize) -> Self {
        self.skip = n;
        self
    }

    pub fn times(mut self, n: usize) -> Self {
        self.times = n;
        self
    }

    fn hits(&self, call: &Call) -> bool {
        // A group that is gone is gone from discovery as well.
        let (group, resource, namespace) = match &call.route {
            Route::Resource(Target { group, resource, namespace, .. }) => (Some(group.as_str()), Some(resource), namespace.as_ref()),
            Route::Path => (call.path.strip_prefix("/apis/").and_then(|rest| rest.split('/').next()), None, None),
        };
        self.verb.is_none_or(|v| v == call.verb())
            && self.group.as_deref().is_none_or(|g| Some(g) == group)
            && self.resource.as_ref().is_none_or(|r| Some(r) == resource)
            && self.namespace.as_ref().is_none_or(|n| Some(n) == namespace)
            && self.path.as_ref().is_none_or(|p| call.path.starts_with(p.as_str()))
            && self.user.as_ref().is_none_or(|u| *u == call.who.user)
            && self.query.as_ref().is_none_or(|(k, v)| call.query.0.iter().any(|(key, value)| key == k && (v.is_empty() || value == v)))
    }
}

/// The first fault in order that hits, used up by one.
pub fn strike(faults: &mut [Fault], call: &Call) -> Option<Act> {
    for fault in faults {
        if fault.times == 0 || !fault.hits(call) {
            continue;
        }
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        fault.times -= 1;
        return Some(fault.act.clone());
    }
    None
}

impl Act {
    /// The refusal this act is, when it is one.
    pub fn refusal(&self, call: &Call) -> Option<ApiError> {
        let target = match &call.route {
            Route::Resource(target) => target.clone(),
            Route::Path => Target::default(),
        };
        Some(match self {
            Act::Unauthorized => ApiError::unauthorized(),
            Act::Forbidden if call.route == Route::Path => ApiError::forbidden_path(&call.who.user, call.verb(), &call.path),
            Act::Forbidden => ApiError::forbidden(&call.who.user, call.verb(), &target),
            Act::NotServed => ApiError::unknown_path(),
            Act::Conflict => {
                let of = super::resources::Resource { group: target.group.clone(), plural: target.resource.clone(), ..Default::default() };
                ApiError::stale(&of, target.name.as_deref().unwrap_or_default())
            }
            Act::Expired { fresh } => ApiError::expired_continue(fresh.clone()),
            Act::TooManyRequests { seconds } => ApiError::too_many_requests(*seconds),
            Act::Internal => ApiError::internal("injected"),
            Act::Unavailable => ApiError::unavailable(),
            _ => return None,
        })
    }
}

/// Faults never hit the user that builds the cluster for a test.
pub fn spares(who: &Identity) -> bool {
    who.user == super::SETUP_USER
}
