//! `mtls`: on the demo, on manifests, on an API server.

use serde_json::{Value, json};

use crate::cluster::{TestCluster, rules};
use crate::mesh::{run, said};

/// A meshed server and client, and a client without a proxy, as manifests: what they become follows from their namespaces.
const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: tools}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: cart}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}, {name: metrics, port: 9090}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: cart}
spec: {template: {metadata: {labels: {app: cart}}, spec: {serviceAccountName: cart, containers: [{name: app, ports: [{containerPort: 8080}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: frontend}
spec: {template: {metadata: {labels: {app: frontend}}, spec: {serviceAccountName: frontend, containers: [{name: app}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: tools, name: legacy}
spec: {template: {metadata: {labels: {app: legacy}}, spec: {serviceAccountName: legacy, containers: [{name: app}]}}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {namespace: shop, name: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {namespace: shop, name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/frontend, cluster.local/ns/tools/sa/legacy]}}]}]
";

fn shop(args: &[&str]) -> (i32, String, String) {
    run(&[("shop.yaml", SHOP.as_bytes())], &[&["mtls", "-f", "shop.yaml"], args].concat())
}

fn document(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|e| panic!("{e}: {out}"))
}

#[test]
fn the_demo_tells_what_is_encrypted() {
    let (code, out, err) = run(&[], &["mtls", "--demo"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn ports_are_shown_with_who_decided_and_how_declared_clients_fare() {
    let (code, out, err) = shop(&[]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
    let (_, wide, _) = shop(&["deploy/cart", "-n", "shop", "-o", "wide"]);
    insta::assert_snapshot!("mtls_wide", wide);
}

#[test]
fn the_document_is_the_contract() {
    let (code, out, _) = shop(&["-o", "json"]);
    let report = document(&out);
    assert_eq!((code, &report["apiVersion"], &report["kind"]), (0, &"mesh.kubectl.dev/v1".into(), &"MtlsReport".into()));
    let cart = report["workloads"].as_array().unwrap().iter().find(|w| w["name"] == "cart").unwrap();
    assert_eq!((&cart["kind"], &cart["namespace"], &cart["mesh"]), (&"Deployment".into(), &"shop".into(), &"istio".into()));
    let port = &cart["ports"][0];
    assert_eq!((&port["port"], &port["mode"], &port["level"]), (&8080.into(), &"strict".into(), &"namespace".into()));
    assert_eq!(port["because"].as_array().unwrap().last().unwrap()["object"]["name"], "default");
    let edge = |name: &str| report["edges"].as_array().unwrap().iter().find(|e| e["client"]["name"] == name).unwrap().clone();
    assert_eq!((&edge("legacy")["outcome"], &edge("frontend")["outcome"]), (&"broken".into(), &"mutual-tls".into()));
    assert_eq!(edge("legacy")["server"], json!({"namespace": "shop", "name": "cart", "port": 80}));
    let (_, yaml, _) = shop(&["-o", "yaml"]);
    let same: Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(same, report);
}

#[test]
fn one_edge_is_explained() {
    let (code, out, err) = shop(&["--from", "deploy/legacy", "-n", "tools", "--to", "svc/cart.shop:80"]);
    assert_eq!((code, err.as_str()), (0, ""));
    insta::assert_snapshot!(out);
    for to in ["svc/cart:http", "svc/cart.shop.svc.cluster.local:80"] {
        let (_, out, _) = shop(&["--from", "frontend.shop", "--to", to, "-o", "json"]);
        assert_eq!(document(&out)["edges"][0]["outcome"], "mutual-tls", "{to}");
    }
    let (_, out, _) = shop(&["--from", "frontend.shop", "--to", "host/api.example.com:443", "-o", "json"]);
    assert_eq!(document(&out)["edges"][0]["server"], json!({"name": "api.example.com", "port": 443}));
}

#[test]
fn a_wrong_name_says_what_was_meant() {
    for (args, message, hint) in [
        (&["deploy/crt", "-n", "shop"][..], "no Deployment called \"crt\"", "did you mean cart?"),
        (&["--from", "deploy/legcy", "-n", "tools", "--to", "svc/cart.shop:80"], "no Deployment called \"legcy\"", "did you mean legacy?"),
        (&["--from", "legacy.tools", "--to", "svc/crt.shop:80"], "no Service called \"crt\"", "did you mean cart?"),
        (&["--from", "legacy.tools", "--to", "svc/cart.shop"], "does not say which port", "its ports are 80, 9090"),
        (&["--from", "legacy.tools", "--to", "cart.shop:80"], "names no server", "write svc/NAME:PORT"),
        (&["--from", "svc/cart", "-n", "shop", "--to", "svc/cart:80"], "is a Service", "write deploy/NAME"),
    ] {
        let (code, out, err) = shop(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains(message) && err.contains(hint), "{args:?}: {err}");
    }
}

#[test]
fn nothing_to_show_is_said() {
    let (code, out, err) = run(&[("x.yaml", b"apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")], &["mtls", "-f", "x.yaml"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(err.contains("No workloads found in x.yaml"), "{err}");
}

#[test]
fn hostile_names_do_not_reach_the_terminal() {
    let text = SHOP.replace("name: cart}", "name: \"ca\\e[2Jrt\"}");
    for args in [&["mtls"][..], &["mtls", "-o", "wide"], &["mtls", "-o", "name"], &["mtls", "-o", "yaml"]] {
        let (_, out, err) = run(&[("x.yaml", text.as_bytes())], &[args, &["-f", "x.yaml"]].concat());
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{args:?}: {out}");
    }
}

const RUNNING: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: tools}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: cart}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: cart, labels: {app: cart, security.istio.io/tlsMode: istio}, annotations: {sidecar.istio.io/status: '{}'}}
spec:
  serviceAccountName: cart
  containers: [{name: app, image: app, ports: [{containerPort: 8080}]}, {name: istio-proxy, image: 'istio/proxyv2:1.27.1'}]
---
apiVersion: v1
kind: Pod
metadata: {namespace: tools, name: legacy, labels: {app: legacy}}
spec: {serviceAccountName: legacy, containers: [{name: app, image: app}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {namespace: shop, name: default}
spec: {mtls: {mode: STRICT}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {namespace: shop, name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  rules: [{from: [{source: {principals: [cluster.local/ns/tools/sa/legacy]}}]}]
";

#[test]
fn one_namespace_of_a_cluster_is_judged_by_what_holds_in_others() {
    let cluster = TestCluster::start();
    cluster.apply(RUNNING);
    let (code, out, err) = said(&cluster.mesh(["mtls", "-n", "shop", "-o", "json"]).output().unwrap());
    let report = document(&out);
    assert_eq!((code, &report["workloads"][0]["ports"][0]["mode"]), (0, &"strict".into()), "{out}{err}");
    assert!(report["workloads"].as_array().unwrap().iter().all(|w| w["namespace"] == "shop"), "{out}");
    let edge = &report["edges"][0];
    assert_eq!((&edge["client"]["namespace"], &edge["outcome"]), (&"tools".into(), &"broken".into()), "{out}");
}

#[test]
fn a_refused_list_makes_it_unknown_and_never_fine() {
    let cluster = TestCluster::start();
    cluster.apply(RUNNING);
    cluster.grant("reader", &rules(&["get", "list"], &["*", "*.apps", "*.batch", "*.admissionregistration.k8s.io"]));
    let (code, out, err) = said(&cluster.mesh_as("reader", ["mtls", "-n", "shop"]).output().unwrap());
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("<unknown>") && out.contains("may not list peerauthentications.security.istio.io"), "{out}");
    let (code, out, _) =
        said(&cluster.mesh_as("reader", ["mtls", "--from", "legacy.tools", "--to", "svc/cart.shop:80", "-o", "json"]).output().unwrap());
    assert_eq!((code, &document(&out)["edges"][0]["outcome"]), (3, &"unknown".into()), "{out}");
}

/// What `--plan strict` looks for, one of each.
const PLANNED: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: front, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Namespace
metadata: {name: tools}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: cart}
spec: {type: LoadBalancer, selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: cart}
spec:
  template:
    metadata: {labels: {app: cart}, annotations: {sidecar.istio.io/rewriteAppHTTPProbers: 'false'}}
    spec: {containers: [{name: app, ports: [{containerPort: 8080}, {containerPort: 9090}], readinessProbe: {tcpSocket: {port: 9090}}}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: hooks}
spec: {selector: {app: hooks}, ports: [{name: https, port: 443, targetPort: 8443}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: hooks}
spec: {template: {metadata: {labels: {app: hooks}}, spec: {containers: [{name: app, ports: [{containerPort: 8443}]}]}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hooks}
webhooks: [{name: hooks.example.com, clientConfig: {service: {namespace: shop, name: hooks}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: front, name: web}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: front, name: bypass}
spec: {template: {metadata: {labels: {app: bypass}, annotations: {traffic.sidecar.istio.io/excludeOutboundPorts: '443'}}, spec: {containers: [{name: app}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {namespace: tools, name: report}
spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: report}}, spec: {containers: [{name: app}]}}}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {namespace: front, name: cart}
spec: {host: cart.shop.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {namespace: shop, name: cart}
spec: {ingressClassName: edge, rules: [{http: {paths: [{path: /, backend: {service: {name: cart, port: {number: 80}}}}]}}]}
";

fn plan(text: &str, args: &[&str]) -> (i32, String, String) {
    run(&[("shop.yaml", text.as_bytes())], &[&["mtls", "-f", "shop.yaml"], args].concat())
}

#[test]
fn a_plan_names_all_that_would_be_refused() {
    let (code, out, err) = plan(PLANNED, &["--plan", "strict", "-n", "shop"]);
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!(out);
    let (code, out, _) = plan(PLANNED, &["--plan", "strict", "-n", "shop", "-o", "json"]);
    let report = document(&out);
    assert_eq!((code, &report["kind"], &report["mode"]), (1, &"MtlsPlanReport".into(), &"strict".into()));
    let kinds: std::collections::BTreeSet<&str> = report["breaks"].as_array().unwrap().iter().map(|b| b["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["api-server", "client", "ingress", "probe"]);
}

#[test]
fn a_plan_for_one_workload_is_about_its_clients_alone() {
    let (code, out, _) = plan(PLANNED, &["--plan", "strict", "deploy/hooks", "-n", "shop", "-o", "json"]);
    let report = document(&out);
    assert_eq!((code, report["servers"].as_array().unwrap().len()), (1, 1));
    assert!(report["breaks"].as_array().unwrap().iter().all(|b| b["server"]["name"] == "hooks"), "{out}");
}

#[test]
fn a_plan_that_refuses_nobody_says_so() {
    let meshed = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: cart}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: cart}
spec: {template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: app, ports: [{containerPort: 8080}], livenessProbe: {httpGet: {port: 8080}}}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: web}
spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app}]}}}
";
    let (code, out, err) = plan(meshed, &["--plan", "strict"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("✔ STRICT would refuse nobody."), "{out}");
    let outside = "
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: tools, name: legacy}
spec: {template: {metadata: {labels: {app: legacy}}, spec: {containers: [{name: app}]}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: tools}
";
    let (code, out, _) = plan(&format!("{meshed}{outside}"), &["--plan", "strict"]);
    assert!(code == 1 && out.contains("deployment/legacy (namespace tools) → cart.shop:80   its pods have no proxy"), "{out}");
    let closed = "
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: own}
spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}
";
    let (code, out, _) = plan(&format!("{meshed}{outside}{closed}"), &["--plan", "strict"]);
    assert_eq!(code, 0, "a NetworkPolicy keeps the client out already: {out}");
}

#[test]
fn linkerds_ports_with_a_server_keep_it_and_its_tcp_probes_break() {
    let text = "
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: cart}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: app, ports: [{containerPort: 8080}, {containerPort: 9090}], readinessProbe: {tcpSocket: {port: 8080}}, livenessProbe: {httpGet: {port: 8080}}}]}
---
apiVersion: policy.linkerd.io/v1beta3
kind: Server
metadata: {namespace: shop, name: raw}
spec: {podSelector: {matchLabels: {app: cart}}, port: 9090, accessPolicy: all-unauthenticated}
";
    let (code, out, _) = plan(text, &["--plan", "strict", "-o", "json"]);
    let report = document(&out);
    let told = |list: &str| report[list].as_array().unwrap().iter().map(|i| i["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!((code, told("breaks").len(), told("kept").len()), (1, 1, 1), "{out}");
    assert!(told("breaks")[0].starts_with("TCP readinessProbe") && told("kept")[0].contains("Server shop/raw"), "{out}");
}
