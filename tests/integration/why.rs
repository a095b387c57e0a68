//! `why`: one request, step by step, on the demo and on manifests.

use serde_json::Value;

use crate::mesh::run;

/// A shop whose cart is strict and admits one caller's reads, with routes of every kind.
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
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}, {name: http-admin, port: 9090}]}
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: nobody}
spec: {selector: {app: nobody}, ports: [{name: http, port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: cart}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart, version: v1}}, spec: {serviceAccountName: cart, containers: [{name: app, ports: [{containerPort: 8080}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: frontend}
spec: {template: {metadata: {labels: {app: frontend}}, spec: {serviceAccountName: frontend, containers: [{name: app}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: public}
spec:
  template:
    metadata: {labels: {istio: ingressgateway}, annotations: {inject.istio.io/templates: gateway}}
    spec: {containers: [{name: istio-proxy, image: auto}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: tools, name: legacy}
spec: {template: {metadata: {labels: {app: legacy}}, spec: {containers: [{name: app}]}}}
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
  rules:
  - from: [{source: {principals: [cluster.local/ns/shop/sa/frontend]}}]
    to: [{operation: {methods: [GET]}}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {namespace: shop, name: public}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example.com]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {namespace: shop, name: outside}
spec:
  hosts: [shop.example.com]
  gateways: [public]
  http:
  - match: [{uri: {prefix: /old}}]
    redirect: {uri: /new}
  - match: [{uri: {prefix: /shop}}]
    route: [{destination: {host: cart, port: {number: 80}}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {namespace: shop, name: cart}
spec:
  hosts: [cart]
  http:
  - match: [{uri: {prefix: /v2}}]
    route: [{destination: {host: cart, subset: v2}}]
  - match: [{uri: {prefix: /items}}]
    timeout: 2s
    retries: {attempts: 4}
    rewrite: {uri: /api/items}
    mirror: {host: nobody}
    mirrorPercentage: {value: 5}
    fault: {delay: {fixedDelay: 3s, percentage: {value: 50}}}
    route: [{destination: {host: cart}}]
  - route: [{destination: {host: cart}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {namespace: shop, name: cart}
spec: {host: cart, subsets: [{name: v2, labels: {version: v2}}]}
";

fn why(args: &[&str]) -> (i32, String, String) {
    run(&[("shop.yaml", SHOP.as_bytes())], &[&["why", "-f", "shop.yaml", "-n", "shop"], args].concat())
}

fn document(args: &[&str]) -> Value {
    let (_, out, err) = why(&[args, &["-o", "json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out} {err}"))
}

#[test]
fn a_request_that_works_is_told_with_all_that_is_done_to_it() {
    let (code, out, err) = why(&["deploy/frontend", "cart", "GET", "/items/7", "--width", "80"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for said in ["✔ Yes.", "timeout 2s", "4 retries", "/api/items/7", "copied to nobody.shop", "a delay of 3s for 50 %", "mutual TLS", "rule 1"] {
        let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{said:?} is not in\n{out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_refusal_is_shown_with_field_line_and_remedy() {
    let (code, out, _) = why(&["deploy/frontend", "cart", "POST", "/"]);
    assert_eq!(code, 1);
    for said in ["✖ No.", "AuthorizationPolicy shop/cart", "spec.rules[0].to[0].operation.methods", "shop.yaml:", "→ Add \"POST\""] {
        assert!(out.contains(said), "{said:?} is not in\n{out}");
    }
    let report = document(&["deploy/frontend", "cart", "POST", "/"]);
    let failed = report["failedAt"].as_u64().unwrap();
    assert_eq!(report["outcome"], "fails");
    assert_eq!(report["steps"][failed as usize]["step"], "authorization");
    assert_eq!(report["steps"][failed as usize]["at"], "server");
}

#[test]
fn each_fault_is_named_where_it_is() {
    for (args, step) in [
        (&["legacy.tools", "cart.shop", "GET", "/"][..], "mtls"),
        (&["deploy/frontend", "cart:81"], "service"),
        (&["deploy/frontend", "crat.shop.svc.cluster.local:80"], "service"),
        (&["deploy/frontend", "nobody"], "endpoints"),
        (&["deploy/frontend", "cart", "GET", "/v2/x"], "endpoints"),
        (&["gateway/public", "http://shop.example.com/elsewhere"], "route"),
    ] {
        let report = document(args);
        let failed = report["failedAt"].as_u64().unwrap_or_else(|| panic!("{args:?} does not fail: {report}"));
        assert_eq!(report["steps"][failed as usize]["step"], step, "{args:?}: {report}");
    }
}

/// A client that would be admitted by its name and sends none: what keeps the name back is the cause.
#[test]
fn a_rule_that_keeps_the_clients_name_back_is_named_where_it_is_missed() {
    let open = SHOP.replace("mode: STRICT", "mode: PERMISSIVE");
    let rule = "---\napiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {namespace: shop, name: plain}\n\
                spec: {host: cart, trafficPolicy: {tls: {mode: DISABLE}}}\n";
    let args = ["why", "deploy/frontend", "cart:80", "GET", "/items", "-n", "shop", "-f", "shop.yaml"];
    let (code, out, _) = run(&[("shop.yaml", format!("{open}{rule}").as_bytes())], &args);
    assert_eq!(code, 1, "{out}");
    for said in [
        "plaintext: DISABLE: the rule",
        "✖ authorization",
        "DestinationRule shop/plain  spec.trafficPolicy.tls.mode",
        "with its identity it is admitted",
    ] {
        assert!(out.contains(said), "{said:?} is not in\n{out}");
    }
    assert_eq!(run(&[("shop.yaml", open.as_bytes())], &args).0, 0);
}

/// A delegate that istiod drops is the reason for a 404.
#[test]
fn a_dropped_delegate_is_named_where_nothing_takes_the_request() {
    let virtual_services = "---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {namespace: shop, name: root}\n\
        spec: {hosts: [shop.example.com], gateways: [public], http: [{match: [{uri: {prefix: /cart}}], delegate: {name: inner}}]}\n\
        ---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {namespace: shop, name: inner}\n\
        spec: {http: [{match: [{uri: {prefix: /list}}], route: [{destination: {host: cart}}]}]}\n";
    let args = ["why", "gateway/public", "http://shop.example.com/cart/list", "-n", "shop", "-f", "shop.yaml"];
    let (code, out, _) = run(&[("shop.yaml", format!("{SHOP}{virtual_services}").as_bytes())], &args);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("VirtualService shop/inner  spec.http[0].match[0].uri") && out.contains("istiod drops the rule"), "{out}");
}

/// A grant of Linkerd's that is void is told at the authorization, not as a matter of encryption.
#[test]
fn a_grant_that_is_void_is_named_with_what_it_lacks() {
    let out = run(&[], &["why", "--demo", "deploy/billing-worker", "billing-api", "GET", "/", "-n", "billing"]).1;
    for said in [
        "✔ encryption      mutual TLS",
        "✖ authorization",
        "AuthorizationPolicy billing/billing-api-callers  spec.requiredAuthenticationRefs[0]",
        "grants nothing: ",
    ] {
        assert!(out.contains(said), "{said:?} is not in\n{out}");
    }
}

#[test]
fn an_ingress_gateway_is_asked_with_the_url_of_a_browser() {
    let (code, out, _) = why(&["gateway/public", "http://shop.example.com/old"]);
    assert!(code == 0 && out.contains("http://shop.example.com/new"), "{out}");
    let (code, out, _) = why(&["gateway/public", "http://shop.example.com/shop"]);
    assert!(code == 1 && out.contains("AuthorizationPolicy shop/cart"), "the gateway is not frontend: {out}");
}

#[test]
fn wrong_names_get_a_suggestion() {
    let (code, _, err) = why(&["deploy/frontned", "cart"]);
    assert!(code == 2 && err.contains("did you mean frontend?"), "{err}");
    let (code, _, err) = why(&["deploy/frontend", "crat:80"]);
    assert!(code == 2 && err.contains("did you mean cart?"), "{err}");
}

#[test]
fn what_the_files_do_not_hold_is_not_known() {
    let files = "
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: frontend}
spec: {template: {metadata: {labels: {app: frontend}}, spec: {containers: [{name: app}]}}}
";
    let (code, out, err) =
        run(&[("a.yaml", files.as_bytes())], &["why", "-f", "a.yaml", "-n", "shop", "deploy/frontend", "cart.shop.svc.cluster.local:80"]);
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.starts_with("? Cannot tell."), "{out}");
}

/// A gateway on 443 that presents a certificate for one name.
fn https(names: &[&str], until: i32) -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    (parameters.not_before, parameters.not_after) = (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(until, 1, 1));
    let text = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    let pem = text(parameters.self_signed(&key).unwrap().pem().as_bytes());
    let gateway = "
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {namespace: shop, name: public}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [shop.example.com], tls: {mode: SIMPLE, credentialName: shop-tls}}]
";
    let secret =
        format!("---\napiVersion: v1\nkind: Secret\nmetadata: {{namespace: shop, name: shop-tls}}\ndata: {{tls.crt: {pem}, tls.key: eA==}}\n");
    format!("{SHOP}{gateway}{}", if names.is_empty() { "" } else { &secret })
}

#[test]
fn a_gateway_is_asked_for_the_certificate_that_it_shows() {
    let url = ["why", "-f", "shop.yaml", "-n", "shop", "gateway/public", "https://shop.example.com/old"];
    let ask = |files: String| run(&[("shop.yaml", files.as_bytes())], &url);
    let (code, out, _) = ask(https(&["shop.example.com"], 4000));
    assert!(code == 0 && out.contains("✔ encryption      TLS ends here: Secret shop/shop-tls is for shop.example.com"), "{out}");
    let (code, out, _) = ask(https(&["shop.example.com"], 2021));
    assert!(code == 1 && out.contains("that expired at 2021-01-01") && out.contains("spec.servers[0].tls.credentialName  shop.yaml:"), "{out}");
    let (code, out, _) = ask(https(&["other.example.com"], 4000));
    assert!(code == 1 && out.contains("is for other.example.com, not for shop.example.com: clients refuse"), "{out}");
    let (code, out, _) = ask(https(&[], 4000));
    assert!(code == 3 && out.contains("the cluster may have it"), "{out}");
}

#[test]
fn what_carries_a_request_is_not_guessed() {
    let shop = SHOP.replacen("kind: Namespace\nmetadata: {name: tools}", "kind: Namespace\nmetadata: {name: other}", 1);
    let (code, out, _) = run(&[("shop.yaml", shop.as_bytes())], &["why", "-f", "shop.yaml", "legacy.tools", "cart.shop", "GET", "/items"]);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("not reached") && !out.contains("encryption"), "{out}");
}

/// Two ready pods of `cart` on two nodes, the second of which is in another zone.
const RUNNING: &str = "
---
apiVersion: v1
kind: Node
metadata: {name: one, labels: {topology.kubernetes.io/zone: eu-1a}}
---
apiVersion: v1
kind: Node
metadata: {name: two, labels: {topology.kubernetes.io/zone: eu-1b}}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: cart-1, labels: {app: cart, version: v1, security.istio.io/tlsMode: istio}, annotations: {sidecar.istio.io/status: '{}'}}
spec: {nodeName: one, serviceAccountName: cart, containers: [{name: app, ports: [{containerPort: 8080}]}, {name: istio-proxy}]}
status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: cart-2, labels: {app: cart, version: v1, security.istio.io/tlsMode: istio}, annotations: {sidecar.istio.io/status: '{}'}}
spec: {nodeName: two, serviceAccountName: cart, containers: [{name: app, ports: [{containerPort: 8080}]}, {name: istio-proxy}]}
status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}
";

#[test]
fn endpoints_are_told_with_their_zones() {
    let files = format!("{SHOP}{RUNNING}");
    let ask = ["why", "-f", "shop.yaml", "-n", "shop", "deploy/frontend", "cart", "GET", "/", "--width", "200"];
    let (code, out, _) = run(&[("shop.yaml", files.as_bytes())], &ask);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("2 of 2 endpoints ready on port 8080 (1 in eu-1a, 1 in eu-1b)"), "{out}");
}

#[test]
fn a_probe_that_the_mesh_refuses_is_named_where_no_pod_is_ready() {
    let unready = RUNNING.replace("status: 'True'", "status: 'False'");
    let shop = SHOP.replace(
        "labels: {app: cart, version: v1}}, spec: {serviceAccountName: cart, containers: [{name: app,",
        "labels: {app: cart, version: v1}, annotations: {sidecar.istio.io/rewriteAppHTTPProbers: 'false'}},\n  \
         spec: {serviceAccountName: cart, containers: [{name: app, readinessProbe: {tcpSocket: {port: 8080}},",
    );
    let ask = ["why", "-f", "shop.yaml", "-n", "shop", "deploy/frontend", "cart", "GET", "/", "--width", "200"];
    let (code, out, err) = run(&[("shop.yaml", format!("{shop}{unready}").as_bytes())], &ask);
    assert_eq!(code, 1, "{out}{err}");
    let said = "none of 2 endpoints is ready: TCP readinessProbe: the kubelet has no identity, and rewriting is off";
    assert!(out.contains(said) && out.contains("spec.containers[0].readinessProbe"), "{out}");
    let (_, out, _) = run(&[("shop.yaml", format!("{SHOP}{unready}").as_bytes())], &ask);
    assert!(!out.contains("Probe"), "{out}");
}

#[test]
fn the_demo_is_explained() {
    let (code, out, err) = run(&[], &["why", "--demo", "deploy/frontend", "cart", "GET", "/", "-n", "shop", "--width", "80"]);
    assert_eq!((code, err.as_str()), (1, ""));
    insta::assert_snapshot!(out);
    let (code, out, _) = run(&[], &["why", "--demo", "deploy/frontend", "catalog", "GET", "/", "-n", "shop"]);
    assert!(code == 1 && out.contains("10 % of the requests") && out.contains("no subset v3"), "{out}");
    let (code, out, _) = run(&[], &["why", "--demo", "gateway/public", "https://shop.example.com/cart"]);
    assert!(code == 1 && out.contains("that expired at 2025-07-01") && out.contains("→ Renew the certificate"), "{out}");
    let (code, out, _) = run(&[], &["why", "--demo", "deploy/shipping", "orders", "GET", "/", "-n", "orders"]);
    assert_eq!(code, 0, "{out}");
}
