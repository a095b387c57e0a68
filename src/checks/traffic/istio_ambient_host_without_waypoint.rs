use crate::checks::Findings;
use crate::checks::support::istio::security::ambient_needs::{ambient_services, http_hosts};
use crate::mesh::istio::ambient;
use crate::model::{Kind, Map, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService with HTTP or TLS routes for the mesh, or a DestinationRule with HTTP settings (hash by header or cookie, HTTP connection
    /// pool, outlier detection), is for a Service of an ambient namespace that has no waypoint.
    ///
    /// # Why it matters
    ///
    /// Only the waypoint of the destination routes, retries and ejects. Without one, ambient clients reach the pods directly, as if the object
    /// were not there.
    ///
    /// # How to fix it
    ///
    /// Deploy a waypoint and label the Service or its namespace with `istio.io/use-waypoint`, or delete the object.
    ///
    /// Sources: kiali KIA0210, KIA0211, KIA1109, KIA1113 `business/checkers/ambient_policy_checker.go`.
    "istio-ambient-host-without-waypoint",
    summary: "HTTP routing for an ambient Service that has no waypoint",
    aliases: &["KIA0210", "KIA0211", "KIA1109", "KIA1113"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::VirtualService, Kind::DestinationRule, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for kind in [Kind::VirtualService, Kind::DestinationRule] {
        let route = kind == Kind::VirtualService;
        for object in index.objects(kind) {
            let Some(hosts) = http_hosts(object) else { continue };
            let services = ambient_services(world, object, &hosts);
            let hint = "Label the Service or its namespace with istio.io/use-waypoint and deploy that waypoint.";
            for (service, path) in &services {
                let meta = service.meta();
                if !ambient::is_enrolled(index, &meta.labels, &meta.namespace) {
                    let message = format!(
                        "Service {}/{} is in ambient and has no waypoint, so this has no effect on ambient callers",
                        meta.namespace, meta.name
                    );
                    findings.add(object, path.clone(), message, hint).codes(if route { &["KIA1113"] } else { &["KIA0211"] });
                }
            }
            let namespace = object.meta.namespace.as_str();
            let bare = ambient::is_ambient_namespace(index, namespace) && !ambient::is_enrolled(index, &Map::default(), namespace);
            if services.is_empty() && bare {
                let message = format!("namespace {namespace:?} is in ambient and has no waypoint, so nothing there acts on this");
                let path = hosts.first().map(|first| first.path.clone()).unwrap_or_default();
                findings.add(object, path, message, hint).codes(if route { &["KIA1109"] } else { &["KIA0210"] });
            }
        }
    }
}
