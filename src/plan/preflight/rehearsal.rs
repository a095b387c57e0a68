//! The rehearsed pod: what the API server, its injectors and its limits make of a pod that is created for show only.

use serde_json::{Map, Value, json};

use super::{Id, Report, Subject, Verdict};
use crate::mesh::istio::labels::INJECTION;
use crate::mesh::istio::{INJECT, REV};
use crate::mesh::linkerd;
use crate::model::{MeshId, Mode};
use crate::plan::way::Intention;

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Rehearsal {
    /// The pod would be created.
    Accepted {
        /// The image of the proxy; nothing where none was added.
        proxy: Option<String>,
        /// Whether the proxy is a native sidecar.
        native: Option<bool>,
        /// What the proxy asks for, as it is written.
        asks: Option<String>,
        /// What the server warns of.
        warnings: Vec<String>,
    },
    /// The pod would be refused.
    Refused {
        /// The check that this is.
        id: Id,
        /// The server's words.
        message: String,
    },
    /// It was not rehearsed.
    Not(String),
}

/// The pod to send, which asks for the mesh by itself: a namespace's label may not be there yet. Nothing where that cannot be rehearsed.
pub fn rehearsed_pod(
    template: &Value,
    namespace: &str,
    name: &str,
    namespace_labels: &Value,
    intention: &Intention,
    revision: Option<&str>,
) -> Result<Value, String> {
    let mut metadata = Map::new();
    let words = |field: &str| template["metadata"][field].as_object().cloned().unwrap_or_default();
    let (mut labels, mut annotations) = (words("labels"), words("annotations"));
    match (intention.mesh, intention.mode) {
        (MeshId::Linkerd, _) => drop(annotations.insert(linkerd::INJECT.to_owned(), json!("enabled"))),
        (_, Mode::Ambient) => {}
        _ => match (namespace_labels[INJECTION].as_str(), namespace_labels[REV].as_str().filter(|rev| !rev.is_empty())) {
            (Some(value), _) if value != "enabled" => {
                return Err(format!("namespace {namespace} keeps every injector away until its label {INJECTION} changes"));
            }
            (None, Some(rev)) if revision.is_some_and(|wanted| wanted != rev) => {
                return Err(format!("namespace {namespace} names revision {rev}, which a pod cannot change"));
            }
            (None, None) => match revision.filter(|revision| *revision != crate::mesh::istio::DEFAULT) {
                Some(revision) => drop(labels.insert(REV.to_owned(), json!(revision))),
                None => drop(labels.insert(INJECT.to_owned(), json!("true"))),
            },
            _ => drop(labels.insert(INJECT.to_owned(), json!("true"))),
        },
    }
    metadata.insert("generateName".to_owned(), json!(format!("{name}-rehearsed-")));
    metadata.insert("namespace".to_owned(), json!(namespace));
    metadata.insert("labels".to_owned(), Value::Object(labels));
    metadata.insert("annotations".to_owned(), Value::Object(annotations));
    Ok(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}))
}

/// What a pod that was accepted tells.
pub fn answer(pod: &Value, mesh: MeshId, warnings: Vec<String>) -> Rehearsal {
    let of = |field: &str| pod["spec"][field].as_array().into_iter().flatten().find(|c| c["name"] == mesh.proxy());
    let (ordinary, native) = (of("containers"), of("initContainers"));
    let proxy = ordinary.or(native);
    let asks = proxy.map(|proxy| &proxy["resources"]["requests"]).and_then(|requests| {
        let part = |name: &str, word: &str| requests[name].as_str().map(|amount| format!("+{amount} {word}"));
        let parts: Vec<String> = [part("cpu", "CPU"), part("memory", "memory")].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    });
    let image = proxy.map(|proxy| proxy["image"].as_str().unwrap_or_default().to_owned());
    Rehearsal::Accepted { native: proxy.map(|_| native.is_some()), proxy: image, asks, warnings }
}

/// Which check a refusal of the server's is.
pub fn refusal(message: &str) -> Rehearsal {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let id = if says(&["violates PodSecurity"]) {
        Id::PodSecurity
    } else if says(&["exceeded quota", "failed quota", "maximum cpu usage", "maximum memory usage", "minimum cpu usage", "minimum memory usage"]) {
        Id::Quota
    } else if says(&["failed calling webhook"]) {
        Id::InjectorDown
    } else {
        Id::Rehearsal
    };
    Rehearsal::Refused { id, message: message.to_owned() }
}

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    match subject.known.rehearsals.get(&subject.workload.reference) {
        None => report.unknown(Id::Rehearsal, "not rehearsed: only a cluster can tell what its injector, quotas and admission make of the new pod"),
        Some(Rehearsal::Not(why)) => report.unknown(Id::Rehearsal, format!("not rehearsed: {why}")),
        Some(Rehearsal::Refused { id, message }) => report.block(*id, format!("the API server refuses the new pod: {message}")),
        Some(Rehearsal::Accepted { proxy: None, .. }) if !subject.intention.ambient() => {
            report.block(Id::Rehearsal, "the API server accepts the new pod, and no injector adds a proxy to it");
        }
        Some(Rehearsal::Accepted { proxy, native, asks, warnings }) => {
            let version =
                proxy.as_deref().map(|image| format!("{} {}", subject.intention.mesh.proxy(), image.rsplit_once(':').map_or("", |(_, tag)| tag)));
            let how = native.filter(|native| *native).map_or("", |_| ", native sidecar");
            let more: Vec<String> = version.into_iter().chain(asks.clone().map(|asks| format!("{asks} each"))).collect();
            let by = if subject.intention.ambient() { "the API server accepts" } else { "the API server and the injector accept" };
            let rest = if more.is_empty() { String::new() } else { format!(" ({}{how})", more.join(", ")) };
            report.add(Id::Rehearsal, Verdict::Ok, format!("rehearsed: {by} the new pod{rest}"));
            for warning in warnings {
                report.warn(Id::Rehearsal, format!("the API server warns: {warning}"));
            }
        }
    }
}
