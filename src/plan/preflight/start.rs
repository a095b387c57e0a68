//! How the pod starts, tells its health and ends, with a proxy beside it.

use serde_json::Value;

use super::{Id, Report, Subject, Verdict};
use crate::mesh::linkerd::server::InboundPolicy;
use crate::model::{Kind, MeshId};

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    jobs(subject, report);
    init_containers(subject, report);
    order(subject, report);
    probes(subject, report);
    drain(subject, report);
    if subject.native() == Some(true) {
        report.warn(
            Id::ToolReadsContainers,
            "its proxy is a native sidecar: scripts, policies and autoscalers that look for it in containers find it in initContainers",
        );
    }
}

fn jobs(subject: &Subject<'_>, report: &mut Report<'_>) {
    if !matches!(subject.workload.reference.kind, Kind::Job | Kind::CronJob) || subject.intention.ambient() {
        return;
    }
    let annotation = match subject.intention.mesh {
        MeshId::Istio => "sidecar.istio.io/nativeSidecar",
        MeshId::Linkerd => "config.linkerd.io/proxy-enable-native-sidecar",
    };
    let ends_itself = subject.pod().is_some_and(|pod| pod.all_containers().any(|c| !c.args.is_empty() || !c.command.is_empty()));
    match subject.native() {
        Some(true) => {}
        _ if subject.annotation(annotation) == Some("true") || ends_itself => {}
        Some(false) => report.block(Id::JobNeverEnds, format!("its proxy is an ordinary container and runs on when the Job is done: set the annotation {annotation}: \"true\" on its pods, or leave it out")),
        None => report.warn(Id::JobNeverEnds, format!("unless its proxy is a native sidecar the Job never ends: the annotation {annotation}: \"true\" on its pods makes sure")),
    }
}

fn init_containers(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.intention.ambient() || subject.native() == Some(true) {
        return;
    }
    let own: Vec<&str> = subject.init_containers().filter(|c| c["restartPolicy"] != "Always").filter_map(|c| c["name"].as_str()).collect();
    if own.is_empty() {
        return;
    }
    let verdict = if subject.native() == Some(false) && has_cni(subject) { Verdict::Block } else { Verdict::Warn };
    let vault = own.iter().any(|name| name.contains("vault-agent"));
    let avoid = match (vault, subject.intention.linkerd()) {
        (true, _) => "vault.hashicorp.com/agent-init-first: \"true\"",
        (false, true) => "a native sidecar starts before them, or let them run as user 2102",
        (false, false) => {
            "a native sidecar starts before them, or let them run as user 1337, or exclude their ports with traffic.sidecar.istio.io/excludeOutboundPorts"
        }
    };
    report.add(Id::InitNeedsNetwork, verdict, format!("init containers {} have no network while the proxy does not run: {avoid}", own.join(", ")));
}

/// Whether a CNI plugin of the mesh redirects pods.
fn has_cni(subject: &Subject<'_>) -> bool {
    let plugin = if subject.intention.linkerd() { "linkerd-cni" } else { "istio-cni" };
    subject
        .world
        .meshes()
        .iter()
        .filter(|mesh| mesh.id() == subject.intention.mesh)
        .any(|mesh| mesh.components().iter().any(|c| c.name.contains(plugin)))
}

fn order(subject: &Subject<'_>, report: &mut Report<'_>) {
    let config = subject.world.istio.config.root();
    let held_by_mesh = config.at(["defaultConfig", "holdApplicationUntilProxyStarts"]).and_then(|f| f.bool()) == Some(true);
    let holds = subject.annotation("proxy.istio.io/config").is_some_and(|text| text.contains("holdApplicationUntilProxyStarts"));
    if subject.intention.istio_sidecar() && subject.native() == Some(false) && !holds && !held_by_mesh {
        report.warn(
            Id::StartOrder,
            "the application may dial before the proxy is up: proxy.istio.io/config: '{\"holdApplicationUntilProxyStarts\": true}' makes it wait",
        );
    }
    if subject.intention.linkerd() && subject.native() == Some(false) && has_cni(subject) {
        report.warn(Id::AwaitDeadlock, "with a CNI that gives the pod its address late, waiting for the proxy holds the pod up for minutes: config.linkerd.io/proxy-await: disabled");
    }
}

fn probes(subject: &Subject<'_>, report: &mut Report<'_>) {
    let Some(pod) = subject.pod() else { return };
    let all: Vec<_> = pod.containers.iter().flat_map(|c| c.probes().map(|(_, probe)| probe).collect::<Vec<_>>()).collect();
    if all.is_empty() {
        return;
    }
    let off = subject.annotation("sidecar.istio.io/rewriteAppHTTPProbers") == Some("false");
    if subject.intention.istio_sidecar() && off {
        report.warn(Id::ProbeRewrite, "sidecar.istio.io/rewriteAppHTTPProbers: \"false\" leaves its probes as they are: under STRICT the kubelet is refused; take the annotation away");
    }
    let awkward = all
        .iter()
        .any(|probe| probe.tcp_socket.is_some() || probe.grpc.is_some() || probe.http_get.as_ref().is_some_and(|get| get.scheme == "HTTPS"));
    let strict = !matches!(
        subject
            .annotation("config.linkerd.io/default-inbound-policy")
            .and_then(InboundPolicy::parse)
            .unwrap_or(subject.world.linkerd.cluster.default_policy),
        InboundPolicy::AllUnauthenticated | InboundPolicy::ClusterUnauthenticated | InboundPolicy::Audit
    );
    if subject.intention.linkerd() && strict && awkward {
        report.warn(Id::ProbeLinkerd, "its default policy wants identities, and probes by TCP, gRPC or HTTPS are not exempted: grant the kubelet's networks with an AuthorizationPolicy and a NetworkAuthentication");
    }
    if subject.intention.ambient() {
        let policies = subject.world.index.objects_in(Kind::NetworkPolicy, subject.namespace());
        let selects = |object: &crate::model::Object| {
            object.spec().get("podSelector").and_then(|s| crate::model::LabelSelector::read(s)).is_some_and(|s| s.matches(&subject.workload.labels))
        };
        if let Some(policy) = policies.iter().find(|p| selects(p)) {
            report.warn(
                Id::ProbeAmbient,
                format!(
                    "in ambient the kubelet's probes come from 169.254.7.127: NetworkPolicy {} has to admit that address (ipBlock 169.254.7.127/32)",
                    policy.meta.name
                ),
            );
        }
    }
}

fn drain(subject: &Subject<'_>, report: &mut Report<'_>) {
    let grace = subject.spec()["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    let slept = |container: &Value| container["lifecycle"]["preStop"].as_object().map(|_| sleep_of(&container["lifecycle"]["preStop"]).unwrap_or(0));
    let Some(longest) = subject.containers().filter_map(slept).max() else { return };
    if subject.intention.istio_sidecar() && subject.native() != Some(true) {
        report.warn(Id::Drain, "it has a preStop hook, and the sidecar drains for 5 s only from the same moment: terminationDrainDuration in proxy.istio.io/config has to cover the hook");
    }
    if longest + 5 > grace {
        report.warn(
            Id::Drain,
            format!("its preStop hook takes {longest} s of the {grace} s of terminationGracePeriodSeconds, and the proxy needs time after it"),
        );
    }
}

/// The seconds that a hook sleeps.
fn sleep_of(hook: &Value) -> Option<i64> {
    if let Some(seconds) = hook["sleep"]["seconds"].as_i64() {
        return Some(seconds);
    }
    let words: Vec<&str> = hook["exec"]["command"].as_array()?.iter().filter_map(Value::as_str).flat_map(str::split_whitespace).collect();
    let at = words.iter().position(|word| word.ends_with("sleep"))?;
    words.get(at + 1)?.trim_end_matches([';', 's']).parse().ok()
}
