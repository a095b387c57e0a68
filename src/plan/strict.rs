//! The plan that lets workloads take mutual TLS only: a plan of its own, made when they are in the mesh, and carried out with proof alone.

use serde_json::{Value, json};

use super::made;
use super::onboard::{Material, rolls, watching, write};
use super::patch::{change, keys};
use super::preflight::{Id, Row, Verdict, in_order};
use super::way;
use super::{Action, Expect, Plan, Step};
use crate::index::Workload;
use crate::mesh::linkerd::annotations::DEFAULT_POLICY;
use crate::mesh::mtls::{Level, Mtls, PortMode, ServerMode};
use crate::model::{Kind, Map, MeshId, Mode, ObjectRef};
use crate::world::World;

/// Makes the plan; `proof` is what stands against it, or is not known.
pub fn plan(world: &World, workloads: &[&Workload], namespace: &str, mesh: MeshId, proof: Vec<Row>, material: &Material) -> Plan {
    let mtls = Mtls::new(world.view());
    let (mut rows, mut steps, mut notes, mut names) = (proof, Vec::new(), Vec::new(), Vec::new());
    for workload in workloads {
        let at = &workload.reference;
        names.push(super::report::short(at));
        let modes: Vec<PortMode> = mtls.modes(workload).into_iter().filter(|port| port.mesh == Some(mesh)).collect();
        if modes.is_empty() && world.injection(mesh, workload).actual.inside() > 0 {
            notes.push(format!("{at} has no ports that are known: nothing is changed"));
            continue;
        }
        if modes.iter().all(|port| port.level == Level::Pod) {
            let text = format!("its pods are not in {}: nothing could demand mutual TLS of its clients", mesh.title());
            rows.push(Row { id: Id::NotTaken, verdict: Verdict::Block, object: Some(at.clone()), text });
            continue;
        }
        let open: Vec<&PortMode> = modes.iter().filter(|port| port.mode != ServerMode::Strict).collect();
        if open.is_empty() {
            notes.push(format!("{at} takes mutual TLS only already: nothing is changed"));
            continue;
        }
        let made = match mesh {
            MeshId::Istio => of_istio(world, workloads, workload, &open, material),
            MeshId::Linkerd => of_linkerd(workload, material),
        };
        match made {
            Ok(more) => steps.extend(more),
            Err(text) => rows.push(Row { id: Id::Kind, verdict: Verdict::Block, object: Some(at.clone()), text }),
        }
    }
    let title = format!("let {} take mutual TLS only", names.join(", "));
    Plan::new(title, namespace, mesh, in_order(rows), steps, notes)
}

/// The policy that decides for the workload is edited, where there is one of its own; otherwise one is made.
fn of_istio(world: &World, workloads: &[&Workload], workload: &Workload, open: &[&PortMode], material: &Material) -> Result<Vec<Step>, String> {
    let own = open.iter().filter(|port| matches!(port.level, Level::Workload | Level::Port)).find_map(|port| port.decider());
    if let Some(policy) = own {
        let raw = material.raw.get(policy).ok_or_else(|| format!("{policy} decides for it, and could not be read whole"))?;
        let mode = change(raw, keys(&["spec", "mtls", "mode"]), Some(json!("STRICT")));
        // Where it says so already, its ports are exceptions that somebody made.
        return Ok(if mode.before == mode.after { Vec::new() } else { vec![write(Action::Patch, policy, raw, vec![mode])] });
    }
    let at = &workload.reference;
    let raw = material.raw.get(at).ok_or("the object could not be read whole")?;
    let selector = &raw["spec"]["selector"];
    let labels = selector["matchLabels"].as_object().filter(|labels| !labels.is_empty());
    let Some(labels) = labels.filter(|_| selector["matchExpressions"].as_array().is_none_or(Vec::is_empty)) else {
        return Err("its selector is none that a PeerAuthentication can have: write one for its pods by hand".to_owned());
    };
    let map = Map::new(labels.iter().filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect());
    let others = world.index.select(Some(&at.namespace), &map).filter(|w| !workloads.iter().any(|ours| ours.reference == w.reference));
    if let Some(other) = others.into_iter().next() {
        return Err(format!("a PeerAuthentication with its selector would be for {} as well: name both", other.reference));
    }
    let name = format!("{}-strict", at.name);
    let spec = json!({"selector": {"matchLabels": Value::Object(labels.clone())}, "mtls": {"mode": "STRICT"}});
    let policy = json!({"apiVersion": Kind::PeerAuthentication.api_version(), "kind": "PeerAuthentication",
        "metadata": {"name": name, "namespace": at.namespace.as_str()}, "spec": spec});
    Ok(vec![made::create(made::signed(world, policy, at, MeshId::Istio))])
}

/// Its pods say what they demand, so that they are replaced.
fn of_linkerd(workload: &Workload, material: &Material) -> Result<Vec<Step>, String> {
    let at = &workload.reference;
    let raw = material.raw.get(at).ok_or("the object could not be read whole")?;
    let path = way::template_path(at.kind).filter(|path| !path.is_empty() && rolls(at.kind)).ok_or("its pods are not replaced by themselves")?;
    let key = [path, &["metadata", "annotations", DEFAULT_POLICY]].concat();
    let step = write(Action::Annotate, at, raw, vec![change(raw, keys(&key), Some(json!("all-authenticated")))]);
    let object = step.object.clone();
    let expect = Expect { unchanged: true, ..Expect::inside(MeshId::Linkerd, Mode::Sidecar, None) };
    Ok(vec![step, watching(Action::Wait, &object, expect.clone()), watching(Action::Verify, &object, expect)])
}

/// Objects beside the workloads that it may change.
pub fn policies(world: &World, workloads: &[&Workload]) -> Vec<ObjectRef> {
    let mtls = Mtls::new(world.view());
    let modes = workloads.iter().flat_map(|workload| mtls.modes(workload));
    let own = modes.filter(|port| matches!(port.level, Level::Workload | Level::Port));
    own.filter_map(|port| port.decider().cloned()).filter(|object| object.kind == Kind::PeerAuthentication).collect()
}
