//! `proxy config`: from saved answers and from the admin interface of a pod that the stand-in forwards to.

use serde_json::{Value, json};

use crate::apiserver::ws::Port;
use crate::cluster::TestCluster;
use crate::mesh::{mesh, run, said};

const DUMP: &[u8] = include_bytes!("../../fuzz/seeds/envoy/dump.json");
const CLUSTERS: &[u8] = include_bytes!("../../fuzz/seeds/envoy/clusters.json");

fn saved(part: &str, args: &[&str]) -> (i32, String, String) {
    let files: [(&str, &[u8]); 2] = [("dump.json", DUMP), ("clusters.json", CLUSTERS)];
    let of: Vec<&str> =
        ["proxy", "config", part, "--config-dump", "dump.json", "--config-dump", "clusters.json"].into_iter().chain(args.iter().copied()).collect();
    run(&files, &of)
}

/// The cells of a table, and what stands below it.
fn cells(text: &str) -> (Vec<Vec<String>>, Vec<String>) {
    let (table, below) = text.split_once("\n\n").unwrap_or((text, ""));
    let row = |line: &str| line.split("   ").map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect();
    (table.lines().skip(1).map(row).collect(), below.lines().map(str::to_owned).collect())
}

#[test]
fn clusters_have_istioctls_columns_order_and_filters_and_what_waits_is_named_below() {
    let (code, out, _) = saved("clusters", &[]);
    let (rows, below) = cells(&out);
    assert_eq!(code, 0);
    assert!(out.starts_with("SERVICE FQDN"), "{out}");
    let first: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let named = ["<none>", "PassthroughCluster", "agent", "db.shop.svc.cluster.local", "db.shop.svc.cluster.local"];
    assert_eq!(first, [&named[..], &["outbound_.8080_.v2_.db.shop.svc.cluster.local"]].concat());
    assert_eq!(rows[4], ["db.shop.svc.cluster.local", "8080", "v2", "outbound", "EDS", "db.shop"]);
    assert_eq!(rows[5], ["outbound_.8080_.v2_.db.shop.svc.cluster.local", "-", "-", "-", "STATIC", "<none>"]);
    assert!(below.contains(&"▲ cluster outbound|9090||late.shop.svc.cluster.local waits for what it needs".to_owned()), "{below:?}");
    let of = |args: &[&str]| cells(&saved("clusters", args).1).0.len();
    assert_eq!([of(&["--fqdn", "db.shop"]), of(&["--direction", "inbound"]), of(&["--subset", "v2"]), of(&["--port", "8080"])], [3, 1, 2, 3]);
    assert!(saved("clusters", &["-o", "wide"]).1.contains("warming"), "with -o wide it is a row");
}

#[test]
fn listeners_tell_what_each_chain_takes_and_what_was_refused() {
    let (_, out, _) = saved("listeners", &[]);
    let (rows, below) = cells(&out);
    assert_eq!(rows[0], ["0.0.0.0,::", "8080", "ALL", "Route: 8080"]);
    assert_eq!(rows[1][2..], ["Trans: tls; App: istio,istio-peer-exchange; Addr: *:8080", "Cluster: inbound|8080||"]);
    assert_eq!(rows[3][2..], ["ALL", "BlackHoleCluster"]);
    let refused = "✖ listener 0.0.0.0_8080: rejected at 2026-01-02T00:00:00Z: unknown filter 'shop.lua'; the one before goes on serving";
    assert!(below.iter().any(|line| line == refused) && below.iter().any(|line| line == "✖ listener broken: rejected: no"), "{below:?}");
    let short = cells(&saved("listeners", &["--short"]).1).0;
    assert_eq!(short, [vec!["0.0.0.0,::", "8080", "HTTP"], vec!["0.0.0.0", "15006", "HTTP"]]);
    assert_eq!(cells(&saved("listeners", &["--port", "15006", "--type", "http", "--short"]).1).0.len(), 1);
    assert!(saved("listeners", &["-o", "wide"]).1.contains("ns[shop]-policy[cart-allow]-rule[0]"));
}

#[test]
fn routes_secrets_and_filters_have_istioctls_columns() {
    let rows = cells(&saved("routes", &[]).1).0;
    assert_eq!(rows[0], ["8080", "db.shop.svc.cluster.local:8080", "db, db.shop", "/v2*", "db.shop"]);
    assert_eq!(rows[2], ["8080", "block", "*", "/*", "404"]);
    assert!(rows.iter().all(|row| !row.contains(&"allow_any".to_owned())), "what only passes through is no route of anybody's");
    assert_eq!(rows.last().unwrap()[0], "InboundPassthrough");
    assert_eq!(cells(&saved("routes", &["--name", "8080", "--short"]).1).0, [["8080", "3"]]);
    let rows = cells(&saved("secrets", &[]).1).0;
    assert_eq!(
        rows.iter().map(|row| row[..3].join(" ")).collect::<Vec<_>>(),
        ["default - UNINITIALIZED", "ROOTCA CA ACTIVE", "shown Cert Chain ACTIVE"]
    );
    let ecds = cells(&saved("ecds", &[]).1).0;
    assert_eq!(ecds[0], ["a", "envoy.extensions.filters.http.wasm.v3.Wasm"]);
    assert!(saved("bootstrap", &[]).1.contains("1.36.4-dev/Clean/RELEASE/BoringSSL"));
}

#[test]
fn endpoints_show_why_hosts_are_not_used() {
    let (_, out, _) = saved("endpoints", &[]);
    let (rows, below) = cells(&out);
    assert_eq!(rows[0], ["10.1.2.4:8080", "HEALTHY", "FAILED", "outbound|8080||db.shop.svc.cluster.local"]);
    assert_eq!(rows[3], ["unix://./etc/istio/proxy/XDS", "UNKNOWN", "OK", "agent"]);
    assert_eq!(below[0], "▲ 2 of 4 hosts not used:");
    assert!(below[1].ends_with("HEALTHY, ejected"), "{below:?}");
    let of = |args: &[&str]| cells(&saved("endpoints", args).1).0.len();
    assert_eq!(
        [of(&["--status", "healthy"]), of(&["--address", "10.1.2.6"]), of(&["--cluster-name", "agent"]), of(&["--port", "8080"])],
        [2, 1, 1, 3]
    );
    let eds = cells(&saved("eds", &[]).1).0;
    assert_eq!(eds[1], ["envoy://connect_originate/10.1.2.5:8080", "UNKNOWN", "r", "outbound|8080||db.shop.svc.cluster.local"]);
}

#[test]
fn json_is_the_machine_contracts_and_nothing_that_is_a_key_is_in_it() {
    let (_, out, _) = saved("all", &["-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["kind"], "ProxyConfigReport");
    assert_eq!(report["endpoints"][0]["faults"], json!(["ejected"]));
    assert_eq!(report["rejected"][0]["serving"], true);
    assert!(!out.contains("planted"), "{out}");
    let names = saved("clusters", &["-o", "name"]).1;
    assert!(names.contains("cluster/inbound|8080||\n"), "{names}");
}

#[test]
fn a_file_without_the_part_says_so_and_shows_no_empty_table() {
    let of = |content: &[u8], part: &str| run(&[("f", content)], &["proxy", "config", part, "--config-dump", "f"]);
    let without = br#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.RoutesConfigDump"}]}"#;
    let (code, out, err) = of(without, "endpoints");
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("saved without endpoints") && err.contains("include_eds"), "{err}");
    assert_eq!(of(without, "routes").0, 0, "there it is, and it is empty");
    let (code, out, _) = of(DUMP, "endpoints");
    assert_eq!(code, 0);
    assert!(out.contains("as istiod assigned them") && out.contains("10.1.2.4:8080"), "{out}");
    for (content, words) in [(&b"{\"kind\":\"Pod\"}"[..], "nothing in it"), (b"{\n\"configs\": [", "f:2:"), (b"apiVersion: v1", "f:1:")] {
        let (code, _, err) = of(content, "clusters");
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(words), "{err}");
    }
    let home = tempfile::tempdir().unwrap();
    let mut piped = mesh(home.path());
    let output = piped.args(["proxy", "config", "endpoints", "--config-dump", "-"]).write_stdin(CLUSTERS).output().unwrap();
    assert_eq!(said(&output).0, 0);
}

#[test]
fn text_of_a_proxy_cannot_move_the_cursor() {
    let hostile = br#"{"dynamic_active_clusters":[{"cluster":{"name":"a\u001b[2Jb\u202ec"}}]}"#;
    let (_, out, _) = run(&[("f", hostile)], &["proxy", "config", "clusters", "--config-dump", "f"]);
    assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}') && out.contains('b'), "{out}");
}

/// A pod of shop with these containers, and what its port answers.
fn with_pod(metadata: &str, container: &str, port: u16, answers: Port) -> TestCluster {
    let cluster = TestCluster::standin();
    cluster.apply(&format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{namespace: shop, name: cart, {metadata}}}, spec: {{containers: [{container}]}}, status: {{phase: Running}}}}"
    ));
    cluster.server().script(|scripts| scripts.set_port("shop", "cart", port, answers));
    cluster
}

fn asked(cluster: &TestCluster, args: &[&str]) -> (i32, String, String) {
    said(&cluster.mesh([&["proxy", "config"], args].concat()).output().unwrap())
}

#[test]
fn a_pod_is_asked_for_parts_on_one_stream_and_what_is_not_found_is_empty() {
    let answers: [(&str, &str); 3] = [
        ("/memory", r#"{"total_physical_bytes":"1000000000"}"#),
        (
            "/config_dump?resource=dynamic_active_clusters&mask=cluster.name,cluster.type,cluster.cluster_type,cluster.metadata,last_updated",
            r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump.DynamicCluster","cluster":{"name":"outbound|80||a.b","type":"EDS"}}]}"#,
        ),
        ("/config_dump?mask=bootstrap", r#"{"configs":[{"bootstrap":{"node":{"id":"sidecar~1~cart.shop~d"}}}]}"#),
    ];
    let port = Port::Http(answers.iter().map(|(path, body)| ((*path).to_owned(), (200, (*body).to_owned()))).collect());
    let container = "{name: istio-proxy, image: i, resources: {limits: {memory: 1Gi}}}";
    let cluster = with_pod("annotations: {proxy.istio.io/config: 'proxyAdminPort: 15500'}", container, 15500, port);
    let (code, out, err) = asked(&cluster, &["clusters", "cart.shop"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(cells(&out).0, [["a.b", "80", "-", "outbound", "EDS", "<none>"]]);
    assert!(err.contains("uses 953 of the 1024 MiB"), "{err}");
    let streams = cluster.server().requests().iter().filter(|request| request.path.ends_with("/portforward")).count();
    assert_eq!(streams, 1);
    assert!(asked(&cluster, &["bootstrap", "pod/cart", "-n", "shop"]).1.contains("sidecar~1~cart.shop~d"));
    let (code, _, err) = asked(&cluster, &["secrets", "cart", "-n", "shop"]);
    assert_eq!(code, 3);
    assert!(err.contains("HTTP 404"), "{err}");
}

#[test]
fn other_proxies_say_what_they_have_instead_and_ports_that_do_not_answer_say_why() {
    let refused = || Port::Refused("failed to connect to localhost:15000: connection refused".to_owned());
    let envoy = with_pod("", "{name: istio-proxy, image: i}", 15000, refused());
    let (code, _, err) = asked(&envoy, &["clusters", "cart", "-n", "shop"]);
    assert_eq!(code, 3);
    assert!(err.contains("nothing listens") && err.contains("--proxy-admin-port"), "{err}");
    let (code, _, err) = asked(&envoy, &["clusters", "nobody", "-n", "shop"]);
    assert_eq!(code, 2);
    assert!(err.contains("there is no pod shop/nobody"), "{err}");
    let ztunnel = with_pod("labels: {app: ztunnel}", "{name: istio-proxy, image: i}", 15000, refused());
    assert!(asked(&ztunnel, &["clusters", "cart", "-n", "shop"]).2.contains("proxy ztunnel"));
    let linkerd = with_pod("", "{name: linkerd-proxy, image: i}", 4191, refused());
    assert!(asked(&linkerd, &["clusters", "cart", "-n", "shop"]).2.contains("dumps no configuration"));
    let none = with_pod("", "{name: app, image: i}", 15000, refused());
    assert!(asked(&none, &["clusters", "cart", "-n", "shop"]).2.contains("has no proxy of a mesh"));
}

#[test]
fn a_workload_stands_for_one_of_its_pods() {
    let path = "/config_dump?mask=bootstrap";
    let port = Port::Http([(path.to_owned(), (200, r#"{"configs":[{"bootstrap":{"node":{"id":"me"}}}]}"#.to_owned()))].into());
    let cluster = with_pod("labels: {app: cart}", "{name: istio-proxy, image: i}", 15000, port);
    cluster.apply("{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: shop, name: cart}, spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: istio-proxy, image: i}]}}}}");
    assert!(asked(&cluster, &["bootstrap", "deploy/cart", "-n", "shop"]).1.contains("me"));
}
