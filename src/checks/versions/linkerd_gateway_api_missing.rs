use crate::checks::support::kubernetes::definitions::has_version;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::checks::{Findings, Runs};
use crate::model::{Kind, MeshId, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

crate::check! {
    /// # What it checks
    ///
    /// The Gateway API's HTTPRoute and GRPCRoute are both not installed, or one that Linkerd did not install itself has no version `v1`.
    ///
    /// # Why it matters
    ///
    /// The policy controller reads routes of the Gateway API and does not become ready without them.
    ///
    /// # How to fix it
    ///
    /// Install the Gateway API's standard channel, 1.1.1 or later. Istio and other gateways share these definitions: take a release that all of them
    /// understand.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (Gateway API CRDs are installed).
    "linkerd-gateway-api-missing",
    summary: "Gateway API routes that Linkerd reads are not installed or too old",
    aliases: &["gateway-api-crd"],
    severity: Severity::Error,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::CustomResourceDefinition],
    runs: Runs::Both,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let config = configs(world).next().map(|(_, config)| config.reference());
    let planned = world.install.targets.iter().any(|t| t.mesh == MeshId::Linkerd).then(|| world.cluster());
    let asked = planned.is_some();
    let Some(reader) = config.or(planned) else { return };
    let all = world.index.objects(Kind::CustomResourceDefinition);
    let found: Vec<_> = [Kind::HttpRoute, Kind::GrpcRoute].iter().filter_map(|k| all.iter().find(|o| o.meta.name == *k.resource())).collect();
    for crd in &found {
        if !crd.meta.annotations.has("linkerd.io/created-by") && !has_version(crd, "v1") {
            let what = "it has no version v1, in which Linkerd reads it";
            findings.add(*crd, "spec.versions", what, "Install the Gateway API's standard channel, 1.1.1 or later.");
        }
    }
    // A cluster with a mesh has definitions, so a source without any leaves them out. Files often hold none of the Gateway API's.
    if found.is_empty() && (asked || !all.is_empty()) && !matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay) {
        findings.add_unread(
            &reader,
            "",
            "neither HTTPRoute nor GRPCRoute of the Gateway API is installed, and the policy controller waits for them",
            "Install the Gateway API's standard channel, 1.1.1 or later.",
        );
    }
}
