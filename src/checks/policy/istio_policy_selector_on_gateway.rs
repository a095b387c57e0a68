use crate::checks::Findings;
use crate::mesh::istio::labels::{GATEWAY_NAME, is_waypoint};
use crate::mesh::istio::policy;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy, RequestAuthentication, Telemetry or WasmPlugin uses a selector that picks the pods of a Gateway API gateway or of
    /// a waypoint, instead of naming the Gateway in `targetRefs`.
    ///
    /// # Why it matters
    ///
    /// A waypoint never looks at selectors, so the policy is not enforced there. An ordinary Gateway API gateway does so only while istiod runs
    /// with `ENABLE_SELECTOR_BASED_K8S_GATEWAY_POLICY` (the default).
    ///
    /// # How to fix it
    ///
    /// Replace the selector by a target.
    ///
    /// # Example
    ///
    /// ```yaml
    /// targetRefs:
    /// - group: gateway.networking.k8s.io
    ///   kind: Gateway
    ///   name: public
    /// ```
    ///
    /// Sources: istio IST0166 `pkg/config/analysis/analyzers/k8sgateway/workloadselector.go`.
    "istio-policy-selector-on-gateway",
    summary: "A policy picks a Gateway API gateway or waypoint by selector instead of targetRefs",
    aliases: &["IST0166"],
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::Telemetry, Kind::WasmPlugin, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::Telemetry, Kind::WasmPlugin] {
        for object in world.index.objects(kind).iter().filter(|o| policy::targets(o).is_empty()) {
            let Some(labels) = policy::selector(object) else { continue };
            let gateways = world.index.select(Some(&object.meta.namespace), &labels).filter(|w| w.labels.has(GATEWAY_NAME));
            let mut gateways: Vec<_> = gateways.collect();
            gateways.sort_by_key(|w| !is_waypoint(&w.labels));
            let Some(first) = gateways.first() else { continue };
            let name = first.labels.get(GATEWAY_NAME).unwrap_or_default();
            let hint = format!("Replace the selector by targetRefs with group gateway.networking.k8s.io, kind Gateway and name {name:?}.");
            let waypoint = is_waypoint(&first.labels);
            let message = if waypoint {
                format!("waypoint {name:?} ignores the selector: the policy is not enforced there")
            } else {
                format!("gateway {name:?} is picked by selector, which depends on a setting of istiod")
            };
            let finding = findings.add(object, "spec.selector", message, hint);
            finding.severity(if waypoint { Severity::Warning } else { Severity::Info });
            finding.related(first.reference.clone(), "runs the gateway");
        }
    }
}
