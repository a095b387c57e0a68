use std::cell::LazyCell;

use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::GatewayName;
use crate::index::Body;
use crate::mesh::istio::policy;
use crate::model::{Field, Kind, Map, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService routes by a claim of a JWT (`@request.auth.claims.…`) on a gateway whose pods no RequestAuthentication selects.
    /// Pods that have finished and WorkloadEntries are no gateways.
    ///
    /// # Why it matters
    ///
    /// Claims exist only once a token was validated. Without a RequestAuthentication the match never holds and the route is dead,
    /// or with `withoutHeaders` always open.
    ///
    /// # How to fix it
    ///
    /// Add a RequestAuthentication that selects the gateway's pods, in their namespace or in the root namespace.
    ///
    /// Sources: IST0149: istio `pkg/config/analysis/analyzers/virtualservice/jwtclaimroute.go`.
    "istio-jwt-route-without-authentication",
    summary: "VirtualService routes by JWT claims on a gateway without RequestAuthentication",
    aliases: &["IST0149"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::IstioGateway, Kind::RequestAuthentication, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    // Pods that have a controller's labels but not its template may be a gateway's where the controller's are not.
    let strays = LazyCell::new(|| index.workloads().iter().flat_map(|w| index.strays(w)).collect::<Vec<_>>());
    for vs in index.objects(Kind::VirtualService) {
        let Some((claim, at)) = claim(vs) else { continue };
        for (text, _) in vs.spec().texts("gateways") {
            let GatewayName::Object { namespace, name, .. } = GatewayName::read(text, &vs.meta.namespace) else { continue };
            let Some(gateway) = index.object(Kind::IstioGateway, namespace, name) else { continue };
            let selector = policy::labels(gateway.spec().get("selector"));
            let workloads = index.select(None, &selector).filter(|w| w.is_live() && !matches!(w.body, Body::Object(_)));
            let selected = strays.iter().filter(|pod| selector.is_subset_of(&pod.metadata.labels));
            let pods = workloads.map(|w| (w.reference.clone(), &w.labels)).chain(selected.map(|pod| (pod.reference(), &pod.metadata.labels)));
            let bare = pods.into_iter().find(|(object, labels)| !authenticated(world, &object.namespace, labels));
            if let Some((pod, _)) = bare {
                let message = format!("{claim} is never known to {pod}: no RequestAuthentication selects the pods of gateway {text:?}");
                let hint = format!("Add a RequestAuthentication in namespace {} that selects the gateway's pods.", pod.namespace);
                findings.add(vs, at.path(), message, hint).related(gateway.reference(), "is the gateway");
            }
        }
    }
}

/// Whether some RequestAuthentication of the workload's namespace or the root namespace selects it.
fn authenticated(world: &World, namespace: &str, pod: &Map) -> bool {
    let places = [namespace, world.istio.root_namespace()];
    let policies = places.iter().flat_map(|ns| world.index.objects_in(Kind::RequestAuthentication, ns));
    policies.into_iter().any(|ra| policy::selector(ra).unwrap_or_default().is_subset_of(pod))
}

/// The first header condition on a claim.
fn claim(vs: &Object) -> Option<(&str, Field<'_>)> {
    let matches = vs.spec().list("http").flat_map(|rule| rule.list("match").collect::<Vec<_>>());
    let headers = matches.flat_map(|m| ["headers", "withoutHeaders"].into_iter().filter_map(move |name| m.get(name)).collect::<Vec<_>>());
    headers.flat_map(|map| map.entries().collect::<Vec<_>>()).find(|(name, _)| is_claim(name))
}

/// `@request.auth.claims.name` or `@request.auth.claims[name]`, in any case.
fn is_claim(header: &str) -> bool {
    const START: &str = "@request.auth.claims";
    let Some((start, rest)) = header.split_at_checked(START.len()) else { return false };
    let named = rest.strip_prefix('.').is_some_and(|name| !name.is_empty());
    let quoted = rest.strip_prefix('[').and_then(|name| name.strip_suffix(']')).is_some_and(|name| !name.is_empty());
    start.eq_ignore_ascii_case(START) && (named || quoted)
}
