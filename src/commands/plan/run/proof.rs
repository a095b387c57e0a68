//! What is looked at once a workload's pods are as they are to be: what they trust, who reaches them, and what went wrong on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize as _;
use serde_json::Value;

use super::{Run, Stop};
use crate::cluster::live::{Connection, Refused, Resource};
use crate::mesh::linkerd::trust::{self, Trust};
use crate::model::{Kind, MeshId, Pod, first_of};
use crate::output::counted;
use crate::plan::journal::Journal;
use crate::plan::{Action, Expect, Step};

/// How often Services are asked whether they have their endpoints again, and how long is waited between.
const LOOKS: usize = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// The label of an EndpointSlice that names its Service.
const SERVICE: &str = "kubernetes.io/service-name";

impl Run<'_> {
    /// What speaks for the pods and against them; the first that speaks against them ends the run.
    pub(super) async fn look(&mut self, step: &Step, expect: &Expect, pods: &[Value]) -> Result<Vec<String>, Stop> {
        let mut said = Vec::new();
        if expect.inside && expect.mesh() == MeshId::Linkerd {
            said.extend(self.roots(pods).await?);
        }
        if expect.inside && expect.ambient {
            said.push(self.captured(pods).await?);
        }
        said.extend(self.endpoints(step).await?);
        said.extend(self.warnings(step, pods).await);
        let is_last = |of: &Step| of.object == step.object;
        if self.journal.steps.iter().rfind(|of| of.action == Action::Verify).is_some_and(is_last) {
            said.extend(self.others().await);
            if expect.inside {
                said.extend(self.counted(expect.mesh()).await?);
            }
        }
        Ok(said)
    }

    /// Whether Linkerd's proxies trust what their control plane trusts now.
    async fn roots(&self, pods: &[Value]) -> Result<Option<String>, Stop> {
        let Some(plane) = pods.iter().find_map(|pod| pod["metadata"]["labels"]["linkerd.io/control-plane-ns"].as_str()) else { return Ok(None) };
        let at = Resource::of(Kind::ConfigMap, "v1", plane, "linkerd-identity-trust-roots");
        let bundle = match self.connection.get(&at).await {
            Ok(bundle) => bundle["data"]["ca-bundle.crt"].as_str().unwrap_or_default().to_owned(),
            Err(Refused::NotFound) => return Ok(None),
            Err(refused) => return Ok(Some(format!("whether they trust the current roots is not known: {refused}"))),
        };
        for pod in pods {
            let Ok(read) = Pod::deserialize(pod) else { continue };
            if matches!(trust::of(&read, &bundle), Trust::Differs { .. }) {
                let text = format!("pod {} trusts other roots than its control plane in namespace {plane}", read.metadata.name);
                return Err(Stop::Failed(text, Vec::new()));
            }
        }
        Ok(None)
    }

    /// Whether the Services have as many endpoints that are ready as before.
    async fn endpoints(&self, step: &Step) -> Result<Option<String>, Stop> {
        let Some(before) = self.journal.endpoints.get(&step.object.to_string()).filter(|before| !before.is_empty()) else { return Ok(None) };
        let mut fewer = Vec::new();
        for _ in 0..LOOKS {
            let now = match ready(self.connection, &step.object.namespace).await {
                Ok(now) => now,
                Err(refused) => return Ok(Some(format!("whether Services have their endpoints again is not known: {refused}"))),
            };
            let count = |service: &String| now.get(service).map_or(0, BTreeSet::len);
            let less = before.iter().filter(|(service, before)| count(service) < **before);
            fewer = less
                .map(|(service, before)| format!("Service {service} has {} ready and had {before}", counted(count(service), "endpoint")))
                .collect();
            if fewer.is_empty() {
                return Ok(None);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Stop::Failed(first_of(&fewer, 3), Vec::new()))
    }

    /// Which other workloads of the namespace were changed meanwhile: not by this plan.
    async fn others(&self) -> Option<String> {
        if self.journal.others.is_empty() {
            return None;
        }
        let now = match generations(self.connection, &self.journal).await {
            Ok(now) => now,
            Err(refused) => return Some(format!("whether other workloads changed is not known: {refused}")),
        };
        let changed = self.journal.others.iter().filter_map(|(name, before)| match now.get(name) {
            None => Some(format!("{name} (gone)")),
            Some(now) if now != before => Some(format!("{name} (generation {before}, now {now})")),
            Some(_) => None,
        });
        let changed: Vec<String> = changed.collect();
        (!changed.is_empty()).then(|| format!("changed meanwhile by somebody else: {}", first_of(&changed, 3)))
    }

    /// What was warned of since the run began.
    async fn warnings(&self, step: &Step, pods: &[Value]) -> Option<String> {
        let at = Resource::new("v1", "events", &step.object.namespace, "");
        let events = match self.connection.all(&at, &[("fieldSelector", "type=Warning")]).await {
            Ok(events) => events,
            Err(refused) => return Some(format!("whether anything was warned of is not known: {refused}")),
        };
        let pods: BTreeSet<&str> = pods.iter().filter_map(|pod| pod["metadata"]["name"].as_str()).collect();
        let concerns = |name: &str| name == step.object.name || pods.contains(name);
        let fresh = events.iter().filter(|event| {
            let last = event["lastTimestamp"].as_str().or_else(|| event["eventTime"].as_str()).unwrap_or_default();
            last >= self.journal.started.as_str() && event["involvedObject"]["name"].as_str().is_some_and(concerns)
        });
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        fresh.for_each(|event| *reasons.entry(event["reason"].as_str().unwrap_or_default()).or_default() += 1);
        let words: Vec<String> = reasons.iter().map(|(reason, count)| format!("{reason} ({count})")).collect();
        (!words.is_empty()).then(|| format!("warned of meanwhile: {}", first_of(&words, 3)))
    }
}

/// The generation of every workload of the namespace that no step is about.
pub(super) async fn generations(connection: &Connection, journal: &Journal) -> Result<BTreeMap<String, i64>, Refused> {
    let mut found = BTreeMap::new();
    for kind in [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet] {
        for workload in connection.all(&Resource::of(kind, &kind.api_version(), &journal.namespace, ""), &[]).await? {
            let name = workload["metadata"]["name"].as_str().unwrap_or_default();
            let ours = |step: &Step| step.object.kind == kind.name() && step.object.name == name;
            if !journal.steps.iter().any(ours) {
                found.insert(format!("{kind} {name}"), workload["metadata"]["generation"].as_i64().unwrap_or_default());
            }
        }
    }
    Ok(found)
}

/// The pods that are ready behind each Service.
pub(super) async fn ready(connection: &Connection, namespace: &str) -> Result<BTreeMap<String, BTreeSet<String>>, Refused> {
    let at = Resource::of(Kind::EndpointSlice, &Kind::EndpointSlice.api_version(), namespace, "");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for slice in connection.all(&at, &[]).await? {
        let Some(service) = slice["metadata"]["labels"][SERVICE].as_str() else { continue };
        let ready = slice["endpoints"].as_array().into_iter().flatten().filter(|endpoint| endpoint["conditions"]["ready"] != false);
        // A pod with two addresses stands in two slices.
        found.entry(service.to_owned()).or_default().extend(ready.filter_map(|e| e["targetRef"]["uid"].as_str().map(str::to_owned)));
    }
    Ok(found)
}
