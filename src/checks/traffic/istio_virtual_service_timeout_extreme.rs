use std::time::Duration;

use crate::checks::Findings;
use crate::model::{Kind, go_duration};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The `timeout` of a rule is longer than ten minutes. (Istio refuses a timeout of 0; none is written by leaving it out.)
    ///
    /// # Why it matters
    ///
    /// A backend that hangs then holds connections and memory of all its callers. For streams it is right.
    ///
    /// # How to fix it
    ///
    /// Give the time that callers really wait, and streams a rule of their own.
    ///
    /// Sources: istio/api `networking/v1alpha3/virtual_service.proto` (HTTPRoute.timeout).
    "istio-virtual-service-timeout-extreme",
    summary: "Timeout of a VirtualService rule is very long",
    severity: Severity::Info,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::VirtualService],
    run: run,
}

const LONG: Duration = Duration::from_secs(600);

fn run(world: &World, findings: &mut Findings<'_>) {
    for vs in world.index.objects(Kind::VirtualService) {
        for field in vs.spec().list("http").filter_map(|rule| rule.get("timeout")) {
            let Some((timeout, false)) = field.str().and_then(go_duration) else { continue };
            if timeout > LONG {
                let message = format!("timeout {} is longer than ten minutes", field.str().unwrap_or_default());
                findings.add(vs, field.path(), message, "Give the time that callers really wait; keep streams in a rule of their own.");
            }
        }
    }
}
