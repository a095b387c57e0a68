use crate::checks::Findings;
use crate::mesh::istio::labels::MANAGED;
use crate::model::{Kind, Map, PodSpec, Port};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// No workload that a Service selects declares the container port that one of the Service's ports leads to, by name or by number.
    ///
    /// # Why it matters
    ///
    /// A target port that is a name must be declared, or the Service has no endpoint for it. A number need not be: there the declaration is only
    /// documentation, and the finding only a hint that a number may be wrong.
    ///
    /// # How to fix it
    ///
    /// Correct `targetPort`, or declare the port in the container.
    ///
    /// Sources: KIA0701; kiali `business/checkers/services/port_mapping_checker.go` (which takes the first Deployment of any namespace whose own
    /// labels fit, not those of its pods).
    "istio-service-port-not-exposed",
    summary: "No container declares the port that a Service port leads to",
    aliases: &["KIA0701"],
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for service in index.services() {
        let (namespace, selector) = (service.metadata.namespace.as_str(), &service.spec.selector);
        if selector.is_empty() || namespace == world.istio.root_namespace() || is_gateway(&service.metadata.labels) {
            continue;
        }
        let workloads: Vec<_> = index.select(Some(namespace), selector).filter(|w| w.reference.kind.is_controller()).collect();
        let specs: Vec<&PodSpec> = workloads.iter().filter_map(|w| index.pod_spec(w)).collect();
        if specs.is_empty() {
            continue;
        }
        for (i, port) in service.spec.ports.iter().enumerate() {
            let target = port.target();
            if specs.iter().any(|spec| declares(spec, &target)) {
                continue;
            }
            let named = matches!(target, Port::Name(_));
            let finding = findings.add(
                service,
                format!("spec.ports[{i}]"),
                format!("port {} leads to container port {target}, which {} does not declare", port.port, workloads[0].reference),
                if named {
                    "Name a port that the container declares, or declare it there."
                } else {
                    "Correct targetPort if it is wrong, or declare the port."
                },
            );
            if named {
                finding.severity(Severity::Warning);
            }
        }
    }
}

fn declares(spec: &PodSpec, target: &Port) -> bool {
    spec.all_containers().flat_map(|c| &c.ports).any(|p| match target {
        Port::Number(number) => p.container_port == *number,
        Port::Name(name) => p.name == name.as_str(),
    })
}

/// Services of gateways and waypoints have ports that nobody declares.
fn is_gateway(labels: &Map) -> bool {
    matches!(labels.get(MANAGED), Some("istio.io-gateway-controller" | "istio.io-mesh-controller"))
        || matches!(labels.get("istio"), Some("ingressgateway" | "egressgateway"))
        || matches!(labels.get("operator.istio.io/component"), Some("IngressGateways" | "EgressGateways"))
        || labels.has("istio.io/gateway-name")
        || labels.get("gateway.networking.k8s.io/gateway-name").is_some_and(|name| name.to_ascii_lowercase().contains("waypoint"))
}
