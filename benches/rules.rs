//! Decoding, indexing and judging, without a cluster: `cargo bench --bench rules`.
//!
//! The number to watch is the time for one pod: it must not grow from 10,000 to 100,000 by more than 1.3 times.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a benchmark prints, and what breaks it should break it"
)]

#[path = "../tests/integration/relations.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod relations;
mod world;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use kubectl_mesh::checks::{self, Selection};
use kubectl_mesh::index::Index;
use kubectl_mesh::mesh::mtls::ServerMode;
use kubectl_mesh::model::{Coverage, Inventory, Item, Kind};
use kubectl_mesh::views;
use relations::{RELATIONS, Relation};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn main() {
    divan::main();
}

/// One pod of about the size that clusters have, most of which is skipped.
#[divan::bench]
fn decode_pod(bencher: Bencher<'_, '_>) {
    let env: Vec<String> = (0..60).map(|i| format!(r#"{{"name":"SETTING_{i}","value":"{}"}}"#, "x".repeat(80))).collect();
    let managed = "y".repeat(8_000);
    let pod = format!(
        r#"{{"metadata":{{"name":"a","namespace":"b","labels":{{"app":"a"}},"managedFields":[{{"fieldsV1":"{managed}"}}]}},"spec":{{"containers":[{{"name":"app","image":"a:1","env":[{}]}}]}},"status":{{"phase":"Running"}}}}"#,
        env.join(",")
    );
    bencher.counter(divan::counter::BytesCount::new(pod.len())).bench(|| Item::from_json(Kind::Pod, black_box(&pod)));
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn index(bencher: Bencher<'_, '_>, pods: usize) {
    bencher.counter(ItemsCount::new(pods)).with_inputs(|| world::inventory(pods)).bench_values(Index::new);
}

#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn open_meshes(bencher: Bencher<'_, '_>, pods: usize) {
    bencher.counter(ItemsCount::new(pods)).with_inputs(|| world::inventory(pods)).bench_values(world::world);
}

/// Once over a world that was just made, as a command does it: what rules find out for one another is found out in that time too.
#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn all_rules(bencher: Bencher<'_, '_>, pods: usize) {
    let selection = Selection { all_rules: true, ..Selection::default() };
    let fresh = || world::world(world::inventory(pods));
    bencher.counter(ItemsCount::new(pods)).with_inputs(fresh).bench_local_refs(|world| checks::run(black_box(world), &selection).findings.len());
}

/// What `mtls -A` adds to reading: the modes of all ports and the edges of all declared clients. Reading 10,000 pods takes a second or two.
#[divan::bench(args = SIZES, sample_count = 5, sample_size = 1)]
fn mtls(bencher: Bencher<'_, '_>, pods: usize) {
    let fresh = || world::world(world::inventory(pods));
    bencher.counter(ItemsCount::new(pods)).with_inputs(fresh).bench_local_refs(|world| {
        let report = views::mtls(black_box(world), &views::Wanted::default(), None);
        report.workloads.len() + report.edges.len()
    });
}

/// What would break if the whole mesh were strict: every client before every port of every Service.
#[divan::bench(args = [1_000, 10_000], sample_count = 3, sample_size = 1)]
fn mtls_plan(bencher: Bencher<'_, '_>, pods: usize) {
    let fresh = || world::world(world::inventory(pods));
    bencher.counter(ItemsCount::new(pods)).with_inputs(fresh).bench_local_refs(|world| {
        let report = views::mtls_plan(black_box(world), ServerMode::Strict, &views::Wanted::default(), None);
        report.breaks.len() + report.kept.len()
    });
}

/// Twenty thousand objects that all meet each other. What is found must not grow with their square.
#[divan::bench(args = &RELATIONS, sample_count = 1, sample_size = 1)]
fn relations(bencher: Bencher<'_, '_>, relation: &Relation) {
    let selection = Selection { all_rules: true, ..Selection::default() };
    let fresh = || {
        let mut inventory = Inventory::default();
        for (kind, object) in relation.objects(20_000) {
            inventory.push(Item::from_json(kind, &object).unwrap());
        }
        inventory.coverage = Kind::ALL.iter().map(|kind| (*kind, Coverage::Complete)).collect();
        world::world(inventory)
    };
    bencher.with_inputs(fresh).bench_local_refs(|world| checks::run(black_box(world), &selection).findings.len());
}
