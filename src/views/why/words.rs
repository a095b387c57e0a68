//! Sentences of the steps.

use crate::mesh::resolve::Name;
use crate::mesh::routes::{Destination, Outcome, Route, seconds};
use crate::model::{Map, Membership, MeshId};

/// A share without needless digits.
pub(super) fn percent(share: f64) -> String {
    let rounded = format!("{share:.1}");
    rounded.strip_suffix(".0").map_or(rounded.clone(), str::to_owned)
}

/// How a workload is in a mesh.
pub(super) fn member(mesh: MeshId, membership: Membership) -> String {
    let mesh = match mesh {
        MeshId::Istio => "Istio",
        MeshId::Linkerd => "Linkerd",
    };
    match membership {
        Membership::Sidecar => format!("sidecar of {mesh}"),
        Membership::Ambient => format!("in {mesh}'s ambient mesh, by ztunnel"),
        Membership::Gateway => format!("a gateway of {mesh}"),
        Membership::Waypoint => format!("a waypoint of {mesh}"),
        Membership::None => "no proxy of a mesh".to_owned(),
    }
}

/// Labels as `kubectl` writes them.
pub(super) fn labels(labels: &Map) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",")
}

/// A destination, by its subset alone where it is what was called.
pub(super) fn short(share: &Destination, called: Option<&str>) -> String {
    let Some(host) = share.host.as_deref() else { return "an invalid backend".to_owned() };
    let port = share.port.map_or_else(String::new, |p| format!(":{p}"));
    let name = host.split_once(".svc.").map_or(host, |(name, _)| name);
    match (&share.subset, called == Some(host)) {
        (Some(subset), true) => subset.clone(),
        (Some(subset), false) => format!("{name}{port} subset {subset}"),
        (None, _) => format!("{name}{port}"),
    }
}

/// What the route does.
pub(in crate::views) fn route(route: &Route, name: &Name<'_>) -> String {
    let rule = route.rule.as_ref().map(|rule| {
        let asks = if rule.asks.is_empty() { String::new() } else { format!(" ({})", rule.asks) };
        match rule.of {
            0 | 1 => format!("{}{asks}", rule.object),
            of => format!("{}, rule {} of {of}{asks}", rule.object, rule.index + 1),
        }
    });
    let mut text = match (&rule, route.outcome) {
        (Some(rule), _) => rule.clone(),
        (None, Outcome::Passthrough) => "no rule applies".to_owned(),
        (None, Outcome::Routed) if route.why.is_empty() => "no rule applies".to_owned(),
        (None, _) => route.why.clone(),
    };
    if let Some(redirect) = &route.redirect {
        text.push_str(&format!(" → answers {} to {}", redirect.code, redirect.location));
    } else if let Some(code) = route.direct_response {
        text.push_str(&format!(" → answers {code} itself"));
    } else if !route.destinations.is_empty() {
        let shares = route.destinations.iter().filter(|d| d.weight > 0.0);
        let one = route.destinations.len() == 1;
        let to: Vec<String> = shares
            .map(|d| {
                let to = short(d, Some(&name.full));
                if one { to } else { format!("{to} {} %", percent(d.weight)) }
            })
            .collect();
        text.push_str(&format!(" → {}", to.join(", ")));
    }
    let mut also = Vec::new();
    also.extend(route.timeout.map(|t| format!("timeout {}", seconds(t))));
    match route.retries {
        0 => {}
        1 => also.push("1 retry".to_owned()),
        n => also.push(format!("{n} retries")),
    }
    if let Some(rewrite) = &route.rewrite {
        also.push(format!("rewritten to {} at {}", rewrite.path, rewrite.authority));
    }
    for mirror in &route.mirror {
        let to = mirror.host.as_deref().unwrap_or("an invalid backend");
        also.push(format!("{} % copied to {}", percent(mirror.percent), to.split_once(".svc.").map_or(to, |(name, _)| name)));
    }
    also.extend(route.faults.iter().map(|f| format!("{f} on purpose")));
    if !also.is_empty() {
        text.push_str("; ");
        text.push_str(&also.join(", "));
    }
    text
}
