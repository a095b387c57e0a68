use crate::checks::Findings;
use crate::checks::support::istio::security::ambient_needs::{ambient_services, http_hosts};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService with HTTP or TLS routes for the mesh, or a DestinationRule with HTTP settings, is for a Service of an ambient namespace
    /// and stands in another namespace.
    ///
    /// # Why it matters
    ///
    /// A waypoint reads the objects of its Service's own namespace. Objects for it elsewhere, which a client's sidecar would have followed, have
    /// no effect.
    ///
    /// # How to fix it
    ///
    /// Move the object into the namespace of the Service.
    ///
    /// Sources: kiali KIA0212, KIA1114 `business/checkers/ambient_policy_checker.go`.
    "istio-ambient-host-in-other-namespace",
    summary: "HTTP routing for an ambient Service stands outside of the Service's namespace",
    aliases: &["KIA0212", "KIA1114"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::VirtualService, Kind::DestinationRule, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::VirtualService, Kind::DestinationRule] {
        for object in world.index.objects(kind) {
            let Some(hosts) = http_hosts(object) else { continue };
            for (service, path) in ambient_services(world, object, &hosts) {
                let home = &service.metadata.namespace;
                if *home != object.meta.namespace {
                    let message = format!("the waypoint of Service {home}/{} reads only objects of namespace {home:?}", service.metadata.name);
                    let finding = findings.add(object, path, message, format!("Move this object into namespace {home:?}."));
                    finding.codes(if kind == Kind::VirtualService { &["KIA1114"] } else { &["KIA0212"] });
                    finding.related(service.reference(), "is in ambient");
                }
            }
        }
    }
}
