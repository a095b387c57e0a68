//! The plan that takes workloads out of a mesh: what their templates say goes, and who relies on them is told first.

use std::collections::BTreeSet;

use serde_json::Value;

use super::made;
use super::onboard::{Material, rolls, said, services, watching, write};
use super::patch::{change, keys};
use super::preflight::{CPU_REQUEST, Id, OPAQUE, Row, Verdict, in_order};
use super::way::{self, Intention, Word};
use super::{Action, Change, Expect, MANAGER, Plan, Seg, Step};
use crate::index::Workload;
use crate::mesh::linkerd::annotations::DEFAULT_POLICY;
use crate::mesh::mtls::{Mtls, ServerMode};
use crate::model::{Kind, MeshId, Mode, ObjectRef, first_of};
use crate::world::World;

/// Makes the plan; `also` are objects that are to go along, beside those that plans made for the workloads.
pub fn plan(world: &World, workloads: &[&Workload], namespace: &str, mesh: MeshId, also: &[ObjectRef], material: &Material) -> Plan {
    let (mut steps, mut notes, mut names) = (Vec::new(), Vec::new(), Vec::new());
    let mut rows: Vec<Row> = material.unread_inside().collect();
    let mut last = Vec::new();
    for object in also {
        match material.raw.get(object) {
            // What refuses goes before the workloads leave, what admits after.
            Some(raw) if admits(object, raw) => last.push(made::delete(object, raw)),
            Some(raw) => steps.push(made::delete(object, raw)),
            None if material.refused.contains_key(object) => {}
            None => rows.push(Row {
                id: Id::Kind,
                verdict: Verdict::Block,
                object: Some(object.clone()),
                text: "it is to go along, and could not be read whole".to_owned(),
            }),
        }
    }
    for workload in workloads {
        let at = &workload.reference;
        names.push(super::report::short(at));
        let Some((raw, path)) = material.raw.get(at).zip(way::template_path(at.kind).filter(|path| !path.is_empty())) else {
            if material.refused.contains_key(at) {
                continue;
            }
            rows.push(Row {
                id: Id::Kind,
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
        let mut changes: Vec<_> = words.iter().map(|word: &Word| said(raw, path, word)).filter(|change| change.before != change.after).collect();
        let asks = !changes.is_empty();
        changes.extend(OURS.into_iter().filter_map(|key| ours(raw, [path, &["metadata", "annotations", key]].concat())));
        // The whole of an object is one step: no field is named twice.
        changes.dedup_by(|a, b| a.path == b.path);
        // A map that was made for what goes is not left behind empty.
        changes.iter_mut().for_each(|change| change.there = change.there.min(change.path.len() - 2));
        let fact = world.injection(mesh, workload);
        if !asks {
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
    steps.extend(of_services(world, workloads, mesh, material));
    steps.append(&mut last);
    let title = format!("take {} out of {}", names.join(", "), mesh.title());
    Plan::new(title, namespace, mesh, in_order(rows), steps, notes)
}

/// Annotations of a template that onboarding adds where they are needed.
const OURS: [&str; 4] = [OPAQUE, CPU_REQUEST, DEFAULT_POLICY, "kubectl.kubernetes.io/restartedAt"];

/// The change that takes a field away, where nobody but this program wrote it.
fn ours(raw: &Value, path: Vec<&str>) -> Option<Change> {
    let gone = change(raw, keys(&path), None);
    (gone.before.is_some() && gone.managers == [MANAGER]).then_some(gone)
}

/// What onboarding said of protocols on Services behind which nobody stays in the mesh.
fn of_services(world: &World, workloads: &[&Workload], mesh: MeshId, material: &Material) -> Vec<Step> {
    let leaves = |workload: &Workload| workloads.iter().any(|w| w.reference == workload.reference);
    let mut steps = Vec::new();
    let mut seen = BTreeSet::new();
    for service in workloads.iter().flat_map(|workload| services(world, workload)) {
        let at = service.metadata.reference(Kind::Service);
        let behind = world.index.select(Some(&at.namespace), &service.spec.selector);
        let stays = behind.into_iter().any(|workload| !leaves(workload) && world.injection(mesh, workload).actual.inside() > 0);
        let Some(raw) = material.raw.get(&at).filter(|_| !stays && seen.insert(at.clone())) else { continue };
        let mut changes: Vec<Change> = ours(raw, vec!["metadata", "annotations", OPAQUE]).into_iter().collect();
        for port in &service.spec.ports {
            let protocol = if port.protocol.is_empty() { "TCP".to_owned() } else { port.protocol.to_string() };
            let path = [keys(&["spec", "ports"]), vec![Seg::Port { port: i64::from(port.port), protocol }], keys(&["appProtocol"])].concat();
            let gone = change(raw, path, None);
            changes.extend((gone.before.is_some() && gone.managers == [MANAGER]).then_some(gone));
        }
        changes.iter_mut().for_each(|change| change.there = change.there.min(change.path.len() - 2));
        if !changes.is_empty() {
            steps.push(write(Action::Patch, &at, raw, changes));
        }
    }
    steps
}

/// Whether an object only lets somebody in, or is what others lead to: without it fewer calls arrive.
fn admits(object: &ObjectRef, raw: &Value) -> bool {
    match object.kind {
        Kind::AuthorizationPolicy => raw["spec"]["action"].as_str().is_none_or(|action| action == "ALLOW") && raw["spec"]["rules"].is_array(),
        Kind::PeerAuthentication => raw["spec"]["mtls"]["mode"].as_str() != Some("STRICT"),
        // Nothing is sent to versions any more before they go.
        Kind::NetworkPolicy | Kind::Server | Kind::VirtualService | Kind::HttpRoute => false,
        _ => true,
    }
}

fn still_in(world: &World, at: &ObjectRef, mesh: MeshId) -> Option<Mode> {
    let workload = world.index.workload(&at.namespace, &at.name, Some(at.kind))?;
    world.injection(mesh, workload).intended.value().and_then(crate::model::Intent::mode)
}

/// Who relies on the workload's being in the mesh, as a server and as a client.
fn depends(world: &World, workload: &Workload, mesh: MeshId, rows: &mut Vec<Row>) {
    let mut warn = |text: String| rows.push(Row { id: Id::Depends, verdict: Verdict::Warn, object: Some(workload.reference.clone()), text });
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
