//! The route that takes a request, and what leaves the cluster.

use std::collections::BTreeSet;

use super::hops::Hops;
use super::steps::{ok, unknown};
use super::words;
use crate::mesh::authorization::{self, Ruling};
use crate::mesh::network_policy::{Direction, NetworkPolicies, Peer};
use crate::mesh::resolve::Name;
use crate::mesh::routes::{Destination, Outcome, Route};
use crate::model::{Evidence, Gap, Kind, MeshId, Step, StepKind, StepPlace, StepResult};

/// Kinds that decide where requests go, by the mesh that carries them.
fn route_kinds(mesh: MeshId) -> &'static [Kind] {
    match mesh {
        MeshId::Istio => &[Kind::VirtualService, Kind::DestinationRule, Kind::ServiceEntry, Kind::Sidecar, Kind::HttpRoute, Kind::GrpcRoute],
        MeshId::Linkerd => &[Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::ServiceProfile, Kind::EgressNetwork],
    }
}

impl<'w> Hops<'w> {
    /// The rule that takes it, and what it does.
    pub(super) fn route(&self, route: &Route, name: &Name<'w>) -> Step {
        let at = self.router;
        let because = route.because.clone();
        let step = |result, text: String, hint: Option<String>| Step { step: StepKind::Route, at, result, text, because: because.clone(), hint };
        let hidden = self.router_mesh.and_then(|mesh| self.hidden_routes(mesh, route));
        if let Some(gap) = hidden {
            return step(StepResult::Unknown(Some(gap.clone())), format!("{}; but {gap}", words::route(route, name)), None);
        }
        let text = words::route(route, name);
        match route.outcome {
            Outcome::NotFound => step(StepResult::Fails, text, Some("Add a rule that takes the request.".to_owned())),
            Outcome::Blackhole => {
                let hint =
                    "Declare the host with a ServiceEntry (Istio) or a route of the EgressNetwork (Linkerd), or call a port that the Service has.";
                step(StepResult::Fails, text, Some(hint.to_owned()))
            }
            Outcome::Routed | Outcome::Passthrough => {
                if let Some(code) = route.direct_response.filter(|code| *code >= 400) {
                    return step(StepResult::Fails, text, Some(format!("Change the rule if it should not answer {code}.")));
                }
                if route.faults.iter().any(|f| f.starts_with("an error") && f.ends_with("for 100 %")) {
                    return step(StepResult::Fails, text, Some("Take the fault out of the rule.".to_owned()));
                }
                match route.destinations.iter().find(|d| d.weight > 0.0 && (d.host.is_none() || d.missing.is_some())) {
                    Some(broken) => self.broken(broken, &step, text),
                    None => step(StepResult::Ok, text, None),
                }
            }
        }
    }

    fn broken(&self, broken: &Destination, step: &dyn Fn(StepResult, String, Option<String>) -> Step, text: String) -> Step {
        let share = if broken.weight < 99.95 { format!("{} % of the requests: ", words::percent(broken.weight)) } else { String::new() };
        let why = match (&broken.missing, &broken.host) {
            (Some(why), _) => why.clone(),
            (None, _) => "the rule's backend is not valid: those are answered 500".to_owned(),
        };
        let mut step = step(StepResult::Fails, format!("{share}{why}"), Some("Correct the destination, or add what it names.".to_owned()));
        step.because.extend(broken.because.clone());
        if step.because.is_empty() {
            step.because.push(Evidence::default(text));
        }
        step
    }

    fn hidden_routes(&self, mesh: MeshId, route: &Route) -> Option<Gap> {
        let mut namespaces = BTreeSet::from([self.asked.client.workload.reference.namespace.to_string()]);
        for host in route.destinations.iter().filter_map(|d| d.host.as_deref()) {
            namespaces.extend(self.of_cluster(host).map(|(_, namespace)| namespace));
        }
        namespaces.iter().find_map(|namespace| route_kinds(mesh).iter().find_map(|kind| self.view.index.gap_hiding(*kind, namespace)))
    }

    /// What leaves for where nothing of the cluster answers.
    pub(super) fn egress(&self, route: &Route, name: &Name<'w>) -> Vec<Step> {
        let text = match (self.router_mesh, route.why.is_empty()) {
            (None, _) => "no proxy stands in its way out".to_owned(),
            (Some(MeshId::Istio), false) => format!("{}: it leaves as it came, which the outbound policy allows", route.why),
            (Some(MeshId::Linkerd), false) => route.why.clone(),
            (Some(_), true) => "it leaves as it came".to_owned(),
        };
        let mut step = ok(StepKind::Egress, StepPlace::Client, text);
        step.because = route.because.clone();
        vec![step, self.network_out(name)]
    }

    /// Whether NetworkPolicies let a connection to outside out.
    pub(super) fn network_out(&self, name: &Name<'w>) -> Step {
        let client = self.asked.client.workload;
        let (step, at) = (StepKind::NetworkPolicy, StepPlace::Network);
        if let Some(gap) = self.view.index.gap_hiding(Kind::NetworkPolicy, &client.reference.namespace) {
            return unknown(step, at, gap.to_string(), Some(gap));
        }
        let policies = NetworkPolicies::new(self.view);
        let isolating = policies.isolating(&client.reference.namespace, &client.labels, Direction::Egress);
        if isolating.is_empty() {
            return ok(step, at, "no NetworkPolicy holds the client's connections back");
        }
        let addresses: Vec<_> = name.address().into_iter().collect();
        let peer = Peer { pod: None, addresses: &addresses };
        let (verdict, reason) = policies.judge(&isolating, Direction::Egress, peer, self.asked.request.port, None);
        let ruling = Ruling { step, at, verdict, reason };
        authorization::steps(&[ruling]).remove(0)
    }
}
