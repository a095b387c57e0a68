//! Manifests as users have them: sound, broken, foreign, huge, hostile.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::mesh::{mesh, run, said};

const ROUTE: &[u8] = b"apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart.example.com]
  gateways: [public]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: other, namespace: shop}
spec: {selector: {istio: ingressgateway}, servers: [{hosts: [\"*\"], port: {number: 80, name: http, protocol: HTTP}}]}
";
const RULE: &str = "istio-virtual-service-gateway-not-found";

#[test]
fn a_finding_names_file_line_and_column_and_fails_the_build() {
    let (code, out, _) = run(&[("cart.yaml", ROUTE)], &["check", "-f", "cart.yaml", "--rule", RULE]);
    assert_eq!(code, 1);
    assert!(out.contains("VirtualService shop/cart  spec.gateways[0]  cart.yaml:6:14"), "{out}");
}

#[test]
fn the_threshold_is_the_users() {
    let files = [("cart.yaml", ROUTE)];
    assert_eq!(run(&files, &["check", "-f", "cart.yaml", "--rule", RULE, "--fail-on", "never"]).0, 0);
    assert_eq!(run(&files, &["check", "-f", "cart.yaml", "--rule", "IST0101", "--skip-rule", RULE, "--fail-on", "error", "-o", "name"]).0, 0);
}

#[test]
fn standard_input_is_a_file_called_dash() {
    let home = tempfile::tempdir().unwrap();
    let (code, out, _) = said(&mesh(home.path()).args(["check", "-f", "-", "--rule", RULE]).write_stdin(ROUTE).output().unwrap());
    assert_eq!(code, 1);
    assert!(out.contains("  -:6:14"), "{out}");
}

#[test]
fn broken_yaml_names_the_place_and_exits_with_2() {
    let (code, out, err) = run(&[("a.yaml", b"kind: [x\nfoo: bar\n")], &["check", "-f", "a.yaml"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.starts_with("error: a.yaml:2:"), "{err}");
}

#[test]
fn a_template_is_told_to_be_rendered_first() {
    let (code, _, err) = run(&[("a.yaml", b"metadata:\n  name: {{ .Release.Name }}\n  {{- if .x }}\n")], &["check", "-f", "a.yaml"]);
    assert_eq!(code, 2);
    assert!(err.contains("helm template"), "{err}");
}

#[test]
fn an_empty_directory_is_an_error_that_names_what_was_looked_for() {
    let (code, _, err) = run(&[("d/readme.txt", b"x")], &["check", "-f", "d"]);
    assert_eq!(code, 2);
    assert_eq!(err, "error: d: no .yaml, .yml or .json file in it\n");
}

#[test]
fn directories_below_are_read_with_r_and_hinted_at_without() {
    let files = [("d/e/cart.yaml", ROUTE)];
    let (code, _, err) = run(&files, &["check", "-f", "d"]);
    assert_eq!(code, 2);
    assert!(err.contains("add -R"), "{err}");
    assert_eq!(run(&files, &["check", "-R", "-f", "d", "--rule", RULE]).0, 1);
}

#[test]
fn a_binary_file_is_called_one() {
    let (code, _, err) = run(&[("a.yaml", &[0x7f, b'E', 0xff, 0xfe])], &["check", "-f", "a.yaml"]);
    assert_eq!(code, 2);
    assert!(err.contains("a.yaml: not a text file (byte 2"), "{err}");
}

#[test]
fn a_missing_file_is_named() {
    let (code, _, err) = run(&[], &["check", "-f", "gone.yaml"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("error: cannot read gone.yaml:"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_ends() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("d")).unwrap();
    std::fs::write(home.path().join("d/cart.yaml"), ROUTE).unwrap();
    std::os::unix::fs::symlink("..", home.path().join("d/up")).unwrap();
    let (code, out, _) = said(&mesh(home.path()).args(["check", "-R", "-f", "d", "--rule", RULE, "-o", "json"]).output().unwrap());
    assert_eq!(code, 1);
    assert_eq!(out.matches(&format!("\"rule\": \"{RULE}\"")).count(), 1, "{out}");
}

#[test]
fn what_is_no_object_is_reported_and_the_rest_is_judged() {
    let mut text = b"replicas: 3\n---\napiVersion: v1\nkind: Widget\nmetadata: {name: w}\n---\n".to_vec();
    text.extend_from_slice(ROUTE);
    let (code, out, err) = run(&[("a.yaml", &text)], &["check", "-f", "a.yaml", "--rule", RULE]);
    assert_eq!(code, 2);
    assert!(err.starts_with("a.yaml:1: not a Kubernetes object: it has neither apiVersion nor kind\nerror: 1 document"), "{err}");
    assert!(out.contains("VirtualService shop/cart"), "{out}");
}

#[test]
fn a_misspelt_mesh_kind_is_no_success() {
    let text = b"apiVersion: networking.istio.io/v1\nkind: VirtualServce\nmetadata: {name: cart}\n";
    let (code, _, err) = run(&[("a.yaml", text)], &["check", "-f", "a.yaml"]);
    assert_eq!(code, 2);
    assert!(err.contains("a.yaml:1: networking.istio.io/v1 VirtualServce: a kind this tool does not know"), "{err}");
}

#[test]
fn a_list_is_its_items() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.istio.io/v1\n  kind: VirtualService\n  metadata: {name: cart, namespace: shop}\n  spec: {hosts: [a.b], gateways: [x]}\n";
    let (_, out, _) = run(&[("a.yaml", text.as_bytes())], &["check", "-f", "a.yaml", "--rule", RULE, "-o", "json"]);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["findings"][0]["location"], serde_json::json!({"file": "a.yaml", "line": 7, "column": 35}));
}

#[test]
fn json_is_read_like_yaml() {
    let text =
        br#"{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"cart"},"spec":{"hosts":["a.b"],"gateways":["x"]}}"#;
    let (_, out, _) = run(&[("a.json", text)], &["check", "-f", "a.json", "--rule", RULE, "-o", "name"]);
    assert_eq!(out, "default/virtualservice.networking.istio.io/cart\n");
}

#[test]
fn hostile_names_do_not_reach_a_terminal() {
    let text = b"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: \"a\\e[2Jb\", namespace: shop}\nspec: {hosts: [a.b], gateways: [\"\\e]0;x\\a\"]}\n";
    for format in ["wide", "name", "github", "markdown", "junit"] {
        let (_, out, err) = run(&[("a.yaml", text)], &["check", "-f", "a.yaml", "--rule", "istio-virtual-service-invalid", "-o", format]);
        assert!(!out.is_empty() && !out.contains('\u{1b}') && !out.contains('\u{7}') && !err.contains('\u{1b}'), "{format}: {out:?}");
    }
}

#[test]
fn fifty_megabytes_are_read() {
    let mut text = String::with_capacity(53 << 20);
    let mut n = 0;
    while text.len() < 50 << 20 {
        n += 1;
        write!(text, "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{n}, namespace: shop}}\ndata:\n  key: {}\n---\n", "x".repeat(8000))
            .unwrap();
    }
    text.push_str(std::str::from_utf8(ROUTE).unwrap());
    let (code, _, err) = run(&[("a.yaml", text.as_bytes())], &["check", "-f", "a.yaml", "--rule", RULE, "-o", "name"]);
    assert_eq!(code, 1, "{err}");
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..10 {
        let alias = format!("*a{}", n - 1);
        writeln!(text, "a{n}: &a{n} [{}]", [alias.as_str(); 10].join(",")).unwrap();
    }
    let (code, _, err) = run(&[("a.yaml", text.as_bytes())], &["check", "-f", "a.yaml"]);
    assert_eq!(code, 2, "{err}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join("d/inner")).unwrap();
    std::fs::write(home.path().join("d/inner/cart.yaml"), ROUTE).unwrap();
    std::fs::write(home.path().join("secret"), "planted: {").unwrap();
    std::os::unix::fs::symlink("inner/cart.yaml", home.path().join("d/cart.yaml")).unwrap();
    let check = || said(&mesh(home.path()).args(["check", "-f", "d", "--rule", RULE]).output().unwrap());
    assert_eq!(check().0, 1, "a link within the folder is");
    std::os::unix::fs::symlink("../secret", home.path().join("d/out.yaml")).unwrap();
    let (code, out, err) = check();
    assert_eq!(code, 2, "{out}{err}");
    assert!(err.contains("d/out.yaml: a link out of d") && !err.contains("planted"), "{err}");
}

#[test]
fn files_without_objects_are_an_error_in_every_command() {
    let files: [(&str, &[u8]); 3] = [("empty.yaml", b""), ("comment.yaml", b"# nothing\n---\n"), ("d/empty.json", b"")];
    for command in ["check", "status", "injection", "version"] {
        for (name, _) in files {
            let (code, out, err) = run(&files, &[command, "-f", name]);
            assert_eq!((code, out.as_str()), (2, ""), "{command} {name}: {err}");
            assert!(err.contains("no objects in"), "{command} {name}: {err}");
        }
    }
    let home = tempfile::tempdir().unwrap();
    let (code, _, err) = said(&mesh(home.path()).args(["check", "-f", "-"]).write_stdin("").output().unwrap());
    assert_eq!(code, 2, "{err}");
}

#[test]
fn a_document_that_is_no_object_is_no_success_in_any_command_or_format() {
    let mut text = b"replicas: 3\n---\n".to_vec();
    text.extend_from_slice(ROUTE);
    let files = [("a.yaml", text.as_slice())];
    for command in ["status", "injection", "version"] {
        assert_eq!(run(&files, &[command, "-f", "a.yaml"]).0, 2, "{command}");
    }
    for format in ["table", "wide", "json", "yaml", "sarif", "junit", "github", "markdown"] {
        let (code, out, _) = run(&files, &["check", "-f", "a.yaml", "--rule", RULE, "-o", format]);
        assert_eq!(code, 2, "{format}");
        assert!(out.contains("neither apiVersion nor kind"), "{format}: {out}");
    }
}

/// A VirtualService that names a Gateway which is not there, beside a Gateway that is: one error wherever it is judged.
fn judged(code: i32, out: &str, err: &str) {
    assert!(out.contains("VirtualService shop/cart"), "{code}: {out}{err}");
}

#[test]
fn one_bad_file_does_not_keep_the_others_from_being_judged() {
    let broken = b"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: [x\n";
    let (code, out, err) = run(&[("d/a.yaml", ROUTE), ("d/b.yaml", broken)], &["check", "-f", "d", "--rule", RULE]);
    judged(code, &out, &err);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("cannot be read: d/b.yaml:"), "{err}");
}

#[test]
fn what_is_no_manifest_is_passed_over_in_one_line() {
    let files: [(&str, &[u8]); 5] = [
        ("d/a.yaml", ROUTE),
        ("d/b.yaml", b"metadata:\n  name: {{ .Release.Name }}\n  {{- if .x }}\n"),
        ("d/c.yaml", b"on: [push\njobs: {}\n"),
        ("d/e.json", &[0x7f, b'E', 0xff, 0xfe]),
        ("d/f.yaml", b"{{ x }}\n{{ y }}: {{\n"),
    ];
    let (code, out, err) = run(&files, &["check", "-f", "d", "--rule", RULE]);
    judged(code, &out, &err);
    assert_eq!(code, 1, "{err}");
    assert_eq!(err.matches("passed over").count(), 1, "{err}");
    assert!(err.contains("passed over 4 files, no manifest (a template, a workflow, values): d/b.yaml, d/c.yaml, d/e.json and 1 more"), "{err}");
}

#[test]
fn globs_and_gitignore_leave_files_out() {
    let files: [(&str, &[u8]); 5] =
        [("d/.gitignore", b"build/\n"), ("d/a.yaml", ROUTE), ("d/build/b.yaml", b"kind: [x"), ("d/old/c.yaml", b"kind: [x"), ("d/old/keep.txt", b"")];
    let (code, out, err) = run(&files, &["check", "-R", "-f", "d", "--rule", RULE, "--exclude", "old/*.yaml"]);
    judged(code, &out, &err);
    assert_eq!((code, err.contains("passed over")), (1, false), "{err}");
    let (_, _, err) = run(&files, &["check", "-R", "-f", "d", "--rule", RULE]);
    assert!(err.contains("passed over 1 file, no manifest (a template, a workflow, values): d/old/c.yaml"), "{err}");
    let (code, _, err) = run(&files, &["check", "-f", "d", "--exclude", "*.yaml"]);
    assert!(code == 2 && err.contains("--exclude and .gitignore leave out what it holds"), "{err}");
}

#[test]
fn the_templates_of_a_chart_are_passed_over_with_the_command_to_render_them() {
    let files: [(&str, &[u8]); 5] = [
        ("d/a.yaml", ROUTE),
        ("d/chart/Chart.yaml", b"name: x\nversion: 1.0.0\n"),
        ("d/chart/values.yaml", b"a: 1\n"),
        ("d/chart/templates/x.yaml", b"kind: {{ x\n"),
        ("d/chart/crds/y.yaml", b"apiVersion: v1\nkind: Namespace\nmetadata: {name: y}\n"),
    ];
    let (code, out, err) = run(&files, &["check", "-R", "-f", "d", "--rule", RULE]);
    judged(code, &out, &err);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("passed over the templates of 1 Helm chart; render them: helm template d/chart | kubectl mesh check -f -"), "{err}");
    assert!(!err.contains("values.yaml") && !err.contains("Chart.yaml"), "{err}");
}

/// A base with one Deployment and two overlays of it.
const KUSTOMIZED: [(&str, &[u8]); 6] = [
    ("d/base/kustomization.yaml", b"resources: [web.yaml, route.yaml]\n"),
    (
        "d/base/web.yaml",
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: web\n",
    ),
    (
        "d/base/route.yaml",
        b"apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web}\nspec:\n  hosts: [web.example.com]\n  http: [{route: [{destination: {host: web}, weight: -1}]}]\n",
    ),
    (
        "d/prod/kustomization.yaml",
        b"namespace: prod\nnamePrefix: p-\nresources: [../base]\ncommonLabels: {team: shop}\npatches:\n- path: patch.yaml\n- target: {kind: VirtualService}\n  patch: |\n    - {op: replace, path: /spec/hosts/0, value: prod.example.com}\n",
    ),
    (
        "d/prod/patch.yaml",
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    metadata:\n      annotations:\n        sidecar.istio.io/proxyCPU: lots\n",
    ),
    ("d/test/kustomization.yaml", b"namespace: test\nresources: [../base]\n"),
];

#[test]
fn a_base_is_judged_through_its_overlays_and_told_once_where_it_stands() {
    let (code, out, err) = run(&KUSTOMIZED, &["check", "-R", "-f", "d", "--rule", "istio-virtual-service-invalid", "-o", "json"]);
    assert_eq!(code, 1, "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{out}");
    assert_eq!((findings[0]["location"]["file"].as_str(), findings[0]["location"]["line"].as_u64()), (Some("d/base/route.yaml"), Some(6)), "{out}");
    assert!(findings[0]["related"].to_string().contains("another overlay"), "{out}");
    let (_, out, err) = run(&KUSTOMIZED, &["injection", "-R", "-f", "d", "-o", "json"]);
    for name in ["p-web", "prod", "test"] {
        assert!(out.contains(&format!("\"{name}\"")), "{name} is missing: {out}{err}");
    }
    assert!(!out.contains("\"default\""), "{out}");
}

#[test]
fn a_kustomization_is_built_where_k_names_it_and_nothing_else_is_read() {
    let more: [(&str, &[u8]); 2] = [("d/prod/beside.yaml", ROUTE), ("d/test/none/a.yaml", ROUTE)];
    let files: Vec<(&str, &[u8])> = KUSTOMIZED.into_iter().chain(more).collect();
    let (code, out, err) = run(&files, &["check", "-k", "d/prod", "-o", "name"]);
    let about: BTreeSet<&str> = out.lines().collect();
    assert!(code == 1 && !about.is_empty() && about.iter().all(|name| name.contains("prod") && name.contains("p-web")), "{out}{err}");
    let (_, base, err) = run(&files, &["injection", "-k", "d/base", "-o", "json"]);
    assert!(base.contains("\"default\"") && !base.contains("\"prod\""), "the base by itself: {base}{err}");
    // Commands that write manifests write what is built.
    let (code, out, err) = run(&files, &["inject", "-k", "d/test", "-m", "istio"]);
    assert!(
        code == 0 && out.contains("namespace: test") && out.contains("sidecar.istio.io/inject: ") && err.contains("1 workload changed"),
        "{out}{err}"
    );
    let (_, twice, _) = run(&files, &["uninject", "-k", "d/test"]);
    assert!(twice.contains("namespace: test") && !twice.contains("sidecar.istio.io/inject"), "{twice}");
    let (_, offered, _) = run(&files, &["__complete", "status", "-k", "d/prod", "deploy/"]);
    assert_eq!(offered, "deploy/p-web\n:4\n");
    let (_, offered, _) = run(&files, &["__complete", "status", "-k", "d/b"]);
    assert!(offered.contains("d/base/"), "{offered}");
}

#[test]
fn what_k_cannot_build_ends_with_2_and_says_why() {
    let deployment = KUSTOMIZED[1].1;
    let cases: [(&[(&str, &[u8])], &str, &str); 11] = [
        (&[("d/a.yaml", deployment)], "d", "none of kustomization.yaml, kustomization.yml, Kustomization is in it"),
        (&[("d/kustomization.yaml", b"resources: []"), ("d/Kustomization", b"resources: []")], "d", "2 are in it, and one is meant"),
        (&[("d/kustomization.yaml", b"apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n")], "d", "is no kustomization of Kustomize"),
        (&[("d/kustomization.yaml", b"resources: [")], "d", "d/kustomization.yaml:1:"),
        (&[("d/kustomization.yaml", b"resources: []")], "d", "no objects in d"),
        (&[("d/kustomization.yaml", b"resources: [gone.yaml, a.yaml]"), ("d/a.yaml", deployment)], "d", "gone.yaml is not there"),
        (&[("d/kustomization.yaml", b"resources: [a.yaml]\npatches: [{path: gone.yaml}]"), ("d/a.yaml", deployment)], "d", "gone.yaml is not there"),
        (&[("d/kustomization.yaml", b"resources: ['https://example.com/x.yaml', a.yaml]"), ("d/a.yaml", deployment)], "d", "kubectl kustomize d |"),
        (&[("d/kustomization.yaml", b"resources: [bad.yaml, a.yaml]"), ("d/a.yaml", deployment), ("d/bad.yaml", b"a: [")], "d", "d/bad.yaml:1:"),
        (&[], "https://example.com/repo/deploy?ref=v1", "nothing is fetched"),
        (&[("d/a.yaml", deployment)], "d/a.yaml", "it is no directory"),
    ];
    for (files, named, said) in cases {
        let (code, out, err) = run(files, &["check", "-k", named]);
        assert!(code == 2 && err.contains(said), "{named} {said}: {out}{err}");
    }
    for (args, said) in [
        (&["check", "-k", "d/prod", "-f", "d/base"][..], "cannot be used with"),
        (&["check", "-k", "d/prod", "-R"], "cannot be used with"),
        (&["check", "-k", "d/prod", "-k", "d/base"], "cannot be used multiple times"),
        (&["check", "-k", "d/prod", "--demo"], "cannot be used with"),
        (&["check", "-k", ""], "a value is required"),
        (&["onboard", "-k", "d/prod", "-s", "p-web", "-m", "istio"], "onboard edits files"),
        (&["policy", "simulate", "-k", "d/prod", "--from-git", "HEAD"], "builds no kustomization there"),
        (&["status", "-k", "d/prod", "-w"], "-w watches a cluster"),
        (&["check", "--with-cluster"], "none are named"),
        (&["check", "--fix"], "none are named"),
        (&["onboard", "-s", "x", "--write"], "none are named"),
    ] {
        let (code, out, err) = run(&KUSTOMIZED, args);
        assert!(code == 2 && err.contains(said), "{args:?}: {out}{err}");
    }
}

/// A broken part of a kustomization must not vanish with it, whichever flag names the folder.
#[test]
fn a_broken_part_of_a_kustomization_is_told() {
    let files: [(&str, &[u8]); 3] =
        [("d/kustomization.yaml", b"resources: [bad.yaml, a.yaml]"), ("d/a.yaml", ROUTE), ("d/bad.yaml", b"spec: {a: [\n")];
    for flag in ["-f", "-k"] {
        let (code, out, err) = run(&files, &["check", flag, "d", "--rule", RULE, "-o", "json"]);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        let bad = report["badInput"].as_array().unwrap();
        assert_eq!((code, bad.len(), bad[0]["file"].as_str()), (2, 1, Some("d/bad.yaml")), "{out}{err}");
        assert!(!bad[0]["detail"].as_str().unwrap().contains("bad.yaml"), "the place is told once: {out}");
    }
}

#[test]
fn what_a_patch_says_is_shown_in_the_patch() {
    let (_, out, err) = run(&KUSTOMIZED, &["check", "-R", "-f", "d", "--rule", "istio-annotation-invalid", "-o", "json"]);
    assert!(out.contains("d/prod/patch.yaml"), "{out}{err}");
}

#[test]
fn a_kustomization_that_does_not_fit_is_told_and_the_rest_is_judged() {
    let files: [(&str, &[u8]); 2] = [
        ("d/kustomization.yaml", b"resources: [a.yaml, gone.yaml, https://example.com/x.yaml]\npatches: [{path: nowhere.yaml}]\n"),
        ("d/a.yaml", ROUTE),
    ];
    let (code, out, err) = run(&files, &["check", "-f", "d", "--rule", RULE]);
    // Of what it lacks nobody knows that it is missing.
    assert!(code == 0 && out.contains("1 note"), "{out}{err}");
    assert!(err.contains("gone.yaml is not there") && err.contains("https://example.com/x.yaml is fetched by Kustomize"), "{err}");
}

#[test]
fn the_same_object_twice_is_told_once_with_both_places() {
    let one = b"apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 80}]}\n";
    let (_, _, err) = run(&[("d/a.yaml", one), ("d/b.yaml", one)], &["check", "-f", "d"]);
    assert!(err.contains("Service shop/cart is given twice, at d/a.yaml:1 and at d/b.yaml:1: the last counts"), "{err}");
}

#[test]
fn alternatives_in_one_folder_are_judged_apart_over_what_is_common() {
    let rule = |subset: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: web, namespace: shop}}\nspec:\n  host: web\n  subsets: [{{name: {subset}, labels: {{version: {subset}}}}}]\n---\n\
             apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web, namespace: shop}}\nspec:\n  hosts: [web]\n  http: [{{route: [{{destination: {{host: web, subset: {subset}}}}}]}}]\n"
        )
    };
    let service: &[u8] =
        b"apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{name: http, port: 80}]}\n";
    let (one, two) = (rule("v1"), rule("v2"));
    let sound: [(&str, &[u8]); 3] = [("d/web.yaml", service), ("d/step-1.yaml", one.as_bytes()), ("d/step-2.yaml", two.as_bytes())];
    let checked = ["check", "-R", "-f", "d", "--rule", "istio-virtual-service-subset-not-found"];
    let (code, out, err) = run(&sound, &checked);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("files hold the same objects differently, and each choice was judged by itself (2): d (2 alternatives)"), "{err}");
    // A slip in one of them is one in that one, although the last file would win.
    let slip = one.replace("subset: v1}", "subset: v3}");
    let (code, out, err) = run(&[sound[0], ("d/step-1.yaml", slip.as_bytes()), sound[2]], &checked);
    assert!(code == 1 && out.contains("d/step-1.yaml"), "{out}{err}");
}

#[test]
fn what_takes_two_files_of_a_folder_of_alternatives_is_no_error() {
    let claim = |name: &str, timeout: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  hosts: [web]\n  http: [{{timeout: {timeout}, route: [{{destination: {{host: web}}}}]}}]\n"
        )
    };
    let (slow, fast, other) = (claim("web", "9s"), claim("web", "1s"), claim("web-strict", "1s"));
    let checked = ["check", "-R", "-f", "d", "--rule", "istio-virtual-service-host-conflict"];
    // Steps of a tutorial: nobody applies `web-strict` beside one of the other two.
    let steps: [(&str, &[u8]); 3] = [("d/1.yaml", slow.as_bytes()), ("d/2.yaml", fast.as_bytes()), ("d/3.yaml", other.as_bytes())];
    let (code, out, err) = run(&steps, &checked);
    assert!(code == 0 && out.contains("warning") && out.contains("if the files beside it"), "{out}{err}");
    // Without alternatives the folder is applied as it is, and so are two objects of one file.
    let (code, out, err) = run(&[steps[0], steps[2]], &checked);
    assert!(code == 1 && !out.contains("if the files beside it"), "{out}{err}");
    let both = format!("{fast}---\n{other}");
    let (code, out, err) = run(&[steps[0], ("d/2.yaml", both.as_bytes())], &checked);
    assert!(code == 1 && out.contains("d/2.yaml"), "{out}{err}");
    // Folders that are called alike go together: `prod` of the one is applied with `prod` of the other.
    let rule = |subset: &str, labels: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: x, namespace: shop}}\nspec: {{host: x, subsets: [{{name: {subset}, labels: {labels}}}]}}\n"
        )
    };
    let route = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: x, namespace: shop}\nspec: {hosts: [x], http: [{route: [{destination: {host: x, subset: web-new}}]}]}\n";
    let (dev, prod) = (route.replace("web", "dev"), route.replace("web", "prod"));
    let (old, new) = (rule("prod-old", "{version: old}"), rule("dev-new", "{version: new}"));
    let service: &[u8] =
        b"apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: shop}\nspec: {selector: {app: x}, ports: [{name: http, port: 80}]}\n";
    let files: [(&str, &[u8]); 5] = [
        ("d/x.yaml", service),
        ("d/rules/dev/rule.yaml", new.as_bytes()),
        ("d/rules/prod/rule.yaml", old.as_bytes()),
        ("d/routes/dev/route.yaml", dev.as_bytes()),
        ("d/routes/prod/route.yaml", prod.as_bytes()),
    ];
    let (code, out, err) = run(&files, &["check", "-R", "-f", "d", "--rule", "istio-virtual-service-subset-not-found"]);
    assert!(code == 1 && out.contains("d/routes/prod/route.yaml") && !out.contains("d/routes/dev"), "{out}{err}");
}

#[test]
fn nothing_is_missing_because_other_alternatives_hold_its_like() {
    let gateway = |name: &str, port: &str| {
        format!(
            "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{gatewayClassName: istio, listeners: [{{name: http, port: {port}, protocol: HTTP}}]}}\n"
        )
    };
    let route =
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web, namespace: shop}\nspec: {parentRefs: [{name: edge}]}\n";
    let (one, two) = (gateway("example", "80"), gateway("example", "8080"));
    let checked = ["check", "-R", "-f", "d", "--rule", "gateway-route-parent-not-found"];
    let files: [(&str, &[u8]); 3] = [("d/1.yaml", one.as_bytes()), ("d/2.yaml", two.as_bytes()), ("d/route.yaml", route.as_bytes())];
    let (code, out, err) = run(&files, &checked);
    assert!(code == 0 && out.contains("1 note"), "{out}{err}");
    let (code, out, err) = run(&[files[0], files[2]], &checked);
    assert_eq!(code, 1, "{out}{err}");
    // Files beside alternatives that say which namespace they are for tell what there is in it.
    let steps = [("d/a.yaml", format!("{route}---\n{}", gateway("a", "80"))), ("d/b.yaml", format!("{}---\n{}", route, gateway("a", "81")))];
    let (other, named) = (route.replace("web", "other"), gateway("edges", "80"));
    let unnamed = named.replace(", namespace: shop", "");
    for (beside, expected) in [(&named, 1), (&unnamed, 0)] {
        let files: [(&str, &[u8]); 4] = [
            ("d/a.yaml", steps[0].1.as_bytes()),
            ("d/b.yaml", steps[1].1.as_bytes()),
            ("d/edges.yaml", beside.as_bytes()),
            ("d/other.yaml", other.as_bytes()),
        ];
        let (_, out, err) = run(&files, &[&checked[..], &["-n", "shop"]].concat());
        assert_eq!(out.matches("HTTPRoute shop/other").count(), expected, "{out}{err}");
    }
    // The route's own file shows which Gateways go with it.
    let own = format!("{}---\n{route}", gateway("edges", "80"));
    let (code, out, err) = run(&[files[0], files[1], ("d/route.yaml", own.as_bytes())], &checked);
    assert_eq!(code, 1, "{out}{err}");
}

#[test]
fn each_of_many_alternatives_is_judged() {
    let rule = |fault: &str| {
        format!(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: x, namespace: shop}}\nspec: {{host: x, trafficPolicy: {{outlierDetection: {{{fault}}}}}}}\n"
        )
    };
    // Three folders with choices of their own, in another choice: more than products of them could be looked at.
    let mut texts = Vec::new();
    for folder in ["a", "b", "c"] {
        for step in 0..20 {
            texts.push((
                format!("d/{folder}/{step}.yaml"),
                rule(&format!("consecutive5xxErrors: {step}, baseEjectionTime: {}s", folder.len() + step)),
            ));
        }
    }
    texts.push(("d/z/last.yaml".to_owned(), rule("consecutiveErrors: 5")));
    let files: Vec<(&str, &[u8])> = texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let (_, out, err) = run(&files, &["check", "-R", "-f", "d", "--rule", "istio-destination-rule-invalid"]);
    assert!(out.contains("d/z/last.yaml"), "{out}{err}");
}

#[test]
fn files_of_others_are_no_manifests_and_a_manifest_without_its_head_is_broken() {
    let files: [(&str, &[u8]); 4] =
        [("d/a.yaml", ROUTE), ("d/values.yaml", b"replicas: 1\n"), ("d/.drone.yml", b"kind: pipeline\n"), ("d/notebook.json", b"{\"cells\": []}")];
    let (code, out, err) = run(&files, &["check", "-f", "d", "--rule", RULE]);
    judged(code, &out, &err);
    assert!(code == 1 && err.contains("passed over 3 files, no manifest"), "{err}");
    let (code, _, err) = run(&[("d/values.yaml", b"replicas: 1\n")], &["check", "-f", "d"]);
    assert_eq!(code, 0, "{err}");
    let template =
        b"apiVersion: policy.linkerd.io/v1alpha1\nkind: NetworkAuthentication\nmetadata: {name: all}\nspec:\n  networks:\n  - cidr: {Address}/32\n";
    let (code, _, err) = run(&[files[0], ("d/networks.yaml", template)], &["check", "-f", "d", "--rule", RULE]);
    assert!(code == 1 && err.contains("passed over 1 file, no manifest"), "{err}");
    let (code, _, err) = run(&[("d/a.yaml", b"metadata: {name: web}\nspec: {hosts: [web]}\n")], &["check", "-f", "d"]);
    assert!(code == 2 && err.contains("neither apiVersion nor kind"), "{err}");
}

#[test]
fn what_a_test_compares_with_is_no_manifest() {
    let test = b"apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: web}\nspec:\n  steps:\n  - try:\n    - apply: {file: a.yaml}\n    - assert: {file: there.yaml}\n    - error: {file: gone.yaml}\n";
    let part = b"apiVersion: v1\nkind: Node\nmetadata: {labels: {a: b}}\n";
    let files: [(&str, &[u8]); 4] = [("d/a.yaml", ROUTE), ("d/chainsaw-test.yaml", test), ("d/there.yaml", part), ("d/gone.yaml", part)];
    let (code, out, err) = run(&files, &["check", "-f", "d", "--rule", RULE]);
    judged(code, &out, &err);
    assert!(code == 1 && err.contains("passed over 2 files"), "{err}");
    // One that is named is meant.
    let (code, _, err) = run(&files, &["check", "-f", "d/there.yaml", "--rule", RULE]);
    assert!(code == 2 && err.contains("Node has no metadata.name"), "{err}");
}

#[test]
fn an_unfilled_placeholder_is_told_and_nothing_is_judged_by_it() {
    let text = b"apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [\"${HOST}\"]
  http: [{route: [{destination: {host: \"web.$(NS).svc\", port: {number: __PORT__}}}]}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  selector: {istio: \"<your-gateway>\"}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [MY_HOST.example.com], tls: {mode: SIMPLE, credentialName: \"{{ secret }}\"}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web, version: v1}, ports: [{name: http, port: __PORT__}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${REPLICAS}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: \"${VERSION}\", sidecar.istio.io/inject: \"@INJECT@\"}}
    spec: {containers: [{name: web, image: \"web:$TAG\", args: [\"$(POD_NAME)\"]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {parentRefs: [{name: GATEWAY_PLACEHOLDER}], hostnames: [\"web.{{ domain }}\"], rules: [{backendRefs: [{name: web, port: 80}]}]}
";
    let (code, out, err) = run(&[("a.yaml", text)], &["check", "-f", "a.yaml", "--fail-on", "warning"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(err.contains("unfilled placeholders, which nothing was judged by: a.yaml:5 \"${HOST}\""), "{err}");
    assert!(!out.contains("cannot decode") && !err.contains("POD_NAME"), "{out}{err}");
}

#[test]
fn objects_without_a_namespace_beside_others_with_one_are_told() {
    let with = b"apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\n";
    let without = b"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
    let files: [(&str, &[u8]); 2] = [("d/a.yaml", with), ("d/b.yaml", without)];
    let told = "1 object without a namespace beside others with one: taken for namespace default; -n says which is meant";
    assert!(run(&files, &["check", "-f", "d"]).2.contains(told));
    assert!(!run(&files, &["check", "-f", "d", "-n", "shop"]).2.contains("beside others"));
    assert!(!run(&files, &["check", "-f", "d/b.yaml"]).2.contains("beside others"));
}

#[test]
fn yaml_is_read_as_kubectl_reads_it() {
    let comments = "  # a comment\n".repeat(50);
    let text = format!(
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n{comments}  name: cart\n  namespace: shop\n  annotations:\n    a: \"x\n    \
         y\"\n    b: one\n    b: two\nspec:\n  hosts: [cart.example.com]\n  gateways: [public]\n---\n{}",
        String::from_utf8_lossy(ROUTE).split("---\n").nth(1).unwrap()
    );
    let (code, out, err) = run(&[("a.yaml", text.as_bytes())], &["check", "-f", "a.yaml", "--rule", RULE]);
    judged(code, &out, &err);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains(r#"key "b" is given twice in one map: kubectl takes the last"#), "{err}");
}

#[test]
fn aliases_that_make_much_of_little_are_refused_and_others_are_not() {
    let text = |times: usize| {
        let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: shop}}\ndata:\n  big: &big {:?}\n", "x".repeat(1 << 20));
        map + &(0..times).map(|i| format!("  k{i}: *big\n")).collect::<String>()
    };
    let (code, _, err) = run(&[("a.yaml", text(8).as_bytes())], &["check", "-f", "a.yaml"]);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = run(&[("a.yaml", text(24).as_bytes())], &["check", "-f", "a.yaml"]);
    assert!(code == 2 && err.contains("its aliases make more than 16 MiB of it"), "{code}: {err}");
}

/// What a check says of files at the top level of `d`, with everything that is worth a warning counting.
fn warned(files: &[(&str, &[u8])]) -> (i32, String, String) {
    run(files, &["check", "-R", "-f", "d", "--fail-on", "warning"])
}

#[test]
fn what_is_not_written_is_not_known_to_be_missing() {
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web, namespace: shop}\n";
    let deployment = |namespace: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web{namespace}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
             metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: web, image: web:1}}]}}\n"
        )
    };
    let service = |label: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: {label}, namespace: shop}}\nspec: {{selector: {{app: {label}}}, ports: [{{name: http, port: 80}}]}}\n"
        )
    };
    let (at_home, homeless, web, cache) = (deployment(", namespace: shop"), deployment(""), service("web"), service("cache"));
    // The slip itself.
    let (code, out, _) = warned(&[("d/a.yaml", at_home.as_bytes()), ("d/b.yaml", cache.as_bytes())]);
    assert!(code == 1 && out.contains("service-selects-nothing"), "{out}");
    // The pods name no namespace, and the Service does.
    let (code, out, err) = warned(&[("d/a.yaml", homeless.as_bytes()), ("d/b.yaml", web.as_bytes()), ("d/c.yaml", account.as_bytes())]);
    assert_eq!(code, 0, "{out}{err}");
    // An operator makes them of an object of its own.
    let redis = b"apiVersion: databases.example/v1\nkind: Redis\nmetadata: {name: cache, namespace: shop}\nspec: {}\n";
    let (code, out, err) = warned(&[("d/a.yaml", at_home.as_bytes()), ("d/b.yaml", cache.as_bytes()), ("d/c.yaml", redis)]);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn a_file_that_no_kustomization_lists_is_left_out_with_a_word() {
    let files: [(&str, &[u8]); 3] =
        [("d/kustomization.yaml", b"resources: [a.yaml]\n"), ("d/a.yaml", ROUTE), ("d/extra.yaml", b"apiVersion: v1\nkind: Service\nmetadata: [x\n")];
    let (code, out, err) = run(&files, &["check", "-f", "d", "--rule", RULE]);
    judged(code, &out, &err);
    assert!(code == 1 && err.contains("left out 1 file that no kustomization beside lists (-f FILE judges one): d/extra.yaml"), "{err}");
}

#[test]
fn beside_the_values_of_a_chart_a_service_may_be_its_own() {
    let route: &[u8] = b"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web, namespace: shop}\nspec:\n  parentRefs: [{group: \"\", kind: Service, name: web, port: 80}]\n  rules: [{backendRefs: [{name: web-next, port: 80}]}]\n";
    let service: &[u8] = b"apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{name: http, port: 80}]}\n";
    let checked = ["check", "-R", "-f", "d", "--rule", "gateway-route-backend-not-found", "--fail-on", "warning"];
    let bare: [(&str, &[u8]); 2] = [("d/route.yaml", route), ("d/web.yaml", service)];
    let (code, out, _) = run(&bare, &checked);
    let (beside, told, err) = run(&[bare[0], bare[1], ("d/web-values.yaml", b"replicas: 2\n")], &checked);
    assert_eq!((code, beside), (1, 0), "{out}{told}{err}");
}

#[cfg(unix)]
#[test]
fn a_chart_is_rendered_where_helm_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let chart = home.path().join("chart");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    std::fs::write(chart.join("Chart.yaml"), "apiVersion: v2\nname: chart\nversion: 1.0.0\n").unwrap();
    std::fs::write(chart.join("templates/route.yaml"), "{{ .Values.route }}\n").unwrap();
    let helm = home.path().join("helm");
    let rendered = format!("#!/bin/sh\ncat <<'END'\n---\n# Source: chart/templates/route.yaml\n{}\nEND\n", String::from_utf8_lossy(ROUTE));
    std::fs::write(&helm, rendered).unwrap();
    std::fs::set_permissions(&helm, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap_or_default());
    let checked = ["check", "-R", "-f", "chart", "--rule", RULE];
    let (code, out, err) = crate::mesh::said(&crate::mesh::mesh(home.path()).env("PATH", path).args(checked).output().unwrap());
    assert!(code == 1 && out.contains("chart/templates/route.yaml"), "{out}{err}");
}

/// `[${X}]` is a map in a list to YAML, and a placeholder to whoever writes it.
#[test]
fn a_placeholder_where_lists_stand_in_one_line_is_one() {
    let template = b"apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: ${NAMESPACE}}
spec:
  hosts: [${HOST}, '${OTHER:=b.example.com}', plain.example.com]
  gateways: [istio-system/${GATEWAY}]
  http: [{route: [{destination: {host: cart, port: {number: ${PORT}}}}]}]
";
    for (file, args) in [("a.yaml", ["check", "-f", "a.yaml"]), ("d/a.yaml", ["check", "-f", "d"])] {
        let (code, out, err) = run(&[(file, template)], &args);
        assert_eq!(code, 0, "{out}{err}");
        assert!(err.contains("unfilled placeholder") && err.contains("\"${HOST}\"") && err.contains(&format!("{file}:5 ")), "{err}");
        assert!(!err.contains("$("), "as it is written: {err}");
    }
    let broken: &[u8] = b"apiVersion: v1\nkind: Service\nmetadata: {name: ${A, b: [}\n";
    let (code, _, err) = run(&[("a.yaml", broken)], &["check", "-f", "a.yaml"]);
    assert!(code == 2 && err.contains("a.yaml:3:"), "what is broken stays so: {err}");
}

/// No value begins with an at sign in YAML; in a template one does.
#[test]
fn a_placeholder_between_at_signs_is_one_without_quotes_too() {
    let template = b"apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: @NAMESPACE@}
spec:
  hosts: [@HOST@, '@OTHER@', plain.example.com]
  http:
  - route:
    - destination: {host: @HOST@.shop, port: {number: @PORT@}}
";
    for (file, args) in [("a.yaml", ["check", "-f", "a.yaml"]), ("d/a.yaml", ["check", "-f", "d"])] {
        let (code, out, err) = run(&[(file, template)], &args);
        assert_eq!(code, 0, "{out}{err}");
        assert!(err.contains("unfilled placeholder") && err.contains("\"@HOST@\"") && err.contains(&format!("{file}:5 ")), "{err}");
        assert!(!err.contains("~HOST~"), "as it is written: {err}");
    }
    for broken in ["metadata: {name: @cart}", "metadata: {name: @}", "@KEY@: a", "metadata: {name: @a b@}"] {
        let broken = format!("apiVersion: v1\nkind: Service\n{broken}\n");
        let (code, _, err) = run(&[("a.yaml", broken.as_bytes())], &["check", "-f", "a.yaml"]);
        assert!(code == 2 && err.contains("a.yaml:3:"), "what is broken stays so: {broken}{err}");
    }
}

#[test]
fn the_name_of_a_file_stays_on_its_line() {
    let policy = b"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: shop}\nspec: {rules: [{to: [{operation: {methods: [get]}}]}]}\n";
    let forged = "a\n::error::forged\u{1b}[31m.yaml";
    for (content, args) in [
        (&b"a: ["[..], &["check", "-f", forged][..]),
        (policy, &["check", "-f", forged, "--fix"]),
        (policy, &["check", "-f", forged, "--rule", "istio-policy-method-not-upper-case"]),
    ] {
        let (_, out, err) = run(&[(forged, content)], args);
        assert!((out.clone() + &err).contains("forged"), "{args:?}: {out}{err}");
        for stream in [&out, &err] {
            assert!(!stream.lines().any(|line| line.starts_with("::error::")) && !stream.contains('\u{1b}'), "{args:?}: {stream}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_told_as_that() {
    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("gone.yaml", home.path().join("a.yaml")).unwrap();
    let (code, _, err) = crate::mesh::said(&crate::mesh::mesh(home.path()).args(["check", "-f", "a.yaml"]).output().unwrap());
    assert!(code == 2 && err.contains("it is a link to gone.yaml, which is not there") && !err.contains("did you mean"), "{err}");
}

/// As `kubectl get --raw` writes lists, and kubectl reads them.
#[test]
fn items_of_the_list_of_one_kind_need_not_repeat_it() {
    let list = br#"{"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": {"name": "cart", "namespace": "shop"}, "spec": {"ports": [{"port": 80}]}}]}"#;
    let (code, out, err) = run(&[("a.json", list)], &["check", "-f", "a.json", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(code == 0 && report.get("badInput").is_none_or(|bad| bad.as_array().unwrap().is_empty()), "{out}{err}");
    let (_, _, err) = run(&[("a.json", list)], &["injection", "-f", "a.json"]);
    assert!(err.contains("1 object was looked at"), "{err}");
}
