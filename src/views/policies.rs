//! Which policies there are, which workloads they apply to, and who enforces them there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::index::Workload;
use crate::mesh::istio::ambient::{self, Waypoint};
use crate::mesh::istio::policy::{self, Action, Enforcer};
use crate::mesh::linkerd::authz::{self, Target};
use crate::mesh::mtls::peer_mode;
use crate::mesh::network_policy::{Direction, NetworkPolicies};
use crate::model::{Gap, Kind, Membership, MeshId, Object, ObjectRef, Str, Subject, words};
use crate::world::World;

/// A PolicyReport.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PolicyReport {
    /// Sorted by namespace, kind and name.
    pub policies: Vec<PolicyEntry>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A policy and where it is enforced.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PolicyEntry {
    /// The policy.
    pub object: ObjectRef,
    /// What it does, in a word: ALLOW, DENY, STRICT …
    pub action: String,
    /// The workloads it applies to.
    pub workloads: Vec<Enforced>,
    /// Why it is enforced nowhere, when that has a reason beside selecting nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// A workload that a policy applies to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Enforced {
    /// Kind.
    pub kind: Kind,
    /// Namespace.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// Where it is enforced for that workload.
    pub enforced_at: EnforcedAt,
}

words! {
    /// Where a policy is enforced.
    EnforcedAt {
        /// In the workload, which is a gateway.
        Gateway = "gateway",
        /// By the network of the cluster.
        Network = "network",
        /// Nowhere.
        Nowhere = "nowhere",
        /// In the proxy of the pod.
        Sidecar = "sidecar",
        /// In the waypoint.
        Waypoint = "waypoint",
        /// In the ztunnel of the node.
        Ztunnel = "ztunnel",
    }
}

impl Enforced {
    fn new(reference: &ObjectRef, at: EnforcedAt) -> Self {
        Self { kind: reference.kind, namespace: reference.namespace.clone(), name: reference.name.clone(), enforced_at: at }
    }
}

type Found = BTreeMap<ObjectRef, BTreeSet<Enforced>>;

/// All policies in scope, or those that apply to one workload.
pub fn policies(world: &World, only: Option<&Workload>) -> PolicyReport {
    let mut found = Found::new();
    let wanted = |w: &&Workload| w.is_live() && only.map_or_else(|| true, |o| o.reference == w.reference);
    istio(world, &wanted, &mut found);
    linkerd(world, &wanted, &mut found);
    network(world, &wanted, &mut found);
    let kinds = [
        Kind::AuthorizationPolicy,
        Kind::RequestAuthentication,
        Kind::PeerAuthentication,
        Kind::Server,
        Kind::ServerAuthorization,
        Kind::LinkerdAuthorizationPolicy,
        Kind::HttpLocalRateLimitPolicy,
        Kind::NetworkPolicy,
    ];
    let mut entries = Vec::new();
    for object in kinds.iter().flat_map(|kind| world.index.objects(*kind)) {
        let reference = object.reference();
        let workloads: Vec<Enforced> = found.remove(&reference).into_iter().flatten().collect();
        let shown = if only.is_some() { !workloads.is_empty() } else { world.in_scope(&reference.namespace) };
        if shown {
            entries.push(PolicyEntry { action: action(object), note: note(world, object, &workloads), object: reference, workloads });
        }
    }
    entries.sort_by(|a, b| a.object.cmp(&b.object));
    PolicyReport { policies: entries, gaps: super::decision::gaps(world) }
}

fn action(object: &Object) -> String {
    match object.kind {
        Kind::AuthorizationPolicy => {
            let action = Action::of(object).name();
            if policy::is_dry_run(object) { format!("{action} (dry-run)") } else { action.to_owned() }
        }
        Kind::PeerAuthentication => peer_mode(object).map_or("UNSET", |m| m.name()).to_owned(),
        Kind::RequestAuthentication => "JWT".to_owned(),
        Kind::Server => object.spec().get("accessPolicy").and_then(|a| a.str()).unwrap_or("deny").to_owned(),
        Kind::HttpLocalRateLimitPolicy => "LIMIT".to_owned(),
        _ => "ALLOW".to_owned(),
    }
}

fn note(world: &World, object: &Object, workloads: &[Enforced]) -> Option<&'static str> {
    let somewhere = workloads.iter().any(|w| w.enforced_at != EnforcedAt::Nowhere);
    match object.kind {
        _ if somewhere => None,
        Kind::AuthorizationPolicy if !policy::targets(object).is_empty() => Some("no waypoint or gateway that it targets exists"),
        Kind::AuthorizationPolicy if workloads.is_empty() => Some("it selects no workload"),
        Kind::LinkerdAuthorizationPolicy if authz::grant(object, &world.index, &world.linkerd.cluster).is_err() => {
            Some("an authentication that it requires is missing or invalid: the whole policy is ignored")
        }
        _ if workloads.is_empty() => Some("it applies to no workload"),
        _ => Some("its workloads are in no mesh, or their proxy cannot enforce it"),
    }
}

fn istio(world: &World, wanted: &impl Fn(&&Workload) -> bool, found: &mut Found) {
    let (index, view) = (&world.index, world.view());
    let mut add = |policy: &Object, workload: &Workload, at: EnforcedAt| {
        found.entry(policy.reference()).or_default().insert(Enforced::new(&workload.reference, at));
    };
    for (kind, all) in [(Kind::AuthorizationPolicy, view.authorization_policies()), (Kind::RequestAuthentication, view.request_authentications())] {
        for workload in index.workloads().iter().filter(wanted) {
            let enforcer = policy::enforcer(view, workload);
            let at = match enforcer {
                Enforcer::Sidecar => EnforcedAt::Sidecar,
                Enforcer::Ztunnel => EnforcedAt::Ztunnel,
                Enforcer::Waypoint => EnforcedAt::Waypoint,
                Enforcer::Gateway => EnforcedAt::Gateway,
                Enforcer::Nobody | Enforcer::Unknown => EnforcedAt::Nowhere,
            };
            let enforced: Vec<&Object> = match (kind, enforcer) {
                // ztunnel reads no tokens.
                (Kind::RequestAuthentication, Enforcer::Ztunnel) => Vec::new(),
                _ => all.applying(workload, enforcer),
            };
            for policy in &enforced {
                add(policy, workload, if policy::is_dry_run(policy) { EnforcedAt::Nowhere } else { at });
            }
            // What selects it and nobody enforces there.
            for policy in all.selecting(&workload.reference.namespace, &workload.labels) {
                if !enforced.iter().any(|e| std::ptr::eq(*e, policy)) && enforcer != Enforcer::Waypoint {
                    add(policy, workload, EnforcedAt::Nowhere);
                }
            }
            // Policies for its Services, at their waypoint.
            for service in index.services_selecting(&workload.reference.namespace, &workload.labels) {
                let meta = &service.metadata;
                for policy in all.targeting(Kind::Service, &meta.namespace, &meta.name) {
                    let waypoint = matches!(ambient::waypoint(index, &meta.labels, &meta.namespace), Waypoint::Serves(..));
                    add(policy, workload, if waypoint { EnforcedAt::Waypoint } else { EnforcedAt::Nowhere });
                }
            }
        }
    }
    let peers = view.peer_authentications();
    for workload in index.workloads().iter().filter(wanted) {
        let at = match view.membership(MeshId::Istio, workload) {
            Ok(Membership::Sidecar) => EnforcedAt::Sidecar,
            Ok(Membership::Ambient) => EnforcedAt::Ztunnel,
            _ => continue,
        };
        let namespace = workload.reference.namespace.as_str();
        let accepts = peers.accepts(namespace, &workload.labels);
        for decision in std::iter::once(&accepts.any).chain(accepts.ports.values()) {
            if let Some(policy) = decision.policy {
                add(policy, workload, at);
            }
        }
    }
}

fn linkerd(world: &World, wanted: &impl Fn(&&Workload) -> bool, found: &mut Found) {
    let index = &world.index;
    let servers = world.view().linkerd_servers();
    let mut by_server: BTreeMap<&str, BTreeMap<&str, Vec<Enforced>>> = BTreeMap::new();
    for claim in servers.claims().iter().filter(|c| wanted(&c.workload)) {
        let inside = matches!(world.view().membership(MeshId::Linkerd, claim.workload), Ok(m) if m != Membership::None);
        for (rank, server) in claim.servers.iter().enumerate() {
            let at = if inside && rank == 0 { EnforcedAt::Sidecar } else { EnforcedAt::Nowhere };
            let enforced = Enforced::new(&claim.workload.reference, at);
            found.entry(server.object.reference()).or_default().insert(enforced.clone());
            if rank == 0 {
                by_server.entry(&server.object.meta.namespace).or_default().entry(server.name()).or_default().push(enforced);
            }
        }
    }
    let mut add = |object: &Object, namespace: &str, name: Option<&str>| {
        let Some(servers) = by_server.get(namespace) else { return };
        let chosen: Vec<&Vec<Enforced>> = match name {
            Some(name) => servers.get(name).into_iter().collect(),
            None => servers.values().collect(),
        };
        for workloads in chosen {
            found.entry(object.reference()).or_default().extend(workloads.iter().cloned());
        }
    };
    for policy in index.objects(Kind::LinkerdAuthorizationPolicy) {
        if authz::grant(policy, index, &world.linkerd.cluster).is_err() {
            continue;
        }
        let namespace = policy.meta.namespace.as_str();
        match authz::target(policy) {
            Ok(Target::Server(name)) => add(policy, namespace, Some(name)),
            Ok(Target::Namespace) => add(policy, namespace, None),
            Ok(Target::Route(kind, name)) => {
                let route = index.object(kind, namespace, name);
                for parent in route.map(crate::mesh::linkerd::routes::parents).unwrap_or_default() {
                    add(policy, namespace, Some(parent.name));
                }
            }
            Err(_) => {}
        }
    }
    for authorization in index.objects(Kind::ServerAuthorization) {
        for server in servers.in_namespace(&authorization.meta.namespace) {
            if authz::server_authorization_selects(authorization, server.name(), &server.object.meta.labels) {
                add(authorization, &authorization.meta.namespace, Some(server.name()));
            }
        }
    }
    for limit in index.objects(Kind::HttpLocalRateLimitPolicy) {
        add(limit, &limit.meta.namespace, limit.spec().get("targetRef").map(|t| t.text("name")));
    }
}

fn network(world: &World, wanted: &impl Fn(&&Workload) -> bool, found: &mut Found) {
    let policies = NetworkPolicies::new(world.view());
    for workload in world.index.workloads().iter().filter(wanted) {
        let on_host = world.index.pod_spec(workload).is_some_and(|s| s.host_network);
        for direction in [Direction::Ingress, Direction::Egress] {
            for policy in policies.isolating(&workload.reference.namespace, &workload.labels, direction) {
                let at = if on_host { EnforcedAt::Nowhere } else { EnforcedAt::Network };
                found.entry(policy.reference()).or_default().insert(Enforced::new(&workload.reference, at));
            }
        }
    }
}
