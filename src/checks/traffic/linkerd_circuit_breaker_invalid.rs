use crate::checks::Findings;
use crate::mesh::linkerd::{annotations, breaker};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An annotation `balancer.linkerd.io/failure-accrual*` or `balancer.alpha.linkerd.io/*` of a Service or an EgressNetwork with an unknown mode, a value that
    /// cannot be read, a number out of its range, or a `min-penalty` above the `max-penalty` (60s by default).
    ///
    /// # Why it matters
    ///
    /// One such value drops the whole breaker of the Service; only the policy controller's log says so.
    ///
    /// # How to fix it
    ///
    /// Use the mode `consecutive` or `unified`, durations such as `10s`, and values in range.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index.rs`.
    "linkerd-circuit-breaker-invalid",
    summary: "Circuit breaker setting that Linkerd cannot use",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service, Kind::EgressNetwork],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    world.index.services().iter().for_each(|service| judge(findings, service));
    world.index.objects(Kind::EgressNetwork).iter().for_each(|network| judge(findings, network));
}

fn judge(findings: &mut Findings<'_>, object: &impl Subject) {
    let annotations = &object.meta().annotations;
    for (name, why) in breaker::invalid(annotations) {
        let value = annotations.get(&name).unwrap_or_default();
        findings.add(
            object,
            annotations::path(&name),
            format!("{value:?} cannot be used: {why}; Linkerd drops the breaker"),
            "Correct the value: one bad setting disables the whole breaker.",
        );
    }
}
