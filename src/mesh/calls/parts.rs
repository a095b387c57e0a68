//! Subsets of a Service with a traffic policy of their own: a client's side sends them something else than the rest, and routes say which requests.

use std::collections::{BTreeSet, HashSet};
use std::sync::OnceLock;

use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::authorization::{Call, Distinctions};
use crate::mesh::istio::destination_rule::DestinationRule;
use crate::mesh::istio::hosts;
use crate::mesh::resolve;
use crate::mesh::routes::ServiceRoutes;
use crate::model::{Kind, Membership, MeshId, Service};

/// A part of a Service to which requests are sent: a subset, or the whole for nothing.
pub(super) type Part = Option<String>;

/// Which Services have such subsets, and the routes that lead there. Nothing is read as long as nobody asks about one.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    view: MeshView<'a>,
    with_subsets: OnceLock<WithSubsets>,
    routes: OnceLock<ServiceRoutes<'a>>,
}

/// Hosts of DestinationRules that give a subset a traffic policy.
#[derive(Debug, Default)]
struct WithSubsets {
    exact: HashSet<String>,
    wildcards: Vec<String>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(view: MeshView<'a>) -> Self {
        Self { view, with_subsets: OnceLock::new(), routes: OnceLock::new() }
    }

    pub(super) fn routes(&self) -> &ServiceRoutes<'a> {
        self.routes.get_or_init(|| ServiceRoutes::read(self.view))
    }

    /// Whether subsets of a Service may be sent something of their own.
    fn has_subsets(&self, host: &str) -> bool {
        let known = self.with_subsets.get_or_init(|| self.read());
        known.exact.contains(host) || known.wildcards.iter().any(|wild| hosts::covers(wild, host))
    }

    fn read(&self) -> WithSubsets {
        let mut found = WithSubsets::default();
        let suffix = self.view.istio.config.service_suffix();
        for object in self.view.index.objects(Kind::DestinationRule) {
            let rule = DestinationRule::of(object);
            if rule.subsets().all(|subset| subset.policy().is_none()) {
                continue;
            }
            let host = hosts::fqdn(rule.host(), &object.meta.namespace, &suffix).into_owned();
            if host.starts_with('*') {
                found.wildcards.push(host);
            } else {
                found.exact.insert(host);
            }
        }
        found
    }

    /// The subsets to which requests to a Service may be sent and that may be sent something of their own: what routes lead to, and all there are
    /// where routes were not read.
    pub(super) fn subsets(&self, client: &Workload, service: &Service) -> BTreeSet<String> {
        let host = resolve::full_name(self.view, service);
        if !self.has_subsets(&host) {
            return BTreeSet::new();
        }
        if self.is_unread(client, service) { self.written(client, service, &host) } else { self.routes().subsets(&host) }
    }

    /// Adds what routes to the subsets of a Service tell apart.
    pub(super) fn distinguish(&self, service: &Service, into: &mut Distinctions) {
        let host = resolve::full_name(self.view, service);
        if self.has_subsets(&host) && !self.routes().subsets(&host).is_empty() {
            self.routes().distinguish(&host, into);
        }
    }

    /// The parts of a Service to which requests of a client that are like this one may be sent. The whole, where nothing says otherwise.
    pub(super) fn of(&self, client: &'a Workload, service: &'a Service, port: u16, call: &Call) -> BTreeSet<Part> {
        let whole = || BTreeSet::from([None]);
        let host = resolve::full_name(self.view, service);
        if !self.has_subsets(&host) || self.view.membership(MeshId::Istio, client) != Ok(Membership::Sidecar) {
            return whole();
        }
        if self.is_unread(client, service) {
            return self.written(client, service, &host).into_iter().map(Some).chain([None]).collect();
        }
        let taken = self.routes().taken(client, service, port, call);
        let here: BTreeSet<Part> = taken.targets.into_iter().filter(|t| t.host == host && t.port == i64::from(port)).map(|t| t.subset).collect();
        if here.is_empty() { whole() } else { here }
    }

    /// Whether routes that could decide were not read.
    pub(super) fn is_unread(&self, client: &Workload, service: &Service) -> bool {
        let namespaces = [&*client.reference.namespace, &*service.metadata.namespace, self.view.istio.root_namespace()];
        namespaces.iter().any(|ns| self.view.index.gap_hiding(Kind::VirtualService, ns).is_some())
    }

    /// All subsets that the client's rule has.
    fn written(&self, client: &Workload, service: &Service, host: &str) -> BTreeSet<String> {
        let istio = self.view.istio;
        let from = (client.reference.namespace.as_str(), &client.labels);
        let applied = istio.registry.rules.for_client(self.view.index, &istio.config, from, host, &service.metadata.namespace);
        let objects = applied.map(|a| a.objects).unwrap_or_default();
        objects.into_iter().flat_map(|o| DestinationRule::of(o).subsets()).map(|subset| subset.name.to_owned()).collect()
    }
}
