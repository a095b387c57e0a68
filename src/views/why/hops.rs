//! The steps of one request: each asks an engine and puts its answer into one line.

use std::collections::BTreeSet;

use super::Asked;
use super::words;
use crate::index::Workload;
use crate::mesh::authorization::{self, Authorizer, Call, Credential, Http, Ruling, Server, Verdict};
use crate::mesh::istio::destination_rules::DestinationRules;
use crate::mesh::mtls::{Client, Edge, Mtls, Outcome as Encryption};
use crate::mesh::network_policy::{Direction, NetworkPolicies, Peer};
use crate::mesh::resolve::{self, Endpoints, Name, StandsFor};
use crate::mesh::routes::{Destination, Outcome, Route};
use crate::mesh::{MeshView, mtls};
use crate::model::{Evidence, Gap, Kind, Membership, MeshId, Service, ServicePort, Step, StepKind, StepPlace, StepResult, Subject};
use crate::world::{Sight, World};

/// A step that lets the request on.
fn ok(step: StepKind, at: StepPlace, text: impl Into<String>) -> Step {
    Step { step, at, result: StepResult::Ok, text: text.into(), because: Vec::new(), hint: None }
}

/// A step at which the request ends.
fn fails(step: StepKind, at: StepPlace, text: impl Into<String>, because: Vec<Evidence>, hint: impl Into<String>) -> Step {
    Step { step, at, result: StepResult::Fails, text: text.into(), because, hint: Some(hint.into()) }
}

/// A step of which the end is not known.
fn unknown(step: StepKind, at: StepPlace, text: impl Into<String>, gap: Option<Gap>) -> Step {
    Step { step, at, result: StepResult::Unknown(gap), text: text.into(), because: Vec::new(), hint: None }
}

/// Kinds that decide where requests go, by the mesh that carries them.
fn route_kinds(mesh: MeshId) -> &'static [Kind] {
    match mesh {
        MeshId::Istio => &[Kind::VirtualService, Kind::DestinationRule, Kind::ServiceEntry, Kind::Sidecar, Kind::HttpRoute, Kind::GrpcRoute],
        MeshId::Linkerd => &[Kind::HttpRoute, Kind::LinkerdHttpRoute, Kind::GrpcRoute, Kind::ServiceProfile, Kind::EgressNetwork],
    }
}

/// What answers the questions about one request.
pub(super) struct Hops<'w> {
    world: &'w World,
    view: MeshView<'w>,
    asked: &'w Asked<'w>,
    authorizer: Authorizer<'w>,
    mtls: Mtls<'w>,
    /// The mesh that carries what the client sends.
    pub(super) carrier: Option<MeshId>,
    /// Where its routes are applied.
    pub(super) router: StepPlace,
}

impl<'w> Hops<'w> {
    pub(super) fn new(world: &'w World, asked: &'w Asked<'w>, carrier: Option<MeshId>, router: StepPlace) -> Self {
        let view = world.view();
        Self { world, view, asked, authorizer: Authorizer::new(view), mtls: Mtls::new(view), carrier, router }
    }

    /// Who calls, and what carries its requests.
    pub(super) fn client(&self) -> Step {
        let place = if self.asked.client.gateway { StepPlace::Gateway } else { StepPlace::Client };
        self.member(self.asked.client.workload, place)
    }

    fn member(&self, workload: &'w Workload, at: StepPlace) -> Step {
        let mut inside = Vec::new();
        let mut gap = None;
        for mesh in [MeshId::Istio, MeshId::Linkerd] {
            match self.view.membership(mesh, workload) {
                Ok(Membership::None) => {}
                Ok(membership) => inside.push((mesh, membership)),
                Err(unread) => gap = gap.or(Some(unread)),
            }
        }
        let Some((mesh, membership)) = inside.first() else {
            return match gap {
                Some(gap) => unknown(StepKind::Capture, at, gap.to_string(), Some(gap)),
                None => ok(StepKind::Capture, at, "no proxy of a mesh: what it sends and gets is left as it is"),
            };
        };
        let mut text = words::member(*mesh, *membership);
        if let Some(spec) = self.view.index.pod_spec(workload).filter(|_| *mesh == MeshId::Istio) {
            let (domain, name) = (&self.view.istio.config.trust_domain, spec.service_account());
            text.push_str(&format!(", identity {domain}/ns/{}/sa/{name}", workload.reference.namespace));
        }
        ok(StepKind::Capture, at, text)
    }

    /// What the name stands for.
    pub(super) fn service(&self, name: &Name<'w>) -> Step {
        let (at, request) = (StepPlace::Client, &self.asked.request);
        let mut step = match name.stands_for {
            StandsFor::Service(service) => self.service_port(service),
            StandsFor::Pod(pod) => ok(StepKind::Service, at, format!("{} by its address", pod.metadata.reference(Kind::Pod))),
            StandsFor::Entry(entry) => {
                let text = format!("{} declares the host", entry.reference());
                let mut step = ok(StepKind::Service, at, text.clone());
                step.because.push(Evidence::field(entry.reference(), "spec.hosts", text));
                step
            }
            StandsFor::Address(address) => ok(StepKind::Service, at, format!("{address} belongs to nothing that was read")),
            StandsFor::Outside => self.outside(name),
        };
        for alias in name.aliases.iter().rev() {
            let reference = alias.metadata.reference(Kind::Service);
            let text = format!("an alias of {}", alias.spec.external_name);
            step.text = format!("{reference} is {text}: {}", step.text);
            step.because.insert(0, Evidence::field(reference, "spec.externalName", text));
        }
        step.text = step.text.replace("{port}", &request.port.to_string());
        step
    }

    fn service_port(&self, service: &'w Service) -> Step {
        let (at, number) = (StepPlace::Client, self.asked.request.port);
        let reference = service.metadata.reference(Kind::Service);
        if let Some(port) = service.spec.ports.iter().find(|p| p.port == i32::from(number)) {
            let named = if port.name.is_empty() { format!("port {number}") } else { format!("port {}", port.name) };
            let kind = if service.is_headless() { " (headless)" } else { "" };
            let mut step = ok(StepKind::Service, at, format!("{reference}{kind}, {named}"));
            step.because.push(Evidence::object(reference, "has the name"));
            return step;
        }
        if service.is_headless() {
            return ok(StepKind::Service, at, format!("{reference} (headless), port {number} of its pods, which it does not declare"));
        }
        let text = format!("{reference} has no port {number}");
        let ports: Vec<String> = service.spec.ports.iter().map(|p| p.port.to_string()).collect();
        let hint = match ports.as_slice() {
            [] => "Add the port to the Service.".to_owned(),
            ports => format!("Call port {}, or add port {number} to the Service.", ports.join(" or ")),
        };
        fails(StepKind::Service, at, text.clone(), vec![Evidence::field(reference, "spec.ports", text)], hint)
    }

    /// A name that no Service has: of the cluster and not there, or of the world outside.
    fn outside(&self, name: &Name<'w>) -> Step {
        let at = StepPlace::Client;
        let Some((service, namespace)) = self.of_cluster(&name.full) else {
            return ok(StepKind::Service, at, format!("{} is outside of the cluster", name.full));
        };
        let text = format!("there is no Service {namespace}/{service}");
        match self.world.sight(Kind::Service, &namespace) {
            Sight::Clear => {
                let known: Vec<&str> = self.world.index.services_in(&namespace).iter().map(|s| s.metadata.name.as_str()).collect();
                let near = super::asked::nearest(&service, &known);
                let hint = near.map_or_else(|| "Call a Service that is there, or add it.".to_owned(), |n| format!("Did you mean {n}.{namespace}?"));
                fails(StepKind::Service, at, format!("{text}: the name does not resolve"), Vec::new(), hint)
            }
            Sight::NotInFiles => unknown(StepKind::Service, at, format!("{text} among the files; the cluster may have it"), None),
            Sight::Hidden(gap) => {
                let why = gap.as_ref().map_or_else(|| "they were not read".to_owned(), ToString::to_string);
                unknown(StepKind::Service, at, format!("{text} that was read: {why}"), gap)
            }
        }
    }

    /// Service and namespace that a name of the cluster's own asks for.
    fn of_cluster(&self, full: &str) -> Option<(String, String)> {
        let inner = full.strip_suffix(&format!(".svc.{}", self.view.cluster_domain())).or_else(|| full.strip_suffix(".svc"));
        let labels: Vec<&str> = inner.unwrap_or(full).split('.').collect();
        match (labels[..].as_ref(), inner) {
            ([service, namespace], Some(_)) => Some(((*service).to_owned(), (*namespace).to_owned())),
            ([service, namespace], None) if self.view.index.namespace(namespace).is_some() => Some(((*service).to_owned(), (*namespace).to_owned())),
            ([service], None) => Some(((*service).to_owned(), self.asked.client.workload.reference.namespace.to_string())),
            _ => None,
        }
    }

    /// The rule that takes it, and what it does.
    pub(super) fn route(&self, route: &Route, name: &Name<'w>) -> Step {
        let at = self.router;
        let because = route.because.clone();
        let step = |result, text: String, hint: Option<String>| Step { step: StepKind::Route, at, result, text, because: because.clone(), hint };
        let hidden = self.carrier.and_then(|mesh| self.hidden_routes(mesh, route));
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
        let text = match (self.carrier, route.why.is_empty()) {
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
    fn network_out(&self, name: &Name<'w>) -> Step {
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

    /// What a request from outside meets at the gateway itself.
    pub(super) fn at_gateway(&self) -> Vec<Step> {
        let gateway = self.asked.client.workload;
        let ports = mtls::called_through(self.view, gateway);
        let port = ports.iter().find(|(_, number, _)| *number == self.asked.request.port).map_or(self.asked.request.port, |(_, _, target)| *target);
        let client = authorization::Client { credential: Credential::Plaintext, ..authorization::Client::default() };
        let request = authorization::Request { client, call: self.call(None), sni: None };
        let decision = self.authorizer.decide(Server::Workload(gateway, port), &request);
        let mut steps = authorization::steps(&decision.rulings);
        steps.iter_mut().filter(|s| s.at == StepPlace::Server).for_each(|s| s.at = StepPlace::Gateway);
        steps.retain(|s| matches!(s.step, StepKind::Authorization | StepKind::NetworkPolicy));
        steps
    }

    /// What is sent, as the server sees it.
    fn call(&self, route: Option<&Route>) -> Call {
        let request = &self.asked.request;
        let http = self.asked.http || self.asked.client.gateway || route.is_some_and(|r| r.http);
        match (http, self.carrier) {
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
            steps.push(self.encryption(&to, port, None).0);
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
        let (encryption, plaintext) = self.encryption(&to, port, share.subset.as_deref());
        let workload = self.asked.client.workload;
        let client = authorization::Client {
            workload: Some(workload),
            credential: if plaintext { Credential::Plaintext } else { Credential::Membership },
            addresses: authorization::addresses(self.view.index, workload),
        };
        let request = authorization::Request { client, call: self.call(Some(route)), sni: None };
        let decision = self.authorizer.decide(Server::Service(service, port), &request);
        let rulings: Vec<Step> = authorization::steps(&decision.rulings);
        let (network, rest): (Vec<Step>, Vec<Step>) = rulings.into_iter().partition(|s| s.step == StepKind::NetworkPolicy);
        steps.extend(network);
        let agreed = encryption.result == StepResult::Fails;
        steps.push(encryption);
        // What does not get through the handshake is not asked twice, nor is a membership that its own step leaves open.
        steps.extend(rest.into_iter().filter(|s| s.step != StepKind::Capture && !(agreed && s.step == StepKind::Mtls)));
        if decision.verdict == Verdict::Allow && !steps.iter().any(|s| s.step == StepKind::Authorization) {
            steps.push(ok(StepKind::Authorization, StepPlace::Server, "no policy stands against it"));
        }
        steps
    }

    /// What is ready behind a Service, and one of the workloads there.
    fn endpoints(&self, service: &'w Service, port: &'w ServicePort, subset: Option<&str>, host: &str) -> (Step, Option<&'w Workload>) {
        let (kind, at) = (StepKind::Endpoints, StepPlace::Network);
        let reference = service.metadata.reference(Kind::Service);
        let namespace = &service.metadata.namespace;
        if service.spec.selector.is_empty() {
            let text = format!("{reference} has no selector: its endpoints are kept by hand and were not looked at");
            return (unknown(kind, at, text, None), None);
        }
        let mut all = Endpoints::of(self.view.index, service, port);
        let selector = || Evidence::field(reference.clone(), "spec.selector", words::labels(&service.spec.selector));
        if all.0.is_empty() {
            let text = format!("{reference} selects no pod ({})", words::labels(&service.spec.selector));
            let seen = [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet].map(|kind| self.world.sight(kind, namespace));
            let hidden = seen.iter().find_map(|s| if let Sight::Hidden(gap) = s { Some(gap.clone()) } else { None });
            let step = match hidden {
                Some(gap) => unknown(kind, at, format!("{text} that was read"), gap),
                None if seen.iter().all(|s| *s == Sight::NotInFiles) => unknown(kind, at, format!("{text} among the files"), None),
                None => fails(kind, at, text, vec![selector()], "Make the Service's selector and the pods' labels agree, or start the pods."),
            };
            return (step, None);
        }
        let mut of_subset = String::new();
        if let Some((name, wanted)) = subset.and_then(|s| Some((s, self.subset(s, host, namespace)?))) {
            let labels: Vec<(String, String)> = wanted.1;
            all.0.retain(|e| {
                let have = e.pod.map_or(&e.workload.labels, |p| &p.metadata.labels);
                labels.iter().all(|(k, v)| have.is(k, v))
            });
            of_subset = format!(" of subset {name}");
            if all.0.is_empty() {
                let asks: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                let text = format!("no pod of {reference} is in subset {name} ({})", asks.join(", "));
                return (fails(kind, at, text, vec![wanted.0], "Correct the subset's labels, or start pods that have them."), None);
            }
        }
        let behind = all.workloads().first().copied();
        let total = all.0.len();
        if all.0.iter().all(|e| e.port.is_none()) {
            let text = format!("no pod of {reference} has a port called {:?}", port.target().to_string());
            let index = service.spec.ports.iter().position(|p| std::ptr::eq(p, port)).unwrap_or_default();
            let because = vec![Evidence::field(reference.clone(), format!("spec.ports[{index}].targetPort"), text.clone())];
            return (fails(kind, at, text, because, "Name a port that the containers declare, or write its number."), behind);
        }
        let usable = all.usable();
        let seen = all.0.iter().any(|e| e.ready.is_some());
        let target = all.0.iter().find_map(|e| e.port).map_or_else(String::new, |p| format!(" on port {p}"));
        let step = match (usable, seen) {
            (0, _) => {
                let text = format!("none of {total} endpoints{of_subset} is ready");
                let because = all.0.iter().filter_map(|e| e.pod).take(3).map(|p| Evidence::object(p.metadata.reference(Kind::Pod), "is not ready"));
                fails(kind, at, text, because.chain([selector()]).collect(), "Look why the pods are not ready: kubectl describe pod.")
            }
            (_, true) => ok(kind, at, format!("{usable} of {total} endpoints{of_subset} ready{target}")),
            (_, false) => {
                let names: Vec<String> = all.workloads().iter().map(|w| w.reference.to_string()).collect();
                ok(kind, at, format!("{}{of_subset}{target} (manifests: nothing runs yet)", names.join(", ")))
            }
        };
        (step, behind)
    }

    /// The labels of a subset, and where they stand.
    fn subset(&self, subset: &str, host: &str, namespace: &str) -> Option<(Evidence, Vec<(String, String)>)> {
        let client = self.asked.client.workload;
        let (index, config) = (self.view.index, &self.view.istio.config);
        let rules = DestinationRules::read(index, config);
        let applied = rules.for_client(index, config, (&client.reference.namespace, &client.labels), host, namespace)?;
        let (object, field) = applied.subset(subset)?;
        let labels = field.get("labels").map(|l| l.entries().map(|(k, v)| (k.to_owned(), v.str().unwrap_or_default().to_owned())).collect());
        Some((Evidence::field(object.reference(), field.path(), format!("subset {subset}")), labels.unwrap_or_default()))
    }

    /// What becomes of encryption on the way, and whether plaintext arrives.
    fn encryption(&self, to: &Name<'w>, port: u16, subset: Option<&str>) -> (Step, bool) {
        let edge = self.mtls.edge(Client::Workload(self.asked.client.workload), to, port, subset);
        let last = || edge.because.last().map(|e| e.text.clone()).unwrap_or_default();
        let broken = edge.parts.iter().find(|p| p.outcome == Encryption::Broken);
        let step = match (edge.outcome, broken) {
            (Encryption::Unknown, _) => {
                let gap = edge.gap.clone();
                unknown(StepKind::Mtls, StepPlace::Server, gap.as_ref().map_or_else(last, ToString::to_string), gap)
            }
            (Encryption::Broken, _) | (Encryption::Mixed, Some(_)) => {
                let because = broken.map_or_else(|| edge.because.clone(), |p| p.because.clone());
                let text = because.iter().map(|e| e.text.as_str()).collect::<Vec<_>>().join("; ");
                let some = if edge.outcome == Encryption::Mixed { "some pods: " } else { "" };
                fails(StepKind::Mtls, StepPlace::Server, format!("{some}{text}"), because, mend(&edge))
            }
            (outcome, _) => {
                let why = last();
                let text = if why.is_empty() { outcome.text().to_owned() } else { format!("{}: {why}", outcome.text()) };
                ok(StepKind::Mtls, StepPlace::Server, text)
            }
        };
        let step = if step.because.is_empty() { Step { because: edge.because.clone(), ..step } } else { step };
        (step, matches!(edge.outcome, Encryption::Plaintext | Encryption::AppTls))
    }
}

/// What mends a handshake that fails.
fn mend(edge: &Edge) -> &'static str {
    let by = |kind: Kind| edge.because.iter().any(|e| e.object.as_ref().is_some_and(|o| o.kind == kind));
    match (by(Kind::DestinationRule), by(Kind::PeerAuthentication)) {
        (true, _) => "Make the DestinationRule's tls mode fit what the server accepts: ISTIO_MUTUAL for a server of the mesh, DISABLE for others.",
        (_, true) => "Bring the client into the mesh, or admit plaintext on the port (PERMISSIVE).",
        _ => "Bring both sides into the same mesh, or let the server accept what the client sends.",
    }
}
