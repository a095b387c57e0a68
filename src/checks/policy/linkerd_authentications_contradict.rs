use crate::checks::Findings;
use crate::mesh::linkerd::authz::{Required, required};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `requiredAuthenticationRefs` holds more than one source of identities (MeshTLSAuthentication, ServiceAccount) or more than one
    /// NetworkAuthentication.
    ///
    /// # Why it matters
    ///
    /// Required authentications must all hold at once, and Linkerd takes at most one of each sort: the policy is refused or passed over. People
    /// usually mean "one or the other".
    ///
    /// # How to fix it
    ///
    /// Put the identities into one MeshTLSAuthentication, which admits any of them, or write one policy for each.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`, `policy-controller/k8s/index/src/inbound/index.rs`.
    "linkerd-authentications-contradict",
    summary: "AuthorizationPolicy that requires two identities or two networks at once",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        let (identities, networks): (Vec<_>, Vec<_>) = required(policy).into_iter().filter(|r| r.kind.is_some()).partition(Required::is_identity);
        for (sources, what, hint) in [
            (identities, "identities", "List all clients in one MeshTLSAuthentication, or write one policy for each."),
            (networks, "networks", "List all networks in one NetworkAuthentication, or write one policy for each."),
        ] {
            if let [_, second, ..] = sources.as_slice() {
                let names: Vec<&str> = sources.iter().map(|s| s.name).collect();
                let message =
                    format!("{} are {} sources of {what}, and a policy may require one: it is passed over", names.join(", "), sources.len());
                findings.add(policy, second.field.path(), message, hint);
            }
        }
    }
}
