use crate::checks::Findings;
use crate::checks::support::istio::schema::gateway_names::gateway_names;
use crate::checks::support::istio::schema::judged::each;
use crate::checks::support::istio::schema::{virtual_service_http, virtual_service_l4};
use crate::mesh::istio::hosts;
use crate::mesh::istio::validation::{Judge, export_to, fault, has, is_ip, is_jwt_claim, wildcard_domain};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService keeps to Istio's rules: hosts and gateways have valid names and do not overlap, every route leads somewhere and nowhere else at
    /// the same time, and matches, headers, retries, faults, rewrites, redirects, mirrors and CORS settings hold values that Istio and Envoy understand.
    /// Warnings are for what Istio takes although it does nothing or goes away.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid VirtualService. Where it came in past the webhook, istiod drops it or Envoy refuses the update, and the old
    /// routes stay in force.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// # Example
    ///
    /// ```yaml
    /// retries: {perTryTimeout: 2s}               # wrong: 0 attempts are no retries
    /// retries: {attempts: 3, perTryTimeout: 2s}  # right
    /// ```
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`, `virtualservice.go`; fields that exclude each other:
    /// Istio's CustomResourceDefinitions (`manifests/charts/base/files/crd-all.gen.yaml`).
    "istio-virtual-service-invalid",
    summary: "VirtualService that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::VirtualService, |judge, spec, vs| {
        let delegate = !has(spec, "hosts");
        // With gateways and without `mesh` among them, sidecars do not see it.
        let for_gateways = has(spec, "gateways") && spec.texts("gateways").all(|(name, _)| name != "mesh");
        for name in ["gateways", "tls", "tcp"] {
            if delegate && has(spec, name) {
                let message = format!("a VirtualService without hosts is a delegate, which has no {name}");
                judge.error(spec.path_of(name), message, format!("Write hosts, or remove {name}."));
            }
        }
        gateway_names(judge, spec);
        if !for_gateways {
            claims(judge, spec);
        }
        self::hosts(judge, spec, for_gateways);
        if !["http", "tls", "tcp"].iter().any(|protocol| has(spec, protocol)) {
            judge.error(spec.path_of("http"), "the VirtualService has no routes", "Write http, tls or tcp.");
        }
        for route in spec.list("http") {
            virtual_service_http::route(judge, &route, delegate);
        }
        for route in spec.list("tls") {
            virtual_service_l4::tls_route(judge, &route, spec);
        }
        for route in spec.list("tcp") {
            virtual_service_l4::tcp_route(judge, &route);
        }
        export_to(judge, spec, false, &vs.meta.namespace);
    });
}

/// Only gateways know the claims of a token where they choose a route.
fn claims(judge: &mut Judge<'_>, spec: &Field<'_>) {
    for condition in spec.list("http").flat_map(|route| route.list("match").collect::<Vec<_>>()) {
        for headers in ["headers", "withoutHeaders"].into_iter().filter_map(|name| condition.get(name)) {
            for (name, header) in headers.entries().filter(|(name, _)| is_jwt_claim(name)) {
                let hint = "Bind the VirtualService to gateways alone, without mesh.";
                judge.error(header.path(), format!("routing by the claim {name:?} works at gateways alone"), hint);
            }
        }
    }
}

fn hosts(judge: &mut Judge<'_>, spec: &Field<'_>, for_gateways: bool) {
    let by_sni = spec.list("tls").flat_map(|route| route.list("match").collect::<Vec<_>>()).any(|m| has(&m, "sniHosts"));
    let before = judge.errors();
    let hosts: Vec<(&str, Field<'_>)> = spec.texts("hosts").collect();
    for (text, host) in &hosts {
        let passed_on = for_gateways && by_sni && text.starts_with("outbound_");
        let verdict = match *text {
            "*" if !for_gateways => fault("\"*\" is for gateways: sidecars would send every host there", "Name the hosts, or bind it to a gateway."),
            text if is_ip(text) => Ok(()),
            text if passed_on => virtual_service_l4::passed_on_sni(text),
            text => wildcard_domain(text),
        };
        judge.judge(host, verdict);
    }
    if judge.errors() > before {
        return;
    }
    for (i, (text, host)) in hosts.iter().enumerate() {
        if let Some((other, _)) = hosts[..i].iter().find(|(other, _)| hosts::overlap(text, other)) {
            judge.about("overlap").error(host.path(), format!("{text:?} and {other:?} overlap"), "Keep the wider of the two.");
        }
    }
}
