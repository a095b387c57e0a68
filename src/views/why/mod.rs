//! One request from a client to a server, step by step, and where it ends.

mod asked;
mod destination;
mod endpoints;
mod gateway;
mod hops;
mod route;
mod steps;
pub(super) mod words;

pub use asked::{Asked, ask, is_gateway};
use hops::Hops;

use serde::Serialize;

use crate::mesh::routes::{self, Outcome, Route, Router};
use crate::mesh::{MeshView, resolve};
use crate::model::{Gap, Kind, Step, StepKind, StepPlace, StepResult, Trace, words};
use crate::world::World;

/// Everything that a request meets on its way.
pub const WHY_KINDS: &[Kind] = &[
    Kind::VirtualService,
    Kind::DestinationRule,
    Kind::IstioGateway,
    Kind::ServiceEntry,
    Kind::Sidecar,
    Kind::WorkloadEntry,
    Kind::Gateway,
    Kind::GatewayClass,
    Kind::HttpRoute,
    Kind::GrpcRoute,
    Kind::TlsRoute,
    Kind::TcpRoute,
    Kind::ReferenceGrant,
    Kind::LinkerdHttpRoute,
    Kind::ServiceProfile,
    Kind::EgressNetwork,
    Kind::ExternalWorkload,
    Kind::MeshTlsAuthentication,
    Kind::NetworkAuthentication,
    Kind::NetworkPolicy,
    Kind::Node,
];

/// The answer, as other programs read it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WhyReport {
    /// What becomes of it.
    pub outcome: WhyOutcome,
    /// The steps, in order.
    pub steps: Trace,
    /// Where the request goes.
    pub route: Route,
    /// The first step that fails.
    pub failed_at: Option<usize>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// The answer in one sentence.
    #[serde(skip)]
    pub headline: String,
    /// The client's name.
    #[serde(skip)]
    pub client: String,
    /// What it calls, as typed.
    #[serde(skip)]
    pub server: String,
    /// The client's namespace.
    #[serde(skip)]
    pub namespace: String,
}

words! {
    /// What becomes of a request.
    WhyOutcome {
        /// It arrives.
        Works = "works",
        /// It does not.
        Fails = "fails",
        /// Cannot be known.
        Unknown = "unknown",
    }
}

/// Follows a request.
pub fn why<'w>(world: &'w World, asked: &'w Asked<'w>) -> WhyReport {
    let view = world.view();
    let client = asked.client.workload;
    let name = resolve::name(view, &client.reference.namespace, &asked.request.host);
    let router = Router::of(view, client, &name, asked.client.gateway);
    let route = router.route(view, &name, &asked.request);
    let hops = Hops::new(world, asked, &name, router);
    let mut trace = Trace { steps: vec![hops.client()] };
    let ended = |steps: &[Step]| steps.iter().any(|s| s.result == StepResult::Fails);
    let unclear = |steps: &[Step], kind: StepKind| steps.iter().any(|s| s.step == kind && matches!(s.result, StepResult::Unknown(_)));
    trace.steps.extend(if asked.client.gateway { hops.at_gateway(&route) } else { vec![hops.service(&name)] });
    // Without knowing what carries the request nothing is known of what becomes of it.
    let stops = unclear(&trace.steps, StepKind::Capture);
    if !stops && !ended(&trace.steps) {
        trace.steps.push(hops.route(&route, &name));
    }
    let answered = route.redirect.is_some() || route.direct_response.is_some();
    if !stops && !ended(&trace.steps) && !answered {
        let more = match (route.outcome, name.service()) {
            _ if unclear(&trace.steps, StepKind::Service) => Vec::new(),
            (Outcome::Passthrough, Some(service)) => hops.destinations(&straight(view, service, asked)),
            (Outcome::Passthrough, None) => hops.egress(&route, &name),
            _ => hops.destinations(&route),
        };
        trace.steps.extend(more);
    }
    let failed_at = trace.failed_at();
    let server = format!("{}:{}", asked.request.host, asked.request.port);
    let outcome = match failed_at {
        Some(_) => WhyOutcome::Fails,
        None if trace.is_uncertain() => WhyOutcome::Unknown,
        None => WhyOutcome::Works,
    };
    if outcome != WhyOutcome::Works {
        let text = "not reached".to_owned();
        let skipped = Step { step: StepKind::Service, at: StepPlace::Server, result: StepResult::Skipped, text, because: Vec::new(), hint: None };
        trace.steps.extend((failed_at.is_some() || stops).then_some(skipped));
    }
    let mut gaps = super::gaps(world, WHY_KINDS);
    gaps.extend(super::gaps(world, super::DECISION_KINDS));
    gaps.sort();
    gaps.dedup();
    let headline = headline(&trace, &route, &client.reference.name, &server);
    WhyReport {
        outcome,
        steps: trace,
        route,
        failed_at,
        gaps,
        headline,
        client: client.reference.name.to_string(),
        server,
        namespace: client.reference.namespace.to_string(),
    }
}

/// A Service without any route.
fn straight(view: MeshView<'_>, service: &crate::model::Service, asked: &Asked<'_>) -> Route {
    let host = Some(resolve::full_name(view, service));
    let share = routes::Destination { host, port: Some(i64::from(asked.request.port)), weight: 100.0, ..routes::Destination::default() };
    Route { destinations: vec![share], ..Route::default() }
}

/// The answer in one sentence.
fn headline(trace: &Trace, route: &Route, client: &str, server: &str) -> String {
    let open = trace.steps.iter().find(|s| matches!(s.result, StepResult::Unknown(_)));
    let sentence = |step: &Step| {
        let text = format!("{}{}", at(step), step.text.trim_end_matches('.'));
        let mut rest = text.chars();
        rest.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), rest.as_str()))
    };
    match (trace.failed_at().map(|i| &trace.steps[i]), open) {
        (Some(step), _) => format!("No. {}.", sentence(step)),
        (None, Some(step)) => format!("Cannot tell. {}.", sentence(step)),
        (None, None) => match (&route.redirect, route.direct_response) {
            (Some(redirect), _) => format!("Yes: {client} is sent on to {} ({}).", redirect.location, redirect.code),
            (None, Some(code)) => format!("Yes: the proxy answers {code} itself."),
            (None, None) => format!("Yes. {client} reaches {server}."),
        },
    }
}

/// Where a step happens, as the beginning of a sentence.
fn at(step: &Step) -> &'static str {
    match (step.step, step.at) {
        (StepKind::Authorization, StepPlace::Server) => "At the server: ",
        (StepKind::Authorization, StepPlace::Waypoint) => "At the waypoint: ",
        (StepKind::Authorization | StepKind::Route, StepPlace::Gateway) => "At the gateway: ",
        (StepKind::Mtls, StepPlace::Gateway) => "At the gateway: ",
        (StepKind::Mtls, _) => "The two ends do not agree on encryption: ",
        (StepKind::NetworkPolicy, _) => "On the network: ",
        _ => "",
    }
}
