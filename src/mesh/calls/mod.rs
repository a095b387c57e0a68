//! What becomes of a call: what the client's own side and the handshake make of it, then what stands before the server. The one way to ask, about
//! one request or about everybody.

mod parts;
mod ways;

use std::collections::BTreeSet;

use parts::{Part, Parts};
pub use ways::Led;

use super::MeshView;
use super::authorization::{Authorizer, Call, Callers, Class, Client, Credential, Decision, Distinctions, Gate, Request, Server, Verdict};
use super::mtls::{self, Calling, Destination, Edge, Mtls, Outcome, Senders};
use super::resolve::{self, Name};
use crate::index::Workload;
use crate::model::{Kind, ObjectRef, StepKind};

/// Both engines, arranged once for any number of calls.
#[derive(Debug)]
pub struct Calls<'a> {
    view: MeshView<'a>,
    /// What stands before servers.
    pub authorizer: Authorizer<'a>,
    mtls: Mtls<'a>,
    parts: Parts<'a>,
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

/// In which forms calls of a kind of sender arrive.
#[derive(Clone, Debug)]
pub struct Forms {
    /// Those that are sent to the Service as a whole.
    whole: Arrivals,
    /// Those that are sent to subsets, where some arrive in other forms; nothing for a subset that the workload is not in.
    of_subsets: Vec<(String, Option<Arrivals>)>,
}

/// In which forms calls of one client arrive: in the same whatever is sent, or by classes of requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arriving {
    /// Whatever is sent.
    Alike(Arrivals),
    /// By the classes that were asked about, in their order.
    ByClass(Vec<Arrivals>),
}

impl Arriving {
    /// Those of a class.
    pub fn of(&self, class: usize) -> Arrivals {
        match self {
            Self::Alike(all) => *all,
            Self::ByClass(each) => each[class],
        }
    }
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
    /// Where a route of the client's side sends it, where one does.
    pub led: Option<Led>,
    /// Whether it is encryption that ends the call or leaves the answer open.
    pub stopped: bool,
}

impl<'a> Answer<'a> {
    fn of(decision: Decision<'a>) -> Self {
        Self { verdict: decision.verdict, decision, edge: None, led: None, stopped: false }
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
        Self { view, authorizer: Authorizer::new(view), mtls: Mtls::new(view), parts: Parts::new(view) }
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

    /// What a gate tells apart about requests, and what the routes do that lead to it, where that decides what arrives.
    pub fn distinctions(&self, gate: &Gate<'a>) -> Distinctions {
        let mut found = gate.distinctions();
        if let Some((service, _)) = gate.through {
            self.parts.distinguish(service, &mut found);
        }
        found
    }

    /// In which forms calls of each kind of sender arrive; of those that are not asked about nothing is said.
    pub fn forms(&self, approach: &Approach<'_, 'a>, senders: &Senders<'a>, asked: impl Iterator<Item = usize>) -> Vec<Forms> {
        let mut known = vec![Forms { whole: Arrivals::ITSELF, of_subsets: Vec::new() }; senders.count()];
        let (Some((name, port)), Some((service, _))) = (&approach.name, approach.gate.through) else { return known };
        let to = Destination::of(self.view, name, *port);
        for (number, client) in asked.filter_map(|number| Some((number, senders.kind(number)?))) {
            let whole = Arrivals::of(&self.edge(approach.gate, client, &to));
            let subsets = client.workload().map(|workload| self.parts.subsets(workload, service)).unwrap_or_default();
            let of = |subset: String| {
                let edge = self.mtls.edge_between(client, &to, Some(&subset)).before_policies();
                let at = &approach.gate.workload.reference;
                let arrivals = edge.may_end_at(at).then(|| Arrivals::of(&edge.towards(at)));
                (subset, arrivals)
            };
            let mut of_subsets: Vec<_> = subsets.into_iter().map(of).collect();
            if of_subsets.iter().all(|(_, arrivals)| arrivals.is_none_or(|a| a == whole)) {
                of_subsets.clear();
            }
            known[number] = Forms { whole, of_subsets };
        }
        known
    }

    /// In which forms calls of one client of that kind arrive, by classes of requests.
    pub fn arriving(&self, approach: &Approach<'_, 'a>, client: &'a Workload, forms: &Forms, classes: &[Class]) -> Arriving {
        let Some((service, port)) = approach.gate.through.filter(|_| !forms.of_subsets.is_empty()) else { return Arriving::Alike(forms.whole) };
        let of_part = |part: &Part| match part {
            None => Some(forms.whole),
            Some(subset) => match forms.of_subsets.iter().find(|(name, _)| name == subset) {
                Some((_, arrivals)) => *arrivals,
                None => Some(forms.whole),
            },
        };
        let of = |class: &Class| {
            let parts = self.parts.of(client, service, port, &class.call);
            // What is sent past the workload is asked about as if it came.
            parts.iter().filter_map(of_part).reduce(Arrivals::with).unwrap_or(forms.whole)
        };
        let each: Vec<Arrivals> = classes.iter().map(of).collect();
        match each.first() {
            Some(first) if each.iter().all(|one| one == first) => Arriving::Alike(*first),
            _ => Arriving::ByClass(each),
        }
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
        let parts = match (gate.through, caller(request)) {
            (Some((service, port)), Some(client)) => self.parts.of(client, service, port, &request.call),
            _ => BTreeSet::from([None]),
        };
        let here: BTreeSet<Part> = parts.into_iter().filter(|part| self.is_in(gate, request, part)).collect();
        self.through(gate, request, &if here.is_empty() { BTreeSet::from([None]) } else { here })
    }

    /// The same for calls that are sent to these parts of the Service.
    fn through(&self, gate: &Gate<'a>, request: &Request<'a>, parts: &BTreeSet<Part>) -> Answer<'a> {
        let request = &self.authorizer.named(gate, request.clone());
        let decide = |request: &Request<'a>| self.authorizer.at(gate, request, &self.authorizer.callers(request), true);
        let mut edges: Vec<Edge> = parts.iter().filter_map(|part| self.sent(gate, request, part)).collect();
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
        Answer { verdict, decision, edge, led: None, stopped }
    }

    /// The answer to one request, at the server to which the client's side sends it.
    pub fn decide(&self, server: Server<'a>, request: &Request<'a>) -> Answer<'a> {
        let Server::Service(service, port) = server else {
            return match self.authorizer.gates(server) {
                Err((verdict, reason)) => Answer::of(Decision::one(verdict, reason)),
                Ok(gates) => together(gates.iter().map(|gate| (gate.workload.reference.clone(), self.at(gate, request))).collect()),
            };
        };
        let routed = self.routed(service, port, request);
        let request = &routed.request;
        let mut all: Vec<(ObjectRef, Answer<'a>)> = Vec::new();
        for way in &routed.ways {
            let server = Server::Service(way.service, way.port);
            match self.authorizer.gates_from(server, way.called) {
                Err((verdict, reason)) => all.push((server.reference(), Answer::of(Decision::one(verdict, reason)))),
                Ok(gates) => {
                    let reached: Vec<&Gate<'a>> = gates.iter().filter(|gate| self.is_in(gate, request, &way.part)).collect();
                    // Where no pod is in a subset, what becomes of that is told by any.
                    let asked = if reached.is_empty() { gates.iter().collect() } else { reached };
                    let part = BTreeSet::from([way.part.clone()]);
                    all.extend(asked.into_iter().map(|gate| (gate.workload.reference.clone(), self.through(gate, request, &part))));
                }
            }
        }
        all.extend(
            routed.ends.into_iter().map(|(verdict, reason)| (service.metadata.reference(Kind::Service), Answer::of(Decision::one(verdict, reason)))),
        );
        Answer { led: routed.led, ..together(all) }
    }

    /// Whether calls that are sent to a part of the gate's Service may come to the gate.
    fn is_in(&self, gate: &Gate<'a>, request: &Request<'a>, part: &Part) -> bool {
        part.is_none() || self.sent(gate, request, part).is_none_or(|edge| edge.may_end_at(&gate.workload.reference))
    }

    /// What becomes of encryption on the way from a workload of a mesh to a Service; nothing where nobody's settings can change what is sent.
    fn sent(&self, gate: &Gate<'a>, request: &Request<'a>, part: &Part) -> Option<Edge> {
        let client = caller(request).filter(|client| self.mtls.is_meshed(client) != Ok(false))?;
        let approach = self.approach(gate);
        let (name, port) = approach.name.as_ref()?;
        let calling = self.mtls.calling(mtls::Client::Workload(client));
        let edge = self.mtls.edge_between(&calling, &Destination::of(self.view, name, *port), part.as_deref());
        Some(edge.before_policies().towards(&gate.workload.reference))
    }
}

/// The workload that calls as what it is.
fn caller<'a>(request: &Request<'a>) -> Option<&'a Workload> {
    request.client.workload.filter(|_| request.client.credential == Credential::Membership)
}

/// The one answer of all that may answer; unknown where they differ.
fn together<'a>(mut all: Vec<(ObjectRef, Answer<'a>)>) -> Answer<'a> {
    let same = all.windows(2).all(|pair| pair[0].1.verdict == pair[1].1.verdict);
    if same && !all.is_empty() {
        return all.swap_remove(0).1;
    }
    Answer::of(Decision::differs(all.into_iter().map(|(who, answer)| (who, answer.verdict)).collect()))
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
