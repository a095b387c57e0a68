//! Routes that are for the same host and do not take the request, each with the reason.

use super::super::{Loser, Request, Route};
use super::Mesh;
use super::carriers::Carrier;
use super::matching::{Seen, given};
use super::scope::EgressListener;
use super::sidecar::Sidecar;
use crate::mesh::istio::hosts::covers;
use crate::mesh::resolve::{Name, full_name};

/// For the service that a client's sidecar is asked for.
pub(super) fn add<'a>(sidecar: &Sidecar<'_, 'a>, listener: &EgressListener, name: &Name<'a>, request: &Request, route: &mut Route) {
    let host = name.service().map_or_else(|| name.full.clone(), |s| full_name(sidecar.mesh.view, s));
    let port = i64::from(request.port);
    let seen = sidecar.mesh.seen(request, "http");
    for carrier in sidecar.mesh.carriers.iter().filter(|c| c.hosts.iter().any(|h| covers(h, &host))) {
        let namespace = sidecar.scope.namespace;
        if is_winner(carrier, route) {
            rules_before(carrier, &seen, route, &|m| given(m, sidecar.proxy, "mesh", port));
            continue;
        }
        let why = if !carrier.is_for("mesh") {
            format!("is for {} only, not for sidecars", carrier.gateways.join(", "))
        } else if !carrier.visibility.includes(namespace) {
            format!("is not exported to namespace {namespace}")
        } else if !sidecar.scope.imports_carrier(listener, carrier) {
            "is not imported by the client's Sidecar".to_owned()
        } else if carrier.gateway_api && carrier.namespace != namespace && name.service().is_some_and(|s| *carrier.namespace != *s.metadata.namespace)
        {
            "is in neither the client's nor the Service's namespace".to_owned()
        } else if !route.http {
            continue;
        } else if carrier.http.iter().all(|r| !r.matches.is_empty() && r.matches.iter().all(|m| given(m, sidecar.proxy, "mesh", port).is_some())) {
            "has no rule for this client and port".to_owned()
        } else if let Some(winner) = route.rule.as_ref().map(|r| r.object.to_string()) {
            format!("loses the host to {winner}, which comes first")
        } else {
            continue;
        };
        push(route, carrier, "spec".to_owned(), why);
    }
}

/// For a host that a gateway is asked for.
pub(super) fn at_gateway(mesh: &Mesh<'_>, gateways: &[String], request: &Request, route: &mut Route) {
    let host = request.host_name();
    for carrier in mesh.carriers.iter().filter(|c| c.hosts.iter().any(|h| covers(h, &host)) && !c.is_for("mesh")) {
        if !is_winner(carrier, route) && !carrier.gateways.iter().any(|g| gateways.contains(g)) {
            push(route, carrier, "spec.gateways".to_owned(), format!("is for {}", carrier.gateways.join(", ")));
        }
    }
}

fn is_winner(carrier: &Carrier<'_>, route: &Route) -> bool {
    let of = |object: &crate::model::ObjectRef| {
        *object == carrier.reference() || carrier.http.iter().any(|r| crate::model::Subject::reference(r.at.object) == *object)
    };
    route.rule.as_ref().is_some_and(|rule| of(&rule.object))
}

fn rules_before(carrier: &Carrier<'_>, seen: &Seen<'_>, route: &mut Route, given: &dyn Fn(&super::rules::HttpMatch) -> Option<String>) {
    let Some(winner) = route.rule.clone() else { return };
    for rule in &carrier.http {
        if rule.at.path == winner.path {
            break;
        }
        let why = rule.matches.iter().find_map(|m| given(m).or_else(|| seen.misses(m)));
        if let Some(why) = why {
            let object = crate::model::Subject::reference(rule.at.object);
            route.losers.push(Loser { object, path: rule.at.path.clone(), text: why });
        }
    }
}

fn push(route: &mut Route, carrier: &Carrier<'_>, path: String, text: String) {
    route.losers.push(Loser { object: carrier.reference(), path, text });
}
