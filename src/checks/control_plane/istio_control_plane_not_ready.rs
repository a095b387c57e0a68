use crate::checks::Findings;
use crate::checks::support::istio::platform::planes::report;
use crate::model::{Kind, ObjectRef};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A revision's istiod has no ready pod, or fewer than it should have. Injection webhooks that depend on it are named.
    ///
    /// # Why it matters
    ///
    /// Without istiod proxies keep their last configuration, new ones get none, and certificates are not renewed. Its webhooks fail closed: no pod
    /// that they match can be created, so a drained node does not come back.
    ///
    /// # How to fix it
    ///
    /// Look at the istiod pods' events and logs. If the revision was removed, remove its webhook configurations too.
    ///
    /// Sources: istio `manifests/charts/istio-control/istio-discovery/templates`; no other tool reports it.
    "istio-control-plane-not-ready",
    summary: "istiod of a revision has no ready pod, or too few",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::Pod, Kind::Deployment],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for plane in &world.istio.control_planes {
        let (Some(ready), wanted) = (plane.ready, plane.replicas.unwrap_or(1)) else { continue };
        if (ready > 0 && ready >= wanted) || (wanted == 0 && ready == 0) {
            continue;
        }
        let revision = plane.revision.as_deref().unwrap_or("default");
        let closed: Vec<&ObjectRef> =
            world.istio.injectors.iter().filter(|i| i.fail_closed && i.revision == revision).filter_map(|i| i.object.as_ref()).collect();
        let message = match (ready, closed.first()) {
            (0, Some(webhooks)) => format!("istiod of revision {revision:?} has no ready pod, and pods that {webhooks} matches cannot be created"),
            (0, None) => format!("istiod of revision {revision:?} has no ready pod"),
            _ => format!("istiod of revision {revision:?} has {ready} of {wanted} pods ready"),
        };
        let hint = "Look at its pods' events and logs; if the revision was removed, delete its webhook configurations.";
        let Some(finding) = report(world, findings, plane, message, hint) else { continue };
        if ready > 0 {
            finding.severity(Severity::Warning);
        }
        if let Some(webhooks) = closed.first().filter(|w| ready == 0 && ***w != finding.object) {
            finding.related((*webhooks).clone(), "its webhooks fail closed");
        }
    }
}
