use crate::checks::Findings;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService names a gateway, in `spec.gateways` or in a match, that is neither an Istio Gateway nor a Gateway API Gateway.
    /// A name without a namespace is looked up in the VirtualService's own. `mesh` stands for all sidecars and is always there.
    ///
    /// # Why it matters
    ///
    /// Istio drops the binding without a word: the routes are programmed nowhere, and callers get 404.
    ///
    /// # How to mend it
    ///
    /// Write `namespace/name` of a Gateway that exists, or create it.
    ///
    /// Sources: istio `pkg/config/analysis/analyzers/virtualservice/gateways.go`; kiali `checkers/virtualservices/no_gateway_checker.go`.
    "istio-virtual-service-gateway-not-found",
    summary: "VirtualService names a gateway that does not exist",
    aliases: &["IST0101", "KIA1102"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::IstioGateway, Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (name, at) in named_gateways(vs) {
            let (namespace, short) = name.split_once('/').unwrap_or((vs.meta.namespace.as_str(), name));
            let namespace = if namespace == "." { vs.meta.namespace.as_str() } else { namespace };
            let found = [Kind::IstioGateway, Kind::Gateway].iter().any(|kind| world.index.object(*kind, namespace, short).is_some());
            if !found {
                findings.missing(
                    vs,
                    at.path(),
                    &[(Kind::IstioGateway, namespace), (Kind::Gateway, namespace)],
                    format!("gateway {name:?} does not exist in namespace {namespace:?}"),
                    "Name an existing Gateway as namespace/name, or create it.",
                );
            }
        }
    }
}

fn named_gateways(vs: &Object) -> impl Iterator<Item = (&str, Field<'_>)> {
    let spec = vs.spec();
    let in_matches =
        spec.list("http").flat_map(|route| route.list("match").flat_map(|m| m.texts("gateways").collect::<Vec<_>>()).collect::<Vec<_>>());
    spec.texts("gateways").chain(in_matches).filter(|(name, _)| *name != "mesh")
}
