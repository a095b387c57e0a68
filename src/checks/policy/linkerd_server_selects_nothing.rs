use crate::checks::Findings;
use crate::checks::support::kubernetes::runtime_labels;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Server whose podSelector or externalWorkloadSelector matches nothing in its namespace. Servers are bound to their own namespace, and pod
    /// labels count, not those of the Deployment.
    ///
    /// # Why it matters
    ///
    /// The Server and all policies on it are idle, and the ports that were meant are governed by the default inbound policy instead, which is
    /// often "everybody may".
    ///
    /// # How to fix it
    ///
    /// Correct the labels or the namespace, or delete the Server.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`, `policy-controller/k8s/api/src/labels.rs`.
    "linkerd-server-selects-nothing",
    summary: "Server selects no workload",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob, Kind::ExternalWorkload],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let controllers = [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet];
    for server in world.view().linkerd_servers().iter() {
        if server.workloads(&world.index).next().is_some() {
            continue;
        }
        let namespace = server.object.meta.namespace.as_str();
        if !server.selector.external && runtime_labels::may_fit(world, Some(namespace), &server.selector.labels.match_labels) {
            continue;
        }
        let (field, kinds) = if server.selector.external {
            ("spec.externalWorkloadSelector", vec![(Kind::ExternalWorkload, namespace)])
        } else {
            ("spec.podSelector", controllers.map(|kind| (kind, namespace)).to_vec())
        };
        let finding = findings.missing(
            server.object,
            field,
            &kinds,
            format!("the selector matches no workload of namespace {namespace:?}: the Server governs nothing"),
            "Use labels that the pods have, in the namespace they run in.",
        );
        // Extensions bring Servers for parts that come later, such as the service mirrors of links.
        if let Some(finding) = finding.filter(|_| server.object.meta.labels.has("linkerd.io/extension")) {
            finding.severity(Severity::Info);
        }
    }
}
