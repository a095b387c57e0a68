//! `.kubectl-mesh.yaml`: what it settles, where it is found, and how it says what is wrong with it.

use std::path::Path;

use serde_json::Value;

use crate::mesh::{mesh, run, said};

/// A port whose name tells no protocol, and a VirtualService of a Gateway that is not there.
const OBJECTS: &[u8] = b"apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart.example.com], gateways: [public]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: other, namespace: shop}
spec: {selector: {istio: ingress}, servers: [{hosts: [a.example.com], port: {number: 80, name: http, protocol: HTTP}}]}
";
const RULE: &str = "istio-virtual-service-gateway-not-found";

fn checked(config: &str, args: &[&str]) -> (i32, String, String) {
    let all: Vec<&str> = ["check", "-f", "a.yaml", "-o", "json"].iter().chain(args).copied().collect();
    run(&[("a.yaml", OBJECTS), (".kubectl-mesh.yaml", config.as_bytes())], &all)
}

fn found(out: &str) -> Vec<(String, String)> {
    let report: Value = serde_json::from_str(out).unwrap();
    let rows = report["findings"].as_array().unwrap().iter();
    rows.map(|row| (row["rule"].as_str().unwrap().to_owned(), row["severity"].as_str().unwrap().to_owned())).collect()
}

fn severity(out: &str) -> Option<String> {
    found(out).into_iter().find(|(rule, _)| rule == RULE).map(|(_, severity)| severity)
}

#[test]
fn rules_are_turned_off_and_given_another_severity() {
    let (_, without, _) = checked("", &[]);
    let usual = severity(&without).expect("the rule finds something");
    let (_, off, err) = checked(&format!("rules:\n  {RULE}: off\n"), &[]);
    assert!(severity(&off).is_none() && err.contains("settings of .kubectl-mesh.yaml"), "{off}\n{err}");
    let report: Value = serde_json::from_str(&off).unwrap();
    assert_eq!(report["settings"], serde_json::json!({"file": ".kubectl-mesh.yaml", "off": [RULE]}), "{off}");
    let (_, named, _) = checked(&format!("rules:\n  {RULE}: off\n"), &["--rule", RULE]);
    assert_eq!(severity(&named).as_ref(), Some(&usual), "a rule that the command line names runs");
    for other in ["error", "warning", "info"] {
        let (_, out, _) = checked(&format!("rules: {{{RULE}: {other}}}\n"), &[]);
        assert_eq!(severity(&out).as_deref(), Some(other));
    }
    let (_, table, _) = run(
        &[("a.yaml", OBJECTS), (".kubectl-mesh.yaml", format!("rules: {{{RULE}: off}}").as_bytes())],
        &["check", "-f", "a.yaml", "--fail-on", "never"],
    );
    assert!(table.contains("; 1 rule off by .kubectl-mesh.yaml"), "{table}");
}

#[test]
fn opt_in_rules_are_turned_on() {
    let rules: Value = serde_json::from_str(&run(&[], &["rules", "-o", "json"]).1).unwrap();
    let opt_in = rules["rules"].as_array().unwrap().iter().find(|rule| rule["optIn"] == true && rule["runs"] == "check").unwrap();
    let id = opt_in["id"].as_str().unwrap();
    let ran = |config: &str| {
        let (_, out, _) = run(&[("a.yaml", OBJECTS), (".kubectl-mesh.yaml", config.as_bytes())], &["check", "-f", "a.yaml", "-o", "json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        report["summary"]["evaluated"].as_u64().unwrap() + report["notApplicable"].as_array().map_or(0, |all| all.len() as u64)
    };
    assert_eq!(ran(&format!("rules: {{{id}: on}}")), ran("") + 1, "{id}");
}

#[test]
fn suppressions_have_a_reason_and_end() {
    let entry =
        |more: &str| format!("suppressions:\n- rule: {RULE}\n  object: VirtualService shop/*\n  reason: the gateway comes with the platform\n{more}");
    let (_, out, _) = checked(&entry(""), &[]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert!(severity(&out).is_none(), "{out}");
    let suppression = &report["suppressions"][0];
    assert_eq!(
        (suppression["source"].as_str(), suppression["reason"].as_str(), suppression["used"].as_u64()),
        (Some(".kubectl-mesh.yaml:2"), Some("the gateway comes with the platform"), Some(1))
    );
    assert!(severity(&checked(&entry("  until: 2199-12-31\n"), &[]).1).is_none());
    let (_, expired, err) = checked(&entry("  until: 2020-01-31\n"), &[]);
    assert!(severity(&expired).is_some() && err.contains("expired on 2020-01-31"), "{err}");
    let (_, elsewhere, _) = checked(&entry("").replace("shop/*", "bank/*"), &[]);
    assert!(severity(&elsewhere).is_some(), "{elsewhere}");
}

#[test]
fn what_fails_a_run_is_settled_unless_a_flag_says_otherwise() {
    let never = format!("failOn: never\nrules: {{{RULE}: error}}\n");
    assert_eq!(checked(&never, &[]).0, 0);
    assert_eq!(checked(&never, &["--fail-on", "error"]).0, 1);
    assert_eq!(checked(&format!("failOn: info\nrules: {{{RULE}: info}}\n"), &[]).0, 1);
}

#[test]
fn files_are_left_out() {
    let files: [(&str, &[u8]); 3] =
        [("deploy/a.yaml", OBJECTS), ("deploy/old/b.yaml", b"not: [a, manifest"), (".kubectl-mesh.yaml", b"exclude: [old/]\nfailOn: never\n")];
    let (code, out, err) = run(&files, &["check", "-f", "deploy", "-R"]);
    assert!(code == 0 && !err.contains("b.yaml"), "{out}\n{err}");
}

#[test]
fn it_is_found_above_the_files_or_named() {
    let home = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &[u8]| {
        let path = home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let off = format!("rules: {{{RULE}: off}}\n");
    write("repo/.git/HEAD", b"");
    write("repo/.kubectl-mesh.yaml", off.as_bytes());
    write("repo/deploy/shop/a.yaml", OBJECTS);
    write("outside/a.yaml", OBJECTS);
    write("nested/.git/HEAD", b"");
    write("nested/a.yaml", OBJECTS);
    write(".kubectl-mesh.yaml", b"failOn: never\n");
    write("own.yaml", off.as_bytes());
    let check = |directory: &str, args: &[&str]| {
        let all: Vec<&str> = ["check", "-o", "json", "--fail-on", "never"].iter().chain(args).copied().collect();
        said(&mesh(home.path()).current_dir(home.path().join(directory)).args(all).output().unwrap())
    };
    let is_off = |(code, out, err): (i32, String, String)| {
        assert_eq!(code, 0, "{err}");
        severity(&out).is_none()
    };
    assert!(is_off(check("repo/deploy", &["-f", "shop/a.yaml"])), "above the file");
    assert!(is_off(check("outside", &["-f", "../repo/deploy", "-R"])), "above the file, not above where the command runs");
    assert!(!is_off(check("nested", &["-f", "a.yaml"])), "a repository ends the search");
    assert!(is_off(check("nested", &["-f", "a.yaml", "--config", "../own.yaml"])), "the one that is named");
    let (code, _, err) = check("", &["-f", "repo/deploy/shop/a.yaml", "-f", "outside/a.yaml"]);
    assert!(code == 2 && err.contains("two configurations apply"), "{err}");
    let (code, _, err) = check("", &["--demo", "--config", "nope.yaml"]);
    assert!(code == 2 && err.contains("cannot read the configuration nope.yaml"), "{err}");
}

#[test]
fn mistakes_are_told_with_their_place_and_a_suggestion() {
    for (config, place, hint) in [
        ("failOn: never\nrulez: {}\n", ".kubectl-mesh.yaml:2:1", "did you mean rules?"),
        ("suppressions:\n- rule: IST0101\n  raeson: x\n", ".kubectl-mesh.yaml:3", "did you mean reason?"),
        ("rules:\n  istio-gateway-host-conflic: off\n", ".kubectl-mesh.yaml:2", "did you mean istio-gateway-host-conflict?"),
        ("rules:\n  IST0101: of\n", ".kubectl-mesh.yaml:2", "config.schema.json"),
        ("suppressions:\n- rule: IST0101\n  reason: ''\n", ".kubectl-mesh.yaml:2", "gives no reason"),
        ("suppressions:\n- rule: IST0101\n  reason: x\n  until: soon\n", ".kubectl-mesh.yaml:2", "YYYY-MM-DD"),
        ("failOn: [\n", ".kubectl-mesh.yaml:", "config.schema.json"),
    ] {
        let (code, out, err) = checked(config, &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{config}: {err}");
        assert!(err.contains(place) && err.contains(hint), "{config}: {err}");
    }
    for nothing in ["", "# nothing yet\n"] {
        assert!(checked(nothing, &["--fail-on", "never"]).0 == 0);
    }
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/config.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("config.json", schema).unwrap();
    let schema = compiler.compile("config.json", &mut schemas).unwrap();
    for (config, good) in [
        (
            format!(
                "rules: {{{RULE}: off, IST0101: warning}}\nfailOn: info\nexclude: ['**/old']\nsuppressions: [{{rule: IST0101, reason: x, until: 2199-01-01, object: 'Pod *'}}]"
            ),
            true,
        ),
        ("{}".to_owned(), true),
        ("rulez: {}".to_owned(), false),
        ("failOn: sometimes".to_owned(), false),
        (format!("rules: {{{RULE}: of}}"), false),
        ("suppressions: [{rule: IST0101}]".to_owned(), false),
        ("suppressions: [{rule: IST0101, reason: x, until: soon}]".to_owned(), false),
        ("suppressions: [{rule: IST0101, reason: ' '}]".to_owned(), false),
        ("suppressions: [{rule: IST0101, reason: x, because: y}]".to_owned(), false),
        (format!("rules: {{{RULE}: false, IST0101: true}}"), true),
    ] {
        let value: Value = serde_saphyr::from_str(&config).unwrap();
        assert_eq!(schemas.validate(&value, schema).is_ok(), good, "schema: {config}");
        assert_eq!(checked(&config, &["--fail-on", "never"]).0 == 0, good, "program: {config}");
    }
}
