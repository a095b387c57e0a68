//! What follows once workloads are in the mesh: plans of their own that refuse somebody, each carried out only where it is proved that nobody is
//! refused who calls.

use std::collections::BTreeSet;

use super::{OnboardArgs, chosen, deny, network, strict};
use crate::cli::GlobalArgs;
use crate::cluster::live::Connection;
use crate::commands::observed::{self, ObservedArgs};
use crate::commands::plan::{self, calls};
use crate::commands::{ReadRequest, Terminal, load};
use crate::error::{CliError, Exit};
use crate::index::Workload;
use crate::model::{MeshId, Observed};
use crate::plan::preflight::{Id, Row, Verdict};
use crate::views::{self, Edge};
use crate::world::World;

/// How far back a call would have been seen.
const WINDOW: &str = "1d";

/// A plan that tightens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tighter {
    /// Mutual TLS only.
    Strict,
    /// Nobody but who is known to call.
    Deny,
    /// The same, by the network.
    Network,
}

impl Tighter {
    fn wanted(args: &OnboardArgs, mesh: MeshId) -> Vec<Self> {
        // With Linkerd the network sees the proxies' port alone: what it no longer tells apart, Servers do.
        let deny = args.deny_by_default || (args.network_policies && mesh == MeshId::Linkerd);
        let all = [(Self::Strict, args.mtls == super::MtlsArg::Strict), (Self::Deny, deny), (Self::Network, args.network_policies)];
        all.into_iter().filter(|(_, wanted)| *wanted).map(|(plan, _)| plan).collect()
    }

    const fn stays(self) -> &'static str {
        match self {
            Self::Strict => "the mode stays as it is (PERMISSIVE): mutual TLS from clients in the mesh, plaintext from all others",
            Self::Deny => "nobody is refused: policies stay as they are",
            Self::Network => "the network stays as it is: no NetworkPolicy is made",
        }
    }
}

/// Whether anything of that is asked for.
pub(super) fn is_wanted(args: &OnboardArgs, mesh: MeshId) -> bool {
    !Tighter::wanted(args, mesh).is_empty()
}

/// What one such plan is made of.
pub(super) struct Asked<'a> {
    pub(super) world: &'a World,
    pub(super) workloads: &'a [&'a Workload],
    pub(super) namespace: &'a str,
    pub(super) mesh: MeshId,
    pub(super) global: &'a GlobalArgs,
    pub(super) connection: Option<&'a Connection>,
}

/// Makes each plan of what is in the cluster by now, and carries it out.
pub(super) async fn run(
    args: &OnboardArgs,
    mesh: MeshId,
    global: &GlobalArgs,
    connection: Option<&Connection>,
    terminal: &mut Terminal,
) -> Result<Exit, CliError> {
    for tighter in Tighter::wanted(args, mesh) {
        // Clients are everywhere.
        let request = ReadRequest { kinds: calls::kinds(), everywhere: true, ..ReadRequest::default() };
        let loaded = load::load(global, &request, terminal).await?;
        let world = &loaded.world;
        let (workloads, namespace) = chosen(world, &args.service, args.all, global)?;
        if workloads.iter().all(|workload| world.injection(mesh, workload).actual.inside() == 0) {
            terminal.note("what tightens is planned once they are in the mesh");
            return Ok(Exit::Ok);
        }
        let asked = Asked { world, workloads: &workloads, namespace: &namespace, mesh, global, connection };
        let plan = match tighter {
            Tighter::Strict => strict::plan(&asked, terminal).await?,
            Tighter::Deny => deny::plan(&asked, terminal).await?,
            Tighter::Network => network::plan(&asked, terminal).await?,
        };
        let (known, more) = calls::known(world, &workloads);
        let plan = plan.with_calls(known, more);
        let stays = plan.changes() && plan.blocks(&args.plan.force).next().is_some();
        let exit = plan::carry_out(plan, &args.plan, global, connection, terminal).await?;
        if stays {
            terminal.note(tighter.stays());
        }
        if exit != Exit::Ok {
            return Ok(exit);
        }
    }
    Ok(Exit::Ok)
}

/// What a Prometheus saw, where there is one, and what it does not prove.
pub(super) async fn seen(asked: &Asked<'_>, unproven: Id, terminal: &mut Terminal) -> Result<Option<(Observed, Vec<Row>)>, CliError> {
    if !observed::has_candidates(asked.world) {
        return Ok(None);
    }
    let question = ObservedArgs { observed: true, prometheus: None, since: WINDOW.to_owned() };
    let Some(seen) = observed::ask(&question, asked.world, asked.global, terminal).await? else { return Ok(None) };
    let mut rows = Vec::new();
    let servers: BTreeSet<_> = asked.workloads.iter().map(|workload| &workload.reference).collect();
    for server in servers.into_iter().filter(|_| seen.missing.is_empty()) {
        if !seen.calls.iter().any(|call| call.server.namespace == server.namespace && call.server.name == server.name) {
            let text = format!("{} counted no call of {server} in the last {}: without traffic nothing is proved", seen.source, seen.since);
            rows.push(Row { id: unproven, verdict: Verdict::Block, object: None, text });
        }
    }
    Ok(Some((seen, rows)))
}

/// Who is known to call the workloads, and what stands against refusing all others.
pub(super) async fn known(asked: &Asked<'_>, terminal: &mut Terminal) -> Result<(BTreeSet<Edge>, Vec<Row>), CliError> {
    let (mut edges, mut rows) = calls::edges(asked.world, asked.workloads);
    let mut add = |id, verdict, text: String| rows.push(Row { id, verdict, object: None, text });
    match seen(asked, Id::DenyUnproven, terminal).await? {
        None => {
            let text = "no Prometheus was found: only objects tell who calls, and whoever they do not name would be refused";
            add(Id::DenyUnproven, Verdict::Block, text.to_owned());
        }
        Some((seen, unproven)) => {
            for why in &seen.missing {
                add(Id::DenyUnproven, Verdict::Block, format!("who really calls was not seen: {why}"));
            }
            for what in &seen.not_shown {
                add(Id::DenyUnproven, Verdict::Unknown, format!("metrics do not show {what}"));
            }
            for workload in asked.workloads {
                let (more, notes) = views::observed_edges(asked.world, asked.mesh, &seen, Some(workload));
                edges.extend(more);
                notes.into_iter().for_each(|note| add(Id::DenyRefuses, Verdict::Block, note));
            }
            rows.extend(unproven);
        }
    }
    Ok((edges, rows))
}
