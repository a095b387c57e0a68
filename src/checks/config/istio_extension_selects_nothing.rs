use crate::checks::Findings;
use crate::checks::support::kubernetes::runtime_labels;
use crate::mesh::istio::{groups, policy};
use crate::model::{Kind, Map, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The selector of an EnvoyFilter, WasmPlugin, TrafficExtension or ProxyConfig fits no workload of its namespace (of any namespace, when it
    /// stands in the root namespace).
    ///
    /// # Why it matters
    ///
    /// It has no effect: the patch, plugin or setting reaches no proxy, and nothing says so.
    ///
    /// # How to fix it
    ///
    /// Write labels that the pods carry; those of the pod template count, not those of the Deployment itself.
    ///
    /// Sources: istio `pilot/pkg/model/push_context.go` (`EnvoyFilters`, `WasmPlugins`), `pilot/pkg/model/proxy_config.go`.
    "istio-extension-selects-nothing",
    summary: "EnvoyFilter, WasmPlugin, TrafficExtension or ProxyConfig whose selector fits no workload",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::EnvoyFilter, Kind::WasmPlugin, Kind::TrafficExtension, Kind::ProxyConfig, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::EnvoyFilter, Kind::WasmPlugin, Kind::TrafficExtension, Kind::ProxyConfig] {
        for object in world.index.objects(kind).iter().filter(|o| policy::targets(o).is_empty()) {
            let (path, labels) = selector(object);
            let namespace = object.meta.namespace.as_str();
            let home = Some(namespace).filter(|ns| *ns != world.istio.root_namespace());
            let picked = || {
                world.index.select(home, &labels).next().is_some()
                    || groups::may_register(&world.index, home, &labels)
                    || runtime_labels::may_fit(world, home, &labels)
            };
            if labels.is_empty() || picked() {
                continue;
            }
            let whom = home.map_or("any namespace".to_owned(), |ns| format!("namespace {ns:?}"));
            let wanted = labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
            let kinds = [Kind::Pod, Kind::Deployment, Kind::WorkloadGroup].map(|kind| (kind, home.unwrap_or_default()));
            let message = format!("no workload of {whom} has the labels {wanted}");
            findings.missing(object, path, &kinds, message, "Write labels that the pods carry.");
        }
    }
}

fn selector(object: &Object) -> (&'static str, Map) {
    if object.kind == Kind::EnvoyFilter {
        return ("spec.workloadSelector.labels", policy::labels(object.spec().at(["workloadSelector", "labels"])));
    }
    ("spec.selector.matchLabels", policy::selector(object).unwrap_or_default())
}
