//! Kubernetes NetworkPolicies: whether they let a connection through, and what they no longer mean beside a mesh, which tunnels connections
//! through a port of its own.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use super::MeshView;
use super::authorization::{Missing, PodGroup, Reason, RuleRef, Truth, Verdict};
use crate::index::{Index, Workload};
use crate::model::{Field, Kind, LabelSelector, Map, Object, ObjectRef, PodSpec};

/// The label with its name that every namespace has.
const NAME: &str = "kubernetes.io/metadata.name";

/// One side of a pod's traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To the pod.
    Ingress,
    /// From the pod.
    Egress,
}

impl Direction {
    /// The field with its rules.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    const fn policy_type(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }

    /// The field of a rule with the other ends.
    pub const fn peers(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// Workloads that the same policies isolate in one direction.
#[derive(Debug)]
pub struct Isolated<'a> {
    /// The policies, by namespace and name.
    pub policies: Vec<&'a Object>,
    pub workloads: Vec<&'a Workload>,
}

/// The same, as positions among the index's.
#[derive(Debug, Default)]
pub(in crate::mesh) struct IsolatedAt(Vec<(Vec<u32>, Vec<u32>)>);

impl IsolatedAt {
    fn read(index: &Index, direction: Direction) -> Self {
        let mut of_workload: BTreeMap<&ObjectRef, (Vec<u32>, usize)> = BTreeMap::new();
        for (at, policy) in (0..).zip(index.objects(Kind::NetworkPolicy)).filter(|(_, policy)| isolates(policy, direction)) {
            let spec = policy.spec();
            let selector = spec.get("podSelector").map_or_else(|| Some(LabelSelector::default()), LabelSelector::read);
            let Some(selector) = selector else { continue };
            for workload in index.select(Some(&policy.meta.namespace), &selector.match_labels) {
                let on_host = index.pod_spec(workload).is_none_or(|spec| spec.host_network);
                if workload.is_live() && !on_host && selector.matches(&workload.labels) {
                    of_workload.entry(&workload.reference).or_insert_with(|| (Vec::new(), workload.position())).0.push(at);
                }
            }
        }
        let mut groups: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        for (by, workload) in of_workload.into_values() {
            groups.entry(by).or_default().extend(u32::try_from(workload));
        }
        Self(groups.into_iter().collect())
    }
}

impl<'a> MeshView<'a> {
    /// All workloads that policies isolate in `direction`, together where the policies are the same: what holds for one of them holds for all. They
    /// are arranged once for a run.
    pub fn isolated(self, direction: Direction) -> impl Iterator<Item = Isolated<'a>> {
        let place = &self.cache.isolated[usize::from(direction == Direction::Egress)];
        let (policies, workloads) = (self.index.objects(Kind::NetworkPolicy), self.index.workloads());
        place.get_or_init(|| IsolatedAt::read(self.index, direction)).0.iter().map(move |(by, of)| Isolated {
            policies: by.iter().map(|at| &policies[*at as usize]).collect(),
            workloads: of.iter().map(|at| &workloads[*at as usize]).collect(),
        })
    }
}

/// Whether a policy concerns a direction: by `policyTypes`, else ingress always and egress where it has rules for it.
pub fn isolates(policy: &Object, direction: Direction) -> bool {
    let spec = policy.spec();
    let mut types = spec.texts("policyTypes").map(|(name, _)| name).peekable();
    match types.peek() {
        Some(_) => types.any(|t| t == direction.policy_type()),
        None => direction == Direction::Ingress || spec.get("egress").is_some(),
    }
}

/// Whether one rule lets a port through; a rule without ports lets all through. Names are those of the receiving pod's container ports,
/// so on the way out they cannot be judged and count as a yes.
pub fn opens(rule: &Field<'_>, direction: Direction, protocol: &str, port: i64, spec: Option<&PodSpec>) -> bool {
    let mut ports = rule.list("ports").peekable();
    if ports.peek().is_none() {
        return true;
    }
    ports.any(|entry| {
        let of = entry.text("protocol");
        if (if of.is_empty() { "TCP" } else { of }) != protocol {
            return false;
        }
        let Some(written) = entry.get("port") else { return true };
        match written.int() {
            Some(first) => first <= port && port <= entry.get("endPort").and_then(|p| p.int()).unwrap_or(first),
            None => direction == Direction::Egress || names(spec, written.str().unwrap_or_default(), port),
        }
    })
}

fn names(spec: Option<&PodSpec>, name: &str, port: i64) -> bool {
    let of_proxies = [("linkerd-proxy", 4143), ("linkerd-admin", 4191), ("http-envoy-prom", 15090)];
    let declared = spec.into_iter().flat_map(PodSpec::all_containers).flat_map(|c| &c.ports);
    of_proxies.contains(&(name, port)) || declared.into_iter().any(|p| p.name == name && i64::from(p.container_port) == port)
}

/// The other end of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peer<'p> {
    /// Its namespace and its labels, when it is a pod of the cluster.
    pub pod: Option<(&'p str, &'p Map)>,
    /// Its addresses; empty when they are not known.
    pub addresses: &'p [IpAddr],
}

/// All NetworkPolicies, by namespace.
#[derive(Debug)]
pub struct NetworkPolicies<'a> {
    view: MeshView<'a>,
    by_namespace: HashMap<&'a str, Vec<(&'a Object, LabelSelector)>>,
    /// Whether any isolates pods on the way out.
    egress: bool,
}

impl<'a> NetworkPolicies<'a> {
    /// Arranges them; what has no readable selector selects nothing.
    pub fn new(view: MeshView<'a>) -> Self {
        let mut by_namespace: HashMap<&str, Vec<(&Object, LabelSelector)>> = HashMap::new();
        for policy in view.index.objects(Kind::NetworkPolicy) {
            let selector = policy.spec().get("podSelector").map_or_else(|| Some(LabelSelector::default()), LabelSelector::read);
            if let Some(selector) = selector {
                by_namespace.entry(&policy.meta.namespace).or_default().push((policy, selector));
            }
        }
        let egress = view.index.objects(Kind::NetworkPolicy).iter().any(|policy| isolates(policy, Direction::Egress));
        Self { view, by_namespace, egress }
    }

    /// Whether any of them isolates pods on the way out, so that clients matter.
    pub fn isolates_on_the_way_out(&self) -> bool {
        self.egress
    }

    /// The policies that isolate pods in a direction.
    pub fn isolating(&self, namespace: &str, labels: &Map, direction: Direction) -> Vec<&'a Object> {
        let all = self.by_namespace.get(namespace).into_iter().flatten();
        all.filter(|(policy, selector)| selector.matches(labels) && isolates(policy, direction)).map(|(policy, _)| *policy).collect()
    }

    /// Whether these policies let a TCP connection with `peer` through on the port that they see.
    pub fn judge(&self, policies: &[&'a Object], direction: Direction, peer: Peer<'_>, port: u16, server: Option<&PodSpec>) -> (Verdict, Reason<'a>) {
        if policies.is_empty() {
            return (Verdict::Allow, Reason::NoNetworkPolicy);
        }
        let mut open = None;
        for policy in policies.iter().copied() {
            for rule in policy.spec().list(direction.field()).filter(|rule| opens(rule, direction, "TCP", i64::from(port), server)) {
                match self.picks(policy, &rule, direction, peer) {
                    Truth::Yes => return (Verdict::Allow, Reason::NetworkOpen { rule: RuleRef { policy, rule }, port }),
                    Truth::Open(missing) => open = open.or(Some(missing)),
                    Truth::No => {}
                }
            }
        }
        match open {
            Some(missing) => (Verdict::Unknown, Reason::NetworkUnclear { policies: policies.to_vec(), missing }),
            None => (Verdict::Deny, Reason::NetworkClosed { policies: policies.to_vec(), field: direction.field(), port }),
        }
    }

    /// Whether the other ends of a rule include `peer`.
    fn picks(&self, policy: &Object, rule: &Field<'_>, direction: Direction, peer: Peer<'_>) -> Truth {
        let mut peers = rule.list(direction.peers()).peekable();
        if peers.peek().is_none() {
            return Truth::Yes;
        }
        Truth::any(peers.map(|entry| match entry.get("ipBlock") {
            Some(block) => in_block(&block, peer.addresses),
            None => self.selects(policy, &entry, peer),
        }))
    }

    fn selects(&self, policy: &Object, entry: &Field<'_>, peer: Peer<'_>) -> Truth {
        let Some((namespace, labels)) = peer.pod else { return Truth::Open(Missing::Pod) };
        let pods = entry.get("podSelector").map_or_else(|| Some(LabelSelector::default()), LabelSelector::read);
        if !pods.is_some_and(|selector| selector.matches(labels)) {
            return Truth::No;
        }
        match entry.get("namespaceSelector") {
            None => (policy.meta.namespace == namespace).into(),
            Some(selector) => LabelSelector::read(selector).map_or(Truth::No, |s| self.in_namespace(&s, namespace)),
        }
    }

    /// A namespace that was not read has at least the label with its name.
    fn in_namespace(&self, selector: &LabelSelector, namespace: &str) -> Truth {
        if selector.is_empty() {
            return Truth::Yes;
        }
        let written = self.view.index.namespace(namespace).map(|n| &n.metadata.labels);
        let known = written.is_some();
        let labels: Map = written.into_iter().flat_map(Map::iter).map(|(k, v)| (k.as_str(), v.as_str())).chain([(NAME, namespace)]).collect();
        let mut keys = selector.match_labels.iter().map(|(k, _)| k).chain(selector.match_expressions.iter().map(|r| &r.key));
        if known || keys.all(|key| *key == NAME) { selector.matches(&labels).into() } else { Truth::Open(Missing::Namespace) }
    }
}

fn in_block(block: &Field<'_>, addresses: &[IpAddr]) -> Truth {
    let Ok(cidr) = block.text("cidr").parse::<IpNet>() else { return Truth::No };
    let except: Vec<IpNet> = block.texts("except").filter_map(|(text, _)| text.parse().ok()).collect();
    if cidr.prefix_len() == 0 && except.is_empty() && addresses.is_empty() {
        return Truth::Yes;
    }
    Truth::of_each(addresses, Missing::Address, |ip| cidr.contains(ip) && !except.iter().any(|e| e.contains(ip)))
}

/// The client's end of a connection: its pod, when it is a workload's.
pub fn of_workload<'p>(workload: &'p Workload, addresses: &'p [IpAddr]) -> Peer<'p> {
    Peer { pod: Some((&workload.reference.namespace, &workload.labels)), addresses }
}

/// The server's end of a connection.
pub fn of_shape<'p>(group: &'p PodGroup<'_>) -> Peer<'p> {
    Peer { pod: Some((group.namespace, group.labels)), addresses: &group.addresses }
}
