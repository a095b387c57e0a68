//! Nothing that was not looked at is called fine: exit codes, headlines, and gaps in every format.

use crate::apiserver::{Act, Fault};
use crate::cluster::{TestCluster, rules};
use crate::mesh::{mesh, run, said};
use serde_json::Value;

const ROUTE: &str = "
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart.example.com], gateways: [public]}
";
const GATEWAY: &str = "istio-virtual-service-gateway-not-found";
/// A rule that says something about ROUTE, and not more than a note.
const FORMATS: [&str; 9] = ["table", "wide", "json", "yaml", "name", "sarif", "junit", "github", "markdown"];

fn broken(resource: &str) -> TestCluster {
    let cluster = TestCluster::standin();
    cluster.apply(ROUTE);
    cluster.server().fault(Fault::new(Act::Raw { status: 400, content_type: "text/plain", body: b"no".to_vec() }).verb("list").resource(resource));
    cluster
}

#[test]
fn a_list_that_a_server_fails_to_give_is_no_success_and_every_format_says_so() {
    let cluster = broken("peerauthentications.security.istio.io");
    for format in FORMATS {
        let (code, out, err) = said(&cluster.mesh(["check", "--fail-on", "never", "-o", format]).output().unwrap());
        assert_eq!(code, 3, "{format}: {out}{err}");
        let told = if format == "name" { &err } else { &out };
        assert!(told.contains("could not read peerauthentications"), "{format}: {out}{err}");
        assert!(err.contains("not enough could be read to judge: could not read peerauthentications"), "{format}: {err}");
        assert!(!out.contains("nothing wrong"), "{format}: {out}");
    }
    let (_, out, _) = said(&cluster.mesh(["check", "--fail-on", "never", "-o", "sarif"]).output().unwrap());
    let sarif: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let (_, out, _) = said(&cluster.mesh(["check", "--fail-on", "never", "-o", "junit"]).output().unwrap());
    assert!(out.contains("<error message=\"could not read peerauthentications"), "{out}");
    let (_, out, _) = said(&cluster.mesh(["check", "--fail-on", "never", "-o", "github"]).output().unwrap());
    assert!(out.contains("::warning title=not read::could not read peerauthentications"), "{out}");
}

#[test]
fn what_rules_lack_that_nobody_named_is_counted_and_fails_only_when_strict() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    cluster.grant("dev", &rules(&["get", "list"], &["namespaces", "pods", "services", "*.apps", "*.networking.istio.io"]));
    let check = |args: &[&str]| said(&cluster.mesh_as("dev", [&["check", "--fail-on", "never"], args].concat()).output().unwrap());
    let (code, out, _) = check(&[]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("could not be judged") || out.contains("not fully judged"), "{out}");
    assert!(!out.contains("nothing wrong"), "{out}");
    assert_eq!(check(&["--strict"]).0, 3);
    let (code, out, err) = check(&["--rule", GATEWAY, "-o", "name"]);
    assert_eq!((code, out.as_str()), (3, ""), "a rule that was named: {err}");
    assert!(err.contains("may not list gateways"), "{err}");
}

#[test]
fn a_mesh_that_is_not_there_is_no_gap() {
    let (code, out, _) = run(&[], &["check", "--demo", "--strict", "--fail-on", "never"]);
    assert_eq!(code, 0, "{out}");
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    let (code, out, _) = said(&cluster.mesh(["check", "--strict", "--fail-on", "never"]).output().unwrap());
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("no trace of linkerd here (") && out.contains("rules had nothing to judge)"), "{out}");
    assert!(!out.contains("not fully judged") && !out.contains("not judged\n"), "{out}");
}

#[test]
fn status_injection_and_version_do_not_count_what_was_refused() {
    let cluster = TestCluster::start();
    cluster.apply("{apiVersion: apps/v1, kind: Deployment, metadata: {name: cart, namespace: shop}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}}}");
    cluster.grant("dev", &rules(&["get", "list"], &["namespaces", "services", "*.apps", "*.batch", "configmaps", "*.admissionregistration.k8s.io"]));
    for command in ["status", "injection", "version"] {
        let (code, out, err) = said(&cluster.mesh_as("dev", [command, "-A"]).output().unwrap());
        assert_eq!(code, 3, "{command}: {out}{err}");
        assert!(out.contains('?') && err.contains("may not list pods"), "{command}: {out}{err}");
        assert!(!err.contains("No mesh found"), "{command}: {err}");
    }
    let (_, out, _) = said(&cluster.mesh_as("dev", ["status", "-A"]).output().unwrap());
    let row: Vec<&str> = out.lines().find(|line| line.starts_with("shop")).unwrap().split_whitespace().collect();
    assert_eq!((row[2], row[3]), ("?", "?"), "{out}");
}

#[test]
fn a_snapshot_of_nothing_is_an_error_and_a_partial_one_says_so() {
    let cluster = TestCluster::start();
    cluster.apply(ROUTE);
    let (code, out, err) = said(&cluster.mesh_as("nobody", ["snapshot", "-o", "s.tar.zst"]).output().unwrap());
    assert_eq!((code, out.as_str()), (3, ""), "{err}");
    assert!(err.contains("nothing to save") && !cluster.home().join("s.tar.zst").exists(), "{err}");
    cluster.grant("dev", &rules(&["get", "list"], &["namespaces", "pods", "*.networking.istio.io"]));
    let (code, out, err) = said(&cluster.mesh_as("dev", ["snapshot", "-q", "-o", "s.tar.zst"]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("partial, ") && out.contains("could not be read"), "{out}");
    let (code, _, err) = run(&[], &["check", "--snapshot", cluster.home().join("s.tar.zst").to_str().unwrap(), "--rule", GATEWAY]);
    assert_eq!(code, 3, "its gaps are those of the run: {err}");
}

#[test]
fn what_a_snapshot_is_written_to_is_the_users_alone() {
    let home = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| said_bytes(&mesh(home.path()).args(args).output().unwrap());
    let (code, _, err) = run(&["snapshot", "--demo", "-o", "json"]);
    assert_eq!(code, 2);
    assert!(err.contains("looks like an output format"), "{err}");
    assert_eq!(run(&["snapshot", "--demo", "-o", "s.tar.zst"]).0, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(home.path().join("s.tar.zst")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (code, bytes, _) = run(&["snapshot", "--demo", "-o", "-"]);
    std::fs::write(home.path().join("piped.tar.zst"), bytes).unwrap();
    assert_eq!((code, run(&["status", "--snapshot", "piped.tar.zst"]).0), (0, 0));
    assert_eq!(run(&["snapshot", "--demo", "-o", "s.tar.zst"]).0, 2, "it is there already");
    let left: Vec<_> =
        std::fs::read_dir(home.path()).unwrap().map(|e| e.unwrap().file_name()).filter(|name| name.to_string_lossy().starts_with(".kube")).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn said_bytes(output: &std::process::Output) -> (i32, Vec<u8>, String) {
    (output.status.code().unwrap(), output.stdout.clone(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn a_selection_that_leaves_no_rule_is_an_error() {
    let (code, _, err) = run(&[], &["check", "--demo", "--rule", GATEWAY, "--skip-rule", GATEWAY]);
    assert_eq!(code, 2);
    assert!(err.contains("no rule is left to run"), "{err}");
    let (code, _, err) = run(&[], &["check", "--demo", "--rule", "istio-service-differs-between-clusters"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("--remote-context"), "{err}");
}

#[test]
fn a_suppression_that_does_not_hold_is_said_in_every_format() {
    let annotated = |text: &str| ROUTE.replace("namespace: shop", &format!("namespace: shop, annotations: {{mesh.kubectl.dev/ignore: \"{text}\"}}"));
    for (text, why) in [
        (format!("{GATEWAY} until 2020-01-01: later"), "it expired on 2020-01-01"),
        (GATEWAY.to_owned(), "it gives no reason"),
        ("istio-gateway-not-there: why".to_owned(), "no rule or code is called istio-gateway-not-there"),
    ] {
        for format in FORMATS {
            let (_, out, err) = run(&[("a.yaml", annotated(&text).as_bytes())], &["check", "-f", "a.yaml", "--rule", GATEWAY, "-o", format]);
            let told = if matches!(format, "table" | "wide") { &out } else { &err };
            assert!(told.contains("has no effect") && told.contains(why), "{format}: {out}{err}");
        }
    }
    let (code, _, err) = run(&[], &["check", "--demo", "-S", "IST999=*"]);
    assert_eq!(code, 2);
    assert!(err.contains("no rule or code is called \"IST999\""), "{err}");
}

#[test]
fn a_baseline_is_not_forgotten_by_a_narrower_run() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("a.yaml"), format!("{ROUTE}---{}", ROUTE.replace("name: cart", "name: other"))).unwrap();
    let run = |args: &[&str]| {
        said(&mesh(home.path()).args(["check", "-f", "a.yaml", "--baseline", "b.json", "--write-baseline"]).args(args).output().unwrap())
    };
    assert_eq!(run(&["--rule", GATEWAY]).0, 0);
    let written = std::fs::read_to_string(home.path().join("b.json")).unwrap();
    let (code, _, err) = run(&["--rule", GATEWAY, "vs/cart"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("b.json knows 1 findings that this run did not look for"), "{err}");
    assert_eq!(std::fs::read_to_string(home.path().join("b.json")).unwrap(), written);
    std::fs::write(home.path().join("a.yaml"), ROUTE).unwrap();
    let (code, _, err) = run(&[]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("1 findings are gone"), "{err}");
}

#[test]
fn what_trips_the_threshold_is_shown_and_junit_follows_it() {
    let files = [("a.yaml", ROUTE.as_bytes())];
    let note = ["check", "-f", "a.yaml", "--rule", GATEWAY];
    let (code, out, _) = run(&files, &[&note[..], &["--fail-on", "info"]].concat());
    assert_eq!(code, 1);
    assert!(out.contains("VirtualService shop/cart"), "{out}");
    let (code, out, _) = run(&files, &[&note[..], &["-o", "junit"]].concat());
    assert_eq!(code, 0);
    assert!(out.contains("failures=\"0\"") && out.contains("info: a.yaml:5:"), "{out}");
    let (_, out, _) = run(&files, &[&note[..], &["-o", "junit", "--fail-on", "info"]].concat());
    assert!(out.contains("failures=\"1\""), "{out}");
}

#[test]
fn an_object_of_a_file_that_makes_no_sense_is_unreadable_input() {
    let pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: {a: 1}}\n";
    assert_eq!(run(&[("a.yaml", pod)], &["check", "-f", "a.yaml"]).0, 1, "a rule says what is wrong with it");
    let (code, out, _) = run(&[("a.yaml", pod)], &["check", "-f", "a.yaml", "--rule", GATEWAY]);
    assert_eq!(code, 2, "{out}");
    assert!(out.contains("cannot decode Pod default/a: a.yaml:1"), "{out}");
}

#[test]
fn a_pod_that_cannot_be_decoded_is_no_success() {
    let cluster = TestCluster::standin();
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: a}]}}");
    cluster.server().fault(Fault::new(Act::Edit(|list| list["items"][0]["spec"]["containers"] = "x".into())).verb("list").resource("pods"));
    for command in [&["check", "--rule", GATEWAY][..], &["check", "--fail-on", "never"], &["status"], &["injection"], &["version"]] {
        let (code, out, err) = said(&cluster.mesh(command.iter().copied()).output().unwrap());
        let judged = command.contains(&GATEWAY);
        assert_eq!(code, if judged { 0 } else { 3 }, "{command:?}: {out}{err}");
        assert!(judged || err.contains("cannot decode Pod default/p"), "{command:?}: {err}");
    }
}

#[test]
fn hostile_text_stays_on_its_line_in_every_format() {
    let hidden = "x\\n::error::forged\\u061c\\u00ad\\U000e0041\\ufffe\\u202e\\e[2J";
    let text = format!(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: \"cart{hidden}\", namespace: shop}}\nspec: {{hosts: [a.b], gateways: [\"{hidden}\"]}}\n"
    );
    for format in FORMATS {
        let args = ["check", "-f", "a.yaml", "--fail-on", "never", "-o", format];
        let (_, out, err) = run(&[("a.yaml", text.as_bytes())], &args);
        for stream in [&out, &err] {
            let bad = |c: &char| matches!(*c, '\u{61c}' | '\u{ad}' | '\u{e0041}' | '\u{fffe}' | '\u{202e}' | '\u{1b}');
            let raw = matches!(format, "json" | "yaml" | "sarif") && stream.chars().all(|c| c != '\u{1b}');
            assert!(raw || !stream.chars().any(|c| bad(&c)), "{format}: {stream:?}");
            assert!(!stream.lines().any(|line| line.starts_with("::error::forged")), "{format}: {stream}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_pipe_is_quiet_and_a_full_disk_is_an_error_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let spawn = |format: &str, stdout: std::process::Stdio| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-mesh"));
        command.env_clear().env("HOME", home.path()).args(["check", "--demo", "-o", format]);
        command.stdout(stdout).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    for format in FORMATS {
        let mut child = spawn(format, std::process::Stdio::piped());
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{format}");
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = spawn(format, full.into()).wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(5) && err.contains("cannot write the result"), "{format}: {:?} {err}", output.status);
    }
}
