//! May this client call that server, and who says so: the one place that decides about requests.
//!
//! A [`Request`] meets NetworkPolicies first, then what its server's mesh puts before the port: a waypoint, a gateway, a sidecar, ztunnel or
//! Linkerd's proxy. Each answers with a [`Ruling`]; `explain` turns rulings into sentences.

mod classes;
mod explain;
mod istio;
mod linkerd;
mod pod_group;
mod request;
mod ruling;
mod truth;

pub(in crate::mesh) use classes::PathPattern;
pub use classes::{Class, Distinctions, describe};
pub use explain::{Because, because, sentence, steps};
pub(in crate::mesh) use istio::Pattern;
pub use pod_group::{PodGroup, addresses};
pub use request::{Call, Claims, Client, Credential, Http, Request, Token};
pub use ruling::{Reason, RuleRef, Ruling, Unenforced, Verdict};
pub use truth::{Missing, Truth};

use super::MeshView;
use super::network_policy::{self, Direction, NetworkPolicies, Peer};
use super::resolve::slices;
use crate::index::Workload;
use crate::model::{Gap, Kind, Membership, MeshId, Object, ObjectRef, Service, ServicePort, StepKind, StepPlace, Str};

/// Where Linkerd's proxies talk to each other.
const LINKERD_TUNNEL: u16 = 4143;
/// Where ztunnels do.
const AMBIENT_TUNNEL: u16 = 15008;

/// What a client calls.
#[derive(Clone, Copy, Debug)]
pub enum Server<'a> {
    /// A port of a workload's pods.
    Workload(&'a Workload, u16),
    /// A port of a Service.
    Service(&'a Service, u16),
}

/// The Service and its port by which a workload is called.
#[derive(Clone, Copy, Debug)]
pub struct Via<'a> {
    /// The Service.
    pub service: &'a Service,
    /// Its port.
    pub port: &'a ServicePort,
}

impl<'a> Via<'a> {
    /// A port of a Service, where it has it.
    pub fn of(service: &'a Service, port: u16) -> Option<Self> {
        let port = service.spec.ports.iter().find(|p| p.port == i32::from(port) && p.protocol() == "TCP")?;
        Some(Self { service, port })
    }
}

/// Everything that decides, arranged once for any number of requests.
#[derive(Debug)]
pub struct Authorizer<'a> {
    view: MeshView<'a>,
    istio: istio::Istio<'a>,
    linkerd: linkerd::Linkerd<'a>,
    network: NetworkPolicies<'a>,
}

/// What stands before one port of a workload.
#[derive(Debug)]
pub struct Gate<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// The port of its pods.
    pub port: u16,
    /// The Service by which it is called, and the port that is dialled there; nothing where the pods are.
    pub through: Option<(&'a Service, u16)>,
    guards: Vec<Guard<'a>>,
}

impl Gate<'_> {
    /// What stands before the port tells apart about requests.
    pub fn distinctions(&self) -> Distinctions {
        let mut found = Distinctions::default();
        for guard in &self.guards {
            if let Some(istio) = &guard.istio {
                istio.distinguish(&mut found);
            }
            if let Some(linkerd) = &guard.linkerd {
                linkerd.distinguish(&mut found);
            }
        }
        found
    }
}

#[derive(Debug)]
struct Guard<'a> {
    group: PodGroup<'a>,
    istio: Option<istio::Guard<'a>>,
    linkerd: Option<linkerd::Guard<'a>>,
    /// Why it is not known whether a mesh enforces anything.
    unknown: Option<Gap>,
    isolating: Vec<&'a Object>,
    network_hidden: Option<Gap>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    /// The answer.
    pub verdict: Verdict,
    /// What led there, in the order in which the request meets it.
    pub rulings: Vec<Ruling<'a>>,
}

impl<'a> Decision<'a> {
    fn of(rulings: Vec<Ruling<'a>>) -> Self {
        Self { verdict: ruling::fold(&rulings), rulings }
    }

    /// What is not known since those that may answer do so differently.
    pub fn differs(each: Vec<(ObjectRef, Verdict)>) -> Self {
        Self::one(Verdict::Unknown, Reason::Differs(each))
    }

    /// One that needs no enforcer.
    pub fn one(verdict: Verdict, reason: Reason<'a>) -> Self {
        Self { verdict, rulings: vec![Ruling { step: StepKind::Service, at: StepPlace::Client, verdict, reason }] }
    }

    /// The answer that ends the request at a step, if one does.
    pub fn refused_by(&self, step: StepKind) -> Option<&Ruling<'a>> {
        self.rulings.iter().find(|r| r.step == step && r.verdict == Verdict::Deny)
    }

    /// The answer that decides: the first that ends the request, else the first that is not known, else the last.
    pub fn deciding(&self) -> Option<&Ruling<'a>> {
        let of = |verdict: Verdict| self.rulings.iter().find(move |r| r.verdict == verdict);
        match self.verdict {
            Verdict::Allow => self.rulings.last(),
            verdict => of(verdict),
        }
    }
}

/// Who calls, as each mesh sees it: found once for a client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Callers {
    istio: istio::Caller,
    linkerd: linkerd::Caller,
}

impl<'a> Authorizer<'a> {
    /// Arranges the policies of both meshes and of Kubernetes.
    pub fn new(view: MeshView<'a>) -> Self {
        Self { view, istio: istio::Istio::new(view), linkerd: linkerd::Linkerd::new(view), network: NetworkPolicies::new(view) }
    }

    /// What stands before a server: one gate for each workload that may answer; the reason where there is none.
    pub fn gates(&self, server: Server<'a>) -> Result<Vec<Gate<'a>>, (Verdict, Reason<'a>)> {
        self.gates_from(server, None)
    }

    /// The same for requests that the waypoint of another Service sends there: it is that waypoint, with the policies of the Service that was called,
    /// that stands before them.
    pub fn gates_from(&self, server: Server<'a>, called: Option<Via<'a>>) -> Result<Vec<Gate<'a>>, (Verdict, Reason<'a>)> {
        match server {
            Server::Workload(workload, port) => Ok(vec![self.gate(workload, port, None)]),
            Server::Service(service, number) => {
                let reference = service.metadata.reference(Kind::Service);
                let own = Via::of(service, number);
                let port = own.map(|via| via.port);
                // Without an address of its own nothing stands between a client and any port of the pods.
                if port.is_none() && !service.is_headless() {
                    return Err((Verdict::NotFound, Reason::NoSuchPort(reference, number)));
                }
                let via = called.or(own);
                let selector = &service.spec.selector;
                let gate = |workload, target| Gate { through: Some((service, number)), ..self.gate(workload, target, via) };
                let mut gates = Vec::new();
                if !selector.is_empty() {
                    for workload in self.view.index.select(Some(&service.metadata.namespace), selector).filter(|w| w.is_live()) {
                        let group = PodGroup::of(self.view.index, workload).into_iter().next();
                        let target = port.map_or(Some(number), |port| group.and_then(|g| g.number(&port.target())));
                        if let Some(target) = target {
                            gates.push(gate(workload, target));
                        }
                    }
                }
                if selector.is_empty() {
                    let listed = slices::listed(self.view.index, service, port.map_or("", |p| &p.name)).unwrap_or_default();
                    let mut seen: Vec<(&Workload, u16)> = Vec::new();
                    for (pod, target) in listed.iter().filter_map(|l| Some((l.pod?, l.port?))) {
                        let Some(workload) = self.view.index.workload_of(pod) else { continue };
                        if !seen.iter().any(|(w, p)| std::ptr::eq(*w, workload) && *p == target) {
                            seen.push((workload, target));
                            gates.push(gate(workload, target));
                        }
                    }
                }
                if gates.is_empty() { Err((Verdict::Unknown, Reason::NoWorkload(reference))) } else { Ok(gates) }
            }
        }
    }

    /// What stands before one port of a workload.
    pub fn gate(&self, workload: &'a Workload, port: u16, via: Option<Via<'a>>) -> Gate<'a> {
        let istio = self.view.membership(MeshId::Istio, workload);
        let linkerd = self.view.membership(MeshId::Linkerd, workload);
        let inside = |membership: &Result<Membership, Gap>| membership.as_ref().is_ok_and(|m| *m != Membership::None);
        let guards = PodGroup::of(self.view.index, workload).into_iter().flat_map(|group| {
            let injected = group.labels.has(crate::mesh::linkerd::PLANE);
            let of_istio = istio.as_ref().ok().filter(|m| **m != Membership::None);
            let of_linkerd = if injected { Some(Membership::Sidecar) } else { linkerd.as_ref().ok().copied().filter(|m| *m != Membership::None) };
            let certain = inside(&istio) || of_linkerd.is_some();
            let unknown = if certain { None } else { istio.as_ref().err().or(linkerd.as_ref().err()).cloned() };
            let of_istio = of_istio.map(|m| self.istio.guards(workload, &group, *m, port, via));
            let guard = |istio: Option<istio::Guard<'a>>| Guard {
                istio,
                linkerd: of_linkerd.map(|m| self.linkerd.guard(&group, m, port)),
                unknown: unknown.clone(),
                isolating: self.network.isolating(group.namespace, group.labels, Direction::Ingress),
                network_hidden: self.view.index.gap_hiding(Kind::NetworkPolicy, group.namespace),
                group: group.clone(),
            };
            of_istio.map_or_else(|| vec![guard(None)], |all| all.into_iter().map(|istio| guard(Some(istio))).collect())
        });
        let through = via.and_then(|via| Some((via.service, u16::try_from(via.port.port).ok()?)));
        Gate { workload, port, through, guards: guards.collect() }
    }

    /// A request to a gate, with the server name that a sidecar sends to a Service, when none is given.
    pub fn named(&self, gate: &Gate<'a>, request: Request<'a>) -> Request<'a> {
        match self.server_name(gate) {
            Some(name) if request.sni.is_none() && request.client.credential != Credential::Plaintext => Request { sni: Some(name), ..request },
            _ => request,
        }
    }

    /// The server name that a sidecar sends to a Service in the mesh's handshake.
    pub fn server_name(&self, gate: &Gate<'a>) -> Option<Str> {
        let (service, port) = gate.through?;
        let meta = &service.metadata;
        Some(format!("outbound_.{port}_._.{}.{}.{}", meta.name, meta.namespace, self.view.istio.config.service_suffix()).into())
    }

    /// Whether policies let anything but identities of clients decide: their pods or their addresses.
    pub fn looks_at_pods(&self, gate: &Gate<'a>) -> bool {
        gate.guards.iter().any(|g| !g.isolating.is_empty()) || self.network.isolates_on_the_way_out()
    }

    /// Who calls, as each mesh sees it.
    pub fn callers(&self, request: &Request<'_>) -> Callers {
        Callers { istio: self.istio.caller(request), linkerd: self.linkerd.caller(request) }
    }

    /// The answer to one request.
    pub fn decide(&self, server: Server<'a>, request: &Request<'a>) -> Decision<'a> {
        match self.gates(server) {
            Err((verdict, reason)) => Decision::one(verdict, reason),
            Ok(gates) => self.among(&gates, request),
        }
    }

    /// The answer to one request that any of these gates may get.
    pub fn among(&self, gates: &[Gate<'a>], request: &Request<'a>) -> Decision<'a> {
        let callers = self.callers(request);
        let of = |gate: &Gate<'a>| (gate.workload.reference.clone(), self.at(gate, &self.named(gate, request.clone()), &callers, true));
        alike(gates.iter().map(of).collect())
    }

    /// The answer of what stands before one port.
    pub fn at(&self, gate: &Gate<'a>, request: &Request<'a>, callers: &Callers, explain: bool) -> Decision<'a> {
        let of = |guard: &Guard<'a>| Decision::of(self.meet(guard, gate.port, request, callers, explain));
        match gate.guards.as_slice() {
            [only] => of(only),
            several => alike(several.iter().map(|guard| (gate.workload.reference.clone(), of(guard))).collect()),
        }
    }

    fn meet(&self, guard: &Guard<'a>, port: u16, request: &Request<'a>, callers: &Callers, explain: bool) -> Vec<Ruling<'a>> {
        let mut rulings = Vec::with_capacity(2);
        self.network(guard, port, request, callers, &mut rulings);
        if rulings.iter().any(|r| r.verdict == Verdict::Deny) {
            return rulings;
        }
        if let Some(gap) = &guard.unknown {
            let reason = Reason::Hidden(gap.clone());
            rulings.push(Ruling { step: StepKind::Capture, at: StepPlace::Server, verdict: Verdict::Unknown, reason });
        }
        if let Some(istio) = &guard.istio {
            istio.rule(&self.istio, request, &callers.istio, explain, &mut rulings);
        }
        if let Some(linkerd) = guard.linkerd.as_ref().filter(|_| ruling::fold(&rulings) != Verdict::Deny) {
            linkerd.rule(request, &callers.linkerd, &mut rulings);
        }
        if guard.istio.is_none() && guard.linkerd.is_none() && guard.unknown.is_none() {
            let reason = Reason::NotEnforced(Unenforced::Outside);
            rulings.push(Ruling { step: StepKind::Authorization, at: StepPlace::Server, verdict: Verdict::Allow, reason });
        }
        rulings
    }

    /// Whether NetworkPolicies let the connection out of the client and into the server.
    fn network(&self, guard: &Guard<'a>, port: u16, request: &Request<'a>, callers: &Callers, out: &mut Vec<Ruling<'a>>) {
        let client = &request.client;
        let mut push = |(verdict, reason): (Verdict, Reason<'a>)| {
            out.push(Ruling { step: StepKind::NetworkPolicy, at: StepPlace::Network, verdict, reason });
        };
        if let Some(gap) = &guard.network_hidden {
            return push((Verdict::Unknown, Reason::Hidden(gap.clone())));
        }
        let on_host = |spec: Option<&crate::model::PodSpec>| spec.is_some_and(|s| s.host_network);
        let through = guard.istio.as_ref().and_then(|g| g.waypoint(&self.istio, &callers.istio));
        // A tunnel of the mesh takes the place of the port: NetworkPolicies see nothing else.
        let istio_tunnel = guard.istio.as_ref().is_some_and(istio::Guard::is_tunnel) && callers.istio.is_meshed();
        let seen = if istio_tunnel {
            AMBIENT_TUNNEL
        } else if guard.linkerd.is_some() && guard.istio.is_none() && callers.linkerd.is_meshed() {
            LINKERD_TUNNEL
        } else {
            port
        };
        let sender = client.workload.filter(|w| through.is_none() && !on_host(self.view.index.pod_spec(w)));
        if let Some(sender) = sender {
            let policies = self.network.isolating(&sender.reference.namespace, &sender.labels, Direction::Egress);
            if !policies.is_empty() {
                let answer = self.network.judge(&policies, Direction::Egress, network_policy::of_shape(&guard.group), seen, guard.group.spec);
                let refused = answer.0 == Verdict::Deny;
                push(answer);
                if refused {
                    return;
                }
            }
        }
        if on_host(guard.group.spec) || guard.isolating.is_empty() {
            if out.is_empty() {
                let reason = Reason::NoNetworkPolicy;
                out.push(Ruling { step: StepKind::NetworkPolicy, at: StepPlace::Network, verdict: Verdict::Allow, reason });
            }
            return;
        }
        let peer = match (through, client.workload) {
            (Some((Some(waypoint), addresses)), _) => network_policy::of_workload(waypoint, addresses),
            (Some((None, addresses)), _) => Peer { pod: None, addresses },
            (None, Some(workload)) => network_policy::of_workload(workload, &client.addresses),
            (None, None) => Peer { pod: None, addresses: &client.addresses },
        };
        push(self.network.judge(&guard.isolating, Direction::Ingress, peer, seen, guard.group.spec));
    }
}

/// The one answer of several that may answer; unknown when they differ.
fn alike<'a>(mut all: Vec<(ObjectRef, Decision<'a>)>) -> Decision<'a> {
    let same = all.windows(2).all(|pair| pair[0].1.verdict == pair[1].1.verdict);
    if same && !all.is_empty() {
        return all.swap_remove(0).1;
    }
    Decision::differs(all.into_iter().map(|(who, decision)| (who, decision.verdict)).collect())
}

/// The object of a server, to point at.
impl Server<'_> {
    /// What it is.
    pub fn reference(&self) -> ObjectRef {
        match self {
            Self::Workload(workload, _) => workload.reference.clone(),
            Self::Service(service, _) => service.metadata.reference(Kind::Service),
        }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        match self {
            Self::Workload(_, port) | Self::Service(_, port) => *port,
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod waypoint_tests;
