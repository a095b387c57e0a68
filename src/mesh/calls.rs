//! What becomes of a call: what the client's own side and the handshake make of it, then what stands before the server. The one way to ask, about
//! one request or about everybody.

use super::MeshView;
use super::authorization::{Authorizer, Call, Callers, Client, Credential, Decision, Gate, Request, Server, Verdict};
use super::istio::destination_rule::DestinationRule;
use super::mtls::{self, Calling, Destination, Edge, Mtls, Outcome, Senders};
use super::resolve::{self, Name};
use super::routes;
use crate::index::Workload;
use crate::model::{Kind, Membership, MeshId, Service, StepKind};

/// Both engines, arranged once for any number of calls.
#[derive(Debug)]
pub struct Calls<'a> {
    view: MeshView<'a>,
    /// What stands before servers.
    pub authorizer: Authorizer<'a>,
    mtls: Mtls<'a>,
}

/// In which forms a client's calls arrive at a server: several where its pods, or the server's, differ or something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrivals(u8);

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// As the client is: by the name it has in the server's mesh, or in plaintext where it has none.
    Itself = 1,
    /// In plaintext, whoever it is.
    Plaintext = 2,
    /// In TLS that is not the mesh's, which hides the request from the server's proxy.
    Tls = 4,
    /// Not at all.
    Nothing = 8,
}

const ARRIVALS: [Arrival; 4] = [Arrival::Itself, Arrival::Plaintext, Arrival::Tls, Arrival::Nothing];

impl Arrivals {
    /// What is not called through a Service, or by nobody's proxy.
    pub const ITSELF: Self = Self(Arrival::Itself as u8);

    fn of(edge: &Edge) -> Self {
        let one = |outcome| match outcome {
            Outcome::MutualTls => Arrival::Itself as u8,
            Outcome::Plaintext => Arrival::Plaintext as u8,
            Outcome::AppTls => Arrival::Tls as u8,
            Outcome::Broken => Arrival::Nothing as u8,
            Outcome::Unknown | Outcome::Mixed => Arrival::Itself as u8 | Arrival::Plaintext as u8,
        };
        let parts = edge.parts.iter().fold(0, |all, part| all | one(part.outcome));
        Self(if parts == 0 { one(edge.outcome) } else { parts })
    }

    /// In all forms of either.
    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn each(self) -> impl Iterator<Item = Arrival> {
        ARRIVALS.into_iter().filter(move |a| self.0 & *a as u8 != 0)
    }
}

/// The answer to a call.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
    /// In one word.
    pub verdict: Verdict,
    /// What the server's side says.
    pub decision: Decision<'a>,
    /// What encryption makes of the call, where the client's own side has a say in it.
    pub edge: Option<Edge>,
    /// Whether it is encryption that ends the call or leaves the answer open.
    pub stopped: bool,
}

impl<'a> Answer<'a> {
    fn of(decision: Decision<'a>) -> Self {
        Self { verdict: decision.verdict, decision, edge: None, stopped: false }
    }
}

/// A gate with all that answers behind the Service by which it is called, for the edges of any number of clients.
#[derive(Debug)]
pub struct Approach<'g, 'a> {
    gate: &'g Gate<'a>,
    name: Option<(Name<'a>, u16)>,
}

impl<'a> Calls<'a> {
    /// Arranges what decides.
    pub fn new(view: MeshView<'a>) -> Self {
        Self { view, authorizer: Authorizer::new(view), mtls: Mtls::new(view) }
    }

    /// Clients by what their side makes of calls.
    pub fn senders(&self, clients: impl Iterator<Item = &'a Workload>) -> Senders<'a> {
        Senders::of(&self.mtls, clients)
    }

    /// The way to a gate.
    pub fn approach<'g>(&self, gate: &'g Gate<'a>) -> Approach<'g, 'a> {
        let named =
            |(service, port): (&'a crate::model::Service, u16)| (resolve::name(self.view, &service.metadata.namespace, &service.metadata.name), port);
        Approach { gate, name: gate.through.map(named) }
    }

    /// In which forms calls of each kind of sender arrive; of those that are not asked about nothing is said.
    pub fn arrivals(&self, approach: &Approach<'_, 'a>, senders: &Senders<'a>, asked: impl Iterator<Item = usize>) -> Vec<Arrivals> {
        let mut known = vec![Arrivals::ITSELF; senders.count()];
        if let Some((name, port)) = &approach.name {
            let to = Destination::of(self.view, name, *port);
            for (number, client) in asked.filter_map(|number| Some((number, senders.kind(number)?))) {
                known[number] = Arrivals::of(&self.edge(approach.gate, client, &to));
            }
        }
        known
    }

    /// What encryption makes of calls from a client to the gate's own pods.
    fn edge(&self, gate: &Gate<'a>, client: &Calling<'a>, to: &Destination<'_, 'a>) -> Edge {
        self.mtls.edge_between(client, to, None).before_policies().towards(&gate.workload.reference)
    }

    /// The answer to a request whose calls arrive in these forms, in one word.
    pub fn verdict(&self, gate: &Gate<'a>, request: &Request<'a>, callers: &Callers, arrivals: Arrivals) -> Verdict {
        let of = |arrival: Arrival| match arrival {
            Arrival::Nothing => Verdict::Deny,
            Arrival::Itself => self.authorizer.at(gate, request, callers, false).verdict,
            Arrival::Plaintext | Arrival::Tls => {
                let request = arriving(request, arrival);
                self.authorizer.at(gate, &request, &self.authorizer.callers(&request), false).verdict
            }
        };
        let mut answers = arrivals.each().map(of);
        let first = answers.next().unwrap_or(Verdict::Unknown);
        if answers.all(|answer| answer == first) { first } else { Verdict::Unknown }
    }

    /// The answer of one gate, with its proof.
    pub fn at(&self, gate: &Gate<'a>, request: &Request<'a>) -> Answer<'a> {
        self.through(gate, request, &[None])
    }

    /// The same for calls that are sent to these subsets of the Service.
    fn through(&self, gate: &Gate<'a>, request: &Request<'a>, subsets: &[Option<String>]) -> Answer<'a> {
        let request = &self.authorizer.named(gate, request.clone());
        let decide = |request: &Request<'a>| self.authorizer.at(gate, request, &self.authorizer.callers(request), true);
        let mut edges = self.sent(gate, request, subsets);
        let arrivals = edges.iter().map(Arrivals::of).reduce(Arrivals::with).unwrap_or(Arrivals::ITSELF);
        let verdict = self.verdict(gate, request, &self.authorizer.callers(request), arrivals);
        let mut forms = arrivals.each();
        let (first, alone) = (forms.next().unwrap_or(Arrival::Itself), forms.next().is_none());
        let decision = decide(&arriving(request, first));
        // The network comes before any handshake.
        let stops = first == Arrival::Nothing || (!alone && verdict != decision.verdict);
        let stopped = stops && decision.refused_by(StepKind::NetworkPolicy).is_none();
        // Of several the one that is told is the one that is not as it should be.
        let told = edges.iter().position(|edge| edge.outcome != Outcome::MutualTls).unwrap_or(0);
        let edge = (!edges.is_empty()).then(|| edges.swap_remove(told));
        Answer { verdict, decision, edge, stopped }
    }

    /// The answer to one request.
    pub fn decide(&self, server: Server<'a>, request: &Request<'a>) -> Answer<'a> {
        match self.authorizer.gates(server) {
            Err((verdict, reason)) => Answer::of(Decision::one(verdict, reason)),
            Ok(gates) => {
                let subsets = self.subsets(server, request);
                let mut all: Vec<Answer<'a>> = gates.iter().map(|gate| self.through(gate, request, &subsets)).collect();
                let same = all.windows(2).all(|pair| pair[0].verdict == pair[1].verdict);
                if same && !all.is_empty() {
                    return all.swap_remove(0);
                }
                let each = gates.iter().zip(&all).map(|(gate, answer)| (gate.workload.reference.clone(), answer.verdict)).collect();
                Answer::of(Decision::differs(each))
            }
        }
    }

    /// What becomes of encryption on the way from a workload of a mesh to a Service; nothing where nobody's settings can change what is sent.
    fn sent(&self, gate: &Gate<'a>, request: &Request<'a>, subsets: &[Option<String>]) -> Vec<Edge> {
        let client = request.client.workload.filter(|_| request.client.credential == Credential::Membership);
        let approach = self.approach(gate);
        let (Some(client), Some((name, port))) = (client, approach.name.as_ref()) else { return Vec::new() };
        if self.mtls.is_meshed(client) == Ok(false) {
            return Vec::new();
        }
        let to = Destination::of(self.view, name, *port);
        let calling = self.mtls.calling(mtls::Client::Workload(client));
        let towards =
            |subset: &Option<String>| self.mtls.edge_between(&calling, &to, subset.as_deref()).before_policies().towards(&gate.workload.reference);
        subsets.iter().map(towards).collect()
    }

    /// The subsets of the Service to which the client's sidecar sends an HTTP request: a subset has a traffic policy of its own. Nothing but the
    /// Service as a whole where no rule sends it there by subsets.
    fn subsets(&self, server: Server<'a>, request: &Request<'a>) -> Vec<Option<String>> {
        self.by_routes(server, request).filter(|found| !found.is_empty()).unwrap_or_else(|| vec![None])
    }

    fn by_routes(&self, server: Server<'a>, request: &Request<'a>) -> Option<Vec<Option<String>>> {
        let (Server::Service(service, port), Call::Http(http)) = (server, &request.call) else { return None };
        let client = request.client.workload.filter(|_| request.client.credential == Credential::Membership)?;
        if self.view.membership(MeshId::Istio, client) != Ok(Membership::Sidecar) {
            return None;
        }
        let (own, home) = (&client.reference.namespace, &service.metadata.namespace);
        if [own.as_str(), home.as_str(), self.view.istio.root_namespace()]
            .iter()
            .any(|ns| self.view.index.gap_hiding(Kind::VirtualService, ns).is_some())
        {
            return Some(self.all_subsets(client, service));
        }
        let asked = routes::Request {
            host: resolve::full_name(self.view, service),
            port,
            method: http.method.clone()?,
            path: http.path.clone()?,
            headers: http.headers.clone(),
            authority: http.host.clone(),
            sni: None,
        };
        let route = routes::route(self.view, MeshId::Istio, client, &asked);
        let here = route
            .destinations
            .into_iter()
            .filter(|d| d.weight > 0.0 && d.host.as_deref() == Some(asked.host.as_str()) && d.port == Some(i64::from(port)));
        let mut subsets: Vec<Option<String>> = here.map(|d| d.subset).collect();
        subsets.sort();
        subsets.dedup();
        Some(subsets)
    }

    /// All that a request may be sent to where routes were not read.
    fn all_subsets(&self, client: &Workload, service: &Service) -> Vec<Option<String>> {
        let (istio, host) = (self.view.istio, resolve::full_name(self.view, service));
        let from = (client.reference.namespace.as_str(), &client.labels);
        let applied = istio.registry.rules.for_client(self.view.index, &istio.config, from, &host, &service.metadata.namespace);
        let objects = applied.map(|a| a.objects).unwrap_or_default();
        let named = objects.into_iter().flat_map(|o| DestinationRule::of(o).subsets()).map(|subset| Some(subset.name.to_owned()));
        std::iter::once(None).chain(named).collect()
    }
}

/// A request as it arrives.
fn arriving<'a>(request: &Request<'a>, arrival: Arrival) -> Request<'a> {
    let plain = matches!(arrival, Arrival::Plaintext | Arrival::Tls);
    Request {
        client: if plain { Client { credential: Credential::Plaintext, ..request.client.clone() } } else { request.client.clone() },
        call: if arrival == Arrival::Tls { Call::Tcp } else { request.call.clone() },
        sni: request.sni.clone(),
    }
}
