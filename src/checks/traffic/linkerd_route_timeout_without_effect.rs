use crate::checks::Findings;
use crate::checks::support::linkerd::policy::carrier::Callers;
use crate::mesh::linkerd::annotations::duration;
use crate::mesh::linkerd::routes;
use crate::model::{Kind, Object, go_duration};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `timeouts` of an HTTPRoute on a Service: a `backendRequest`, which Linkerd does not read; a composed duration such as `1m30s` on an
    /// HTTPRoute of Gateway API; or one that cannot be read or is negative. Routes of Gateway API on Services are looked at only where callers
    /// are in Linkerd.
    ///
    /// # Why it matters
    ///
    /// The route is accepted, and requests wait longer than the manifest says. `1m30s` is valid Gateway API, so nothing else complains.
    ///
    /// # How to fix it
    ///
    /// Write one number with one unit (`90s`), as `request`, or use the annotation `timeout.linkerd.io/response`.
    ///
    /// Sources: linkerd `policy-controller/k8s/index/src/outbound/index/http.rs`, `policy-controller/runtime/src/admission.rs`.
    "linkerd-route-timeout-without-effect",
    summary: "Route timeout that Linkerd does not apply",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Namespace, Kind::HttpRoute, Kind::LinkerdHttpRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let callers = Callers::of(world);
    for kind in [Kind::LinkerdHttpRoute, Kind::HttpRoute] {
        let outbound = |route: &&Object| routes::parents(route).iter().any(|p| p.kind != Kind::Server && callers.include(route, p));
        for route in world.index.objects(kind).iter().filter(outbound) {
            for timeouts in route.spec().list("rules").filter_map(|rule| rule.get("timeouts")) {
                if let Some(request) = timeouts.get("request") {
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
