use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route sends requests (`backendRefs`), or copies of them (`requestMirror`), to a Service that does not exist. The name is that of the Service
    /// alone: a name with dots is no Service's.
    ///
    /// # Why it matters
    ///
    /// The share of the requests that is meant for it is answered with 500. Copies are dropped. Of a backend with weight 0 nothing is felt until it
    /// gets a share: a warning.
    ///
    /// # How to fix it
    ///
    /// Correct `name`, and put the namespace into `namespace`.
    ///
    /// # Example
    ///
    /// ```yaml
    /// backendRefs:
    /// - name: cart.shop.svc.cluster.local   # wrong
    /// - {name: cart, namespace: shop, port: 80}
    /// ```
    ///
    /// Sources: KIA1402; kiali `checkers/k8shttproutes/no_host_checker.go`.
    "gateway-route-backend-not-found",
    summary: "Route to a Service that does not exist",
    aliases: &["KIA1402"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Any,
    needs: &[Kind::Service, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for backend in routes::backends(route) {
            if world.index.service(backend.namespace, backend.name).is_some() {
                continue;
            }
            let idle = backend.field.get("weight").and_then(|weight| weight.int()) == Some(0);
            let share = match (backend.mirror, idle) {
                (true, _) => "copies of requests are dropped",
                (_, true) => "its weight is 0, and requests would fail as soon as it gets a share",
                _ => "its share of the requests fails",
            };
            let hint = if backend.name.contains('.') {
                "Write the Service's name alone, and its namespace into namespace."
            } else {
                "Name an existing Service, with its namespace if it is not the route's."
            };
            let finding = findings.missing_named(
                route,
                backend.field.path_of("name"),
                (Kind::Service, backend.namespace, backend.name),
                format!("Service {:?} does not exist in namespace {:?}: {share}", backend.name, backend.namespace),
                hint,
            );
            let Some(finding) = finding else { continue };
            if (backend.mirror || idle) && finding.severity == Severity::Error {
                finding.severity(Severity::Warning);
            }
        }
    }
}
