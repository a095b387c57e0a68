use crate::checks::Findings;
use crate::checks::support::istio::traffic::subsets;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// No VirtualService routes to a subset of a DestinationRule. Rules for wildcard hosts are left out.
    ///
    /// # Why it matters
    ///
    /// Each subset costs every proxy a cluster per port. One that is not used is mostly left over from a finished rollout.
    ///
    /// # How to fix it
    ///
    /// Remove the subset, or route to it.
    ///
    /// Sources: istio `pilot/pkg/networking/core/cluster.go` (a cluster per subset and port).
    "istio-destination-rule-subset-unused",
    summary: "No VirtualService routes to a subset of a DestinationRule",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let referenced = subsets::referenced(world);
    for rule in world.index.objects(Kind::DestinationRule) {
        let host = world.istio.registry.kiali_host(rule.spec().text("host"), &rule.meta.namespace);
        if host.is_wildcard() {
            continue;
        }
        for (name, field, _) in subsets::of(rule) {
            if !referenced.contains(&(host.name.clone(), name.to_owned())) {
                let message = format!("no VirtualService routes to subset {name:?} of {:?}", rule.spec().text("host"));
                findings.missing(rule, field.path(), &[(Kind::VirtualService, "")], message, "Remove the subset, or route to it.");
            }
        }
    }
}
