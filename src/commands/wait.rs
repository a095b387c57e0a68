//! `check --wait`: looks again until all is well, or the time is over.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::progress::Bar;
use super::{Terminal, load};
use crate::cli::GlobalArgs;
use crate::error::CliError;
use crate::output::counted;

/// The first pause; each is half as long again as the one before.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);

/// How long there is still to wait, and how long until the next look.
pub(super) struct Wait {
    until: Option<Instant>,
    pause: Duration,
}

impl Wait {
    /// As long as `--timeout` allows.
    pub(super) fn new(global: &GlobalArgs) -> Result<Self, CliError> {
        let source = &global.source;
        if source.demo || source.snapshot.is_some() || !source.paths().is_empty() {
            return Err(CliError::usage("--wait waits for a cluster: files, snapshots and the demo do not change by themselves"));
        }
        let limit = load::duration("--timeout", &global.cluster.timeout)?;
        Ok(Self { until: limit.map(|limit| Instant::now() + limit), pause: FIRST })
    }

    /// Waits a while, and says on a terminal for what; false when there is no time left.
    pub(super) async fn pause(&mut self, waited_for: &[String], terminal: &Terminal) -> bool {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left < self.pause) {
            return false;
        }
        let bar = Bar::new(terminal.progress);
        let first = waited_for.first().map_or("the cluster's answer", String::as_str);
        let more = match waited_for.len() {
            0 | 1 => String::new(),
            n => format!(" and {} more", counted(n - 1, "finding")),
        };
        let time = left.map_or(String::new(), |left| format!(", {} s left", left.as_secs()));
        bar.say(format!("waiting for {first}{more}{time}"));
        sleep(self.pause).await;
        bar.done();
        self.pause = (self.pause * 3 / 2).min(LONGEST);
        true
    }
}
