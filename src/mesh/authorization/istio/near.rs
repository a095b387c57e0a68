//! What keeps the rules of ALLOW policies from admitting a request: the closest one of each policy.

use super::compile::values;
use super::rules::{Clause, Compiled, Peer, Seen};
use crate::mesh::authorization::ruling::NearMiss;

/// At most this many values are told of a list.
const SHOWN: usize = 3;

/// The closest rule of each policy.
pub(super) fn misses<'a>(policies: &[Compiled<'a>], seen: &Seen<'_>) -> Vec<NearMiss<'a>> {
    policies.iter().map(|compiled| closest(compiled, seen)).collect()
}

fn closest<'a>(compiled: &Compiled<'a>, seen: &Seen<'_>) -> NearMiss<'a> {
    let policy = compiled.policy;
    let best = compiled.rules.iter().map(|rule| rule.failing(seen)).filter(|f| !f.is_empty()).min_by_key(Vec::len);
    let Some(clause) = best.and_then(|failing| failing.first().copied().cloned()) else {
        let written = policy.spec().list("rules").next().is_some();
        let text = if written { "none of its rules can be enforced here" } else { "it has no rules, so it admits nothing" };
        return NearMiss { policy, field: policy.spec().path_of("rules"), text: text.to_owned(), add: None };
    };
    let (is, add) = subject(&clause, seen);
    let listed = list(&clause);
    let text = if listed.is_empty() { format!("never holds here; {is}") } else { format!("asks for {listed}; {is}") };
    NearMiss { policy, field: clause.field.path(), text, add }
}

fn list(clause: &Clause<'_>) -> String {
    let all: Vec<String> = values(Some(clause.field)).map(|v| format!("{v:?}")).collect();
    let more = all.len().saturating_sub(SHOWN);
    let shown = all[..all.len() - more].join(", ");
    let not = if clause.any.is_empty() && !clause.none.is_empty() { "anything but " } else { "" };
    match more {
        _ if shown.is_empty() => String::new(),
        0 => format!("{not}{shown}"),
        more => format!("{not}{shown} and {more} more"),
    }
}

/// What the request has instead, and what the list would have to say to admit it.
fn subject(clause: &Clause<'_>, seen: &Seen<'_>) -> (String, Option<String>) {
    use super::rules::Test;
    let Some(test) = clause.any.first().or(clause.none.first()) else { return ("nothing fits".to_owned(), None) };
    let add = |value: &str| (!clause.any.is_empty()).then(|| value.to_owned());
    let named = |part: fn(&str) -> &str, what: &str| match seen.peer {
        Peer::Named(id) => (format!("the client is {id}"), add(part(id))),
        Peer::Nobody => (format!("the client has no {what}: it speaks plaintext"), None),
        Peer::Unknown => (format!("the client's {what} is not known"), None),
    };
    match test {
        Test::Principal(_) => named(|id| id, "identity"),
        Test::Namespace(_) | Test::ExactNamespace(_) => named(|id| super::rules::parts(id).map_or("", |(_, ns, _)| ns), "identity"),
        Test::Account { .. } | Test::ExactAccount { .. } => {
            let (text, _) = named(|id| id, "identity");
            let account = match seen.peer {
                Peer::Named(id) => super::rules::parts(id).map(|(_, ns, sa)| format!("{ns}/{sa}")),
                _ => None,
            };
            (text, account.and_then(|a| add(&a)))
        }
        Test::TrustDomain(_) => named(|id| id.split('/').next().unwrap_or_default(), "identity"),
        Test::Direct(_) | Test::Remote(_) => ("the client's address is none of them".to_owned(), None),
        Test::Destination(_) => ("the server's address is none of them".to_owned(), None),
        Test::Port(_) => (format!("the port is {}", seen.port), add(&seen.port.to_string())),
        Test::Sni(_) => (format!("the server name is {:?}", seen.sni), None),
        Test::Host(_) | Test::Method(_) | Test::Path(_) | Test::Template(..) => {
            let http = seen.http.as_ref();
            let (what, value) = match test {
                Test::Host(_) => ("host", http.and_then(|h| h.host)),
                Test::Method(_) => ("method", http.and_then(|h| h.method)),
                _ => ("path", http.and_then(|h| h.path.as_deref())),
            };
            (format!("the {what} is {}", value.unwrap_or("not known")), value.and_then(add))
        }
        Test::Header(name, _) => {
            let value = seen.http.as_ref().and_then(|h| h.headers.iter().find(|(n, _)| n == name)).map(|(_, v)| v.as_str());
            let secret = matches!(name.as_str(), "authorization" | "cookie");
            match value {
                None => (format!("the request has no header {name}"), None),
                Some(_) if secret => (format!("header {name} is another"), None),
                Some(value) => (format!("header {name} is {value:?}"), add(value)),
            }
        }
        Test::TokenOwner { .. } | Test::Claim(..) => {
            let token = seen.http.as_ref().is_some_and(|h| h.claims.is_some());
            (if token { "the token's claims are others" } else { "the request has no token" }.to_owned(), None)
        }
        Test::Metadata | Test::Never => ("nothing fits".to_owned(), None),
    }
}
