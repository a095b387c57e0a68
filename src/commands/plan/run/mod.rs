//! A plan carried out step by step, and taken back. Before anything is written the journal holds what stood there, so that whoever finds it can go on
//! or undo; each step looks at the object first, so that doing it twice does nothing twice.

mod backward;
mod forward;
mod lock;
mod metrics;
mod proof;
mod ztunnel;

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::sync::watch;

use super::rollout::{self, Ended};
use super::{PlanArgs, now, show};
use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, Refused};
use crate::commands::Terminal;
use crate::error::{CliError, Exit};
use crate::output::{self, clean};
use crate::plan::journal::Journal;
use crate::plan::preflight::Id;
use crate::plan::{Expect, Outcome, Plan, Step};
pub(in crate::commands) use lock::find;
use lock::{held, holder, is_alive};

/// How often a request is repeated whose fate is not known.
const TRIES: usize = 4;

/// Carries a plan out from its beginning.
pub(super) async fn begin(
    plan: Plan,
    args: &PlanArgs,
    global: &GlobalArgs,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<Exit, CliError> {
    let journal = Journal::of(&plan, holder(), &now());
    let mut run = Run::lock(journal, args, global, connection, terminal).await?;
    if let Err(refused) = run.note_pods().await {
        run.close().await?;
        return Err(CliError::unreadable(format!("cannot see which pods there are: {refused}; nothing has changed")));
    }
    run.save().await?;
    let (exit, steps, outcome) = run.finish(true).await?;
    if args.output.is_document() {
        show::plan(&plan, &steps, outcome, args, terminal)?;
    }
    Ok(exit)
}

/// Takes over a run that was left behind, to its end or back to its beginning.
pub(in crate::commands) async fn go_on(
    namespace: &str,
    undo: bool,
    args: &PlanArgs,
    global: &GlobalArgs,
    connection: &Connection,
    terminal: &mut Terminal,
) -> Result<Exit, CliError> {
    let Some((mut journal, object)) = find(namespace, connection).await? else {
        terminal.note(format!("no run is under way in namespace {namespace}: there is nothing to resume and nothing to undo"));
        return Ok(Exit::Ok);
    };
    if is_alive(&journal) {
        return Err(held(&journal));
    }
    let forward = !undo && !journal.undoing;
    journal.holder = holder();
    let mut run = Run::new(journal, &object, args, global, connection, terminal)?;
    // Killed before it noted them, it has written nothing.
    let noted = run.note_pods().await;
    run.save().await?;
    if let Err(refused) = noted {
        return Err(run.lost(&refused.to_string()));
    }
    let (exit, ..) = run.finish(forward).await?;
    Ok(exit)
}

/// Why a run stops.
enum Stop {
    /// A step failed: what was done is taken back.
    Failed(String, Vec<String>),
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// The run is no longer ours, or the server cannot be asked any more: nothing more is written.
    Lost(String),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Lost(why) => Self::Lost(why),
            refused => Self::Failed(refused.to_string(), Vec::new()),
        }
    }
}

pub(super) struct Run<'a> {
    pub(super) connection: &'a Connection,
    global: &'a GlobalArgs,
    terminal: &'a mut Terminal,
    quiet: bool,
    /// Whether known calls may fare worse.
    calls_may_fail: bool,
    /// What was not taken back, since somebody else changed it.
    left_alone: bool,
    journal: Journal,
    version: String,
    uid: String,
    limit: std::time::Duration,
    interrupted: watch::Receiver<bool>,
}

impl<'a> Run<'a> {
    /// With the object that the journal stands in, as it was read or written last.
    fn new(
        journal: Journal,
        object: &Value,
        args: &PlanArgs,
        global: &'a GlobalArgs,
        connection: &'a Connection,
        terminal: &'a mut Terminal,
    ) -> Result<Self, CliError> {
        let (pressed, interrupted) = watch::channel(false);
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                let _ = pressed.send(true);
                // A second one ends the process as usual.
                std::future::pending::<()>().await;
            }
        });
        let quiet = !args.output.is_text();
        let calls_may_fail = args.force.iter().any(|id| id == Id::Calls.name());
        let limit = args.rollout_timeout()?;
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let (version, uid) = (text("resourceVersion"), text("uid"));
        Ok(Self { connection, global, terminal, quiet, calls_may_fail, left_alone: false, journal, version, uid, limit, interrupted })
    }

    /// To the end of the plan, or back to where it began; then the journal goes.
    async fn finish(mut self, forward: bool) -> Result<(Exit, Vec<Step>, Outcome), CliError> {
        if forward {
            match self.forward().await {
                Ok(()) => {
                    self.close().await?;
                    self.say("✔ Done.");
                    return Ok((Exit::Ok, self.journal.steps, Outcome::Done));
                }
                Err(Stop::Interrupted) => return self.interrupt(),
                Err(Stop::Lost(why)) => return Err(self.lost(&why)),
                Err(Stop::Failed(why, log)) => {
                    self.say(&format!("✖ {why}"));
                    log.iter().for_each(|line| self.say(&format!("    | {line}")));
                    self.journal.because = why;
                }
            }
        }
        self.journal.undoing = true;
        self.save().await?;
        match self.backward().await {
            Ok(()) => {}
            Err(Stop::Interrupted) => return self.interrupt(),
            Err(Stop::Failed(why, _) | Stop::Lost(why)) => return Err(self.lost(&why)),
        }
        self.close().await?;
        let failed = !self.journal.because.is_empty();
        self.say(match (failed, self.left_alone) {
            (true, false) => "✖ Not done; everything is as it was before.",
            (true, true) => "✖ Not done; everything is as it was before, except for what somebody else changed.",
            (false, false) => "✔ Taken back: everything is as it was before.",
            (false, true) => "▲ Taken back, except for what somebody else changed.",
        });
        Ok((if failed || self.left_alone { Exit::Findings } else { Exit::Ok }, self.journal.steps, Outcome::Undone))
    }

    fn interrupt(self) -> Result<(Exit, Vec<Step>, Outcome), CliError> {
        let namespace = &self.journal.namespace;
        self.terminal.problem(format!("interrupted between two steps; go on with `kubectl mesh onboard --resume -n {namespace}`, take it back with `kubectl mesh onboard --undo -n {namespace}`"));
        Ok((Exit::Interrupted, self.journal.steps, Outcome::Interrupted))
    }

    fn lost(&self, why: &str) -> CliError {
        let namespace = &self.journal.namespace;
        let error = CliError::unreadable(format!("stopped in the middle: {why}"));
        error.hint(format!(
            "go on with `kubectl mesh onboard --resume -n {namespace}`, take it back with `kubectl mesh onboard --undo -n {namespace}`"
        ))
    }

    fn say(&mut self, text: &str) {
        let text = clean(text);
        // What cannot be shown does not stop a run.
        let _ = if self.quiet {
            writeln!(self.terminal.err, "{text}")
        } else {
            let text = output::marked(&text, &self.terminal.style);
            writeln!(self.terminal.out, "{text}").and_then(|()| self.terminal.out.flush())
        };
    }

    /// Whether Ctrl-C was pressed: then nothing more is begun.
    fn check(&self) -> Result<(), Stop> {
        if *self.interrupted.borrow() { Err(Stop::Interrupted) } else { Ok(()) }
    }

    /// Watches a rollout, and keeps the journal warm meanwhile.
    async fn watch(&mut self, step: &Step, expect: Option<&Expect>, known: &BTreeSet<String>) -> Result<Ended, Stop> {
        let mut interrupted = self.interrupted.clone();
        let mut rollout = rollout::Rollout::new(self.connection, step, expect, known, self.limit, self.terminal.progress && !self.quiet)
            .await
            .map_err(Stop::from)?;
        loop {
            tokio::select! {
                ended = rollout.next() => if let Some(ended) = ended.map_err(Stop::from)? {
                    return Ok(ended);
                },
                _ = interrupted.wait_for(|pressed| *pressed) => return Err(Stop::Interrupted),
            }
            if rollout.is_heartbeat_due() {
                self.journal.heard = now();
                self.write_journal().await.map_err(Stop::Lost)?;
            }
        }
    }
}
