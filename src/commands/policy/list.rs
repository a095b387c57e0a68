//! `policy list`: what applies to whom, and who enforces it.

use clap::Args;

use super::words as policy_words;
use crate::cli::{GlobalArgs, ListArgs};
use crate::commands::{Terminal, load, words};
use crate::error::{CliError, Exit};
use crate::model::{Gap, ObjectRef};
use crate::output::{Page, Report, Table};
use crate::views::{self, Enforced, EnforcedAt, PolicyEntry, PolicyReport, Target};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh policy list -n shop                # every policy, and who enforces it
  kubectl mesh policy list deploy/cart -n shop    # what applies to one workload
  kubectl mesh policy list -f deploy/ -o json";

/// List policies, the workloads they apply to, and where they are enforced
///
/// With a workload, everything that applies to it. A policy that is enforced nowhere says why.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PolicyListArgs {
    /// A workload: deploy/NAME, NAME, NAME.NAMESPACE, or TYPE NAME
    #[arg(value_name = "WORKLOAD", num_args = 0..=2)]
    pub workload: Vec<String>,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// Runs the command.
pub async fn run(args: &PolicyListArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    words::understood(&args.workload)?;
    let loaded = load::load(global, &policy_words::read_request(), terminal).await?;
    let world = &loaded.world;
    let only = match words::target(world, &args.workload, global)? {
        None => None,
        Some(Target::Workload(workload)) => Some(workload),
        Some(Target::Service(_)) => return Err(CliError::usage("policies apply to workloads").hint("name one: deploy/NAME")),
    };
    let report = views::policies(world, only);
    if report.policies.is_empty() {
        words::nothing("policies", world, terminal);
    }
    terminal.show(&report, view, Some(world))?;
    Ok(words::judged(world, views::DECISION_KINDS, report.policies.is_empty(), terminal))
}

impl Report for PolicyReport {
    const KIND: Option<&'static str> = Some("PolicyReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        if self.policies.is_empty() { Vec::new() } else { vec![table(self, page.wide)] }
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.policies.iter().map(|policy| policy.object.clone()).collect()
    }
}

fn table(report: &PolicyReport, wide: bool) -> Table {
    let row = |p: &PolicyEntry| {
        let at = places(&p.workloads);
        let applies = match (&p.note, p.workloads.as_slice()) {
            (Some(note), []) => (*note).to_owned(),
            (note, workloads) => {
                let shown = if wide { workloads.len() } else { 3 };
                let names: Vec<String> = workloads.iter().take(shown).map(|w| format!("{}/{}", w.kind.name().to_ascii_lowercase(), w.name)).collect();
                let more = workloads.len().saturating_sub(shown);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let note = note.map_or(String::new(), |n| format!(" ({n})"));
                format!("{}{more}{note}", names.join(", "))
            }
        };
        [p.object.namespace.to_string(), p.object.short_name(), p.action.clone(), at, applies]
    };
    Table::new(["NAMESPACE", "POLICY", "ACTION", "ENFORCED AT", "APPLIES TO"], report.policies.iter().map(row))
}

/// The places, each once.
fn places(workloads: &[Enforced]) -> String {
    let places: std::collections::BTreeSet<EnforcedAt> = workloads.iter().map(|w| w.enforced_at).collect();
    if places.is_empty() { "nowhere".to_owned() } else { places.into_iter().map(EnforcedAt::name).collect::<Vec<_>>().join(", ") }
}
