//! Whether mutual TLS is on for what a policy selects, as Kiali reckons it (`util/mtls/status.go`): client and server side are each read from
//! the mesh-wide and the namespace-wide object, and combined.

use std::collections::HashMap;

use crate::checks::support::istio::security::tls::{self, Rules};
use crate::mesh::istio::destination_rule::TlsMode;
use crate::mesh::istio::policy;
use crate::mesh::mtls::Mode;
use crate::model::{Kind, Map, Object, Str};
use crate::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    On,
    Off,
    NotSet,
    Partly,
}

/// What one level says.
#[derive(Clone, Copy)]
struct LevelStatus<'a> {
    client: Option<TlsMode<'a>>,
    server: Option<Option<Mode>>,
    status: Status,
}

/// The verdict for a policy.
#[derive(Clone, Copy)]
pub(in crate::checks) struct Verdict<'a> {
    /// Whether mutual TLS is on.
    pub(in crate::checks) on: bool,
    /// The objects that decided.
    pub(in crate::checks) server: Option<&'a Object>,
    /// The DestinationRule that decided.
    pub(in crate::checks) client: Option<&'a Object>,
}

pub(in crate::checks) struct Mtls<'a> {
    world: &'a World,
    rules: Rules<'a>,
    /// PeerAuthentications with a selector, by namespace and the selector's first pair.
    selecting: HashMap<(Str, Str, Str), Vec<(usize, Map, &'a Object)>>,
    namespaces: HashMap<Str, Verdict<'a>>,
}

impl<'a> Mtls<'a> {
    pub(in crate::checks) fn new(world: &'a World) -> Self {
        let mut selecting: HashMap<(Str, Str, Str), Vec<(usize, Map, &Object)>> = HashMap::new();
        for (i, peer) in world.index.objects(Kind::PeerAuthentication).iter().enumerate() {
            let labels = policy::selector(peer).unwrap_or_default();
            let first = labels.iter().next().map(|(k, v)| (k.clone(), v.clone()));
            if let Some((k, v)) = first {
                selecting.entry((peer.meta.namespace.clone(), k, v)).or_default().push((i, labels, peer));
            }
        }
        Self { world, rules: Rules::new(world), selecting, namespaces: HashMap::new() }
    }

    /// The verdict for a policy's selector.
    pub(in crate::checks) fn of(&mut self, namespace: &Str, labels: &Map) -> Verdict<'a> {
        let mut peers: Vec<(usize, &Object, &Map)> = Vec::new();
        for (k, v) in labels.iter() {
            let found = self.selecting.get(&(namespace.clone(), k.clone(), v.clone())).map(Vec::as_slice).unwrap_or_default();
            peers.extend(found.iter().filter(|(_, wanted, _)| wanted.is_subset_of(labels)).map(|(i, wanted, peer)| (*i, *peer, wanted)));
        }
        peers.sort_unstable_by_key(|(i, ..)| *i);
        for (_, peer, wanted) in peers {
            match tls::own_mode(peer) {
                Some(Some(Mode::Strict)) => return Verdict { on: true, server: Some(peer), client: None },
                Some(Some(Mode::Disable)) => return Verdict { on: false, server: Some(peer), client: None },
                Some(Some(Mode::Permissive)) => match self.by_service(namespace, wanted) {
                    Some((on, rule)) => return Verdict { on, server: Some(peer), client: Some(rule) },
                    None => break,
                },
                _ => {}
            }
        }
        if let Some(known) = self.namespaces.get(namespace) {
            return *known;
        }
        let verdict = self.of_namespace(namespace);
        self.namespaces.insert(namespace.clone(), verdict);
        verdict
    }

    /// What the DestinationRules of the Services behind a permissive workload policy say.
    fn by_service(&self, namespace: &Str, wanted: &Map) -> Option<(bool, &'a Object)> {
        if self.rules.is_empty() {
            return None;
        }
        let suffix = self.world.istio.config.service_suffix();
        let services = self.world.index.services_in(namespace).iter();
        services.filter(|s| !s.spec.selector.is_empty() && wanted.is_subset_of(&s.spec.selector)).find_map(|service| {
            let name = &service.metadata.name;
            let short = self.rules.of(name, namespace).filter(|r| r.meta.namespace == *namespace);
            let long = [format!("{name}.{namespace}"), format!("{name}.{namespace}.svc"), format!("{name}.{namespace}.{suffix}")];
            let long: Vec<&Object> = long.iter().flat_map(|host| self.rules.of(host, namespace)).collect();
            short.chain(long).find_map(|rule| match tls::client_mode(rule) {
                mode if tls::is_mutual(mode) => Some((true, rule)),
                Some(TlsMode::Disable) => Some((false, rule)),
                _ => None,
            })
        })
    }

    fn of_namespace(&self, namespace: &str) -> Verdict<'a> {
        let auto = self.world.istio.config.auto_mtls;
        let root = self.world.istio.root_namespace();
        let sets = |rule: &&'a Object| tls::client_mode(rule).is_some();
        let server = |ns: &str| tls::peers(self.world, ns).find(|p| tls::server_mode(p).is_some());
        let own = (self.rules.namespace_wide(namespace).find(sets), server(namespace));
        let mesh = (self.rules.mesh_wide(namespace).find(sets), server(root));
        let level = |(client, server): (Option<&'a Object>, Option<&'a Object>)| {
            let (client, server) = (client.and_then(tls::client_mode), server.and_then(tls::server_mode));
            LevelStatus { client, server, status: combine(client, server, auto) }
        };
        let (own_level, mesh_level) = (level(own), level(mesh));
        let mesh_level = LevelStatus { status: overall(None, mesh_level, auto), ..mesh_level };
        let status = overall(Some(own_level), mesh_level, auto);
        Verdict { on: status == Status::On || (status == Status::NotSet && auto), server: own.1.or(mesh.1), client: own.0.or(mesh.0) }
    }
}

fn combine(client: Option<TlsMode<'_>>, server: Option<Option<Mode>>, auto: bool) -> Status {
    let automatic = client.is_none() && auto;
    match server {
        Some(Some(Mode::Strict | Mode::Permissive)) if tls::is_mutual(client) || automatic => Status::On,
        Some(Some(Mode::Disable)) if client == Some(TlsMode::Disable) || automatic => Status::Off,
        None if client.is_none() => Status::NotSet,
        _ => Status::Partly,
    }
}

/// Kiali asks this twice: for the namespace, where a permissive server counts only through [`combine`], and for the mesh.
fn overall(own: Option<LevelStatus<'_>>, mesh: LevelStatus<'_>, auto: bool) -> Status {
    match own.map(|own| (own, own.status)) {
        Some((_, status @ (Status::On | Status::Off))) => return status,
        Some((own, Status::Partly)) => {
            let (client, server) = (own.client.or(mesh.client), own.server.or(mesh.server));
            return overall(None, LevelStatus { client, server, status: combine_strictly(client, server, auto) }, auto);
        }
        _ => {}
    }
    match (mesh.status, mesh.client, mesh.server) {
        (status @ (Status::On | Status::Off), ..) => status,
        (_, None, None) => Status::NotSet,
        (_, None, Some(Some(Mode::Disable))) | (_, Some(TlsMode::Disable), None) => Status::Off,
        (_, None, Some(Some(Mode::Strict))) if auto => Status::On,
        (_, Some(TlsMode::IstioMutual | TlsMode::Mutual), None) if auto => Status::On,
        _ => Status::Partly,
    }
}

/// As [`combine`], but a permissive server is not enough: what a namespace inherits is held to more than what it says itself.
fn combine_strictly(client: Option<TlsMode<'_>>, server: Option<Option<Mode>>, auto: bool) -> Status {
    match (combine(client, server, auto), server) {
        (Status::On, Some(Some(Mode::Permissive))) => Status::Partly,
        (status, _) => status,
    }
}
