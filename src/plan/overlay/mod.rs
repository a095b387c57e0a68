//! A set of manifests that brings a Service's workloads into a mesh by Kustomize: what the plan of `onboard` would write, as patches, and what is
//! wanted besides, as objects.

mod files;
mod monitoring;
mod traffic;

use serde_json::{Value, json};

use super::network::{self, Flows};
use super::way::{self, Intention};
use super::{Action, Plan, Step, patch, waypoint};
use crate::index::Workload;
use crate::mesh::istio::ambient;
use crate::mesh::resolve::Protocol;
use crate::model::{IGNORE, Kind, Map, ObjectRef, Service, ServicePort};
use crate::world::World;

pub use files::{File, Form, files};

/// A part of the set that is wanted besides the mesh itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Policies,
    CircuitBreaker,
    Retries,
    Timeouts,
    RateLimit,
    Fault,
    Canary,
    NetworkPolicies,
    Monitoring,
}

impl Part {
    /// All of them, each with its name and what it is.
    pub const ALL: [(Self, &str, &str); 9] = [
        (Self::Policies, "policies", "Who may call, and mutual TLS"),
        (Self::CircuitBreaker, "circuit-breaker", "Endpoints that fail are left alone for a while"),
        (Self::Retries, "retries", "Requests that fail are sent again"),
        (Self::Timeouts, "timeouts", "Requests end in time"),
        (Self::RateLimit, "rate-limit", "No more than so many requests"),
        (Self::Fault, "fault", "Faults for tests, switched off"),
        (Self::Canary, "canary", "Versions with weights"),
        (Self::NetworkPolicies, "network-policies", "What the network lets through"),
        (Self::Monitoring, "monitoring", "What Prometheus scrapes and watches"),
    ];

    /// Whether it is about single requests, which in ambient takes a waypoint.
    const fn is_about_requests(self) -> bool {
        matches!(self, Self::CircuitBreaker | Self::Retries | Self::Timeouts | Self::RateLimit | Self::Fault | Self::Canary)
    }
}

/// What a set is made of.
#[derive(Debug)]
pub struct Wanted<'w> {
    /// Everything that was read.
    pub world: &'w World,
    /// The Service.
    pub service: &'w Service,
    /// The workloads behind it.
    pub workloads: Vec<&'w Workload>,
    /// Where they are to be.
    pub intention: Intention,
    /// The parts that are wanted.
    pub parts: Vec<Part>,
    /// Policies that admit the known callers of each, and the callers.
    pub callers: Vec<(&'w Workload, Vec<Value>, Vec<&'w Workload>)>,
    /// Whether the Service names its namespace, so that what stands beside it does too.
    pub namespaced: bool,
    /// Whether an EnvoyFilter may be written, which is bound to a version of Istio.
    pub envoy_filter: bool,
    /// Whether they are to be kept out of the mesh instead.
    pub opt_out: bool,
}

/// The objects of a set, by the file that they belong in.
#[derive(Debug, Default)]
pub struct Set {
    /// Patches of objects that are there.
    pub patches: Vec<(&'static str, Value)>,
    /// Objects that are new.
    pub objects: Vec<(&'static str, Value)>,
    /// Text that stands as comments at the end of a file.
    pub comments: Vec<(&'static str, String)>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

impl Wanted<'_> {
    fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    fn waypoint(&self) -> bool {
        self.intention.ambient() && self.parts.iter().any(|part| part.is_about_requests())
    }

    fn name(&self) -> &str {
        &self.service.metadata.name
    }

    fn namespace(&self) -> &str {
        &self.service.metadata.namespace
    }

    fn meta(&self, name: &str) -> Value {
        if self.namespaced { json!({"name": name, "namespace": self.namespace()}) } else { json!({"name": name}) }
    }

    fn object(&self, kind: Kind, name: &str, spec: Value) -> Value {
        json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": self.meta(name), "spec": spec})
    }

    /// The host by which Istio knows the Service.
    fn host(&self) -> String {
        self.world.istio.registry.fqdn(self.name(), self.namespace()).into_owned()
    }

    /// The ports on which requests are told apart: by what they say, or by what the plan adds.
    fn http_ports<'s>(&'s self, set: &'s Set) -> impl Iterator<Item = &'s ServicePort> {
        let added = |port: &ServicePort| {
            let ports = set
                .patches
                .iter()
                .filter(|(file, _)| *file == SERVICE)
                .flat_map(|(_, patch)| patch["spec"]["ports"].as_array().into_iter().flatten());
            ports.into_iter().any(|entry| entry["port"] == port.port && entry["appProtocol"] == "http")
        };
        let is_http = |port: &ServicePort| matches!(Protocol::of(port), Protocol::Http | Protocol::Http2 | Protocol::Grpc | Protocol::GrpcWeb);
        let undeclared = |port: &ServicePort| self.intention.linkerd() && Protocol::of(port) == Protocol::Detect;
        self.service.spec.ports.iter().filter(move |port| is_http(port) || undeclared(port) || added(port))
    }

    /// The versions behind the Service, by the label that tells them apart.
    fn versions(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.workloads.iter().filter_map(|w| w.labels.get(VERSION)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn selector(&self, workload: &Workload) -> Map {
        self.world.index.pod_selector(workload)
    }
}

const VERSION: &str = "version";
const WORKLOAD: &str = "workload-patch.yaml";
const SERVICE: &str = "service-patch.yaml";
const NAMESPACE: &str = "namespace.yaml";
const SECURITY: &str = "security.yaml";
const TRAFFIC: &str = "traffic.yaml";
const NETWORK: &str = "networkpolicy.yaml";
const DENY: &str = "networkpolicy-deny.yaml";
const MONITORING: &str = "monitoring.yaml";

/// The set; `plan` is that of bringing the workloads in, and `written` says how an object of it stands in its source.
pub fn set(wanted: &Wanted<'_>, plan: &Plan, written: impl Fn(&ObjectRef) -> Option<Value>) -> Set {
    let mut set = Set::default();
    if wanted.opt_out {
        for workload in &wanted.workloads {
            opt_out(wanted, workload, &written, &mut set);
        }
        return set;
    }
    for step in plan.steps.iter().filter(|step| step.action.writes() && step.action != Action::Create) {
        of_step(step, &written, &mut set);
    }
    set.notes.extend(plan.notes.iter().cloned());
    if wanted.waypoint() {
        through_waypoint(wanted, &mut set);
    }
    security(wanted, &mut set);
    traffic::add(wanted, &mut set);
    network(wanted, &mut set);
    monitoring::add(wanted, &mut set);
    set
}

/// The objects that split the calls of a Service between its versions, in the order in which they are made, and what was left out; `steps` are those that
/// are to come before.
pub(super) fn canary(world: &World, service: &Service, intention: &Intention, steps: &[Step]) -> (Vec<Value>, Vec<String>) {
    let workloads = world.index.select(Some(&service.metadata.namespace), &service.spec.selector).collect();
    let (parts, callers) = (vec![Part::Canary], Vec::new());
    let wanted =
        Wanted { world, service, workloads, intention: intention.clone(), parts, callers, namespaced: true, envoy_filter: false, opt_out: false };
    let mut set = Set::default();
    for step in steps.iter().filter(|step| step.object.kind == "Service" && step.object.name == wanted.name()) {
        of_step(step, &|_| Some(Value::Null), &mut set);
    }
    set.notes.clear();
    traffic::add(&wanted, &mut set);
    let there = |object: &Value| {
        let kind = Kind::of(object["apiVersion"].as_str().unwrap_or_default(), object["kind"].as_str().unwrap_or_default())?;
        let name = object["metadata"]["name"].as_str()?;
        let found = world.index.object(kind, wanted.namespace(), name).is_some()
            || (kind == Kind::Service && world.index.service(wanted.namespace(), name).is_some());
        found.then(|| format!("{kind} {name}"))
    };
    let objects: Vec<Value> = set.objects.into_iter().map(|(_, object)| object).collect();
    match objects.iter().find_map(there) {
        Some(name) => (Vec::new(), vec![format!("{name} is there already: calls of Service {} are split as it says", wanted.name())]),
        None => (objects, set.notes),
    }
}

fn of_step(step: &Step, written: &impl Fn(&ObjectRef) -> Option<Value>, set: &mut Set) {
    let Some(at) = step.object.reference() else { return };
    let mut target = step.object.clone();
    target.uid.clear();
    let source = written(&at);
    if at.kind != Kind::Namespace && !source.as_ref().is_some_and(|source| source["metadata"]["namespace"].is_string()) {
        // A patch has to name what it patches as it is written.
        target.namespace.clear();
    }
    let mut changes = step.changes.clone();
    changes.retain(|change| !matches!(change.path.last(), Some(super::Seg::Key(key)) if key == "kubectl.kubernetes.io/restartedAt"));
    if changes.is_empty() {
        return;
    }
    let mut body = patch::apply_body(&target, &changes);
    for gone in changes.iter().filter(|change| change.after.is_none()) {
        patch::put(&mut body, &gone.path, Value::Null);
    }
    for port in body["spec"]["ports"].as_array_mut().into_iter().flatten() {
        // Kustomize finds the port by what is written of it.
        let ports = source.as_ref().and_then(|source| source["spec"]["ports"].as_array());
        let is_written = ports.into_iter().flatten().any(|written| written["port"] == port["port"] && written["protocol"] == port["protocol"]);
        if !is_written && port["protocol"] == "TCP" {
            port.as_object_mut().map(|port| port.remove("protocol"));
        }
    }
    match at.kind {
        Kind::Namespace if source.is_none() => set.objects.push((NAMESPACE, body)),
        Kind::Namespace => set.patches.push((NAMESPACE, body)),
        Kind::Service => {
            if source.is_none() && body["spec"]["ports"].is_array() {
                set.notes
                    .push(format!("{SERVICE} names ports without `protocol`, as most sources do: Kustomize finds them only if they are written so"));
            }
            merge(&mut set.patches, SERVICE, body);
        }
        _ => merge(&mut set.patches, WORKLOAD, body),
    }
}

/// Adds to the patch of the same object, if there is one.
fn merge(patches: &mut Vec<(&'static str, Value)>, file: &'static str, body: Value) {
    let same = |patch: &Value| patch["kind"] == body["kind"] && patch["metadata"]["name"] == body["metadata"]["name"];
    match patches.iter_mut().find(|(at, patch)| *at == file && same(patch)) {
        Some((_, patch)) => lay(patch, body),
        None => patches.push((file, body)),
    }
}

fn lay(onto: &mut Value, from: Value) {
    match (onto, from) {
        (Value::Object(onto), Value::Object(from)) => from.into_iter().for_each(|(key, value)| lay(onto.entry(key).or_insert(Value::Null), value)),
        (onto, from) => *onto = from,
    }
}

fn opt_out(wanted: &Wanted<'_>, workload: &Workload, written: &impl Fn(&ObjectRef) -> Option<Value>, set: &mut Set) {
    let at = &workload.reference;
    let Some(path) = way::template_path(at.kind).filter(|path| !path.is_empty()) else {
        set.notes.push(format!("{at} has no template that could be kept out"));
        return;
    };
    let word = way::opt_out(&wanted.intention);
    let mut target = super::Target::of(at, &Value::Null);
    if !written(at).is_some_and(|source| source["metadata"]["namespace"].is_string()) {
        target.namespace.clear();
    }
    let change = super::onboard::said(&Value::Null, path, &word);
    set.patches.push((WORKLOAD, patch::apply_body(&target, &[change])));
}

/// In ambient, requests are told apart by a waypoint alone.
fn through_waypoint(wanted: &Wanted<'_>, set: &mut Set) {
    let labels = &wanted.service.metadata.labels;
    if ambient::reference(&wanted.world.index, labels, wanted.namespace()).is_some() {
        return;
    }
    let mut gateway = waypoint::gateway(wanted.namespace(), waypoint::NAME);
    if !wanted.namespaced
        && let Some(meta) = gateway["metadata"].as_object_mut()
    {
        meta.remove("namespace");
    }
    set.objects.push((TRAFFIC, gateway));
    annotate(wanted, set, "labels", ambient::USE_WAYPOINT, waypoint::NAME);
}

/// A label or annotation of the Service.
fn annotate(wanted: &Wanted<'_>, set: &mut Set, field: &str, key: &str, value: &str) {
    let mut body = json!({"apiVersion": "v1", "kind": "Service", "metadata": wanted.meta(wanted.name())});
    body["metadata"][field][key] = json!(value);
    merge(&mut set.patches, SERVICE, body);
}

/// Lets `check` pass over what an object is made for.
fn meant(object: &mut Value, rule: &str, reason: &str) {
    object["metadata"]["annotations"][IGNORE] = json!(format!("{rule}: {reason}"));
}

fn security(wanted: &Wanted<'_>, set: &mut Set) {
    if !wanted.has(Part::Policies) {
        return;
    }
    for (workload, policies, callers) in &wanted.callers {
        let at = &workload.reference;
        if !wanted.intention.linkerd() {
            let selector = json!({"matchLabels": network::pairs(&wanted.selector(workload))});
            let spec = json!({"selector": selector, "mtls": {"mode": "PERMISSIVE"}});
            set.objects.push((SECURITY, wanted.object(Kind::PeerAuthentication, &at.name, spec)));
        }
        if callers.is_empty() {
            set.notes.push(format!("no object names who calls {at}: no policy lets anybody in, since it would refuse all others"));
            if !wanted.intention.linkerd() {
                continue;
            }
        }
        for policy in policies {
            let mut policy = policy.clone();
            policy["metadata"] = wanted.meta(policy["metadata"]["name"].as_str().unwrap_or_default());
            if policy["kind"] == "Server" {
                policy["spec"]["accessPolicy"] = json!("audit");
                meant(&mut policy, "linkerd-access-policy-opens-server", "an audit refuses nobody, as long as it lasts");
            }
            if policy["kind"] == "AuthorizationPolicy" && wanted.waypoint() {
                // The waypoint asks who the client is; ztunnel would see the waypoint.
                let spec = &mut policy["spec"];
                spec.as_object_mut().map(|spec| spec.remove("selector"));
                spec["targetRefs"] = json!([{"group": "", "kind": "Service", "name": wanted.name()}]);
                spec["rules"].as_array_mut().into_iter().flatten().for_each(|rule| drop(rule.as_object_mut().map(|rule| rule.remove("to"))));
            }
            // A Service's waypoint asks once for all of its workloads.
            let said = wanted.waypoint() && set.objects.iter().any(|(_, other)| other["kind"] == policy["kind"] && other["spec"] == policy["spec"]);
            if !said {
                set.objects.push((SECURITY, policy));
            }
        }
    }
    set.comments.push((
        SECURITY,
        if wanted.intention.linkerd() {
            "accessPolicy: audit refuses nobody and logs whoever would be refused; take it away once nobody is.".to_owned()
        } else {
            "mode: STRICT once `kubectl mesh mtls --plan strict` names nobody who would be refused.".to_owned()
        },
    ));
}

fn network(wanted: &Wanted<'_>, set: &mut Set) {
    if !wanted.has(Part::NetworkPolicies) {
        return;
    }
    let (mesh, mode, world) = (wanted.intention.mesh, wanted.intention.mode, wanted.world);
    for (workload, _, callers) in &wanted.callers {
        let name = &workload.reference.name;
        let flows = Flows { world, workload, mesh, mode, callers: callers.clone(), callees: Vec::new(), scrapers: ["monitoring".into()].into() };
        if callers.is_empty() {
            set.notes.push(format!(
                "no object names who calls {}: no NetworkPolicy lets anybody in, since it would shut out all others",
                workload.reference
            ));
        } else {
            set.objects.push((NETWORK, wanted.object(Kind::NetworkPolicy, &format!("{name}-callers"), flows.ingress())));
        }
        set.objects.push((DENY, wanted.object(Kind::NetworkPolicy, &format!("{name}-proxy"), flows.egress())));
        let all = json!({"podSelector": {"matchLabels": network::pairs(&wanted.selector(workload))}, "policyTypes": ["Ingress", "Egress"]});
        set.objects.push((DENY, wanted.object(Kind::NetworkPolicy, &format!("{name}-deny"), all)));
    }
    set.comments.push((NETWORK, "The namespace of Prometheus is taken to be monitoring.".to_owned()));
    set.notes.push(format!("{DENY} shuts out whoever is not let in, and all calls that are not in it: list it once every one of them is"));
    if wanted.intention.linkerd() {
        set.notes.push("proxies call each other on port 4143, whatever port is meant: only Servers tell ports apart (--with policies)".to_owned());
    }
}
