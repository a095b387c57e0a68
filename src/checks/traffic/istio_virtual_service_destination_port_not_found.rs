use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{destinations, export_to};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route or mirror names a port that the Service or ServiceEntry behind its host does not have. Service ports count, not container ports.
    ///
    /// # Why it matters
    ///
    /// Clusters are made per service port. There is none for this number, so the proxy answers 503.
    ///
    /// # How to fix it
    ///
    /// Use a `port` of the Service (not its `targetPort`), or leave the port out when there is only one.
    ///
    /// Sources: IST0101: istio `pkg/config/analysis/analyzers/virtualservice/destinationhosts.go`.
    "istio-virtual-service-destination-port-not-found",
    summary: "VirtualService routes to a port that the service does not have",
    aliases: &["IST0101"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    for vs in world.index.objects(Kind::VirtualService) {
        let exported = export_to(vs);
        for destination in destinations(vs) {
            let own = &vs.meta.namespace;
            let Some(number) = destination.port else { continue };
            let found = registry.istioctl_lookup(destination.host, own, &exported).or_else(|| registry.resolve(destination.host, own));
            let Some(entry) = found else { continue };
            // A host may have several ServiceEntries; istiod joins their ports.
            let mut ports: Vec<i64> = registry.named(&entry.host).flat_map(|e| e.ports.iter().copied()).collect();
            if ports.contains(&number) {
                continue;
            }
            ports.sort_unstable();
            ports.dedup();
            let listed = ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let message = format!("{:?} has no port {number}", destination.host);
            let hint = if ports.is_empty() { "Give the service a port.".to_owned() } else { format!("Use one of its ports: {listed}.") };
            let finding = findings.add(vs, destination.field.path_of("port"), message, hint);
            if let Some(object) = entry.reference(&world.index) {
                finding.related(object, "the service");
            }
        }
    }
}
