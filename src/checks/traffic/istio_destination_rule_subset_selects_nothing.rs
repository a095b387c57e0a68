use crate::checks::Findings;
use crate::checks::support::istio::traffic::kiali::{kiali_finds, known_to_kiali};
use crate::checks::support::istio::traffic::routes::export_to;
use crate::checks::support::istio::traffic::subsets::{self, Pods, labels, merged};
use crate::mesh::istio::{Entry, Source};
use crate::model::{Kind, Map, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The labels of a DestinationRule's subset fit no workload behind its host: no pod (or pod template) that the Service selects,
    /// no endpoint of the ServiceEntry. Labels that istiod takes from the pod's node (region, zone, subzone, host name) count.
    ///
    /// # Why it matters
    ///
    /// Requests that are routed to the subset get 503 (`UH`, no healthy upstream). It is an error when a VirtualService routes to it,
    /// else worth knowing.
    ///
    /// # How to fix it
    ///
    /// Correct the labels of the subset or of the pods, or remove the subset.
    ///
    /// Sources: IST0173: istio `pkg/config/analysis/analyzers/destinationrule/subset.go`;
    /// KIA0203: kiali `checkers/destinationrules/no_dest_checker.go` (for which a ServiceEntry has only the endpoints written in it).
    "istio-destination-rule-subset-selects-nothing",
    summary: "Subset of a DestinationRule fits no workload of its host",
    aliases: &["IST0173", "KIA0203"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::VirtualService, Kind::Service, Kind::ServiceEntry, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    let pods = Pods::new(world);
    let referenced = subsets::referenced(world);
    for rule in world.index.objects(Kind::DestinationRule) {
        let spec = rule.spec();
        let (written, own) = (spec.text("host"), rule.meta.namespace.as_str());
        let host = registry.kiali_host(written, own);
        let known = known_to_kiali(world, rule, &host);
        let looked_up = registry.istioctl_lookup(written, own, &export_to(rule));
        let entry = registry.resolve(written, own);
        for (name, field, wanted) in subsets::of(rule) {
            let mut codes = Vec::new();
            if looked_up.is_some_and(|e| !pods.any(None, &merged(&service_entry_selector(world, e), &wanted))) {
                codes.push("IST0173");
            }
            let picks = |e: &Entry| subsets::selects(world, &pods, e, &wanted);
            // Kiali does not look at the workloads that a ServiceEntry selects.
            let selected = entry.is_some_and(|e| !e.is_service() && picks(e));
            if known && !wanted.is_empty() && !selected && !kiali_finds(world, &pods, &host, &wanted) {
                codes.push("KIA0203");
            }
            let ours = entry.is_some_and(|e| !wanted.is_empty() && !picks(e));
            if codes.is_empty() && !ours {
                continue;
            }
            let used = referenced.contains(&(host.name.clone(), name.to_owned()));
            let use_of_it = if used { "and a VirtualService routes to it" } else { "but no VirtualService routes to it" };
            let text = wanted.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
            let message = format!("subset {name:?} ({text}) fits no workload of {written:?}, {use_of_it}");
            let home = entry.map_or(own, |e| e.namespace.as_str());
            let kinds = [(Kind::Deployment, home), (Kind::Pod, home)];
            let hint = "Correct the labels of the subset or of the pods, or remove the subset.";
            if let Some(finding) = findings.missing(rule, field.path_of("labels"), &kinds, message, hint) {
                finding.codes(&codes);
                if !used {
                    finding.severity(Severity::Info);
                }
                if let Some(object) = entry.and_then(|e| e.reference(&world.index)) {
                    finding.related(object, "is the service");
                }
            }
        }
    }
}

/// The labels that a ServiceEntry asks of its workloads, which istioctl adds to the subset's; it does not look at a Service's selector.
fn service_entry_selector(world: &World, entry: &Entry) -> Map {
    let Source::ServiceEntry(i) = entry.source else { return Map::default() };
    let object: Option<&Object> = world.index.objects(Kind::ServiceEntry).get(i);
    object.map(|o| labels(o.spec().at(["workloadSelector", "labels"]))).unwrap_or_default()
}
