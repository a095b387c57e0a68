//! Which rules take the time: `cargo bench --bench profile [-- PODS]`. Prints the slowest, each alone, with the growth from a tenth of the size.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a benchmark prints, and what breaks it should break it"
)]

mod world;

use std::time::Instant;

use kubectl_mesh::checks::{self, Selection};
use kubectl_mesh::world::World;

fn main() {
    let pods = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(100_000);
    let (small, large) = (world::world(world::inventory(pods / 10)), world::world(world::inventory(pods)));
    let mut rows: Vec<(f64, f64, usize, &str)> = checks::all()
        .iter()
        .map(|check| {
            let selection = Selection { rules: vec![check.id.to_owned()], all_rules: true, ..Selection::default() };
            let (few, _) = time(&small, &selection);
            let (many, findings) = time(&large, &selection);
            (many, many / few.max(1e-6) / 10.0, findings, check.id)
        })
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{:>10} {:>8} {:>9}  rule ({pods} pods; growth: time for one pod against a tenth of the size)", "ms", "growth", "findings");
    for (ms, growth, findings, id) in rows.iter().take(25) {
        println!("{ms:>10.2} {growth:>8.2} {findings:>9}  {id}");
    }
    println!("{:>10.2} {:>8} {:>9}  all, one after the other", rows.iter().map(|r| r.0).sum::<f64>(), "", "");
}

/// The best of three runs, in milliseconds, and how many findings there were.
fn time(world: &World, selection: &Selection) -> (f64, usize) {
    let mut best = f64::MAX;
    let mut findings = 0;
    for _ in 0..3 {
        let start = Instant::now();
        findings = checks::run(world, selection).findings.len();
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    (best, findings)
}
