//! What one more pod costs, in instructions: `cargo bench --bench instructions` (and `--profile dev`, which CI runs). Needs valgrind.
//!
//! Clocks are noisy; callgrind's count is the same on every machine of an architecture. `check -A` runs under it against clusters of three sizes
//! served from memory. The difference between two sizes is what the pods between them cost, with nothing of the start in it; between the pairs it must
//! not grow, or something is not linear. More than the budget below fails: raise it only with a reason.

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
#[path = "../tests/integration/encode.rs"]
mod encode;

use std::process::{Command, ExitCode, Stdio};

/// Pods in each cluster: the second and third add as many as the first has, and twice as many.
const SIZES: [usize; 3] = [100, 200, 400];
/// The growth from the first pair to the second above which something is not linear.
const GROWTH: f64 = 1.1;

/// What a pod may cost by protobuf and by JSON, and what `--help` may cost; in thousands of instructions.
struct Budget {
    protobuf: f64,
    json: f64,
    help: f64,
}

/// A tenth above what was measured.
const BUDGET: Budget = if cfg!(debug_assertions) {
    Budget { protobuf: 1_330.0, json: 8_000.0, help: 32_000.0 }
} else {
    Budget { protobuf: 190.0, json: 950.0, help: 5_600.0 }
};

fn main() -> ExitCode {
    let mut sound = true;
    let mut judge = |name: &str, count: f64, limit: f64, unit: &str| {
        println!("{name:<44} {count:>10.2} of {limit:>8.2} {unit}");
        sound &= count <= limit;
    };
    for (name, encoder, budget) in [("protobuf", Some(encode::list as bulk::Encoder), BUDGET.protobuf), ("JSON", None, BUDGET.json)] {
        let [first, second, third] = SIZES.map(|pods| asked(pods, encoder, "check"));
        let few = (second - first) / (SIZES[1] - SIZES[0]) as f64;
        let many = (third - second) / (SIZES[2] - SIZES[1]) as f64;
        judge(&format!("check -A, one more pod, {name}"), many / 1e3, budget, "thousand instructions");
        judge(&format!("check -A, growth, {name}"), many / few, GROWTH, "times");
    }
    // Both read the same; what is asked of encryption is to cost next to nothing beside that.
    let [mtls, status] = ["mtls", "status"].map(|command| asked(SIZES[1], Some(encode::list as bulk::Encoder), command));
    judge("mtls -A, against status -A", mtls / status, GROWTH, "times");
    let help = count(Command::new("valgrind"), &["--help"]);
    judge("--help", help / 1e3, BUDGET.help, "thousand instructions");
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Instructions of a command about all namespaces of a cluster of so many pods.
fn asked(pods: usize, encoder: Option<bulk::Encoder>, about: &str) -> f64 {
    let cluster = bulk::Bulk::new(pods, 10);
    let cluster = if let Some(encoder) = encoder { cluster.protobuf(encoder) } else { cluster };
    cluster.prepare(500);
    let server = cluster.serve();
    let home = tempfile::tempdir().unwrap();
    let kubeconfig = home.path().join("config");
    std::fs::write(&kubeconfig, server.kubeconfig()).unwrap();
    let mut command = Command::new("valgrind");
    command.env("KUBECONFIG", &kubeconfig).env("HOME", home.path());
    count(command, &[about, "-A"])
}

/// Instructions of the plugin with these arguments, as callgrind collects them.
fn count(mut valgrind: Command, arguments: &[&str]) -> f64 {
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_kubectl-mesh")]).args(arguments);
    let output = valgrind.stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap_or_else(|e| panic!("valgrind (Debian's package): {e}"));
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.unwrap_or_else(|| panic!("callgrind said nothing of what it collected:\n{text}"))
}
