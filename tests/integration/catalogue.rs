//! `rules` and `explain`, as a user runs them.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use kubectl_mesh::checks::{self, Answer};
use kubectl_mesh::cli::Cli;
use serde_json::Value;

use crate::mesh::run;

#[test]
fn words_and_filters_pick_rules() {
    let (code, out, _) = run(&[], &["rules", "retry", "traffic", "-o", "name"]);
    assert_eq!((code, out.lines().all(|id| id.contains("traffic"))), (0, true), "{out}");
    let (_, by_code, _) = run(&[], &["rules", "ist0145", "-o", "name"]);
    assert_eq!(by_code, "istio-gateway-host-conflict\n");
    let (_, out, _) = run(&[], &["rules", "--category", "gateway", "--severity", "error", "--mesh", "linkerd", "-o", "json"]);
    let rules: Value = serde_json::from_str(&out).unwrap();
    let rules = rules["rules"].as_array().unwrap();
    assert!(!rules.is_empty());
    assert!(
        rules.iter().all(|r| r["category"] == "gateway" && r["severity"] == "error" && r["meshes"].as_array().unwrap().contains(&"linkerd".into()))
    );
    let (code, out, err) = run(&[], &["rules", "no-such-word"]);
    assert_eq!((code, out.lines().count()), (0, 1), "only the header: {out}");
    assert!(err.contains("no rule is like that"), "{err}");
    let (code, _, err) = run(&[], &["rules", "--category", "gatewy"]);
    assert!(code == 2 && err.contains("known categories: control-plane"), "{err}");
}

#[test]
fn a_narrow_terminal_gets_no_column_of_single_words() {
    for width in ["80", "120"] {
        let (_, out, _) = run(&[], &["rules", "--width", width]);
        let limit: usize = width.parse().unwrap();
        let long: Vec<&str> = out.lines().filter(|l| l.chars().count() > limit).collect();
        assert!(long.is_empty(), "{long:?}");
        let lonely = out.lines().filter(|l| l.trim().split(' ').count() == 1).count();
        assert!(lonely * 20 < out.lines().count(), "{lonely} lines of one word\n{out}");
    }
    let (_, out, _) = run(&[], &["rules", "istio-gateway-host-conflict", "--width", "80"]);
    assert_eq!(out, "istio-gateway-host-conflict  warning  gateway\n    Gateway servers of one workload claim the same host and port\n");
}

#[test]
fn codes_are_shown_where_there_is_room_for_them() {
    let (_, table, _) = run(&[], &["rules", "istio-gateway-host-conflict"]);
    let (_, wide, _) = run(&[], &["rules", "istio-gateway-host-conflict", "-o", "wide"]);
    assert!(!table.contains("IST0145") && wide.contains("IST0145,KIA0301"), "{table}{wide}");
}

#[test]
fn a_page_reads_well_on_a_terminal() {
    let (code, out, err) = run(&[], &["explain", "istio-gateway-host-conflict", "--width", "80"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("istio-gateway-host-conflict\n\nGateway servers of one workload"), "{out}");
    assert!(out.contains("\nwarning · gateway · istio, IST0145, KIA0301 · by default\n"), "{out}");
    assert!(out.contains("\nHow to fix it\n") && !out.contains('#'), "{out}");
    assert!(out.lines().all(|l| l.chars().count() <= 80) && out.ends_with(".\n"), "{out}");
    let (_, colored, _) = run(&[], &["explain", "istio-gateway-host-conflict", "--color", "always"]);
    assert!(colored.contains("\u{1b}[1mHow to fix it\u{1b}[0m"), "{colored}");
}

#[test]
fn a_code_of_several_rules_lists_them() {
    let (code, out, _) = run(&[], &["explain", "ist0106"]);
    assert!(code == 0 && out.starts_with("ist0106 stands for ") && out.contains("- `istio-gateway-invalid` (error): "), "{out}");
    assert!(!out.contains("What it checks"), "{out}");
    let (_, out, _) = run(&[], &["explain", "IST0106", "-o", "json"]);
    let pages: Value = serde_json::from_str(&out).unwrap();
    let pages = pages["rules"].as_array().unwrap();
    assert!(pages.len() > 10 && pages.iter().all(|p| p["doc"].as_str().unwrap().contains("# How to fix it")));
    let (_, markdown, _) = run(&[], &["explain", "IST0145", "-o", "markdown"]);
    assert!(markdown.starts_with("## istio-gateway-host-conflict\n") && markdown.contains("| runs | by default |"), "{markdown}");
}

#[test]
fn help_shows_a_commands_own_flags_and_where_the_others_are() {
    let (code, help, _) = run(&[], &["check", "--help"]);
    assert!(code == 0 && help.contains("--fail-on") && !help.contains("--kubeconfig"), "{help}");
    assert!(help.contains("Examples:\n  kubectl mesh check ") && help.contains("kubectl mesh options"), "{help}");
    let (_, options, _) = run(&[], &["options"]);
    assert!(options.starts_with("Cluster:\n") && options.contains("--kubeconfig <FILE>") && !options.contains("--fail-on"), "{options}");
    // A command that reads nothing has no use for a cluster.
    let (_, help, _) = run(&[], &["explain", "--help"]);
    assert!(!help.contains("--context") && help.contains("Examples:\n"), "{help}");
    let (code, _, err) = run(&[], &["analyze"]);
    assert!(code == 2 && err.contains("`kubectl mesh check` answers that here"), "{err}");
    let (code, _, err) = run(&[], &["status", "--nope"]);
    assert!(code == 2 && !err.contains("use '-- "), "{err}");
}

/// Every example of the help is one that can be typed; those that need no cluster run.
#[test]
fn examples_in_the_help_are_commands() {
    let mut seen = 0;
    let all = Cli::command();
    for command in all.get_subcommands().filter(|c| !c.is_hide_set() && !["help", "options"].contains(&c.get_name())).map(clap::Command::get_name) {
        let (_, help, _) = run(&[], &[command, "--help"]);
        let examples = help.split("Examples:\n").nth(1).unwrap_or_else(|| panic!("{command} has no examples"));
        let lines: Vec<&str> = examples.lines().take_while(|l| !l.is_empty()).collect();
        assert!((3..=5).contains(&lines.len()), "{command}: {lines:?}");
        for line in lines {
            let ours = line.split('#').next().unwrap().split('>').next().unwrap().split('|').find(|part| part.trim().starts_with("kubectl mesh "));
            let words: Vec<&str> = ours.unwrap_or_else(|| panic!("{line}")).split_whitespace().skip(2).collect();
            let offline: Vec<&str> = if ["rules", "explain", "completion"].contains(&command) { vec![] } else { vec!["--help"] };
            // Nothing is written, and nothing read from a terminal.
            if words.contains(&"--install") || words.last() == Some(&"-") {
                continue;
            }
            let (code, _, err) = run(&[], &[words, offline].concat());
            assert!(code == 0, "{line}: {err}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

/// The table of docs/upstream.md: the anchor of each check of `linkerd check`, and what answers it here.
fn linkerd_checks() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/upstream.md")).unwrap();
    let table = page.split("## The checks of `linkerd check`").nth(1).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | "));
    rows.map(|(anchor, ours)| (anchor.to_owned(), ours.to_owned())).collect()
}

#[test]
fn every_check_of_linkerds_is_answered_or_said_not_to_be() {
    let (_, out, _) = run(&[], &["rules", "-o", "json"]);
    let rules: serde_json::Value = serde_json::from_str(&out).unwrap();
    let named = |code: &str| -> BTreeSet<&str> {
        let rules = rules["rules"].as_array().unwrap().iter();
        rules.filter(|r| r["aliases"].as_array().unwrap().iter().any(|a| a == code)).map(|r| r["id"].as_str().unwrap()).collect()
    };
    let table = linkerd_checks();
    let in_the_page: Vec<&str> = table.iter().map(|(anchor, _)| anchor.as_str()).collect();
    assert_eq!(in_the_page, checks::ANCHORS.iter().map(|(anchor, _)| *anchor).collect::<Vec<_>>());
    assert_eq!(table.len(), 89);
    for (anchor, ours) in &table {
        match checks::linkerd_check(anchor).unwrap() {
            Answer::Rules => assert!(!named(anchor).is_empty(), "no rule stands for {anchor}"),
            Answer::Words(words) => assert_eq!(words, ours, "{anchor}"),
        }
        let (code, out, err) = run(&[], &["explain", &format!("linkerd-check/{anchor}")]);
        assert!(code == 0 && !out.is_empty(), "{anchor}: {err}");
        let listed: BTreeSet<&str> = if ours.starts_with('`') { ours.split('`').skip(1).step_by(2).collect() } else { BTreeSet::new() };
        assert_eq!(listed, named(anchor), "{anchor}");
        assert!(!ours.is_empty(), "{anchor}");
    }
    let known: BTreeSet<&str> = table.iter().map(|(anchor, _)| anchor.as_str()).collect();
    let codes = rules["rules"].as_array().unwrap().iter().flat_map(|r| r["aliases"].as_array().unwrap()).filter_map(|a| a.as_str());
    let forgotten: Vec<&str> = codes.filter(|code| code.starts_with("l5d-") && !known.contains(code)).collect();
    assert!(forgotten.is_empty(), "not in docs/upstream.md: {forgotten:?}");
}

#[test]
fn a_check_of_linkerds_leads_to_our_rule() {
    let (code, out, err) = run(&[], &["explain", "linkerd-check/l5d-identity-issuer-cert-is-time-valid"]);
    assert!(code == 0 && out.contains("linkerd-issuer-certificate-invalid"), "{out}{err}");
    let (code, out, _) = run(&[], &["explain", "linkerd-check/l5d-existence-ns"]);
    assert!(code == 0 && out.contains("no rule here does: a control plane is found by what lies in its namespace."), "{out}");
    let (code, out, _) = run(&[], &["explain", "linkerd-check/l5d-existence-ns", "-o", "json"]);
    assert!(code == 0 && out.contains("\"answer\": \"a control plane is found"), "{out}");
    let (code, _, err) = run(&[], &["explain", "linkerd-check/l5d-existence-nothing"]);
    assert!(code == 2 && err.contains("l5d-existence-nothing"), "{err}");
}
