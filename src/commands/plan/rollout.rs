//! A rollout, watched.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use super::address;
use crate::cluster::live::{Change, Connection, Refused, Resource, Watch};
use crate::commands::progress::Bar;
use crate::model::{Kind, label_query};
use crate::plan::progress::{self, Progress};
use crate::plan::{Expect, Step};

/// How a rollout ended.
pub(super) enum Ended {
    /// Well, with so many pods.
    Done(usize),
    /// Not at all.
    Stuck { text: String, log: Option<(String, String)> },
}

/// Between two signs of life in the journal.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);
/// Before a watch that failed is begun again.
const PAUSE: Duration = Duration::from_millis(500);

/// The pods of a step's workload.
pub(super) async fn pods_of(connection: &Connection, step: &Step) -> Result<Vec<Value>, Refused> {
    let Some(at) = address(&step.object) else { return Ok(Vec::new()) };
    let workload = connection.get(&at).await?;
    let selector = label_query(&workload["spec"]["selector"]);
    connection.all(&Resource::of(Kind::Pod, "v1", &step.object.namespace, ""), &[("labelSelector", &selector)]).await
}

/// Pods that are not as they are to be.
pub(super) fn left_over(pods: &[Value], expect: &Expect) -> Vec<(String, String)> {
    progress::left_over(&pods.iter().collect::<Vec<_>>(), expect)
}

/// A workload and its pods as they change.
pub(super) struct Rollout<'c> {
    expect: Option<&'c Expect>,
    known: &'c BTreeSet<String>,
    pods: Watch<'c>,
    workload: Watch<'c>,
    seen: BTreeMap<String, Value>,
    now: Value,
    end: Instant,
    beat: Instant,
    bar: Bar,
    last: String,
    events: Option<(&'c Connection, Resource, String)>,
    begun: String,
}

impl<'c> Rollout<'c> {
    pub(super) async fn new(
        connection: &'c Connection,
        step: &'c Step,
        expect: Option<&'c Expect>,
        known: &'c BTreeSet<String>,
        limit: Duration,
        shown: bool,
    ) -> Result<Self, Refused> {
        let target = &step.object;
        let kind = target.known_kind().unwrap_or(Kind::Deployment);
        let workload = connection.get(&Resource::of(kind, &target.api_version, &target.namespace, &target.name)).await?;
        let all = Resource::of(kind, &target.api_version, &target.namespace, "");
        let name = format!("metadata.name={}", target.name);
        // Deployments say themselves when their pods cannot be created; of the others only events do.
        let events = matches!(kind, Kind::StatefulSet | Kind::DaemonSet)
            .then(|| (connection, Resource::new("v1", "events", &target.namespace, ""), target.name.clone()));
        Ok(Self {
            expect,
            known,
            pods: connection
                .watch(Resource::of(Kind::Pod, "v1", &target.namespace, ""), &[("labelSelector", &label_query(&workload["spec"]["selector"]))]),
            workload: connection.watch(all, &[("fieldSelector", &name)]),
            seen: BTreeMap::new(),
            now: Value::Null,
            end: Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400)),
            beat: Instant::now() + HEARTBEAT,
            bar: Bar::new(shown),
            last: String::new(),
            events,
            begun: super::now(),
        })
    }

    /// Whether the journal wants a sign of life.
    pub(super) fn is_heartbeat_due(&mut self) -> bool {
        let due = Instant::now() >= self.beat;
        if due {
            self.beat = Instant::now() + HEARTBEAT;
        }
        due
    }

    /// Waits for one thing to happen; how it ended, once it has.
    pub(super) async fn next(&mut self) -> Result<Option<Ended>, Refused> {
        let next = self.end.min(self.beat);
        tokio::select! {
            change = self.pods.next() => match change {
                Ok(Change::Again) => self.seen.clear(),
                Ok(Change::Is(pod)) => drop(self.seen.insert(uid(&pod), pod)),
                Ok(Change::Gone(pod)) => drop(self.seen.remove(&uid(&pod))),
                Err(refused) => return self.pause(refused).await,
            },
            change = self.workload.next() => match change {
                Ok(Change::Is(workload)) => self.now = workload,
                Ok(Change::Gone(_)) => return Ok(Some(Ended::Stuck { text: "the workload is gone".to_owned(), log: None })),
                Ok(Change::Again) => {}
                Err(refused) => return self.pause(refused).await,
            },
            () = sleep_until(next) => {
                if Instant::now() >= self.end {
                    return Ok(Some(Ended::Stuck { text: format!("not ready in time: {}", self.last), log: self.unready() }));
                }
                if let Some(text) = self.failed_create().await {
                    return Ok(Some(Ended::Stuck { text, log: None }));
                }
            }
        }
        if self.now.is_null() || !self.pods.is_idle() || !self.workload.is_idle() {
            return Ok(None);
        }
        Ok(self.judged())
    }

    fn judged(&mut self) -> Option<Ended> {
        let pods: Vec<&Value> = self.seen.values().collect();
        let Some(expect) = self.expect else {
            // On the way back only what the controller says counts.
            let ready = progress::is_rolled_out(&self.now) && progress::are_ready(&self.now, &pods);
            return ready.then_some(Ended::Done(pods.len()));
        };
        match progress::judge(&self.now, &pods, expect, self.known) {
            Progress::Done => {
                self.bar.done();
                Some(Ended::Done(pods.len()))
            }
            Progress::UnderWay { ready, wanted, doing } => {
                self.last = format!("{ready} of {wanted} pods  {}", doing.into_iter().take(3).collect::<Vec<_>>().join(" · "));
                self.bar.say(self.last.clone());
                None
            }
            Progress::Stuck { text, log } => {
                self.bar.done();
                Some(Ended::Stuck { text, log })
            }
        }
    }

    /// A server that cannot be asked now may be asked later; one that refuses will go on refusing.
    async fn pause(&mut self, refused: Refused) -> Result<Option<Ended>, Refused> {
        if !matches!(refused, Refused::Lost(_)) || Instant::now() >= self.end {
            return Err(refused);
        }
        sleep(PAUSE).await;
        Ok(None)
    }

    /// The proxy of a pod that is not ready, whose log may tell why.
    fn unready(&self) -> Option<(String, String)> {
        let proxy = self.expect?.mesh().proxy();
        let pod = self.seen.values().find(|pod| !self.known.contains(&uid(pod)))?;
        Some((pod["metadata"]["name"].as_str()?.to_owned(), proxy.to_owned()))
    }

    async fn failed_create(&self) -> Option<String> {
        let (connection, at, name) = self.events.as_ref()?;
        let events = connection.all(at, &[("fieldSelector", &format!("reason=FailedCreate,involvedObject.name={name}"))]).await.ok()?;
        let fresh = events.iter().filter(|event| event["lastTimestamp"].as_str().is_some_and(|time| time >= self.begun.as_str()));
        fresh.last().map(|event| format!("pods cannot be created: {}", event["message"].as_str().unwrap_or_default()))
    }
}

fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}
