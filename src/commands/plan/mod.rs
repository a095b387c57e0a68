//! What all commands do with a plan: show it, ask, see to the rights, carry it out, and tell what became of it.

pub(super) mod calls;
pub(super) mod material;
pub(super) mod rights;
mod rollout;
mod run;
mod show;

use std::io::{self, BufRead as _, IsTerminal as _};
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::{Terminal, load};
use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, Refused, Resource, Written};
use crate::error::{CliError, Exit};
use crate::model::did_you_mean;
use crate::output::{self, Format};
use crate::plan::{Action, MANAGER, Outcome, Plan, Step, Target, patch, preflight};
pub(super) use run::{find, go_on};
#[cfg(test)]
pub(crate) use show::Paper;
pub(super) use show::files;

/// What changes nothing and only shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    /// Nothing is sent that writes, not even for show
    Client,
    /// The API server checks every write and does none of them
    Server,
}

/// Flags of all commands that carry out a plan.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Plan")]
pub struct PlanArgs {
    /// Show the plan and change nothing
    #[arg(long, value_enum)]
    pub dry_run: Option<DryRun>,
    /// Carry the plan out without asking
    #[arg(short, long)]
    pub yes: bool,
    /// Carry it out in spite of a check of the pre-flight that stands against it (can be repeated)
    #[arg(long, value_name = "ID")]
    pub force: Vec<String>,
    /// Change what other managers wrote
    #[arg(long)]
    pub force_conflicts: bool,
    /// Write objects that Helm, Argo CD, Flux, Terraform or an operator owns
    #[arg(long)]
    pub direct: bool,
    /// Time for the pods of one workload to be replaced
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub rollout_timeout: String,
    /// Output format
    #[arg(short, long, value_parser = output::usual_formats(), default_value = "table")]
    pub output: Format,
}

impl PlanArgs {
    pub(super) fn rollout_timeout(&self) -> Result<Duration, CliError> {
        Ok(load::duration("--rollout-timeout", &self.rollout_timeout)?.unwrap_or(Duration::from_secs(24 * 3600)))
    }
}

/// Refuses to pass over a check that there is not.
fn forced_ids(args: &PlanArgs) -> Result<(), CliError> {
    let unknown = args.force.iter().find(|id| !preflight::Id::ALL.iter().any(|known| known.name() == id.as_str()));
    unknown.map_or(Ok(()), |id| {
        let error = CliError::usage(format!("--force {id:?}: the pre-flight has no such check"));
        let near = did_you_mean(id, preflight::Id::ALL.iter().map(|known| known.name()));
        Err(error.hint(near.unwrap_or_else(|| "its checks stand in the first column of the plan's pre-flight".to_owned())))
    })
}

/// The time as Kubernetes writes it.
pub(super) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A connection to write through, without an end to all requests together: a rollout takes its time.
pub(super) async fn connection(global: &GlobalArgs) -> Result<Connection, CliError> {
    let mut patient = global.clone();
    patient.cluster.timeout = "0".to_owned();
    load::connection(&patient, global.cluster.context.as_deref()).await
}

/// Shows a plan and, where that is wanted, carries it out.
pub(super) async fn carry_out(
    plan: Plan,
    args: &PlanArgs,
    global: &GlobalArgs,
    connection: Option<&Connection>,
    terminal: &mut Terminal,
) -> Result<Exit, CliError> {
    forced_ids(args)?;
    let json = args.output.is_document();
    let mut blocks: Vec<preflight::Id> = plan.blocks(&args.force).map(|row| row.id).collect();
    // One flag passes over all rows of its name.
    blocks.dedup();
    let owned: Vec<&Step> = plan.steps.iter().filter(|step| step.action.writes() && step.owner.is_some()).collect();
    let only_shown = args.dry_run.is_some() || !blocks.is_empty() || !plan.changes() || (!owned.is_empty() && !args.direct);
    if !json || only_shown {
        let outcome = match (blocks.is_empty(), plan.changes()) {
            (false, _) => Outcome::Blocked,
            (true, true) => Outcome::Planned,
            (true, false) => Outcome::NothingToDo,
        };
        show::plan(&plan, &plan.steps, outcome, args, terminal)?;
    }
    if !blocks.is_empty() {
        let flags = blocks.iter().map(|id| format!("--force {id}")).collect::<Vec<_>>().join(" ");
        terminal.problem(format!("not carried out: the pre-flight stands against it; {flags} passes it over"));
        return Ok(Exit::Findings);
    }
    if !plan.changes() {
        return Ok(Exit::Ok);
    }
    if !owned.is_empty() && !args.direct {
        if !json {
            files(&plan, terminal)?;
        }
        return Ok(Exit::Ok);
    }
    let Some(connection) = connection else { return Ok(Exit::Ok) };
    if let Some(sort) = args.dry_run {
        if sort == DryRun::Server {
            rehearse(&plan.steps, connection, terminal).await?;
            terminal.note("the API server accepts every write; nothing has changed");
        }
        return Ok(Exit::Ok);
    }
    conflicts(&plan, args.force_conflicts)?;
    if !args.yes && !ask(terminal)? {
        terminal.note("nothing has changed");
        return Ok(Exit::Ok);
    }
    rights::see_to(&plan, connection).await?;
    // What is not there yet is found out before anything is written: kinds that are not installed, values that are refused.
    let made: Vec<Step> = plan.steps.iter().filter(|step| step.action == Action::Create).cloned().collect();
    rehearse(&made, connection, terminal).await?;
    run::begin(plan, args, global, connection, terminal).await
}

/// Fields that others wrote are theirs.
fn conflicts(plan: &Plan, forced: bool) -> Result<(), CliError> {
    let all = plan.steps.iter().flat_map(|step| step.changes.iter().map(move |change| (step, change)));
    let foreign: Vec<String> = all
        .filter(|(_, change)| change.before.is_some() && change.before != change.after)
        .filter_map(|(step, change)| {
            let manager = change.managers.iter().find(|manager| *manager != MANAGER)?;
            let now = change.before.as_ref().map(ToString::to_string).unwrap_or_default();
            Some(format!("{}  {} is {now}, written by {manager}", step.object, crate::plan::path_text(&change.path)))
        })
        .collect();
    if forced || foreign.is_empty() {
        return Ok(());
    }
    let error = CliError::refused("not carried out: others wrote what the plan changes").detail(foreign.join("\n"));
    Err(error.hint("--force-conflicts changes it all the same"))
}

/// Asks on a terminal; where nobody can be asked, nothing is done.
fn ask(terminal: &mut Terminal) -> Result<bool, CliError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(CliError::usage("nothing is changed without being asked for").hint("--yes carries the plan out, --dry-run=client shows it"));
    }
    write!(terminal.out, "\nGo on? [y/N] ")?;
    terminal.out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| CliError::usage(format!("no answer: {error}")))?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Lets the API server check every write in order.
async fn rehearse(steps: &[Step], connection: &Connection, terminal: &mut Terminal) -> Result<(), CliError> {
    for step in steps.iter().filter(|step| step.action.writes()) {
        let mut sent = dry_run(step, connection).await;
        if matches!(sent, Err(Refused::Lost(_))) {
            sent = dry_run(step, connection).await;
        }
        match sent {
            Ok(written) => {
                for warning in written.warnings {
                    terminal.note(format!("step {}: the API server warns: {warning}", step.id));
                }
            }
            Err(Refused::NotFound) if step.action == Action::Create => {
                let (kind, version) = (&step.object.kind, &step.object.api_version);
                let error = CliError::refused(format!("step {}: the cluster has no kind {kind} of {version}; nothing has changed", step.id));
                return Err(error.hint(format!("install what brings {kind}, or leave {} out", step.object.name)));
            }
            Err(refused) => return Err(CliError::refused(format!("step {} would be refused: {refused}; nothing has changed", step.id))),
        }
    }
    Ok(())
}

/// One write that is only checked.
async fn dry_run(step: &Step, connection: &Connection) -> Result<Written, Refused> {
    let Some(at) = address(&step.object) else { return Ok(Written::default()) };
    match (step.action, &step.manifest) {
        (Action::Create, Some(manifest)) => connection.create(&all_of(&step.object).unwrap_or(at), manifest, MANAGER, true).await,
        (Action::Delete, _) => connection.delete(&at, &step.object.uid, true).await.map(|()| Written::default()),
        _ => {
            let live = connection.get(&at).await?;
            if patch::by_apply(&live, &step.changes) {
                connection.apply(&at, &patch::apply_body(&step.object, &step.changes), MANAGER, true).await
            } else {
                connection.patch(&at, &patch::forward(&live, &step.changes), MANAGER, true).await
            }
        }
    }
}

/// Where an object is.
pub(super) fn address(target: &Target) -> Option<Resource> {
    let (_, plural) = target.resource()?;
    Some(Resource::new(&target.api_version, plural, &target.namespace, &target.name))
}

/// Where objects of its kind are made.
fn all_of(target: &Target) -> Option<Resource> {
    let (_, plural) = target.resource()?;
    Some(Resource::new(&target.api_version, plural, &target.namespace, ""))
}
