use jiff::{SignedDuration, Timestamp};

use crate::checks::support::install::server;
use crate::checks::{Findings, Runs};
use crate::model::Kind;
use crate::report::{Category, Severity};
use crate::world::World;

/// A kubelet reports at least every five minutes; proxies forgive 20 seconds besides.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(5 * 60 + 20);
/// What proxies forgive when they look at a certificate's times.
const FORGIVEN: SignedDuration = SignedDuration::from_secs(20);

crate::check! {
    /// # What it checks
    ///
    /// The last heartbeat of a ready Node is more than five minutes and 20 seconds from the API server's clock, or this machine's clock is more than
    /// 20 seconds from it.
    ///
    /// # Why it matters
    ///
    /// A mesh lives on certificates of short life. Where clocks differ, a fresh certificate is not valid yet or no longer, and connections fail between
    /// some nodes only. `linkerd install` makes the issuer's certificate with this machine's clock.
    ///
    /// # How to fix it
    ///
    /// Bring the clocks together: chrony or another NTP client on every node, and on the machine that installs.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (no clock skew detected), which trusts this machine's clock.
    "node-clock-skew",
    summary: "Clocks differ so much that certificates are refused",
    aliases: &["pre-k8s-clock-skew"],
    severity: Severity::Warning,
    category: Category::Certificates,
    needs: &[Kind::Node],
    runs: Runs::Pre,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some(server) = server(world) else { return };
    let time = |text: &Option<crate::model::Str>| text.as_deref().and_then(|t| t.parse::<Timestamp>().ok());
    let (here, there) = (time(&server.asked_at), time(&server.answered_at));
    if let (Some(here), Some(there)) = (here, there)
        && let Some(skew) = apart(here, there, FORGIVEN)
    {
        findings.add_cluster(
            "",
            format!(
                "the clock of the machine that asked is {skew} the API server's: certificates that `linkerd install` makes with it may not be valid"
            ),
            "Set this machine's clock by NTP before installing.",
        );
    }
    let Some(now) = there.or(here) else {
        return findings.cannot_tell(&world.cluster(), "its time is not known");
    };
    for node in &world.index.inventory().nodes {
        for (i, condition) in node.status.conditions.iter().enumerate() {
            if condition.kind != "Ready" || condition.status != "True" {
                continue;
            }
            if let Some(skew) = time(&condition.last_heartbeat_time).and_then(|heartbeat| apart(heartbeat, now, HEARTBEAT)) {
                findings.add(
                    node,
                    format!("status.conditions[{i}].lastHeartbeatTime"),
                    format!("its last heartbeat is {skew} the API server's clock"),
                    "Set the node's clock by NTP; if it is right, look why its kubelet is silent.",
                );
            }
        }
    }
}

/// How far `time` is from `reference`, in words, when that is more than `allowed`.
fn apart(time: Timestamp, reference: Timestamp, allowed: SignedDuration) -> Option<String> {
    let ahead = time.duration_since(reference);
    let side = if ahead.is_negative() { "behind" } else { "ahead of" };
    (ahead.abs() > allowed).then(|| format!("{:#} {side}", ahead.abs()))
}
