use crate::checks::Findings;
use crate::checks::support::istio::security::ambient_needs::{Need, need};
use crate::mesh::istio::{ambient, policy};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// In an ambient namespace stands a policy that only a waypoint can enforce (an AuthorizationPolicy with HTTP fields, a
    /// RequestAuthentication, a WasmPlugin, a Telemetry with tracing, access logging or metric overrides), and it names no target.
    ///
    /// # Why it matters
    ///
    /// A waypoint enforces only what targets it or one of its Services; a selector, or none, attaches the policy to ztunnel. ztunnel drops
    /// a whole ALLOW rule with an HTTP field, so that its callers are denied, and it never checks tokens.
    ///
    /// # How to fix it
    ///
    /// Replace the selector by a target: the Service, or the Gateway of the waypoint.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # before
    /// selector:
    ///   matchLabels:
    ///     app: cart
    /// # after
    /// targetRefs:
    /// - kind: Service
    ///   group: ""
    ///   name: cart
    /// ```
    ///
    /// Sources: kiali KIA0110, KIA1115, KIA1116, KIA1117 `business/checkers/ambient_policy_checker.go`.
    "istio-ambient-policy-without-target",
    summary: "A policy in an ambient namespace needs a waypoint and has no targetRefs",
    aliases: &["KIA0110", "KIA1115", "KIA1116", "KIA1117"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::WasmPlugin, Kind::Telemetry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::WasmPlugin, Kind::Telemetry] {
        for object in world.index.objects(kind).iter().filter(|o| policy::targets(o).is_empty()) {
            if !ambient::is_ambient_namespace(&world.index, &object.meta.namespace) {
                continue;
            }
            let Some(Need { path, what }) = need(world, object) else { continue };
            let at = if object.spec().get("selector").is_some() { "spec.selector".to_owned() } else { path };
            let message = format!("{what} only at a waypoint, and waypoints ignore policies without targetRefs");
            let finding = findings.add(object, at, message, "Replace the selector by targetRefs with the Service or the waypoint's Gateway.");
            finding.codes(match kind {
                Kind::AuthorizationPolicy => &["KIA0110"],
                Kind::RequestAuthentication => &["KIA1115"],
                Kind::WasmPlugin => &["KIA1116"],
                _ => &["KIA1117"],
            });
            if matches!(kind, Kind::WasmPlugin | Kind::Telemetry) {
                finding.severity(Severity::Warning);
            }
        }
    }
}
