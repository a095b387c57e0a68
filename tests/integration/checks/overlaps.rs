//! One situation, one rule: no two rules report the same field of an object for one cause.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use kubectl_mesh::checks::{self, Selection};
use kubectl_mesh::report::CheckReport;

/// Pairs of rules that may meet at a field, because they are about two things; each with what the two are.
const TWO_THINGS: &[(&str, &str, &str)] = &[
    ("gateway-object-refused", "linkerd-route-ignored", "the API server refuses the filter; Linkerd would ignore the route"),
    ("istio-ambient-host-without-waypoint", "istio-destination-rule-host-not-found", "nothing acts on the rule; nobody has its host"),
    ("istio-ambient-policy-empty-selector", "istio-authorization-policy-invalid", "it holds nowhere in ambient; an empty selector is easily misread"),
    ("istio-ambient-policy-without-target", "istio-ambient-policy-without-waypoint", "waypoints want targetRefs; none is asked for"),
    (
        "istio-ambient-policy-without-target",
        "istio-jwt-claim-without-request-authentication",
        "nobody enforces the condition; nobody reads the tokens",
    ),
    (
        "istio-ambient-policy-without-waypoint",
        "istio-jwt-claim-without-request-authentication",
        "nobody enforces the condition; nobody reads the tokens",
    ),
    ("istio-ambient-trust-domain", "istio-policy-principal-not-found", "the trust domain; the service account"),
    ("istio-annotation-alpha", "istio-annotation-deprecated", "how ripe the annotation is; that it goes away"),
    ("istio-annotation-alpha", "istio-annotation-invalid", "the annotation; its value"),
    ("istio-annotation-alpha", "istio-annotation-misplaced", "the annotation; where it stands"),
    ("istio-annotation-alpha", "job-sidecar-never-ends", "the annotation; what it asks for"),
    ("istio-annotation-deprecated", "istio-annotation-misplaced", "the annotation; where it stands"),
    ("istio-annotation-deprecated", "istio-inject-annotation-only", "a label takes its place; alone it brings no sidecar here"),
    ("istio-annotation-deprecated", "istio-inject-value-invalid", "the annotation; its value"),
    ("istio-ca-certificate-expiring", "istio-ca-chain-broken", "when the certificate ends; whether it leads to the root"),
    ("istio-deprecated-traffic-field", "istio-sidecar-invalid", "the field is ignored; written so it is refused"),
    ("istio-destination-rule-conflict", "istio-destination-rule-host-not-found", "another rule has the host; nobody has it"),
    ("istio-destination-rule-subset-unused", "istio-destination-rule-subset-without-labels", "no route leads there; it is the whole of the host"),
    ("istio-gateway-duplicate-certificate", "istio-gateway-invalid", "two Gateways name the certificate; one of them ignores it"),
    ("istio-gateway-host-conflict", "istio-gateway-redirect-without-tls", "who answers; whether TLS is offered"),
    ("istio-jwt-claim-without-request-authentication", "istio-policy-deny-on-tcp", "nobody reads the tokens; a port carries no HTTP"),
    ("istio-mesh-config-invalid", "istio-mesh-networks-registry-unknown", "two places in a document, of which the path is all there is"),
    (
        "istio-peer-authentication-conflict",
        "istio-peer-authentication-root-selector",
        "another policy picks the workloads; a selector there is for every namespace",
    ),
    ("istio-policy-identity-in-plaintext", "istio-policy-identity-without-mtls", "whom the rule lets by; that nobody has an identity"),
    ("istio-service-entry-address-missing", "istio-service-entry-duplicate", "the port has no address; another entry has the port"),
    ("istio-service-entry-invalid", "istio-service-entry-protocol-conflict", "Istio knows no such protocol; another entry says otherwise"),
    ("istio-service-port-name", "istio-service-port-not-exposed", "the protocol; the container"),
    ("istio-service-port-name", "service-ports-unnamed", "Istio guesses the protocol, which istioctl reports; the API server refuses the Service"),
    ("istio-service-port-not-exposed", "service-ports-unnamed", "the container; the name"),
    ("istio-sidecar-egress-host-not-found", "istio-sidecar-invalid", "nobody has the host; another entry covers it"),
    ("istio-sidecar-invalid", "istio-sidecar-multiple-defaults", "the selector is empty; another Sidecar is a default too"),
    ("istio-sidecar-resource-in-ambient", "istio-sidecar-selector-overlap", "the workload has no sidecar; another Sidecar selects it too"),
    ("istio-virtual-service-gateway-legacy-name", "istio-virtual-service-host-not-in-gateway", "the notation; the hosts"),
    ("istio-virtual-service-invalid", "istio-virtual-service-unreachable-route", "the route leads nowhere; nothing gets there"),
    ("linkerd-deprecated-api-version", "linkerd-version-not-served", "what later releases drop; what this cluster has dropped"),
    ("linkerd-network-policy-blocks-control-plane", "linkerd-network-policy-blocks-proxy", "the way to the control plane; the way between proxies"),
    ("linkerd-network-policy-blocks-proxy", "network-policy-closes-proxy-metrics", "the way between proxies; the way to their metrics"),
    ("linkerd-rate-limit-duplicate", "linkerd-rate-limit-target-not-found", "another rate limit is there; the Server is not"),
    ("linkerd-route-refused", "linkerd-route-timeout-without-effect", "the API refuses the value; Linkerd would not use it"),
];

/// Findings about an object as a whole have no field in common, and are left out.
fn places(report: &CheckReport) -> BTreeMap<(String, &str), BTreeSet<&'static str>> {
    let mut places: BTreeMap<(String, &str), BTreeSet<&'static str>> = BTreeMap::new();
    for finding in &report.findings {
        if let Some(path) = finding.path.as_deref() {
            places.entry((finding.object.to_string(), path)).or_default().insert(finding.rule);
        }
    }
    places
}

#[test]
fn no_two_rules_say_the_same() {
    let mut met: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for dir in fs::read_dir(crate::fixtures::folder()).unwrap().map(|d| d.unwrap().path()) {
        let cases = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "yaml"));
        for case in cases {
            let report = checks::run(&crate::fixtures::world(&case), &Selection { all_rules: true, ..Selection::default() });
            for ((object, path), rules) in places(&report) {
                let rules: Vec<&str> = rules.into_iter().collect();
                for (i, a) in rules.iter().enumerate() {
                    for b in &rules[i + 1..] {
                        met.entry((a, b)).or_insert_with(|| format!("{}: {object} {path}", case.display()));
                    }
                }
            }
        }
    }
    let allowed: BTreeSet<(&str, &str)> = TWO_THINGS.iter().map(|(a, b, _)| (*a, *b)).collect();
    let wrong: Vec<String> = met.iter().filter(|(pair, _)| !allowed.contains(*pair)).map(|((a, b), at)| format!("{a} and {b} at {at}")).collect();
    assert!(wrong.is_empty(), "two rules at one field: make one of them silent, or say what two things they are about\n{}", wrong.join("\n"));
    let stale: Vec<_> = allowed.iter().filter(|pair| !met.contains_key(*pair)).collect();
    assert!(stale.is_empty(), "these no longer meet: {stale:?}");
}
