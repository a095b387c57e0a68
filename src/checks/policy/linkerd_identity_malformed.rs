use crate::checks::Findings;
use crate::mesh::linkerd::identity;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An entry of `identities` with a `*` anywhere but as its whole first label, a SPIFFE identity with a wildcard or of an invalid form, or
    /// text that is no name at all.
    ///
    /// # Why it matters
    ///
    /// Linkerd compares such an entry letter by letter, so it never matches: the clients it was meant for are refused. Admission refuses some of
    /// these in MeshTLSAuthentications.
    ///
    /// # How to fix it
    ///
    /// Write `*` for everybody, `*.<namespace>.serviceaccount.identity.<control plane>.<trust domain>` for a namespace, or a full name.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/validation.rs`, `policy-controller/core/src/identity_match.rs`.
    "linkerd-identity-malformed",
    summary: "Identity that no client can ever have",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::MeshTlsAuthentication, Kind::ServerAuthorization],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::MeshTlsAuthentication, Kind::ServerAuthorization] {
        for object in world.index.objects(kind) {
            let spec = object.spec();
            let holder = if kind == Kind::MeshTlsAuthentication { Some(spec) } else { spec.at(["client", "meshTLS"]) };
            for (text, at) in holder.iter().flat_map(|h| h.texts("identities")) {
                if let Err(fault) = identity::validate(text) {
                    let message = format!("no client goes by {text:?}: {}", fault.text());
                    findings.add(object, at.path(), message, "Write a full identity, or * or *.<suffix>.");
                }
            }
        }
    }
}
