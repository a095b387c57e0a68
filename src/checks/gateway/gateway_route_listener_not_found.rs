use crate::checks::Findings;
use crate::checks::support::gateway::attachment;
use crate::checks::support::gateway::routes;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A route names a listener (`sectionName`) or a port that its Gateway does not have.
    ///
    /// # Why it matters
    ///
    /// The route is attached to nothing: the gateway reports NoMatchingParent, and the route's hosts answer 404.
    ///
    /// # How to fix it
    ///
    /// Use the name or the port of a listener, or leave both out to attach to all of them.
    ///
    /// Sources: Gateway API specification, `ParentReference`; Kiali and istioctl do not look.
    "gateway-route-listener-not-found",
    summary: "Route on a listener that its Gateway does not have",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for parent in routes::parents(route) {
            let Some(gateway) = attachment::gateway(world, &parent) else { continue };
            let listeners = attachment::listeners(gateway);
            if listeners.iter().any(|l| attachment::is_named(&parent, l)) || (parent.section.is_none() && parent.port.is_none()) {
                continue;
            }
            let (field, wanted) = match (parent.section, parent.port) {
                (Some(section), None) => ("sectionName", format!("listener {section:?}")),
                (Some(section), Some(port)) => ("sectionName", format!("listener {section:?} on port {port}")),
                (None, port) => ("port", format!("listener on port {}", port.unwrap_or_default())),
            };
            let known: Vec<String> = listeners.iter().map(|l| format!("{} ({})", l.name, l.port.unwrap_or_default())).collect();
            let hint = if known.is_empty() {
                "Give the Gateway a listener.".to_owned()
            } else {
                format!("Its listeners are {}: use one of them, or leave sectionName and port out.", known.join(", "))
            };
            findings
                .add(route, parent.field.path_of(field), format!("{} {:?} has no {wanted}", parent.kind, parent.name), hint)
                .related(gateway.reference(), "is the parent");
        }
    }
}
