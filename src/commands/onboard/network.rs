//! `onboard --network-policies`: the same for the network, which sees a mesh's tunnels and not the ports within.

use std::collections::BTreeMap;

use super::tighten::{Asked, known};
use crate::commands::{Terminal, observed};
use crate::error::CliError;
use crate::index::Workload;
use crate::mesh::mtls::{Client, Declared};
use crate::mesh::network_policy::{Direction, NetworkPolicies};
use crate::model::{Kind, Membership, MeshId, Mode, ObjectRef};
use crate::plan::network::{Flows, policy};
use crate::plan::preflight::in_order;
use crate::plan::{Plan, Step, made};

/// Makes the plan: a policy that lets in who is known to call, and where something limits what the workload calls, one that lets its proxy out.
pub(super) async fn plan(asked: &Asked<'_>, terminal: &mut Terminal) -> Result<Plan, CliError> {
    let Asked { world, mesh, .. } = *asked;
    let (edges, mut rows) = known(asked, terminal).await?;
    let index = &world.index;
    let network = NetworkPolicies::new(world.view());
    let find = |at: &ObjectRef| index.workload(&at.namespace, &at.name, Some(at.kind));
    let called = callees(asked);
    let scrapers = observed::namespaces(world);
    let (mut steps, mut notes, mut names): (Vec<Step>, Vec<String>, Vec<String>) = Default::default();
    let mut limited = false;
    for workload in asked.workloads {
        let at = &workload.reference;
        names.push(at.short_name());
        let mode = if world.membership(mesh, workload) == Ok(Membership::Ambient) { Mode::Ambient } else { Mode::Sidecar };
        let mut callers: Vec<&Workload> = edges.iter().filter(|edge| edge.server == *at).filter_map(|edge| find(&edge.client)).collect();
        if at.kind == Kind::StatefulSet {
            // Its pods may call each other.
            callers.push(workload);
        }
        let callees = called.get(&workload.position()).cloned().unwrap_or_default();
        let flows = Flows { world, workload, mesh, mode, callers, callees, scrapers: scrapers.clone() };
        let isolated = |direction| !network.isolating(&at.namespace, &workload.labels, direction).is_empty();
        let mut make = |end: &str, spec| {
            let name = format!("{}-{end}", at.name);
            if index.object(Kind::NetworkPolicy, &at.namespace, &name).is_some() {
                notes.push(format!("NetworkPolicy {}/{name} is there already: nothing is changed", at.namespace));
            } else {
                steps.push(made::create(made::signed(world, policy(workload, &name, spec), at, mesh)));
            }
        };
        make("callers", flows.ingress());
        limited |= !isolated(Direction::Ingress);
        if isolated(Direction::Egress) {
            make("proxy", flows.egress());
        } else {
            notes.push(format!("what {at} calls is not limited: no object tells all of it"));
        }
    }
    if !limited {
        // What is isolated already only gets more open.
        rows.clear();
    }
    match mesh {
        MeshId::Linkerd => {
            notes.push("proxies call each other on port 4143, whatever port is meant: ports are told apart by Servers, not by the network".to_owned())
        }
        MeshId::Istio if !scrapers.is_empty() => {}
        MeshId::Istio => notes.push("no Prometheus was found: nobody is let in to scrape metrics".to_owned()),
    }
    let title = format!("let the network bring {} only calls that are known", names.join(", "));
    Ok(Plan::new(title, asked.namespace, mesh, in_order(rows), steps, notes))
}

/// Whom each of the workloads is known to call, by its position.
fn callees<'w>(asked: &Asked<'w>) -> BTreeMap<usize, Vec<&'w Workload>> {
    let declared = Declared::read(asked.world.view());
    let mut found: BTreeMap<usize, Vec<&Workload>> = asked.workloads.iter().map(|workload| (workload.position(), Vec::new())).collect();
    for server in asked.world.index.workloads() {
        for client in declared.of(server) {
            let Client::Workload(client) = client.client else { continue };
            if let Some(servers) = found.get_mut(&client.position())
                && servers.last().is_none_or(|last| last.position() != server.position())
            {
                servers.push(server);
            }
        }
    }
    found
}
