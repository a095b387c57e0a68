use crate::checks::Findings;
use crate::checks::support::istio::schema::is_name;
use crate::checks::support::istio::traffic::routes::{GatewayName, PROTOCOLS, codes_of_absence, elsewhere_unseen};
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
    /// # How to fix it
    ///
    /// Write `namespace/name` of a Gateway that exists, or create it.
    ///
    /// Sources: IST0101, IST0132: istio `pkg/config/analysis/analyzers/virtualservice/gateways.go`;
    /// KIA1102: kiali `checkers/virtualservices/no_gateway_checker.go` (which stops at the first gateway of a match that is missing, and reads no `./name`).
    "istio-virtual-service-gateway-not-found",
    summary: "VirtualService names a gateway that does not exist",
    aliases: &["IST0101", "IST0132", "KIA1102"],
    severity: Severity::Error,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::IstioGateway, Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (text, at, codes) in named_gateways(vs) {
            let GatewayName::Object { namespace, name, .. } = GatewayName::read(text, &vs.meta.namespace) else { continue };
            if !is_name(namespace) || !is_name(name) {
                continue;
            }
            const KINDS: [Kind; 2] = [Kind::IstioGateway, Kind::Gateway];
            if !KINDS.iter().any(|kind| world.index.object(*kind, namespace, name).is_some()) {
                let finding = findings.missing(
                    vs,
                    at.path(),
                    &KINDS.map(|kind| (kind, namespace)),
                    format!("gateway {name:?} does not exist in namespace {namespace:?}"),
                    "Name an existing Gateway as namespace/name, or create it.",
                );
                if let Some(finding) = finding {
                    finding.codes(&codes_of_absence(world, &KINDS, codes));
                    if elsewhere_unseen(world, &vs.meta.namespace, &KINDS, namespace) {
                        finding.severity(Severity::Info);
                    }
                }
            }
        }
    }
}

/// Every gateway with the codes of the tools that look there: istioctl at `spec.gateways` alone, Kiali at HTTP matches too.
fn named_gateways(vs: &Object) -> Vec<(&str, Field<'_>, &'static [&'static str])> {
    let spec = vs.spec();
    let mut named: Vec<_> = spec.texts("gateways").map(|(name, at)| (name, at, CHECK.aliases)).collect();
    for protocol in PROTOCOLS {
        let codes: &[&str] = if protocol == "http" { &["KIA1102"] } else { &[] };
        let matches = spec.list(protocol).flat_map(|rule| rule.list("match").collect::<Vec<_>>());
        named.extend(matches.flat_map(|m| m.texts("gateways").map(|(name, at)| (name, at, codes)).collect::<Vec<_>>()));
    }
    named
}
