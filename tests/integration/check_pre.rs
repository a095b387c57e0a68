//! `check --pre` on an API server: may a mesh be installed, what stands in the way, and what cannot be told.

use serde_json::{Value, json};

use crate::apiserver::{Act, Fault, Options};
use crate::cluster::{ADMIN, TestCluster, rules};
use crate::mesh::{run, said};
use kubectl_mesh::mesh::install::{Install, Target};
use kubectl_mesh::model::{Kind, MeshId};

const REVIEWS: &str = "selfsubjectaccessreviews.authorization.k8s.io";
const LINKERD: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: linkerd-destination, namespace: linkerd}
spec:
  selector: {matchLabels: {linkerd.io/control-plane-component: destination}}
  template:
    metadata: {labels: {linkerd.io/control-plane-component: destination, linkerd.io/control-plane-ns: linkerd}}
    spec: {containers: [{name: destination, image: 'cr.l5d.io/linkerd/controller:edge-25.10.2'}]}
";

/// A cluster that waits for a mesh: the Gateway API's routes are there, no definition of Istio's or Linkerd's.
fn ready_with(options: Options) -> TestCluster {
    let cluster = TestCluster::bare_standin(options);
    cluster.define(&[Kind::Gateway, Kind::GatewayClass, Kind::HttpRoute, Kind::GrpcRoute, Kind::ReferenceGrant]);
    cluster.server().plant(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "extension-apiserver-authentication", "namespace": "kube-system"}, "data": {"requestheader-client-ca-file": "planted-ca"}}));
    cluster
}

fn ready() -> TestCluster {
    ready_with(Options::default())
}

fn check(cluster: &TestCluster, user: &str, more: &[&str]) -> (i32, String, String) {
    let args = ["check", "--pre"].into_iter().chain(more.iter().copied());
    said(&cluster.mesh_as(user, args).output().unwrap())
}

fn report(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

fn texts<'a>(items: &'a Value, field: &str) -> Vec<&'a str> {
    items.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

/// Lets `user` read everything and do what an installation takes, but for what `but` names.
fn grant_all_but(cluster: &TestCluster, user: &str, but: &[&str]) {
    let install = Install { targets: [MeshId::Istio, MeshId::Linkerd].map(Target::usual).into(), from_version: None };
    let mut granted = rules(&["get", "list"], &["*.*"]);
    for access in install.rights().iter().filter(|access| !but.contains(&access.to_string().as_str())) {
        granted.extend(rules(&[&access.verb], &[&access.full_resource()]));
    }
    cluster.grant(user, &granted);
}

#[test]
fn when_all_is_well_it_says_so_and_what_was_checked() {
    let (code, out, err) = check(&ready(), ADMIN, &[]);
    let checked = "Gateway API, no other mesh, nothing left over, pod security";
    let expected = format!(
        "✔ Istio can be installed in namespace istio-system\n    in order: Kubernetes v1.33.1 (1.32 or later), 16 rights, {checked}\n\
         ✔ Linkerd can be installed in namespace linkerd\n    in order: Kubernetes v1.33.1 (1.31 or later), 17 rights, {checked}\n\
         nothing wrong: 15 rules over 9 objects in cluster test\n"
    );
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected.as_str(), ""));
}

#[test]
fn only_reviews_are_posted_each_once_and_nothing_changes() {
    let cluster = ready();
    cluster.server().forget_requests();
    let (code, out, _) = check(&cluster, ADMIN, &["--mesh", "linkerd", "-o", "json"]);
    assert_eq!((code, texts(&report(&out)["verdicts"], "mesh")), (0, vec!["linkerd"]), "{out}");
    let requests = cluster.server().requests();
    let posted: Vec<_> = requests.iter().filter(|r| r.method != "GET").collect();
    assert!(posted.iter().all(|r| r.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" && r.status == 201), "{posted:?}");
    let mut bodies: Vec<&str> = posted.iter().map(|r| r.body.as_str()).collect();
    bodies.sort_unstable();
    bodies.dedup();
    assert_eq!((posted.len(), bodies.len()), (17, 17));
    assert!(!bodies.iter().any(|b| b.contains("istio-system")), "{bodies:?}");
}

#[test]
fn one_missing_right_stops_the_mesh_that_needs_it() {
    let cluster = ready();
    grant_all_but(&cluster, "dev", &["create cronjobs.batch in namespace linkerd"]);
    let (code, out, err) = check(&cluster, "dev", &[]);
    assert_eq!((code, err.as_str()), (1, ""), "{out}");
    let finding = "control-plane\n  ✖ error Namespace linkerd  create cronjobs.batch\n      installing Linkerd takes this right, and you do not have it\n      \
                   → Let a cluster administrator install the mesh, or grant this right.  install-forbidden (pre-k8s)\n";
    assert!(out.starts_with(finding), "{out}");
    assert!(out.contains("✔ Istio can be installed in namespace istio-system\n"), "{out}");
    assert!(
        out.contains("✖ Linkerd cannot be installed in namespace linkerd\n    in order: Kubernetes v1.33.1 (1.31 or later), Gateway API,"),
        "{out}"
    );
    let (code, out, _) = check(&cluster, "dev", &["--mesh", "istio"]);
    assert_eq!(code, 0, "{out}");
    let (code, out, _) = check(&cluster, "dev", &["--fail-on", "never"]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn rights_in_the_namespace_that_is_named_suffice() {
    let cluster = ready();
    grant_all_but(&cluster, "dev", &["create deployments.apps in namespace istio-system", "create deployments.apps in namespace linkerd"]);
    cluster.grant_in("dev", "mesh", &rules(&["create"], &["deployments.apps"]));
    let (code, out, _) = check(&cluster, "dev", &["--mesh", "istio", "-o", "name"]);
    assert_eq!((code, out.as_str()), (1, "namespace/istio-system\n"));
    let (code, out, _) = check(&cluster, "dev", &["--mesh", "istio", "--istio-namespace", "mesh"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Istio can be installed in namespace mesh\n"), "{out}");
}

#[test]
fn an_old_server_is_an_error_for_the_mesh_that_needs_a_newer_one() {
    let cluster = ready_with(Options { version: "v1.31.4-eks-1552ad0", ..Options::default() });
    let (code, out, _) = check(&cluster, ADMIN, &["-o", "json"]);
    let report = report(&out);
    assert_eq!(code, 1, "{out}");
    assert_eq!(texts(&report["verdicts"], "installable"), ["no", "yes"]);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["mesh"], &finding["aliases"]),
        (&"install-kubernetes-unsupported".into(), &"istio".into(), &json!(["IST0142"]))
    );
    assert_eq!(finding["object"], json!({"apiVersion": "mesh.kubectl.dev/v1", "kind": "Cluster", "name": "test"}));
}

#[test]
fn a_version_that_nobody_knows_is_never_fine() {
    let (code, out, _) = check(&ready_with(Options { version: "mystery", ..Options::default() }), ADMIN, &[]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("? Istio: not enough could be read") && out.contains("mystery") && !out.contains('✔'), "{out}");
}

#[test]
fn a_version_newer_than_the_tested_ones_is_noted() {
    let (code, out, _) = check(&ready_with(Options { version: "v1.99.0", ..Options::default() }), ADMIN, &["-o", "wide"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Kubernetes v1.99.0 is newer than what known releases") && out.contains('✔'), "{out}");
}

#[test]
fn what_the_server_does_not_answer_is_unknown() {
    let html = || Act::Raw { status: 200, content_type: "text/html", body: b"<html>please log in</html>".to_vec() };
    let reviews = |act| Fault::new(act).resource(REVIEWS);
    let version = |act| Fault::new(act).path("/version");
    let statusless = || Act::Edit(|answer| answer["status"] = Value::Null);
    let cases = [
        ("reviews refused", reviews(Act::Forbidden), "whether you may", "403"),
        ("reviews not served", reviews(Act::NotServed), "whether you may", "404"),
        ("reviews broken", reviews(Act::Internal), "whether you may", "500"),
        ("reviews from a proxy", reviews(html()), "whether you may", "makes no sense"),
        ("reviews without an answer", reviews(statusless()), "whether you may", "makes no sense"),
        ("version refused", version(Act::Forbidden), "its version could not be read", "403"),
        ("version not served", version(Act::NotServed), "its version could not be read", "404"),
        ("version broken", version(Act::Internal), "its version could not be read", "500"),
        ("version from a proxy", version(html()), "its version could not be read", "makes no sense"),
    ];
    for (what, fault, said, why) in cases {
        let cluster = ready();
        cluster.server().fault(fault);
        let (code, out, err) = check(&cluster, ADMIN, &["--request-timeout", "1s"]);
        assert_eq!(code, 3, "{what}: {out}{err}");
        assert!(out.contains(said) && out.contains(why) && !out.contains('✔'), "{what}: {out}");
        let (code, out, _) = check(&cluster, ADMIN, &["--request-timeout", "1s", "-o", "json"]);
        assert_eq!((code, texts(&report(&out)["verdicts"], "installable")), (3, vec!["unknown", "unknown"]), "{what}");
    }
}

#[test]
fn a_passing_failure_is_asked_again() {
    let cluster = ready();
    cluster.server().fault(Fault::new(Act::Unavailable).resource(REVIEWS).times(3));
    let (code, out, _) = check(&cluster, ADMIN, &[]);
    assert_eq!(code, 0, "{out}");
}

#[test]
fn who_may_read_nothing_gets_no_verdict() {
    let (code, out, _) = check(&ready(), "nobody", &["-o", "json", "--fail-on", "never"]);
    let report = report(&out);
    assert_eq!(code, 3, "{out}");
    assert!(texts(&report["gaps"], "type").contains(&"forbidden"));
    assert_eq!(texts(&report["verdicts"], "installable"), ["no", "no"], "no right at all is an error");
}

#[test]
fn a_mesh_that_is_here_is_told_and_so_is_what_stands_beside_it() {
    let cluster = ready();
    cluster.apply(LINKERD);
    let (code, out, _) = check(&cluster, ADMIN, &[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("Linkerd edge-25.10.2 is here, and a cluster has only one"), "{out}");
    assert!(out.contains("✖ Linkerd cannot be installed in namespace linkerd\n"), "{out}");
    assert!(out.contains("✔ Istio can be installed in namespace istio-system (1 warning)\n"), "{out}");
}

#[test]
fn istio_that_is_here_is_upgraded() {
    let cluster = ready();
    cluster.apply(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: istiod, namespace: istio-system}
spec:
  selector: {matchLabels: {app: istiod}}
  template:
    metadata: {labels: {app: istiod}}
    spec: {containers: [{name: discovery, image: 'istio/pilot:1.20.3'}]}
---
apiVersion: v1
kind: Service
metadata: {name: zipkin, namespace: istio-system}
spec: {ports: [{port: 9411, protocol: TCP}]}
",
    );
    let (code, out, _) = check(&cluster, ADMIN, &["--mesh", "istio"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("Istio 1.20.3 sends traces here by default") && out.contains("(IST0169)"), "{out}");
    assert!(out.contains("✔ Istio can be upgraded in namespace istio-system (1 warning)\n"), "{out}");
}

#[test]
fn a_namespace_that_is_named_is_to_be_in_the_mesh_and_hides_no_missing_right() {
    let cluster = ready();
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {pod-security.kubernetes.io/enforce: baseline}}\n");
    grant_all_but(&cluster, "dev", &["create services in namespace istio-system", "create services in namespace linkerd"]);
    let severities = |args: &[&str]| {
        let (_, out, _) = check(&cluster, "dev", &[args, &["-o", "json"]].concat());
        let found = report(&out);
        texts(&found["findings"], "severity").join(" ")
    };
    assert_eq!([severities(&[]), severities(&["-n", "shop"])], ["error error info", "error error warning"]);
}

#[test]
fn sources_without_answers_are_refused() {
    for (args, what) in [(["-f", "pod.yaml"].as_slice(), "manifests"), (&["--demo"], "the demo")] {
        let args: Vec<&str> = ["check", "--pre"].into_iter().chain(args.iter().copied()).collect();
        let (code, out, err) = run(&[("pod.yaml", b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")], &args);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.contains(&format!("--pre needs a live cluster: {what} cannot tell")) && err.contains("snapshot --pre"), "{err}");
    }
    let (code, _, err) = run(&[], &["check", "--demo", "--rule", "IST0141"]);
    assert!(code == 2 && err.contains("add --pre"), "{code}: {err}");
    let (code, _, err) = run(&[], &["check", "--demo", "--from-version", "1.20"]);
    assert!(code == 2 && err.contains("--pre"), "{code}: {err}");
}

#[test]
fn a_snapshot_keeps_the_answers_when_they_were_asked() {
    let cluster = ready();
    grant_all_but(&cluster, "dev", &["create namespaces"]);
    let (_, live, _) = check(&cluster, "dev", &["-o", "json"]);
    for (name, pre) in [("with.tar.zst", Some("--pre")), ("without.tar.zst", None)] {
        let (code, _, err) = said(&cluster.mesh_as("dev", ["snapshot", "-o", name].into_iter().chain(pre)).output().unwrap());
        assert_eq!(code, 0, "{err}");
    }
    let from = |file| check(&cluster, "dev", &["--kubeconfig", "/nonexistent", "--snapshot", file, "-o", "json"]);
    let (code, out, err) = from("with.tar.zst");
    assert_eq!(code, 1, "{err}");
    assert_eq!(texts(&report(&out)["verdicts"], "installable"), texts(&report(&live)["verdicts"], "installable"));
    assert_eq!(report(&out)["findings"][0]["message"], report(&live)["findings"][0]["message"]);
    let (code, out, err) = from("without.tar.zst");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("was taken without --pre"), "{err}");
}

#[test]
fn an_ordinary_check_asks_nothing_and_judges_no_installation() {
    let cluster = ready();
    cluster.server().forget_requests();
    let (code, out, _) = said(&cluster.mesh(["check", "--all-rules", "-o", "json"]).output().unwrap());
    let report = report(&out);
    assert_eq!((code, &report["verdicts"]), (0, &Value::Null), "{out}");
    assert!(!out.contains("install-"), "{out}");
    assert!(cluster.server().requests().iter().all(|r| r.method == "GET" && r.path != "/version"));
}

#[test]
fn the_catalogue_says_when_a_rule_runs() {
    let (_, out, _) = run(&[], &["rules", "-o", "json"]);
    let rules = report(&out);
    let runs = |id: &str| rules["rules"].as_array().unwrap().iter().find(|r| r["id"] == id).unwrap()["runs"].clone();
    assert_eq!([runs("install-forbidden"), runs("istio-annotation-alpha"), runs("workload-in-two-meshes")], ["pre", "both", "check"]);
    let (code, out, _) = run(&[], &["explain", "IST0141"]);
    assert!(code == 0 && out.contains("only with --pre"), "{out}");
}

#[test]
fn any_server_is_asked_for_rights_and_its_version() {
    let cluster = TestCluster::bare();
    grant_all_but(&cluster, "dev", &["create poddisruptionbudgets.policy in namespace istio-system"]);
    let (code, out, err) = check(&cluster, "dev", &["--rule", "install-forbidden", "--rule", "IST0142", "-o", "json"]);
    let report = report(&out);
    let forbidden = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "install-forbidden").cloned().collect();
    assert_eq!(texts(&forbidden, "path"), ["create poddisruptionbudgets.policy"], "{out}{err}");
    assert_eq!(code, 1, "{out}");
    assert!(!out.contains("could not be read"), "{out}");
}

#[test]
fn a_cluster_without_any_definition_lacks_the_gateway_api_that_linkerd_needs() {
    let cluster = TestCluster::bare_standin(Options::default());
    let (code, out, _) = check(&cluster, ADMIN, &["-o", "json"]);
    let report = report(&out);
    assert_eq!((code, texts(&report["verdicts"], "installable")), (1, vec!["yes", "no"]), "{out}");
    let checked = |mesh: usize| report["verdicts"][mesh]["checked"].to_string();
    assert!(checked(0).contains("no Gateway API") && !checked(1).contains("Gateway API"), "{out}");
    assert_eq!(report["findings"][0]["aliases"], json!(["gateway-api-crd"]), "{out}");
}
