use crate::checks::Findings;
use crate::mesh::linkerd::server::{ServerFault, ServerSpec};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Server with both or neither of `podSelector` and `externalWorkloadSelector`, a selector that is none, or without a valid port.
    ///
    /// # Why it matters
    ///
    /// The API server refuses it where the CRD's schema is enforced; where it got in earlier, the policy controller passes it over and the port
    /// is open as the default policy says.
    ///
    /// # How to fix it
    ///
    /// Give it exactly one selector and one port, by number (1 to 65535) or name.
    ///
    /// Sources: linkerd `policy-controller/k8s/api/src/policy/server.rs`, Server CRD.
    "linkerd-server-spec-invalid",
    summary: "Server that Linkerd cannot read",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for object in world.index.objects(Kind::Server) {
        let (path, message, hint) = match ServerSpec::of(object) {
            Err(ServerFault::NoSelector) => ("spec", "it has neither podSelector nor externalWorkloadSelector", "Add a podSelector."),
            Err(ServerFault::TwoSelectors) => (
                "spec.externalWorkloadSelector",
                "it has both podSelector and externalWorkloadSelector",
                "Keep one and move the other to a second Server.",
            ),
            Err(ServerFault::BadSelector) => ("spec", "its selector cannot be read", "Write matchLabels or matchExpressions, with text for values."),
            Err(ServerFault::BadPort) => ("spec.port", "it has no valid port", "Write a container port's number (1 to 65535) or name."),
            Err(ServerFault::BadProtocol(_)) | Ok(_) => continue,
        };
        findings.add(object, path, message, hint);
    }
}
