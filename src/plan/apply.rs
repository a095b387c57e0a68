//! The plan that applies a set of manifests: what permits first, then the workloads, each waited for, then what sends traffic elsewhere, and what
//! refuses last.

use serde_json::Value;

use super::onboard::{Material, rolls, watching, write};
use super::patch::{change, keys};
use super::preflight::{Id, Row, Verdict, in_order};
use super::way;
use super::{Action, Change, Expect, Plan, Seg, Step, Target, made};
use crate::index::Workload;
use crate::mesh::istio::ambient::WAYPOINT_CLASS;
use crate::model::{Fact, Intent, Kind, MeshId};
use crate::world::World;

/// An object of the set, and what is there under its name.
#[derive(Debug)]
pub struct Wanted {
    /// As the set has it, with its namespace.
    pub manifest: Value,
    /// Which object it is.
    pub target: Target,
}

/// When an object is written: the lower, the earlier.
fn rank(object: &Value, kind: Option<Kind>) -> u8 {
    match kind {
        Some(Kind::Namespace) => 2,
        Some(kind) if kind.is_controller() => 3,
        Some(Kind::Service) => 1,
        Some(Kind::DestinationRule) => 4,
        Some(Kind::VirtualService | Kind::HttpRoute | Kind::LinkerdHttpRoute | Kind::GrpcRoute) => 5,
        Some(Kind::HttpLocalRateLimitPolicy) => 7,
        Some(Kind::AuthorizationPolicy | Kind::Server | Kind::EnvoyFilter) => 6,
        Some(Kind::NetworkPolicy) if object["spec"]["ingress"].is_null() && object["spec"]["egress"].is_null() => 7,
        Some(Kind::PeerAuthentication) if object["spec"]["mtls"]["mode"] == "STRICT" => 7,
        _ => 0,
    }
}

/// Makes the plan; `after` is the world with the set laid over it.
pub fn plan(world: &World, after: &World, workloads: &[&Workload], namespace: &str, mut set: Vec<Wanted>, material: &Material, mesh: MeshId) -> Plan {
    let (mut steps, mut notes) = (Vec::new(), Vec::new());
    let mut rows: Vec<Row> = material.unread().collect();
    set.sort_by(|a, b| {
        let key = |w: &Wanted| (rank(&w.manifest, w.target.known_kind()), w.target.clone());
        key(a).cmp(&key(b))
    });
    for Wanted { manifest, target } in set {
        let kind = target.known_kind();
        let at = target.reference();
        if at.as_ref().is_some_and(|at| material.refused.contains_key(at)) {
            continue;
        }
        let outside = !target.namespace.is_empty() && target.namespace != namespace;
        if outside || target.resource().is_none() {
            let text = if outside {
                format!("{target} is in another namespace: a plan is for one")
            } else {
                format!("{target} is of a kind that is not written")
            };
            rows.push(Row { id: Id::Kind, verdict: Verdict::Block, object: at, text });
            continue;
        }
        let step = match at.as_ref().and_then(|at| material.raw.get(at)).or_else(|| material.others.get(&target)) {
            None => {
                let Some(first) = workloads.first() else { continue };
                made::create(made::signed(world, manifest.clone(), &first.reference, mesh))
            }
            Some(raw) => {
                let changes = changes(raw, &manifest, kind);
                if changes.is_empty() {
                    continue;
                }
                let mut step = Step { changes, owner: super::owners(raw).into_iter().next(), ..Step::of(Action::Patch, target.clone()) };
                if let Some(at) = &at {
                    step = write(Action::Patch, at, raw, step.changes);
                }
                step
            }
        };
        let object = step.object.clone();
        steps.push(step);
        if kind == Some(Kind::Gateway) && manifest["spec"]["gatewayClassName"] == WAYPOINT_CLASS {
            steps.push(Step::of(Action::Wait, object.clone()));
        }
        let Some(kind) = kind.filter(|kind| rolls(*kind)) else { continue };
        let fact = after.index.workload(namespace, &object.name, Some(kind)).map(|workload| after.injection(mesh, workload));
        let expect = match fact.map(|fact| &fact.intended) {
            Some(Fact::Known { value: Intent::In { mode, revision }, .. }) => Expect::inside(mesh, *mode, revision.as_ref().map(ToString::to_string)),
            Some(Fact::Known { value: Intent::Out, .. } | Fact::NotApplicable) => Expect::outside(mesh),
            _ => {
                notes.push(format!("{object}: whether its new pods are in {} is not known: they are not waited for", mesh.title()));
                continue;
            }
        };
        steps.push(watching(Action::Wait, &object, expect.clone()));
        steps.push(watching(Action::Verify, &object, expect));
    }
    if steps.is_empty() && rows.is_empty() {
        notes.push("everything is in the cluster as the set has it: nothing is changed".to_owned());
    }
    let names: Vec<String> = workloads.iter().map(|workload| super::report::short(&workload.reference)).collect();
    Plan::new(format!("apply the set of {}", names.join(", ")), namespace, mesh, in_order(rows), steps, notes)
}

/// What an object that is there lacks of the set's. Of workloads, Services and namespaces only what concerns a mesh is written: the rest is their owners'.
fn changes(raw: &Value, manifest: &Value, kind: Option<Kind>) -> Vec<Change> {
    let mut found = Vec::new();
    let mut of = |path: &[&str]| {
        if let Some(wanted) = path.iter().try_fold(manifest, |at, key| at.get(key)) {
            differences(raw, &mut keys(path), wanted, &mut found);
        }
    };
    let controller = kind.filter(|kind| kind.is_controller());
    let template = controller.map_or(&[][..], |kind| way::template_path(kind).unwrap_or_default());
    of(&[template, &["metadata", "labels"]].concat());
    of(&[template, &["metadata", "annotations"]].concat());
    match kind {
        Some(Kind::Service) => {
            for port in manifest["spec"]["ports"].as_array().into_iter().flatten() {
                let (Some(number), Some(protocol)) = (port["port"].as_i64(), port.get("appProtocol")) else { continue };
                let at = Seg::Port { port: number, protocol: port["protocol"].as_str().unwrap_or("TCP").to_owned() };
                let path = [keys(&["spec", "ports"]), vec![at], keys(&["appProtocol"])].concat();
                found.push(change(raw, path, Some(protocol.clone())));
            }
        }
        Some(Kind::Namespace) => {}
        _ if controller.is_some() => {}
        _ => of(&["spec"]),
    }
    found.retain(|change| change.before != change.after);
    found
}

/// The fields of a manifest that an object has otherwise: maps field by field, lists as a whole.
fn differences(raw: &Value, path: &mut Vec<Seg>, wanted: &Value, found: &mut Vec<Change>) {
    match wanted {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                path.push(Seg::Key(key.clone()));
                differences(raw, path, value, found);
                path.pop();
            }
        }
        leaf => found.push(change(raw, path.clone(), Some(leaf.clone()))),
    }
}
