use crate::checks::{Findings, Runs};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Gateway API CustomResourceDefinition does not serve the version that Istio watches: `v1beta1` (older control planes) or `v1` (current ones)
    /// of Gateway, GatewayClass, HTTPRoute, and likewise ReferenceGrant and GRPCRoute.
    ///
    /// # Why it matters
    ///
    /// A control plane that watches a version which is not served gets nothing of the kind, and may wait for it at its start. It is asked before
    /// an upgrade, so the rule runs only on request.
    ///
    /// # How to fix it
    ///
    /// Install a Gateway API release that serves both versions.
    ///
    /// Sources: IST0156, IST0172; istio `istioctl/pkg/precheck/precheck.go`.
    "istio-gateway-api-version-not-served",
    summary: "Gateway API CRD does not serve a version that Istio watches",
    aliases: &["IST0156", "IST0172"],
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Istio,
    needs: &[Kind::CustomResourceDefinition],
    opt_in: true,
    runs: Runs::Both,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for crd in world.index.objects(Kind::CustomResourceDefinition) {
        let spec = crd.spec();
        if spec.text("group") != "gateway.networking.k8s.io" {
            continue;
        }
        let kind = spec.get("names").map(|n| n.text("kind")).unwrap_or_default();
        let served: Vec<&str> =
            spec.list("versions").filter(|v| v.get("served").and_then(|s| s.bool()).unwrap_or(true)).map(|v| v.text("name")).collect();
        let needed = [
            ("v1beta1", &["Gateway", "GatewayClass", "HTTPRoute", "ReferenceGrant"], "IST0156", Severity::Error),
            ("v1", &["Gateway", "GatewayClass", "HTTPRoute", "GRPCRoute"], "IST0172", Severity::Warning),
        ];
        for (version, kinds, code, severity) in needed {
            if kinds.contains(&kind) && !served.contains(&version) {
                let list = if served.is_empty() { "none".to_owned() } else { served.join(", ") };
                findings
                    .add(
                        crd,
                        "spec.versions",
                        format!("{kind} is not served as {version} (served: {list})"),
                        "Install a Gateway API release that serves this version.",
                    )
                    .detail(format!("{kind} {version}"))
                    .codes(&[code])
                    .severity(severity);
            }
        }
    }
}
