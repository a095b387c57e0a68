//! Where a request goes: the rule that takes it, its destinations, what is done to it on the way, and why other rules do not take it.
//!
//! Istio's answer is found in `routes/istio`, Linkerd's in `routes/linkerd`; the words they share are here.

pub mod istio;
pub mod linkerd;
mod router;
#[cfg(test)]
mod tests;
mod text;
mod url;

pub use istio::ServiceRoutes;
pub use router::Router;
pub(in crate::mesh) use url::parameter;

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::MeshView;
use super::resolve::{self, Name};
use crate::index::Workload;
use crate::model::{Evidence, MeshId, ObjectRef, Service};

/// A request as its client sends it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The host it connects to, as typed.
    pub host: String,
    /// The port it connects to.
    pub port: u16,
    /// HTTP method.
    pub method: String,
    /// Path with its query.
    pub path: String,
    /// Headers, names in lower case; without `host`.
    pub headers: Vec<(String, String)>,
    /// The Host header; nothing means the host, with the port unless it is 80 or 443.
    pub authority: Option<String>,
    /// The server name of its TLS handshake, when the client itself speaks TLS; nothing means the host.
    pub sni: Option<String>,
}

impl Request {
    /// The Host header.
    pub fn authority(&self) -> String {
        self.authority.clone().unwrap_or_else(|| match self.port {
            80 | 443 => self.host.clone(),
            port => format!("{}:{port}", self.host),
        })
    }

    /// The Host header without its port, in lower case.
    pub fn host_name(&self) -> String {
        without_port(&self.authority()).to_ascii_lowercase()
    }

    /// The server name of a TLS handshake.
    pub fn server_name(&self) -> String {
        self.sni.clone().unwrap_or_else(|| self.host_name())
    }

    /// The values of a header, joined as proxies join them.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    }
}

/// An authority without its port.
pub fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) && (!host.contains(':') || host.ends_with(']')) => host,
        _ => authority,
    }
}

/// How the question ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "RouteOutcome"))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A rule or the plain Service takes it.
    #[default]
    Routed,
    /// No listener, host or rule matches.
    NotFound,
    /// It leaves as it came.
    Passthrough,
    /// It is refused.
    Blackhole,
}

impl Outcome {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Routed => "routed",
            Self::NotFound => "not-found",
            Self::Passthrough => "passthrough",
            Self::Blackhole => "blackhole",
        }
    }
}

/// A rule of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RuleRef {
    /// The object.
    pub object: ObjectRef,
    /// Its position in the object's list.
    pub index: usize,
    /// The field.
    pub path: String,
    /// How many rules that list has.
    #[serde(skip)]
    pub of: usize,
    /// What it asks for, in words.
    #[serde(skip)]
    pub asks: String,
}

/// Where a share of the requests goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Destination {
    /// The full name; nothing for a backend that is not valid, whose share is answered with an error.
    pub host: Option<String>,
    /// The port.
    pub port: Option<i64>,
    /// The subset.
    pub subset: Option<String>,
    /// Its share in percent.
    pub weight: f64,
    /// Why the proxy has no such destination, when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Where the rule names it.
    #[serde(skip)]
    pub because: Option<Evidence>,
}

/// A copy that goes elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Mirror {
    /// The full name.
    pub host: Option<String>,
    /// The port.
    pub port: Option<i64>,
    /// The subset.
    pub subset: Option<String>,
    /// How many of the requests, in percent.
    pub percent: f64,
}

/// An answer that sends the client elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Redirect {
    /// Status code.
    pub code: u16,
    /// The `Location` header.
    pub location: String,
}

/// What the destination sees instead of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rewrite {
    /// Path with its query.
    pub path: String,
    /// Host header.
    pub authority: String,
}

/// A route that does not take the request, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Loser {
    /// The object.
    pub object: ObjectRef,
    /// The field that stands against it.
    pub path: String,
    /// Why.
    pub text: String,
}

/// What becomes of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// How it ends.
    pub outcome: Outcome,
    /// The rule that takes it; nothing when the plain Service does.
    pub rule: Option<RuleRef>,
    /// Where it goes.
    pub destinations: Vec<Destination>,
    /// An answer that sends the client elsewhere.
    pub redirect: Option<Redirect>,
    /// An answer of the proxy's own.
    pub direct_response: Option<u16>,
    /// Time allowed for the whole request.
    pub timeout: Option<Duration>,
    /// How often it is tried again at most.
    pub retries: u32,
    /// What retries rest on, in words.
    pub retries_from: Option<String>,
    /// What the destination sees.
    pub rewrite: Option<Rewrite>,
    /// Where copies go.
    pub mirror: Vec<Mirror>,
    /// Delays and errors put in on purpose, in words.
    pub faults: Vec<String>,
    /// Whether requests are told apart at all; otherwise bytes are carried.
    pub http: bool,
    /// The server of a Gateway at which the client's TLS ends, and where it stands there.
    pub ends_tls: Option<(ObjectRef, String)>,
    /// Routes that do not take it.
    pub losers: Vec<Loser>,
    /// What the answer rests on.
    pub because: Vec<Evidence>,
    /// Why it ends as it does, where no rule says so.
    pub why: String,
}

impl Route {
    /// An end without any rule.
    fn end(outcome: Outcome, why: impl Into<String>) -> Self {
        Self { outcome, why: why.into(), ..Self::default() }
    }

    /// All of it to one place.
    fn to(host: String, port: i64) -> Self {
        let destination = Destination { host: Some(host), port: Some(port), weight: 100.0, ..Destination::default() };
        Self { destinations: vec![destination], ..Self::default() }
    }
}

/// What becomes of a request; every field is there, null where it says nothing.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct RouteRow<'a> {
    /// How it ends.
    outcome: Outcome,
    /// The rule that takes it; null when the plain Service does.
    rule: &'a Option<RuleRef>,
    /// Where it goes.
    destinations: &'a [Destination],
    /// An answer that sends the client elsewhere.
    redirect: &'a Option<Redirect>,
    /// Status code of an answer of the proxy's own.
    direct_response: Option<u16>,
    /// Time allowed for the whole request, such as `2s`.
    timeout: Option<String>,
    /// How often it is tried again at most.
    retries: u32,
    /// What the destination sees.
    rewrite: &'a Option<Rewrite>,
    /// Where copies go.
    mirror: &'a [Mirror],
    /// Whether delays or errors are put in on purpose.
    fault: bool,
    /// Routes that do not take it.
    losers: &'a [Loser],
}

crate::model::written_as!(Route, RouteRow<'static>);

impl Serialize for Route {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = RouteRow {
            outcome: self.outcome,
            rule: &self.rule,
            destinations: &self.destinations,
            redirect: &self.redirect,
            direct_response: self.direct_response,
            timeout: self.timeout.map(seconds),
            retries: self.retries,
            rewrite: &self.rewrite,
            mirror: &self.mirror,
            fault: !self.faults.is_empty(),
            losers: &self.losers,
        };
        form.serialize(serializer)
    }
}

/// A duration as manifests write it.
pub fn seconds(time: Duration) -> String {
    match (time.as_millis(), time.as_millis() % 1000) {
        (millis, 0) => format!("{}s", millis / 1000),
        (millis, _) if millis < 1000 => format!("{millis}ms"),
        _ => format!("{}s", time.as_secs_f64()),
    }
}

/// What becomes of a request of `workload`, whose traffic the mesh `mesh` carries.
pub fn route(view: MeshView<'_>, mesh: MeshId, workload: &Workload, request: &Request) -> Route {
    let name = resolve::name(view, &workload.reference.namespace, &request.host);
    match mesh {
        MeshId::Istio => istio::route(view, workload, &name, request),
        MeshId::Linkerd => linkerd::route(view, workload, &name, request),
    }
}

/// What becomes of a request to a Service at its waypoint, where ztunnel sends it.
fn at_waypoint(view: MeshView<'_>, waypoint: &Workload, service: &Service, request: &Request) -> Route {
    istio::at_waypoint(view, waypoint, service, request)
}

/// What becomes of a request that no mesh carries: the Service alone decides.
fn plain(view: MeshView<'_>, name: &Name<'_>, request: &Request) -> Route {
    match name.service() {
        Some(service) => Route::to(resolve::full_name(view, service), i64::from(request.port)),
        None => Route::end(Outcome::Passthrough, "it leaves as it came"),
    }
}
