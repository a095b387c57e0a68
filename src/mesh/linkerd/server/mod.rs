//! Servers: which workload port each governs, and what holds where none does.

use std::collections::BTreeMap;
use std::fmt;

use crate::index::{Index, Workload};
use crate::mesh::MeshView;
use crate::model::{Data, Field, Kind, LabelSelector, Map, Object, ObjectRef, PodSpec, Port};

/// Who gets in without a policy of his own: `accessPolicy` of a Server, `default-inbound-policy` of everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboundPolicy {
    AllUnauthenticated,
    AllAuthenticated,
    ClusterUnauthenticated,
    ClusterAuthenticated,
    Deny,
    Audit,
}

impl InboundPolicy {
    /// All of them.
    pub const ALL: [Self; 6] = {
        use InboundPolicy::*;
        [AllUnauthenticated, AllAuthenticated, ClusterUnauthenticated, ClusterAuthenticated, Deny, Audit]
    };

    /// Reads a value; it must be written exactly so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == text)
    }

    /// The value as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllUnauthenticated => "all-unauthenticated",
            Self::AllAuthenticated => "all-authenticated",
            Self::ClusterUnauthenticated => "cluster-unauthenticated",
            Self::ClusterAuthenticated => "cluster-authenticated",
            Self::Deny => "deny",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for InboundPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a Server says its port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `unknown` or nothing: the proxy looks.
    Detect,
    /// `HTTP/1`.
    Http1,
    /// `HTTP/2`.
    Http2,
    Grpc,
    Opaque,
    Tls,
}

impl Protocol {
    /// The values of `proxyProtocol`.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("unknown", Self::Detect),
        ("HTTP/1", Self::Http1),
        ("HTTP/2", Self::Http2),
        ("gRPC", Self::Grpc),
        ("opaque", Self::Opaque),
        ("TLS", Self::Tls),
    ];

    /// Reads a value; it must be written exactly so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, protocol)| *protocol)
    }

    /// The value as it is written.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, p)| *p == self).map_or("unknown", |(name, _)| name)
    }

    /// Whether HTTPRoutes are consulted.
    pub fn takes_http_routes(self) -> bool {
        matches!(self, Self::Detect | Self::Http1 | Self::Http2)
    }
}

/// What a Server selects.
#[derive(Clone, Debug, PartialEq)]
pub struct Selector {
    /// Whether it picks ExternalWorkloads and not pods.
    pub external: bool,
    /// The labels that it asks for.
    pub labels: LabelSelector,
    /// An expression that can never hold: `Exists` or `DoesNotExist` with a list of values.
    unsatisfiable: bool,
}

impl Selector {
    fn of(field: Field<'_>, external: bool) -> Option<Self> {
        let labels = LabelSelector::read(field)?;
        let contradicts = |e: Field<'_>| matches!(e.text("operator"), "Exists" | "DoesNotExist") && e.get("values").is_some();
        let unsatisfiable = field.list("matchExpressions").any(contradicts);
        Some(Self { external, labels, unsatisfiable })
    }

    /// Whether it picks something of this kind with these labels.
    pub fn matches(&self, kind: Kind, labels: &Map) -> bool {
        !self.unsatisfiable && (kind == Kind::ExternalWorkload) == self.external && self.labels.matches(labels)
    }
}

/// Why Linkerd takes no notice of a Server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFault {
    /// Neither `podSelector` nor `externalWorkloadSelector`.
    NoSelector,
    /// Both of them.
    TwoSelectors,
    /// A selector that is none.
    BadSelector,
    /// No port, port 0, or one beyond 65535.
    BadPort,
    /// A `proxyProtocol` that does not exist.
    BadProtocol(String),
}

/// What a Server says.
#[derive(Clone, Debug)]
pub struct ServerSpec {
    /// What it selects.
    pub selector: Selector,
    pub port: Port,
    /// What the port speaks.
    pub protocol: Protocol,
    /// `accessPolicy`, when it has a valid one.
    pub access: Option<InboundPolicy>,
}

/// A Server that Linkerd takes notice of.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    pub object: &'a Object,
    spec: &'a ServerSpec,
}

impl std::ops::Deref for Server<'_> {
    type Target = ServerSpec;
    fn deref(&self) -> &ServerSpec {
        self.spec
    }
}

impl ServerSpec {
    /// Reads a Server.
    pub fn of(object: &Object) -> Result<Self, ServerFault> {
        let spec = object.spec();
        let (value, external) = match (spec.get("podSelector"), spec.get("externalWorkloadSelector")) {
            (Some(_), Some(_)) => return Err(ServerFault::TwoSelectors),
            (Some(pods), None) => (pods, false),
            (None, Some(external)) => (external, true),
            (None, None) => return Err(ServerFault::NoSelector),
        };
        let selector = Selector::of(value, external).ok_or(ServerFault::BadSelector)?;
        let port = match spec.get("port") {
            Some(port) => match port.data() {
                Data::Number(number) if number.as_i64().is_some_and(|n| (1..=65535).contains(&n)) => {
                    Port::Number(port.int().unwrap_or_default() as i32)
                }
                Data::Text(name) if !name.is_empty() => Port::Name(name.into()),
                _ => return Err(ServerFault::BadPort),
            },
            None => return Err(ServerFault::BadPort),
        };
        let protocol = match spec.get("proxyProtocol") {
            None => Protocol::Detect,
            Some(field) => {
                let text = field.str().unwrap_or_default();
                Protocol::parse(text).ok_or_else(|| ServerFault::BadProtocol(text.to_owned()))?
            }
        };
        let access = InboundPolicy::parse(spec.text("accessPolicy"));
        Ok(Self { selector, port, protocol, access })
    }
}

impl<'a> Server<'a> {
    pub fn name(self) -> &'a str {
        &self.object.meta.name
    }

    /// Workloads it selects.
    pub fn workloads(self, index: &'a Index) -> impl Iterator<Item = &'a Workload> {
        let selector = &self.spec.selector;
        let picked = index.select(Some(&self.object.meta.namespace), &selector.labels.match_labels);
        picked.filter(|w| selector.matches(w.reference.kind, &w.labels))
    }

    /// The numbers of its port on a workload. A number holds whether or not a container declares it; a name may stand for several numbers, or for none.
    pub fn numbers_on(self, index: &Index, workload: &Workload) -> Vec<u16> {
        let name = match &self.port {
            Port::Number(number) => return u16::try_from(*number).into_iter().collect(),
            Port::Name(name) => name,
        };
        let declared = declared_ports(index, workload).into_iter().chain(injected_ports(index, workload));
        declared.filter(|(n, _)| *n == name.as_str()).map(|(_, number)| number).collect()
    }
}

/// Ports of the container that the injector is going to add to a pod template that does not have it yet.
fn injected_ports<'i>(index: &Index, workload: &Workload) -> impl Iterator<Item = (&'i str, u16)> {
    let bare = index.pod_spec(workload).is_some_and(|spec| spec.container("linkerd-proxy").is_none());
    let number = |annotation: &str, default| workload.annotations.get(annotation).and_then(|v| v.parse().ok()).unwrap_or(default);
    let (admin, inbound) = (number("config.linkerd.io/admin-port", 4191), number("config.linkerd.io/inbound-port", 4143));
    [("linkerd-admin", admin), ("linkerd-proxy", inbound)].into_iter().filter(move |_| bare)
}

/// TCP ports that a workload declares, with their names (empty where there is none).
pub fn declared_ports<'i>(index: &'i Index, workload: &Workload) -> Vec<(&'i str, u16)> {
    if let Some(spec) = index.pod_spec(workload) {
        return tcp_ports(spec).collect();
    }
    let Some(object) = index.object(workload.reference.kind, &workload.reference.namespace, &workload.reference.name) else { return Vec::new() };
    let ports = object.spec().list("ports");
    let tcp = ports.filter(|p| matches!(p.text("protocol"), "") || p.text("protocol").eq_ignore_ascii_case("TCP"));
    tcp.filter_map(|p| Some((p.get("name").and_then(|n| n.str()).unwrap_or_default(), u16::try_from(p.get("port")?.int()?).ok()?))).collect()
}

/// TCP ports of containers and init containers.
pub fn tcp_ports(spec: &PodSpec) -> impl Iterator<Item = (&str, u16)> {
    let tcp = spec.all_containers().flat_map(|c| &c.ports).filter(|p| p.protocol.is_empty() || p.protocol.eq_ignore_ascii_case("TCP"));
    tcp.filter_map(|p| Some((p.name.as_str(), u16::try_from(p.container_port).ok().filter(|n| *n > 0)?)))
}

/// A workload port that Servers claim.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub workload: &'a Workload,
    pub port: u16,
    /// All Servers that claim it; the first one governs it, the others are passed over.
    pub servers: Vec<Server<'a>>,
}

/// Servers by namespace and then by age, as positions among the index's; those that Linkerd takes no notice of are left out.
#[derive(Debug, Default)]
pub(in crate::mesh) struct ByAge(Vec<(u32, ServerSpec)>);

impl ByAge {
    fn read(index: &Index) -> Self {
        let objects = index.objects(Kind::Server);
        let mut all: Vec<(u32, ServerSpec)> = (0..).zip(objects).filter_map(|(at, object)| Some((at, ServerSpec::of(object).ok()?))).collect();
        let key = |at: u32| {
            let meta = &objects[at as usize].meta;
            (&meta.namespace, meta.age_key())
        };
        all.sort_by(|(a, _), (b, _)| key(*a).cmp(&key(*b)));
        Self(all)
    }
}

/// All Servers, by namespace and then by age.
#[derive(Clone, Copy, Debug)]
pub struct Servers<'a> {
    index: &'a Index,
    all: &'a [(u32, ServerSpec)],
}

impl<'a> MeshView<'a> {
    /// Linkerd's Servers, arranged once for a run.
    pub fn linkerd_servers(self) -> Servers<'a> {
        Servers { index: self.index, all: &self.cache.servers.get_or_init(|| ByAge::read(self.index)).0 }
    }
}

impl<'a> Servers<'a> {
    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = Server<'a>> {
        self.of(self.all)
    }

    fn of(self, some: &'a [(u32, ServerSpec)]) -> impl Iterator<Item = Server<'a>> {
        let objects = self.index.objects(Kind::Server);
        some.iter().map(move |(at, spec)| Server { object: &objects[*at as usize], spec })
    }

    /// Those of one namespace, the oldest first.
    pub fn in_namespace(self, namespace: &str) -> impl Iterator<Item = Server<'a>> + use<'a> {
        let objects = self.index.objects(Kind::Server);
        let home = |(at, _): &(u32, ServerSpec)| objects[*at as usize].meta.namespace.as_str();
        let start = self.all.partition_point(|s| home(s) < namespace);
        let len = self.all[start..].partition_point(|s| home(s) == namespace);
        self.of(&self.all[start..start + len])
    }

    /// One Server.
    pub fn get(self, namespace: &str, name: &str) -> Option<Server<'a>> {
        self.in_namespace(namespace).find(|s| s.name() == name)
    }

    /// The Server that governs a workload's port; without one, the default inbound policy does.
    pub fn governing(self, workload: &Workload, port: u16) -> Option<Server<'a>> {
        let mut picking = self.in_namespace(&workload.reference.namespace).filter(|s| s.selector.matches(workload.reference.kind, &workload.labels));
        picking.find(|s| s.numbers_on(self.index, workload).contains(&port))
    }

    /// The Server that governs a port of pods of `namespace` with these labels, whose TCP ports go by these names.
    pub fn governing_pods(self, namespace: &str, kind: Kind, labels: &Map, ports: &[(&str, u16)], port: u16) -> Option<Server<'a>> {
        let is_it = |s: &Server<'a>| match &s.port {
            Port::Number(number) => i64::from(*number) == i64::from(port),
            Port::Name(name) => ports.iter().any(|(n, number)| *n == name.as_str() && *number == port),
        };
        self.in_namespace(namespace).filter(|s| s.selector.matches(kind, labels)).find(is_it)
    }

    /// Every workload port that some Server claims.
    pub fn claims(self) -> Vec<Claim<'a>> {
        let mut claims: BTreeMap<(&ObjectRef, u16), Claim<'a>> = BTreeMap::new();
        for server in self.iter() {
            for workload in server.workloads(self.index) {
                for port in server.numbers_on(self.index, workload) {
                    let claim = claims.entry((&workload.reference, port)).or_insert_with(|| Claim { workload, port, servers: Vec::new() });
                    // One that names a port twice comes twice in a row.
                    if claim.servers.last().is_none_or(|last| !std::ptr::eq(last.object, server.object)) {
                        claim.servers.push(server);
                    }
                }
            }
        }
        claims.into_values().collect()
    }
}

#[cfg(test)]
mod tests;
