use jiff::{SignedDuration, Timestamp};

use crate::checks::Findings;
use crate::mesh::ControlPlane;
use crate::model::{Kind, MeshId, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// A job that one pod of a control plane does for all has nobody who does it: the lock's holder is no pod that runs and has not renewed the lock
    /// for a minute, or a pod has not for three. The locks are istiod's ConfigMap `istio-namespace-controller-election`, its Leases
    /// `istio-gateway-deployment-REVISION` and `istio-gateway-status-leader-REVISION` where Gateways are, and Linkerd's Lease
    /// `policy-controller-write`. What time it is in the cluster is told by Kubernetes' own Leases, so a wrong clock here does not count.
    ///
    /// # Why it matters
    ///
    /// istiod's other work goes on, and this is missed only later: new namespaces get no root certificate and their pods do not start, new Gateways
    /// get no Deployment, statuses stay as they are.
    ///
    /// # How to fix it
    ///
    /// Restart the control plane's Deployment. If that does not help, read its log for `leader`: it may lack the right to update the lock.
    ///
    /// Sources: istio `pilot/pkg/leaderelection/leaderelection.go`; linkerd `policy-controller/runtime/src/args.rs`; no other tool looks.
    "control-plane-leader-missing",
    summary: "A control plane's job that needs a leader has none",
    severity: Severity::Warning,
    category: Category::ControlPlane,
    mesh: MeshTag::Any,
    needs: &[Kind::Lease, Kind::ConfigMap, Kind::Pod, Kind::Deployment],
    run: run,
}

/// What istiod writes about the holder of a lock that is a ConfigMap.
const LEADER: &str = "control-plane.alpha.kubernetes.io/leader";
const DEAD: SignedDuration = SignedDuration::from_secs(60);
const STUCK: SignedDuration = SignedDuration::from_secs(180);

/// Who holds a lock, and since when it has not said so again.
struct Held {
    holder: String,
    path: String,
    renewed: Timestamp,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    if !matches!(world.source.kind, SourceKind::Cluster | SourceKind::Snapshot) {
        return;
    }
    let leases = world.index.objects(Kind::Lease);
    let renewals = leases.iter().filter(|lease| lease.meta.namespace == "kube-system").filter_map(of_lease).map(|held| held.renewed);
    let now = renewals.max();
    for plane in world.control_planes().filter(|plane| plane.ready.is_some_and(|ready| ready > 0)) {
        for (kind, name, job) in jobs(world, plane) {
            let Some(lock) = world.index.object(kind, &plane.namespace, &name) else { continue };
            let held = if kind == Kind::Lease { of_lease(lock) } else { of_map(lock) };
            let Some(held) = held else { continue };
            let Some(now) = now else {
                findings.cannot_tell(&lock.meta.reference(kind), "no Lease of kube-system tells what time it is in the cluster");
                continue;
            };
            // istiod's pods go by their name; Linkerd's by their name as well.
            let alive = world.index.pod(&plane.namespace, &held.holder).is_some_and(|pod| !pod.is_over());
            let idle = now.duration_since(held.renewed);
            if idle < if alive { STUCK } else { DEAD } {
                continue;
            }
            let why = if alive { "has not renewed the lock" } else { "is no pod that runs, and has not renewed the lock" };
            let minutes = idle.as_mins();
            let what = format!("nobody {job}: {:?} {why} for {minutes} min", held.holder);
            findings.add(lock, held.path, what, "Restart the control plane's Deployment; read its log for \"leader\" if that does not help.");
        }
    }
}

/// The locks of a control plane, with what their holder does. Locks of jobs that are switched off stay behind as they were, so only those count
/// whose job is there to be done.
fn jobs(world: &World, plane: &ControlPlane) -> Vec<(Kind, String, &'static str)> {
    if plane.mesh == MeshId::Linkerd {
        return vec![(Kind::Lease, "policy-controller-write".to_owned(), "writes the statuses of policies and routes")];
    }
    let mut jobs = Vec::new();
    let elsewhere = world.view().istiod_setting(plane, "ENABLE_CA_SERVER").is_some_and(|value| value == "false");
    if !elsewhere {
        jobs.push((Kind::ConfigMap, "istio-namespace-controller-election".to_owned(), "hands out root certificates to new namespaces"));
    }
    let revision = plane.revision.as_deref().unwrap_or("default");
    if !world.index.objects(Kind::Gateway).is_empty() {
        jobs.push((Kind::Lease, format!("istio-gateway-deployment-{revision}"), "deploys new Gateways and waypoints"));
        jobs.push((Kind::Lease, format!("istio-gateway-status-leader-{revision}"), "writes the statuses of Gateways and routes"));
    }
    jobs
}

fn of_lease(lease: &Object) -> Option<Held> {
    let spec = lease.spec();
    let holder = spec.text("holderIdentity");
    let renewed = spec.text("renewTime").parse().ok()?;
    (!holder.is_empty()).then(|| Held { holder: holder.to_owned(), path: spec.path_of("renewTime"), renewed })
}

fn of_map(map: &Object) -> Option<Held> {
    let record: serde_json::Value = serde_json::from_str(map.meta.annotations.get(LEADER)?).ok()?;
    let holder = record["holderIdentity"].as_str().filter(|holder| !holder.is_empty())?.to_owned();
    let path = format!("metadata.annotations{}", crate::model::key(LEADER));
    Some(Held { holder, path, renewed: record["renewTime"].as_str()?.parse().ok()? })
}
