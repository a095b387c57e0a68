//! The whole command against a large cluster over HTTP: `cargo bench --bench cluster [-- PODS]` (default 10,000).
//!
//! Machines are noisy, so everything is a ratio to the raw transfer of the same lists by curl, on the same machine in the same run, and to
//! `kubectl get pods -A` where kubectl is on PATH. Peak memory is the kernel's own high-water mark.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a benchmark prints, and what breaks it should break it"
)]

#[path = "../tests/integration/apiserver/bulk.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod bulk;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Lists that `check` reads of the generated cluster.
const LISTS: [&str; 6] =
    ["/api/v1/pods", "/api/v1/namespaces", "/api/v1/services", "/api/v1/nodes", "/apis/apps/v1/deployments", "/apis/apps/v1/daemonsets"];

struct Measured {
    seconds: f64,
    megabytes: f64,
}

fn main() {
    let pods: usize = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(10_000);
    let cluster = bulk::Bulk::new(pods, 50);
    let bytes = cluster.pod_bytes();
    cluster.prepare(500);
    let server = cluster.serve();
    let home = tempfile::tempdir().unwrap();
    let kubeconfig = home.path().join("config");
    let config = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: bench\nclusters: [{{name: c, cluster: {{server: \"{}\"}}}}]\ncontexts: [{{name: bench, context: {{cluster: c, user: u}}}}]\nusers: [{{name: u, user: {{}}}}]\n",
        server.url()
    );
    std::fs::write(&kubeconfig, config).unwrap();
    println!("{pods} pods, {} MB as JSON", bytes / 1_000_000);

    let curl = best(3, || {
        let urls = LISTS.iter().map(|path| format!("{}{path}", server.url()));
        let mut command = Command::new("curl");
        command.args(["-s", "-S"]);
        urls.for_each(|url| {
            command.args(["-o", "/dev/null", &url]);
        });
        command
    });
    row("curl, the same lists", &curl, &curl);
    for arguments in [vec!["check", "-A"], vec!["status", "-A"], vec!["injection", "-A"], vec!["check", "-n", "ns-1"]] {
        let ours = best(3, || plugin(&kubeconfig, home.path(), &arguments));
        row(&format!("kubectl mesh {}", arguments.join(" ")), &ours, &curl);
    }
    if Command::new("kubectl").args(["version", "--client"]).output().is_ok() {
        let kubectl = best(1, || {
            let mut command = Command::new("kubectl");
            command.args(["get", "pods", "-A", "--kubeconfig"]).arg(&kubeconfig).env("HOME", home.path());
            command
        });
        row("kubectl get pods -A", &kubectl, &curl);
    }
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
