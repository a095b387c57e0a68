use crate::checks::Findings;
use crate::checks::support::istio::traffic::routes::{GatewayName, rules};
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
    /// # How to fix it
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
        for (text, at, place) in named_gateways(vs) {
            let GatewayName::Object { namespace, name, legacy: true } = GatewayName::read(text, &vs.meta.namespace) else { continue };
            let exists = [Kind::IstioGateway, Kind::Gateway].iter().any(|kind| world.index.object(*kind, namespace, name).is_some());
            let misread = place.in_spec && exists;
            let codes = [(misread, "IST0101"), (misread, "IST0132"), (place.warned_of, "IST0133"), (place.in_kiali, "KIA1108")];
            let codes: Vec<&'static str> = codes.into_iter().filter(|(given, _)| *given).map(|(_, code)| code).collect();
            let message = format!("gateway {text:?} is written in the notation of before Istio 1.1, which istioctl does not read");
            findings.add(vs, at.path(), message, format!("Write {namespace}/{name}.")).codes(&codes).fix(at.path(), format!("{namespace}/{name}"));
        }
    }
}

/// Which tools look at a place that names a gateway.
struct Place {
    /// It is `spec.gateways`, which istioctl's analyzer looks up.
    in_spec: bool,
    /// Istio's validation warns: it stops at the first name without a namespace, and passes on no warnings from HTTP and TCP matches.
    warned_of: bool,
    /// Kiali looks at `spec.gateways` and HTTP matches.
    in_kiali: bool,
}

fn named_gateways(vs: &Object) -> Vec<(&str, Field<'_>, Place)> {
    let mut named = listed(&vs.spec(), "");
    for (protocol, rule) in rules(vs) {
        rule.list("match").for_each(|condition| named.extend(listed(&condition, protocol)));
    }
    named
}

/// The gateways that the spec (no protocol) or a match lists.
fn listed<'a>(list: &Field<'a>, protocol: &str) -> Vec<(&'a str, Field<'a>, Place)> {
    let in_spec = protocol.is_empty();
    let first = list.texts("gateways").position(|(text, _)| !text.contains('/'));
    let place = |i| Place { in_spec, warned_of: first == Some(i) && (in_spec || protocol == "tls"), in_kiali: in_spec || protocol == "http" };
    list.texts("gateways").enumerate().map(|(i, (text, at))| (text, at, place(i))).collect()
}
