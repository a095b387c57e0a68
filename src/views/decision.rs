//! One request and what becomes of it.

use std::net::IpAddr;

use serde::Serialize;

use super::encryption;
use super::why::words;
use crate::mesh::authorization::{self, Because, Call, Credential, Decision, Http, Request, Server, Token, Verdict};
use crate::mesh::calls::{Answer, Calls, Led};
use crate::mesh::mtls::{Edge, Outcome};
use crate::mesh::resolve;
use crate::model::{Gap, Kind, ObjectRef, Service, Step, StepKind, StepResult};
use crate::world::World;

/// Kinds that decide about a request, those by which a client's own side decides what it sends among them; those that tell who is in a mesh aside.
pub const DECISION_KINDS: &[Kind] = {
    use Kind::{
        AuthorizationPolicy, ExternalWorkload, Gateway, GatewayClass, GrpcRoute, HttpLocalRateLimitPolicy, HttpRoute, IstioGateway,
        LinkerdAuthorizationPolicy, LinkerdHttpRoute, MeshTlsAuthentication, NetworkAuthentication, NetworkPolicy, PeerAuthentication,
        RequestAuthentication, ServerAuthorization, ServiceEntry, WorkloadEntry,
    };
    &[
        Kind::DestinationRule,
        Kind::BackendTlsPolicy,
        Kind::VirtualService,
        Kind::Sidecar,
        AuthorizationPolicy,
        PeerAuthentication,
        RequestAuthentication,
        NetworkPolicy,
        Kind::EndpointSlice,
        Gateway,
        GatewayClass,
        IstioGateway,
        ServiceEntry,
        WorkloadEntry,
        Kind::Server,
        ServerAuthorization,
        LinkerdAuthorizationPolicy,
        MeshTlsAuthentication,
        NetworkAuthentication,
        HttpRoute,
        GrpcRoute,
        LinkerdHttpRoute,
        HttpLocalRateLimitPolicy,
        ExternalWorkload,
    ]
};

/// Kinds that beside these say where a single request is sent.
pub const REQUEST_KINDS: &[Kind] = &[Kind::TlsRoute, Kind::TcpRoute, Kind::ReferenceGrant, Kind::ServiceProfile];

/// A DecisionReport.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DecisionReport {
    /// The answer.
    pub decision: Verdict,
    /// What was asked.
    pub request: RequestRow,
    /// What decided.
    pub because: Vec<Because>,
    /// Everything that the request meets.
    pub steps: Vec<Step>,
    /// The decision in one sentence.
    #[serde(skip)]
    pub headline: String,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RequestRow {
    /// Who calls, in words.
    pub from: String,
    /// The client's workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ObjectRef>,
    /// The client's addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// What is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ObjectRef>,
    /// Its port.
    pub port: u16,
    /// What is sent.
    pub protocol: Sent,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The token that comes with it.
    pub token: TokenState,
}

crate::model::words! {
    /// What is sent.
    Sent {
        /// Anything.
        Any = "any",
        /// HTTP.
        Http = "http",
        /// Something that is not HTTP.
        Tcp = "tcp",
    }
}

crate::model::words! {
    /// The token that comes with a request.
    TokenState {
        /// None.
        None = "none",
        /// One that does not verify.
        Invalid = "invalid",
        /// One that verifies.
        Valid = "valid",
    }
}

impl RequestRow {
    /// A request to a server.
    pub fn new(request: &Request<'_>, server: Server<'_>) -> Self {
        let mut row = Self {
            from: from(request),
            client: request.client.workload.map(|w| w.reference.clone()),
            addresses: request.client.addresses.clone(),
            server: Some(server.reference()),
            port: server.port(),
            protocol: Sent::Any,
            token: TokenState::None,
            method: None,
            path: None,
            host: None,
        };
        match &request.call {
            Call::Any => {}
            Call::Tcp => row.protocol = Sent::Tcp,
            Call::Http(http) => row.http(http),
        }
        row
    }

    fn http(&mut self, http: &Http) {
        self.protocol = Sent::Http;
        (self.method, self.path, self.host) = (http.method.clone(), http.path.clone(), http.host.clone());
        self.token = match http.token {
            Token::None => TokenState::None,
            Token::Invalid => TokenState::Invalid,
            Token::Valid(_) | Token::Unsaid => TokenState::Valid,
        };
    }
}

/// Who calls, in words.
pub fn from(request: &Request<'_>) -> String {
    let client = &request.client;
    match (&client.credential, client.workload) {
        (Credential::Identity(identity), _) => identity.clone(),
        (Credential::Account { namespace, name }, _) => format!("service account {namespace}/{name}"),
        (Credential::Plaintext, Some(workload)) => format!("{} in plaintext", workload.reference),
        (Credential::Plaintext, None) => "anyone in plaintext".to_owned(),
        (Credential::Membership, Some(workload)) => workload.reference.to_string(),
        (Credential::Membership, None) => "anyone".to_owned(),
    }
}

/// Decides one request: what the client's own side sends first, then what the server's makes of it.
pub fn decision<'w>(world: &'w World, server: Server<'w>, request: &Request<'w>) -> DecisionReport {
    let answer = Calls::new(world.view()).decide(server, request);
    let mut report = report(world, server, request, &answer.decision);
    report = match &answer.edge {
        Some(edge) if answer.stopped => stopped(report, edge, answer.verdict),
        Some(edge) if edge.outcome != Outcome::MutualTls => {
            // What arrives without the client's name is told before what is made of it.
            let after = report.steps.iter().take_while(|s| s.step == StepKind::NetworkPolicy).count();
            report.steps.insert(after, encryption::step(edge));
            report.because.extend(unencrypted(&answer));
            report
        }
        _ => report,
    };
    if let (Some(led), Server::Service(service, _)) = (&answer.led, server) {
        tell(&mut report, led, service, world);
    }
    report
}

/// Where a route of the client's side sends the request, before all that it meets there.
fn tell(report: &mut DecisionReport, led: &Led, service: &Service, world: &World) {
    let name = resolve::name(world.view(), &service.metadata.namespace, &service.metadata.name);
    let text = words::route(&led.route, &name);
    if led.elsewhere {
        let all = led.route.destinations.iter().all(|d| d.host.as_deref() != Some(name.full.as_str()));
        let share = if all { "It is not sent" } else { "Not all of it is sent" };
        report.headline = format!("{} {share} to {}: {text}.", report.headline, service.metadata.reference(Kind::Service));
    }
    let step = Step { step: StepKind::Route, at: led.at, result: StepResult::Ok, text, because: led.route.because.clone(), hint: None };
    report.steps.insert(0, step);
}

/// The rule or setting of the client's side for which it has no name at the server, where the answer is not that it gets through.
fn unencrypted(answer: &Answer<'_>) -> Vec<Because> {
    let Some(edge) = answer.edge.as_ref().filter(|e| answer.verdict != Verdict::Allow && e.outcome != Outcome::MutualTls) else { return Vec::new() };
    let effect = answer.verdict;
    encryption::of_client(edge)
        .map(|e| Because { object: e.object.clone(), rule: e.path.clone(), effect, text: e.text.clone() })
        .into_iter()
        .collect()
}

/// The report of a request that does not get through the handshake, or may not.
fn stopped(mut report: DecisionReport, edge: &Edge, decision: Verdict) -> DecisionReport {
    let step = stop(edge, decision);
    report.steps.retain(|s| s.step == StepKind::NetworkPolicy);
    report.because = ended(&step, decision);
    report.gaps.extend(edge.gap.clone().filter(|gap| !report.gaps.contains(gap)));
    report.headline = format!("{}: {}.", if decision == Verdict::Deny { "Denied" } else { "Cannot tell" }, step.text.trim_end_matches('.'));
    report.steps.push(step);
    DecisionReport { decision, ..report }
}

/// The step of a handshake that ends a call, or leaves it open.
fn stop(edge: &Edge, decision: Verdict) -> Step {
    let step = encryption::step(edge);
    if decision == Verdict::Unknown { Step { result: StepResult::Unknown(edge.gap.clone()), ..step } } else { step }
}

fn ended(step: &Step, effect: Verdict) -> Vec<Because> {
    step.because.iter().map(|e| Because { object: e.object.clone(), rule: e.path.clone(), effect, text: e.text.clone() }).collect()
}

/// What decided a call.
pub(super) fn proof(answer: &Answer<'_>) -> Vec<Because> {
    match &answer.edge {
        Some(edge) if answer.stopped => {
            let mut all = ended(&stop(edge, answer.verdict), answer.verdict);
            // What the client's side does comes last: a server that takes mutual TLS alone is what was meant.
            all.sort_by_key(|b| b.object.as_ref().is_some_and(|o| o.kind == Kind::DestinationRule));
            all
        }
        _ => {
            let decided = answer.decision.deciding().map(|ruling| authorization::because(std::slice::from_ref(ruling))).unwrap_or_default();
            decided.into_iter().chain(unencrypted(answer)).collect()
        }
    }
}

fn report(world: &World, server: Server<'_>, request: &Request<'_>, decision: &Decision<'_>) -> DecisionReport {
    DecisionReport {
        decision: decision.verdict,
        request: RequestRow::new(request, server),
        because: authorization::because(&decision.rulings),
        steps: authorization::steps(&decision.rulings),
        headline: headline(decision),
        gaps: gaps(world),
    }
}

/// What could not be read of all that decides.
pub fn gaps(world: &World) -> Vec<Gap> {
    let mut gaps = super::gaps(world, DECISION_KINDS);
    gaps.extend(super::gaps(world, super::MEMBERSHIP_KINDS));
    gaps.sort();
    gaps.dedup();
    gaps
}

/// The decision as a sentence.
pub fn headline(decision: &Decision<'_>) -> String {
    let why = decision.deciding().map(authorization::sentence).unwrap_or_default();
    let answer = match decision.verdict {
        Verdict::Allow => "Allowed",
        Verdict::Deny => "Denied",
        Verdict::NotFound => "Not found",
        Verdict::Unknown => "Cannot tell",
    };
    // A sentence that begins with the answer needs none before it.
    match ["allowed ", "denied "].iter().find_map(|word| why.strip_prefix(word)) {
        Some(rest) => format!("{answer} {rest}."),
        None => format!("{answer}: {why}."),
    }
}
