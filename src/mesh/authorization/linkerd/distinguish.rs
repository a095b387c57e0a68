//! What Linkerd's proxy tells apart about requests.

use super::{Guard, Protocol};
use crate::mesh::authorization::classes::{Distinctions, PathPattern};
use crate::mesh::authorization::istio::Pattern;
use crate::mesh::linkerd::network;
use crate::model::{Field, Kind};

impl Guard<'_> {
    /// Adds what the proxy tells apart about requests.
    pub(in crate::mesh::authorization) fn distinguish(&self, into: &mut Distinctions) {
        let Self::Proxy(inbound) = self else { return };
        let opaque = matches!(inbound.protocol, Protocol::Opaque | Protocol::Tls);
        into.http |= !opaque;
        into.tcp |= opaque || inbound.protocol == Protocol::Detect;
        into.addresses |= inbound.grants.iter().chain(inbound.of_routes.iter().map(|(_, g)| g)).any(|g| !network::is_anywhere(&g.networks));
        let exact = |text: &str| Pattern::Exact(text.to_owned());
        for path in &inbound.probes {
            into.methods.insert(exact("GET"));
            into.paths.insert(PathPattern::Text(exact(path)));
            into.addresses |= !inbound.probe_networks.iter().any(|n| n.prefix_len() == 0);
        }
        if inbound.protocol == Protocol::Grpc && inbound.routes.is_empty() {
            into.methods.insert(exact("POST"));
            into.paths.insert(PathPattern::Expression(GRPC_PATH.to_owned()));
        }
        for route in &inbound.routes {
            for (host, _) in route.spec().texts("hostnames") {
                into.hosts.insert(host.strip_prefix('*').map_or_else(|| exact(host), |end| Pattern::Suffix(end.to_owned())));
            }
            for one in route.spec().list("rules").flat_map(|rule| rule.list("matches")) {
                distinguish(route.kind, &one, into);
            }
        }
    }
}

const GRPC_PATH: &str = "/[^/]+/[^/]+";

/// Adds what one match of a route tells apart. Query parameters and expressions for headers stay open.
fn distinguish(kind: Kind, one: &Field<'_>, into: &mut Distinctions) {
    let exact = |text: &str| Pattern::Exact(text.to_owned());
    if kind == Kind::GrpcRoute {
        into.methods.insert(exact("POST"));
        let rpc = |name: &str| one.get("method").and_then(|m| m.get(name)).and_then(|f| f.str()).filter(|t| !t.is_empty());
        into.paths.insert(match (rpc("service"), rpc("method")) {
            (Some(service), Some(method)) => PathPattern::Text(exact(&format!("/{service}/{method}"))),
            (Some(service), None) => PathPattern::Segments(format!("/{service}")),
            (None, Some(method)) => PathPattern::Text(Pattern::Suffix(format!("/{method}"))),
            (None, None) => PathPattern::Expression(GRPC_PATH.to_owned()),
        });
    } else {
        if !one.text("method").is_empty() {
            into.methods.insert(exact(one.text("method")));
        }
        if let Some(path) = one.get("path") {
            let value = path.get("value").and_then(|v| v.str()).unwrap_or("/");
            match path.text("type") {
                "Exact" => drop(into.paths.insert(PathPattern::Text(exact(value)))),
                "RegularExpression" => drop(into.paths.insert(PathPattern::Expression(value.to_owned()))),
                _ if value != "/" => drop(into.paths.insert(PathPattern::Segments(value.to_owned()))),
                _ => {}
            }
        }
    }
    for header in one.list("headers").filter(|h| h.text("type") != "RegularExpression") {
        into.headers.entry(header.text("name").to_ascii_lowercase()).or_default().insert(exact(header.text("value")));
    }
}
