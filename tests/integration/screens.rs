//! What a person sees at a terminal of a certain width.

use crate::mesh::{mesh, run, said};

/// Lines that a terminal would break although they have a gap to break at.
fn too_long(text: &str, width: usize) -> Vec<&str> {
    text.lines().filter(|line| line.chars().count() > width && line.trim_start().contains(' ')).collect()
}

#[test]
fn findings_are_wrapped_under_their_indent() {
    for width in [80, 120] {
        let (_, out, _) = run(&[], &["check", "--demo", "-o", "wide", "--width", &width.to_string()]);
        // The first line of a finding is an object, a field and a mark, which are there to be copied whole.
        let long: Vec<&str> = too_long(&out, width).into_iter().filter(|l| l.starts_with("      ")).collect();
        assert!(long.is_empty(), "at {width}: {long:#?}");
        assert!(out.contains("\n        "), "nothing is wrapped");
    }
    let (_, piped, _) = run(&[], &["check", "--demo", "-o", "wide"]);
    assert!(!too_long(&piped, 120).is_empty(), "results that go elsewhere keep their lines");
}

#[test]
fn the_last_line_says_what_to_do_next() {
    let (_, out, _) = run(&[], &["check", "--demo"]);
    let next = out.lines().last().unwrap();
    let rule = next.strip_prefix("next: kubectl mesh explain ").unwrap_or_else(|| panic!("{next}"));
    assert_eq!(run(&[], &["explain", rule]).0, 0, "{rule}");
    let (_, quiet, _) = run(&[], &["check", "--demo", "-q"]);
    assert!(!quiet.contains("next:"), "{quiet}");
    let fixable = b"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a, namespace: shop}\nspec:\n  hosts: [a.shop.svc.cluster.local]\n  http:\n  - match:\n    - method: {exact: get}\n    route:\n    - destination: {host: a.shop.svc.cluster.local}\n";
    let (_, out, _) = run(&[("vs.yaml", fixable)], &["check", "-f", "vs.yaml", "--all-rules"]);
    let offered = out.contains("with --fix shows");
    let (_, fixes, _) = run(&[("vs.yaml", fixable)], &["check", "-f", "vs.yaml", "--all-rules", "--fix"]);
    assert_eq!(offered, fixes.contains("+++"), "{out}\n{fixes}");
}

#[test]
fn names_of_rules_are_links_where_the_terminal_knows_them() {
    let home = tempfile::tempdir().unwrap();
    let linked = said(&mesh(home.path()).args(["check", "--demo", "--color", "always"]).env("FORCE_HYPERLINK", "1").output().unwrap()).1;
    assert!(linked.contains("\u{1b}]8;;https://") && linked.contains("docs/rules.md#"), "{linked}");
    let plain = said(&mesh(home.path()).args(["check", "--demo", "--color", "always"]).env("FORCE_HYPERLINK", "0").output().unwrap()).1;
    assert!(!plain.contains("\u{1b}]8;;") && plain.contains("\u{1b}["), "{plain}");
}

#[test]
fn tables_are_wrapped_under_their_columns() {
    for width in [60, 80, 100, 120] {
        for command in
            [&["status"][..], &["injection"], &["mtls", "-o", "wide"], &["policy", "list"], &["policy", "matrix"], &["rules", "-o", "wide"]]
        {
            let width_text = width.to_string();
            let source: &[&str] = if command[0] == "rules" { &[] } else { &["--demo"] };
            let (_, out, err) = run(&[], &[command, source, &["--width", &width_text]].concat());
            let long = too_long(&out, width);
            assert!(!out.is_empty() && long.is_empty(), "{command:?} at {width}: {long:#?} {err}");
        }
    }
    let (_, piped, _) = run(&[], &["injection", "--demo"]);
    assert!(piped.lines().any(|line| line.len() > 120) && piped.lines().all(|line| !line.starts_with(' ')), "a row is a line elsewhere: {piped}");
}

#[test]
fn every_command_has_colours_when_they_are_wanted() {
    let ink = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let why = ["why", "deploy/frontend", "cart", "GET", "/items", "-n", "shop", "--demo"];
    let can = ["policy", "can", "--demo", "--from", "deploy/frontend", "--to", "svc/cart", "-n", "shop"];
    for command in [
        &["check", "--demo"][..],
        &["status", "--demo"],
        &["status", "--demo", "deploy/cart", "-n", "shop"],
        &["injection", "--demo"],
        &["injection", "--demo", "deploy/catalog-v1", "-n", "shop"],
        &["mtls", "--demo"],
        &["mtls", "--demo", "--plan", "strict", "-n", "shop"],
        &["mtls", "--demo", "-n", "shop", "--from", "deploy/frontend", "--to", "svc/cart:80"],
        &["policy", "list", "--demo"],
        &["policy", "matrix", "--demo"],
        &["namespace", "enable", "billing", "--demo", "-m", "istio", "--dry-run", "client"],
        &["namespace", "enable", "billing", "--demo", "-m", "istio", "--revision", "prod", "--dry-run", "client"],
        &can,
        &["rules"],
        &["explain", "IST0101"],
        &["options"],
        &["version", "--demo"],
        &why,
    ] {
        let home = tempfile::tempdir().unwrap();
        let coloured = said(&mesh(home.path()).args(command).args(["--color", "always"]).output().unwrap()).1;
        let plain = said(&mesh(home.path()).args(command).args(["--color", "never"]).output().unwrap()).1;
        assert!(coloured.contains("\u{1b}[") && !plain.contains('\u{1b}'), "{command:?}: {coloured}");
        let uncoloured = ink.replace_all(&coloured, "").replace('`', "");
        assert_eq!(uncoloured, plain.replace('`', ""), "{command:?}: colour repeats, it says nothing of its own");
    }
}

#[test]
fn a_workload_s_page_has_its_findings() {
    let (_, out, _) = run(&[], &["status", "--demo", "deploy/checkout", "-n", "shop"]);
    assert!(out.contains("findings:\n  ▲ ") && out.contains("    → "), "{out}");
    let (_, json, _) = run(&[], &["status", "--demo", "deploy/checkout", "-n", "shop", "-o", "json"]);
    let page: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rules: Vec<&str> = page["findings"].as_array().unwrap().iter().map(|row| row["rule"].as_str().unwrap()).collect();
    let (_, check, _) = run(&[], &["check", "--demo", "deploy/checkout", "-n", "shop", "-o", "json", "--fail-on", "never"]);
    let report: serde_json::Value = serde_json::from_str(&check).unwrap();
    let own = report["findings"].as_array().unwrap();
    assert!(!own.is_empty() && own.iter().all(|finding| rules.contains(&finding["rule"].as_str().unwrap())), "{rules:?}");
}

#[test]
fn no_code_of_a_program_stands_where_a_person_reads() {
    let code = regex::Regex::new(r"\b[a-z]+_[a-z]+_[a-z_]+\b").unwrap();
    for command in [&["injection"][..], &["status"], &["check", "-o", "wide"], &["mtls", "-o", "wide"]] {
        for workload in [&[][..], &["shipping", "-n", "orders"], &["report-builder", "-n", "reports"], &["billing-worker", "-n", "billing"]] {
            let (_, out, _) = run(&[], &[command, workload, &["--demo"]].concat());
            let found: Vec<&str> = code.find_iter(&out).map(|found| found.as_str()).collect();
            assert!(found.is_empty(), "{command:?} {workload:?}: {found:?}");
        }
    }
}

#[test]
fn quiet_and_verbose_do_what_help_says() {
    let fine: &[(&str, &[u8])] = &[("a.yaml", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n")];
    assert_eq!(run(fine, &["check", "-f", "a.yaml", "-q"]), (0, String::new(), String::new()));
    let (code, out, err) = run(&[], &["check", "--demo", "-q"]);
    assert!(code == 1 && out.contains("error") && !out.contains("next:") && err.is_empty(), "{out}\n{err}");
    let (_, out, err) = run(&[], &["status", "--demo", "-q"]);
    assert!(out.contains("istio") && err.is_empty(), "{err}");
    let cluster = crate::cluster::TestCluster::start();
    let told = |flags: &[&str]| said(&cluster.mesh(["injection"].iter().chain(flags).copied().collect::<Vec<_>>()).output().unwrap()).2;
    let (none, some, all) = (told(&[]), told(&["-v"]), told(&["-vv"]));
    assert!(!none.contains(" from https://") && !none.contains("GET "), "{none}");
    assert!(some.contains(" from https://") && some.contains("namespaces") && !some.contains("GET "), "{some}");
    assert!(all.contains("GET /api/v1/pods") && all.contains(" 200 after "), "{all}");
}
