//! A canary of the injection: one pod of the same template comes into the mesh beside the others and has to become ready there, before any of them
//! is replaced.

use serde_json::{Value, json};

use super::onboard::watching;
use super::patch::{keys, put};
use super::way::Word;
use super::{Action, Expect, Step, made};
use crate::index::Workload;
use crate::model::MeshId;
use crate::world::World;

/// The label that tells a canary's pods from the others, by the name of the workload.
pub const CANARY: &str = "mesh.kubectl.dev/canary";

/// The name of the canary of a workload.
pub fn name(workload: &str) -> String {
    format!("{workload}-mesh-canary")
}

/// The steps that come before the workload is written, and the one that comes after all.
pub(super) fn steps(world: &World, workload: &Workload, raw: &Value, words: &[Word], mesh: MeshId, expect: Expect) -> (Vec<Step>, Step) {
    let at = &workload.reference;
    let mut spec = raw["spec"].clone();
    spec["replicas"] = json!(1);
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("paused");
    }
    for word in words {
        if let Some(value) = word.value.as_deref() {
            put(&mut spec, &keys(&["template", "metadata", word.field, word.key]), json!(value));
        }
    }
    // Its own controller selects its pods and nobody else's; the Services select them all.
    put(&mut spec, &keys(&["template", "metadata", "labels", CANARY]), json!(at.name.as_str()));
    put(&mut spec, &keys(&["selector", "matchLabels", CANARY]), json!(at.name.as_str()));
    let meta = json!({"name": name(&at.name), "namespace": at.namespace.as_str()});
    let object = json!({"apiVersion": raw["apiVersion"], "kind": raw["kind"], "metadata": meta, "spec": spec});
    let create = made::create(made::signed(world, object, at, mesh));
    let target = create.object.clone();
    let last = Step { manifest: create.manifest.clone(), ..Step::of(Action::Delete, target.clone()) };
    (vec![create, watching(Action::Wait, &target, expect.clone()), watching(Action::Verify, &target, expect)], last)
}
