use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::mesh::linkerd::annotations::{self, OPAQUE_PORTS, SKIP_INBOUND};
use crate::mesh::linkerd::ports::PortSet;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A port is in `config.linkerd.io/skip-inbound-ports` and in `config.linkerd.io/opaque-ports` of the same pods, by their own annotations or
    /// their namespace's.
    ///
    /// # Why it matters
    ///
    /// A skipped port never reaches the proxy: no mTLS, no policy, no metrics. Opaque keeps mTLS. Whoever wrote both probably wanted encrypted
    /// TCP and gets plain text.
    ///
    /// # How to fix it
    ///
    /// Take the port out of `skip-inbound-ports` to keep mTLS; opaque is enough for protocols that are not HTTP.
    ///
    /// Sources: linkerd `charts/partials/templates/_proxy-init.tpl`, `controller/api/destination/endpoint_translator.go`.
    "linkerd-port-skipped-and-opaque",
    summary: "Port that is both skipped and opaque",
    severity: Severity::Warning,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for workload in annotated::workloads(world) {
        let effective = |name| annotated::effective(world, workload, name);
        let (Some(skipped), Some(opaque)) = (effective(SKIP_INBOUND), effective(OPAQUE_PORTS)) else { continue };
        let read = |list| PortSet::lenient(list, world.index.pod_spec(workload)).0;
        let both = read(skipped).intersection(&read(opaque));
        if both.is_empty() {
            continue;
        }
        let own = [SKIP_INBOUND, OPAQUE_PORTS].into_iter().find(|name| workload.annotations.has(name));
        // Two lists of the namespace contradict each other once, not once for each workload; report them where they are written.
        let message = format!("port {both} is skipped and opaque: it bypasses the proxy, so there is no mTLS");
        let hint = format!("Take {both} out of skip-inbound-ports to keep mTLS.");
        match (own, world.index.namespace(&workload.reference.namespace)) {
            (None, Some(namespace)) => findings.add(namespace, annotations::path(SKIP_INBOUND), message, hint),
            (name, _) => findings.add_workload(workload, &annotations::path(name.unwrap_or(SKIP_INBOUND)), message, hint),
        };
    }
}
