use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::checks::support::istio::traffic::routes::{GatewayName, destinations};
use crate::mesh::istio::Source;
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::authorization_policy::{Attribute, AuthorizationPolicy, Clause, Place, Rule, Value};
use crate::mesh::istio::policy::{self, Action};
use crate::model::{Kind, Object, ObjectRef, Service, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An ingress gateway of Istio's routes to a Service whose waypoint enforces an AuthorizationPolicy or a RequestAuthentication, and neither the
    /// Service nor its namespace has the label `istio.io/ingress-use-waypoint: "true"`. An ALLOW policy that admits the gateway as such, whatever it
    /// asks for, is left out.
    ///
    /// # Why it matters
    ///
    /// Gateways send straight to the pods, past the waypoint. What the policy is to refuse gets through for everybody outside of the mesh.
    ///
    /// # How to fix it
    ///
    /// Label the Service or its namespace with `istio.io/ingress-use-waypoint: "true"`, or write the policy for the gateway as well.
    ///
    /// Sources: istio `pilot/pkg/networking/core/waypoint.go`, istio.io, ambient usage of waypoints; istioctl and Kiali do not look.
    "istio-ingress-bypasses-waypoint",
    summary: "Ingress gateway goes past the waypoint that enforces a Service's policies",
    severity: Severity::Warning,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::Gateway, Kind::Service, Kind::Namespace],
    run: run,
}

const INGRESS: &str = "istio.io/ingress-use-waypoint";

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let arranged = [world.view().authorization_policies(), world.view().request_authentications()];
    let mut told: HashMap<(&str, &str), ()> = HashMap::new();
    for (route, gateway, service) in from_gateways(world) {
        let meta = &service.metadata;
        if told.contains_key(&(meta.namespace.as_str(), meta.name.as_str())) {
            continue;
        }
        let asked = meta.labels.get(INGRESS).or_else(|| index.namespace_label(&meta.namespace, INGRESS));
        let Waypoint::Serves(Traffic::Service | Traffic::All, Some(waypoint)) = ambient::waypoint(index, &meta.labels, &meta.namespace) else {
            continue;
        };
        if asked == Some("true") {
            continue;
        }
        let enforced = arranged.iter().find_map(|policies| {
            let of_service = policies.targeting(Kind::Service, &meta.namespace, &meta.name);
            let of_waypoint = policies.targeting(Kind::Gateway, &waypoint.meta.namespace, &waypoint.meta.name);
            of_service.chain(of_waypoint).find(|p| !policy::is_dry_run(p) && !admits(p, gateway))
        });
        if let Some(policy) = enforced {
            told.insert((meta.namespace.as_str(), meta.name.as_str()), ());
            let message =
                format!("{route} sends requests past waypoint {:?}: {} does not hold for them", waypoint.meta.name.as_str(), policy.reference());
            let hint = format!("Label the Service or its namespace with {INGRESS}: \"true\", or write the policy for the gateway as well.");
            findings.add(service, "metadata.labels", message, hint).related(policy.reference(), "is enforced at the waypoint");
        }
    }
}

/// Whether an ALLOW policy has a rule that admits callers of the gateway's namespace, whatever they ask for.
fn admits(policy: &Object, namespace: &str) -> bool {
    let account = format!("/ns/{namespace}/sa/");
    let names = |value: Value<'_>| match value.attribute {
        _ if value.except || value.place != Place::Source => false,
        Attribute::Principal => value.text.contains(&account),
        Attribute::Namespace => value.text == namespace,
        Attribute::Account => value.text.split_once('/').is_some_and(|(ns, _)| ns == namespace),
        _ => false,
    };
    let open = |rule: Rule<'_>| {
        rule.operations().next().is_none() && rule.conditions().next().is_none() && rule.clauses().flat_map(Clause::values).any(names)
    };
    let policy = AuthorizationPolicy::of(policy);
    policy.object.kind == Kind::AuthorizationPolicy && policy.action == Action::Allow && policy.rules().any(open)
}

/// Services that Istio's ingress gateways send requests to, each with the route that says so and the gateway's namespace.
fn from_gateways(world: &World) -> Vec<(ObjectRef, &str, &Service)> {
    let (index, registry) = (&world.index, &world.istio.registry);
    let mut found = Vec::new();
    for vs in index.objects(Kind::VirtualService) {
        let gateway = vs.spec().texts("gateways").find_map(|(text, _)| match GatewayName::read(text, &vs.meta.namespace) {
            GatewayName::Object { namespace, .. } => Some(namespace),
            GatewayName::Internal => Some(vs.meta.namespace.as_str()),
            GatewayName::Mesh => None,
        });
        let Some(gateway) = gateway else { continue };
        for destination in destinations(vs).into_iter().filter(|d| !d.mirror) {
            let entry = registry.resolve(destination.host, &vs.meta.namespace);
            let Some(Source::Service(at)) = entry.map(|e| e.source) else { continue };
            found.extend(index.services().get(at).map(|service| (vs.reference(), gateway, service)));
        }
    }
    for route in [Kind::HttpRoute, Kind::GrpcRoute].iter().flat_map(|kind| index.objects(*kind)) {
        let mut parents = routes::parents(route).into_iter().filter(|p| p.kind == Kind::Gateway);
        let ingress = parents.find(|p| index.object(Kind::Gateway, p.namespace, p.name).is_some_and(is_istios_ingress));
        if let Some(ingress) = ingress {
            let backends = routes::backends(route).into_iter().filter(|b| !b.mirror);
            found.extend(backends.filter_map(|b| Some((route.reference(), ingress.namespace, index.service(b.namespace, b.name)?))));
        }
    }
    found
}

fn is_istios_ingress(gateway: &Object) -> bool {
    matches!(gateway.spec().text("gatewayClassName"), "istio" | "istio-remote")
}
