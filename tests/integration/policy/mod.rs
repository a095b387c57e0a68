//! `policy`: on manifests and on an API server.

mod can;
mod generate;
mod list;
mod matrix;
mod properties;
mod simulate;
mod test;
mod worlds;

use serde_json::Value;

use crate::mesh::run;

/// A cart with a sidecar, a policy, and somebody who calls it.
const SHOP: &[u8] = include_bytes!("shop.yaml");

/// Runs `policy …` on the shop and further manifests.
fn policy(more: &str, args: &[&str]) -> (i32, String, String) {
    let all = [SHOP, b"---\n", more.as_bytes()].concat();
    run(&[("shop.yaml", &all)], &[&["policy"], args, &["-f", "shop.yaml"]].concat())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}
