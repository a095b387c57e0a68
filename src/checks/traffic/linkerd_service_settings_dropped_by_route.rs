use crate::checks::Findings;
use crate::mesh::linkerd::annotations::{RETRY, TIMEOUT};
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Map, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service or an EgressNetwork has timeout (or retry) annotations, and a route on it sets a timeout (or retry) of its own, but not all that the Service sets.
    ///
    /// # Why it matters
    ///
    /// Routes replace, they do not merge: a route with any timeout drops all timeouts of the Service, and likewise for retries. Requests on that
    /// route run without the settings that only the Service has.
    ///
    /// # How to fix it
    ///
    /// Repeat on the route what should hold there too.
    ///
    /// Sources: linkerd `policy-controller/grpc/src/outbound/{http,grpc}.rs`.
    "linkerd-service-settings-dropped-by-route",
    summary: "Retry or timeout settings of a Service that a route of its own replaces",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::EgressNetwork, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute] {
        for route in world.index.objects(kind) {
            for parent in routes::parents(route) {
                let (of_service, reference) = match parent.kind {
                    Kind::Service => match world.index.service(parent.namespace, parent.name) {
                        Some(service) => (&service.metadata.annotations, service.reference()),
                        None => continue,
                    },
                    Kind::EgressNetwork => match world.index.object(Kind::EgressNetwork, parent.namespace, parent.name) {
                        Some(network) => (&network.meta.annotations, network.reference()),
                        None => continue,
                    },
                    _ => continue,
                };
                for (what, names) in [("timeout", TIMEOUT.as_slice()), ("retry", RETRY.as_slice())] {
                    let own = own_settings(route, kind, what, names);
                    let irrelevant = if kind == Kind::GrpcRoute { "retry.linkerd.io/http" } else { "retry.linkerd.io/grpc" };
                    let lost: Vec<&str> = names.iter().copied().filter(|n| *n != irrelevant && of_service.has(n) && !own.contains(n)).collect();
                    if own.is_empty() || lost.is_empty() {
                        continue;
                    }
                    findings
                        .add(
                            route,
                            "metadata.annotations",
                            format!("it sets {}, which drops {} of {} {:?}", own.join(", "), lost.join(", "), parent.kind, parent.name),
                            format!("Repeat on the route what should hold there too: {}.", lost.join(", ")),
                        )
                        .related(reference.clone(), format!("has {what} annotations"));
                }
            }
        }
    }
}

fn own_settings<'n>(route: &Object, kind: Kind, what: &str, names: &[&'n str]) -> Vec<&'n str> {
    let annotations: &Map = &route.meta.annotations;
    let mut own: Vec<&str> = names.iter().copied().filter(|n| annotations.has(n)).collect();
    let in_rules = || route.spec().list("rules").any(|rule| rule.at(["timeouts", "request"]).is_some());
    let request = names.first().copied().filter(|_| what == "timeout" && kind != Kind::GrpcRoute && in_rules());
    own.extend(request.filter(|r| !own.contains(r)));
    own
}
