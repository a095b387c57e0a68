//! Objects that a plan makes: they bear its name, so that whoever takes it back, or out of the mesh, finds them and nothing else.

use serde_json::{Value, json};

use super::{Action, Step, Target, owners};
use crate::index::Workload;
use crate::model::{Kind, MeshId, Meta, ObjectRef};
use crate::world::World;

/// Who made an object, by its label.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The value of that label.
pub const US: &str = "kubectl-mesh";
/// Annotation: the plan that made an object.
pub const PLAN: &str = "mesh.kubectl.dev/plan";
/// Annotation: the workload that it was made for, `deployment/cart`.
pub const FOR: &str = "mesh.kubectl.dev/for";

/// Kinds of which plans make objects.
pub(crate) const KINDS: [Kind; 9] = [
    Kind::PeerAuthentication,
    Kind::NetworkPolicy,
    Kind::AuthorizationPolicy,
    Kind::Server,
    Kind::LinkerdAuthorizationPolicy,
    Kind::MeshTlsAuthentication,
    Kind::VirtualService,
    Kind::HttpRoute,
    Kind::DestinationRule,
];

/// Puts a plan's name on an object.
pub(super) fn sign(object: &mut Value, plan: &str) {
    object["metadata"]["annotations"][PLAN] = json!(plan);
}

/// Whether this very plan made an object.
pub fn is_of(object: &Value, plan: &str) -> bool {
    object["metadata"]["annotations"][PLAN] == plan && object["metadata"]["labels"][MANAGED_BY] == US
}

/// Whether nobody changed an object since it was made: its generation counts changes of what it asks for.
pub fn is_untouched(object: &Value) -> bool {
    object["metadata"]["generation"].as_i64().is_none_or(|generation| generation <= 1)
}

/// What an object made for a workload is called there.
pub fn purpose(workload: &ObjectRef) -> String {
    format!("{}/{}", workload.kind.name().to_ascii_lowercase(), workload.name)
}

/// An object of ours, without what the plan's name adds; in the version in which its kind was read.
pub fn signed(world: &World, mut object: Value, workload: &ObjectRef, mesh: MeshId) -> Value {
    let of = |field: &str| object[field].as_str().unwrap_or_default();
    if let Some(kind) = Kind::of(of("apiVersion"), of("kind"))
        && let Some(read) = world.index.objects(kind).first()
    {
        object["apiVersion"] = json!(read.meta.reference(kind).api_version());
    }
    object["metadata"]["labels"][MANAGED_BY] = json!(US);
    object["metadata"]["labels"]["mesh.kubectl.dev/mesh"] = json!(mesh.name());
    object["metadata"]["annotations"][FOR] = json!(purpose(workload));
    object
}

/// The objects that plans made for workloads, in the order in which they were read.
pub fn of(world: &World, workloads: &[&Workload]) -> Vec<ObjectRef> {
    let is = |meta: &Meta| {
        meta.labels.is(MANAGED_BY, US)
            && workloads.iter().any(|w| w.reference.namespace == meta.namespace && meta.annotations.is(FOR, &purpose(&w.reference)))
    };
    let objects = KINDS.iter().flat_map(|kind| world.index.objects(*kind));
    let services = world.index.services().iter().filter(|service| is(&service.metadata)).map(|service| service.metadata.reference(Kind::Service));
    objects.filter(|object| is(&object.meta)).map(|object| object.meta.reference(object.kind)).chain(services).collect()
}

/// The step that makes it.
pub fn create(object: Value) -> Step {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let meta = &object["metadata"];
    let target = Target {
        api_version: text(&object["apiVersion"]),
        kind: text(&object["kind"]),
        namespace: text(&meta["namespace"]),
        name: text(&meta["name"]),
        uid: String::new(),
    };
    Step { manifest: Some(object), ..Step::of(Action::Create, target) }
}

/// The step that deletes one that is there.
pub fn delete(at: &ObjectRef, read: &Value) -> Step {
    Step { manifest: Some(read.clone()), owner: owners(read).into_iter().next(), ..Step::of(Action::Delete, Target::of(at, read)) }
}

/// An object as it is made anew: without what the server gave it.
pub fn anew(read: &Value) -> Value {
    let mut object = read.clone();
    if let Some(meta) = object["metadata"].as_object_mut() {
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"]
        {
            meta.remove(field);
        }
    }
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
    object
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{anew, create, is_of, is_untouched, signed};
    use crate::index::Index;
    use crate::model::{Inventory, Kind, MeshId, ObjectRef};
    use crate::plan::Plan;
    use crate::world::{SourceInfo, SourceKind, World};

    #[test]
    fn what_a_plan_makes_is_known_again_and_nothing_else_is() {
        let cart = ObjectRef { kind: Kind::Deployment, namespace: "shop".into(), name: "cart".into(), api_version: "".into() };
        let source = SourceInfo { kind: SourceKind::Files, name: "test".into() };
        let world = World::new(Index::new(Inventory::default()), source, jiff::Timestamp::UNIX_EPOCH);
        let made = signed(
            &world,
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cart-x", "namespace": "shop"}}),
            &cart,
            MeshId::Istio,
        );
        let plan = Plan::new("x".into(), "shop", MeshId::Istio, Vec::new(), vec![create(made.clone())], Vec::new());
        let signed = plan.steps[0].manifest.clone().unwrap();
        assert!(is_of(&signed, &plan.id) && !is_of(&signed, "other") && !is_of(&made, &plan.id));
        let mut foreign = signed.clone();
        foreign["metadata"]["labels"] = json!({});
        assert!(!is_of(&foreign, &plan.id), "an annotation alone may have been copied");
        let (once, twice) = (json!({"metadata": {"generation": 1}}), json!({"metadata": {"generation": 2}}));
        assert!(is_untouched(&once) && !is_untouched(&twice));
        let mut read = signed.clone();
        read["metadata"]["uid"] = json!("1");
        read["status"] = json!({"x": 1});
        assert_eq!(anew(&read), signed);
    }
}
