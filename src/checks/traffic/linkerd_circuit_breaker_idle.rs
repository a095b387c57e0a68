use crate::checks::Findings;
use crate::mesh::linkerd::{annotations, breaker};
use crate::model::{Kind, go_truth};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Annotations of a Service or an EgressNetwork under `balancer.linkerd.io/` or `balancer.alpha.linkerd.io/` that no setting goes by, that lack the mode
    /// (`balancer.linkerd.io/failure-accrual`), that belong to another mode, or that tune a load biaser which is not on.
    ///
    /// # Why it matters
    ///
    /// The default stays in force, and nothing above debug level in a log says so.
    ///
    /// # How to fix it
    ///
    /// Set the mode, `unified` for success rates, and spell the setting as documented.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index.rs`.
    "linkerd-circuit-breaker-idle",
    summary: "Circuit breaker setting without effect",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::EgressNetwork],
    run: run,
}

const HINT: &str = "Set balancer.linkerd.io/failure-accrual to the mode that reads it, or correct the name.";

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services() {
        for (name, why) in breaker::idle(&service.metadata.annotations) {
            findings.add(service, annotations::path(&name), format!("the setting has no effect: {why}"), HINT);
        }
    }
    for network in world.index.objects(Kind::EgressNetwork) {
        for (name, why) in breaker::idle(&network.meta.annotations) {
            findings.add(network, annotations::path(&name), format!("the setting has no effect: {why}"), HINT);
        }
        let penalizes = network.meta.annotations.get(breaker::PENALIZE).and_then(|v| go_truth(v.trim())) == Some(true);
        if penalizes {
            let what = "the setting has no effect on an EgressNetwork: nothing is balanced there";
            findings.add(network, annotations::path(breaker::PENALIZE), what, "Set it on the Services that are called.");
        }
    }
}
