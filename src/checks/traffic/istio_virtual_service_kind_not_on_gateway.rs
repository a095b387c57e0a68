use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{GatewayName, hosts, in_mesh, rules};
use crate::mesh::istio::hosts::overlap;
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService for gateways has a kind of route that none of the servers it is bound to takes: `http` where TLS is passed through
    /// (`PASSTHROUGH`) or plain TCP arrives, `tls` where the gateway ends the TLS or HTTP arrives, `tcp` for HTTP. A server counts when it serves one of
    /// the VirtualService's hosts and, where the match names a port, has that port.
    ///
    /// # Why it matters
    ///
    /// istiod leaves the route out for such a server without a word: callers get 404, or their connections are reset.
    ///
    /// # How to fix it
    ///
    /// Use `tls` with `sniHosts` for TLS that is passed through, `tcp` for TCP and for TLS that the gateway ends without HTTP, `http` for the rest; or
    /// change the server's protocol or `tls.mode`.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # server: {port: {number: 443, protocol: TLS}, tls: {mode: PASSTHROUGH}}
    /// http: [{route: [{destination: {host: web}}]}]                                    # wrong
    /// tls: [{match: [{sniHosts: [web.example.com]}], route: [{destination: {host: web}}]}]  # right
    /// ```
    ///
    /// Sources: istio `pilot/pkg/networking/core/gateway.go`; istioctl and Kiali do not look.
    "istio-virtual-service-kind-not-on-gateway",
    summary: "VirtualService has a kind of route that its gateway's servers do not take",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::IstioGateway],
    run: run,
}

/// A server that a VirtualService is bound to.
struct Server<'a> {
    gateway: &'a Object,
    port: Option<i64>,
    /// The kind of route it takes; nothing where that is not for a VirtualService to say.
    takes: Option<&'static str>,
    words: String,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService).iter().filter(|vs| !in_mesh(vs) && !hosts(vs).is_empty()) {
        let Some(servers) = servers(world, vs).filter(|servers| !servers.is_empty()) else { continue };
        for (kind, rule) in rules(vs) {
            let mut matches = rule.list("match").peekable();
            let asked: Vec<Option<i64>> = if matches.peek().is_some() { matches.map(|m| port(&m)).collect() } else { vec![None] };
            let bound: Vec<&Server<'_>> = servers.iter().filter(|s| asked.iter().any(|port| port.is_none() || s.port == *port)).collect();
            let Some(first) = bound.first().filter(|_| bound.iter().all(|s| s.takes.is_some_and(|takes| takes != kind))) else { continue };
            let takes = first.takes.unwrap_or_default();
            let message = format!("{kind} routes are not for {}, which takes {takes} routes: this one does nothing there", first.words);
            let hint = format!("Write the route under spec.{takes}, or change the server's protocol or tls.mode.");
            findings.add(vs, rule.path(), message, hint).related(first.gateway.reference(), format!("takes {takes} routes"));
        }
    }
}

fn port(matching: &Field<'_>) -> Option<i64> {
    matching.get("port")?.int().filter(|n| *n > 0)
}

/// The servers of all gateways that a VirtualService names; nothing when one of these is not there to be seen, or is not Istio's own kind.
fn servers<'a>(world: &'a World, vs: &Object) -> Option<Vec<Server<'a>>> {
    let wanted = hosts(vs);
    let mut found = Vec::new();
    for (text, _) in vs.spec().texts("gateways") {
        let GatewayName::Object { namespace, name, .. } = GatewayName::read(text, &vs.meta.namespace) else { return None };
        let gateway = world.index.object(Kind::IstioGateway, namespace, name)?;
        for server in gateway.spec().list("servers") {
            let serves = server.texts("hosts").any(|(host, _)| {
                let (to, name) = host.split_once('/').unwrap_or(("*", host));
                let to = if to == "." { gateway.meta.namespace.as_str() } else { to };
                (to == "*" || vs.meta.namespace == to) && wanted.iter().any(|w| overlap(name, w))
            });
            if serves {
                found.push(read(gateway, &server));
            }
        }
    }
    Some(found)
}

fn read<'a>(gateway: &'a Object, server: &Field<'a>) -> Server<'a> {
    let port = server.get("port");
    let protocol = port.map(|p| p.text("protocol").to_ascii_uppercase()).unwrap_or_default();
    let number = port.and_then(|p| p.get("number")?.int());
    let mode = server.get("tls").map(|tls| tls.text("mode")).unwrap_or_default();
    let takes = match (protocol.as_str(), mode) {
        (_, "AUTO_PASSTHROUGH") => None,
        ("HTTPS" | "TLS", "PASSTHROUGH") => Some("tls"),
        ("HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB" | "HTTPS", _) => Some("http"),
        ("TCP" | "TLS" | "MONGO" | "MYSQL" | "REDIS", _) => Some("tcp"),
        _ => None,
    };
    let mode = if mode.is_empty() { String::new() } else { format!(" {mode}") };
    let words = format!("port {} ({protocol}{mode}) of {}", number.unwrap_or_default(), gateway.reference());
    Server { gateway, port: number, takes, words }
}
