use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{
    Judge, Protocol, Verdict, connection_pool, destination, fault, fqdn, has, ip, is_dns_label, partial_wildcard, port, port_name, protocol,
    server_tls, unix_address, wildcard_domain, workload_selector,
};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Sidecar keeps to Istio's rules: it configures something, its listeners have ports of their own and can be bound, egress hosts are written as
    /// `namespace/host`, and only the last egress listener is without a port. Warnings are for hosts that are listed although others cover them.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid Sidecar. Where it came in past the webhook, proxies keep the default, with every service of the mesh.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// # Example
    ///
    /// ```yaml
    /// egress:
    /// - hosts: ["reviews.shop.svc.cluster.local"]       # wrong
    /// - hosts: ["shop/reviews.shop.svc.cluster.local"]  # right
    /// ```
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`, `agent/validation.go`.
    "istio-sidecar-invalid",
    summary: "Sidecar that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133", "KIA1004"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::Sidecar, |judge, spec, _| {
        // Where nothing is configured Istio says no more than that.
        let lists = has(spec, "egress") || has(spec, "ingress");
        if !lists && spec.get("outboundTrafficPolicy").is_none() && spec.get("inboundConnectionPool").is_none() {
            let hint = "Write egress, ingress, outboundTrafficPolicy or inboundConnectionPool.";
            judge.error(spec.path(), "the Sidecar configures nothing", hint);
            return;
        }
        if !workload_selector(judge, spec) {
            return;
        }
        let mut ports = BTreeSet::new();
        for listener in spec.list("ingress") {
            ingress(judge, &listener, &mut ports);
        }
        if let Some(pool) = spec.get("inboundConnectionPool") {
            connection_pool(judge, &pool);
        }
        egress_ports(judge, spec);
        for listener in spec.list("egress") {
            egress_hosts(judge, &listener);
        }
        if let Some(policy) = spec.get("outboundTrafficPolicy") {
            outbound(judge, &policy);
        }
    });
}

fn ingress(judge: &mut Judge<'_>, listener: &Field<'_>, seen: &mut BTreeSet<i64>) {
    let Some(port) = listener.get("port") else {
        judge.error(listener.path_of("port"), "the listener has no port", "Write port: {number: …, name: …, protocol: …}.");
        return;
    };
    let number = listener_port(judge, &port, seen);
    number_and_bind(judge, listener, &port, number);
    let target = listener.text("defaultEndpoint");
    if !target.is_empty()
        && let Err(fault) = endpoint(target)
    {
        judge.error(listener.path_of("defaultEndpoint"), fault.message, fault.hint);
    }
    let protocol = Protocol::parse(port.text("protocol"));
    if let Some(tls) = listener.get("tls") {
        ingress_tls(judge, &tls, protocol);
    }
    let Some(pool) = listener.get("connectionPool") else { return };
    connection_pool(judge, &pool);
    if let Some(http) = pool.get("http").filter(|_| !protocol.http) {
        let message = format!("HTTP settings on a port of protocol {:?} do nothing", port.text("protocol"));
        judge.warn(http.path(), message, "Write tcp settings, or the protocol HTTP, HTTP2 or GRPC.");
    }
}

/// What ports of both directions have in common; yields the number.
fn listener_port(judge: &mut Judge<'_>, field: &Field<'_>, seen: &mut BTreeSet<i64>) -> i64 {
    if field.get("targetPort").is_some_and(|t| t.int().is_some_and(|n| n > 0)) {
        judge.error(field.path_of("targetPort"), "targetPort does nothing in a Sidecar", "Remove it; use defaultEndpoint for ingress.");
    }
    if has(field, "name")
        && let Err(fault) = port_name(field.text("name"))
    {
        judge.error(field.path_of("name"), fault.message, fault.hint);
    }
    if let Err(fault) = protocol(field.text("protocol")) {
        judge.error(field.path_of("protocol"), fault.message, fault.hint);
    }
    let number = field.get("number").and_then(|n| n.int()).unwrap_or_default();
    if number != 0 && !seen.insert(number) {
        judge.error(field.path_of("number"), format!("two listeners have port {number}"), "Give each listener a port of its own.");
    }
    number
}

fn number_and_bind(judge: &mut Judge<'_>, listener: &Field<'_>, field: &Field<'_>, number: i64) {
    if let Err(fault) = port(number) {
        judge.error(field.path_of("number"), fault.message, fault.hint);
    }
    let bind = listener.text("bind");
    if !bind.is_empty()
        && let Err(fault) = ip(bind)
    {
        judge.error(listener.path_of("bind"), fault.message, fault.hint);
    }
}

/// `127.0.0.1:port`, `0.0.0.0:port`, their IPv6 likes, `:port` or `unix://path`.
fn endpoint(text: &str) -> Verdict {
    const HINT: &str = "Write 127.0.0.1:PORT, 0.0.0.0:PORT, [::1]:PORT, [::]:PORT, :PORT or unix:///path.";
    if let Some(path) = text.strip_prefix("unix://") {
        return unix_address(path);
    }
    let parts = text.rsplit_once(':').and_then(|(host, number)| Some((host, number.parse().ok()?)));
    let Some((host, number)) = parts else {
        return fault(format!("{text:?} does not say which port the workload listens on"), HINT);
    };
    if !["", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"].contains(&host) {
        return fault(format!("{text:?} is not the workload's own address"), HINT);
    }
    port(number)
}

fn ingress_tls(judge: &mut Judge<'_>, tls: &Field<'_>, protocol: Protocol) {
    let redirect = tls.get("httpsRedirect").and_then(|f| f.bool()) == Some(true);
    for name in ["subjectAltNames", "credentialName", "credentialNames", "tlsCertificates"].into_iter().chain(redirect.then_some("httpsRedirect")) {
        if name == "httpsRedirect" || has(tls, name) {
            judge.error(
                tls.path_of(name),
                format!("{name} cannot be used in a Sidecar"),
                "Name files: serverCertificate, privateKey and caCertificates.",
            );
        }
    }
    let mode = tls.text("mode");
    if mode == "ISTIO_MUTUAL" || mode == "AUTO_PASSTHROUGH" {
        judge.error(tls.path_of("mode"), format!("mode {mode} cannot be used in a Sidecar"), "Write SIMPLE, MUTUAL or OPTIONAL_MUTUAL.");
    }
    if !protocol.tls {
        judge.error(tls.path(), "TLS settings on a port without TLS", "Write protocol HTTPS or TLS, or remove tls.");
    }
    server_tls(judge, tls);
}

fn egress_ports(judge: &mut Judge<'_>, spec: &Field<'_>) {
    let listeners: Vec<Field<'_>> = spec.list("egress").collect();
    let mut ports = BTreeSet::new();
    let mut sockets = BTreeSet::new();
    for (i, listener) in listeners.iter().enumerate() {
        let Some(field) = listener.get("port") else {
            if i + 1 < listeners.len() {
                let hint = "Move it to the end: it takes everything that the listeners before it leave.";
                judge.error(listener.path(), "a listener without a port has to be the last one", hint);
            }
            continue;
        };
        let number = listener_port(judge, &field, &mut ports);
        if number != 0 {
            number_and_bind(judge, listener, &field, number);
            continue;
        }
        let bind = listener.text("bind");
        match bind.strip_prefix("unix://").map(unix_address) {
            None => {
                judge.error(field.path_of("number"), "a listener without a port number needs a Unix socket", "Write number, or bind: unix:///path.")
            }
            Some(Err(fault)) => judge.error(listener.path_of("bind"), fault.message, fault.hint),
            Some(Ok(())) => {}
        }
        if !["", "DEFAULT", "NONE"].contains(&listener.text("captureMode")) {
            let message = format!("a Unix socket cannot have capture mode {}", listener.text("captureMode"));
            judge.error(listener.path_of("captureMode"), message, "Write DEFAULT or NONE.");
        }
        if !sockets.insert(bind) {
            judge.about("twice").error(
                listener.path_of("bind"),
                format!("two listeners have socket {bind:?}"),
                "Give each listener a socket of its own.",
            );
        }
    }
}

fn egress_hosts(judge: &mut Judge<'_>, listener: &Field<'_>) {
    if !has(listener, "hosts") {
        judge.error(listener.path_of("hosts"), "the listener has no hosts", "Write hosts: [\"./*\"] for its own namespace, or [\"*/*\"] for all.");
    }
    let own = judge.namespace();
    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (text, field) in listener.texts("hosts") {
        if let Err(fault) = egress_host(text) {
            // For Kiali there is a host that does not exist: none at all.
            let nameless = text.split_once('/').is_none_or(|(_, name)| name.is_empty());
            let codes: &[&'static str] = if nameless { &["IST0106", "KIA1004"] } else { &["IST0106"] };
            judge.error_as(field.path(), fault, codes);
        }
        let Some((namespace, name)) = text.split_once('/').filter(|(ns, _)| !ns.starts_with('~')) else { continue };
        let names = seen.entry(if namespace == "." { own } else { namespace }).or_default();
        if names.contains(name) || names.contains("*") || (name == "*" && !names.is_empty()) {
            judge.warn(field.path(), format!("{text:?} is listed beside what covers it or what it covers"), "Keep the wider of the two.");
        }
        names.insert(name);
    }
    if seen.len() > 1 && seen.get("*").is_some_and(|names| names.contains("*")) {
        let message = "\"*/*\" means every host, so that the others do nothing";
        judge.warn(listener.path_of("hosts"), message, "Remove \"*/*\" to restrict what proxies know, or the others.");
    }
}

fn egress_host(text: &str) -> Verdict {
    let Some((namespace, name)) = text.split_once('/') else {
        return fault(
            format!("{text:?} does not say which namespace"),
            "Write namespace/host: \"./*\", \"shop/*\" or \"*/reviews.shop.svc.cluster.local\".",
        );
    };
    let bare = namespace.strip_prefix('~').unwrap_or(namespace);
    if namespace.is_empty() || name.is_empty() {
        return fault(format!("{text:?} lacks a part"), "Write namespace/host.");
    }
    if !["", "*", "."].contains(&bare) && !is_dns_label(bare) {
        return fault(format!("{namespace:?} is not the name of a namespace"), "Write a namespace, \".\" for its own or \"*\" for all.");
    }
    if name != "*" && !name.contains('.') {
        return fault(format!("{name:?} is a short name"), "Write the full name: reviews.shop.svc.cluster.local.");
    }
    wildcard_domain(name)?;
    partial_wildcard(name)
}

fn outbound(judge: &mut Judge<'_>, policy: &Field<'_>) {
    let mode = policy.text("mode");
    let Some(proxy) = policy.get("egressProxy") else { return };
    if mode != "ALLOW_ANY" {
        judge.error(proxy.path(), "egressProxy needs mode ALLOW_ANY", "Write mode: ALLOW_ANY, or remove egressProxy.");
        return;
    }
    // What is no host at all is judged as any destination.
    let host = proxy.text("host");
    if host != "*"
        && wildcard_domain(host).is_ok()
        && let Err(fault) = fqdn(host)
    {
        judge.error(proxy.path_of("host"), fault.message, fault.hint);
    }
    if proxy.get("port").is_none() {
        judge.error(proxy.path_of("port"), "egressProxy has no port", "Write port: {number: …}.");
    }
    destination(judge, &proxy);
}
