use crate::checks::Findings;
use crate::checks::support::istio::security::{ports, tls};
use crate::index::Workload;
use crate::mesh::istio::labels::is_captured;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::mesh::mtls::{Mode, PeerAuthentications};
use crate::model::{Kind, Service};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A headless Service (`clusterIP: None`) selects pods whose sidecars are STRICT on a port of it, beside pods without a sidecar.
    ///
    /// # Why it matters
    ///
    /// Of other Services, callers know of each pod whether it takes mutual TLS. Of a headless one they do not: a single pod without a sidecar makes
    /// them send plaintext to all. The STRICT pods refuse it, so one pod that was not injected takes the others down.
    ///
    /// # How to fix it
    ///
    /// Inject the pods that lack a sidecar, take them out of the Service, or make the STRICT ones PERMISSIVE. A DestinationRule with `ISTIO_MUTUAL`
    /// reaches the pods with a sidecar, but none of the others.
    ///
    /// Sources: `pilot/pkg/model/push_context.go` (BestEffortInferServiceMTLSMode); istio issue 27376; Kiali and istioctl do not look.
    "istio-headless-service-partly-meshed",
    summary: "Headless Service with STRICT pods and pods without a sidecar: callers send plaintext to all of them",
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service, Kind::PeerAuthentication, Kind::DestinationRule, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let peers = world.view().peer_authentications();
    for service in world.index.services().iter().filter(|s| s.is_headless() && !s.spec.selector.is_empty()) {
        let namespace = service.metadata.namespace.as_str();
        let workloads: Vec<&Workload> = world.index.select(Some(namespace), &service.spec.selector).collect();
        let Some(bare) = workloads.iter().find(|w| lacks_sidecar(world, w)) else { continue };
        let strict = workloads.iter().find_map(|w| Some((*w, strict_port(world, &peers, service, w)?)));
        let Some((strict, port)) = strict.filter(|_| !tls::uses_istio_mutual(world, namespace, &service.metadata.name)) else { continue };
        findings
            .add(
                service,
                "spec.clusterIP",
                format!(
                    "{} has pods without a sidecar, so callers send plaintext to all; {} is STRICT and refuses it",
                    bare.reference, strict.reference
                ),
                format!("Inject {}, or take it out of the Service.", bare.reference.name),
            )
            .related(bare.reference.clone(), "has pods without a sidecar")
            .related(strict.reference.clone(), format!("is STRICT on port {port}"));
    }
}

/// Whether a workload has, or by its labels will have, pods that are in no mesh.
fn lacks_sidecar(world: &World, workload: &Workload) -> bool {
    let mut live = world.index.pod_variants(workload).peekable();
    if live.peek().is_some() {
        // What the control plane goes by; a pod in ambient is told apart by its node's ztunnel.
        return live.any(|(p, _)| !p.metadata.labels.is("security.istio.io/tlsMode", "istio") && !is_captured(p))
            && policy::enforcer(world.view(), workload) != Enforcer::Ztunnel;
    }
    world.index.namespace(&workload.reference.namespace).is_some() && policy::enforcer(world.view(), workload) == Enforcer::Nobody
}

/// A container port behind the Service on which a workload's sidecars take mutual TLS only.
fn strict_port(world: &World, peers: &PeerAuthentications<'_>, service: &Service, workload: &Workload) -> Option<u16> {
    if policy::enforcer(world.view(), workload) != Enforcer::Sidecar {
        return None;
    }
    let accepts = peers.known(workload).ok()?;
    let tcp = service.spec.ports.iter().filter(|p| p.protocol() == "TCP");
    tcp.filter_map(|p| ports::container_port(&world.index, workload, p)).find(|port| accepts.on(*port).mode == Mode::Strict)
}
