use crate::checks::Findings;
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `spec.client` has neither `unauthenticated: true` nor `meshTLS`, has both, has a `meshTLS` that names nobody, or combines
    /// `unauthenticatedTLS` with identities or service accounts.
    ///
    /// # Why it matters
    ///
    /// Without clients the authorization is passed over and grants nothing. Of two that contradict each other the wider one wins where admission
    /// did not refuse it: `unauthenticated` beats `meshTLS`.
    ///
    /// # How to fix it
    ///
    /// Choose one: `unauthenticated: true`, `meshTLS.unauthenticatedTLS: true`, or identities and service accounts.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`, `policy-controller/k8s/index/src/inbound/server_authorization.rs`.
    "linkerd-server-authorization-clients-invalid",
    summary: "ServerAuthorization that names its clients in no valid way",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ServerAuthorization],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for authorization in world.index.objects(Kind::ServerAuthorization) {
        let spec = authorization.spec();
        let client = spec.get("client");
        let is_true = |parent: &Option<Field<'_>>, name| parent.as_ref().and_then(|p| p.get(name)?.bool()) == Some(true);
        let tls = client.as_ref().and_then(|c| c.get("meshTLS"));
        let named = tls.as_ref().is_some_and(|t| ["identities", "serviceAccounts"].into_iter().any(|n| t.list(n).next().is_some()));
        let (open, any_tls) = (is_true(&client, "unauthenticated"), is_true(&tls, "unauthenticatedTLS"));
        let (path, message) = match (open, &tls) {
            (true, Some(_)) => ("spec.client.meshTLS", "meshTLS has no effect beside unauthenticated: true, which lets everybody in"),
            (false, None) => ("spec.client", "it names no clients: it grants nothing"),
            (_, Some(_)) if any_tls && named => ("spec.client.meshTLS", "identities have no effect beside unauthenticatedTLS: true"),
            (_, Some(_)) if !any_tls && !named => ("spec.client.meshTLS", "meshTLS names no identities and no service accounts: it grants nothing"),
            _ => continue,
        };
        findings.add(authorization, path, message, "Choose one of unauthenticated, unauthenticatedTLS, and identities with serviceAccounts.");
    }
}
