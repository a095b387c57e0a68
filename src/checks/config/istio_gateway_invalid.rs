use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{
    Judge, Protocol, Verdict, dns_label, fault, has, ip, is_dns_label, is_ip, partial_wildcard, server_tls, unix_address, wildcard_domain,
};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An Istio Gateway keeps to Istio's rules: every server has hosts, a named port with a known protocol, an address it can listen on, and TLS
    /// settings exactly when its protocol is HTTPS or TLS, with certificates that fit the mode. Warnings are for what Istio takes and ignores.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid Gateway. Where it came in past the webhook, the listener is missing or closed for callers.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// # Example
    ///
    /// ```yaml
    /// servers:
    /// - port: {number: 443, name: https, protocol: HTTPS}
    ///   hosts: ["shop.example.com"]
    ///   tls: {mode: SIMPLE}                                # wrong: no certificate
    ///   tls: {mode: SIMPLE, credentialName: shop-cert}     # right
    /// ```
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`.
    "istio-gateway-invalid",
    summary: "Gateway that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::IstioGateway, |judge, spec, gateway| {
        if let Err(fault) = dns_label("Gateway name", &gateway.meta.name) {
            judge.error("metadata.name", fault.message, fault.hint);
        }
        if !has(spec, "servers") {
            judge.error(spec.path_of("servers"), "the Gateway has no servers", "Write at least one server with port and hosts.");
        }
        let mut names = BTreeSet::new();
        for server in spec.list("servers") {
            self::server(judge, &server);
            if let Some(port) = server.get("port")
                && !names.insert(port.text("name"))
            {
                let hint = "Give the port of each server a name of its own.";
                judge.about("twice").error(port.path_of("name"), format!("two servers have a port called {:?}", port.text("name")), hint);
            }
        }
    });
}

fn server(judge: &mut Judge<'_>, server: &Field<'_>) {
    if !has(server, "hosts") {
        judge.error(server.path_of("hosts"), "the server has no hosts", "Write hosts: [\"*\"] for all, or the names it serves.");
    }
    for (text, host) in server.texts("hosts") {
        judge.judge(&host, self::host(text));
    }
    let bind = server.text("bind");
    let socket = bind.strip_prefix("unix://");
    let before = judge.errors();
    let port = server.get("port");
    match &port {
        Some(port) => self::server_port(judge, port, socket.is_some()),
        None => judge.error(server.path_of("port"), "the server has no port", "Write port: {number: …, name: …, protocol: …}."),
    }
    let sound = judge.errors() == before;
    let verdict = match socket {
        Some(path) => unix_address(path),
        None if bind.is_empty() => Ok(()),
        None => ip(bind),
    };
    if let Err(fault) = verdict {
        judge.error(server.path_of("bind"), fault.message, fault.hint);
    }
    let tls = server.get("tls");
    if let Some(tls) = &tls {
        server_tls(judge, tls);
    }
    if let Some(port) = port {
        fitting_tls(judge, server, Protocol::parse(port.text("protocol")), tls.as_ref(), sound);
    }
}

fn server_port(judge: &mut Judge<'_>, port: &Field<'_>, socket: bool) {
    let protocol = port.text("protocol");
    if !Protocol::parse(protocol).known {
        let hint = "Write one of HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, TLS, TCP, MONGO, REDIS, MYSQL.";
        judge.error(port.path_of("protocol"), format!("Istio knows no protocol {protocol:?}"), hint);
    }
    let number = port.get("number").and_then(|n| n.int()).unwrap_or_default();
    match crate::mesh::istio::validation::port(number) {
        Err(fault) if !socket || number != 0 => judge.error(port.path_of("number"), fault.message, fault.hint),
        Ok(()) if socket => judge.error(port.path_of("number"), "a server on a Unix socket has no port number", "Write number: 0."),
        _ => {}
    }
    if port.get("targetPort").is_some_and(|t| t.int().is_some_and(|n| n > 0)) {
        judge.error(port.path_of("targetPort"), "targetPort does nothing in a Gateway", "Set targetPort in the Service of the gateway's pods.");
    }
    if !has(port, "name") {
        judge.error(port.path_of("name"), "the port has no name", "Write name, for example http or https.");
    }
}

/// TLS settings belong to HTTPS and TLS; a plain HTTP server can only ask for redirection.
fn fitting_tls(judge: &mut Judge<'_>, server: &Field<'_>, protocol: Protocol, tls: Option<&Field<'_>>, sound: bool) {
    let Some(tls) = tls else {
        if protocol.tls && sound {
            judge.error(server.path_of("tls"), "the protocol needs TLS settings", "Write tls with a mode and certificates, or protocol HTTP or TCP.");
        }
        return;
    };
    if tls.get("httpsRedirect").and_then(|f| f.bool()) == Some(true) && !protocol.http {
        let hint = "Move httpsRedirect to the server for plain HTTP.";
        judge.warn(tls.path_of("httpsRedirect"), "httpsRedirect does nothing here: only HTTP servers can redirect", hint);
    }
    if protocol.tls || !sound {
        return;
    }
    let passes = ["", "PASSTHROUGH", "AUTO_PASSTHROUGH"].contains(&tls.text("mode"));
    let certificates = ["caCertificates", "privateKey", "serverCertificate"].iter().any(|name| has(tls, name));
    if !protocol.http || !passes || certificates {
        let hint = "Write protocol HTTPS or TLS, or remove tls (httpsRedirect alone is fine for HTTP).";
        judge.error(tls.path(), "TLS settings on a port without TLS", hint);
    }
}

/// Judges `dnsName` or `namespace/dnsName`.
fn host(text: &str) -> Verdict {
    let Some((namespace, name)) = text.split_once('/') else { return dns_name(text) };
    if namespace != "*" && namespace != "." && !is_dns_label(namespace) {
        return fault(format!("{namespace:?} is not the name of a namespace"), "Write namespace/host, with \"*\" for all or \".\" for its own.");
    }
    dns_name(name)
}

fn dns_name(name: &str) -> Verdict {
    // An IPv6 address counts as short too: Istio looks for a dot before it looks for an address.
    if name != "*" && !name.contains('.') {
        return fault(format!("{name:?} is a short name"), "Write a full domain name, \"*\" or \"*.example.com\".");
    }
    if !is_ip(name) {
        wildcard_domain(name)?;
    }
    partial_wildcard(name)
}
