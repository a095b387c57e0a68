//! What a request meets at its destinations: endpoints, NetworkPolicies, encryption and authorization.

use super::hops::Hops;
use super::steps::{fails, ok};
use super::words;
use crate::mesh::authorization::{self, Call, Credential, Decision, Http, Server, Verdict};
use crate::mesh::mtls::{Client, Edge, Outcome as Encryption};
use crate::mesh::resolve::{self, Name, StandsFor};
use crate::mesh::routes::{Destination, Route};
use crate::model::{Evidence, Kind, Step, StepKind, StepPlace, StepResult};
use crate::views::encryption;

impl<'w> Hops<'w> {
    /// What is sent, as the server sees it.
    pub(super) fn call(&self, route: Option<&Route>) -> Call {
        let request = &self.asked.request;
        let http = self.asked.http || self.asked.client.gateway || route.is_some_and(|r| r.http);
        match (http, self.router_mesh) {
            (true, _) => {}
            (false, Some(_)) => return Call::Tcp,
            (false, None) => return Call::Any,
        }
        let rewrite = route.and_then(|r| r.rewrite.as_ref());
        Call::Http(Box::new(Http {
            method: Some(request.method.clone()),
            path: Some(rewrite.map_or_else(|| request.path.clone(), |r| r.path.clone())),
            host: Some(rewrite.map_or_else(|| request.authority(), |r| r.authority.clone())),
            headers: request.headers.clone(),
            ..Http::default()
        }))
    }

    /// What a request to the route's destinations meets; of several, those steps that end it, else those that leave it open.
    pub(super) fn destinations(&self, route: &Route) -> Vec<Step> {
        let shares: Vec<&Destination> = route.destinations.iter().filter(|d| d.weight > 0.0).collect();
        let several = shares.len() > 1;
        let all: Vec<(&Destination, Vec<Step>)> = shares.iter().map(|d| (*d, self.destination(d, route))).collect();
        let has = |steps: &[Step], unknown: bool| {
            steps.iter().any(|s| if unknown { matches!(s.result, StepResult::Unknown(_)) } else { s.result == StepResult::Fails })
        };
        let chosen = all.iter().position(|(_, s)| has(s, false)).or_else(|| all.iter().position(|(_, s)| has(s, true)));
        let differs = chosen.is_some();
        let Some((share, mut steps)) = all.into_iter().nth(chosen.unwrap_or(0)) else { return Vec::new() };
        if several && differs {
            let to = format!("{} ({} %): ", words::short(share, None), words::percent(share.weight));
            steps.iter_mut().filter(|s| s.result != StepResult::Ok).for_each(|s| s.text.insert_str(0, &to));
        }
        steps
    }

    fn destination(&self, share: &Destination, route: &Route) -> Vec<Step> {
        let (Some(host), Some(port)) = (&share.host, share.port.and_then(|p| u16::try_from(p).ok())) else { return Vec::new() };
        let to = resolve::name(self.view, "", host);
        let StandsFor::Service(service) = to.stands_for else {
            let mut steps = vec![self.network_out(&to)];
            steps.push(encryption::step(&self.edge(&to, port, None)));
            return steps;
        };
        let Some(declared) = service.spec.ports.iter().find(|p| p.port == i32::from(port)) else {
            let text = format!("{} has no port {port}", service.metadata.reference(Kind::Service));
            let because = vec![Evidence::field(service.metadata.reference(Kind::Service), "spec.ports", text.clone())];
            return vec![fails(StepKind::Endpoints, StepPlace::Network, text, because, "Name one of the Service's ports in the rule.")];
        };
        let (endpoints, behind) = self.endpoints(service, declared, share.subset.as_deref(), host);
        let mut steps = vec![endpoints];
        if steps[0].result == StepResult::Fails || steps[0].result == StepResult::Skipped {
            return steps;
        }
        if let Some(workload) = behind {
            steps.push(self.member(workload, StepPlace::Server));
        }
        let edge = self.edge(&to, port, share.subset.as_deref());
        let (encryption, arrives) = (encryption::step(&edge), edge.outcome);
        if behind.is_none() && service.spec.selector.is_empty() {
            // An address that belongs to no pod of this cluster: what stands before it is not of this cluster either.
            steps.push(encryption);
            return steps;
        }
        let workload = self.asked.client.workload;
        let client = authorization::Client {
            workload: Some(workload),
            credential: if matches!(arrives, Encryption::Plaintext | Encryption::AppTls) { Credential::Plaintext } else { Credential::Membership },
            addresses: authorization::addresses(self.view.index, workload),
        };
        // TLS that is not the mesh's hides the request from the server's proxy.
        let call = if arrives == Encryption::AppTls { Call::Tcp } else { self.call(Some(route)) };
        let request = authorization::Request { client, call, sni: None };
        let decision = match self.authorizer.gates_from(Server::Service(service, port), self.called) {
            Ok(mut gates) => {
                // Those whose pods are in the subset.
                gates.retain(|gate| edge.may_end_at(&gate.workload.reference));
                self.authorizer.among(&gates, &request)
            }
            Err((verdict, reason)) => Decision::one(verdict, reason),
        };
        let rulings: Vec<Step> = authorization::steps(&decision.rulings);
        let (network, mut rest): (Vec<Step>, Vec<Step>) = rulings.into_iter().partition(|s| s.step == StepKind::NetworkPolicy);
        if decision.verdict == Verdict::Deny
            && let Some(own) = self.nameless(Server::Service(service, port), &request, self.call(Some(route)), &edge)
        {
            for step in rest.iter_mut().filter(|s| s.step == StepKind::Authorization && s.result == StepResult::Fails) {
                step.because.insert(0, own.clone());
                step.hint = Some("Let the client's side send the mesh's mutual TLS: with its identity it is admitted.".to_owned());
            }
        }
        steps.extend(network);
        // What ends on the way meets nothing of the server's.
        if steps.iter().any(|s| s.result == StepResult::Fails) {
            return steps;
        }
        steps.push(encryption);
        if edge.outcome == Encryption::Broken {
            return steps;
        }
        // What the handshake says is not said twice, nor a membership that its own step leaves open.
        let told = steps.iter().any(|s| s.step == StepKind::Mtls && s.result == StepResult::Fails);
        steps.extend(rest.into_iter().filter(|s| s.step != StepKind::Capture && !(told && s.step == StepKind::Mtls)));
        if decision.verdict == Verdict::Allow && !steps.iter().any(|s| s.step == StepKind::Authorization) {
            steps.push(ok(StepKind::Authorization, StepPlace::Server, "no policy stands against it"));
        }
        steps
    }

    /// What becomes of encryption on the way; whom the server's policies let in is a question of its own.
    fn edge(&self, to: &Name<'w>, port: u16, subset: Option<&str>) -> Edge {
        self.mtls.edge(Client::Workload(self.asked.client.workload), to, port, subset).before_policies()
    }

    /// What of the client's side keeps its identity from a server that would admit it with that.
    fn nameless(&self, server: Server<'w>, request: &authorization::Request<'w>, call: Call, edge: &Edge) -> Option<Evidence> {
        let own = encryption::of_client(edge).filter(|_| request.client.credential == Credential::Plaintext)?;
        let client = authorization::Client { credential: Credential::Membership, ..request.client.clone() };
        let named = authorization::Request { client, call, sni: None };
        (self.authorizer.decide(server, &named).verdict == Verdict::Allow).then(|| own.clone())
    }
}
