//! The objects that a plan changes, whole, and what its pre-flight asks a cluster besides the world.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use serde_json::Value;

use super::now;
use crate::cluster::live::{Connection, Refused, Resource};
use crate::index::Workload;
use crate::model::{Access, Kind, ObjectRef, Str};
use crate::plan::MANAGER;
use crate::plan::namespace;
use crate::plan::onboard::{self, Material};
use crate::plan::preflight::{Known, Rehearsal, answer, refusal, rehearsed_pod};
use crate::plan::way::{self, Intention};
use crate::world::World;

/// Kinds that only the pre-flight asks for.
const ASKED: [(&str, &str, &str); 5] = [
    ("HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers"),
    ("PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"),
    ("ResourceQuota", "v1", "resourcequotas"),
    ("ServiceMonitor", "monitoring.coreos.com/v1", "servicemonitors"),
    ("PodMonitor", "monitoring.coreos.com/v1", "podmonitors"),
];

/// The objects that may change: the workloads, their Services and their namespace.
pub(in crate::commands) fn objects(world: &World, workloads: &[&Workload], namespace: &str) -> BTreeSet<ObjectRef> {
    let services = workloads.iter().flat_map(|workload| onboard::services(world, workload)).map(|service| service.metadata.reference(Kind::Service));
    let own = workloads.iter().map(|workload| workload.reference.clone());
    own.chain(services).chain([namespace::reference(namespace)]).collect()
}

/// From a cluster where there is one, else from a world alone.
pub(in crate::commands) async fn of(connection: Option<&Connection>, world: &World, objects: &BTreeSet<ObjectRef>) -> Material {
    match connection {
        Some(connection) => of_cluster(connection, objects).await,
        None => of_world(world, objects),
    }
}

/// From a cluster.
pub(in crate::commands) async fn of_cluster(connection: &Connection, objects: &BTreeSet<ObjectRef>) -> Material {
    let reads = join_all(objects.iter().map(async |object| {
        let at = Resource::of(object.kind, &object.api_version(), &object.namespace, &object.name);
        (object, connection.get(&at).await)
    }));
    let mut material = Material { now: now(), ..Material::default() };
    for (object, read) in reads.await {
        match read {
            Ok(raw) => drop(material.raw.insert(object.clone(), typed(raw, object))),
            // It went away since the list was read.
            Err(Refused::NotFound) => {}
            Err(refused) => drop(material.refused.insert(object.clone(), refused.to_string())),
        }
    }
    material
}

/// An object with its type, which lists leave out.
fn typed(mut raw: Value, object: &ObjectRef) -> Value {
    if raw["kind"].is_null() {
        raw["apiVersion"] = Value::from(object.api_version());
        raw["kind"] = Value::from(object.kind.name());
    }
    raw
}

/// From a world alone, where nothing else is at hand: a snapshot, the demo.
pub(in crate::commands) fn of_world(world: &World, objects: &BTreeSet<ObjectRef>) -> Material {
    let all = world.index.inventory().subjects().map(|object| (object.reference(), object));
    let raw = all.filter(|(reference, _)| objects.contains(reference)).map(|(reference, object)| (reference, object.to_value())).collect();
    Material { raw, known: Known { unread: unread("only a cluster holds it"), ..Known::default() }, now: now(), ..Material::default() }
}

/// From files: their objects, whole.
pub(in crate::commands) fn of_files(raw: BTreeMap<ObjectRef, Value>) -> Material {
    Material { raw, known: Known { unread: unread("files do not show it"), ..Known::default() }, now: now(), ..Material::default() }
}

/// The rights that all this takes: what a right is missing for is told as not known.
pub(super) fn asked() -> Vec<Access> {
    let list = |(_, version, plural): &(&str, &str, &str)| {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        Access { verb: "list".into(), group: group.into(), resource: (*plural).into(), namespace: Str::default() }
    };
    ASKED.iter().map(list).chain([Access::of("create", Kind::Pod, "")]).collect()
}

/// What nobody could be asked for.
fn unread(why: &str) -> Vec<(&'static str, String)> {
    ASKED.iter().map(|(kind, ..)| (*kind, why.to_owned())).collect()
}

/// Asks a cluster what the pre-flight wants to know, and rehearses a pod of each workload.
pub(in crate::commands) async fn learn(
    connection: &Connection,
    world: &World,
    workloads: &[&Workload],
    namespace: &str,
    intention: &Intention,
    rehearse: bool,
    material: &mut Material,
) {
    let lists = join_all(
        ASKED
            .iter()
            .map(async |(kind, version, plural)| (*kind, *version, connection.all(&Resource::new(version, plural, namespace, ""), &[]).await)),
    );
    for (kind, version, answer) in lists.await {
        match answer {
            Ok(found) => material.known.objects.extend(found.into_iter().map(|mut object| {
                object["apiVersion"] = Value::from(version);
                object["kind"] = Value::from(kind);
                object
            })),
            // A kind that is not installed has no objects.
            Err(Refused::NotFound) => {}
            Err(refused) => material.known.unread.push((kind, refused.to_string())),
        }
    }
    if !rehearse {
        return;
    }
    let revision = way::revision(world, intention).ok();
    let labels = material.raw.get(&namespace::reference(namespace)).map(|raw| raw["metadata"]["labels"].clone()).unwrap_or_default();
    let pods = Resource::of(Kind::Pod, "v1", namespace, "");
    for workload in workloads {
        let at = &workload.reference;
        let template = way::template_path(at.kind)
            .filter(|path| !path.is_empty())
            .and_then(|path| path.iter().try_fold(material.raw.get(at)?, |value, key| value.get(key)));
        let Some(template) = template else { continue };
        let rehearsal = match rehearsed_pod(template, namespace, &at.name, &labels, intention, revision.as_deref()) {
            Err(why) => Rehearsal::Not(why),
            Ok(pod) => match connection.create(&pods, &pod, MANAGER, true).await {
                Ok(written) => answer(&written.object, intention.mesh, written.warnings),
                Err(Refused::Forbidden(text)) if text.contains("cannot create resource") => {
                    Rehearsal::Not(format!("it takes the right to create pods: {text}"))
                }
                Err(Refused::Lost(text)) if !text.contains("webhook") => Rehearsal::Not(text),
                Err(refused) => refusal(&refused.to_string()),
            },
        };
        material.known.rehearsals.insert(at.clone(), rehearsal);
    }
}
