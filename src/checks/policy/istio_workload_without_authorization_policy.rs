use crate::checks::Findings;
use crate::mesh::istio::policy::{self, Enforcer};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// No AuthorizationPolicy holds for a workload: none of its own or the root namespace picks it, and none targets a Service of it.
    ///
    /// # Why it matters
    ///
    /// Without a policy everything that reaches the pod is let in. Where every workload is to be protected, this is a hole; elsewhere it is
    /// how Istio starts out, which is why this rule is opt-in.
    ///
    /// # How to fix it
    ///
    /// Write an AuthorizationPolicy for the workload, or one without rules (deny all) for its namespace.
    ///
    /// Sources: kiali KIA1301 `business/checkers/workloads/uncovered_workload_checker.go` (which takes a policy with targets for one that holds for
    /// its whole namespace).
    "istio-workload-without-authorization-policy",
    summary: "No AuthorizationPolicy holds for a workload",
    aliases: &["KIA1301"],
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Pod, Kind::Deployment, Kind::Service],
    opt_in: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let policies = world.view().authorization_policies();
    for workload in index.workloads() {
        let namespace = workload.reference.namespace.as_str();
        let enforcer = match policy::enforcer(world.view(), workload) {
            Enforcer::Nobody | Enforcer::Unknown => Enforcer::Sidecar,
            other => other,
        };
        let by_service = || {
            let mut services = index.services_selecting(namespace, &workload.labels);
            services.any(|s| policies.targeting(Kind::Service, namespace, &s.metadata.name).next().is_some())
        };
        if policies.applying(workload, enforcer).is_empty() && !by_service() {
            let message = "no AuthorizationPolicy holds for this workload: it lets everybody in";
            let hint = "Write an AuthorizationPolicy for it, or deny all for its namespace and allow what is needed.";
            findings.add_workload(workload, "", message, hint);
        }
    }
}
