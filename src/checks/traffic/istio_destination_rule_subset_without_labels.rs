use crate::checks::Findings;
use crate::checks::support::istio::traffic::kiali::{kiali_finds, known_to_kiali};
use crate::checks::support::istio::traffic::subsets::{self, Pods};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A subset of a DestinationRule has no labels.
    ///
    /// # Why it matters
    ///
    /// It holds all endpoints of the host, like no subset at all. That is fine to give a route a traffic policy of its own, or beside subsets
    /// that do split the workloads (both are told as information), and else an oversight: a canary without labels is the whole service.
    ///
    /// # How to fix it
    ///
    /// Add the labels of the pods that are meant.
    ///
    /// Sources: KIA0209: kiali `checkers/destinationrules/no_dest_checker.go`.
    "istio-destination-rule-subset-without-labels",
    summary: "Subset of a DestinationRule has no labels",
    aliases: &["KIA0209"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::Service, Kind::ServiceEntry, Kind::Deployment, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let pods = Pods::new(world);
    for rule in world.index.objects(Kind::DestinationRule) {
        let host = world.istio.registry.kiali_host(rule.spec().text("host"), &rule.meta.namespace);
        if !known_to_kiali(world, rule, &host) {
            continue;
        }
        let subsets = subsets::of(rule);
        let split = subsets.iter().any(|(_, _, labels)| !labels.is_empty() && kiali_finds(world, &pods, &host, labels));
        for (name, field, _) in subsets.iter().filter(|(_, _, labels)| labels.is_empty()) {
            let message = format!("subset {name:?} has no labels: it is the whole of {:?}", rule.spec().text("host"));
            let finding = findings.add(rule, field.path(), message, "Add the labels of the pods that are meant.");
            if split || field.get("trafficPolicy").is_some() {
                finding.severity(Severity::Info);
            }
        }
    }
}
