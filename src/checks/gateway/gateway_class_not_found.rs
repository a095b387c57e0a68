use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

/// Classes that istiod creates itself, so that manifests seldom hold them.
const OF_ISTIO: [&str; 6] = ["istio", "istio-agentgateway", "istio-agentgateway-waypoint", "istio-east-west", "istio-remote", "istio-waypoint"];

crate::check! {
    /// # What it checks
    ///
    /// A Gateway names a GatewayClass that does not exist. The classes that istiod creates are not missed in manifests, whatever other classes
    /// these hold; those of manifests laid over a cluster have to be in it.
    ///
    /// # Why it matters
    ///
    /// No controller takes the Gateway on: it never gets an address, and its status stays Unknown ("Waiting for controller").
    ///
    /// # How to fix it
    ///
    /// Name a class that exists (`kubectl get gatewayclasses`), or install the controller whose class it is.
    ///
    /// Sources: KIA1504; kiali `checkers/k8sgateways/gatewayclass_checker.go` (which knows classes of Istio alone); istio
    /// `pilot/pkg/config/kube/gatewaycommon/classinfo.go`.
    "gateway-class-not-found",
    summary: "Gateway of a class that does not exist",
    aliases: &["KIA1504"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway, Kind::GatewayClass],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let only_files = world.source.kind == SourceKind::Files;
    let known: Vec<&str> = world.index.objects(Kind::GatewayClass).iter().map(|c| c.meta.name.as_str()).collect();
    for gateway in world.index.objects(Kind::Gateway) {
        let spec = gateway.spec();
        let class = spec.text("gatewayClassName");
        if class.is_empty() || known.contains(&class) || (only_files && OF_ISTIO.contains(&class)) {
            continue;
        }
        let hint = if known.is_empty() {
            "Install a controller for this class, or name a class that exists.".to_owned()
        } else {
            format!("Use one of {}.", known.join(", "))
        };
        findings.missing(
            gateway,
            spec.path_of("gatewayClassName"),
            &[(Kind::GatewayClass, "")],
            format!("GatewayClass {class:?} does not exist: no controller takes this Gateway on"),
            hint,
        );
    }
}
