//! The journal of a run as the lock that it is: made before anything is written, kept up to date, gone with the run.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{PlanArgs, Run, TRIES, now, proof, rollout};
use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, Refused, Resource};
use crate::commands::Terminal;
use crate::error::CliError;
use crate::model::Kind;
use crate::plan::journal::{Holder, Journal, NAME, SILENCE};
use crate::plan::{Action, MANAGER, Step};

/// The journal of a run that is under way in a namespace, or was left behind.
pub(in crate::commands) async fn find(namespace: &str, connection: &Connection) -> Result<Option<(Journal, Value)>, CliError> {
    match connection.get(&place(namespace)).await {
        Ok(object) => Ok(Some((Journal::read(&object).map_err(CliError::unreadable)?, object))),
        Err(Refused::NotFound) => Ok(None),
        Err(refused) => Err(CliError::unreadable(format!("cannot read the journal in namespace {namespace}: {refused}"))),
    }
}

fn place(namespace: &str) -> Resource {
    Resource::of(Kind::ConfigMap, "v1", namespace, NAME)
}

pub(super) fn held(journal: &Journal) -> CliError {
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
pub(super) fn holder() -> Holder {
    let from_file = || std::fs::read_to_string("/etc/hostname").ok();
    let host = ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok()).or_else(from_file).unwrap_or_default();
    let pid = std::process::id();
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    Holder { run: format!("{pid}-{since:x}"), host: host.trim().to_owned(), pid }
}

/// Whether who began a run may still be at it: its process lives on this machine, or was heard of lately from another one.
pub(super) fn is_alive(journal: &Journal) -> bool {
    let here = holder();
    let processes = std::path::Path::new("/proc/self").exists();
    if journal.holder.host == here.host && processes {
        return journal.holder.pid != here.pid && std::path::Path::new(&format!("/proc/{}", journal.holder.pid)).exists();
    }
    let heard = journal.heard.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
    jiff::Timestamp::now().as_second() - heard < SILENCE
}

impl<'a> Run<'a> {
    /// Makes the journal, which is the lock: one run at a time in a namespace.
    pub(super) async fn lock(
        journal: Journal,
        args: &PlanArgs,
        global: &'a GlobalArgs,
        connection: &'a Connection,
        terminal: &'a mut Terminal,
    ) -> Result<Self, CliError> {
        let all = Resource::of(Kind::ConfigMap, "v1", &journal.namespace, "");
        let mut why = String::new();
        for _ in 0..TRIES {
            match connection.create(&all, &journal.object(None), MANAGER, false).await {
                Ok(written) => return Self::new(journal, &written.object, args, global, connection, terminal),
                // Perhaps our own, of which the answer was lost.
                Err(Refused::Conflict(..) | Refused::Lost(_)) => match find(&journal.namespace, connection).await? {
                    Some((found, object)) if found.holder == journal.holder => {
                        return Self::new(journal, &object, args, global, connection, terminal);
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
    pub(super) async fn note_pods(&mut self) -> Result<(), Refused> {
        // What the plan makes has none yet.
        let waits = |step: &Step| step.action == Action::Wait && step.expect.is_some() && !step.object.uid.is_empty();
        let unnoted = |step: &&Step| waits(step) && !self.journal.pods.contains_key(&step.object.to_string());
        let waits: Vec<Step> = self.journal.steps.iter().filter(unnoted).cloned().collect();
        // Who may not see them has nothing to compare with.
        let ready = if waits.is_empty() { None } else { proof::ready(self.connection, &self.journal.namespace).await.ok() };
        for step in &waits {
            let pods = rollout::pods_of(self.connection, step).await?;
            let uids: BTreeSet<String> = pods.iter().filter_map(|pod| pod["metadata"]["uid"].as_str().map(str::to_owned)).collect();
            if let Some(ready) = &ready {
                let own = ready.iter().filter(|(_, pods)| !pods.is_disjoint(&uids));
                self.journal.endpoints.insert(step.object.to_string(), own.map(|(service, pods)| (service.clone(), pods.len())).collect());
            }
            self.journal.pods.insert(step.object.to_string(), uids);
        }
        if self.journal.others.is_empty() && !waits.is_empty() {
            self.journal.others = proof::generations(self.connection, &self.journal).await.unwrap_or_default();
        }
        Ok(())
    }

    /// Writes the journal, under the name it has and the version that is known: whoever took the run over meanwhile keeps it.
    pub(super) async fn save(&mut self) -> Result<(), CliError> {
        self.journal.heard = now();
        self.write_journal().await.map_err(|why| {
            let namespace = &self.journal.namespace;
            CliError::unreadable(format!("stopped: {why}"))
                .hint(format!("kubectl mesh onboard --status -n {namespace} shows how far it is; --resume goes on, --undo takes it back"))
        })
    }

    pub(super) async fn write_journal(&mut self) -> Result<(), String> {
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

    /// The journal goes with the run.
    pub(super) async fn close(&mut self) -> Result<(), CliError> {
        let at = place(&self.journal.namespace);
        match self.connection.delete(&at, &self.uid, false).await {
            Ok(()) | Err(Refused::Conflict(..)) => Ok(()),
            Err(refused) => Err(CliError::unreadable(format!(
                "everything is done, but the journal in namespace {} could not be deleted: {refused}",
                self.journal.namespace
            ))),
        }
    }
}
