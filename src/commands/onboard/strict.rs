//! `onboard --mtls strict`: what is in the mesh takes mutual TLS only, where it is proved that nobody is refused by that.

use std::collections::BTreeSet;

use super::tighten::{Asked, seen};
use crate::commands::Terminal;
use crate::commands::plan::material;
use crate::error::CliError;
use crate::mesh::mtls::ServerMode;
use crate::plan::preflight::{Id, Row, Verdict};
use crate::plan::{Plan, strict};
use crate::views::{self, PlanItem, PlanItemKind, Wanted};

/// Makes the plan.
pub(super) async fn plan(asked: &Asked<'_>, terminal: &mut Terminal) -> Result<Plan, CliError> {
    let Asked { world, workloads, namespace, .. } = *asked;
    let mut objects = material::objects(world, workloads, namespace);
    objects.extend(strict::policies(world, workloads));
    let material = material::of(asked.connection, world, &objects).await;
    let proof = proof(asked, terminal).await?;
    Ok(strict::plan(world, workloads, namespace, asked.mesh, proof, &material))
}

/// What `mtls --plan strict` tells, and a Prometheus where there is one.
async fn proof(asked: &Asked<'_>, terminal: &mut Terminal) -> Result<Vec<Row>, CliError> {
    let servers = asked.workloads.iter().map(|workload| workload.reference.clone()).collect();
    let wanted = Wanted { workloads: Some(servers), namespaces: BTreeSet::new() };
    let mut report = views::mtls_plan(asked.world, ServerMode::Strict, &wanted, Some(asked.mesh));
    let seen = seen(asked, Id::StrictUnproven, terminal).await?;
    let mut rows = Vec::new();
    let mut add = |id, verdict, text: String| rows.push(Row { id, verdict, object: None, text });
    match seen {
        None => add(Id::StrictUnproven, Verdict::Unknown, "no Prometheus was found: only objects tell who calls".to_owned()),
        Some((seen, unproven)) => {
            unproven.into_iter().for_each(|row| add(row.id, row.verdict, row.text));
            views::add_observed(asked.world, &mut report, seen);
        }
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
    let port = if server.port == 0 { String::new() } else { format!(":{}", server.port) };
    let target = if server.name.is_empty() { String::new() } else { format!(" → {}{port}", server.name) };
    let client = item.client.as_ref().map_or(String::new(), |client| {
        let place = if client.namespace.is_empty() { String::new() } else { format!(" (namespace {})", client.namespace) };
        format!("{}{place}", client.text())
    });
    format!("{client}{target}: {}", item.text).trim_start_matches([' ', '→', ':']).trim_start().to_owned()
}
