//! The machine contract: every document is what the schema says, to the last field, and every field is explained.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::apiserver::{Act, Fault};
use crate::cluster::{TestCluster, rules};
use crate::mesh::{run, said};

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&read("docs/contract.schema.json")).unwrap()
}

/// Calls `each` with every map of a document, and the path to it.
fn maps(value: &mut Value, path: &str, each: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    match value {
        Value::Object(map) => {
            each(path, map);
            map.iter_mut().for_each(|(key, inner)| maps(inner, &format!("{path}/{key}"), each));
        }
        Value::Array(list) => list.iter_mut().enumerate().for_each(|(at, inner)| maps(inner, &format!("{path}/{at}"), each)),
        _ => {}
    }
}

/// The schema for documents of this very version: other programs have to expect further fields, these tests have not.
fn strict() -> Value {
    let mut schema = schema();
    maps(&mut schema, "", &mut |_, map| {
        if map.get("properties").is_some_and(Value::is_object) && !map.contains_key("additionalProperties") {
            map.insert("additionalProperties".to_owned(), false.into());
        }
    });
    schema
}

/// What the schema has against a document, by its kind or a definition that is named.
fn problem(document: &Value, definition: Option<&str>) -> Option<String> {
    let kind = definition.or(document["kind"].as_str()).unwrap_or("nothing");
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler
        .add_resource("contract.json", {
            let mut schema = strict();
            schema.as_object_mut().unwrap().remove("$id");
            schema
        })
        .unwrap();
    match compiler.compile(&format!("contract.json#/$defs/{kind}"), &mut schemas) {
        Ok(index) => schemas.validate(document, index).err().map(|e| format!("{e:#}")),
        Err(e) => Some(format!("{kind} is not in the schema: {e}")),
    }
}

fn assert_in_the_contract(what: &str, out: &str, definition: Option<&str>) {
    let document: Value = serde_json::from_str(out).unwrap_or_else(|e| panic!("{what}: {e}: {out}"));
    if let Some(problem) = problem(&document, definition) {
        panic!("{what}: {problem}");
    }
}

/// Runs a command for its document; any answer of it will do, a failure will not.
fn document(files: &[(&str, &[u8])], line: &str) -> String {
    let args: Vec<&str> = line.split(' ').chain(["-o", "json"]).collect();
    let (code, out, err) = run(files, &args);
    assert!(matches!(code, 0 | 1 | 3), "{line}: {code}: {err}");
    out
}

const DEMO: [&str; 21] = [
    "certs",
    "certs --read-secrets",
    "check --all-rules",
    "check --fail-on info --category certificates",
    "status",
    "status deploy/cart -n shop",
    "status deploy/billing-api -n billing",
    "status svc/orders",
    "injection",
    "injection deploy/cart -n shop",
    "mtls",
    "mtls --from deploy/frontend --to svc/cart:80 -n shop",
    "mtls --plan strict",
    "policy can --from deploy/frontend --to svc/cart:80 -n shop --method GET --path /items",
    "policy list",
    "policy matrix",
    "why deploy/frontend cart GET /items -n shop",
    "why deploy/frontend catalog GET / -n shop",
    "why deploy/shipping orders GET / -n orders",
    "version",
    "version --mesh linkerd",
];

#[test]
fn every_answer_about_the_demo_is_in_the_contract() {
    for line in DEMO {
        assert_in_the_contract(line, &document(&[], &format!("{line} --demo")), None);
    }
    assert_in_the_contract("rules", &document(&[], "rules"), Some("RuleList"));
    assert_in_the_contract("explain", &document(&[], "explain IST0101"), Some("RulePages"));
}

const SHOP: &[u8] = include_bytes!("policy/shop.yaml");
/// Two objects that do not decode, one that asks for silence about what is not there, and a route with everything that a route can do.
const MORE: &[u8] = b"
apiVersion: v1
kind: Pod
metadata: {name: broken, namespace: shop}
spec: {containers: 7}
---
apiVersion: v1
kind: Service
metadata: {name: broken, namespace: shop}
spec: [1]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop, annotations: {mesh.kubectl.dev/ignore: 'IST0101 until 2020-01-01: old'}}
spec:
  hosts: [cart]
  http:
  - match: [{uri: {prefix: /old}}]
    redirect: {uri: /new}
  - match: [{uri: {prefix: /off}}]
    directResponse: {status: 503}
  - route: [{destination: {host: cart, subset: v2}, weight: 20}, {destination: {host: cart}, weight: 80}]
    timeout: 2s
    retries: {attempts: 3}
    rewrite: {uri: /}
    mirror: {host: shadow.shop.svc.cluster.local}
    mirrorPercentage: {value: 10}
    fault: {delay: {fixedDelay: 1s, percentage: {value: 1}}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
";
const TESTS: &[u8] = b"tests: [{from: sa/web/front, to: 'svc/cart.shop:80', method: GET, path: /health, expect: allow}]";
const CHANGE: &[u8] = b"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-health, namespace: shop}
spec: {action: DENY, rules: [{to: [{operation: {paths: [/health]}}]}]}
";

#[test]
fn every_answer_about_files_with_gaps_is_in_the_contract() {
    let files: [(&str, &[u8]); 4] = [("in/shop.yaml", SHOP), ("in/more.yaml", MORE), ("tests.yaml", TESTS), ("change.yaml", CHANGE)];
    let mut kinds = BTreeSet::new();
    for line in [
        "check --all-rules -f in",
        "check -S IST0101=* -f in",
        "status -f in",
        "status deploy/cart -n shop -f in",
        "status svc/cart -n shop -f in",
        "injection -f in",
        "mtls -f in",
        "mtls --from deploy/front -n web --to svc/cart.shop:80 -f in",
        "mtls --plan strict -f in",
        "policy can --from sa/web/frontend --to svc/cart.shop:80 --method GET -f in",
        "policy can --plaintext --to svc/cart.shop:80 -f in",
        "policy list -f in",
        "policy matrix -f in",
        "policy test tests.yaml -f in",
        "policy simulate --base in -f change.yaml",
        "why deploy/front.web cart.shop GET /old -f in",
        "why deploy/front.web cart.shop GET /off -f in",
        "why deploy/front.web cart.shop GET / -f in",
        "certs -f in",
        "version -f in",
    ] {
        let out = document(&files, line);
        assert_in_the_contract(line, &out, None);
        kinds.extend(serde_json::from_str::<Value>(&out).unwrap()["gaps"].as_array().unwrap().iter().map(|g| g["type"].to_string()));
    }
    assert!(kinds.contains("\"undecodable\""), "{kinds:?}");
    let (_, out, _) = run(&[("bad.yaml", b"kind: Nothing\n")], &["check", "-f", "bad.yaml", "-o", "json"]);
    assert_in_the_contract("check of bad input", &out, None);
    assert!(out.contains("badInput"), "{out}");
}

#[test]
fn every_answer_about_a_cluster_with_gaps_is_in_the_contract() {
    let cluster = TestCluster::standin();
    cluster.apply(std::str::from_utf8(SHOP).unwrap());
    cluster.grant("dev", &rules(&["get", "list"], &["namespaces", "services", "*.apps", "*.security.istio.io"]));
    let refused = Act::Raw { status: 400, content_type: "text/plain", body: b"no".to_vec() };
    cluster.server().fault(Fault::new(refused).verb("list").resource("services").user("dev"));
    let mut kinds = BTreeSet::new();
    for line in [
        "check --all-rules -A",
        "check --pre",
        "status -A",
        "injection -A",
        "mtls -A",
        "policy list -A",
        "policy matrix -A",
        "policy can -A --from deploy/front.web --to deploy/cart.shop:8080",
        "why -A deploy/front.web cart.shop GET /",
        "certs -A",
        "version -A",
    ] {
        let args: Vec<&str> = line.split(' ').chain(["-o", "json"]).collect();
        let (code, out, err) = said(&cluster.mesh_as("dev", args).output().unwrap());
        assert!(matches!(code, 0 | 1 | 3), "{line}: {code}: {err}");
        assert_in_the_contract(line, &out, None);
        kinds.extend(serde_json::from_str::<Value>(&out).unwrap()["gaps"].as_array().unwrap().iter().map(|g| g["type"].to_string()));
    }
    assert_eq!(kinds, ["\"forbidden\"".to_owned(), "\"incomplete\"".to_owned()].into());
    let file = cluster.home().join("state.tar.zst");
    cluster.mesh_as("dev", ["snapshot", "-o", file.to_str().unwrap()]).output().unwrap();
    let mut archive = tar::Archive::new(zstd::Decoder::new(fs::File::open(file).unwrap()).unwrap());
    let head = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(head.path().unwrap().to_str(), Some("snapshot.json"));
    assert_in_the_contract("snapshot", &std::io::read_to_string(head).unwrap(), None);
}

#[test]
fn a_baseline_is_in_the_contract() {
    let home = tempfile::tempdir().unwrap();
    crate::mesh::mesh(home.path()).args(["check", "--demo", "--write-baseline", "--baseline", "known.json"]).output().unwrap();
    assert_in_the_contract("baseline", &fs::read_to_string(home.path().join("known.json")).unwrap(), None);
}

#[test]
fn a_field_that_the_schema_does_not_know_or_misses_is_refused() {
    let document: Value = serde_json::from_str(&document(&[], "check --demo --category mtls")).unwrap();
    for path in ["/findings/0/object/apiVersion", "/findings/0/rule", "/summary/error", "/gaps", "/source/type"] {
        let (parent, field) = path.rsplit_once('/').unwrap();
        let mut less = document.clone();
        less.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field).unwrap();
        assert!(problem(&less, None).is_some(), "{path} may be missing");
        let mut more = document.clone();
        more.pointer_mut(parent).unwrap()["undocumented"] = true.into();
        assert!(problem(&more, None).is_some(), "{parent} may have more");
    }
    let mut renamed = document;
    renamed["kind"] = "OtherReport".into();
    assert!(problem(&renamed, None).is_some());
}

/// What stands between `before` and the next `"` wherever `before` does.
fn quoted<'a>(text: &'a str, before: &str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>().into_iter()
}

#[test]
fn every_report_is_in_the_schema_and_in_the_page() {
    let mut kinds = BTreeSet::new();
    for file in walkdir::WalkDir::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands")).into_iter().filter_map(Result::ok) {
        if file.file_type().is_file() {
            let text = fs::read_to_string(file.path()).unwrap();
            kinds.extend(quoted(&text, "const KIND: Option<&'static str> = Some(\"").map(str::to_owned));
        }
    }
    assert!(kinds.len() > 10, "{kinds:?}");
    let (schema, page) = (schema(), read("docs/contract.md"));
    let unknown: Vec<_> = kinds.iter().filter(|kind| schema["$defs"][kind.as_str()].is_null()).collect();
    assert!(unknown.is_empty(), "add these to src/schema.rs: {unknown:?}");
    let untold: Vec<_> = kinds.iter().filter(|kind| !page.contains(kind.as_str())).collect();
    assert!(untold.is_empty(), "docs/contract.md does not name {untold:?}");
}

#[test]
fn every_field_of_the_schema_is_explained() {
    let (mut schema, page) = (schema(), read("docs/contract.md"));
    let words: BTreeSet<&str> = page.split(|c: char| !c.is_alphanumeric()).collect();
    let mut silent = Vec::new();
    let mut seen = 0;
    maps(&mut schema, "", &mut |path, map| {
        for (name, property) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            seen += 1;
            if property["description"].as_str().is_none_or(str::is_empty) && !words.contains(name.as_str()) {
                silent.push(format!("{path}/{name}"));
            }
        }
    });
    assert!(seen > 200 && silent.is_empty(), "{seen} fields, of which these are not explained: {silent:#?}");
}
