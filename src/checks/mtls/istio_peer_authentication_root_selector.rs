use crate::checks::Findings;
use crate::mesh::mtls::{Ignored, Mode, peer_mode};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A PeerAuthentication in the root namespace (`istio-system` unless configured otherwise) has a selector.
    ///
    /// # Why it matters
    ///
    /// Istio ignores it altogether: for the mesh only the one without a selector counts, and a selector there reaches neither other namespaces,
    /// as that of an AuthorizationPolicy would, nor pods of the root namespace itself.
    ///
    /// # How to fix it
    ///
    /// Move it into the namespace of the workloads it is meant for, or drop the selector if it is for the whole mesh.
    ///
    /// Sources: istio `pilot/pkg/model/authentication.go`.
    "istio-peer-authentication-root-selector",
    summary: "PeerAuthentication in the root namespace has a selector and is ignored",
    severity: Severity::Warning,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::PeerAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    for (peer, why) in world.view().peer_authentications().ignored() {
        if why == Ignored::SelectorInRoot {
            let message = format!("namespace {root:?} is the root namespace, where a PeerAuthentication with a selector is ignored");
            let hint = "Move it into the namespace of its workloads, or remove the selector to set the mesh-wide mode.";
            let finding = findings.add(peer, "spec.selector", message, hint);
            if peer_mode(peer) == Some(Mode::Strict) {
                finding.severity(Severity::Error);
            }
        }
    }
}
