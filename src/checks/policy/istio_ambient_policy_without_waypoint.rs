use crate::checks::Findings;
use crate::checks::support::istio::security::ambient_needs::{Need, need};
use crate::mesh::istio::ambient;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// In an ambient namespace stands a policy that only a waypoint can enforce (an AuthorizationPolicy with HTTP fields, a
    /// RequestAuthentication, a WasmPlugin, a Telemetry with tracing, access logging or metric overrides), while what it attaches to asks for no
    /// waypoint: the Service it targets, a workload it selects, or the namespace lacks the label `istio.io/use-waypoint`.
    ///
    /// # Why it matters
    ///
    /// ztunnel does not parse HTTP. It never checks tokens, it drops whole ALLOW rules with HTTP fields (which shuts callers out), and a DENY rule
    /// made of HTTP fields denies nothing.
    ///
    /// # How to fix it
    ///
    /// Deploy a waypoint (`istioctl waypoint apply -n NAMESPACE --enroll-namespace`), or label the Service with `istio.io/use-waypoint`. Where
    /// layer 4 is enough, write the policy with principals, namespaces, IP blocks and ports only.
    ///
    /// Sources: kiali KIA0109, KIA1110, KIA1111, KIA1112 `business/checkers/ambient_policy_checker.go` (which asks for a label on the
    /// namespace even when the policy targets a waypoint that Services or workloads use); istio
    /// `pilot/pkg/serviceregistry/ambient/authorization.go`.
    "istio-ambient-policy-without-waypoint",
    summary: "A policy in an ambient namespace needs a waypoint and what it attaches to has none",
    aliases: &["KIA0109", "KIA1110", "KIA1111", "KIA1112"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[
        Kind::Namespace,
        Kind::AuthorizationPolicy,
        Kind::RequestAuthentication,
        Kind::WasmPlugin,
        Kind::Telemetry,
        Kind::Service,
        Kind::Pod,
        Kind::Deployment,
    ],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::WasmPlugin, Kind::Telemetry] {
        for policy in world.index.objects(kind).iter().filter(|p| ambient::is_ambient_namespace(&world.index, &p.meta.namespace)) {
            let Some(Need { path, what }) = need(world, policy) else { continue };
            let Some(missed) = ambient::unenrolled(&world.index, policy) else { continue };
            let message = format!("{what} only at a waypoint, but {missed} is not enrolled with one");
            let hint =
                "Enrol it: label the Service or the namespace with istio.io/use-waypoint and deploy that waypoint; or use layer 4 fields only.";
            let finding = findings.add(policy, path, message, hint);
            finding.codes(match kind {
                Kind::AuthorizationPolicy => &["KIA0109"],
                Kind::RequestAuthentication => &["KIA1110"],
                Kind::WasmPlugin => &["KIA1111"],
                _ => &["KIA1112"],
            });
            if matches!(kind, Kind::WasmPlugin | Kind::Telemetry) {
                finding.severity(Severity::Warning);
            }
        }
    }
}
