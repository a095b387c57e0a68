use crate::checks::Findings;
use crate::checks::support::istio::platform::gateway_workloads::{GatewayWorkloads, selector, text};
use crate::checks::support::kubernetes::runtime_labels;
use crate::index::Workload;
use crate::mesh::istio::labels::is_gateway;
use crate::model::{Kind, Map};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// No workload, in any namespace, has all labels of a Gateway's selector. Pods and pod templates count. Where istiod limits Gateways to their
    /// own namespace (`PILOT_SCOPE_GATEWAY_TO_NAMESPACE`), only that one counts.
    ///
    /// # Why it matters
    ///
    /// The Gateway configures nothing: its ports are not opened, and calls to its hosts fail.
    ///
    /// # How to fix it
    ///
    /// Write the labels of the gateway's pods in `spec.selector`. Charts label them `istio: <release name>`, which need not be `ingressgateway`.
    ///
    /// Sources: IST0101; istio `pkg/config/analysis/analyzers/gateway/gateway.go`. KIA0302; kiali `business/checkers/gateways/selector_checker.go`.
    "istio-gateway-selector-matches-nothing",
    summary: "Gateway selector matches no workload",
    aliases: &["IST0101", "KIA0302"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::IstioGateway, Kind::Pod],
    run: run,
}

/// A gateway that carries one of the selector's keys, whatever its value: the selector is likely meant for it. An ingress gateway is not what
/// somebody means who asks for the egress gateway, and each is installed without the other.
fn resembling<'w>(world: &'w World, selector: &Map) -> Option<&'w Workload> {
    let same_use = |wanted: &str, has: &str| ["ingress", "egress", "eastwest"].iter().all(|of| wanted.contains(of) == has.contains(of));
    let like = |w: &&Workload| selector.iter().any(|(key, wanted)| w.labels.get(key).is_some_and(|has| same_use(wanted, has)));
    world.index.workloads().iter().find(|w| is_gateway(w) && like(w))
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let workloads = GatewayWorkloads::read(world);
    for gateway in world.index.objects(Kind::IstioGateway) {
        let selector = selector(gateway);
        if workloads.of(gateway, &selector).next().is_some() || runtime_labels::may_fit(world, None, &selector) {
            continue;
        }
        let elsewhere = workloads.everywhere(&selector).first();
        let (namespace, message) = match elsewhere {
            None => {
                let near = resembling(world, &selector).map_or("", |w| w.reference.namespace.as_str());
                (near, format!("no workload has the labels {:?}", text(&selector)))
            }
            Some((other, _)) => (
                gateway.meta.namespace.as_str(),
                format!(
                    "workloads with the labels {:?} are in namespace {other:?}, and istiod limits Gateways to their own namespace",
                    text(&selector)
                ),
            ),
        };
        let finding = findings.missing(
            gateway,
            "spec.selector",
            &[(Kind::Pod, namespace), (Kind::Deployment, namespace)],
            message,
            "Write the labels of the gateway's pods in spec.selector.",
        );
        let Some(finding) = finding else { continue };
        if elsewhere.is_some() {
            finding.codes(&["KIA0302"]);
        }
    }
}
