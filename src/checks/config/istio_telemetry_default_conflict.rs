use crate::checks::Findings;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A namespace has several Telemetry resources without a selector. Those with `targetRefs` hold for their target only and are left out.
    ///
    /// # Why it matters
    ///
    /// Only one can be the namespace's default: istiod takes the oldest and ignores the others.
    ///
    /// # How to fix it
    ///
    /// Merge them into one, or give the others a selector.
    ///
    /// Sources: IST0160; istio `pkg/config/analysis/analyzers/telemetry/default_selector.go`, `pilot/pkg/model/telemetry.go`.
    "istio-telemetry-default-conflict",
    summary: "Several Telemetry resources want to be their namespace's default",
    aliases: &["IST0160"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Telemetry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::Telemetry);
    for of_namespace in all.chunk_by(|a, b| a.meta.namespace == b.meta.namespace) {
        let is_default = |t: &&Object| {
            let spec = t.spec();
            spec.get("selector").is_none() && spec.list("targetRefs").next().is_none() && spec.get("targetRef").is_none()
        };
        let defaults: Vec<&Object> = of_namespace.iter().filter(is_default).collect();
        let Some(winner) = defaults.iter().copied().min_by(|a, b| a.meta.age_key().cmp(&b.meta.age_key())) else { continue };
        for telemetry in defaults.iter().copied().filter(|_| defaults.len() > 1) {
            let (message, other) = if telemetry.meta.name == winner.meta.name {
                let other = defaults.iter().copied().find(|t| t.meta.name != winner.meta.name).unwrap_or(telemetry);
                (format!("{} is a default of this namespace too; istiod takes this one, the oldest", other.reference()), other)
            } else {
                (format!("istiod takes {} as the default of this namespace and ignores this one", winner.reference()), winner)
            };
            findings
                .add(telemetry, "spec", message, "Merge them into one, or give one of them a selector.")
                .related(other.reference(), "a default too");
        }
    }
}
