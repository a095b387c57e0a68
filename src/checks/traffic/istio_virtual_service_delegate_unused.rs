use std::collections::HashSet;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{delegate_target, hosts};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService without hosts, which makes it a delegate, that no other VirtualService delegates to.
    ///
    /// # Why it matters
    ///
    /// Its routes are used by nobody. Often `hosts` was forgotten.
    ///
    /// # How to fix it
    ///
    /// Name it as `delegate` in a rule, add `hosts`, or remove it.
    ///
    /// Sources: istio `pilot/pkg/model/virtualservice.go` (MergeHTTPRoutes).
    "istio-virtual-service-delegate-unused",
    summary: "VirtualService without hosts is nobody's delegate",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let all = world.index.objects(Kind::VirtualService);
    let roots = all.iter().filter(|vs| !hosts(vs).is_empty());
    let named: HashSet<(&str, &str)> = roots
        .flat_map(|vs| vs.spec().list("http").filter_map(|rule| rule.get("delegate")).map(|d| delegate_target(vs, &d)).collect::<Vec<_>>())
        .collect();
    for vs in all.iter().filter(|vs| vs.spec().get("hosts").is_none_or(|hosts| hosts.is_empty())) {
        if !named.contains(&(vs.meta.namespace.as_str(), vs.meta.name.as_str())) {
            let message = "has no hosts and no VirtualService delegates to it";
            findings.add(vs, "spec.hosts", message, "Name it as delegate in a rule, add hosts, or remove it.");
        }
    }
}
