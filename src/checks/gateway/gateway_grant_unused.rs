use std::collections::HashSet;

use crate::checks::Findings;
use crate::checks::support::gateway::attachment;
use crate::checks::support::gateway::routes;
use crate::mesh::gateway_api::grants::Crossing;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

/// Kinds whose references are read here; a grant for others may well be used.
const READ: [Kind; 8] =
    [Kind::Gateway, Kind::GrpcRoute, Kind::HttpRoute, Kind::ListenerSet, Kind::TcpRoute, Kind::TlsRoute, Kind::UdpRoute, Kind::BackendTlsPolicy];

crate::check! {
    /// # What it checks
    ///
    /// A ReferenceGrant for routes or Gateways of which none refers to anything it permits.
    ///
    /// # Why it matters
    ///
    /// It is a permission that stands open without need, or one with a slip: a wrong kind, namespace or name, so that what it was written for
    /// is not permitted.
    ///
    /// # How to fix it
    ///
    /// Remove it, or correct `from` and `to`.
    ///
    /// Sources: Gateway API GEP-709; Kiali and istioctl do not look.
    "gateway-grant-unused",
    summary: "ReferenceGrant that nothing makes use of",
    severity: Severity::Info,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[
        Kind::ReferenceGrant,
        Kind::Gateway,
        Kind::HttpRoute,
        Kind::GrpcRoute,
        Kind::ListenerSet,
        Kind::TlsRoute,
        Kind::TcpRoute,
        Kind::UdpRoute,
    ],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let grants = world.index.objects(Kind::ReferenceGrant);
    if grants.is_empty() {
        return;
    }
    let mut used: HashSet<(&str, &str)> = HashSet::new();
    for crossing in crossings(world) {
        let granting = world.index.objects_in(Kind::ReferenceGrant, crossing.to_namespace).iter().filter(|g| crossing.is_granted_by(g));
        used.extend(granting.map(|g| (g.meta.namespace.as_str(), g.meta.name.as_str())));
    }
    for grant in grants {
        // Among files, the routes of a namespace that is not there at all stand elsewhere.
        let judged = grant.spec().list("from").all(|from| {
            let read = READ.iter().any(|kind| kind.group() == from.text("group") && kind.name() == from.text("kind"));
            read && (world.source.kind != SourceKind::Files || has_any(world, from.text("namespace")))
        });
        if judged && !used.contains(&(grant.meta.namespace.as_str(), grant.meta.name.as_str())) {
            findings.add(grant, "spec", "no route or Gateway refers to anything it permits", "Remove it, or correct from and to.");
        }
    }
}

/// Whether there is any route or Gateway of a namespace.
fn has_any(world: &World, namespace: &str) -> bool {
    READ.iter().any(|kind| !world.index.objects_in(*kind, namespace).is_empty())
}

/// Every reference of routes and Gateways into another namespace.
fn crossings(world: &World) -> Vec<Crossing<'_>> {
    let mut found = Vec::new();
    for route in routes::all(&world.index) {
        for backend in routes::backends(route) {
            found.push(Crossing::of(route, Kind::Service, backend.namespace, backend.name));
        }
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service) {
            found.push(Crossing::of(route, Kind::Service, parent.namespace, parent.name));
        }
    }
    for gateway in [Kind::Gateway, Kind::ListenerSet].into_iter().flat_map(|kind| world.index.objects(kind)) {
        for tls in attachment::listeners(gateway).iter().filter_map(|l| l.field.get("tls")) {
            found.extend(tls.list("certificateRefs").map(|r| Crossing::of(gateway, Kind::Secret, r.text("namespace"), r.text("name"))));
        }
    }
    found.retain(|c| !c.to_namespace.is_empty() && c.to_namespace != c.from_namespace);
    found
}
