//! Plans that label or annotate a namespace, and what of it asks for a restart afterwards.

use serde_json::Value;

use super::onboard::{said, write};
use super::preflight::{Row, Verdict};
use super::way::{self, Intention, Word};
use super::{Action, Plan, Step};
use crate::model::{Kind, MeshId, ObjectRef, Str};
use crate::world::World;

/// The namespace itself.
pub fn reference(name: &str) -> ObjectRef {
    ObjectRef { kind: Kind::Namespace, namespace: Str::default(), name: name.into(), api_version: Str::default() }
}

/// The steps by which a namespace says these words: what loses goes first.
pub(super) fn steps(object: &ObjectRef, raw: &Value, words: &[Word]) -> Vec<Step> {
    let mut steps = Vec::new();
    for gone in [true, false] {
        let changes: Vec<_> =
            words.iter().filter(|word| word.value.is_none() == gone).map(|word| said(raw, &[], word)).filter(|c| c.before != c.after).collect();
        let labels = words.iter().any(|word| word.value.is_none() == gone && word.field == "labels");
        if !changes.is_empty() {
            steps.push(write(if labels { Action::Label } else { Action::Annotate }, object, raw, changes));
        }
    }
    steps
}

/// Lets a mesh take in what is created in a namespace from now on.
pub fn enable(world: &World, namespace: &str, intention: &Intention, raw: &Value) -> Plan {
    let title = format!("let {} take in new pods of namespace {namespace} ({})", intention.mesh.title(), intention.mode.name());
    match way::of_namespace(world, namespace, intention) {
        Ok(words) => {
            let steps = steps(&reference(namespace), raw, &words);
            let notes =
                if steps.is_empty() { vec![format!("namespace {namespace} says so already: nothing is changed")] } else { stale(world, namespace) };
            Plan::new(title, namespace, intention.mesh, Vec::new(), steps, notes)
        }
        Err(refusal) => {
            let row = Row { id: refusal.id, verdict: Verdict::Block, object: Some(reference(namespace)), text: refusal.text };
            Plan::new(title, namespace, intention.mesh, vec![row], Vec::new(), Vec::new())
        }
    }
}

/// Lets a mesh leave alone what is created in a namespace from now on.
pub fn disable(world: &World, namespace: &str, mesh: MeshId, raw: &Value) -> Plan {
    let words = way::out_of_namespace(&world.index, namespace, mesh);
    let steps = steps(&reference(namespace), raw, &words);
    let notes = if steps.is_empty() {
        vec![format!("namespace {namespace} asks nothing of {}: nothing is changed", mesh.title())]
    } else {
        stale(world, namespace)
    };
    Plan::new(format!("let {} leave new pods of namespace {namespace} alone", mesh.title()), namespace, mesh, Vec::new(), steps, notes)
}

fn stale(world: &World, namespace: &str) -> Vec<String> {
    let running = world.index.workloads_in(namespace).iter().filter(|w| w.has_live_pods()).count();
    if running == 0 {
        return Vec::new();
    }
    let (noun, verb) = if running == 1 { ("workload keeps", "it is") } else { ("workloads keep", "they are") };
    vec![format!("running pods stay as they are: {running} {noun} the present pods until {verb} restarted")]
}
