//! Decisions about requests, without a cluster: `cargo bench --bench policy`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "what breaks a benchmark should break it")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use kubectl_mesh::cluster::files;
use kubectl_mesh::index::Index;
use kubectl_mesh::mesh::authorization::{Call, Client, Credential, Request, Server};
use kubectl_mesh::views;
use kubectl_mesh::world::{SourceInfo, SourceKind, World};

fn main() {
    divan::main();
}

/// Workloads in ten namespaces, each with a sidecar and a policy that admits its neighbour.
fn manifests(workloads: usize) -> String {
    let mut text = String::new();
    for namespace in 0..10 {
        text += &format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: n{namespace}}}\n---\n");
    }
    for i in 0..workloads {
        let (namespace, neighbour) = (i % 10, (i + 1) % workloads);
        text += &format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: w{i}, namespace: n{namespace}}}\nspec:\n  selector: {{matchLabels: {{app: w{i}}}}}\n  \
             template:\n    metadata: {{labels: {{app: w{i}}}, annotations: {{sidecar.istio.io/status: '{{}}'}}}}\n    spec: {{serviceAccountName: w{i}, \
             containers: [{{name: app, image: a, ports: [{{containerPort: 8080}}]}}, {{name: istio-proxy, image: p}}]}}\n---\n\
             apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {{name: p{i}, namespace: n{namespace}}}\nspec:\n  \
             selector: {{matchLabels: {{app: w{i}}}}}\n  rules: [{{from: [{{source: {{principals: [cluster.local/ns/n{}/sa/w{neighbour}]}}}}], \
             to: [{{operation: {{methods: [GET]}}}}]}}]\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{name: w{i}, namespace: n{namespace}}}\nspec: {{selector: {{app: w{i}}}, \
             ports: [{{name: http, port: 80, targetPort: 8080}}]}}\n---\n",
            neighbour % 10
        );
    }
    text
}

fn world(text: &str) -> World {
    let inventory = files::parse("x.yaml", text, "default").unwrap().inventory;
    World::new(Index::new(inventory), SourceInfo { kind: SourceKind::Files, name: "x".into() }, jiff::Timestamp::UNIX_EPOCH)
}

/// Everybody against everybody: the goal is 2 s for 1,000 workloads with 1,000 policies.
#[divan::bench(args = [100, 300, 1_000], sample_count = 3, sample_size = 1)]
fn matrix(bencher: Bencher<'_, '_>, workloads: usize) {
    let world = world(&manifests(workloads));
    bencher.counter(ItemsCount::new(workloads * workloads)).bench_local(|| views::matrix(black_box(&world), None, None).rows.len());
}

/// From the text of manifests to one decision: the goal is 50 ms.
#[divan::bench(args = [10, 100], sample_count = 10, sample_size = 1)]
fn can(bencher: Bencher<'_, '_>, workloads: usize) {
    let text = manifests(workloads);
    bencher.bench_local(|| {
        let world = world(black_box(&text));
        let server = world.index.workload("n0", "w0", None).unwrap();
        let client = Client { workload: world.index.workload("n1", "w1", None), credential: Credential::Membership, ..Client::default() };
        views::decision(&world, Server::Workload(server, 8080), &Request { client, call: Call::Any, sni: None }).decision
    });
}

/// From the text of manifests to one trace: the goal is 50 ms.
#[divan::bench(args = [10, 100], sample_count = 10, sample_size = 1)]
fn why(bencher: Bencher<'_, '_>, workloads: usize) {
    let text = manifests(workloads);
    let words = ["deploy/w1", "w0.n0:80", "GET", "/"].map(str::to_owned);
    bencher.bench_local(|| {
        let world = world(black_box(&text));
        let asked = views::ask(&world, &words, &[], Some("n1")).unwrap();
        views::why(&world, &asked).steps.steps.len()
    });
}
