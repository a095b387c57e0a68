use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A WorkloadGroup names a service account that neither exists in its namespace nor is used by a workload there.
    ///
    /// # Why it matters
    ///
    /// Machines of the group prove who they are with a token of that account: without it they cannot join the mesh.
    ///
    /// # How to fix it
    ///
    /// Create the ServiceAccount in the WorkloadGroup's namespace, or correct the name.
    ///
    /// Sources: KIA1701; kiali `business/checkers/workloadgroups/service_accounts_checker.go`.
    "istio-workload-group-service-account-not-found",
    summary: "WorkloadGroup names a service account that does not exist",
    aliases: &["KIA1701"],
    severity: Severity::Warning,
    category: Category::DataPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::WorkloadGroup, Kind::ServiceAccount],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    for group in index.objects(Kind::WorkloadGroup) {
        let Some(account) = group.spec().at(["template", "serviceAccount"]).and_then(|a| a.str()).filter(|a| !a.is_empty()) else { continue };
        let namespace = group.meta.namespace.as_str();
        let used: BTreeSet<&str> = index.workloads_in(namespace).iter().filter_map(|w| Some(index.pod_spec(w)?.service_account())).collect();
        if index.object(Kind::ServiceAccount, namespace, account).is_none() && !used.contains(account) {
            findings.missing(
                group,
                "spec.template.serviceAccount",
                &[(Kind::ServiceAccount, namespace), (Kind::Pod, namespace)],
                format!("there is no service account {account:?} in namespace {namespace:?}"),
                "Create the ServiceAccount, or name one that exists.",
            );
        }
    }
}
