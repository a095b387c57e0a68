use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::istio::schema::endpoints::{self, Addresses};
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{
    Judge, Protocol, export_to, fqdn, has, ip_or_cidr, is_ip, labels, partial_wildcard, port, port_name, protocol, wildcard_domain, workload_selector,
};
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A ServiceEntry keeps to Istio's rules: hosts are domain names, ports have unique names and numbers and known protocols, addresses are addresses,
    /// and endpoints and hosts fit the way that names are resolved. Warnings are for what Istio takes although it does not do what it seems to.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid entry. Where it came in past the webhook, the hosts are unknown to the mesh, and calls to them are refused
    /// or leave it unseen.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// # Example
    ///
    /// ```yaml
    /// hosts: ["*.example.com"]
    /// resolution: DNS           # wrong: a wildcard cannot be resolved
    /// resolution: NONE          # right
    /// ```
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`.
    "istio-service-entry-invalid",
    summary: "ServiceEntry that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::ServiceEntry, |judge, spec, entry| {
        if !workload_selector(judge, spec) {
            return;
        }
        if spec.get("workloadSelector").is_some() && has(spec, "endpoints") {
            judge.about("workloadSelector").error(
                spec.path_of("endpoints"),
                "workloadSelector and endpoints are used together",
                "Keep one of the two.",
            );
        }
        let resolution = Some(spec.text("resolution")).filter(|r| !r.is_empty()).unwrap_or("NONE");
        hosts(judge, spec, resolution);
        for (text, address) in spec.texts("addresses") {
            judge.judge(&address, ip_or_cidr(text));
            if text.contains('/') && resolution != "NONE" && resolution != "STATIC" {
                let hint = "Write single addresses, or resolution NONE or STATIC.";
                judge.about("resolution").error(address.path(), format!("ranges cannot be used with resolution {resolution}"), hint);
            }
        }
        let ports = self::ports(judge, spec);
        match resolution {
            "NONE" => unresolved(judge, spec),
            "STATIC" => {
                for endpoint in spec.list("endpoints") {
                    endpoints::address(judge, &endpoint, Addresses::Ip);
                    endpoints::ports(judge, &endpoint, Some(&ports));
                }
            }
            "DNS" | "DNS_ROUND_ROBIN" => by_dns(judge, spec, resolution, &ports),
            "DYNAMIC_DNS" => by_request(judge, spec, entry),
            _ => {}
        }
        let blind = spec.list("ports").find(|p| indistinct(&Protocol::parse(p.text("protocol"))));
        if let Some(port) = blind.filter(|_| resolution != "NONE" && spec.list("hosts").count() > 1) {
            let message = "several hosts share a port on which they cannot be told apart";
            judge.error(port.path(), message, "Write an entry for each host, or protocol HTTP, HTTPS or TLS.");
        }
        export_to(judge, spec, true, &entry.meta.namespace);
    });
}

/// A protocol whose first bytes do not name the host.
fn indistinct(protocol: &Protocol) -> bool {
    !protocol.http && !protocol.tls
}

fn hosts(judge: &mut Judge<'_>, spec: &Field<'_>, resolution: &str) {
    if !has(spec, "hosts") {
        judge.error(spec.path_of("hosts"), "the ServiceEntry has no hosts", "Write the domain names it stands for.");
    }
    for (text, host) in spec.texts("hosts") {
        if text == "*" {
            judge.error(host.path(), "a ServiceEntry cannot stand for every host", "Write a domain: \"*.example.com\".");
            continue;
        }
        judge.judge(&host, wildcard_domain(text));
        if let Err(fault) = partial_wildcard(text)
            && resolution != "DYNAMIC_DNS"
        {
            judge.warn(host.path(), fault.message, fault.hint);
        }
    }
}

/// Judges the ports and yields their names.
fn ports<'f>(judge: &mut Judge<'_>, spec: &Field<'f>) -> BTreeSet<&'f str> {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for field in spec.list("ports") {
        let (name, number) = (field.text("name"), field.get("number").and_then(|n| n.int()).unwrap_or_default());
        if !names.insert(name) {
            judge.about("twice").error(field.path_of("name"), format!("two ports are called {name:?}"), "Give each port a name of its own.");
        }
        if !numbers.insert(number) {
            judge.about("twice").error(field.path_of("number"), format!("port {number} is listed twice"), "Keep one of the two.");
        }
        let target = field.get("targetPort").and_then(|t| t.int()).filter(|n| *n != 0);
        let verdicts = [
            ("targetPort", target.map_or(Ok(()), port)),
            ("name", port_name(name)),
            ("protocol", protocol(field.text("protocol"))),
            ("number", port(number)),
        ];
        for (part, verdict) in verdicts {
            if let Err(fault) = verdict {
                judge.error(field.path_of(part), fault.message, fault.hint);
            }
        }
    }
    names
}

fn unresolved(judge: &mut Judge<'_>, spec: &Field<'_>) {
    if has(spec, "endpoints") {
        let hint = "Write resolution: STATIC (addresses) or DNS (names), or remove endpoints.";
        judge.error(spec.path_of("endpoints"), "endpoints are listed, but resolution is NONE", hint);
    }
    if let Some(selector) = spec.get("workloadSelector") {
        let hint = "Write resolution: STATIC, so that the selected workloads are used.";
        judge.about("resolution").warn(selector.path(), "the workloadSelector does nothing while resolution is NONE", hint);
    }
}

fn by_dns(judge: &mut Judge<'_>, spec: &Field<'_>, resolution: &str, ports: &BTreeSet<&str>) {
    let endpoints: Vec<Field<'_>> = spec.list("endpoints").collect();
    if endpoints.is_empty()
        && let Some((text, host)) = spec.texts("hosts").find(|(text, _)| fqdn(text).is_err())
    {
        let hint = "Write full domain names, list endpoints, or use resolution NONE for a wildcard.";
        judge.about("resolution").error(host.path(), format!("{text:?} cannot be resolved by DNS, and there are no endpoints"), hint);
    }
    if resolution == "DNS_ROUND_ROBIN" && endpoints.len() > 1 {
        let message = format!("{} endpoints are listed, at most one is allowed with DNS_ROUND_ROBIN", endpoints.len());
        judge.error(spec.path_of("endpoints"), message, "Keep one endpoint, or write resolution: DNS.");
    }
    for endpoint in &endpoints {
        let address = endpoint.text("address");
        if !is_ip(address) && fqdn(address).is_err() {
            let message = format!("the endpoint's address {address:?} is neither a domain name nor an IP address");
            judge.error(endpoint.path_of("address"), message, "Write one of the two.");
        }
        labels(judge, endpoint, "labels");
        endpoints::ports(judge, endpoint, Some(ports));
    }
    let plain = has(spec, "addresses") && spec.list("ports").any(|p| Protocol::parse(p.text("protocol")).tcp);
    if plain && spec.list("hosts").count() > 1 {
        let message = "several hosts share addresses and a TCP port: Istio cannot tell which one a connection is for";
        judge.warn(spec.path_of("hosts"), message, "Write an entry for each host.");
    }
}

fn by_request(judge: &mut Judge<'_>, spec: &Field<'_>, entry: &Object) {
    for (text, host) in spec.texts("hosts").filter(|(text, _)| !text.starts_with('*')) {
        judge.about("resolution").error(
            host.path(),
            format!("{text:?} is no wildcard, which DYNAMIC_DNS is for"),
            "Write \"*.example.com\", or resolution: DNS.",
        );
    }
    for name in ["addresses", "endpoints"] {
        if has(spec, name) {
            judge.error(spec.path_of(name), format!("{name} cannot be used with DYNAMIC_DNS"), format!("Remove {name}."));
        }
    }
    for port in spec.list("ports") {
        let protocol = port.text("protocol");
        if !["HTTP", "TLS", "GRPC", "HTTP2"].iter().any(|p| protocol.eq_ignore_ascii_case(p)) {
            judge.about("resolution").error(
                port.path_of("protocol"),
                format!("protocol {protocol:?} cannot be used with DYNAMIC_DNS"),
                "Write HTTP, HTTP2, GRPC or TLS.",
            );
        }
    }
    let waypoint = entry.meta.labels.iter().find(|(key, _)| *key == "istio.io/use-waypoint").map(|(_, value)| value.as_str());
    let internal = spec.text("location") == "MESH_INTERNAL";
    if internal && waypoint.is_some_and(|name| !name.is_empty() && !name.eq_ignore_ascii_case("none")) {
        let message = "MESH_INTERNAL with DYNAMIC_DNS does not work through a waypoint";
        judge.refused(spec.path_of("location"), message, "Write location: MESH_EXTERNAL, or remove the label istio.io/use-waypoint.");
    }
}
