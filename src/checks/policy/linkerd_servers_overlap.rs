use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::mesh::linkerd::server::Server;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two or more Servers select the same pods and the same port. Linkerd goes by the oldest (then by name); admission has accepted overlaps
    /// since 2025.
    ///
    /// # Why it matters
    ///
    /// The younger Servers and every policy on them have no effect on that port, and nothing but a log line says so. Deleting the oldest silently
    /// promotes the next.
    ///
    /// # How to fix it
    ///
    /// Narrow the selectors, or merge the Servers into one and point the policies at it.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/inbound/index.rs`; pull request 13676.
    "linkerd-servers-overlap",
    summary: "Several Servers claim one workload port, and only the oldest governs it",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Server, Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let servers = world.view().linkerd_servers();
    let mut shadowed: BTreeMap<(&str, &str, &str), (Server<'_>, Server<'_>, Vec<String>, usize)> = BTreeMap::new();
    for claim in servers.claims() {
        let [winner, losers @ ..] = claim.servers.as_slice() else { continue };
        for loser in losers {
            let key = (loser.object.meta.namespace.as_str(), loser.name(), winner.name());
            let (.., examples, more) = shadowed.entry(key).or_insert_with(|| (*loser, *winner, Vec::new(), 0));
            if examples.len() < 3 { examples.push(format!("port {} of {}", claim.port, claim.workload.reference)) } else { *more += 1 }
        }
    }
    for (loser, winner, examples, more) in shadowed.into_values() {
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let dated = loser.object.meta.creation_timestamp.is_some() && winner.object.meta.creation_timestamp.is_some();
        let why = if dated { "is older" } else { "would come first if both are created together" };
        findings
            .add(
                loser.object,
                "spec.port",
                format!("Server {:?} governs {}{more}, since it {why}: this one has no effect there", winner.name(), examples.join(", ")),
                "Select pods or ports that no other Server selects, or merge the two Servers.",
            )
            .related(winner.object.reference(), "governs the port");
    }
}
