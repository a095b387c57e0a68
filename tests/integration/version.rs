//! `version`: client, control planes, proxies.

use serde_json::Value;

use crate::mesh::run;

#[test]
fn the_clients_own_needs_no_cluster() {
    let (code, out, _) = run(&[], &["version", "--client"]);
    assert_eq!((code, out), (0, format!("client: {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn proxies_are_counted_by_version() {
    let (code, out, _) = run(&[], &["version", "--demo", "-o", "json"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &document["kind"]), (0, &"VersionReport".into()));
    assert_eq!(document["client"], env!("CARGO_PKG_VERSION"));
    let counted: Vec<String> = document["dataPlane"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| format!("{} {} {}", r["mesh"].as_str().unwrap(), r["version"].as_str().unwrap(), r["pods"]))
        .collect();
    assert_eq!(counted, ["istio 1.26.4 1", "istio 1.27.1 9", "linkerd edge-25.10.2 5", "linkerd edge-25.4.1 1"]);
}

#[test]
fn control_planes_are_named_one_a_line() {
    let (_, out, _) = run(&[], &["version", "--demo", "-o", "name"]);
    assert_eq!(out, "1.26.4\n1.27.1\nedge-25.10.2\n");
}
