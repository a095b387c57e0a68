use crate::checks::Findings;
use crate::mesh::linkerd::authz::{Target, target};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `targetRef` of an AuthorizationPolicy names a Server, HTTPRoute or GRPCRoute that is not in the policy's namespace. HTTPRoutes of the
    /// groups `policy.linkerd.io` and `gateway.networking.k8s.io` are two kinds.
    ///
    /// # Why it matters
    ///
    /// The policy grants nothing, and nothing reports it.
    ///
    /// # How to fix it
    ///
    /// Correct name, group or namespace; a policy must be in the namespace of its target.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/{index,authorization_policy}.rs`.
    "linkerd-authorization-target-not-found",
    summary: "AuthorizationPolicy on a Server or route that does not exist",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy, Kind::Server, Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for policy in world.index.objects(Kind::LinkerdAuthorizationPolicy) {
        let (kind, name) = match target(policy) {
            Ok(Target::Server(name)) => (Kind::Server, name),
            Ok(Target::Route(kind, name)) => (kind, name),
            _ => continue,
        };
        let namespace = policy.meta.namespace.as_str();
        if world.index.object(kind, namespace, name).is_some() {
            continue;
        }
        let twin = match kind {
            Kind::HttpRoute => Kind::LinkerdHttpRoute,
            Kind::LinkerdHttpRoute => Kind::HttpRoute,
            other => other,
        };
        if let Some(route) = world.index.object(twin, namespace, name).filter(|_| twin != kind) {
            findings
                .add(
                    policy,
                    "spec.targetRef.group",
                    format!("{kind} {name:?} is of group {}, not {}: the policy grants nothing", twin.group(), kind.group()),
                    format!("Write group: {}.", twin.group()),
                )
                .related(route.reference(), "has the name, but is of the other group");
            continue;
        }
        findings.missing(
            policy,
            "spec.targetRef.name",
            &[(kind, namespace)],
            format!("{kind} {name:?} of group {} does not exist in namespace {namespace:?}: the policy grants nothing", kind.group()),
            "Name an object of the policy's own namespace, or move the policy to it.",
        );
    }
}
