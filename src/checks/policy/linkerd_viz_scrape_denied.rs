use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::checks::support::linkerd::platform::planes::meshed;
use crate::model::{Kind, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The viz extension is installed, and a namespace has pods whose inbound default is `deny`, but no AuthorizationPolicy `prometheus-scrape`.
    ///
    /// # Why it matters
    ///
    /// Unless a policy of another name admits it, Prometheus may not read these proxies' metrics: the pods are missing from the dashboard and from
    /// `linkerd viz`.
    ///
    /// # How to fix it
    ///
    /// Run `linkerd viz allow-scrapes -n NAMESPACE` and apply what it prints.
    ///
    /// Sources: linkerd `viz/pkg/healthcheck/healthcheck.go` (prometheus is authorized to scrape data plane pods).
    "linkerd-viz-scrape-denied",
    summary: "Prometheus may not scrape proxies of a namespace that denies by default",
    aliases: &["l5d-viz-data-plane-prom-authz", "l5d-data-plane-prom"],
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::LinkerdAuthorizationPolicy],
    run: run,
}

const DEFAULT: &str = "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY";

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    if !index.namespaces().iter().any(|n| n.metadata.labels.is(EXTENSION, "viz")) {
        return;
    }
    for namespace in index.namespaces() {
        let name = &namespace.metadata.name;
        if index.object(Kind::LinkerdAuthorizationPolicy, name, "prometheus-scrape").is_some() {
            continue;
        }
        let denies = |p: &crate::model::Pod| p.spec.container("linkerd-proxy").and_then(|c| c.env(DEFAULT)) == Some("deny");
        let workloads = index.workloads_in(name).iter().filter(|w| meshed(world, w).any(denies));
        let names: Vec<_> = workloads.map(|w| &w.reference.name).collect();
        if !names.is_empty() {
            let what = format!("Prometheus is not authorized to scrape proxies that deny by default: {}", first_of(&names, 10));
            findings.add(namespace, "", what, format!("Run linkerd viz allow-scrapes -n {name} and apply what it prints."));
        }
    }
}
