use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::gateway::attachment::{self, Listener};
use crate::mesh::certificate::value;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two HTTPS listeners of a Gateway of Istio's, on one port and for different hostnames, present the same certificate: the same Secret, or two
    /// Secrets that hold the same certificate. Two servers of one Istio Gateway are looked at in the same way.
    ///
    /// # Why it matters
    ///
    /// A client that speaks HTTP/2 uses a connection again for every host its certificate covers. It then sends requests for the second hostname over
    /// the first listener's connection, where they have no route, and gets 404.
    ///
    /// # How to fix it
    ///
    /// Serve the hostnames by one listener (with a wildcard, or without hostname) and tell routes apart by their own hostnames, or give each listener a
    /// certificate of its own.
    ///
    /// Sources: Gateway API GEP-3567; istio.io, common problems, "404 errors when multiple gateways are configured with the same TLS certificate".
    "istio-listener-certificate-shared",
    summary: "Listeners for different hostnames present one certificate",
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::Gateway, Kind::IstioGateway, Kind::Secret],
    kindwise: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for gateway in world.index.objects(Kind::Gateway).iter().filter(|g| matches!(g.spec().text("gatewayClassName"), "istio" | "istio-remote")) {
        let listeners = attachment::listeners(gateway);
        let mut first: BTreeMap<(Option<i64>, Vec<u8>), &Listener<'_>> = BTreeMap::new();
        for listener in &listeners {
            let Some(reference) = listener.field.get("tls").and_then(|tls| tls.list("certificateRefs").next()) else { continue };
            if listener.protocol != "HTTPS" {
                continue;
            }
            let namespace = Some(reference.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&gateway.meta.namespace);
            let presented = certificate(world, namespace, reference.text("name"));
            let other = *first.entry((listener.port, presented)).or_insert(listener);
            if other.name != listener.name && other.hostname != listener.hostname {
                report(findings, gateway, &reference, (name(other.hostname), name(listener.hostname)));
            }
        }
    }
    for gateway in world.index.objects(Kind::IstioGateway) {
        let mut first: BTreeMap<(i64, Vec<u8>), (String, &str)> = BTreeMap::new();
        for server in gateway.spec().list("servers").filter(|s| s.at(["port", "protocol"]).is_some_and(|p| p.str() == Some("HTTPS"))) {
            let Some(credential) = server.at(["tls", "credentialName"]).filter(|c| !c.is_empty()) else { continue };
            let port = server.at(["port", "number"]).and_then(|n| n.int()).unwrap_or_default();
            let host = server.texts("hosts").next().map(|(host, _)| host).unwrap_or_default();
            // Secrets stand beside the gateway's pods, of which the Gateway's own namespace is a guess; the same name is the same Secret anyway.
            let presented = certificate(world, &gateway.meta.namespace, credential.str().unwrap_or_default());
            let (at, other) = first.entry((port, presented)).or_insert_with(|| (server.path(), host)).clone();
            if at != server.path() && other != host {
                report(findings, gateway, &credential, (name(other), name(host)));
            }
        }
    }
}

/// What tells one certificate from another: its text where the Secret is there, else the Secret's name.
fn certificate(world: &World, namespace: &str, secret: &str) -> Vec<u8> {
    let read = world.index.object(Kind::Secret, namespace, secret).and_then(|s| value(s, "tls.crt")).filter(|text| !text.is_empty());
    read.unwrap_or_else(|| format!("{namespace}/{secret}").into_bytes())
}

fn name(hostname: &str) -> String {
    if hostname.is_empty() { "any hostname".to_owned() } else { format!("{hostname:?}") }
}

fn report(findings: &mut Findings<'_>, gateway: &Object, at: &Field<'_>, (one, other): (String, String)) {
    let message =
        format!("{one} and {other} are served with one certificate: HTTP/2 clients use one connection for both and get 404 for one of them");
    let hint = "Serve both by one listener or server and tell them apart by routes, or give each a certificate of its own.";
    findings.add(gateway, at.path(), message, hint);
}
