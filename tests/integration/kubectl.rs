//! The plugin through the real kubectl on PATH: how it is found and how `kubectl mesh <TAB>` is answered.

use std::path::Path;
use std::process::{Command, Output};

use crate::mesh::{mesh, said};

/// Runs kubectl with the built plugin and its helper on PATH and with no cluster.
fn kubectl(args: &[&str]) -> Output {
    let built = Path::new(env!("CARGO_BIN_EXE_kubectl-mesh")).parent().unwrap();
    let home = tempfile::tempdir().unwrap();
    let (code, _, err) = said(&mesh(home.path()).args(["completion", "kubectl", "--install", "."]).output().unwrap());
    assert_eq!(code, 0, "{err}");
    let first = [home.path().to_path_buf(), built.to_path_buf()];
    let path = std::env::join_paths(first.into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap()))).unwrap();
    Command::new("kubectl")
        .args(args)
        .env("PATH", path)
        .env("HOME", home.path())
        .env_remove("KUBECONFIG")
        .output()
        .expect("these tests need kubectl 1.26 or newer on PATH")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The candidates without their descriptions, and the directive.
fn completed(line: &[&str]) -> (Vec<String>, String) {
    let mut args = vec!["__complete", "mesh"];
    args.extend(line);
    let output = kubectl(&args);
    assert!(output.status.success(), "{output:?}");
    let mut lines: Vec<String> = stdout(&output).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    let directive = lines.pop().unwrap();
    (lines, directive)
}

#[test]
fn kubectl_finds_the_plugin_and_hands_it_the_arguments() {
    let output = kubectl(&["mesh", "--version"]);
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).trim_end().ends_with(env!("CARGO_PKG_VERSION")), "{output:?}");
}

#[test]
fn kubectl_passes_the_exit_code_on() {
    assert_eq!(kubectl(&["mesh", "no-such-command"]).status.code(), Some(2));
}

#[test]
fn a_tab_offers_the_commands() {
    let (candidates, directive) = completed(&[""]);
    assert!(candidates.contains(&"check".to_owned()), "{candidates:?}");
    assert!(!candidates.iter().any(|candidate| candidate.starts_with('-')), "{candidates:?}");
    assert_eq!(directive, ":4");
}

#[test]
fn a_tab_after_a_flag_offers_its_values() {
    assert_eq!(completed(&["check", "--mesh", "i"]).0, ["istio"]);
    assert_eq!(completed(&["check", "--color=n"]).0, ["--color=never"]);
}

#[test]
fn a_tab_offers_the_rules_and_their_categories() {
    let rules: Vec<&str> = kubectl_mesh::checks::all().iter().map(|check| check.id).collect();
    let offered = completed(&["check", "--rule", ""]).0;
    assert!(offered.starts_with(&rules.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>()), "{offered:?}");
    assert!(offered.contains(&"IST0101".to_owned()) && offered.contains(&"l5d-tap-api".to_owned()), "codes of other tools too: {offered:?}");
    assert!(completed(&["check", "--skip-rule", rules[0]]).0.iter().all(|candidate| candidate.starts_with(rules[0])));
    assert_eq!(completed(&["check", "--category", "mt"]).0, ["mtls"]);
}

#[test]
fn a_tab_offers_the_contexts_of_the_kubeconfig_on_the_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    std::fs::write(&file, "contexts:\n- name: west\n  context: {cluster: b}\n- name: east\n  context: {cluster: a}\n").unwrap();
    assert_eq!(completed(&["check", "--kubeconfig", file.to_str().unwrap(), "--context", ""]).0, ["east", "west"]);
}

#[test]
fn a_tab_without_a_kubeconfig_is_answered_with_nothing() {
    assert_eq!(completed(&["check", "--context", ""]), (Vec::new(), ":4".to_owned()));
}
