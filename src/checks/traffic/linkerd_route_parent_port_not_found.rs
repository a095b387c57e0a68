use crate::checks::Findings;
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Port, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An HTTPRoute of `policy.linkerd.io` names a parent Service with a port number that the Service does not declare. The number is the
    /// Service's `port`, not its `targetPort`.
    ///
    /// # Why it matters
    ///
    /// No request goes to such a port, so the route never takes effect.
    ///
    /// # How to fix it
    ///
    /// Use a port of the Service, or leave the port out for all of them.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index.rs`.
    "linkerd-route-parent-port-not-found",
    summary: "HTTPRoute for a port that its parent Service does not have",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdHttpRoute, Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in world.index.objects(Kind::LinkerdHttpRoute) {
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service) {
            let (Some(port), Some(service)) = (parent.port, world.index.service(parent.namespace, parent.name)) else { continue };
            let ports = &service.spec.ports;
            if ports.iter().any(|p| i64::from(p.port) == port) {
                continue;
            }
            let known = ports.iter().map(|p| p.port.to_string()).collect::<Vec<_>>().join(", ");
            let target = ports.iter().find(|p| matches!(p.target(), Port::Number(n) if i64::from(n) == port));
            let hint = match target {
                Some(p) => format!("Write port: {}, whose targetPort is {port}.", p.port),
                None => format!("Use one of its ports ({known}), or leave the port out."),
            };
            findings
                .add(route, parent.field.path_of("port"), format!("Service {:?} has no port {port}", parent.name), hint)
                .related(service.reference(), format!("has the ports {known}"));
        }
    }
}
