//! Manifests in, manifests out.

use crate::mesh::run;

const CART: &[u8] = b"# the shop's cart
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}   # kept
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata:
      labels:
        app: 'cart'  # quoted so
    spec:
      containers: [{name: app, ports: [{containerPort: 6379}]}]
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec:
  selector: {app: cart}
  ports:
  - name: cache
    port: 6379
";

#[test]
fn inject_changes_one_line_and_uninject_takes_it_out_again() {
    for (mesh, line) in [("istio", "sidecar.istio.io/inject: \"true\""), ("linkerd", "linkerd.io/inject: enabled")] {
        let (code, with, err) = run(&[("cart.yaml", CART)], &["inject", "-m", mesh, "-f", "cart.yaml"]);
        assert_eq!(code, 0, "{err}");
        assert!(with.contains(line) && err.contains("1 workload changed"), "{with}{err}");
        let added: Vec<&str> = with.lines().filter(|line| !std::str::from_utf8(CART).unwrap().lines().any(|old| old == *line)).collect();
        assert!(added.iter().all(|line| line.contains("inject") || line.trim() == "annotations:"), "{added:?}");
        let (code, without, err) = run(&[("cart.yaml", with.as_bytes())], &["uninject", "-f", "cart.yaml"]);
        assert_eq!((code, without.as_bytes()), (0, CART), "{err}");
        // Twice is once.
        let (_, twice, err) = run(&[("cart.yaml", with.as_bytes())], &["inject", "-m", mesh, "-f", "cart.yaml"]);
        assert_eq!(twice, with);
        assert!(err.contains("already"), "{err}");
    }
}

#[test]
fn inject_wants_to_know_the_mesh_and_leaves_what_has_decided() {
    let (code, _, err) = run(&[("cart.yaml", CART)], &["inject", "-f", "cart.yaml"]);
    assert!(code == 2 && err.contains("-m istio"), "{err}");
    let out = "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: x}\nspec: {template: {metadata: {labels: {sidecar.istio.io/inject: 'false'}}, spec: {}}}\n";
    let (code, same, err) = run(&[("x.yaml", out.as_bytes())], &["inject", "-m", "istio", "-f", "x.yaml"]);
    assert_eq!((code, same.as_str()), (0, out), "{err}");
    let (code, same, _) = run(&[("x.yaml", out.as_bytes())], &["uninject", "-f", "x.yaml"]);
    assert_eq!((code, same.as_str()), (0, out), "an opt-out stays");
    let host = out.replace("{labels: {sidecar.istio.io/inject: 'false'}}", "{}").replace("spec: {}", "spec: {hostNetwork: true}");
    let (_, same, err) = run(&[("x.yaml", host.as_bytes())], &["inject", "-m", "linkerd", "-f", "x.yaml"]);
    assert!(same == host && err.contains("shares the network"), "{err}");
    let (code, _, err) = run(&[("cart.yaml", CART)], &["inject", "-m", "linkerd", "--mode", "ambient", "-f", "cart.yaml"]);
    assert!(code == 2 && err.contains("no ambient mode"), "{err}");
}

#[test]
fn what_cannot_be_read_is_passed_on_and_said() {
    let text = [CART, b"---\nkind: {{ .Values.kind }\n"].concat();
    let (code, out, err) = run(&[("cart.yaml", &text)], &["inject", "-m", "istio", "--revision", "prod", "-f", "cart.yaml"]);
    assert_eq!(code, 1, "{err}");
    assert!(
        out.contains("istio.io/rev: prod") && out.ends_with("kind: {{ .Values.kind }\n") && err.contains("document 3 cannot be read"),
        "{out}{err}"
    );
}

#[test]
fn onboard_shows_its_plan_for_manifests_as_a_diff_and_writes_it() {
    let args = ["onboard", "-s", "cart", "-m", "istio", "-f", "deploy"];
    let (code, out, err) = run(&[("deploy/cart.yaml", CART)], &args);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("+        sidecar.istio.io/inject: \"true\"") && out.contains("+    appProtocol: tcp"), "{out}{err}");
    assert!(out.contains("? rehearsal") && out.contains("? injector-down"), "what needs a cluster is unknown: {out}");
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("deploy")).unwrap();
    let file = home.path().join("deploy/cart.yaml");
    std::fs::write(&file, CART).unwrap();
    let mesh = |args: &[&str]| crate::mesh::said(&crate::mesh::mesh(home.path()).args(args).output().unwrap());
    let (code, _, err) = mesh(&[&args[..], &["--write"]].concat());
    assert_eq!(code, 0, "{err}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("app: 'cart'  # quoted so") && written.contains("appProtocol: tcp"), "{written}");
    let (code, out, err) = mesh(&args);
    assert!(code == 0 && out.contains("Nothing to do"), "{out}{err}");
}

#[test]
fn a_plan_that_cannot_be_written_writes_nothing() {
    let shared = b"apiVersion: apps/v1
kind: Deployment
metadata: {name: cart}
spec:
  template:
    metadata: {labels: &app {app: cart}}
    spec: {containers: [{name: app}]}
  selector: {matchLabels: *app}
";
    let (code, _, err) = run(&[("cart.yaml", shared)], &["onboard", "-s", "cart", "-m", "istio", "-f", "cart.yaml", "--write"]);
    assert!(code == 1 && err.contains("anchor") && err.contains("nothing is written"), "{err}");
}
