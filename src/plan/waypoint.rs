//! A waypoint for workloads in ambient: it is made and waited for before anything is sent to it.

use serde_json::{Value, json};

use super::onboard::{Material, services, write};
use super::patch::{change, keys};
use super::preflight::{Id, Row, Verdict};
use super::{Action, Step, Target, made};
use crate::index::Workload;
use crate::mesh::istio::{ambient, policy};
use crate::model::{Kind, MeshId, ObjectRef, Subject as _};
use crate::world::{Sight, World};

/// The name of one that is made.
pub const NAME: &str = "waypoint";

/// The Gateway of a waypoint.
pub fn gateway(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": Kind::Gateway.api_version(), "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace, "labels": {ambient::WAYPOINT_FOR: "service"}},
        "spec": {"gatewayClassName": ambient::WAYPOINT_CLASS, "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}]}})
}

/// The steps, and what has to be known; what is sent through a waypoint already is left alone.
pub(super) fn steps(world: &World, workloads: &[&Workload], namespace: &str, material: &Material) -> (Vec<Step>, Vec<Row>) {
    let (mut steps, mut rows) = (Vec::new(), Vec::new());
    let (index, block) = (&world.index, |text: String| Row { id: Id::Waypoint, verdict: Verdict::Block, object: None, text });
    if let Sight::Hidden(Some(gap)) = world.sight(Kind::Gateway, namespace) {
        rows.push(block(format!("a waypoint is a Gateway of the Gateway API: {gap}")));
        return (steps, rows);
    }
    let mut waiting: Vec<(ObjectRef, Value)> = Vec::new();
    for service in workloads.iter().flat_map(|workload| services(world, workload)) {
        let at = service.metadata.reference(Kind::Service);
        let served = ambient::reference(index, &service.metadata.labels, namespace).is_some();
        let Some(raw) = material.raw.get(&at).filter(|_| !served && !waiting.iter().any(|(seen, _)| *seen == at)) else { continue };
        waiting.push((at, raw.clone()));
    }
    let Some(first) = workloads.first().filter(|_| !waiting.is_empty()) else { return (steps, rows) };
    let here = index.objects_in(Kind::Gateway, namespace).iter().find(|g| g.spec().text("gatewayClassName") == ambient::WAYPOINT_CLASS);
    let name = here.map_or(NAME, |gateway| gateway.meta.name.as_str());
    let target = match here {
        Some(gateway) => Target::of(&gateway.meta.reference(Kind::Gateway), &Value::Null),
        None if index.object(Kind::Gateway, namespace, NAME).is_some() => {
            rows.push(block(format!("Gateway {NAME} is there and is no waypoint: rename it, or make a waypoint of another name first")));
            return (steps, rows);
        }
        None => {
            let made = made::create(made::signed(world, gateway(namespace, NAME), &first.reference, MeshId::Istio));
            let target = made.object.clone();
            steps.push(made);
            target
        }
    };
    steps.push(Step::of(Action::Wait, target));
    for (at, raw) in waiting {
        let label = change(&raw, keys(&["metadata", "labels", ambient::USE_WAYPOINT]), Some(json!(name)));
        steps.push(write(Action::Label, &at, &raw, vec![label]));
    }
    for workload in workloads {
        let at = &workload.reference;
        let by_ztunnel =
            world.view().authorization_policies().selecting(&at.namespace, &workload.labels).into_iter().find(|p| !policy::is_dry_run(p));
        if let Some(policy) = by_ztunnel {
            let text = format!("{} is enforced by ztunnel, which sees the waypoint's identity instead of its clients'", policy.reference());
            rows.push(Row { id: Id::Waypoint, verdict: Verdict::Warn, object: Some(at.clone()), text });
        }
    }
    (steps, rows)
}
