use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::istio::platform::envoy_patches::{self, Patch};
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An EnvoyFilter without `priority` applies a patch whose effect depends on what is already there: INSERT_BEFORE, INSERT_AFTER, REMOVE, or
    /// REPLACE. A second case is told apart: another patch for the same name is tied to a proxy version.
    ///
    /// # Why it matters
    ///
    /// Without a priority, EnvoyFilters apply in the order of their creation. After a restore or a move to another cluster that order changes, and
    /// the patch finds its anchor no longer, or finds it in another place; during upgrades it differs between proxies of different versions.
    ///
    /// # How to fix it
    ///
    /// Set `spec.priority`: EnvoyFilters with a lower one apply first.
    ///
    /// Sources: IST0151, IST0155; istio `pkg/config/analysis/analyzers/envoyfilter/envoyfilter.go`.
    "istio-envoy-filter-relative-operation",
    summary: "EnvoyFilter patch depends on the order of EnvoyFilters but sets no priority",
    aliases: &["IST0151", "IST0155"],
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::EnvoyFilter],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let filters = world.index.objects(Kind::EnvoyFilter);
    // Names that a patch for a certain proxy version applies to, in the order of the EnvoyFilters.
    let mut versioned: BTreeSet<String> = BTreeSet::new();
    for filter in filters {
        let priority = filter.spec().get("priority").and_then(|p| p.int()).unwrap_or_default();
        for patch in envoy_patches::of(filter) {
            let name = patch.instance_name();
            if priority == 0 && is_relative(&patch) {
                report(findings, filter, &patch, versioned.contains(&name));
            }
            if patch.item.at(["match", "proxy"]).is_some_and(|p| !p.text("proxyVersion").is_empty()) {
                versioned.insert(name);
            }
        }
    }
}

fn is_relative(patch: &Patch<'_>) -> bool {
    match patch.operation {
        "INSERT_BEFORE" | "INSERT_AFTER" => true,
        "REMOVE" => !envoy_patches::is_route(patch.apply_to),
        "REPLACE" => envoy_patches::can_replace(patch.apply_to),
        _ => false,
    }
}

fn report(findings: &mut Findings<'_>, filter: &Object, patch: &Patch<'_>, versioned: bool) {
    let aside = if versioned { ", and another patch for the same name is tied to a proxy version" } else { "" };
    let at = patch.item.get("patch").as_ref().map_or_else(|| patch.item.path(), |p: &Field<'_>| p.path_of("operation"));
    findings
        .add(
            filter,
            at,
            format!("{} depends on the order of EnvoyFilters, but no priority is set{aside}", patch.operation),
            "Set spec.priority, so that the order does not depend on creation times.",
        )
        .codes(if versioned { &["IST0155"] } else { &["IST0151"] });
}
