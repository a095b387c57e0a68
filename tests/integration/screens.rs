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
