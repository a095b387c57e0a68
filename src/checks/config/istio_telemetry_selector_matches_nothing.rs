use crate::checks::Findings;
use crate::checks::support::istio::platform::telemetry::selector;
use crate::checks::support::kubernetes::runtime_labels;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The selector of a Telemetry resource matches no workload of its namespace.
    ///
    /// # Why it matters
    ///
    /// It has no effect: the traces, metrics or logs it asks for are not made.
    ///
    /// # How to fix it
    ///
    /// Correct the labels: they are those of the pods, not of the Deployment.
    ///
    /// Sources: IST0101; istio `pkg/config/analysis/analyzers/telemetry/selector.go`.
    "istio-telemetry-selector-matches-nothing",
    summary: "Telemetry selector matches no workload of its namespace",
    aliases: &["IST0101"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Telemetry, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for telemetry in world.index.objects(Kind::Telemetry) {
        let (namespace, selector) = (telemetry.meta.namespace.as_str(), selector(telemetry));
        let home = Some(namespace).filter(|ns| *ns != world.istio.root_namespace());
        let picked = || world.index.select(home, &selector).next().is_some() || runtime_labels::may_fit(world, home, &selector);
        if selector.is_empty() || picked() {
            continue;
        }
        let labels: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
        findings.missing(
            telemetry,
            "spec.selector.matchLabels",
            &[(Kind::Pod, namespace), (Kind::Deployment, namespace)],
            format!("no workload of namespace {namespace:?} has the labels {:?}", labels.join(",")),
            "Write labels that the pods carry.",
        );
    }
}
