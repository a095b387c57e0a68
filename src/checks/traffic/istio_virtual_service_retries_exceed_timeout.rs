use std::time::Duration;

use crate::checks::Findings;
use crate::model::{Field, Kind, go_duration};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The retries of a rule (`attempts` × `perTryTimeout`) take longer than its `timeout`.
    ///
    /// # Why it matters
    ///
    /// The timeout ends all tries together: with 2 s for a request and 3 retries of 2 s each, a slow first try uses it up and nothing is
    /// ever tried again.
    ///
    /// # How to fix it
    ///
    /// Raise `timeout` above attempts × perTryTimeout, or lower one of the two.
    ///
    /// Sources: istio/api `networking/v1alpha3/virtual_service.proto` (HTTPRetry); Envoy, router filter, `per_try_timeout`.
    "istio-virtual-service-retries-exceed-timeout",
    summary: "Retries of a VirtualService rule do not fit into its timeout",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for rule in vs.spec().list("http") {
            let (Some(timeout), Some(retries)) = (rule.get("timeout"), rule.get("retries")) else { continue };
            let attempts = retries.get("attempts").and_then(|a| a.int()).and_then(|a| u32::try_from(a).ok()).unwrap_or(0);
            let per_try = retries.get("perTryTimeout");
            let (Some(whole), Some(each)) = (positive(&timeout), per_try.as_ref().and_then(positive)) else { continue };
            if attempts > 0 && each.checked_mul(attempts).is_none_or(|sum| sum > whole) {
                let (each, whole) = (retries.text("perTryTimeout"), rule.text("timeout"));
                let message = format!("{attempts} retries of {each} each do not fit into the timeout of {whole}");
                findings.add(vs, retries.path(), message, "Raise timeout above attempts × perTryTimeout, or lower one of them.");
            }
        }
    }
}

fn positive(field: &Field<'_>) -> Option<Duration> {
    let (duration, negative) = go_duration(field.str()?)?;
    Some(duration).filter(|d| !negative && !d.is_zero())
}
