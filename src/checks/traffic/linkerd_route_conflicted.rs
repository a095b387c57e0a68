use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::routes::{self, rank};
use crate::model::{Field, Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// Routes of different kinds have the same parent (and, for Services and EgressNetworks, the same port). A GRPCRoute beats HTTPRoutes, those
    /// beat TLSRoutes, and those beat TCPRoutes. On Services it looks at Gateway API routes only where callers are in Linkerd.
    ///
    /// # Why it matters
    ///
    /// All routes of the weaker kind get the status Conflicted and do nothing on that parent, whatever they match.
    ///
    /// # How to fix it
    ///
    /// Use one kind of route for a parent and port. gRPC can be matched by an HTTPRoute with the path `/package.Service/Method`.
    ///
    /// Sources: linkerd `policy-controller/k8s/status/src/index.rs`; Gateway API GEP-1426.
    "linkerd-route-conflicted",
    summary: "Route that loses to a stronger kind of route on the same parent",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    let mut strongest: HashMap<(Kind, &str, &str, Option<i64>), &Object> = HashMap::new();
    let all: Vec<_> = routes::all(&world.index).flat_map(|route| routes::parents(route).into_iter().map(move |parent| (route, parent))).collect();
    for (route, parent) in &all {
        let best = strongest.entry((parent.kind, parent.namespace, parent.name, parent.port)).or_insert(route);
        if rank(route.kind) < rank(best.kind) {
            *best = route;
        }
    }
    for (route, parent) in all {
        let Some(best) = strongest.get(&(parent.kind, parent.namespace, parent.name, parent.port)) else { continue };
        // On Services other meshes and gateways have a say too.
        if rank(best.kind) < rank(route.kind) && [route, *best].into_iter().any(|r| callers.include(r, &parent)) {
            let finding = findings
                .add(
                    route,
                    parent.field.path(),
                    format!(
                        "{} {:?} already has {}, a stronger kind of route: this one does nothing there",
                        parent.kind,
                        parent.name,
                        best.reference()
                    ),
                    "Use one kind of route for this parent and port.",
                )
                .related(best.reference(), "wins");
            // A route whose backends come from elsewhere may be meant for another setup than the rest of the files.
            if world.source.kind == SourceKind::Files && leads_nowhere(world, best) {
                finding.severity(Severity::Info);
            }
        }
    }
}

/// Whether a route has backends and none of them was read.
fn leads_nowhere(world: &World, route: &Object) -> bool {
    let backends: Vec<_> = route.spec().list("rules").flat_map(|rule| rule.list("backendRefs").collect::<Vec<_>>()).collect();
    let namespace = |backend: &Field<'_>| {
        Some(backend.text("namespace").to_owned()).filter(|ns| !ns.is_empty()).unwrap_or_else(|| route.meta.namespace.to_string())
    };
    !backends.is_empty() && backends.iter().all(|b| world.index.service(&namespace(b), b.text("name")).is_none())
}
