//! What a proxy takes, and what the restart risks.

use serde_json::Value;

use super::{Id, Report, Subject};
use crate::model::{Kind, quantity};

/// The four annotations of Istio, any of which drops all defaults.
const ISTIO_RESOURCES: [&str; 4] =
    ["sidecar.istio.io/proxyCPU", "sidecar.istio.io/proxyMemory", "sidecar.istio.io/proxyCPULimit", "sidecar.istio.io/proxyMemoryLimit"];

/// Annotation that gives Linkerd's proxy a request.
pub(in crate::plan) const CPU_REQUEST: &str = "config.linkerd.io/proxy-cpu-request";

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if !subject.intention.ambient() {
        autoscaler(subject, report);
        resources(subject, report);
        quota(subject, report);
        safe_to_evict(subject, report);
    }
    if subject.intention.ambient() && subject.workload.has_live_pods() {
        report.warn(Id::LiveConnections, "joining ambient cuts connections that are open: choose a quiet hour, clients have to connect again");
    }
    restart(subject, report);
}

fn is_of(subject: &Subject<'_>, reference: &Value) -> bool {
    let at = &subject.workload.reference;
    reference["kind"] == at.kind.name() && reference["name"] == at.name.as_str()
}

fn autoscaler(subject: &Subject<'_>, report: &mut Report<'_>) {
    if let Some(why) = subject.unread("HorizontalPodAutoscaler") {
        report.unknown(Id::HpaCpu, format!("whether an autoscaler counts the pods' CPU: {why}"));
    }
    for scaler in subject.objects("HorizontalPodAutoscaler").filter(|s| is_of(subject, &s["spec"]["scaleTargetRef"])) {
        let metrics = scaler["spec"]["metrics"].as_array().into_iter().flatten();
        let whole = metrics.filter(|m| m["type"] == "Resource" && m["resource"]["target"]["type"].as_str() == Some("Utilization")).count();
        let old = scaler["spec"]["targetCPUUtilizationPercentage"].is_number();
        if whole == 0 && !old {
            continue;
        }
        let name = scaler["metadata"]["name"].as_str().unwrap_or_default();
        if subject.intention.linkerd() {
            if subject.annotation(CPU_REQUEST).is_some() {
                report.warn(
                    Id::HpaCpu,
                    format!("HorizontalPodAutoscaler {name} counts the proxy's CPU as well: a metric of type ContainerResource does not"),
                );
            } else {
                report.step(Id::HpaCpu, format!("HorizontalPodAutoscaler {name} reckons with the requests of all containers, and Linkerd's proxy has none: the plan adds {CPU_REQUEST}: 100m"));
                report.found.annotations.push((CPU_REQUEST, "100m"));
            }
        } else {
            report.warn(Id::HpaCpu, format!("HorizontalPodAutoscaler {name} counts the sidecar's CPU as well (100m of request by default): a metric of type ContainerResource does not"));
        }
    }
}

fn resources(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.intention.linkerd() {
        return;
    }
    let written: Vec<&str> = ISTIO_RESOURCES.into_iter().filter(|key| subject.annotation(key).is_some()).collect();
    if !written.is_empty() && written.len() < ISTIO_RESOURCES.len() {
        let missing: Vec<&str> = ISTIO_RESOURCES.into_iter().filter(|key| !written.contains(key)).collect();
        report.block(
            Id::ProxyResourcesReplace,
            format!("{} drops all of the sidecar's default requests and limits: write {} as well", written.join(", "), missing.join(", ")),
        );
    }
}

/// What the proxies of all pods ask for, against what is left; a rehearsal is refused for one pod only.
fn quota(subject: &Subject<'_>, report: &mut Report<'_>) {
    if let Some(why) = subject.unread("ResourceQuota") {
        report.unknown(Id::Quota, format!("whether a quota leaves room for the proxies: {why}"));
    }
    let replicas = subject.workload.pods.len().max(1) as f64;
    let asked = |annotation: &str, default: f64| subject.annotation(annotation).and_then(quantity).unwrap_or(default);
    let (cpu, memory) = if subject.intention.linkerd() {
        (asked(CPU_REQUEST, 0.0), asked("config.linkerd.io/proxy-memory-request", 0.0))
    } else {
        (asked("sidecar.istio.io/proxyCPU", 0.1), asked("sidecar.istio.io/proxyMemory", 134_217_728.0))
    };
    for held in subject.objects("ResourceQuota") {
        let name = held["metadata"]["name"].as_str().unwrap_or_default();
        let amount = |part: &str, key: &str| held["status"][part][key].as_str().and_then(quantity);
        for (keys, need, what) in
            [(["requests.cpu", "cpu"], cpu * (replicas + 1.0), "CPU"), (["requests.memory", "memory"], memory * (replicas + 1.0), "memory")]
        {
            let left = keys.iter().find_map(|key| Some(amount("hard", key)? - amount("used", key)?));
            if let Some(left) = left.filter(|left| *left < need) {
                let shown = |n: f64| if what == "CPU" { format!("{:.0}m", n * 1000.0) } else { format!("{:.0}Mi", n / 1_048_576.0) };
                report.block(
                    Id::Quota,
                    format!(
                        "ResourceQuota {name} leaves {} of {what}, and the proxies of all pods with one more during the restart ask for {}",
                        shown(left.max(0.0)),
                        shown(need)
                    ),
                );
            }
        }
    }
}

fn safe_to_evict(subject: &Subject<'_>, report: &mut Report<'_>) {
    let key = "cluster-autoscaler.kubernetes.io/safe-to-evict";
    let autoscaled = subject.world.index.controllers_in("kube-system").iter().any(|c| c.metadata.name.contains("cluster-autoscaler"));
    if autoscaled && subject.annotation(key).is_none() {
        report.warn(
            Id::Autoscaler,
            format!("the proxy's scratch volume keeps the cluster autoscaler from emptying the node: {key}: \"true\" on its pods allows it"),
        );
    }
}

/// What replacing the pods risks.
fn restart(subject: &Subject<'_>, report: &mut Report<'_>) {
    let at = &subject.workload.reference;
    let Some(controller) = subject.world.index.controllers_in(&at.namespace).iter().find(|c| c.kind == at.kind && c.metadata.name == at.name) else {
        return;
    };
    if !crate::plan::onboard::rolls(at.kind) {
        return;
    }
    let replicas = controller.spec.replicas.unwrap_or(1);
    if at.kind != Kind::DaemonSet && replicas == 1 {
        report.warn(Id::SingleReplica, "it restarts without a second replica: expect a short outage, or scale it up for the time of the change");
    }
    let held = |volume: &Value| volume["persistentVolumeClaim"].is_object();
    let host_port =
        subject.containers().flat_map(|c| c["ports"].as_array().into_iter().flatten()).any(|p| p["hostPort"].as_i64().is_some_and(|n| n > 0));
    let claims = subject.spec()["volumes"].as_array().into_iter().flatten().any(held);
    if at.kind == Kind::Deployment && (host_port || claims) {
        let what = if host_port { "a host port" } else { "a claim, which one node alone may mount unless it is ReadWriteMany" };
        report
            .warn(Id::RwoSurge, format!("it uses {what}: a new pod may wait for the old one to go; maxSurge 0 or the strategy Recreate avoids that"));
    }
    if let Some(why) = subject.unread("PodDisruptionBudget") {
        report.unknown(Id::Pdb, format!("whether a disruption budget is used up: {why}"));
    }
    for budget in subject.objects("PodDisruptionBudget") {
        let selector = &budget["spec"]["selector"]["matchLabels"];
        let selects =
            selector.as_object().is_some_and(|labels| !labels.is_empty() && labels.iter().all(|(k, v)| subject.workload.labels.get(k) == v.as_str()));
        if selects && budget["status"]["disruptionsAllowed"].as_i64() == Some(0) {
            let name = budget["metadata"]["name"].as_str().unwrap_or_default();
            report.warn(
                Id::Pdb,
                format!("PodDisruptionBudget {name} allows no disruption now, and a rollout does not ask it: let the workload recover first"),
            );
        }
    }
}
