//! How far a rollout is, from the objects as they are now: done, under way, or stuck, and by what.

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;

use super::Expect;
use crate::mesh::istio::labels;
use crate::model::{MeshId, Pod};

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Everything is as it should be.
    Done,
    /// Not yet.
    UnderWay {
        /// Pods as they should be.
        ready: usize,
        /// Pods there are to be.
        wanted: usize,
        /// What the others do.
        doing: Vec<String>,
    },
    /// It will not come to anything.
    Stuck {
        /// Why.
        text: String,
        /// The pod and container whose log may tell more.
        log: Option<(String, String)>,
    },
}

/// What a pod's container says when it cannot start; waiting does not help.
const HOPELESS: [&str; 5] = ["ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError", "InvalidImageName", "CreateContainerError"];
/// Restarts after which a crash is no accident.
const MOST_RESTARTS: i64 = 3;

/// Judges a workload and its pods; `known` are the pods there were before, by uid.
pub fn judge(workload: &Value, pods: &[&Value], expect: &Expect, known: &BTreeSet<String>) -> Progress {
    if let Some(text) = refused(workload) {
        return Progress::Stuck { text, log: None };
    }
    let live: Vec<&&Value> = pods.iter().filter(|pod| is_live(pod)).collect();
    let new = |pod: &Value| !known.contains(text(pod, "uid"));
    for pod in live.iter().filter(|pod| new(pod)) {
        if let Some(stuck) = broken(pod) {
            return stuck;
        }
        if is_ready(pod) && !is_as(pod, expect) && !is_pending(pod, expect) {
            let name = text(pod, "name");
            let what = if expect.inside {
                format!("pod {name} is new and ready, and not in the mesh")
            } else {
                format!("pod {name} is new and still in the mesh")
            };
            return Progress::Stuck { text: what, log: None };
        }
    }
    let right = live.iter().filter(|pod| is_ready(pod) && is_as(pod, expect)).count();
    let wanted = replicas(workload);
    if is_rolled_out(workload) && live.iter().all(|pod| is_as(pod, expect) && is_ready(pod)) && right >= wanted {
        return Progress::Done;
    }
    let doing = live.iter().filter(|pod| !(is_ready(pod) && is_as(pod, expect)));
    let doing =
        doing.filter(|pod| new(pod)).map(|pod| format!("{} {}", text(pod, "name"), if is_ready(pod) { "leaving" } else { "starting" })).collect();
    Progress::UnderWay { ready: right, wanted: wanted.max(live.len()), doing }
}

/// Pods that are not what they are to be, by name and uid; those going away do not count.
pub fn left_over(pods: &[&Value], expect: &Expect) -> Vec<(String, String)> {
    let wrong = pods.iter().filter(|pod| is_live(pod) && !is_as(pod, expect));
    wrong.map(|pod| (text(pod, "name").to_owned(), text(pod, "uid").to_owned())).collect()
}

fn text<'v>(object: &'v Value, field: &str) -> &'v str {
    object["metadata"][field].as_str().unwrap_or_default()
}

fn is_live(pod: &Value) -> bool {
    pod["metadata"]["deletionTimestamp"].is_null() && !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

/// Whether all its containers are ready, native sidecars included.
pub fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().any(|c| c["type"] == "Ready" && c["status"] == "True")
}

/// Whether a pod is in the mesh, or out of it, as expected.
fn is_as(pod: &Value, expect: &Expect) -> bool {
    let Ok(read) = Pod::deserialize(pod) else { return false };
    let proxied = read.spec.container(expect.mesh().proxy()).is_some();
    if !expect.inside {
        return !proxied && !labels::is_captured(&read);
    }
    if expect.ambient {
        return labels::is_captured(&read);
    }
    proxied && expect.revision.as_deref().is_none_or(|revision| revision_of(&read, expect.mesh()).is_none_or(|found| found == revision))
}

/// Whether ztunnel is about to take the pod: that happens after it is ready.
fn is_pending(pod: &Value, expect: &Expect) -> bool {
    expect.inside && expect.ambient && pod["metadata"]["annotations"][labels::REDIRECTION] != "enabled"
}

/// The revision that injected a pod; a tag is another name of it, so that only a name of the same sort can contradict.
fn revision_of(pod: &Pod, mesh: MeshId) -> Option<String> {
    if mesh == MeshId::Linkerd {
        return None;
    }
    let status = pod.metadata.annotations.get(labels::STATUS)?;
    let status: Value = serde_json::from_str(status).ok()?;
    status["revision"].as_str().map(str::to_owned)
}

/// What the workload itself says: its controller cannot create pods, or has given up.
fn refused(workload: &Value) -> Option<String> {
    let generation = workload["metadata"]["generation"].as_i64();
    if generation > workload["status"]["observedGeneration"].as_i64() {
        return None;
    }
    let conditions = workload["status"]["conditions"].as_array().into_iter().flatten();
    conditions.into_iter().find_map(|condition| {
        let message = || condition["message"].as_str().unwrap_or_default().to_owned();
        match (condition["type"].as_str(), condition["status"].as_str(), condition["reason"].as_str()) {
            (Some("ReplicaFailure"), Some("True"), _) => Some(format!("pods cannot be created: {}", message())),
            (Some("Progressing"), Some("False"), Some("ProgressDeadlineExceeded")) => Some(format!("no progress any more: {}", message())),
            _ => None,
        }
    })
}

/// A pod that will not become ready.
fn broken(pod: &Value) -> Option<Progress> {
    let name = text(pod, "name");
    let statuses = ["initContainerStatuses", "containerStatuses"].iter().flat_map(|field| pod["status"][*field].as_array().into_iter().flatten());
    statuses.into_iter().find_map(|status| {
        let container = status["name"].as_str().unwrap_or_default();
        let waiting = &status["state"]["waiting"];
        let reason = waiting["reason"].as_str().unwrap_or_default();
        let said = waiting["message"].as_str().map_or(String::new(), |message| format!(": {message}"));
        if HOPELESS.contains(&reason) {
            return Some(Progress::Stuck { text: format!("{name}: {container} cannot start, {reason}{said}"), log: None });
        }
        let restarts = status["restartCount"].as_i64().unwrap_or(0);
        if restarts >= MOST_RESTARTS && status["ready"] != true {
            let last = &status["lastState"]["terminated"];
            let code = last["exitCode"].as_i64().map_or(String::new(), |code| format!(" exits {code}"));
            let why = if code.is_empty() { format!(" restarts again and again ({reason})") } else { code };
            return Some(Progress::Stuck { text: format!("{name}: {container}{why}"), log: Some((name.to_owned(), container.to_owned())) });
        }
        None
    })
}

/// Pods that the workload is to have.
fn replicas(workload: &Value) -> usize {
    let wanted = if workload["kind"] == "DaemonSet" {
        workload["status"]["desiredNumberScheduled"].as_u64()
    } else {
        Some(workload["spec"]["replicas"].as_u64().unwrap_or(1))
    };
    wanted.and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

/// Whether as many pods are ready as there are to be, and no others are there.
pub fn are_ready(workload: &Value, pods: &[&Value]) -> bool {
    let live: Vec<&&Value> = pods.iter().filter(|pod| is_live(pod)).collect();
    live.len() >= replicas(workload) && live.iter().all(|pod| is_ready(pod))
}

/// Whether the controller has replaced all pods, by kubectl's criteria.
pub fn is_rolled_out(workload: &Value) -> bool {
    let (spec, status) = (&workload["spec"], &workload["status"]);
    let count = |field: &str| status[field].as_u64().unwrap_or(0);
    if workload["metadata"]["generation"].as_i64() > status["observedGeneration"].as_i64() {
        return false;
    }
    match workload["kind"].as_str() {
        Some("StatefulSet") => {
            let replicas = spec["replicas"].as_u64().unwrap_or(1);
            let partition = spec["updateStrategy"]["rollingUpdate"]["partition"].as_u64().unwrap_or(0);
            if partition > 0 {
                return count("updatedReplicas") >= replicas.saturating_sub(partition);
            }
            count("readyReplicas") >= replicas && status["updateRevision"] == status["currentRevision"]
        }
        Some("DaemonSet") => {
            let wanted = count("desiredNumberScheduled");
            count("updatedNumberScheduled") >= wanted && count("numberAvailable") >= wanted
        }
        Some("Rollout") => status["phase"] == "Healthy",
        _ => {
            let replicas = spec["replicas"].as_u64().unwrap_or(1);
            let updated = count("updatedReplicas");
            updated >= replicas && count("replicas") <= updated && count("availableReplicas") >= updated
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::{Progress, judge, left_over};
    use crate::model::{MeshId, Mode};
    use crate::plan::Expect;

    fn deployment(updated: u64) -> Value {
        json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 1},
            "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": updated, "availableReplicas": 1}})
    }

    fn pod(uid: &str, containers: &[&str], ready: bool) -> Value {
        let containers: Vec<Value> = containers.iter().map(|name| json!({"name": name, "image": "x"})).collect();
        json!({"metadata": {"name": format!("cart-{uid}"), "uid": uid}, "spec": {"containers": containers},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}})
    }

    fn of(workload: &Value, pods: &[Value]) -> Progress {
        let known: BTreeSet<String> = [String::from("old")].into();
        let pods: Vec<&Value> = pods.iter().collect();
        judge(workload, &pods, &Expect::inside(MeshId::Istio, Mode::Sidecar, None), &known)
    }

    #[test]
    fn a_rollout_is_done_when_every_pod_carries_a_ready_proxy() {
        let (old, new) = (pod("old", &["app"], true), pod("new", &["app", "istio-proxy"], true));
        assert_eq!(of(&deployment(1), std::slice::from_ref(&new)), Progress::Done);
        assert!(matches!(of(&deployment(1), &[old.clone(), new.clone()]), Progress::UnderWay { ready: 1, wanted: 2, .. }), "an old pod still serves");
        assert!(matches!(of(&deployment(0), std::slice::from_ref(&new)), Progress::UnderWay { .. }));
        assert!(matches!(of(&deployment(1), &[pod("new", &["app", "istio-proxy"], false)]), Progress::UnderWay { ready: 0, .. }));
    }

    #[test]
    fn a_new_pod_without_a_proxy_is_a_failure_however_ready_it_is() {
        let stuck = of(&deployment(1), &[pod("new", &["app"], true)]);
        assert!(matches!(&stuck, Progress::Stuck { text, .. } if text.contains("not in the mesh")), "{stuck:?}");
    }

    #[test]
    fn what_will_never_be_ready_is_told_at_once() {
        let mut image = pod("new", &["app", "istio-proxy"], false);
        image["status"]["containerStatuses"] = json!([{"name": "istio-proxy", "state": {"waiting": {"reason": "ImagePullBackOff"}}}]);
        assert!(matches!(of(&deployment(1), &[image]), Progress::Stuck { text, .. } if text.contains("ImagePullBackOff")));
        let mut crash = pod("new", &["app", "istio-proxy"], false);
        crash["status"]["containerStatuses"] = json!([{"name": "istio-proxy", "restartCount": 3, "ready": false,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": {"exitCode": 255}}}]);
        let stuck = of(&deployment(1), &[crash]);
        assert!(matches!(&stuck, Progress::Stuck { text, log: Some(_) } if text.contains("exits 255")), "{stuck:?}");
        let mut refused = deployment(0);
        refused["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}]);
        assert!(matches!(of(&refused, &[]), Progress::Stuck { text, .. } if text.contains("exceeded quota")));
        refused["metadata"]["generation"] = json!(3);
        assert!(matches!(of(&refused, &[]), Progress::UnderWay { .. }), "what was said of an earlier template");
    }

    #[test]
    fn pods_that_kept_a_proxy_are_left_over() {
        let (out, kept) = (pod("a", &["app"], true), pod("b", &["app", "istio-proxy"], true));
        assert_eq!(left_over(&[&out, &kept], &Expect::outside(MeshId::Istio)), [("cart-b".to_owned(), "b".to_owned())]);
    }
}
