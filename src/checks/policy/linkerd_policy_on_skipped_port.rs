use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::index::{Body, Workload};
use crate::mesh::linkerd::annotations::{self, REQUIRE_IDENTITY, SKIP_INBOUND};
use crate::mesh::linkerd::ports::PortSet;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Server governs a port that its pods let past the proxy: by `config.linkerd.io/skip-inbound-ports` of the pods or their namespace, or by the
    /// installation's `proxyInit.ignoreInboundPorts` (4567 and 4568 by default). Likewise a port that
    /// `config.linkerd.io/proxy-require-identity-inbound-ports` names.
    ///
    /// # Why it matters
    ///
    /// What does not reach the proxy is subject to no policy. The Server and its policies read as if they guarded the port, and everybody is let in.
    ///
    /// # How to fix it
    ///
    /// Take the port out of the list; if the proxy is not to parse it, make the Server's `proxyProtocol` opaque.
    ///
    /// Sources: linkerd `charts/partials/templates/_proxy-init.tpl`, `controller/api/destination/endpoint_translator.go`.
    "linkerd-policy-on-skipped-port",
    summary: "Policy for a port whose traffic never reaches the proxy",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

const DEFAULT: &str = "4567,4568";

fn run(world: &World, findings: &mut Findings<'_>) {
    let servers = world.view().linkerd_servers();
    let mut skipped: BTreeMap<(&str, &str), Vec<(&Workload, u16)>> = BTreeMap::new();
    for claim in servers.claims() {
        let Some(server) = claim.servers.first() else { continue };
        let outside = matches!(claim.workload.body, Body::Object(_)) || !annotated::is_meshed(world, claim.workload);
        if !outside && past_the_proxy(world, claim.workload).contains(claim.port) {
            skipped.entry((server.object.meta.namespace.as_str(), server.name())).or_default().push((claim.workload, claim.port));
        }
    }
    for ((namespace, name), ports) in skipped {
        let (Some(server), Some((first, port))) = (servers.get(namespace, name), ports.first()) else { continue };
        let others = if ports.len() == 1 { String::new() } else { format!(" and {} more", ports.len() - 1) };
        let what = format!("port {port} of {}{others} goes past the proxy: no policy of this Server holds there", first.reference);
        let finding = findings.add(server.object, "spec.port", what, "Take the port out of skip-inbound-ports.");
        for (workload, _) in ports.iter().take(5) {
            let own = workload.annotations.get(SKIP_INBOUND);
            let inherited = world.index.namespace(namespace).filter(|n| own.is_none() && n.metadata.annotations.has(SKIP_INBOUND));
            match (own, inherited) {
                (_, Some(namespace)) => finding.related(namespace.reference(), format!("carries {SKIP_INBOUND} for all its pods")),
                (Some(list), None) => finding.related(workload.reference.clone(), format!("carries {SKIP_INBOUND}: {list}")),
                (None, None) => finding.related(workload.reference.clone(), "skips the installation's default ports"),
            };
        }
    }
    for workload in annotated::workloads(world) {
        let Some(list) = workload.annotations.get(REQUIRE_IDENTITY) else { continue };
        let both = PortSet::strict(list).unwrap_or_default().intersection(&past_the_proxy(world, workload));
        if !both.is_empty() && annotated::is_meshed(world, workload) {
            let what = format!("port {both} goes past the proxy: no identity can be required there");
            findings.add_workload(workload, &annotations::path(REQUIRE_IDENTITY), what, "Take the port out of skip-inbound-ports.");
        }
    }
}

/// The ports that a workload's pods are made to let past the proxy.
fn past_the_proxy(world: &World, workload: &Workload) -> PortSet {
    let installed = world.linkerd.configs.first().map_or(DEFAULT, |c| &c.skip_inbound_ports);
    PortSet::lenient(annotated::effective(world, workload, SKIP_INBOUND).unwrap_or(installed), None).0
}
