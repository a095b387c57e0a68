use crate::checks::Findings;
use crate::mesh::linkerd::authz::{identities_of, networks_of, required};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `requiredAuthenticationRefs` names a MeshTLSAuthentication or NetworkAuthentication that does not exist, or one that names nobody or
    /// cannot be read. Without a `namespace` it is looked for in the policy's own.
    ///
    /// # Why it matters
    ///
    /// Linkerd fails closed: the whole policy is passed over, not just that requirement. Clients get 403, and only a log line of the policy
    /// controller says why.
    ///
    /// # How to fix it
    ///
    /// Create the authentication, or correct name and namespace.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`.
    "linkerd-authentication-not-found",
    summary: "AuthorizationPolicy void because an authentication it requires is missing or empty",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        for required in required(policy) {
            let Some(kind @ (Kind::MeshTlsAuthentication | Kind::NetworkAuthentication)) = required.kind else { continue };
            let (namespace, name) = (required.namespace, required.name);
            let Some(found) = world.index.object(kind, namespace, name) else {
                findings.missing(
                    policy,
                    required.field.path_of("name"),
                    &[(kind, namespace)],
                    format!("{kind} {name:?} does not exist in namespace {namespace:?}: Linkerd passes the whole policy over"),
                    "Create the authentication, or name one that exists.",
                );
                continue;
            };
            let sound = if kind == Kind::MeshTlsAuthentication {
                identities_of(found, &world.linkerd.cluster).is_some()
            } else {
                networks_of(found).is_some()
            };
            if !sound {
                findings
                    .add(
                        policy,
                        required.field.path_of("name"),
                        format!("{kind} {name:?} is invalid and counts as missing: Linkerd passes the whole policy over"),
                        "Fix the authentication.",
                    )
                    .related(found.reference(), "names nobody, or cannot be read");
            }
        }
    }
}
