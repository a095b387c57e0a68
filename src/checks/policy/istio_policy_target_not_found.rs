use crate::checks::Findings;
use crate::mesh::istio::ambient::WAYPOINT_CLASS;
use crate::mesh::istio::policy;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `targetRefs` of an AuthorizationPolicy, RequestAuthentication, Telemetry or WasmPlugin names a Service, ServiceEntry or Gateway that does
    /// not exist in the policy's namespace, names another namespace, or a GatewayClass from outside of the root namespace.
    ///
    /// # Why it matters
    ///
    /// The policy attaches to nothing and is not enforced. A target in another namespace is not allowed, whatever it is.
    ///
    /// # How to fix it
    ///
    /// Name an object of the policy's own namespace, or move the policy. A policy for all waypoints stands in the root namespace and targets the
    /// GatewayClass `istio-waypoint`.
    ///
    /// Sources: istio `pilot/pkg/model/policyattachment.go`, `pilot/pkg/serviceregistry/ambient/authorization.go` (reason `TargetNotFound`).
    "istio-policy-target-not-found",
    summary: "targetRefs of a policy names something that does not exist or may not be targeted",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[
        Kind::AuthorizationPolicy,
        Kind::RequestAuthentication,
        Kind::Telemetry,
        Kind::WasmPlugin,
        Kind::Service,
        Kind::ServiceEntry,
        Kind::Gateway,
    ],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    for kind in [Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::Telemetry, Kind::WasmPlugin] {
        for object in world.index.objects(kind) {
            let namespace = object.meta.namespace.as_str();
            for target in policy::targets(object) {
                let Some(kind) = target.known_kind() else { continue };
                let path = target.field.path_of("name");
                // Targets without a name or with a namespace are refused by Istio, which the rules about each kind say.
                if target.name.is_empty() || !target.field.text("namespace").is_empty() {
                    continue;
                }
                if kind == Kind::GatewayClass {
                    if namespace != root || target.name != WAYPOINT_CLASS {
                        let message = format!("GatewayClass {:?} cannot be targeted from namespace {namespace:?}", target.name);
                        let hint = format!("Target GatewayClass {WAYPOINT_CLASS:?} from the root namespace {root:?}, or a Gateway or Service here.");
                        findings.add(object, path, message, hint);
                    }
                } else {
                    let found = match kind {
                        Kind::Service => world.index.service(namespace, target.name).is_some(),
                        _ => world.index.object(kind, namespace, target.name).is_some(),
                    };
                    if !found {
                        let message =
                            format!("{} {:?} does not exist in namespace {namespace:?}: the policy is not enforced", target.kind, target.name);
                        let hint = "Name an object of the policy's namespace, or create it.";
                        findings.missing_named(object, path, (kind, namespace, target.name), message, hint);
                    }
                }
            }
        }
    }
}
