use crate::checks::Findings;
use crate::mesh::linkerd::authz::{TargetFault, target};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `targetRef` of an AuthorizationPolicy is a Namespace other than the one the policy is in, or carries a `namespace` field with another one.
    ///
    /// # Why it matters
    ///
    /// Policies hold in their own namespace only. Admission refuses a foreign Namespace; a `namespace` field does not exist in targetRef and is
    /// dropped, so the policy is looked up at home.
    ///
    /// # How to fix it
    ///
    /// Put the policy into the namespace that it is about.
    ///
    /// Sources: linkerd `policy-controller/runtime/src/admission.rs`, AuthorizationPolicy CRD.
    "linkerd-authorization-target-foreign-namespace",
    summary: "AuthorizationPolicy on a namespace other than its own",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        let own = policy.meta.namespace.as_str();
        if let Err(TargetFault::ForeignNamespace(name)) = target(policy) {
            findings.add(
                policy,
                "spec.targetRef.name",
                format!("it is in namespace {own:?} and cannot be about namespace {name:?}"),
                format!("Create the policy in namespace {name:?}, or name {own:?}."),
            );
        }
        let Some(written) = policy.spec().at(["targetRef", "namespace"]) else { continue };
        if written.str().is_some_and(|ns| !ns.is_empty() && ns != own) {
            findings.add(
                policy,
                written.path(),
                format!("targetRef has no field namespace: {written} is dropped, and the target is looked for in {own:?}"),
                "Create the policy in the namespace of its target, and leave the field out.",
            );
        }
    }
}
