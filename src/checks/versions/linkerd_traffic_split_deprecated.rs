use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A TrafficSplit of `split.smi-spec.io`.
    ///
    /// # Why it matters
    ///
    /// Linkerd's core dropped SMI; only the separate `linkerd-smi` extension still turns it into a ServiceProfile, which in turn switches
    /// HTTPRoutes, retries and circuit breaking off for that Service. Without the extension nothing is split.
    ///
    /// # How to fix it
    ///
    /// Write an HTTPRoute with weighted backendRefs on the Service.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: HTTPRoute
    /// spec:
    ///   parentRefs: [{group: core, kind: Service, name: web, port: 80}]
    ///   rules:
    ///     - backendRefs:
    ///         - {name: web-v1, port: 80, weight: 90}
    ///         - {name: web-v2, port: 80, weight: 10}
    /// ```
    ///
    /// Sources: linkerd release notes of 2.12; `controller/api/destination`.
    "linkerd-traffic-split-deprecated",
    summary: "SMI TrafficSplit, which Linkerd no longer reads by itself",
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::TrafficSplit],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for split in world.index.objects(Kind::TrafficSplit) {
        let service = split.spec().get("service").and_then(|s| s.str().map(str::to_owned)).unwrap_or_default();
        findings.add(
            split,
            "spec.service",
            format!("Linkerd splits nothing by it without the linkerd-smi extension (Service {service:?})"),
            "Write an HTTPRoute with weighted backendRefs, and delete the TrafficSplit.",
        );
    }
}
