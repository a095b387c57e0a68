//! Manifests as users have them: sound, broken, foreign, huge, hostile.

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
