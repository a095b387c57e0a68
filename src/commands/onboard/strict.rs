//! `onboard --mtls strict`: what is in the mesh takes mutual TLS only, where it is proved that nobody is refused by that.

use std::collections::BTreeSet;

use super::{OnboardArgs, chosen};
use crate::cli::GlobalArgs;
use crate::cluster::live::Connection;
use crate::commands::observed::{self, ObservedArgs};
use crate::commands::plan::{self, calls, material};
use crate::commands::{ReadRequest, Terminal, load};
use crate::error::{CliError, Exit};
use crate::mesh::mtls::ServerMode;
use crate::model::{MeshId, ObjectRef};
use crate::plan::preflight::{Id, Row, Verdict};
use crate::plan::strict;
use crate::views::{self, PlanItem, PlanItemKind, Wanted};
use crate::world::World;

/// How far back plaintext would have been seen.
const WINDOW: &str = "1d";

/// Makes the plan of what is in the cluster by now, and carries it out.
pub(super) async fn run(
    args: &OnboardArgs,
    mesh: MeshId,
    global: &GlobalArgs,
    connection: Option<&Connection>,
    terminal: &mut Terminal,
) -> Result<Exit, CliError> {
    // Clients are everywhere.
    let request = ReadRequest { kinds: calls::kinds(), everywhere: true, ..ReadRequest::default() };
    let loaded = load::load(global, &request, terminal).await?;
    let world = &loaded.world;
    let (workloads, namespace) = chosen(world, &args.service, args.all, global)?;
    if workloads.iter().all(|workload| world.injection(mesh, workload).actual.inside() == 0) {
        terminal.note("mutual TLS only is planned once they are in the mesh");
        return Ok(Exit::Ok);
    }
    let mut objects = material::objects(world, &workloads, &namespace);
    objects.extend(strict::policies(world, &workloads));
    let material = match connection {
        Some(connection) => material::of_cluster(connection, &objects).await,
        None => material::of_world(world, &objects),
    };
    let servers = workloads.iter().map(|workload| workload.reference.clone()).collect();
    let proof = proof(world, servers, mesh, global, terminal).await?;
    let (known, more) = calls::known(world, &workloads);
    let plan = strict::plan(world, &workloads, &namespace, mesh, proof, &material).with_calls(known, more);
    let stays = plan.changes() && plan.blocks(&args.plan.force).next().is_some();
    let exit = plan::carry_out(plan, &args.plan, global, connection, terminal).await?;
    if stays {
        terminal.note("the mode stays as it is (PERMISSIVE): mutual TLS from clients in the mesh, plaintext from all others");
    }
    Ok(exit)
}

/// What `mtls --plan strict` tells, and a Prometheus where there is one.
async fn proof(
    world: &World,
    servers: BTreeSet<ObjectRef>,
    mesh: MeshId,
    global: &GlobalArgs,
    terminal: &mut Terminal,
) -> Result<Vec<Row>, CliError> {
    let wanted = Wanted { workloads: Some(servers.clone()), namespaces: BTreeSet::new() };
    let mut report = views::mtls_plan(world, ServerMode::Strict, &wanted, Some(mesh));
    let mut rows = Vec::new();
    let mut add = |id, verdict, text: String| rows.push(Row { id, verdict, object: None, text });
    if observed::has_candidates(world) {
        let asked = ObservedArgs { observed: true, prometheus: None, since: WINDOW.to_owned() };
        if let Some(seen) = observed::ask(&asked, world, global, terminal).await? {
            let called = |server: &ObjectRef| {
                let is = |call: &&crate::model::ObservedCall| call.server.namespace == server.namespace && call.server.name == server.name;
                seen.calls.iter().any(|call| is(&call))
            };
            for server in servers.iter().filter(|server| seen.missing.is_empty() && !called(server)) {
                let text = format!("{} counted no call of {server} in the last {}: without traffic nothing is proved", seen.source, seen.since);
                add(Id::StrictUnproven, Verdict::Block, text);
            }
            views::add_observed(world, &mut report, seen);
        }
    } else {
        add(Id::StrictUnproven, Verdict::Unknown, "no Prometheus was found: only objects tell who calls".to_owned());
    }
    for item in &report.breaks {
        add(Id::StrictRefuses, Verdict::Block, line(item));
    }
    for item in &report.unknown {
        // What concerns no server in particular is true of every cluster.
        let verdict = if item.server.name.is_empty() && item.kind != PlanItemKind::Unread { Verdict::Unknown } else { Verdict::Block };
        add(Id::StrictUnproven, verdict, line(item));
    }
    for gap in &report.gaps {
        add(Id::StrictUnproven, Verdict::Block, gap.to_string());
    }
    for item in &report.kept {
        add(Id::StrictRefuses, Verdict::Warn, line(item));
    }
    Ok(rows)
}

fn line(item: &PlanItem) -> String {
    let server = &item.server;
    let target = if server.name.is_empty() { String::new() } else { format!(" → {}:{}", server.name, server.port) };
    let client = item.client.as_ref().map_or(String::new(), |client| {
        let place = if client.namespace.is_empty() { String::new() } else { format!(" (namespace {})", client.namespace) };
        format!("{}{place}", client.text())
    });
    format!("{client}{target}: {}", item.text).trim_start_matches([' ', '→', ':']).trim_start().to_owned()
}
