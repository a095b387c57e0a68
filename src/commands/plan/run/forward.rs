//! A plan's steps, one after the other.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Run, Stop, TRIES, rollout, show};
use crate::cluster::live::{Change, Refused};
use crate::commands::plan::now;
use crate::commands::plan::rollout::{Ended, HEARTBEAT};
use crate::commands::plan::{address, all_of, calls};
use crate::commands::{ReadRequest, load};
use crate::model::first_of;
use crate::output::counted;
use crate::plan::patch::{self, State};
use crate::plan::{Action, Expect, MANAGER, Status, Step, made, path_text};

/// Before calls that fare worse are followed once more.
const AGAIN: Duration = Duration::from_secs(1);

impl Run<'_> {
    pub(super) async fn forward(&mut self) -> Result<(), Stop> {
        while let Some(at) = self.journal.next() {
            self.check()?;
            let step = self.journal.steps[at].clone();
            let detail = match (step.action, &step.expect) {
                (Action::Wait, Some(expect)) => self.wait(&step, expect).await,
                (Action::Verify, Some(expect)) => self.verify(&step, expect).await,
                (Action::Calls, _) => self.follow(&step).await,
                (Action::Wait, None) => self.programmed(&step).await,
                (Action::Create, _) => self.make(&step).await,
                (Action::Delete, _) if step.object.uid.is_empty() => self.unmake(&step).await.map(Option::unwrap_or_default),
                (Action::Delete, _) => self.remove(&step).await,
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
        let at = address(&step.object).ok_or_else(|| Stop::Failed(format!("{} is of no known kind", step.object), Vec::new()))?;
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
            let by_apply = patch::by_apply(&live, &step.changes);
            let sent = if by_apply {
                self.connection.apply(&at, &patch::apply_body(&step.object, &step.changes), MANAGER, false).await
            } else {
                self.connection.patch(&at, &patch::forward(&live, &step.changes), MANAGER, false).await
            };
            match sent {
                Ok(_) => {}
                // What a patch tests may have changed this very moment, and an answer may be lost: look again.
                Err(Refused::Lost(text)) => why = text,
                Err(Refused::Invalid(text)) if !by_apply => why = text,
                Err(Refused::Conflict(text, causes)) => {
                    let fields: Vec<String> = causes.into_iter().map(|(field, message)| format!("{field}: {message}")).collect();
                    return Err(Stop::Failed(format!("{}: {}", step.object, if fields.is_empty() { text } else { fields.join("; ") }), Vec::new()));
                }
                Err(refused) => return Err(Stop::Failed(format!("{}: {refused}", step.object), Vec::new())),
            }
        }
        if why.is_empty() { Err(Stop::Failed(format!("{} does not keep what is written", step.object), Vec::new())) } else { Err(Stop::Lost(why)) }
    }

    /// Makes an object, unless it is made already.
    async fn make(&mut self, step: &Step) -> Result<String, Stop> {
        let failed = |text: String| Stop::Failed(text, Vec::new());
        let (Some(at), Some(all), Some(manifest)) = (address(&step.object), all_of(&step.object), &step.manifest) else {
            return Err(failed(format!("{} is of no known kind", step.object)));
        };
        let mut why = String::new();
        for _ in 0..TRIES {
            match self.connection.get(&at).await {
                Ok(live) if made::is_of(&live, &self.journal.plan) => return Ok(String::new()),
                Ok(_) => return Err(failed(format!("{} is there already, and this plan has not made it", step.object))),
                Err(Refused::NotFound) => {}
                Err(Refused::Lost(text)) => {
                    why = text;
                    continue;
                }
                Err(refused) => return Err(failed(format!("{}: {refused}", step.object))),
            }
            match self.connection.create(&all, manifest, MANAGER, false).await {
                Ok(_) => return Ok(String::new()),
                // An answer may be lost: look again.
                Err(Refused::Lost(text) | Refused::Conflict(text, _)) => why = text,
                Err(refused) => return Err(failed(format!("{}: {refused}", step.object))),
            }
        }
        Err(Stop::Lost(why))
    }

    /// Deletes an object, if it is as it was when the plan was made.
    async fn remove(&mut self, step: &Step) -> Result<String, Stop> {
        let failed = |text: String| Stop::Failed(text, Vec::new());
        let (Some(at), Some(manifest)) = (address(&step.object), &step.manifest) else {
            return Err(failed(format!("{} is of no known kind", step.object)));
        };
        let mut why = String::new();
        for _ in 0..TRIES {
            match self.connection.get(&at).await {
                Ok(live) if live["metadata"]["uid"] != *step.object.uid => return Ok("it is another object of the same name by now".to_owned()),
                Ok(live) if !live["metadata"]["deletionTimestamp"].is_null() => return Ok("a finalizer holds it for now".to_owned()),
                Ok(live) if made::anew(&live) != made::anew(manifest) => return Err(failed(format!("{}: somebody else changed it", step.object))),
                Ok(_) => {}
                Err(Refused::NotFound) => return Ok(String::new()),
                Err(Refused::Lost(text)) => {
                    why = text;
                    continue;
                }
                Err(refused) => return Err(failed(format!("{}: {refused}", step.object))),
            }
            match self.connection.delete(&at, &step.object.uid, false).await {
                Ok(()) | Err(Refused::Conflict(..)) => {}
                Err(Refused::Lost(text)) => why = text,
                Err(refused) => return Err(failed(format!("{}: {refused}", step.object))),
            }
        }
        Err(Stop::Lost(if why.is_empty() { format!("{} does not go", step.object) } else { why }))
    }

    /// Follows the known calls again: none may fail that did not.
    async fn follow(&mut self, step: &Step) -> Result<String, Stop> {
        let mut followed = self.followed(step).await?;
        if !followed.worse.is_empty() {
            // What was written may not have been seen by everybody who answers.
            tokio::time::sleep(AGAIN).await;
            followed = self.followed(step).await?;
        }
        match followed.worse.as_slice() {
            [] => Ok(followed.text),
            worse if self.calls_may_fail => Ok(format!("{}; passed over: {}", followed.text, first_of(worse, 3))),
            worse => Err(Stop::Failed(format!("known calls would fail: {}", first_of(worse, 3)), Vec::new())),
        }
    }

    async fn followed(&mut self, step: &Step) -> Result<calls::Followed, Stop> {
        let everywhere = step.calls.iter().any(|call| call.namespace != self.journal.namespace);
        let request = ReadRequest { kinds: calls::kinds(), everywhere, ..ReadRequest::default() };
        let loaded = load::load(self.global, &request, self.terminal).await.map_err(|error| Stop::Lost(error.message))?;
        Ok(calls::again(&loaded.world, &step.calls))
    }

    async fn wait(&mut self, step: &Step, expect: &Expect) -> Result<String, Stop> {
        let known = self.journal.pods.get(&step.object.to_string()).cloned().unwrap_or_default();
        match self.watch(step, Some(expect), &known).await? {
            Ended::Done(pods) => Ok(counted(pods, "pod")),
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

    /// Waits until a gateway takes what is sent to it.
    async fn programmed(&mut self, step: &Step) -> Result<String, Stop> {
        let Some(all) = all_of(&step.object) else { return Err(Stop::Failed(format!("{} is of no known kind", step.object), Vec::new())) };
        let name = format!("metadata.name={}", step.object.name);
        let mut gateway = self.connection.watch(all, &[("fieldSelector", &name)]);
        let mut interrupted = self.interrupted.clone();
        let end = Instant::now().checked_add(self.limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400));
        let mut last = "its controller says nothing of it".to_owned();
        loop {
            let changed = tokio::select! {
                changed = gateway.next() => changed,
                _ = interrupted.wait_for(|pressed| *pressed) => return Err(Stop::Interrupted),
                () = sleep_until(end) => return Err(Stop::Failed(format!("{} is not programmed in time: {last}", step.object), Vec::new())),
                () = sleep(HEARTBEAT) => {
                    self.journal.heard = now();
                    self.write_journal().await.map_err(Stop::Lost)?;
                    continue;
                }
            };
            match changed {
                Ok(Change::Is(object)) => {
                    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
                    match conditions.into_iter().find(|condition| condition["type"] == "Programmed") {
                        Some(condition) if condition["status"] == "True" => return Ok("programmed".to_owned()),
                        Some(condition) => last = condition["message"].as_str().unwrap_or_default().to_owned(),
                        None => {}
                    }
                }
                Ok(Change::Gone(_)) => return Err(Stop::Failed(format!("{} is gone", step.object), Vec::new())),
                Ok(Change::Again) => {}
                // A server that cannot be asked now may be asked later.
                Err(Refused::Lost(_)) => sleep(AGAIN).await,
                Err(refused) => return Err(refused.into()),
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
        let mut said = vec![format!("{} as expected", counted(pods.len(), "pod"))];
        said.extend(self.look(step, expect, &pods).await?);
        Ok(said.join("; "))
    }
}
