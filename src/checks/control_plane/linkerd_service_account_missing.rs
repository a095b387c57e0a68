use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::index::Body;
use crate::model::{Kind, Map, PodSpec};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// A workload of the control plane, of an extension or of the CNI plugin runs as a ServiceAccount that does not exist.
    ///
    /// # Why it matters
    ///
    /// Pods that run go on for a while; none can be created in their place, and without the account its permissions and its mesh identity are gone.
    ///
    /// # How to fix it
    ///
    /// Upgrade the control plane or the extension with its values: that makes the account anew.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (control plane ServiceAccounts exist, heartbeat ServiceAccount exist, cni plugin
    /// ServiceAccount exists), which knows a fixed list of names.
    "linkerd-service-account-missing",
    summary: "Linkerd's own workload runs as a ServiceAccount that does not exist",
    aliases: &["l5d-existence-sa", "cni-plugin-sa-exists"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Namespace, Kind::ServiceAccount, Kind::Pod, Kind::Deployment, Kind::DaemonSet, Kind::CronJob],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let planes = world.linkerd.control_planes.iter().map(|p| &p.namespace);
    let extensions = index.namespaces().iter().filter(|n| n.metadata.labels.has(EXTENSION)).map(|n| &n.metadata.name);
    let cni: Map = [("k8s-app", "linkerd-cni")].into_iter().collect();
    let of_cni = index.select(None, &cni).map(|w| &w.reference.namespace);
    let namespaces: BTreeSet<_> = planes.chain(extensions).chain(of_cni).collect();
    for namespace in namespaces {
        for workload in index.workloads_in(namespace).iter().filter(|w| matches!(w.body, Body::Controller(_))) {
            let Some(account) = index.pod_spec(workload).map(PodSpec::service_account) else { continue };
            if account == "default" || index.object(Kind::ServiceAccount, namespace, account).is_some() {
                continue;
            }
            // Every namespace has at least its default account: where there is none, the source leaves them out.
            if index.objects_in(Kind::ServiceAccount, namespace).is_empty() && world.sight(Kind::ServiceAccount, namespace) == Sight::Clear {
                continue;
            }
            match world.sight(Kind::ServiceAccount, namespace) {
                Sight::Clear => {
                    let what = format!("ServiceAccount {account:?} does not exist in namespace {namespace:?}: no pod of it can be created");
                    let codes: &[&'static str] = if cni.is_subset_of(&workload.labels) {
                        &["cni-plugin-sa-exists"]
                    } else if crate::checks::support::linkerd::platform::planes::is_plane(world, namespace) {
                        &["l5d-existence-sa"]
                    } else {
                        &[]
                    };
                    findings
                        .add_workload(workload, "spec.serviceAccountName", what, "Upgrade Linkerd or its extension with its values.")
                        .codes(codes);
                }
                Sight::Hidden(_) => findings.cannot_tell(&workload.reference, format!("ServiceAccounts of namespace {namespace} were not read")),
                // Manifests of workloads alone say nothing about accounts.
                Sight::NotInFiles => {}
            }
        }
    }
}
