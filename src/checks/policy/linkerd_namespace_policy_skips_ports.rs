use std::collections::{BTreeMap, HashSet};

use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated;
use crate::index::Body;
use crate::mesh::linkerd::annotations::DEFAULT_POLICY;
use crate::mesh::linkerd::authz::{Target, target};
use crate::mesh::linkerd::server::{InboundPolicy, declared_ports};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy on a Namespace, in which workloads declare ports that no Server governs.
    ///
    /// # Why it matters
    ///
    /// A policy on the namespace stands for its Servers, not for its pods. A port without a Server follows the default inbound policy of its pod,
    /// whatever the policy says: with the chart's default it is open to everybody.
    ///
    /// # How to fix it
    ///
    /// Define Servers for the ports, or set `config.linkerd.io/default-inbound-policy` for the namespace.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`.
    "linkerd-namespace-policy-skips-ports",
    summary: "Namespace-wide AuthorizationPolicy that ports without a Server are not subject to",
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::LinkerdAuthorizationPolicy, Kind::Server, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let wide: Vec<_> = index.objects(Kind::LinkerdAuthorizationPolicy).iter().filter(|p| target(p) == Ok(Target::Namespace)).collect();
    let namespaces: HashSet<&str> = wide.iter().map(|p| p.meta.namespace.as_str()).collect();
    if namespaces.is_empty() {
        return;
    }
    let servers = world.view().linkerd_servers();
    let governed: HashSet<_> = servers.claims().into_iter().map(|c| (&c.workload.reference, c.port)).collect();
    let mut open: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for workload in annotated::workloads(world).filter(|w| namespaces.contains(w.reference.namespace.as_str()) && !matches!(w.body, Body::Object(_)))
    {
        let own = workload.annotations.get(DEFAULT_POLICY);
        let inherited = || index.namespace(&workload.reference.namespace)?.metadata.annotations.get(DEFAULT_POLICY);
        let policy = own.or_else(inherited).and_then(InboundPolicy::parse).unwrap_or(world.linkerd.cluster.default_policy);
        if policy == InboundPolicy::Deny {
            continue;
        }
        let free =
            declared_ports(index, workload).into_iter().filter(|(name, port)| !is_proxys(name) && !governed.contains(&(&workload.reference, *port)));
        let ports: Vec<String> = free.map(|(_, port)| port.to_string()).collect();
        if !ports.is_empty() {
            open.entry(workload.reference.namespace.as_str()).or_default().push(format!("{} ({})", workload.reference.name, ports.join(", ")));
        }
    }
    for policy in wide {
        let Some(workloads) = open.get(policy.meta.namespace.as_str()) else { continue };
        let (shown, more) = (workloads.iter().take(3).cloned().collect::<Vec<_>>().join(", "), workloads.len().saturating_sub(3));
        let more = if more == 0 { String::new() } else { format!(" and {more} more workloads") };
        findings.add(
            policy,
            "spec.targetRef",
            format!("it does not hold for ports without a Server: {shown}{more}"),
            "Define Servers for these ports, or set a default inbound policy for the namespace.",
        );
    }
}

/// Ports of the container that the injector adds.
fn is_proxys(name: &str) -> bool {
    matches!(name, "linkerd-proxy" | "linkerd-admin")
}
