//! What one line of a proxy's log means, and which of the causes it may have are really there.

use serde::Serialize;

use crate::mesh::istio::destination_rule::DestinationRule;
use crate::mesh::istio::hosts;
use crate::mesh::log_line::{LogKind, LogLine, Upstream};
use crate::mesh::resolve::{self, StandsFor};
use crate::model::{Gap, Kind, Map, ObjectRef, Service, Subject, words};
use crate::world::{Sight, World};

words! {
    /// Whether a cause is there.
    CauseState {
        /// It is there.
        Found = "found",
        /// It is not.
        Excluded = "excluded",
        /// The line and what was read do not tell.
        Possible = "possible",
    }
}

/// A line, explained.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogLineReport {
    /// Which log it is from.
    pub log: LogKind,
    /// What happened, in a sentence.
    pub summary: String,
    /// What the line says that matters, in order.
    pub facts: Vec<LogFact>,
    /// Its flags and words, each with what it means and what may be behind it.
    pub signs: Vec<LogSign>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Something that the line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogFact {
    /// What.
    pub name: &'static str,
    /// As the line has it.
    pub value: String,
}

/// A flag, a status or a text of the line.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogSign {
    /// As the line has it.
    pub sign: String,
    /// What it means.
    pub meaning: &'static str,
    /// What may be behind it: what is found first, then what is possible, then what is excluded.
    pub causes: Vec<LogCause>,
}

/// What may be behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogCause {
    /// Whether it is there.
    pub state: CauseState,
    /// In words.
    pub text: String,
    /// The object that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
}

impl LogCause {
    fn new(state: CauseState, text: impl Into<String>, object: Option<ObjectRef>) -> Self {
        Self { state, text: text.into(), object }
    }
}

/// A flag, what it means, and what may be behind it that no object tells.
type Meaning = (&'static str, &'static str, &'static [&'static str]);

/// Envoy's response flags.
const FLAGS: &[Meaning] = &[
    ("UH", "no healthy upstream host", &["all endpoints were ejected by outlier detection"]),
    (
        "UF",
        "the connection to the upstream failed",
        &["the application does not listen on that port, or only on localhost", "a NetworkPolicy or firewall is in the way"],
    ),
    (
        "UC",
        "the upstream closed the connection",
        &[
            "the application closes idle connections sooner than the proxy",
            "the application crashed or was restarted",
            "the port speaks another protocol than it is declared with",
        ],
    ),
    (
        "UO",
        "a circuit breaker refused it: too many connections or requests at once",
        &["a slow application fills the queue", "retries multiply the load"],
    ),
    ("URX", "all retries or connection attempts are used up", &["the flag beside it tells what failed each time"]),
    ("UT", "the upstream did not answer in time", &["the application or what it calls is slow"]),
    ("UR", "the upstream reset the stream", &["the application or the next proxy refused it"]),
    ("LR", "this proxy reset the stream", &["the listener was drained while a new configuration came"]),
    (
        "NR",
        "no route takes the request",
        &["the Host header or port matches no host of a route", "plaintext came to a port that takes only mutual TLS"],
    ),
    (
        "NC",
        "the route leads to a cluster that the proxy does not have",
        &["the proxy has not got its newest configuration yet: kubectl mesh proxy status"],
    ),
    ("DC", "the client went away before the answer", &["the client's own timeout is shorter than the answer takes"]),
    ("DR", "the client reset the stream", &["the client's own deadline is shorter than the answer takes"]),
    ("DPE", "the client broke the protocol", &["malformed headers, or plain HTTP to a TLS port, or the reverse"]),
    ("UPE", "the upstream broke the protocol", &["the application answers something that is no HTTP of the version that the port is declared with"]),
    ("RL", "a local rate limit refused it", &["an EnvoyFilter with a local rate limit"]),
    ("RLSE", "the rate limit service failed", &["that service is down, and failing means refusing"]),
    ("UAEX", "the external authorizer refused it", &["the authorizer said no", "the authorizer does not answer, and then everything is refused"]),
    ("FI", "a fault was injected: it was aborted on purpose", &[]),
    ("DI", "a fault was injected: it was delayed on purpose", &[]),
    ("IH", "an x-envoy header has a value that is not allowed", &["the client or a filter set it"]),
    ("SI", "the stream was idle for too long", &["a long-lived stream without traffic: set a longer timeout on the route"]),
    ("DT", "the connection reached its longest duration", &["long-lived clients have to connect again"]),
    ("UMSDR", "the stream reached its longest duration", &["a timeout that the client asked for, as with gRPC"]),
    ("LH", "the proxy's own health check fails it", &["the proxy is being drained"]),
    ("OM", "the proxy refuses to protect itself", &["its memory or connections are at the limit"]),
    ("DF", "the name of the upstream could not be resolved", &["a misspelt host in a ServiceEntry", "DNS is not reached from the pod"]),
    ("DO", "the control plane asked to drop part of the requests", &[]),
    ("UDO", "the control plane asked to drop all requests", &[]),
    ("NFCF", "a filter's configuration never came", &["the image of a WasmPlugin could not be fetched"]),
    ("RFCF", "it was served from a cache: no error", &[]),
];

/// Texts of ztunnel's errors, by a part of each.
const ZTUNNEL: &[Meaning] = &[
    (
        "policy rejection",
        "an authorization policy refused the connection at ztunnel",
        &["no ALLOW rule admits the client", "the source is a waypoint, and the policy names the client"],
    ),
    ("policy change", "a policy that came later ended the connection", &[]),
    ("timed out", "nothing answered", &["a NetworkPolicy or firewall blocks port 15008", "the destination is not captured"]),
    ("refused", "nothing listens at the destination", &["the application does not listen on that port, or its pod is gone"]),
    ("identity error", "the client's certificate could not be had", &["the ServiceAccount is gone, or istiod refuses to sign"]),
    ("revoked", "the peer's certificate is on the revocation list", &[]),
    ("tls error", "the TLS handshake failed", &["an expired or unknown root, another trust domain, or a peer that is not who it should be"]),
    ("http2 handshake", "the peer speaks no HBONE", &["it is marked as in the mesh and is not captured"]),
    ("h2 failed", "the peer speaks no HBONE", &["it is marked as in the mesh and is not captured"]),
    (
        "unknown waypoint",
        "the waypoint that serves it is not known",
        &["use-waypoint names a Gateway that is not there, or none of its pods is ready"],
    ),
    ("no healthy upstream", "no workload behind the service is healthy", &[]),
    ("no service for target address", "the address belongs to no service", &[]),
    ("local workload", "ztunnel does not know the pod yet", &["it was enrolled late, or ztunnel or the CNI agent was restarted"]),
    ("cannot resolve port", "the service names a port that the workload does not have", &[]),
    ("http status: 401", "the other side's proxy refused it", &["its log tells why"]),
    ("http status: 403", "the other side's proxy refused it", &["its log tells why"]),
    ("http status: 503", "the other side's proxy could not pass it on", &["its log tells why"]),
    ("connection drain", "ztunnel was replaced: no fault", &[]),
];

/// Texts of linkerd-proxy, by a part of each.
const LINKERD: &[Meaning] = &[
    (
        "unauthorized",
        "no authorization of the server admits the client",
        &["the client has no proxy or another identity", "a probe's path is not admitted"],
    ),
    ("no route found", "no HTTPRoute of the server takes the request", &["the routes of a Server take the place of all others, probes' as well"]),
    ("fail-fast", "no endpoint is ready, so requests fail at once", &["the service has no ready pods, or all were ejected by failure accrual"]),
    ("failfast", "no endpoint is ready, so requests fail at once", &["the service has no ready pods, or all were ejected by failure accrual"]),
    ("service unavailable", "too many requests wait", &["a slow application"]),
    ("connect timed out", "nothing answered the connection", &["the pod or node is gone, or a NetworkPolicy blocks port 4143"]),
    ("response timeout", "the answer took longer than its timeout", &["a timeout annotation of the Service or route"]),
    ("required id", "the server is not who it should be", &["trust anchors that differ, or a gateway of another cluster"]),
    ("rate limit", "a local rate limit refused it", &["an HTTPLocalRateLimitPolicy"]),
    ("mutually authenticated", "something without a proxy dialled the proxy's own port", &["a Service whose target port is 4143"]),
    ("gateway loop", "a multicluster gateway led back to itself", &["a mirror that points at its own cluster"]),
    ("tls detection timeout", "the client sent nothing for too long", &["a protocol in which the server speaks first: mark the port opaque"]),
    ("not allowed on this ip", "the address is not one of the pod's", &["host network, or a redirection of the CNI that is wrong"]),
];

/// What tells whether a cause is there.
pub const LOG_LINE_KINDS: &[Kind] =
    &[Kind::AuthorizationPolicy, Kind::DestinationRule, Kind::VirtualService, Kind::ServiceEntry, Kind::Pod, Kind::Service];

/// Explains a line; with a world, by what is in it.
pub fn log_line(line: &LogLine, world: Option<&World>) -> LogLineReport {
    let mut signs = match line.kind {
        LogKind::IstioAccess => istio(line, world),
        LogKind::Ztunnel => by_text(line.get("error").unwrap_or_default(), ZTUNNEL),
        LogKind::LinkerdAccess => linkerd_status(line),
        LogKind::LinkerdProxy => by_text(&words_of(line), LINKERD),
    };
    for sign in &mut signs {
        sign.causes.sort_by_key(|cause| match cause.state {
            CauseState::Found => 0,
            CauseState::Possible => 1,
            CauseState::Excluded => 2,
        });
    }
    let gaps = world.map(|world| super::gaps(world, LOG_LINE_KINDS)).unwrap_or_default();
    LogLineReport { log: line.kind, summary: summary(line, &signs), facts: facts(line), signs, gaps }
}

fn words_of(line: &LogLine) -> String {
    ["message", "error"].iter().filter_map(|name| line.get(name)).collect::<Vec<_>>().join(" ")
}

fn facts(line: &LogLine) -> Vec<LogFact> {
    let names: &[(&'static str, &str)] = match line.kind {
        LogKind::IstioAccess => &[
            ("method", "method"),
            ("path", "path"),
            ("authority", "authority"),
            ("status", "response_code"),
            ("details", "response_code_details"),
            ("transport failure", "upstream_transport_failure_reason"),
            ("upstream", "upstream_cluster"),
            ("upstream host", "upstream_host"),
            ("client", "downstream_remote_address"),
            ("route", "route_name"),
        ],
        LogKind::Ztunnel => {
            &[("from", "src.workload"), ("client", "src.identity"), ("to", "dst.workload"), ("service", "dst.service"), ("error", "error")]
        }
        LogKind::LinkerdAccess => &[("client", "client.id"), ("address", "client.addr"), ("method", "method"), ("path", "uri"), ("status", "status")],
        LogKind::LinkerdProxy => &[("level", "level"), ("message", "message"), ("error", "error")],
    };
    names.iter().filter_map(|(name, key)| Some(LogFact { name, value: line.get(key)?.to_owned() })).collect()
}

fn summary(line: &LogLine, signs: &[LogSign]) -> String {
    let side = match (line.kind, line.upstream(), line.get("direction")) {
        (LogKind::IstioAccess, Some(upstream), _) if upstream.inbound => "the server's proxy",
        (LogKind::IstioAccess, Some(_), _) => "the client's proxy (or a gateway)",
        (LogKind::IstioAccess, None, _) => "a proxy",
        (LogKind::Ztunnel, _, Some("inbound")) => "the server's ztunnel",
        (LogKind::Ztunnel, _, _) => "the client's ztunnel",
        (LogKind::LinkerdAccess, ..) => "the server's proxy",
        (LogKind::LinkerdProxy, ..) => "a proxy",
    };
    match signs.first() {
        Some(sign) => format!("{}: logged by {side}.", capitalised(sign.meaning)),
        None => format!("Nothing went wrong that this line tells of: logged by {side}."),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn sign(sign: &str, known: &Meaning) -> LogSign {
    let (_, meaning, possible) = *known;
    let causes = possible.iter().map(|text| LogCause::new(CauseState::Possible, *text, None)).collect();
    LogSign { sign: sign.to_owned(), meaning, causes }
}

fn by_text(text: &str, known: &[Meaning]) -> Vec<LogSign> {
    let lower = text.to_ascii_lowercase();
    known.iter().find(|(part, ..)| lower.contains(part)).map(|meaning| sign(text, meaning)).into_iter().collect()
}

fn linkerd_status(line: &LogLine) -> Vec<LogSign> {
    let meaning: Meaning = match line.get("status") {
        Some("403") => (
            "",
            "the proxy refused the client, or the application did",
            &["no authorization of the Server admits the client: kubectl mesh policy can", "the application's own answer"],
        ),
        Some("404") => ("", "no HTTPRoute of the Server takes the request, or the application has no such path", &[]),
        Some("429") => ("", "a local rate limit refused it, or the application did", &[]),
        Some("502" | "503" | "504") => {
            ("", "the proxy could not reach the application, or the application answers so", &["the application does not listen, or is slow"])
        }
        _ => return Vec::new(),
    };
    vec![sign(line.get("status").unwrap_or_default(), &meaning)]
}

fn istio(line: &LogLine, world: Option<&World>) -> Vec<LogSign> {
    let details = line.get("response_code_details").unwrap_or_default();
    if details.starts_with("rbac_access_denied") {
        return vec![refused(line, world)];
    }
    let code = line.get("response_code").unwrap_or_default();
    let failed = code.starts_with('4') || code.starts_with('5');
    if details.contains("via_upstream") && failed && line.flags().next().is_none() {
        let meaning: Meaning = ("", "the application itself answered so: the mesh only passed it on", &[]);
        return vec![sign(code, &meaning)];
    }
    if code == "401" && line.flags().next().is_none() {
        let meaning: Meaning = ("", "the token was refused", &["a RequestAuthentication: issuer, audience, expiry, or keys that cannot be fetched"]);
        return vec![sign(code, &meaning)];
    }
    let known = |flag: &str| FLAGS.iter().find(|(name, ..)| *name == flag).map(|meaning| sign(flag, meaning));
    let mut signs: Vec<LogSign> = line.flags().filter_map(known).collect();
    for sign in &mut signs {
        by_line(sign, line);
        if let (Some(world), Some(upstream)) = (world, line.upstream()) {
            sign.causes.extend(by_world(&sign.sign, world, &upstream));
        }
    }
    signs
}

/// What the line itself tells of a cause.
fn by_line(sign: &mut LogSign, line: &LogLine) {
    let failure = line.get("upstream_transport_failure_reason").unwrap_or_default();
    let text = format!("{failure} {}", line.get("response_code_details").unwrap_or_default());
    let found: &[(&str, &str)] = &[
        ("CERTIFICATE_VERIFY_FAILED", "the certificates of the two sides do not trust each other: kubectl mesh certs"),
        ("onnection_refused", "nothing listens on that port in the pod"),
        ("onnection refused", "nothing listens on that port in the pod"),
        ("TLS_error", "the TLS handshake failed: one side speaks mutual TLS and the other does not"),
        (
            "filter_chain_not_found",
            "what came fits no way of the listener: plaintext to a port that takes only mutual TLS, or an unknown server name",
        ),
        ("per_try_timeout", "each try has a timeout of its own, which is too short"),
    ];
    let causes = found.iter().filter(|(part, _)| text.contains(part)).take(1).map(|(_, cause)| LogCause::new(CauseState::Found, *cause, None));
    sign.causes.extend(causes);
}

/// Who refused it.
fn refused(line: &LogLine, world: Option<&World>) -> LogSign {
    let meaning: Meaning = ("", "an AuthorizationPolicy refused it", &[]);
    let mut sign = sign(line.get("response_code_details").unwrap_or_default(), &meaning);
    match line.refusing_policy() {
        Some((namespace, name, rule)) => {
            let object = world.map(|world| world.index.object(Kind::AuthorizationPolicy, namespace, name).map(Subject::reference));
            sign.causes.push(match object {
                Some(Some(object)) => LogCause::new(CauseState::Found, format!("its DENY rule {rule} matches the request"), Some(object)),
                Some(None) => LogCause::new(
                    CauseState::Possible,
                    format!("AuthorizationPolicy {namespace}/{name}, rule {rule}, is not among what was read: it may be gone since"),
                    None,
                ),
                None => LogCause::new(CauseState::Found, format!("rule {rule} of AuthorizationPolicy {namespace}/{name} matches the request"), None),
            });
        }
        None => sign.causes.extend(
            [
                "no ALLOW rule admits it: kubectl mesh why names the one that comes nearest",
                "the client came without a proxy, so that it has no identity",
            ]
            .map(|text| LogCause::new(CauseState::Possible, text, None)),
        ),
    }
    sign
}

/// What is in the cluster of what a flag may mean.
fn by_world(flag: &str, world: &World, upstream: &Upstream<'_>) -> Vec<LogCause> {
    let mut causes = Vec::new();
    if upstream.host.is_empty() {
        return causes;
    }
    let name = resolve::name(world.view(), "", upstream.host);
    match (flag, name.stands_for) {
        ("UH" | "UF" | "NC", StandsFor::Service(service)) => {
            causes.push(ready(world, service));
            causes.extend(subset(flag, world, service, upstream));
        }
        ("UH" | "UF" | "NC" | "DF", StandsFor::Outside) => {
            let sure = [Kind::Service, Kind::ServiceEntry].into_iter().all(|kind| world.sight(kind, "") == Sight::Clear);
            let (state, text) = match sure {
                true => (CauseState::Found, format!("there is no Service or ServiceEntry {}", upstream.host)),
                false => (CauseState::Possible, format!("no Service or ServiceEntry {} was read", upstream.host)),
            };
            causes.push(LogCause::new(state, text, None));
        }
        ("FI" | "DI", _) => causes.extend(faults(world, upstream.host)),
        _ => {}
    }
    causes
}

/// Whether anything behind a Service is ready.
fn ready(world: &World, service: &Service) -> LogCause {
    let object = Some(service.reference());
    if service.spec.selector.is_empty() {
        return LogCause::new(CauseState::Possible, "its endpoints are kept by hand", object);
    }
    if world.sight(Kind::Pod, &service.metadata.namespace) != Sight::Clear {
        return LogCause::new(CauseState::Possible, "no pod behind it is ready: its pods were not read", object);
    }
    let pods: Vec<_> =
        world.index.pods_in(&service.metadata.namespace).iter().filter(|p| !p.is_over() && service.selects(&p.metadata.labels)).collect();
    let ready = pods.iter().filter(|p| resolve::is_ready(p)).count();
    match (pods.len(), ready) {
        (0, _) => LogCause::new(CauseState::Found, "its selector picks no pod", object),
        (all, 0) => LogCause::new(CauseState::Found, format!("none of its pods is ready, of {all}"), object),
        (all, ready) => LogCause::new(CauseState::Excluded, format!("no pod is ready: {ready} of {all} are, now"), object),
    }
}

/// Whether a subset exists and picks pods.
fn subset(flag: &str, world: &World, service: &Service, upstream: &Upstream<'_>) -> Option<LogCause> {
    if upstream.subset.is_empty() {
        return None;
    }
    let suffix = world.istio.config.service_suffix();
    let rules = world.index.objects(Kind::DestinationRule).iter();
    let mut rules = rules.filter(|object| hosts::fqdn(DestinationRule::of(object).host(), &object.meta.namespace, &suffix) == upstream.host);
    let found = rules.find_map(|object| Some((object, DestinationRule::of(object).subset(upstream.subset)?.labels())));
    let Some((object, labels)) = found else {
        let sure = world.sight(Kind::DestinationRule, "") == Sight::Clear && flag == "NC";
        let state = if sure { CauseState::Found } else { CauseState::Possible };
        return Some(LogCause::new(state, format!("no DestinationRule for {} has a subset {}", upstream.host, upstream.subset), None));
    };
    let picked =
        |pod: &&crate::model::Pod| !pod.is_over() && service.selects(&pod.metadata.labels) && Map::is_subset_of(&labels, &pod.metadata.labels);
    let count = world.index.pods_in(&service.metadata.namespace).iter().filter(picked).count();
    let (state, text) = match count {
        0 => (CauseState::Found, format!("the labels of subset {} pick no pod", upstream.subset)),
        n => (CauseState::Excluded, format!("subset {} picks no pod: it picks {n}, now", upstream.subset)),
    };
    Some(LogCause::new(state, text, Some(object.reference())))
}

/// VirtualServices that inject faults into calls of a host.
fn faults(world: &World, host: &str) -> Vec<LogCause> {
    let suffix = world.istio.config.service_suffix();
    let is_for =
        |object: &crate::model::Object| object.spec().texts("hosts").any(|(name, _)| hosts::fqdn(name, &object.meta.namespace, &suffix) == host);
    let injects = |object: &&crate::model::Object| object.spec().list("http").any(|route| route.get("fault").is_some()) && is_for(object);
    let found = world.index.objects(Kind::VirtualService).iter().filter(injects);
    found.map(|object| LogCause::new(CauseState::Found, "it injects a fault", Some(object.reference()))).collect()
}
