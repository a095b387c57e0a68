//! What a Prometheus of the cluster counted since a plan began: how calls came in, and whether more of them fail than before.

use std::collections::BTreeSet;

use super::{Run, Stop};
use crate::cluster::live::Prometheus;
use crate::commands::{ReadRequest, load, observed};
use crate::mesh::observed::queries;
use crate::mesh::success_rate::{self, Rate};
use crate::model::{Encryption, Kind, MeshId, ObservedCall};
use crate::output::counted;

/// The time before the plan that is compared with, in seconds.
const BEFORE: i64 = 600;
/// Less than this holds no two scrapes, in seconds.
const LEAST: i64 = 60;

impl Run<'_> {
    /// Says nothing where there is no Prometheus to ask.
    pub(super) async fn counted(&mut self, mesh: MeshId) -> Result<Vec<String>, Stop> {
        let request = ReadRequest { kinds: [Kind::Service].into(), everywhere: true, ..ReadRequest::default() };
        let Ok(loaded) = load::load(self.global, &request, self.terminal).await else { return Ok(Vec::new()) };
        let prometheus = match observed::of_cluster(self.connection, &loaded.world).await {
            Ok(prometheus) => prometheus,
            Err(missing) => return Ok(missing.into_iter().take(1).map(|why| format!("how calls come in was not seen: {why}")).collect()),
        };
        let began = self.journal.started.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
        let since = (jiff::Timestamp::now().as_second() - began).max(LEAST);
        let mut said = vec![self.came_in(&prometheus, mesh, since).await];
        said.extend(self.failing(&prometheus, mesh, since).await?);
        Ok(said)
    }

    /// How the calls to the plan's workloads came in.
    async fn came_in(&self, prometheus: &Prometheus<'_>, mesh: MeshId, since: i64) -> String {
        let asked = queries(&format!("{since}s")).into_iter().filter(|query| query.mesh == mesh).collect();
        let (calls, missing) = observed::calls(prometheus, asked).await;
        if let Some(why) = missing.first() {
            return format!("how calls come in was not seen: {why}");
        }
        let names: BTreeSet<&str> = self.journal.pods.keys().filter_map(|workload| workload.rsplit('/').next()).collect();
        let ours: Vec<&ObservedCall> =
            calls.iter().filter(|call| call.server.namespace == *self.journal.namespace && names.contains(call.server.name.as_str())).collect();
        let count = |encryption| ours.iter().filter(|call| call.encryption == encryption).map(|call| call.count).sum::<u64>();
        match (count(Encryption::MutualTls), count(Encryption::Plaintext)) {
            (0, 0) => format!("{} has counted no call yet", prometheus.name()),
            (encrypted, 0) => format!("{} came in by mutual TLS", counted(encrypted as usize, "call")),
            (encrypted, plain) => {
                format!("{encrypted} of {} came in by mutual TLS, {plain} in plaintext", counted((encrypted + plain) as usize, "call"))
            }
        }
    }

    /// Whether more calls to the plan's Services fail than before it.
    async fn failing(&self, prometheus: &Prometheus<'_>, mesh: MeshId, since: i64) -> Result<Option<String>, Stop> {
        let services: BTreeSet<String> = self.journal.endpoints.values().flat_map(|services| services.keys().cloned()).collect();
        if services.is_empty() {
            return Ok(None);
        }
        let ask = async |window, ago| {
            let query = success_rate::query(mesh, &self.journal.namespace, &services, window, ago);
            prometheus.query(&query.text).await.map(|samples| Rate::of(mesh, &samples))
        };
        let (before, now) = match (ask(BEFORE, since).await, ask(since, 0).await) {
            (Ok(before), Ok(now)) => (before, now),
            (Err(why), _) | (_, Err(why)) => return Ok(Some(format!("whether more calls fail was not seen: {why}"))),
        };
        let share = |rate: Rate| format!("{:.1} %", rate.succeeds() * 100.0);
        let text = format!("{} of calls succeed, {} in the ten minutes before", share(now), share(before));
        if now.is_worse_than(before) && !self.calls_may_fail {
            return Err(Stop::Failed(format!("more calls fail than before: {text}"), Vec::new()));
        }
        Ok((now.is_enough() && before.is_enough()).then_some(text))
    }
}
