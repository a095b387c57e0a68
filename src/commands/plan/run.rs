//! A plan carried out step by step, and taken back. Before anything is written the journal holds what stood there, so that whoever finds it can go on
//! or undo; each step looks at the object first, so that doing it twice does nothing twice.

use std::collections::BTreeSet;

use serde_json::Value;
use tokio::sync::watch;

use super::rollout::{self, Ended};
use super::{PlanArgs, address, now, show};
use crate::cluster::live::{Connection, Refused, Resource};
use crate::commands::Terminal;
use crate::error::{CliError, Exit};
use crate::model::{Kind, MeshId};
use crate::output::{self, clean};
use crate::plan::journal::{Holder, Journal, NAME, SILENCE};
use crate::plan::patch::{self, State};
use crate::plan::{Action, Expect, MANAGER, Plan, Status, Step, path_text};

/// How often a request is repeated whose fate is not known.
const TRIES: usize = 4;

/// Carries a plan out from its beginning.
pub(super) async fn begin(plan: Plan, args: &PlanArgs, connection: &Connection, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let journal = Journal::of(&plan, holder(), &now());
    let mut run = Run::lock(journal, args, connection, terminal).await?;
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

/// The journal of a run that is under way in a namespace, or was left behind.
pub(in crate::commands) async fn find(namespace: &str, connection: &Connection) -> Result<Option<(Journal, Value)>, CliError> {
    match connection.get(&place(namespace)).await {
        Ok(object) => Ok(Some((Journal::read(&object).map_err(CliError::unreadable)?, object))),
        Err(Refused::NotFound) => Ok(None),
        Err(refused) => Err(CliError::unreadable(format!("cannot read the journal in namespace {namespace}: {refused}"))),
    }
}

/// Takes over a run that was left behind, to its end or back to its beginning.
pub(in crate::commands) async fn go_on(
    namespace: &str,
    undo: bool,
    args: &PlanArgs,
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
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let mut run = Run::new(journal, text("resourceVersion"), text("uid"), args, connection, terminal)?;
    // Killed before it noted them, it has written nothing.
    let noted = run.note_pods().await;
    run.save().await?;
    if let Err(refused) = noted {
        return Err(run.lost(&refused.to_string()));
    }
    let (exit, ..) = run.finish(forward).await?;
    Ok(exit)
}

fn place(namespace: &str) -> Resource {
    Resource::of(Kind::ConfigMap, "v1", namespace, NAME)
}

fn held(journal: &Journal) -> CliError {
    let error = CliError::refused(format!(
        "another run is under way in namespace {}: {} ({}), since {}",
        journal.namespace,
        journal.title,
        journal.holder.title(),
        journal.started
    ));
    error.hint(format!(
        "wait for it; if it is gone, `kubectl mesh onboard --status -n {0}` shows it, and --resume or --undo go on after {SILENCE} s of silence",
        journal.namespace
    ))
}

/// This process, by a name that no other run has.
fn holder() -> Holder {
    let from_file = || std::fs::read_to_string("/etc/hostname").ok();
    let host = ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok()).or_else(from_file).unwrap_or_default();
    let pid = std::process::id();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    Holder { run: format!("{pid}-{since:x}"), host: host.trim().to_owned(), pid }
}

/// Whether who began a run may still be at it: its process lives on this machine, or was heard of lately from another one.
fn is_alive(journal: &Journal) -> bool {
    let here = holder();
    let processes = std::path::Path::new("/proc/self").exists();
    if journal.holder.host == here.host && processes {
        return journal.holder.pid != here.pid && std::path::Path::new(&format!("/proc/{}", journal.holder.pid)).exists();
    }
    let heard = journal.heard.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
    jiff::Timestamp::now().as_second() - heard < SILENCE
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
    terminal: &'a mut Terminal,
    quiet: bool,
    journal: Journal,
    version: String,
    uid: String,
    limit: std::time::Duration,
    interrupted: watch::Receiver<bool>,
}

impl<'a> Run<'a> {
    fn new(
        journal: Journal,
        version: String,
        uid: String,
        args: &PlanArgs,
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
        Ok(Self { connection, terminal, quiet, journal, version, uid, limit: args.rollout_timeout()?, interrupted })
    }

    /// Makes the journal, which is the lock: one run at a time in a namespace.
    async fn lock(journal: Journal, args: &PlanArgs, connection: &'a Connection, terminal: &'a mut Terminal) -> Result<Self, CliError> {
        let all = Resource::of(Kind::ConfigMap, "v1", &journal.namespace, "");
        let mut why = String::new();
        for _ in 0..TRIES {
            match connection.create(&all, &journal.object(None), MANAGER, false).await {
                Ok(written) => {
                    let text = |field: &str| written.object["metadata"][field].as_str().unwrap_or_default().to_owned();
                    let (version, uid) = (text("resourceVersion"), text("uid"));
                    return Self::new(journal, version, uid, args, connection, terminal);
                }
                // Perhaps our own, of which the answer was lost.
                Err(Refused::Conflict(..) | Refused::Lost(_)) => match find(&journal.namespace, connection).await? {
                    Some((found, object)) if found.holder == journal.holder => {
                        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
                        let (version, uid) = (text("resourceVersion"), text("uid"));
                        return Self::new(journal, version, uid, args, connection, terminal);
                    }
                    Some((found, _)) if is_alive(&found) => return Err(held(&found)),
                    Some((found, _)) => {
                        let error = CliError::refused(format!(
                            "a run was left behind in namespace {}: {} ({})",
                            found.namespace,
                            found.title,
                            found.holder.title()
                        ));
                        return Err(
                            error.hint(format!("kubectl mesh onboard --resume -n {0} brings it to its end, --undo takes it back", found.namespace))
                        );
                    }
                    None => why = "the answer was lost".to_owned(),
                },
                Err(refused) => {
                    return Err(CliError::refused(format!(
                        "cannot write the journal in namespace {}: {refused}; nothing has changed",
                        journal.namespace
                    )));
                }
            }
        }
        Err(CliError::unreadable(format!("cannot write the journal: {why}; nothing has changed")))
    }

    /// Remembers which pods there are, to tell the new ones from them. Of workloads that are noted already the new ones may be there by now.
    async fn note_pods(&mut self) -> Result<(), Refused> {
        let unnoted = |step: &&Step| step.action == Action::Wait && !self.journal.pods.contains_key(&step.object.to_string());
        let waits: Vec<Step> = self.journal.steps.iter().filter(unnoted).cloned().collect();
        for step in &waits {
            let pods = rollout::pods_of(self.connection, step).await?;
            let uids: BTreeSet<String> = pods.iter().filter_map(|pod| pod["metadata"]["uid"].as_str().map(str::to_owned)).collect();
            self.journal.pods.insert(step.object.to_string(), uids);
        }
        Ok(())
    }

    /// Writes the journal, under the name it has and the version that is known: whoever took the run over meanwhile keeps it.
    async fn save(&mut self) -> Result<(), CliError> {
        self.journal.heard = now();
        self.write_journal().await.map_err(|why| {
            let namespace = &self.journal.namespace;
            CliError::unreadable(format!("stopped: {why}"))
                .hint(format!("kubectl mesh onboard --status -n {namespace} shows how far it is; --resume goes on, --undo takes it back"))
        })
    }

    async fn write_journal(&mut self) -> Result<(), String> {
        let at = place(&self.journal.namespace);
        let mut why = String::new();
        for _ in 0..TRIES {
            match self.connection.replace(&at, &self.journal.object(Some(&self.version)), MANAGER).await {
                Ok(written) => {
                    self.version = written.object["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
                    return Ok(());
                }
                Err(Refused::Lost(text) | Refused::Conflict(text, _)) => {
                    why = text;
                    match self.connection.get(&at).await {
                        Ok(object) => {
                            let found = Journal::read(&object)?;
                            if found.holder != self.journal.holder
                                && found.holder.run != self.journal.holder.run
                                && self.version != object["metadata"]["resourceVersion"]
                            {
                                return Err(format!("somebody else took the run over ({})", found.holder.title()));
                            }
                            self.version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
                            if found == self.journal {
                                return Ok(());
                            }
                        }
                        Err(Refused::NotFound) => return Err("its journal is gone".to_owned()),
                        Err(refused) => why = refused.to_string(),
                    }
                }
                Err(Refused::NotFound) => return Err("its journal is gone".to_owned()),
                Err(refused) => return Err(refused.to_string()),
            }
        }
        Err(format!("the journal could not be written: {why}"))
    }

    /// To the end of the plan, or back to where it began; then the journal goes.
    async fn finish(mut self, forward: bool) -> Result<(Exit, Vec<Step>, &'static str), CliError> {
        if forward {
            match self.forward().await {
                Ok(()) => {
                    self.close().await?;
                    self.say("✔ Done.");
                    return Ok((Exit::Ok, self.journal.steps, "done"));
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
        self.say(if failed { "✖ Not done; everything is as it was before." } else { "✔ Taken back: everything is as it was before." });
        Ok((if failed { Exit::Findings } else { Exit::Ok }, self.journal.steps, "undone"))
    }

    fn interrupt(self) -> Result<(Exit, Vec<Step>, &'static str), CliError> {
        let namespace = &self.journal.namespace;
        self.terminal.problem(format!("interrupted between two steps; go on with `kubectl mesh onboard --resume -n {namespace}`, take it back with `kubectl mesh onboard --undo -n {namespace}`"));
        Ok((Exit::Interrupted, self.journal.steps, "interrupted"))
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

    async fn forward(&mut self) -> Result<(), Stop> {
        while let Some(at) = self.journal.next() {
            self.check()?;
            let step = self.journal.steps[at].clone();
            let detail = match (step.action, &step.expect) {
                (Action::Wait, Some(expect)) => self.wait(&step, expect).await,
                (Action::Verify, Some(expect)) => self.verify(&step, expect).await,
                _ => self.write(&step).await,
            };
            let status = if detail.is_ok() { Status::Done } else { Status::Failed };
            if !matches!(detail, Err(Stop::Interrupted | Stop::Lost(_))) {
                self.journal.steps[at].status = status;
                let line = show::outcome(&self.journal.steps[at], detail.as_deref().unwrap_or_default());
                self.say(&line);
            }
            detail?;
            self.write_journal().await.map_err(Stop::Lost)?;
        }
        Ok(())
    }

    /// Writes the fields of a step, as far as they are not written yet.
    async fn write(&mut self, step: &Step) -> Result<String, Stop> {
        let at = address(step).ok_or_else(|| Stop::Failed(format!("{} is of no known kind", step.object), Vec::new()))?;
        let mut why = String::new();
        for _ in 0..TRIES {
            let live = match self.connection.get(&at).await {
                Ok(live) => live,
                Err(Refused::NotFound) => return Err(Stop::Failed(format!("{} is gone", step.object), Vec::new())),
                Err(refused) => return Err(refused.into()),
            };
            if !step.object.uid.is_empty() && live["metadata"]["uid"] != *step.object.uid {
                return Err(Stop::Failed(format!("{} is another object of the same name by now", step.object), Vec::new()));
            }
            for change in &step.changes {
                if let State::Other(found) = patch::state(&live, change) {
                    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
                    let text = format!(
                        "{}: somebody else changed {}: it was {}, the plan wants {}, it is {}",
                        step.object,
                        path_text(&change.path),
                        shown(&change.before),
                        shown(&change.after),
                        shown(&found)
                    );
                    return Err(Stop::Failed(text, Vec::new()));
                }
            }
            if step.changes.iter().all(|change| patch::state(&live, change) == State::After) {
                return Ok(String::new());
            }
            let sent = if patch::only_adds(&step.changes) {
                self.connection.apply(&at, &patch::apply_body(&step.object, &step.changes), MANAGER, false).await
            } else {
                self.connection.patch(&at, &patch::forward(&live, &step.changes), MANAGER, false).await
            };
            match sent {
                Ok(_) => {}
                // What a patch tests may have changed this very moment, and an answer may be lost: look again.
                Err(Refused::Lost(text)) => why = text,
                Err(Refused::Invalid(text)) if !patch::only_adds(&step.changes) => why = text,
                Err(Refused::Conflict(text, causes)) => {
                    let fields: Vec<String> = causes.into_iter().map(|(field, message)| format!("{field}: {message}")).collect();
                    return Err(Stop::Failed(format!("{}: {}", step.object, if fields.is_empty() { text } else { fields.join("; ") }), Vec::new()));
                }
                Err(refused) => return Err(Stop::Failed(format!("{}: {refused}", step.object), Vec::new())),
            }
        }
        if why.is_empty() { Err(Stop::Failed(format!("{} does not keep what is written", step.object), Vec::new())) } else { Err(Stop::Lost(why)) }
    }

    async fn wait(&mut self, step: &Step, expect: &Expect) -> Result<String, Stop> {
        let known = self.journal.pods.get(&step.object.to_string()).cloned().unwrap_or_default();
        match self.watch(step, Some(expect), &known).await? {
            Ended::Done(pods) => Ok(format!("{pods} pods")),
            Ended::Stuck { text, log } => {
                let lines = match log {
                    Some((pod, container)) => self
                        .connection
                        .log(&step.object.namespace, &pod, &container, 5)
                        .await
                        .map(|text| text.lines().map(str::to_owned).collect())
                        .unwrap_or_default(),
                    None => Vec::new(),
                };
                Err(Stop::Failed(text, lines))
            }
        }
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

    async fn verify(&mut self, step: &Step, expect: &Expect) -> Result<String, Stop> {
        let pods = rollout::pods_of(self.connection, step).await?;
        let wrong = rollout::left_over(&pods, expect);
        if let Some((name, _)) = wrong.first() {
            let what = if expect.inside { "is not in the mesh" } else { "is still in the mesh" };
            return Err(Stop::Failed(format!("pod {name} {what}"), Vec::new()));
        }
        Ok(format!("{} pods as expected", pods.len()))
    }

    /// Takes back what was written, last things first, and brings the pods back.
    async fn backward(&mut self) -> Result<(), Stop> {
        for at in (0..self.journal.steps.len()).rev() {
            let step = self.journal.steps[at].clone();
            if !step.action.writes() {
                continue;
            }
            self.check()?;
            let detail = self.take_back(&step).await?;
            self.journal.steps[at].status = Status::Undone;
            if let Some(detail) = detail {
                let line = show::outcome(&self.journal.steps[at], &detail);
                self.say(&line);
            }
        }
        self.write_journal().await.map_err(Stop::Lost)?;
        let waits: Vec<Step> = self.journal.steps.iter().filter(|step| step.action == Action::Wait).cloned().collect();
        for step in waits {
            self.check()?;
            self.pods_back(&step).await?;
        }
        Ok(())
    }

    /// Takes the fields of a step back; nothing to tell where it was never done.
    async fn take_back(&mut self, step: &Step) -> Result<Option<String>, Stop> {
        let Some(at) = address(step) else { return Ok(None) };
        let mut why = String::new();
        let mut done = false;
        for _ in 0..TRIES {
            let live = match self.connection.get(&at).await {
                Ok(live) => live,
                Err(Refused::NotFound) => return Ok(Some("it is gone".to_owned())),
                Err(Refused::Lost(text)) => {
                    why = text;
                    continue;
                }
                Err(refused) => return Err(refused.into()),
            };
            if !step.object.uid.is_empty() && live["metadata"]["uid"] != *step.object.uid {
                return Ok(Some("it is another object of the same name by now: left alone".to_owned()));
            }
            let operations = patch::backward(&live, &step.changes);
            if operations.is_empty() {
                let others: Vec<String> = step
                    .changes
                    .iter()
                    .filter(|change| matches!(patch::state(&live, change), State::Other(_)))
                    .map(|change| path_text(&change.path))
                    .collect();
                return Ok(match (others.is_empty(), done) {
                    (true, false) => None,
                    (true, true) => Some(String::new()),
                    (false, _) => Some(format!("left alone, since somebody else changed it: {}", others.join(", "))),
                });
            }
            done = true;
            match self.connection.patch(&at, &operations, MANAGER, false).await {
                Ok(_) => {}
                Err(Refused::Lost(text) | Refused::Invalid(text) | Refused::Conflict(text, _)) => why = text,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Stop::Lost(if why.is_empty() { format!("{} does not keep what is written", step.object) } else { why }))
    }

    /// Waits until the pods are those of before. A pod that was made between two writes may keep what was taken back: it is replaced by name.
    async fn pods_back(&mut self, step: &Step) -> Result<(), Stop> {
        let Some(forward) = &step.expect else { return Ok(()) };
        let asked = self.journal.steps.iter().any(|step| matches!(step.action, Action::Label | Action::Annotate));
        let back = if forward.inside { Expect::outside(forward.mesh()) } else { Expect { inside: true, ..Expect::outside(forward.mesh()) } };
        let known = self.journal.pods.get(&step.object.to_string()).cloned().unwrap_or_default();
        // Where pods had a proxy before there is no telling by it which ones are as before.
        let told = asked && (forward.inside || forward.mesh() == MeshId::Linkerd || !forward.ambient);
        if told && step.object.kind == "StatefulSet" {
            // Its controller waits for a broken pod to become ready before it replaces it.
            self.replace_left_over(step, &back, &known).await?;
        }
        for _ in 0..2 {
            if let Ended::Stuck { text, .. } = self.watch(step, None, &known).await? {
                self.terminal.problem(format!("{}: the fields are as before, and its pods are not ready again: {text}", step.object));
                return Ok(());
            }
            // A pod that came between two writes is of the old template and still in the mesh: no rollout replaces it.
            if !told || self.replace_left_over(step, &back, &known).await? == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn replace_left_over(&mut self, step: &Step, back: &Expect, known: &BTreeSet<String>) -> Result<usize, Stop> {
        let pods = rollout::pods_of(self.connection, step).await?;
        let kept: Vec<(String, String)> = rollout::left_over(&pods, back).into_iter().filter(|(_, uid)| !known.contains(uid)).collect();
        for (name, uid) in &kept {
            match self.connection.delete(&Resource::of(Kind::Pod, "v1", &step.object.namespace, name), uid).await {
                Ok(()) | Err(Refused::Conflict(..)) => self.say(&format!("  ↩ pod {name} is replaced")),
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(kept.len())
    }

    /// The journal goes with the run.
    async fn close(&mut self) -> Result<(), CliError> {
        let at = place(&self.journal.namespace);
        match self.connection.delete(&at, &self.uid).await {
            Ok(()) | Err(Refused::Conflict(..)) => Ok(()),
            Err(refused) => Err(CliError::unreadable(format!(
                "everything is done, but the journal in namespace {} could not be deleted: {refused}",
                self.journal.namespace
            ))),
        }
    }
}
