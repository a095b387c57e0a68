use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::linkerd::profile::{self, ProfileName};
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// A ServiceProfile with routes or `dstOverrides` for a Service that also has routes (HTTPRoute, GRPCRoute …) on it or annotations for
    /// retries, timeouts or circuit breaking.
    ///
    /// # Why it matters
    ///
    /// A proxy that finds such a profile uses nothing else for that Service: the routes and annotations silently stop to hold, though their
    /// status says Accepted.
    ///
    /// # How to fix it
    ///
    /// Move what the profile does to routes and annotations, and delete the profile.
    ///
    /// Sources: linkerd-proxy `linkerd/app/outbound/src/discover.rs`, linkerd `policy-controller/k8s/index/src/outbound/index.rs`.
    "linkerd-service-profile-shadows-routes",
    summary: "ServiceProfile that switches routes, retries and circuit breaking of its Service off",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ServiceProfile, Kind::Service, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut on_service: HashMap<(&str, &str), Vec<&Object>> = HashMap::new();
    for route in routes::all(&world.index) {
        for parent in routes::parents(route).into_iter().filter(|p| p.kind == Kind::Service) {
            on_service.entry((parent.namespace, parent.name)).or_default().push(route);
        }
    }
    for profile in world.index.objects(Kind::ServiceProfile) {
        let spec = profile.spec();
        let takes_over = ["routes", "dstOverrides"].into_iter().find(|name| spec.list(name).next().is_some());
        let (Some(field), ProfileName::Service { namespace, name }) = (takes_over, profile::name(&profile.meta.name, &world.linkerd.cluster)) else {
            continue;
        };
        let routes = on_service.get(&(namespace, name)).map(Vec::as_slice).unwrap_or_default();
        let service = world.index.service(namespace, name);
        let prefixes = ["retry.linkerd.io/", "timeout.linkerd.io/", "balancer.linkerd.io/", "balancer.alpha.linkerd.io/"];
        let annotations = service.iter().flat_map(|s| s.metadata.annotations.iter().map(|(k, _)| k.as_str()));
        let annotations: Vec<&str> = annotations.filter(|k| prefixes.iter().any(|p| k.starts_with(p))).collect();
        if routes.is_empty() && annotations.is_empty() {
            continue;
        }
        let mut what: Vec<String> = routes.iter().take(3).map(|r| r.reference().to_string()).collect();
        what.extend(annotations.iter().map(|a| format!("annotation {a}")));
        let finding = findings.add(
            profile,
            format!("spec.{field}"),
            format!("as long as it has {field}, nothing else holds for Service {name:?}: no effect is left of {}", what.join(", ")),
            "Move its routes to HTTPRoutes and annotations, and delete the profile.",
        );
        // Whether anybody calls a Service that is not among the files, they do not tell.
        if service.is_none() && world.sight(Kind::Service, namespace) != Sight::Clear {
            finding.severity(Severity::Info);
        }
        for route in routes.iter().take(3) {
            finding.related(route.reference(), "has no effect");
        }
        if let Some(service) = service.filter(|_| !annotations.is_empty()) {
            finding.related(service.reference(), "has annotations without effect");
        }
    }
}
