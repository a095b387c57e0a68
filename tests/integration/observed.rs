//! `--observed`: a Prometheus is asked over HTTP; here it is a stand-in, and the real one where it is installed.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::apiserver::{Act, Fault};
use crate::cluster::{ADMIN, TestCluster, rules};
use crate::mesh::{run, said};

/// A cart with a sidecar that two call with one and nobody without.
const SHOP: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: shop, name: cart}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}, annotations: {sidecar.istio.io/status: '{}'}}
    spec:
      serviceAccountName: cart
      containers: [{name: app, image: a, ports: [{containerPort: 8080}, {containerPort: 9090}]}, {name: istio-proxy, image: p}]
---
apiVersion: v1
kind: Service
metadata: {namespace: shop, name: cart}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: web, name: front}
spec:
  selector: {matchLabels: {app: front}}
  template:
    metadata: {labels: {app: front}, annotations: {sidecar.istio.io/status: '{}'}}
    spec: {serviceAccountName: front, containers: [{name: app, image: a}, {name: istio-proxy, image: p}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {namespace: web, name: batch}
spec:
  selector: {matchLabels: {app: batch}}
  template:
    metadata: {labels: {app: batch}, annotations: {sidecar.istio.io/status: '{}'}}
    spec: {serviceAccountName: batch, containers: [{name: app, image: a}, {name: istio-proxy, image: p}]}
";

/// Answers every request, told apart by the whole request text, until the test ends.
fn server(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || serve(stream, &*answer));
        }
    });
    url
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&str) -> (u16, String)) -> Option<()> {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        while !read.windows(4).any(|w| w == b"\r\n\r\n") {
            match stream.read(&mut buffer).ok()? {
                0 => return None,
                n => read.extend_from_slice(&buffer[..n]),
            }
        }
        let request = percent_encoding::percent_decode(&read).decode_utf8_lossy().into_owned();
        read.clear();
        let (status, body) = answer(&request);
        let head = format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(body.as_bytes()).ok()?;
    }
}

fn vector(rows: &[(Value, &str)]) -> String {
    let rows: Vec<Value> = rows.iter().map(|(metric, value)| json!({"metric": metric, "value": [1.5, value]})).collect();
    json!({"status": "success", "data": {"resultType": "vector", "result": rows}}).to_string()
}

fn call(source: &str, principal: &str, policy: &str) -> Value {
    json!({"source_workload": source, "source_workload_namespace": if source == "unknown" { "unknown" } else { "web" },
        "source_principal": principal, "destination_workload": "cart", "destination_workload_namespace": "shop",
        "destination_service_name": "cart", "destination_service_namespace": "shop", "connection_security_policy": policy})
}

/// A Prometheus that saw front by mutual TLS and, where there is any, somebody in plaintext.
fn prometheus(plaintext: bool) -> String {
    server(move |request| {
        assert!(request.starts_with("GET /api/v1/query?query=") && !request.to_ascii_lowercase().contains("authorization"), "{request}");
        let front = (call("front", "spiffe://cluster.local/ns/web/sa/front", "mutual_tls"), "41.7");
        let anyone = (call("unknown", "unknown", "none"), "2");
        let rows: Vec<_> = std::iter::once(front).chain(plaintext.then_some(anyone)).collect();
        (
            200,
            if request.contains("istio_requests_total") {
                vector(&rows)
            } else if request.contains("istio_build") {
                vector(&[(json!({}), "2")])
            } else {
                vector(&[])
            },
        )
    })
}

fn mesh(url: &str, args: &[&str]) -> (i32, String, String) {
    let more = ["-f", "shop.yaml", "--observed", "--prometheus", url, "--request-timeout", "2s"];
    run(&[("shop.yaml", SHOP.as_bytes())], &[args, &more].concat())
}

#[test]
fn plaintext_that_was_really_seen_is_told_with_its_window() {
    let url = prometheus(true);
    let (code, out, err) = mesh(&url, &["mtls", "deploy/cart", "-n", "shop", "--since", "2h"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for said in [
        "really seen in the last 2h, by http://",
        "▲ plaintext   a client that the metrics do not name → cart.shop   2 times",
        "1 pair of client and server in mutual TLS",
        "not shown: ports",
    ] {
        assert!(out.contains(said), "{said:?} is not in\n{out}");
    }
    let (_, out, _) = mesh(&url, &["mtls", "-n", "shop", "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let calls = report["observed"]["calls"].as_array().unwrap();
    assert_eq!(
        calls.iter().map(|c| (c["encryption"].as_str().unwrap(), c["count"].as_u64().unwrap())).collect::<Vec<_>>(),
        [("plaintext", 2), ("mutual-tls", 42)]
    );
    assert_eq!((&report["observed"]["since"], &calls[1]["client"]["name"]), (&"1h".into(), &"front".into()));
    let (_, out, _) = mesh(&prometheus(false), &["mtls", "-n", "shop", "-o", "wide"]);
    assert!(out.contains("✔ no plaintext was counted") && out.contains("✔ mutual TLS  front (web) → cart.shop   42 times"), "{out}");
}

#[test]
fn a_plan_breaks_for_plaintext_that_was_seen() {
    let plan = ["mtls", "--plan", "strict", "deploy/cart", "-n", "shop"];
    let (code, out, _) = mesh(&prometheus(true), &plan);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("✖ a client that the metrics do not name → cart.shop   sent plaintext 2 times in the last 1h"), "{out}");
    let (code, out, _) = mesh(&prometheus(false), &plan);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("metrics do not show"), "{out}");
}

#[test]
fn policies_admit_those_who_were_seen() {
    let (code, out, err) = mesh(&prometheus(true), &["policy", "generate", "-n", "shop", "--mesh", "istio"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("cluster.local/ns/web/sa/front") && !out.contains("sa/batch") && out.contains("- \"8080\""), "{out}");
    assert!(!out.contains("9090\n") || out.starts_with('#'), "the Service leads to 8080 alone: {out}");
    assert!(out.contains("# ") && out.contains("- refuses"), "it is shown as a simulation first: {out}");
    assert!(err.contains("1 edges seen in the last 1h") && err.contains("cannot be named in a policy"), "{err}");
}

/// A Prometheus of which the metrics begin two hours ago, that saw front long ago and cannot reach a proxy any more.
fn old_prometheus(fresh: bool) -> String {
    server(move |request| {
        let front = call("front", "spiffe://cluster.local/ns/web/sa/front", "mutual_tls");
        let batch = call("batch", "spiffe://cluster.local/ns/web/sa/batch", "mutual_tls");
        let window = |text: &str| request.contains(&format!("[{text}]"));
        let answer = match () {
            () if request.contains("min_over_time(timestamp(up)[7d:") => vector(&[(json!({}), "7205")]),
            () if request.contains("istio_requests_total") && window("7d") => vector(&[(front, "5"), (batch, "3")]),
            () if request.contains("istio_requests_total") && window("12m") => vector(&[(batch, "1")]),
            () if request.contains("istio_build") && fresh => vector(&[(json!({"namespace": "web", "pod": "front-1"}), "1")]),
            () if request.contains("up{") => vector(&[(json!({"instance": "10.0.0.9:15020"}), "0")]),
            () => vector(&[]),
        };
        (200, answer)
    })
}

#[test]
fn metrics_that_are_old_or_do_not_reach_back_are_told_as_that() {
    let wide = ["mtls", "-n", "shop", "--since", "7d", "-o", "wide"];
    let (code, out, err) = mesh(&old_prometheus(true), &wide);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    for said in [
        "really seen in the last 2h, by http://",
        "front (web) → cart.shop   5 times, none in the last 12m",
        "not shown: what happened before: its metrics begin 2h ago, and 7d were asked for",
        "not shown: what the proxies at 10.0.0.9:15020 count now: they cannot be scraped",
    ] {
        assert!(out.contains(said), "{said:?} is not in\n{out}");
    }
    assert!(out.contains("batch (web) → cart.shop   3 times\n"), "{out}");
    let (code, out, err) = mesh(&old_prometheus(false), &wide);
    assert!(code == 3 && err.contains("what it counted is old") && !out.contains("no plaintext was counted"), "{code} {out}{err}");
    let (code, _, err) = mesh(&old_prometheus(true), &["policy", "generate", "-n", "shop", "--mesh", "istio", "--since", "7d"]);
    assert!(code == 0 && err.contains("2 edges seen in the last 2h") && err.contains("front has not called"), "{err}");
}

/// Policies for pods of which the proxies are not scraped would cut off whoever calls them.
#[test]
fn no_policy_is_made_for_servers_that_are_not_scraped() {
    let pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {namespace: shop, name: cart-1, labels: {app: cart}, annotations: {sidecar.istio.io/status: '{}'}}\n\
               spec: {serviceAccountName: cart, containers: [{name: app, image: a}, {name: istio-proxy, image: p}]}\nstatus: {phase: Running}\n";
    let shop = format!(
        "{SHOP}{}",
        pod.replace("labels:", "ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: cart-x, controller: true}], labels:")
    );
    let replicas = "---\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {namespace: shop, name: cart-x, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: cart, controller: true}]}\nspec: {selector: {matchLabels: {app: cart}}}\n";
    let url = old_prometheus(true);
    let args = ["policy", "generate", "-n", "shop", "--mesh", "istio", "--since", "7d", "-f", "shop.yaml", "--observed", "--prometheus", &url];
    let (code, out, err) = run(&[("shop.yaml", format!("{shop}{replicas}").as_bytes())], &args);
    assert!(code == 0 && err.contains("Deployment shop/cart: the metrics of some of its pods are not in Prometheus"), "{out}{err}");
    assert!(!out.contains("AuthorizationPolicy"), "{out}");
}

/// Nothing that goes wrong with a Prometheus looks like a Prometheus that has seen nothing.
#[test]
fn what_was_not_seen_is_never_none() {
    let slow = server(|_| {
        std::thread::sleep(Duration::from_secs(20));
        (200, String::new())
    });
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let answering = |status: u16, body: &'static str| server(move |_| (status, body.to_owned()));
    let cases = [
        (closed, "does not answer"),
        (slow, "no answer within"),
        (answering(401, "{}"), "does not let in"),
        (answering(403, "{}"), "does not let in"),
        (answering(404, "{}"), "not found"),
        (answering(400, r#"{"status":"error","errorType":"bad_data","error":"bad"}"#), "HTTP 400"),
        (answering(500, "oops"), "HTTP 500"),
        (answering(200, "<html>log in</html>"), "does not answer like a Prometheus"),
        (answering(200, r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}"#), "is no number"),
        (answering(200, r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#), "does not answer like a Prometheus"),
        (answering(200, r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#), "has no metrics of a mesh's proxies"),
    ];
    let wrong = |(url, why): (String, &'static str)| {
        for args in
            [&["mtls", "-n", "shop"][..], &["mtls", "--plan", "strict", "-n", "shop"], &["policy", "generate", "-n", "shop", "--mesh", "istio"]]
        {
            let more = ["-f", "shop.yaml", "--observed", "--prometheus", &url, "--request-timeout", "1s"];
            let (code, out, err) = run(&[("shop.yaml", SHOP.as_bytes())], &[args, &more].concat());
            assert_eq!(code, 3, "{why} {args:?}: {out}{err}");
            assert!(err.contains(why), "{why:?} is not in {err}");
            assert!(!out.contains("no plaintext was counted") && !out.contains("AuthorizationPolicy"), "{out}");
        }
    };
    let threads: Vec<_> = cases.into_iter().map(|case| std::thread::spawn(move || wrong(case))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn arguments_that_cannot_be_are_refused() {
    let refused = |args: &[&str]| run(&[("shop.yaml", SHOP.as_bytes())], &[&["mtls", "-f", "shop.yaml"], args].concat());
    for (args, why) in [
        (&["--observed"][..], "no Prometheus is named"),
        (&["--prometheus", "http://x"], "--observed"),
        (&["--observed", "--prometheus", "ftp://x"], "is no URL"),
        (&["--observed", "--since", "1"], "write a number"),
    ] {
        let (code, out, err) = refused(args);
        assert!(code == 2 && out.is_empty() && err.contains(why), "{args:?}: {code} {err}");
    }
}

#[test]
fn the_clusters_own_prometheus_is_asked_through_the_api_server() {
    let cluster = TestCluster::standin();
    cluster.apply(SHOP);
    let mtls = ["mtls", "-n", "shop", "--observed", "--request-timeout", "2s"];
    let (code, out, err) = said(&cluster.mesh(mtls).output().unwrap());
    assert_eq!(code, 3, "{out}{err}");
    assert!(err.contains("looks like a Prometheus"), "{err}");
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: mon}\n---\napiVersion: v1\nkind: Service\nmetadata: {namespace: mon, name: prometheus}\nspec: {ports: [{name: http, port: 9090}]}");
    let body = vector(&[(call("unknown", "unknown", "none"), "3")]).into_bytes();
    let path = "/api/v1/namespaces/mon/services/prometheus:9090/proxy/api/v1/query";
    cluster.server().fault(Fault::new(Act::Raw { status: 200, content_type: "application/json", body }).path(path).user(ADMIN));
    let (code, out, err) = said(&cluster.mesh(mtls).output().unwrap());
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("by Service mon/prometheus") && out.contains("▲ plaintext"), "{out}");
    cluster.grant("dev", &rules(&["get", "list"], &["pods", "services", "namespaces", "*.apps", "*.security.istio.io"]));
    let (code, out, err) = said(&cluster.mesh_as("dev", ["mtls", "--observed", "--prometheus", "svc/prometheus.mon"]).output().unwrap());
    assert!(code == 3 && err.contains("services/proxy"), "{out}{err}");
}

/// The real Prometheus, where the machine has one: it scrapes a proxy's metrics and is asked.
#[test]
fn a_real_prometheus_understands_the_questions() {
    use std::process::{Command, Stdio};
    if Command::new("prometheus").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        return;
    }
    let exposition = "istio_build{component=\"proxy\",tag=\"1.27.1\"} 1
istio_requests_total{reporter=\"destination\",source_workload=\"front\",source_workload_namespace=\"web\",\
source_principal=\"spiffe://cluster.local/ns/web/sa/front\",destination_workload=\"cart\",destination_workload_namespace=\"shop\",\
destination_service_name=\"cart\",destination_service_namespace=\"shop\",connection_security_policy=\"mutual_tls\"} 5
istio_requests_total{reporter=\"source\",source_workload=\"front\",source_workload_namespace=\"web\",\
destination_workload=\"cart\",destination_workload_namespace=\"shop\",connection_security_policy=\"unknown\"} 5
istio_tcp_connections_opened_total{reporter=\"destination\",source_workload=\"unknown\",source_workload_namespace=\"unknown\",\
source_principal=\"unknown\",destination_workload=\"cart\",destination_workload_namespace=\"shop\",connection_security_policy=\"none\"} 3
";
    let proxy = server(move |_| (200, exposition.to_owned()));
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs: [{{job_name: mesh, static_configs: [{{targets: ['{}']}}]}}]",
        proxy.trim_start_matches("http://")
    );
    std::fs::write(home.path().join("prometheus.yml"), config).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = Command::new("prometheus")
        .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data", &format!("--web.listen-address=127.0.0.1:{port}")])
        .current_dir(home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let mut last = (0, String::new(), String::new());
    let seen = (0..60).any(|_| {
        std::thread::sleep(Duration::from_millis(250));
        last = mesh(&url, &["mtls", "-n", "shop", "-o", "json"]);
        last.0 == 0 && last.1.contains("plaintext") && last.1.contains("mutual-tls")
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(seen, "{last:?}");
    let report: Value = serde_json::from_str(&last.1).unwrap();
    let calls = report["observed"]["calls"].as_array().unwrap();
    let told: Vec<_> =
        calls.iter().map(|c| (c["encryption"].as_str().unwrap(), c["client"]["name"].as_str().unwrap(), c["count"].as_u64().unwrap())).collect();
    assert_eq!(told, [("plaintext", "", 3), ("mutual-tls", "front", 5)], "each call once, also those of before the window: {report}");
}
