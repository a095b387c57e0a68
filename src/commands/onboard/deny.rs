//! `onboard --deny-by-default`: only who is known to call is let in.

use super::tighten::{Asked, known};
use crate::commands::Terminal;
use crate::error::CliError;
use crate::plan::preflight::{Id, Row, Verdict};
use crate::plan::{Plan, deny};
use crate::views;

/// Makes the plan.
pub(super) async fn plan(asked: &Asked<'_>, terminal: &mut Terminal) -> Result<Plan, CliError> {
    let (edges, mut rows) = known(asked, terminal).await?;
    let (mut made_for, mut notes) = (Vec::new(), Vec::new());
    for workload in asked.workloads {
        match views::generate_for(asked.world, asked.mesh, workload, &edges) {
            Err(by) => notes.push(format!("{by} restricts {} already: nothing is changed", workload.reference)),
            Ok(made) => {
                let object = Some(workload.reference.clone());
                rows.extend(made.notes.into_iter().map(|text| Row { id: Id::DenyRefuses, verdict: Verdict::Block, object: object.clone(), text }));
                made_for.push((*workload, made.objects));
            }
        }
    }
    if made_for.is_empty() {
        rows.clear();
    }
    Ok(deny::plan(asked.world, made_for, asked.namespace, asked.mesh, rows, notes))
}
