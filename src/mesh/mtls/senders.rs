//! Clients that fare alike: what each puts on the wire is found once for all of them.

use std::collections::{BTreeSet, HashMap};

use super::{Calling, Client, Mtls, Side};
use crate::index::Workload;
use crate::mesh::istio::visibility::Visibility;
use crate::mesh::linkerd::annotations::SKIP_OUTBOUND;
use crate::mesh::linkerd::{INJECT, PLANE};
use crate::model::{Kind, Map, PodSpec, Str};

/// Clients by what their own side makes of calls.
#[derive(Debug)]
pub struct Senders<'a> {
    kinds: Vec<Calling<'a>>,
    /// By the position of the workload: its kind as seen from its own namespace, and from others. Nothing for clients outside of both meshes,
    /// who send what they send.
    by_workload: HashMap<usize, (usize, usize)>,
}

impl<'a> Senders<'a> {
    /// Arranges these clients.
    pub fn of(mtls: &Mtls<'a>, clients: impl Iterator<Item = &'a Workload>) -> Self {
        let index = mtls.view.index;
        let named = named_namespaces(mtls);
        let mut known: HashMap<(Vec<Sender>, &str), usize> = HashMap::new();
        let mut all = Self { kinds: Vec::new(), by_workload: HashMap::new() };
        for client in clients.filter(|w| mtls.is_meshed(w) != Ok(false)) {
            let pods = mtls.kinds_of_pods(client);
            let namespace = client.reference.namespace.as_str();
            let mut number = |namespace| {
                *known.entry((pods.clone(), namespace)).or_insert_with(|| {
                    all.kinds.push(mtls.calling(Client::Workload(client)));
                    all.kinds.len() - 1
                })
            };
            let own = number(namespace);
            let unread = [Kind::DestinationRule, Kind::Sidecar, Kind::VirtualService].iter().any(|kind| index.gap_hiding(*kind, namespace).is_some());
            let elsewhere = if unread || named.contains(namespace) { own } else { number("") };
            all.by_workload.insert(client.position(), (own, elsewhere));
        }
        all
    }

    /// The numbers of a client's kind: where it calls something of its own namespace, and of others.
    pub fn numbers(&self, client: &Workload) -> Option<(usize, usize)> {
        self.by_workload.get(&client.position()).copied()
    }

    /// How many kinds there are.
    pub fn count(&self) -> usize {
        self.kinds.len()
    }

    /// The clients of a number.
    pub fn kind(&self, number: usize) -> Option<&Calling<'a>> {
        self.kinds.get(number)
    }
}

/// Namespaces whose clients may fare unlike others: they have rules of their own, or something is exported to them by name.
fn named_namespaces(mtls: &Mtls<'_>) -> BTreeSet<Str> {
    let (index, istio) = (mtls.view.index, mtls.view.istio);
    let rules = index.objects(Kind::DestinationRule).iter().chain(index.objects(Kind::Sidecar));
    let mut named: BTreeSet<Str> = rules.map(|o| o.meta.namespace.clone()).collect();
    named.insert(istio.root_namespace().into());
    let to = index.objects(Kind::DestinationRule).iter().map(|rule| Visibility::of_object(rule, &istio.config.default_export_to[2]));
    let of_hosts = istio.registry.entries().iter().map(|entry| entry.visibility.clone());
    for visibility in to.chain(of_hosts) {
        if let Visibility::Namespaces(names) = visibility {
            named.extend(names);
        }
    }
    named
}

/// A kind of pods of a client: what decides about what they put on the wire, their namespace and identity aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sender {
    /// Whether they are in a mesh was not read.
    Unread,
    /// Without a proxy they send what the application writes.
    Outside,
    /// How they are in a mesh, and what tells their proxies from others.
    Meshed(Side, Settings),
}

/// What pods keep from their proxies, and the labels by which rules select them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Settings {
    annotations: Vec<(Str, Str)>,
    labels: Vec<(Str, Str)>,
    of_namespace: Vec<(Str, Str)>,
    /// Whether the sidecar is told to send no tunnels.
    no_tunnels: bool,
}

/// What makes two clients fare alike towards every server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey {
    senders: Vec<Sender>,
    /// Nothing where clients have no proxy: nothing tells them apart then.
    home: Option<(Str, Str)>,
}

impl<'a> Mtls<'a> {
    /// The kinds of a client's pods.
    fn kinds_of_pods(&self, workload: &'a Workload) -> Vec<Sender> {
        let namespace = &workload.reference.namespace;
        let by_labels = self.istio.selects_clients(namespace);
        let mut kinds: Vec<Sender> = Vec::new();
        for caller in self.callers(Client::Workload(workload)) {
            let Ok(caller) = caller else {
                kinds.push(Sender::Unread);
                continue;
            };
            if caller.side == Side::Outside {
                kinds.push(Sender::Outside);
                continue;
            }
            let pairs = |map: Option<&Map>, wanted: &dyn Fn(&str) -> bool| {
                map.into_iter().flat_map(Map::iter).filter(|(k, _)| wanted(k)).map(|(k, v)| (k.clone(), v.clone())).collect::<Vec<_>>()
            };
            let of_namespace = self.view.index.namespace(namespace).filter(|_| caller.side == Side::Linkerd);
            let proxy = caller.pod.and_then(|p| p.spec.container("istio-proxy"));
            let settings = Settings {
                annotations: pairs(caller.annotations(), &|k| k.contains("utbound") || k.ends_with("interceptionMode") || k.ends_with("/inject")),
                labels: pairs(caller.labels(), &|k| by_labels || k == PLANE),
                of_namespace: pairs(of_namespace.map(|n| &n.metadata.annotations), &|k| k == SKIP_OUTBOUND || k == INJECT),
                no_tunnels: proxy.is_some_and(|c| c.env("ISTIO_META_DISABLE_HBONE_SEND") == Some("true")),
            };
            kinds.push(Sender::Meshed(caller.side, settings));
        }
        kinds.sort();
        kinds.dedup();
        kinds
    }

    /// What makes two clients fare alike towards every server: their pods, where they are, and to servers that ask for it their identity.
    pub fn client_class(&self, workload: &'a Workload) -> ClientKey {
        let senders = self.kinds_of_pods(workload);
        if senders.iter().all(|s| *s == Sender::Outside) {
            return ClientKey { senders, home: None };
        }
        // Linkerd's servers ask for the name of the client, Istio's for any.
        let named = senders.iter().any(|s| matches!(s, Sender::Meshed(Side::Linkerd, _)));
        let account = self.view.index.pod_spec(workload).filter(|_| named).map_or("", PodSpec::service_account);
        ClientKey { senders, home: Some((workload.reference.namespace.clone(), account.into())) }
    }
}
