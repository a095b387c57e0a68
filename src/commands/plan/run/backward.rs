//! What was written, taken back: last things first, and then the pods.

use std::collections::BTreeSet;

use super::{Run, Stop, TRIES, rollout, show};
use crate::cluster::live::{Refused, Resource};
use crate::commands::plan::rollout::Ended;
use crate::commands::plan::{address, all_of};
use crate::model::{Kind, MeshId};
use crate::plan::patch::{self, State};
use crate::plan::{Action, Expect, MANAGER, Status, Step, made, path_text};

impl Run<'_> {
    /// Takes back what was written, last things first, and brings the pods back.
    pub(super) async fn backward(&mut self) -> Result<(), Stop> {
        for at in (0..self.journal.steps.len()).rev() {
            let step = self.journal.steps[at].clone();
            if !step.action.writes() {
                continue;
            }
            self.check()?;
            let detail = match step.action {
                Action::Create => self.unmake(&step).await?,
                // What the plan itself made comes back with nothing.
                Action::Delete if step.object.uid.is_empty() => None,
                Action::Delete => self.remake(&step).await?,
                _ => self.take_back(&step).await?,
            };
            self.journal.steps[at].status = Status::Undone;
            if let Some(detail) = detail {
                let line = show::outcome(&self.journal.steps[at], &detail);
                self.say(&line);
            }
        }
        self.write_journal().await.map_err(Stop::Lost)?;
        // What the plan made is gone, with its pods.
        let waits = |step: &&Step| step.action == Action::Wait && !step.object.uid.is_empty();
        let waits: Vec<Step> = self.journal.steps.iter().filter(waits).cloned().collect();
        for step in waits {
            self.check()?;
            self.pods_back(&step).await?;
        }
        Ok(())
    }

    /// Takes the fields of a step back; nothing to tell where it was never done.
    async fn take_back(&mut self, step: &Step) -> Result<Option<String>, Stop> {
        let Some(at) = address(&step.object) else { return Ok(None) };
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
                self.left_alone |= !others.is_empty();
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

    /// Deletes an object that the plan made; nothing to tell where it never did.
    pub(super) async fn unmake(&mut self, step: &Step) -> Result<Option<String>, Stop> {
        let Some(at) = address(&step.object) else { return Ok(None) };
        let (mut why, mut done) = (String::new(), false);
        for _ in 0..TRIES {
            let live = match self.connection.get(&at).await {
                Ok(live) => live,
                Err(Refused::NotFound) => return Ok(done.then(String::new)),
                Err(Refused::Lost(text)) => {
                    why = text;
                    continue;
                }
                Err(refused) => return Err(refused.into()),
            };
            if !made::is_of(&live, &self.journal.plan) {
                return Ok(None);
            }
            if !made::is_untouched(&live) {
                self.left_alone = true;
                return Ok(Some("left alone, since somebody else changed it".to_owned()));
            }
            if done && !live["metadata"]["deletionTimestamp"].is_null() {
                return Ok(Some("a finalizer holds it for now".to_owned()));
            }
            match self.connection.delete(&at, live["metadata"]["uid"].as_str().unwrap_or_default(), false).await {
                Ok(()) => done = true,
                Err(Refused::Lost(text) | Refused::Conflict(text, _)) => why = text,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Stop::Lost(if why.is_empty() { format!("{} does not go", step.object) } else { why }))
    }

    /// Makes an object anew that the plan deleted; nothing to tell where it never did.
    async fn remake(&mut self, step: &Step) -> Result<Option<String>, Stop> {
        let (Some(at), Some(all), Some(manifest)) = (address(&step.object), all_of(&step.object), &step.manifest) else { return Ok(None) };
        let (mut why, mut done) = (String::new(), false);
        for _ in 0..TRIES {
            match self.connection.get(&at).await {
                Ok(live) if live["metadata"]["uid"] == *step.object.uid && live["metadata"]["deletionTimestamp"].is_null() => return Ok(None),
                Ok(live) if live["metadata"]["uid"] == *step.object.uid => {
                    why = format!("{} is being deleted, and a finalizer holds it", step.object)
                }
                Ok(live) if made::anew(&live) == made::anew(manifest) => return Ok(Some(String::new())),
                Ok(_) => {
                    self.left_alone = true;
                    return Ok(Some("somebody else has made another of the same name: left alone".to_owned()));
                }
                Err(Refused::NotFound) if done => why = format!("{} does not stay", step.object),
                Err(Refused::NotFound) => match self.connection.create(&all, &made::anew(manifest), MANAGER, false).await {
                    Ok(_) => done = true,
                    Err(Refused::Lost(text) | Refused::Conflict(text, _)) => why = text,
                    Err(refused) => return Err(refused.into()),
                },
                Err(Refused::Lost(text)) => why = text,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(Stop::Lost(why))
    }

    /// Waits until the pods are those of before. A pod that was made between two writes may keep what was taken back: it is replaced by name.
    async fn pods_back(&mut self, step: &Step) -> Result<(), Stop> {
        let Some(forward) = &step.expect else { return Ok(()) };
        let asked = self.journal.steps.iter().any(|step| matches!(step.action, Action::Label | Action::Annotate));
        let back = if forward.inside { Expect::outside(forward.mesh()) } else { Expect { inside: true, ..Expect::outside(forward.mesh()) } };
        let known = self.journal.pods.get(&step.object.to_string()).cloned().unwrap_or_default();
        // Where pods had a proxy before there is no telling by it which ones are as before.
        let told = asked && !forward.unchanged && (forward.inside || forward.mesh() == MeshId::Linkerd || !forward.ambient);
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
            match self.connection.delete(&Resource::of(Kind::Pod, "v1", &step.object.namespace, name), uid, false).await {
                Ok(()) | Err(Refused::Conflict(..)) => self.say(&format!("  ↩ pod {name} is replaced")),
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(kept.len())
    }
}
