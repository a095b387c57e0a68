use super::routes::GatewayName;
use crate::checks::Findings;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A VirtualService names a Gateway as `name.namespace` or `name.namespace.svc.cluster.local`.
    ///
    /// # Why it matters
    ///
    /// The notation is from before Istio 1.1. istiod still reads it, other tools do not: `istioctl analyze` calls such a gateway missing.
    ///
    /// # How to mend it
    ///
    /// Write `namespace/name`.
    ///
    /// Sources: KIA1108: kiali `checkers/virtualservices/no_gateway_checker.go`; IST0133: istio `pkg/config/validation/validation.go`;
    /// IST0101 and IST0132 where istioctl misreads an existing gateway.
    "istio-virtual-service-gateway-legacy-name",
    summary: "VirtualService names a gateway in the notation of before Istio 1.1",
    aliases: &["IST0101", "IST0132", "IST0133", "KIA1108"],
    severity: Severity::Info,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService, Kind::IstioGateway, Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for (text, at, in_spec) in named_gateways(vs) {
            let GatewayName::Object { namespace, name, legacy: true } = GatewayName::read(text, &vs.meta.namespace) else { continue };
            let exists = [Kind::IstioGateway, Kind::Gateway].iter().any(|kind| world.index.object(*kind, namespace, name).is_some());
            let codes: &[&str] = if in_spec && exists { CHECK.aliases } else { &["IST0133", "KIA1108"] };
            let message = format!("gateway {text:?} is written in the notation of before Istio 1.1, which istioctl does not read");
            findings.add(vs, at.path(), message, format!("Write {namespace}/{name}.")).codes(codes).fix(at.path(), format!("{namespace}/{name}"));
        }
    }
}

fn named_gateways(vs: &Object) -> Vec<(&str, Field<'_>, bool)> {
    let spec = vs.spec();
    let matches = spec.list("http").flat_map(|rule| rule.list("match").collect::<Vec<_>>());
    let in_matches = matches.flat_map(|m| m.texts("gateways").collect::<Vec<_>>()).map(|(text, at)| (text, at, false));
    spec.texts("gateways").map(|(text, at)| (text, at, true)).chain(in_matches).collect()
}
