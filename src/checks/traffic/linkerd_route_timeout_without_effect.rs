use crate::checks::Findings;
use crate::checks::support::linkerd::policy::annotated::Callers;
use crate::mesh::linkerd::annotations::duration;
use crate::mesh::linkerd::{release, routes};
use crate::model::{Kind, Object, go_duration};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `timeouts` of an HTTPRoute on a Service: a `backendRequest`, which Linkerd does not read; a composed duration such as `1m30s` on an
    /// HTTPRoute of Gateway API; or one that cannot be read or is negative. Releases before edge-25.11.3 read no timeout of an HTTPRoute of Gateway API
    /// at all, which is reported where `linkerd-config` names such a release. Routes of Gateway API on Services are looked at only where callers are in
    /// Linkerd.
    ///
    /// # Why it matters
    ///
    /// The route is accepted, and requests wait longer than the manifest says. `1m30s` is valid Gateway API, so nothing else complains.
    ///
    /// # How to fix it
    ///
    /// Write one number with one unit (`90s`), as `request`, or use the annotation `timeout.linkerd.io/response`.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/http.rs`, `policy-controller/runtime/src/admission.rs`, linkerd/linkerd2#14750.
    "linkerd-route-timeout-without-effect",
    summary: "Route timeout that Linkerd does not apply",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute],
    run: run,
}

/// The edge release that first read `timeouts.request` of HTTPRoutes of Gateway API.
const READ_SINCE: [u32; 3] = [25, 11, 3];
/// The one that first read the annotation.
const ANNOTATION_SINCE: [u32; 3] = [24, 7, 5];

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    let version = world.linkerd.configs.first().and_then(|c| c.version.as_deref());
    let unread = version.filter(|v| release::has(v, READ_SINCE) == Some(false));
    for kind in [Kind::LinkerdHttpRoute, Kind::HttpRoute] {
        let outbound = |route: &&Object| routes::parents(route).iter().any(|p| p.kind != Kind::Server && callers.include(route, p));
        for route in world.index.objects(kind).iter().filter(outbound) {
            for timeouts in route.spec().list("rules").filter_map(|rule| rule.get("timeouts")) {
                if let (Some(request), Some(version), Kind::HttpRoute) = (timeouts.get("request"), unread, kind) {
                    let message = format!("{version} reads no timeouts of HTTPRoutes of Gateway API: there is no timeout");
                    let annotated = release::has(version, ANNOTATION_SINCE) != Some(false);
                    let hint = if annotated {
                        "Use the annotation timeout.linkerd.io/request on the route, or upgrade Linkerd."
                    } else {
                        "Upgrade Linkerd."
                    };
                    findings.add(route, request.path(), message, hint);
                } else if let Some(request) = timeouts.get("request") {
                    let text = request.str().unwrap_or_default();
                    let sound =
                        if kind == Kind::HttpRoute { duration(text).is_ok() } else { go_duration(text).is_some_and(|(_, negative)| !negative) };
                    if !sound {
                        let message = format!("{request} is not a duration that Linkerd reads: there is no timeout");
                        findings.add(route, request.path(), message, "Write one whole number with one unit, such as 90s.");
                    }
                }
                if let Some(backend) = timeouts.get("backendRequest") {
                    findings
                        .add(
                            route,
                            backend.path(),
                            "Linkerd does not read backendRequest",
                            "Use request, or the annotation timeout.linkerd.io/response.",
                        )
                        .severity(Severity::Info);
                }
            }
        }
    }
}
