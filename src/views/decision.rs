//! One request and what becomes of it.

use std::net::IpAddr;

use serde::Serialize;

use super::encryption;
use crate::mesh::authorization::{self, Authorizer, Because, Call, Client, Credential, Decision, Http, Request, Server, Token, Verdict};
use crate::mesh::mtls::{self, Edge, Mtls, Outcome};
use crate::mesh::resolve;
use crate::model::{Evidence, Gap, Kind, ObjectRef, Step, StepKind, StepResult};
use crate::world::World;

/// Kinds that decide about a request, those that tell who is in a mesh aside.
pub const DECISION_KINDS: &[Kind] = {
    use Kind::{
        AuthorizationPolicy, ExternalWorkload, Gateway, GrpcRoute, HttpLocalRateLimitPolicy, HttpRoute, IstioGateway, LinkerdAuthorizationPolicy,
        LinkerdHttpRoute, MeshTlsAuthentication, NetworkAuthentication, NetworkPolicy, PeerAuthentication, RequestAuthentication,
        ServerAuthorization, ServiceEntry, WorkloadEntry,
    };
    &[
        AuthorizationPolicy,
        PeerAuthentication,
        RequestAuthentication,
        NetworkPolicy,
        Kind::EndpointSlice,
        Gateway,
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

/// Kinds by which a client's own side decides what it sends.
pub const SENDING_KINDS: &[Kind] = &[Kind::DestinationRule, Kind::Sidecar];

/// A DecisionReport.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DecisionReport {
    /// `allow`, `deny`, `not-found` or `unknown`.
    #[cfg_attr(test, schemars(extend("enum" = ["allow", "deny", "not-found", "unknown"])))]
    pub decision: &'static str,
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
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
    /// `http`, `tcp` or `any`.
    #[cfg_attr(test, schemars(extend("enum" = ["http", "tcp", "any"])))]
    pub protocol: &'static str,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `none`, `invalid` or `valid`.
    #[cfg_attr(test, schemars(extend("enum" = ["none", "invalid", "valid"])))]
    pub token: &'static str,
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
            protocol: "any",
            token: "none",
            ..Self::default()
        };
        match &request.call {
            Call::Any => {}
            Call::Tcp => row.protocol = "tcp",
            Call::Http(http) => row.http(http),
        }
        row
    }

    fn http(&mut self, http: &Http) {
        self.protocol = "http";
        (self.method, self.path, self.host) = (http.method.clone(), http.path.clone(), http.host.clone());
        self.token = match http.token {
            Token::None => "none",
            Token::Invalid => "invalid",
            Token::Valid(_) | Token::Unsaid => "valid",
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
    let authorizer = Authorizer::new(world.view());
    let decide = |request: &Request<'w>| authorizer.decide(server, request);
    let as_sent = decide(request);
    let Some(edge) = sent(world, server, request).filter(|_| as_sent.refused_by(StepKind::NetworkPolicy).is_none()) else {
        return report(world, server, request, &as_sent);
    };
    let plain = || Request {
        client: Client { credential: Credential::Plaintext, ..request.client.clone() },
        // TLS that is not the mesh's hides the request from the server's proxy.
        call: if edge.outcome == Outcome::AppTls { Call::Tcp } else { request.call.clone() },
        sni: request.sni.clone(),
    };
    match edge.outcome {
        Outcome::MutualTls => report(world, server, request, &as_sent),
        Outcome::Plaintext | Outcome::AppTls => report(world, server, request, &decide(&plain())),
        Outcome::Broken => stopped(report(world, server, request, &as_sent), &edge, "deny"),
        Outcome::Mixed | Outcome::Unknown => {
            let other = decide(&plain());
            let same = as_sent.verdict == other.verdict && edge.parts.iter().all(|p| p.outcome != Outcome::Broken || other.verdict == Verdict::Deny);
            let report = report(world, server, request, &as_sent);
            if same { report } else { stopped(report, &edge, "unknown") }
        }
    }
}

/// What becomes of encryption on the way from a workload of a mesh to a Service; nothing where nobody's settings can change what is sent.
fn sent<'w>(world: &'w World, server: Server<'w>, request: &Request<'w>) -> Option<Edge> {
    let (Server::Service(service, port), Credential::Membership) = (server, &request.client.credential) else { return None };
    let client = request.client.workload?;
    let mtls = Mtls::new(world.view());
    let answers = Authorizer::new(world.view()).gates(server).is_ok() && mtls.is_meshed(client) == Ok(true);
    let name = resolve::name(world.view(), &service.metadata.namespace, &service.metadata.name);
    answers.then(|| mtls.edge(mtls::Client::Workload(client), &name, port, None))
}

/// The report of a request that does not get through the handshake, or may not.
fn stopped(mut report: DecisionReport, edge: &Edge, decision: &'static str) -> DecisionReport {
    let mut step = encryption::step(edge);
    report.steps.retain(|s| s.step == StepKind::NetworkPolicy);
    if decision == "unknown" {
        step.result = StepResult::Unknown(edge.gap.clone());
    }
    let row = |e: &Evidence| Because { object: e.object.clone(), rule: e.path.clone(), effect: decision, text: e.text.clone() };
    report.because = step.because.iter().map(row).collect();
    report.gaps.extend(edge.gap.clone().filter(|gap| !report.gaps.contains(gap)));
    report.headline = format!("{}: {}.", if decision == "deny" { "Denied" } else { "Cannot tell" }, step.text.trim_end_matches('.'));
    report.steps.push(step);
    DecisionReport { decision, ..report }
}

fn report(world: &World, server: Server<'_>, request: &Request<'_>, decision: &Decision<'_>) -> DecisionReport {
    DecisionReport {
        decision: decision.verdict.name(),
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
