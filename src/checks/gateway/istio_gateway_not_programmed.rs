use jiff::{SignedDuration, Timestamp};

use crate::checks::Findings;
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A Gateway of a class that istiod serves, a waypoint among them, is older than five minutes, and nobody has said yet whether it is programmed:
    /// its condition `Programmed` is missing or `Unknown`. That it is `False` is reported by `negative-status-condition`, with the reason.
    ///
    /// # Why it matters
    ///
    /// No controller has taken it up, so there is no Deployment and no Service for it: the gateway is not there, and what asks for the waypoint is
    /// not reached.
    ///
    /// # How to fix it
    ///
    /// See that istiod runs and leads (Lease `istio-gateway-deployment-REVISION`), that the Gateway's `istio.io/rev` names a revision that exists,
    /// and that its namespace is among those that istiod looks into.
    ///
    /// Sources: istio `pilot/pkg/config/kube/gateway`; Gateway API, condition `Programmed`; no other tool looks.
    "istio-gateway-not-programmed",
    summary: "Gateway that no controller has taken up",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Istio,
    needs: &[Kind::Gateway, Kind::Pod, Kind::Deployment],
    run: run,
}

/// The classes of what istiod deploys; others are other controllers' business.
const CLASSES: [&str; 3] = ["istio", "istio-waypoint", "istio-east-west"];
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

fn run(world: &World, findings: &mut Findings<'_>) {
    let live = matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot);
    // Without an istiod that is ready it waits for that, and another rule says so.
    if !live || !world.istio.control_planes.iter().any(|plane| plane.ready.is_some_and(|ready| ready > 0)) {
        return;
    }
    for gateway in world.index.objects(Kind::Gateway) {
        if !CLASSES.contains(&gateway.spec().text("gatewayClassName")) || !is_old(gateway, world.now) {
            continue;
        }
        let status = gateway.root().get("status");
        let mut conditions = status.iter().flat_map(|status| status.list("conditions"));
        let programmed = conditions.find(|condition| condition.text("type") == "Programmed").map(|condition| condition.text("status"));
        if matches!(programmed, None | Some("Unknown" | "")) {
            let what = "no controller has taken it up: it is not programmed, and nothing says why";
            findings.add(gateway, "status.conditions", what, "See that istiod leads, and that the Gateway's revision and namespace are its own.");
        }
    }
}

fn is_old(gateway: &Object, now: Timestamp) -> bool {
    let made = gateway.meta.creation_timestamp.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    made.is_some_and(|made| now.duration_since(made) > PATIENCE)
}
