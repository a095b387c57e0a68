use std::collections::HashMap;

use crate::checks::Findings;
use crate::mesh::linkerd::authz::{Clients, Grant};
use crate::mesh::linkerd::routes::{self};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The kubelet probes HTTP paths on a port whose Server has accepted routes, and no unauthenticated grant covers them.
    /// A probe path that no route matches gets 404, a matched one without a grant 403. Servers that consult no HTTPRoutes are the matter of linkerd-probe-refused.
    ///
    /// # Why it matters
    ///
    /// Linkerd lets probes in by itself only as long as a Server has no routes. With the first route that ends: pods turn unready or are
    /// restarted, a while after the change that caused it.
    ///
    /// # How to fix it
    ///
    /// Add a rule for the probe paths, and an AuthorizationPolicy on that route that requires a NetworkAuthentication with the kubelet's
    /// addresses.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index/http.rs`, `policy-controller/k8s/index/src/inbound/workload.rs`.
    "linkerd-route-probe-paths-refused",
    summary: "Health probes that a Server refuses since routes are attached to it",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::LinkerdAuthorizationPolicy, Kind::ServerAuthorization, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let (index, cluster) = (&world.index, &world.linkerd.cluster);
    let (servers, grants, routes) = (world.view().linkerd_servers(), world.view().linkerd_authorizations(), world.view().linkerd_server_routes());
    let open = |grant: &Grant| grant.clients == Clients::Anyone;
    let mut judged = HashMap::new();
    for claim in servers.claims() {
        let first = claim.servers.first().filter(|s| s.protocol.takes_http_routes());
        let Some((server, spec)) = first.zip(index.pod_spec(claim.workload)) else { continue };
        let Some(paths) = routes::probe_paths(spec).remove(&claim.port) else { continue };
        let (namespace, name) = (server.object.meta.namespace.as_str(), server.name());
        let (accepted, server_open) = judged.entry((namespace, name)).or_insert_with(|| {
            let mut accepted = routes.accepted(namespace, name);
            accepted.retain(|r| r.kind != Kind::GrpcRoute);
            (accepted, grants.of_server(*server, cluster).iter().any(open))
        });
        if accepted.is_empty() {
            continue;
        }
        let mut lost = Vec::new();
        for path in &paths {
            let best = accepted.iter().filter_map(|r| Some((routes::takes_probe(r, path)?, r))).max_by_key(|(fit, _)| *fit);
            match best {
                None => lost.push(format!("{path} (404)")),
                Some((_, route)) if !*server_open && !grants.of_route(namespace, route.kind, &route.meta.name).any(open) => {
                    lost.push(format!("{path} (403)"))
                }
                Some(_) => {}
            }
        }
        if lost.is_empty() {
            continue;
        }
        findings
            .add_workload(
                claim.workload,
                "",
                format!(
                    "probes of port {} fail: {}; Server {name:?} has routes, so probes are no longer let in by themselves",
                    claim.port,
                    lost.join(", ")
                ),
                "Add a route for the probe paths, with an AuthorizationPolicy for the kubelet's network.",
            )
            .related(server.object.reference(), "governs the port");
    }
}
