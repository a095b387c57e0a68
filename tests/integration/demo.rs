//! The demo tells its story and no other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::mesh::run;

/// What is broken in it, by the object a rule names.
const FAULTS: &[&str] = &[
    "AuthorizationPolicy billing/billing-api-callers",
    "AuthorizationPolicy orders/shipping-read-only",
    "Deployment reports/report-builder",
    "Deployment shop/checkout",
    "DestinationRule shop/cart",
    "Gateway istio-ingress/public",
    "Namespace /reports",
    "Namespace /shop",
    "Server billing/any-http",
    "Server billing/billing-api",
    "VirtualService shop/catalog",
    "VirtualService shop/frontend",
];

/// Broken too, and told by `injection` or as a note.
const ALSO: &[&str] = &["Deployment billing/billing-worker", "Service shop/payment"];

#[test]
fn faults_are_found_and_sound_parts_are_left_alone() {
    let (code, out, _) = run(&[], &["check", "--demo", "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let named = |f: &Value| {
        let text = |field: &str| f["object"][field].as_str().unwrap_or_default().to_owned();
        format!("{} {}/{}", text("kind"), text("namespace"), text("name"))
    };
    let found: BTreeSet<String> = findings.iter().filter(|f| f["severity"] != "info").map(named).collect();
    let missed: Vec<&&str> = FAULTS.iter().filter(|fault| !found.contains(**fault)).collect();
    let invented: Vec<&String> = found.iter().filter(|f| !FAULTS.contains(&f.as_str()) && !ALSO.contains(&f.as_str())).collect();
    assert_eq!((code, missed, invented), (1, Vec::new(), Vec::new()));
    assert!(report["gaps"].as_array().unwrap().is_empty());
}

#[test]
fn the_expired_certificate_is_called_expired() {
    let (_, out, _) = run(&[], &["check", "--demo", "--category", "certificates"]);
    assert!(out.contains("expired at 2025-07-01"), "{out}");
}

#[test]
fn a_namespace_narrows_the_findings_to_its_own() {
    let (_, out, _) = crate::mesh::run(&[], &["check", "--demo", "-n", "billing", "--all-rules", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let places: std::collections::BTreeSet<&str> =
        report["findings"].as_array().unwrap().iter().filter_map(|f| f["object"]["namespace"].as_str()).collect();
    assert_eq!(places, ["billing"].into());
    assert!(!out.contains("\"name\": \"reports\""), "{out}");
}
