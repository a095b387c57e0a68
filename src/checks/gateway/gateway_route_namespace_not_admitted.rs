use crate::checks::Findings;
use crate::checks::support::gateway::attachment::{self, Admits, Listener};
use crate::checks::support::gateway::routes;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// None of the listeners that a route names admits routes of the route's namespace. `allowedRoutes.namespaces.from` is `Same` unless it says
    /// otherwise: only routes beside the Gateway.
    ///
    /// # Why it matters
    ///
    /// The gateway refuses the route (NotAllowedByListeners), and its hosts answer 404. Nothing but the route's status says so.
    ///
    /// # How to fix it
    ///
    /// Let the listener admit the namespace, with `from: Selector` and labels, or `from: All`; or give the Namespace the labels asked for.
    ///
    /// # Example
    ///
    /// ```yaml
    /// listeners:
    /// - name: https
    ///   allowedRoutes:
    ///     namespaces:
    ///       from: Selector
    ///       selector: {matchLabels: {routes: public}}
    /// ```
    ///
    /// Sources: KIA1401; kiali `checkers/k8shttproutes/no_k8sgateway_checker.go` (a route beside its Gateway, and sections, are judged by the
    /// Gateway API's own rules here).
    "gateway-route-namespace-not-admitted",
    summary: "Route that its Gateway does not admit from this namespace",
    aliases: &["KIA1401"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway, Kind::Namespace, Kind::HttpRoute, Kind::GrpcRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for route in routes::all(&world.index) {
        for parent in routes::parents(route) {
            let Some(gateway) = attachment::gateway(world, &parent) else { continue };
            let listeners = attachment::listeners(gateway);
            let admits = |of: &[&Listener<'_>]| verdict(world, gateway, of, &route.meta.namespace);
            let all: Vec<&Listener<'_>> = listeners.iter().collect();
            let named: Vec<&Listener<'_>> = listeners.iter().filter(|l| attachment::is_named(&parent, l)).collect();
            let beside = gateway.meta.namespace == route.meta.namespace;
            // A section that does not exist is another rule's; then all listeners are asked, as Kiali does.
            match admits(if named.is_empty() { &all } else { &named }) {
                Admits::Yes => continue,
                Admits::Unknown => {
                    findings.cannot_tell(&route.reference(), format!("the labels of namespace {} were not read", route.meta.namespace));
                    continue;
                }
                Admits::No if all.is_empty() && beside => continue,
                Admits::No => {}
            }
            let who = match parent.section {
                Some(section) => format!("listener {section:?} of {} {:?}", parent.kind, parent.name),
                None => format!("{} {:?}", parent.kind, parent.name),
            };
            findings
                .add(
                    route,
                    parent.field.path_of("name"),
                    format!("{who} in namespace {:?} admits no route of namespace {:?}", parent.namespace, route.meta.namespace),
                    "Set allowedRoutes.namespaces of the listener so that it admits the namespace, or label the Namespace as it asks.",
                )
                .related(gateway.reference(), "decides which namespaces it takes routes from")
                .codes(if parent.kind == Kind::Gateway { &["KIA1401"] } else { &[] });
        }
    }
}

/// What several listeners say together: one that admits is enough.
fn verdict(world: &World, gateway: &Object, listeners: &[&Listener<'_>], namespace: &str) -> Admits {
    let said: Vec<Admits> = listeners.iter().map(|l| attachment::admits_namespace(&world.index, gateway, l, namespace)).collect();
    [Admits::Yes, Admits::Unknown].into_iter().find(|v| said.contains(v)).unwrap_or(Admits::No)
}
