//! The whole command against a large cluster over HTTP: `cargo bench --bench cluster [-- PODS] [--json]` (default 10,000).
//!
//! With `KUBEBUILDER_ASSETS` set the cluster is a real etcd and kube-apiserver, filled first (some minutes for 10,000 pods); else a server of ours
//! that answers from memory, in protobuf like a real one, or in JSON alone with `--json`.
//!
//! Machines are noisy, so everything is a ratio to the raw transfer by curl of the lists that `check` reads, each in one piece and all at once, in the
//! same encoding, on the same machine in the same run, and to `kubectl get pods -A` where kubectl is on PATH. Peak memory is the kernel's high-water mark.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a benchmark prints, and what breaks it should break it"
)]

#[path = "../tests/integration/apiserver/mod.rs"]
mod apiserver;
#[path = "../tests/integration/cluster.rs"]
mod cluster;
#[path = "../tests/integration/encode.rs"]
mod encode;
#[path = "../tests/integration/envtest.rs"]
mod envtest;
#[path = "../tests/integration/kubeconfig.rs"]
mod kubeconfig;
#[path = "../tests/integration/onboard/meshes.rs"]
#[allow(dead_code, reason = "the other mesh is for the tests")]
mod meshes;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use apiserver::bulk::{Bulk, Running};
use apiserver::machinery::{Behaviour, Injector};
use cluster::{ADMIN, TestCluster};
use futures::StreamExt as _;
use meshes::LINKERD;

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf,application/json";
/// Lists of some size that the commands read of the generated cluster; the rest are empty.
const CORE: [&str; 6] =
    ["/api/v1/pods", "/api/v1/namespaces", "/api/v1/services", "/api/v1/nodes", "/apis/apps/v1/deployments", "/apis/apps/v1/daemonsets"];
const CUSTOM: [&str; 4] = [
    "/apis/networking.istio.io/v1/virtualservices",
    "/apis/networking.istio.io/v1/destinationrules",
    "/apis/security.istio.io/v1/authorizationpolicies",
    "/apis/security.istio.io/v1/peerauthentications",
];

struct Measured {
    seconds: f64,
    megabytes: f64,
}

/// A cluster at work.
struct Served {
    url: String,
    kubeconfig: PathBuf,
    home: tempfile::TempDir,
    /// What keeps it running.
    _server: Server,
}

#[allow(dead_code, clippy::large_enum_variant, reason = "held for their ends; there is one")]
enum Server {
    Real(TestCluster),
    Memory(Running),
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let pods: usize = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let json = arguments.iter().any(|a| a == "--json");
    let bulk = Bulk::new(pods, 50);
    println!("{pods} pods of {} KB as JSON", bulk.pod_bytes() / pods / 1000);
    let served = if envtest::assets().is_some() { real(&bulk) } else { memory(bulk, json) };
    let all: Vec<&str> = CORE.into_iter().chain(CUSTOM).collect();
    let raw = best(5, || curl(&served, &all, if json { "application/json" } else { PROTOBUF }));
    row("curl, the same lists", &raw, &raw);
    for arguments in [vec!["check", "-A"], vec!["status", "-A"], vec!["injection", "-A"], vec!["check", "-n", "ns-1"]] {
        let ours = best(5, || plugin(&served.kubeconfig, served.home.path(), &arguments));
        row(&format!("kubectl mesh {}", arguments.join(" ")), &ours, &raw);
    }
    let check = best(3, || plugin(&served.kubeconfig, served.home.path(), &["check", "-A"]));
    let plan = ["onboard", "-s", "app-1", "-n", "ns-1", "-m", "istio", "--dry-run=client"];
    let plan = best(3, || plugin(&served.kubeconfig, served.home.path(), &plan));
    println!("planning one Service            {:.2} x check -A (at most 0.3)", plan.seconds / check.seconds);
    let all = onboarding(200);
    println!("onboard --all, 200 workloads {:>8.2} s {:>21.0} MB peak (at most 120)", all.seconds, all.megabytes);
    if pods <= 10_000 && Command::new("kubectl").args(["version", "--client"]).stdout(Stdio::null()).status().is_ok() {
        let kubectl = best(1, || {
            let mut command = Command::new("kubectl");
            command.args(["get", "pods", "-A", "--kubeconfig"]).arg(&served.kubeconfig).env("HOME", served.home.path());
            command
        });
        row("kubectl get pods -A", &kubectl, &raw);
    }
}

/// A namespace of so many workloads brought into Linkerd, on a cluster that works by itself.
fn onboarding(workloads: usize) -> Measured {
    let cluster = TestCluster::standin();
    cluster.server().operate(Behaviour { injector: Injector::Linkerd, ..Behaviour::default() });
    cluster.apply(LINKERD);
    cluster.apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    for n in 0..workloads {
        let labels = format!("{{app: app-{n}}}");
        cluster.apply(&format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: app-{n}, namespace: shop}}, spec: {{replicas: 2, selector: {{matchLabels: {labels}}}, \
             template: {{metadata: {{labels: {labels}, annotations: {{}}}}, spec: {{serviceAccountName: app-{n}, containers: [{{name: app, image: 'app:1'}}]}}}}}}}}"
        ));
    }
    let arguments = ["onboard", "--all", "-n", "shop", "--yes"];
    let home = tempfile::tempdir().unwrap();
    let kubeconfig = cluster.kubeconfig_for(ADMIN);
    let measured = run(plugin(&kubeconfig, home.path(), &arguments));
    let pods = cluster.get("/api/v1/namespaces/shop/pods").unwrap();
    let inside = |pod: &&serde_json::Value| pod["spec"].to_string().contains("linkerd-proxy");
    assert_eq!(pods["items"].as_array().unwrap().iter().filter(inside).count(), workloads * 2, "all of them are in the mesh");
    measured
}

/// Served from memory by this program.
fn memory(bulk: Bulk, json: bool) -> Served {
    let bulk = if json { bulk } else { bulk.protobuf(encode::list) };
    bulk.prepare(500);
    let server = bulk.serve();
    let home = tempfile::tempdir().unwrap();
    let kubeconfig = home.path().join("config");
    std::fs::write(&kubeconfig, server.kubeconfig()).unwrap();
    Served { url: server.url(), kubeconfig, home, _server: Server::Memory(server) }
}

/// A real API server, given every object.
fn real(bulk: &Bulk) -> Served {
    let cluster = TestCluster::start();
    let client = cluster.client(ADMIN);
    let create = async |(path, body): (String, String)| {
        let request = http::Request::post(&path).header("content-type", "application/json").body(body.clone().into_bytes()).unwrap();
        let made = client.request::<serde_json::Value>(request).await;
        // The default service account of a namespace may be there already.
        assert!(made.is_ok() || matches!(&made, Err(kube::Error::Api(status)) if status.code == 409), "{path}: {made:?}");
        if path.ends_with("/pods") {
            let object: serde_json::Value = serde_json::from_str(&body).unwrap();
            let path = format!("{path}/{}/status", object["metadata"]["name"].as_str().unwrap());
            let request = http::Request::put(path).header("content-type", "application/json").body(body.into_bytes()).unwrap();
            client.request::<serde_json::Value>(request).await.unwrap();
        }
    };
    let start = Instant::now();
    cluster.wait(async { futures::stream::iter(bulk.objects()).for_each_concurrent(16, create).await });
    println!("a real API server, filled in {:.0} s", start.elapsed().as_secs_f64());
    let home = tempfile::tempdir().unwrap();
    Served { url: cluster.url().to_owned(), kubeconfig: cluster.kubeconfig_for(ADMIN), home, _server: Server::Real(cluster) }
}

/// The raw transfer.
fn curl(served: &Served, lists: &[&str], accept: &str) -> Command {
    let mut command = Command::new("curl");
    let token = format!("Authorization: Bearer {}", apiserver::SETUP_USER);
    command.args(["-s", "-S", "-k", "--parallel", "--parallel-max", "8", "-H", &token, "-H", &format!("Accept: {accept}")]);
    for list in lists {
        command.args(["-o", "/dev/null", &format!("{}{list}", served.url)]);
    }
    command
}

fn plugin(kubeconfig: &Path, home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-mesh"));
    command.args(arguments).env_clear().env("HOME", home).env("KUBECONFIG", kubeconfig);
    command
}

fn row(name: &str, measured: &Measured, raw: &Measured) {
    println!("{name:<28} {:>8.2} s {:>6.2} x raw {:>8.0} MB peak", measured.seconds, measured.seconds / raw.seconds, measured.megabytes);
}

fn best(times: usize, command: impl Fn() -> Command) -> Measured {
    let runs = (0..times).map(|_| run(command()));
    runs.min_by(|a, b| a.seconds.total_cmp(&b.seconds)).unwrap()
}

fn run(mut command: Command) -> Measured {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    // The high-water mark only grows, so looking at it now and then misses no more than the last moments.
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kilobytes = text.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
        peak = peak.max(kilobytes.unwrap_or_default() / 1000.0);
        std::thread::sleep(Duration::from_millis(2));
    }
    Measured { seconds: start.elapsed().as_secs_f64(), megabytes: peak }
}
