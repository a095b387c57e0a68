use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::mesh::linkerd::COMPONENT;
use crate::model::{Kind, Map, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// A component of the control plane, of viz, of multicluster or the CNI plugin runs without the ClusterRole or ClusterRoleBinding that its chart
    /// makes for it.
    ///
    /// # Why it matters
    ///
    /// The component is refused by the API server. It stays not ready, or works from what it read before: new endpoints, policies and certificates
    /// do not reach the proxies.
    ///
    /// # How to fix it
    ///
    /// Upgrade the control plane or the extension with its values. Pruning with a selector that is too wide is a common cause.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go`, `viz/pkg/healthcheck/healthcheck.go`, `multicluster/cmd/check.go`, the charts.
    "linkerd-cluster-role-missing",
    summary: "Linkerd's own component lacks its ClusterRole or ClusterRoleBinding",
    aliases: &[
        "l5d-existence-cr",
        "l5d-existence-crb",
        "l5d-viz-cr-exists",
        "l5d-viz-crb-exists",
        "l5d-multicluster-source-rbac-correct",
        "cni-plugin-cr-exists",
        "cni-plugin-crb-exists",
    ],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Namespace, Kind::ClusterRole, Kind::ClusterRoleBinding, Kind::Pod, Kind::Deployment, Kind::DaemonSet],
    run: run,
}

/// A component, by its pods' labels, and what the chart makes for it; `{ns}` stands for its namespace, `{cluster}` for the linked cluster.
struct Part {
    labels: [(&'static str, &'static str); 2],
    roles: &'static [&'static str],
    bindings: &'static [&'static str],
    codes: [&'static str; 2],
}

const CLUSTER: &str = "mirror.linkerd.io/cluster-name";
const EXISTENCE: [&str; 2] = ["l5d-existence-cr", "l5d-existence-crb"];
const VIZ: [&str; 2] = ["l5d-viz-cr-exists", "l5d-viz-crb-exists"];

const PARTS: [Part; 8] = [
    part([(COMPONENT, "identity"); 2], &["linkerd-{ns}-identity"], &["linkerd-{ns}-identity"], EXISTENCE),
    part([(COMPONENT, "proxy-injector"); 2], &["linkerd-{ns}-proxy-injector"], &["linkerd-{ns}-proxy-injector"], EXISTENCE),
    part(
        [(COMPONENT, "destination"); 2],
        &["linkerd-{ns}-destination", "linkerd-policy"],
        &["linkerd-{ns}-destination", "linkerd-destination-policy"],
        EXISTENCE,
    ),
    part(
        [(EXTENSION, "viz"), ("component", "tap")],
        &["linkerd-{ns}-tap", "linkerd-{ns}-tap-admin"],
        &["linkerd-{ns}-tap", "linkerd-{ns}-tap-auth-delegator"],
        VIZ,
    ),
    part([(EXTENSION, "viz"), ("component", "metrics-api")], &["linkerd-{ns}-metrics-api"], &["linkerd-{ns}-metrics-api"], VIZ),
    part([(EXTENSION, "viz"), ("component", "tap-injector")], &["linkerd-tap-injector"], &["linkerd-tap-injector"], VIZ),
    part(
        [(EXTENSION, "multicluster"), ("component", "controller")],
        &["linkerd-multicluster-controller-access-local-resources"],
        &["linkerd-multicluster-controller-access-local-resources-{cluster}"],
        ["l5d-multicluster-source-rbac-correct"; 2],
    ),
    part([("k8s-app", "linkerd-cni"); 2], &["linkerd-cni"], &["linkerd-cni"], ["cni-plugin-cr-exists", "cni-plugin-crb-exists"]),
];

const fn part(
    labels: [(&'static str, &'static str); 2],
    roles: &'static [&'static str],
    bindings: &'static [&'static str],
    codes: [&'static str; 2],
) -> Part {
    Part { labels, roles, bindings, codes }
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for part in &PARTS {
        let labels: Map = part.labels.into_iter().collect();
        for workload in world.index.select(None, &labels) {
            for (kind, names, code) in [(Kind::ClusterRole, part.roles, part.codes[0]), (Kind::ClusterRoleBinding, part.bindings, part.codes[1])] {
                // Manifests of workloads alone say nothing about roles, and no cluster lives without any: then the source leaves them out.
                if world.sight(kind, "") != Sight::Clear || world.index.objects(kind).is_empty() {
                    continue;
                }
                let cluster = workload.labels.get(CLUSTER).unwrap_or_default();
                let names = names.iter().map(|n| n.replace("{ns}", &workload.reference.namespace).replace("{cluster}", cluster));
                let missing: Vec<String> = names.filter(|name| world.index.object(kind, "", name).is_none()).collect();
                if !missing.is_empty() {
                    let what = format!("{kind} {} does not exist: the component may not read or write what it needs", first_of(&missing, 3));
                    findings.add_workload(workload, "", what, "Upgrade Linkerd or its extension with its values.").codes(&[code]);
                }
            }
        }
    }
}
