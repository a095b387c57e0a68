//! The plan that takes workloads out of a mesh: what their templates say goes, and who relies on them is told first.

use super::onboard::{Material, rolls, said, watching, write};
use super::preflight::{Row, Verdict, in_order};
use super::way::{self, Intention, Word};
use super::{Action, Expect, Plan};
use crate::index::Workload;
use crate::mesh::mtls::{Mtls, ServerMode};
use crate::model::{Kind, MeshId, Mode, ObjectRef, first_of};
use crate::world::World;

/// Makes the plan.
pub fn plan(world: &World, workloads: &[&Workload], namespace: &str, mesh: MeshId, material: &Material) -> Plan {
    let (mut rows, mut steps, mut notes, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for workload in workloads {
        let at = &workload.reference;
        names.push(super::report::short(at));
        let Some((raw, path)) = material.raw.get(at).zip(way::template_path(at.kind).filter(|path| !path.is_empty())) else {
            rows.push(Row {
                id: "kind",
                verdict: Verdict::Block,
                object: Some(at.clone()),
                text: "it has no template that could be changed".to_owned(),
            });
            continue;
        };
        let mut words = way::asking(&workload.labels, &workload.annotations, Some(mesh));
        let after = way::after(world, &[(workload, words.clone())], &[]);
        if let Some(mode) = still_in(&after, at, mesh) {
            // The namespace asks for it: only an opt-out of its own keeps it out.
            let out = way::opt_out(&Intention { mesh, mode, revision: None });
            words.retain(|word| word.key != out.key);
            words.push(out);
        }
        let changes: Vec<_> = words.iter().map(|word: &Word| said(raw, path, word)).filter(|change| change.before != change.after).collect();
        let fact = world.injection(mesh, workload);
        if changes.is_empty() {
            notes.push(format!("{at} is not in {}: nothing is changed", mesh.title()));
            continue;
        }
        if fact.actual.inside() > 0 {
            depends(world, workload, mesh, &mut rows);
        }
        let action = if words.iter().any(|word| word.field == "labels") { Action::Label } else { Action::Annotate };
        let step = write(action, at, raw, changes);
        let object = step.object.clone();
        steps.push(step);
        if rolls(at.kind) {
            steps.push(watching(Action::Wait, &object, Expect::outside(mesh)));
            steps.push(watching(Action::Verify, &object, Expect::outside(mesh)));
        }
    }
    let title = format!("take {} out of {}", names.join(", "), mesh.title());
    Plan::new(title, namespace, mesh, in_order(rows), steps, notes)
}

fn still_in(world: &World, at: &ObjectRef, mesh: MeshId) -> Option<Mode> {
    let workload = world.index.workload(&at.namespace, &at.name, Some(at.kind))?;
    world.injection(mesh, workload).intended.value().and_then(crate::model::Intent::mode)
}

/// Who relies on the workload's being in the mesh, as a server and as a client.
fn depends(world: &World, workload: &Workload, mesh: MeshId, rows: &mut Vec<Row>) {
    let mut warn = |text: String| rows.push(Row { id: "depends", verdict: Verdict::Warn, object: Some(workload.reference.clone()), text });
    let mtls = Mtls::new(world.view());
    let strict: Vec<String> =
        mtls.modes(workload).into_iter().filter(|port| port.mode == ServerMode::Strict).map(|port| port.port.to_string()).collect();
    if !strict.is_empty() {
        warn(format!("its ports {} admit mutual TLS only: outside of the mesh anybody reaches them", strict.join(", ")));
    }
    let servers = world.index.workloads().iter().filter(|w| w.reference != workload.reference && world.injection(mesh, w).actual.inside() > 0);
    let refusing: Vec<String> =
        servers.filter(|server| mtls.modes(server).iter().any(|port| port.mode == ServerMode::Strict)).map(|w| w.reference.to_string()).collect();
    if !refusing.is_empty() {
        warn(format!("servers that admit mutual TLS only refuse it from then on, if it calls them: {}", first_of(&refusing, 3)));
    }
    let account = world.index.pod_spec(workload).map(|spec| spec.service_account().to_owned()).unwrap_or_default();
    let identity = match mesh {
        MeshId::Istio => format!("/ns/{}/sa/{account}", workload.reference.namespace),
        MeshId::Linkerd => format!("{account}.{}.serviceaccount.identity.", workload.reference.namespace),
    };
    let policies = [Kind::AuthorizationPolicy, Kind::MeshTlsAuthentication];
    let naming =
        policies.iter().flat_map(|kind| world.index.objects(*kind)).filter(|policy| policy.body.root().to_value().to_string().contains(&identity));
    for policy in naming {
        warn(format!("{} {}/{} admits its identity, which it loses", policy.kind, policy.meta.namespace, policy.meta.name));
    }
}
