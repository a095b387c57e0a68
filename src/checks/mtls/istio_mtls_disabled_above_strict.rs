use crate::checks::Findings;
use crate::checks::support::istio::security::reach::enforced_by;
use crate::index::Workload;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::mesh::mtls::{Mode, PeerAuthentication};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

use crate::checks::support::istio::security::tls;

crate::check! {
    /// # What it checks
    ///
    /// A PeerAuthentication with a selector makes workloads, or some of their ports, STRICT, while the one of their namespace or of the mesh says
    /// DISABLE.
    ///
    /// # Why it matters
    ///
    /// Callers choose between mutual TLS and plaintext by the namespace's and the mesh's mode only; policies with a selector are not asked. So
    /// they send plaintext, and the STRICT workload refuses it: nobody reaches it.
    ///
    /// # How to fix it
    ///
    /// Set the namespace to PERMISSIVE instead of DISABLE, or write a DestinationRule with `ISTIO_MUTUAL` for the Service.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # the namespace's PeerAuthentication, before
    /// mtls: {mode: DISABLE}
    /// # after: plaintext is still accepted, and callers may use mutual TLS
    /// mtls: {mode: PERMISSIVE}
    /// ```
    ///
    /// Sources: istio issues 56084 and 32788; `pilot/pkg/networking/core/cluster_tls.go`.
    "istio-mtls-disabled-above-strict",
    summary: "A workload is STRICT while its namespace or the mesh disables mutual TLS: callers send plaintext",
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication, Kind::DestinationRule, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    let peers = world.view().peer_authentications();
    let by_sidecar = enforced_by(world, Enforcer::Sidecar);
    for peer in world.index.objects(Kind::PeerAuthentication).iter().filter(|p| p.meta.namespace != root) {
        let Some(strict) = PeerAuthentication::of(peer).settings().find(|setting| setting.mode == Some(Mode::Strict)) else { continue };
        let namespace = peer.meta.namespace.as_str();
        let above = peers.for_namespace(namespace);
        let (Mode::Disable, Some(disabling)) = (above.mode, above.policy) else { continue };
        let labels = policy::selector(peer).unwrap_or_default();
        let counts = |w: &&Workload| peers.selecting(namespace, &w.labels).first().is_some_and(|p| p.meta.name == peer.meta.name);
        let hit = world.index.select(Some(namespace), &labels).filter(counts).find(|w| by_sidecar(w) && !callers_are_told(world, w));
        if let (false, Some(workload)) = (labels.is_empty(), hit) {
            let message = format!(
                "{} is STRICT, but callers go by {}, which disables mutual TLS: they send plaintext and are refused",
                workload.reference,
                disabling.reference()
            );
            let hint = "Set that PeerAuthentication to PERMISSIVE, or write a DestinationRule with tls mode ISTIO_MUTUAL for the Service.";
            findings.add(peer, strict.path(), message, hint).related(disabling.reference(), "disables mutual TLS at a wider level");
        }
    }
}

/// Whether a DestinationRule makes callers use mutual TLS towards a Service of the workload.
fn callers_are_told(world: &World, workload: &Workload) -> bool {
    let namespace = workload.reference.namespace.as_str();
    crate::checks::support::istio::security::ports::services(&world.index, workload)
        .any(|service| tls::uses_istio_mutual(world, namespace, &service.metadata.name))
}
