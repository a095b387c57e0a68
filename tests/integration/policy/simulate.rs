//! `policy simulate`.

use std::process::Command;

use super::{SHOP, json};
use crate::mesh::{mesh, run, said};

const OPEN: &[u8] = b"apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: cart-allow, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  rules: [{}]
";
const CLOSE: &[u8] = b"apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-health, namespace: shop}
spec: {action: DENY, rules: [{to: [{operation: {paths: [/health]}}]}]}
";

fn simulate(change: &[u8], args: &[&str]) -> (i32, String, String) {
    let fixed = ["policy", "simulate", "--base", "shop.yaml", "-f", "change.yaml"];
    run(&[("shop.yaml", SHOP), ("change.yaml", change)], &[&fixed[..], args].concat())
}

#[test]
fn what_is_refused_from_now_on_fails_with_its_proof() {
    let (code, out, err) = simulate(CLOSE, &[]);
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn what_is_admitted_from_now_on_fails_when_it_is_asked_for() {
    let (code, out, _) = simulate(OPEN, &[]);
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = simulate(OPEN, &["--fail-on", "widened", "-o", "json"]);
    let report = json(&out);
    assert_eq!((code, &report["kind"]), (1, &"SimulationReport".into()));
    let changed = report["changed"].as_array().unwrap();
    assert!(!changed.is_empty() && changed.iter().all(|c| c["before"] == "deny" && c["after"] == "allow" && c["request"] == "other paths"), "{out}");
    assert!(changed[0]["because"].as_array().unwrap().len() > 1, "the proof before and after: {out}");
}

#[test]
fn no_change_changes_nothing() {
    let (code, out, _) = simulate(SHOP, &["--fail-on", "any"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("✔ None of "), "{out}");
}

#[test]
fn what_it_is_compared_with_may_be_a_snapshot() {
    let (_, help, _) = run(&[], &["policy", "simulate", "--help"]);
    let text = help.split("Usage:").next().unwrap();
    assert!(text.contains("--base") && !text.contains("--demo") && !text.contains("--snapshot"), "{text}");
    for source in [&["--demo"][..], &["--snapshot", "a.tar.zst"]] {
        let (code, _, err) = run(&[("change.yaml", CLOSE)], &[&["policy", "simulate", "-f", "change.yaml"], source].concat());
        assert!(code == 2 && err.contains("cannot be used with"), "{err}");
    }
    let cluster = crate::cluster::TestCluster::start();
    cluster.apply(std::str::from_utf8(SHOP).unwrap());
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("cluster.tar.zst");
    let file = file.to_str().unwrap();
    assert!(cluster.mesh(["snapshot", "-o", file]).output().unwrap().status.success());
    std::fs::write(home.path().join("change.yaml"), CLOSE).unwrap();
    let (code, out, err) = said(&mesh(home.path()).args(["policy", "simulate", "--base", file, "-f", "change.yaml"]).output().unwrap());
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("- refuses") && out.contains("/health"), "{out}");
}

#[test]
fn reviewers_get_annotations_and_a_table() {
    let (code, out, _) = simulate(CLOSE, &["-o", "github"]);
    assert_eq!(code, 1);
    assert!(out.contains("::error file=change.yaml,line=4,title=policy simulate::refuses"), "{out}");
    assert!(out.contains("%0AAuthorizationPolicy shop/no-health") && !out.contains('\u{fffd}'), "what refuses is on a line of its own: {out}");
    let (_, out, _) = simulate(CLOSE, &["-o", "markdown"]);
    assert!(out.contains("| refuses |") && out.contains("| /health | allow | deny |"), "{out}");
}

#[test]
fn an_object_can_be_taken_away() {
    let args = ["policy", "simulate", "--base", "shop.yaml", "--delete", "authorizationpolicy.security.istio.io/cart-allow", "--fail-on", "widened"];
    let (code, out, err) = run(&[("shop.yaml", SHOP)], &args);
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("no policy applies"), "{out}");
    let (code, _, _) = run(&[("shop.yaml", SHOP)], &["policy", "simulate", "--base", "shop.yaml", "--delete", "authorizationpolicy/nothing"]);
    assert_eq!(code, 2);
    assert_eq!(run(&[("shop.yaml", SHOP)], &["policy", "simulate", "--base", "shop.yaml"]).0, 2, "no change is named");
}

/// What clients send and what servers take decide too: a change of either is told with the rule that does it.
#[test]
fn changes_of_encryption_are_changes_of_decisions() {
    let plaintext = b"apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec: {host: cart, trafficPolicy: {tls: {mode: DISABLE}}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
";
    let (code, out, _) = simulate(plaintext, &[]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("- refuses  cart.shop, front.web, anyone in plaintext")
            && out.contains("DestinationRule shop/cart spec.trafficPolicy.tls.mode: DISABLE"),
        "{out}"
    );
    let (_, json_out, _) = simulate(plaintext, &["-o", "json"]);
    let report = json(&json_out);
    let of_front = report["changed"].as_array().unwrap().iter().find(|row| row["client"]["name"] == "front").unwrap();
    let objects: Vec<&str> = of_front["because"].as_array().unwrap().iter().filter_map(|b| b["object"]["kind"].as_str()).collect();
    assert!(objects.contains(&"DestinationRule") && objects.contains(&"PeerAuthentication"), "{of_front}");
    let (code, out, _) = simulate(plaintext.split(|b| *b == b'-').next().unwrap(), &[]);
    assert_eq!(code, 0, "a server that takes plaintext does not mind: {out}");
}

#[test]
fn files_are_compared_with_a_revision() {
    let home = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(home.path()).args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]).args(args);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        assert!(command.output().unwrap().status.success(), "{args:?}");
    };
    std::fs::create_dir(home.path().join("policies")).unwrap();
    std::fs::write(home.path().join("policies/shop.yaml"), SHOP).unwrap();
    std::fs::write(home.path().join("policies/close.yaml"), CLOSE).unwrap();
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "first"]);
    std::fs::remove_file(home.path().join("policies/close.yaml")).unwrap();
    let args = ["policy", "simulate", "-f", "policies", "--from-git", "HEAD", "--fail-on", "widened"];
    let (code, out, err) = said(&mesh(home.path()).args(args).output().unwrap());
    assert_eq!(code, 1, "{out}{err}");
    assert!(out.contains("+ admits") && out.contains("/health"), "{out}");
    let (code, _, err) = said(&mesh(home.path()).args(["policy", "simulate", "-f", "policies", "--from-git", "nothing"]).output().unwrap());
    assert_eq!(code, 2, "{err}");
}
