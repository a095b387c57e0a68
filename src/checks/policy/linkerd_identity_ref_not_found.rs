use crate::checks::Findings;
use crate::mesh::linkerd::authz::referenced_kind;
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `identityRefs` of a MeshTLSAuthentication, `requiredAuthenticationRefs` of an AuthorizationPolicy or `serviceAccounts` of a
    /// ServerAuthorization name a ServiceAccount or a Namespace that is not there.
    ///
    /// # Why it matters
    ///
    /// Linkerd turns the name into an identity without looking it up. Nobody has that identity, so the clients it was meant for are refused; and
    /// whoever creates the account later is let in.
    ///
    /// # How to fix it
    ///
    /// Correct name and namespace. Without a namespace, a ServiceAccount is looked for where the policy is, not where the client is.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/{meshtls_authentication,server_authorization,index}.rs`.
    "linkerd-identity-ref-not-found",
    summary: "Policy for a ServiceAccount or Namespace that does not exist",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::MeshTlsAuthentication, Kind::LinkerdAuthorizationPolicy, Kind::ServerAuthorization, Kind::ServiceAccount, Kind::Namespace],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for authentication in world.index.objects(Kind::MeshTlsAuthentication) {
        for reference in authentication.spec().list("identityRefs") {
            match referenced_kind(&reference) {
                Some(Kind::ServiceAccount) => account(world, findings, authentication, &reference),
                Some(Kind::Namespace) => namespace(world, findings, authentication, &reference),
                _ => {}
            }
        }
    }
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        let references = policy.spec().list("requiredAuthenticationRefs");
        references.filter(|r| referenced_kind(r) == Some(Kind::ServiceAccount)).for_each(|r| account(world, findings, policy, &r));
    }
    for authorization in world.index.objects(Kind::ServerAuthorization) {
        let tls = authorization.spec().at(["client", "meshTLS"]);
        tls.iter().flat_map(|t| t.list("serviceAccounts")).for_each(|r| account(world, findings, authorization, &r));
    }
}

fn account(world: &World, findings: &mut Findings<'_>, object: &Object, reference: &Field<'_>) {
    let name = reference.text("name");
    let namespace = Some(reference.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(&object.meta.namespace);
    // Every namespace has the account "default"; manifests rarely spell it out.
    if name == "default" || world.index.object(Kind::ServiceAccount, namespace, name).is_some() {
        return;
    }
    let finding = findings.missing_named(
        object,
        reference.path_of("name"),
        (Kind::ServiceAccount, namespace, name),
        format!("ServiceAccount {name:?} does not exist in namespace {namespace:?}: no client has its identity"),
        "Name the ServiceAccount that the clients run as, with its namespace.",
    );
    // Extensions admit each other's accounts, whether or not the other one is installed.
    let nothing_there = world.index.namespace(namespace).is_none() && world.index.objects_in(Kind::ServiceAccount, namespace).is_empty();
    if let Some(finding) = finding.filter(|_| nothing_there) {
        finding.severity(Severity::Info);
    }
}

fn namespace(world: &World, findings: &mut Findings<'_>, object: &Object, reference: &Field<'_>) {
    let name = reference.text("name");
    if world.index.namespace(name).is_none() {
        findings.missing(
            object,
            reference.path_of("name"),
            &[(Kind::Namespace, "")],
            format!("Namespace {name:?} does not exist: no client is from there"),
            "Name the namespace that the clients run in.",
        );
    }
}
