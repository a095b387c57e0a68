use crate::checks::Findings;
use crate::index::Workload;
use crate::mesh::istio::ambient;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::mesh::mtls::{Mode, PeerAuthentication};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A PeerAuthentication sets the mode `DISABLE`, for all ports or for one, where it holds for workloads in ambient. It is a warning when all
    /// the workloads it holds for are in ambient, else a note.
    ///
    /// # Why it matters
    ///
    /// Between pods in ambient ztunnel encrypts whatever the mode is. `DISABLE` has the effect of `PERMISSIVE`: plaintext from outside of the mesh is
    /// taken as well. Whoever wanted encryption off for a protocol or a load test still has it on.
    ///
    /// # How to fix it
    ///
    /// Write `PERMISSIVE` if plaintext is to be taken as well. To leave encryption out, take the pods out of ambient with the label
    /// `istio.io/dataplane-mode: none`.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/ambient/authorization.go`, istio.io ambient usage; istioctl and Kiali do not look.
    "istio-peer-authentication-disable-in-ambient",
    summary: "PeerAuthentication switches mutual TLS off for workloads in ambient, where it stays on",
    severity: Severity::Warning,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication, Kind::Namespace, Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let root = world.istio.root_namespace();
    for peer in index.objects(Kind::PeerAuthentication) {
        let Some(disabled) = PeerAuthentication::of(peer).settings().find(|setting| setting.mode == Some(Mode::Disable)) else { continue };
        let selector = policy::selector(peer).unwrap_or_default();
        let namespace = peer.meta.namespace.as_str();
        if namespace == root && !selector.is_empty() {
            continue;
        }
        let scope = Some(namespace).filter(|ns| *ns != root);
        let (mut inside, mut others) = (None::<&Workload>, false);
        for workload in index.select(scope, &selector) {
            match policy::enforcer(world.view(), workload) {
                Enforcer::Ztunnel => inside = inside.or(Some(workload)),
                Enforcer::Sidecar => others = true,
                Enforcer::Waypoint | Enforcer::Gateway | Enforcer::Nobody | Enforcer::Unknown => {}
            }
        }
        let whole = selector.is_empty() && scope.is_some_and(|ns| ambient::is_ambient_namespace(index, ns));
        let whom = match inside {
            Some(workload) => workload.reference.to_string(),
            None if whole => format!("pods of namespace {namespace:?}"),
            None => continue,
        };
        let message =
            format!("DISABLE does not switch mutual TLS off for {whom}: ztunnel goes on to encrypt, and takes plaintext as with PERMISSIVE");
        let hint = "Write PERMISSIVE to take plaintext as well, or take the pods out of ambient with istio.io/dataplane-mode: none.";
        let finding = findings.add(peer, disabled.path(), message, hint);
        if others {
            finding.severity(Severity::Info);
        }
    }
}
