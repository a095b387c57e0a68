//! The plan that lets workloads refuse everybody but those who are known to call: a plan of its own, carried out with proof alone.

use serde_json::Value;

use super::made;
use super::preflight::{Id, Row, Verdict, in_order};
use super::{Plan, Step};
use crate::index::Workload;
use crate::model::{Kind, MeshId};
use crate::world::World;

/// Makes the plan of policies that were made for each workload; `proof` is what stands against it, or is not known.
pub fn plan(world: &World, made_for: Vec<(&Workload, Vec<Value>)>, namespace: &str, mesh: MeshId, proof: Vec<Row>, notes: Vec<String>) -> Plan {
    let (mut rows, mut objects, mut names) = (proof, Vec::new(), Vec::new());
    for (workload, policies) in made_for {
        let at = &workload.reference;
        names.push(super::report::short(at));
        if world.injection(mesh, workload).actual.inside() == 0 {
            let text = format!("its pods are not in {}: nothing could tell its clients apart", mesh.title());
            rows.push(Row { id: Id::NotTaken, verdict: Verdict::Block, object: Some(at.clone()), text });
            continue;
        }
        objects.extend(policies.into_iter().map(|policy| made::signed(world, policy, at, mesh)));
    }
    // Whoever is let in is named first: a Server without a policy refuses all.
    objects.sort_by_key(|object| {
        Kind::of(object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default()) == Some(Kind::Server)
    });
    let steps: Vec<Step> = objects.into_iter().map(made::create).collect();
    let title = format!("let {} refuse whoever is not known to call", names.join(", "));
    Plan::new(title, namespace, mesh, in_order(rows), steps, notes)
}
