//! The pod that is meant, read by itself: one proxy is no reason to read a cluster.

use serde_json::{Value, json};

use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, Refused, Resource};
use crate::commands::words;
use crate::error::CliError;
use crate::mesh::pod_proxy::PodProxy;
use crate::model::{Kind, Named, ObjectRef, Str, label_query};
use crate::plan::progress::is_ready;

/// A pod, and the proxy in it.
pub(super) struct Found {
    pub(super) pod: ObjectRef,
    pub(super) proxy: PodProxy,
}

/// Finds the pod of a name, or the first that is ready of a workload or a Service.
pub(super) async fn find(word: &str, global: &GlobalArgs, connection: &Connection) -> Result<Found, CliError> {
    let named = Named::one(word).map_err(|misnamed| words::not_found(misnamed.into()))?;
    let name =
        named.name.clone().ok_or_else(|| CliError::usage(format!("{word:?} names no pod")).hint("write POD, or deploy/NAME for one of its pods"))?;
    let namespace = named.namespace.as_deref().or(words::namespace(global)).unwrap_or_else(|| connection.namespace()).to_owned();
    let pod = if named.may_be(Kind::Pod) {
        let given = named.namespace.is_some() || words::namespace(global).is_some();
        pod_of(connection, &namespace, &name, given).await?
    } else {
        let kind = named.kinds.first().copied().unwrap_or(Kind::Pod);
        first_of(connection, kind, &namespace, &name).await?
    };
    let text = |field: &str| Str::from(pod["metadata"][field].as_str().unwrap_or_default());
    let reference = ObjectRef { kind: Kind::Pod, namespace: text("namespace"), name: text("name"), api_version: "v1".into() };
    let phase = pod["status"]["phase"].as_str().unwrap_or_default();
    if phase != "Running" {
        return Err(CliError::unreadable(format!("{reference} is not running ({phase})")));
    }
    match PodProxy::of(&pod) {
        Some(proxy) => Ok(Found { pod: reference, proxy }),
        None => Err(CliError::usage(format!("{reference} has no proxy of a mesh"))
            .hint(format!("kubectl mesh injection pod/{} -n {} tells why", reference.name, reference.namespace))),
    }
}

async fn pod_of(connection: &Connection, namespace: &str, name: &str, given: bool) -> Result<Value, CliError> {
    let first = connection.get(&Resource::of(Kind::Pod, "v1", namespace, name)).await;
    // `NAME.NAMESPACE`, where no flag says the namespace: names of pods may hold dots too.
    if let (Err(Refused::NotFound), false, Some((bare, within))) = (&first, given, name.rsplit_once('.'))
        && let Ok(pod) = connection.get(&Resource::of(Kind::Pod, "v1", within, bare)).await
    {
        return Ok(pod);
    }
    first.map_err(|why| missing(&format!("pod {namespace}/{name}"), &why))
}

/// Of the pods that a workload or a Service selects.
async fn first_of(connection: &Connection, kind: Kind, namespace: &str, name: &str) -> Result<Value, CliError> {
    let what = format!("{} {namespace}/{name}", kind.name());
    let object = connection.get(&Resource::of(kind, &kind.api_version(), namespace, name)).await.map_err(|why| missing(&what, &why))?;
    let selector = &object["spec"]["selector"];
    // A Service's selector is labels alone.
    let labels = if kind == Kind::Service { label_query(&json!({"matchLabels": selector})) } else { label_query(selector) };
    if labels.is_empty() {
        return Err(CliError::usage(format!("{what} selects no pods by labels")).hint("name the pod"));
    }
    let query = [("labelSelector", labels.as_str())];
    let pods =
        connection.all(&Resource::of(Kind::Pod, "v1", namespace, ""), &query).await.map_err(|why| missing(&format!("the pods of {what}"), &why))?;
    let best = pods.iter().find(|pod| is_ready(pod)).or_else(|| pods.iter().find(|pod| pod["status"]["phase"] == "Running")).or(pods.first());
    best.cloned().ok_or_else(|| CliError::unreadable(format!("{what} has no pods")))
}

fn missing(what: &str, why: &Refused) -> CliError {
    match why {
        Refused::NotFound => CliError::usage(format!("there is no {what}")).hint("-n names its namespace"),
        other => CliError::unreadable(format!("cannot read {what}: {other}")),
    }
}
