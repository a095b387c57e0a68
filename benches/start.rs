//! How large the program is and how long it takes to begin: `cargo bench --bench start`.
//!
//! A plugin is started for every TAB. The shortest of many starts is told, since others only say what else the machine did.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and what breaks it should break it")]

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const STARTS: usize = 50;
/// Megabytes (10⁶ bytes) of the stripped binary.
const SIZE: f64 = 15.0;
/// Milliseconds from the call to the exit of what reads nothing.
const START: f64 = 10.0;

fn main() -> ExitCode {
    if cfg!(debug_assertions) {
        println!("only a release says how large and how fast the program is");
        return ExitCode::SUCCESS;
    }
    let binary = env!("CARGO_BIN_EXE_kubectl-mesh");
    let size = std::fs::metadata(binary).unwrap().len() as f64 / 1e6;
    let start = |arguments: &[&str]| {
        let once = || {
            let begun = Instant::now();
            let status = Command::new(binary).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
            assert!(status.success());
            begun.elapsed()
        };
        (0..STARTS).map(|_| once()).min().unwrap_or(Duration::MAX).as_secs_f64() * 1e3
    };
    let mut sound = true;
    let mut judge = |name: &str, is: f64, limit: f64, unit: &str| {
        println!("{name:<24} {is:>7.2} of {limit:>5.1} {unit}");
        sound &= is <= limit;
    };
    judge("size", size, SIZE, "MB");
    judge("version --client", start(&["version", "--client"]), START, "ms");
    judge("__complete check --", start(&["__complete", "check", "--"]), START, "ms");
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
