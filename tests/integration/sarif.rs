//! SARIF output against the 2.1.0 schema.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::mesh::run;

/// The schema that the crate `serde-sarif` carries; cargo fetches the package and never builds it.
fn schema() -> Value {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|p| p["name"] == "serde-sarif").unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    serde_json::from_str(&std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).unwrap()).unwrap()
}

fn assert_valid(document: &Value) {
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("sarif.json", schema()).unwrap();
    let index = compiler.compile("sarif.json", &mut schemas).unwrap();
    schemas.validate(document, index).unwrap_or_else(|e| panic!("{e:#}"));
}

const MANIFESTS: &str = r#"
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart.example.com], gateways: [public]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: quiet
  namespace: shop
  annotations: {mesh.kubectl.dev/ignore: "istio-virtual-service-gateway-not-found: made by another team"}
spec: {hosts: [quiet.example.com], gateways: [public]}
"#;

#[test]
fn files_give_valid_sarif_with_lines_and_suppressions() {
    let (_, out, _) = run(&[("a b/c.yaml", MANIFESTS.as_bytes())], &["check", "-f", "a b", "-o", "sarif", "--rule", "IST0101"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_valid(&document);
    let results = document["runs"][0]["results"].as_array().unwrap();
    let named = |name: &str| results.iter().find(|r| r["locations"][0]["logicalLocations"][0]["name"] == name).unwrap();
    assert_eq!(named("cart")["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b/c.yaml");
    assert_eq!(named("cart")["locations"][0]["physicalLocation"]["region"]["startLine"], 5);
    assert_eq!(named("quiet")["suppressions"][0]["justification"], "made by another team");
}

#[test]
fn a_cluster_gives_valid_sarif_without_files() {
    let (_, out, _) = run(&[], &["check", "--demo", "--all-rules", "-o", "sarif"]);
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_valid(&document);
    assert_eq!(document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], Value::Null);
}

#[test]
fn the_schema_refuses_what_is_wrong() {
    let refused = std::panic::catch_unwind(|| assert_valid(&serde_json::json!({"version": "2.1.0", "runs": [{}]})));
    assert!(refused.is_err());
}
