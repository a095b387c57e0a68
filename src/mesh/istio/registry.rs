//! The services of the mesh by host: Kubernetes Services and ServiceEntries, with who may see them.

use std::collections::{BTreeSet, HashMap};

use super::MeshConfig;
use super::destination_rules::DestinationRules;
use super::hosts::{self, KialiHost};
use super::import_scope::ImportScopes;
use super::visibility::Visibility;
use crate::index::Index;
use crate::model::{Kind, ObjectRef, Str, Subject};

/// What an entry was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Service, by its position in [`Index::services`].
    Service(usize),
    /// A ServiceEntry, by its position among the index's ServiceEntries.
    ServiceEntry(usize),
}

/// One host of the mesh.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, in full for a Service, as written for a ServiceEntry; `*.…` stands for many.
    pub host: Str,
    /// Where the Service or ServiceEntry lives.
    pub namespace: Str,
    /// Its ports' numbers.
    pub ports: Vec<i64>,
    /// From where it is visible, the mesh's default applied.
    pub visibility: Visibility,
    /// What it was made from.
    pub source: Source,
    /// Whether `exportTo` is written on the object itself; istioctl does not know the mesh's default.
    explicit: bool,
}

impl Entry {
    /// The object it was made from.
    pub fn reference(&self, index: &Index) -> Option<ObjectRef> {
        match self.source {
            Source::Service(i) => index.services().get(i).map(Subject::reference),
            Source::ServiceEntry(i) => index.objects(Kind::ServiceEntry).get(i).map(Subject::reference),
        }
    }

    /// Whether it comes from a Kubernetes Service.
    pub fn is_service(&self) -> bool {
        matches!(self.source, Source::Service(_))
    }

    fn in_istioctl_scope(&self, namespace: &str) -> bool {
        self.explicit && matches!(&self.visibility, Visibility::Namespaces(named) if named.iter().any(|n| *n == namespace))
    }

    fn is_istioctl_public(&self) -> bool {
        !self.explicit || self.visibility.is_everyone()
    }
}

/// All hosts, arranged for look-ups; Services come before ServiceEntries of the same name.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<Entry>,
    by_host: HashMap<Str, Vec<u32>>,
    /// Wildcard hosts under what follows their `*`.
    wildcards: HashMap<Str, Vec<u32>>,
    /// Hosts spelt backwards and sorted, so that those under a wildcard stand together.
    backwards: Vec<(String, u32)>,
    namespaces: BTreeSet<Str>,
    suffix: String,
    /// What Sidecars let each namespace see.
    pub imports: ImportScopes,
    /// DestinationRules in the order in which istiod looks for them.
    pub rules: DestinationRules,
}

impl Registry {
    /// Reads Services, ServiceEntries, Sidecars and DestinationRules.
    pub fn read(index: &Index, config: &MeshConfig) -> Self {
        let suffix = config.service_suffix();
        let mut registry = Self {
            imports: ImportScopes::read(index, &config.root_namespace),
            rules: DestinationRules::read(index, config),
            namespaces: namespaces(index),
            ..Self::default()
        };
        let default = &config.default_export_to[0];
        for (i, service) in index.services().iter().enumerate() {
            let meta = &service.metadata;
            registry.add(Entry {
                host: format!("{}.{}.{suffix}", meta.name, meta.namespace).into(),
                namespace: meta.namespace.clone(),
                ports: service.spec.ports.iter().map(|p| i64::from(p.port)).collect(),
                visibility: Visibility::of_service(service, default),
                source: Source::Service(i),
                explicit: meta.annotations.has(super::visibility::EXPORT_TO),
            });
        }
        for (i, entry) in index.objects(Kind::ServiceEntry).iter().enumerate() {
            let spec = entry.spec();
            let visibility = Visibility::of_object(entry, default);
            let explicit = spec.list("exportTo").next().is_some();
            let ports: Vec<i64> = spec.list("ports").filter_map(|p| p.get("number")?.int()).collect();
            for (host, _) in spec.texts("hosts") {
                registry.add(Entry {
                    host: host.into(),
                    namespace: entry.meta.namespace.clone(),
                    ports: ports.clone(),
                    visibility: visibility.clone(),
                    source: Source::ServiceEntry(i),
                    explicit,
                });
            }
        }
        registry.backwards.sort_unstable();
        registry.suffix = suffix;
        registry
    }

    fn add(&mut self, entry: Entry) {
        let at = self.entries.len() as u32;
        if let Some(rest) = entry.host.strip_prefix('*') {
            self.wildcards.entry(rest.into()).or_default().push(at);
        }
        self.by_host.entry(entry.host.clone()).or_default().push(at);
        self.backwards.push((entry.host.chars().rev().collect(), at));
        self.entries.push(entry);
    }

    /// All hosts.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The full name of `host` in a rule of `namespace`, as istiod completes it.
    pub fn fqdn<'h>(&self, host: &'h str, namespace: &str) -> std::borrow::Cow<'h, str> {
        hosts::fqdn(host, namespace, &self.suffix)
    }

    /// `host` in a rule of `namespace`, as Kiali reads it.
    pub fn kiali_host(&self, host: &str, namespace: &str) -> KialiHost {
        KialiHost::read(host, namespace, |ns| self.knows_namespace(ns), &self.suffix)
    }

    /// Namespaces that were read or that hold something that was.
    pub fn namespaces(&self) -> impl Iterator<Item = &Str> {
        self.namespaces.iter()
    }

    /// Whether the namespace was read or holds something that was.
    pub fn knows_namespace(&self, name: &str) -> bool {
        self.namespaces.contains(name)
    }

    /// Entries with exactly this full name.
    pub fn named<'a>(&'a self, fqdn: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
        self.by_host.get(fqdn).into_iter().flatten().map(|i| &self.entries[*i as usize])
    }

    /// Entries that a host covers: those of its very name, or all under it when it is a wildcard.
    pub fn under(&self, host: &str) -> impl Iterator<Item = &Entry> {
        let start: Option<String> = host.strip_prefix('*').map(|suffix| suffix.chars().rev().collect());
        let named = if start.is_none() { self.by_host.get(host) } else { None };
        let covered = start.into_iter().flat_map(|start| {
            let from = self.backwards.partition_point(|(name, _)| *name < start);
            self.backwards[from..].iter().take_while(move |(name, _)| name.starts_with(&start)).map(|(_, i)| i)
        });
        named.into_iter().flatten().chain(covered).map(|i| &self.entries[*i as usize])
    }

    /// What istiod takes `host` of a rule in `namespace` for: the entry of that very name, else the most specific wildcard,
    /// among those that `namespace` may see.
    pub fn resolve(&self, host: &str, namespace: &str) -> Option<&Entry> {
        self.resolve_where(host, namespace, |visibility| visibility.includes(namespace))
    }

    /// The same for a rule that counts in the namespaces of `users`: istiod looks the host up for each client, not for the rule's own namespace,
    /// which stands for all where everybody uses it.
    pub fn resolve_for(&self, host: &str, namespace: &str, users: &Visibility) -> Option<&Entry> {
        match users {
            Visibility::Everyone => self.resolve(host, namespace),
            named => self.resolve_where(host, namespace, |visibility| visibility.meets(named)),
        }
    }

    fn resolve_where(&self, host: &str, namespace: &str, sees: impl Fn(&Visibility) -> bool) -> Option<&Entry> {
        let fqdn = self.fqdn(host, namespace);
        let seen = |e: &&Entry| sees(&e.visibility);
        let named = self.named(&fqdn).find(seen);
        // The borrow of `fqdn` ends with this function, the entry's does not.
        named.or_else(|| {
            let name = fqdn.strip_prefix('*').unwrap_or(&fqdn);
            let positions = hosts::suffixes(name).filter_map(|s| self.wildcards.get(s)).flatten();
            positions.map(|i| &self.entries[*i as usize]).find(seen)
        })
    }

    /// What istioctl takes a host for: public entries first, then those exported to where the *rule* is exported
    /// (to its own namespace when it does not say), then wildcards.
    pub fn istioctl_lookup(&self, host: &str, namespace: &str, export_to: &[&str]) -> Option<&Entry> {
        let fqdn = self.fqdn(host, namespace);
        let named = || self.named(&fqdn).chain(self.completed_by_istioctl(&fqdn));
        let public = named().find(|e| e.is_istioctl_public());
        let scoped = || {
            let own = [namespace];
            let scopes = if export_to.is_empty() { &own[..] } else { export_to };
            let scopes = scopes.iter().map(|s| if *s == "." { namespace } else { s });
            scopes.into_iter().find_map(|scope| named().find(|e| e.in_istioctl_scope(scope)))
        };
        let wildcard = || {
            let name = host.strip_prefix('*').unwrap_or(host);
            let positions = hosts::suffixes(name).filter_map(|s| self.wildcards.get(s)).flatten();
            positions.map(|i| &self.entries[*i as usize]).find(|e| e.is_istioctl_public() || e.in_istioctl_scope(namespace))
        };
        public.or_else(scoped).or_else(wildcard)
    }

    /// ServiceEntries whose host has no dot: istioctl completes it with their namespace, as it does with a rule's (`NewScopedFqdn` in istio
    /// `pkg/config/analysis/analyzers/util/hosts.go`); istiod leaves it as it is.
    fn completed_by_istioctl<'a>(&'a self, fqdn: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
        let short = fqdn.strip_suffix(&*self.suffix).and_then(|rest| rest.strip_suffix('.')?.split_once('.'));
        let namespace = short.map(|(_, namespace)| Str::from(namespace));
        let entries = short.map(|(host, _)| self.named(host));
        entries.into_iter().flatten().filter(move |e| !e.is_service() && Some(&e.namespace) == namespace.as_ref())
    }

    /// Whether Kiali finds a Service called so that `namespace` may see: `name.ns`, `name.ns.svc` or the full name.
    pub fn kiali_service(&self, host: &str, namespace: &str) -> Option<&Entry> {
        let full = match host.splitn(3, '.').collect::<Vec<_>>()[..] {
            [_, _] => format!("{host}.{}", self.suffix),
            [service, ns, "svc"] => format!("{service}.{ns}.{}", self.suffix),
            _ => host.to_owned(),
        };
        self.named(&full).find(|e| e.is_service() && e.visibility.includes(namespace))
    }

    /// Whether a ServiceEntry that `namespace` sees has this host, or a wildcard over it. Kiali also takes `example.com` for `evil-example.com`.
    pub fn kiali_service_entry(&self, host: &str, namespace: &str) -> bool {
        let entry = |e: &Entry| !e.is_service() && e.visibility.includes(namespace);
        let under_wildcard = || {
            let positions = hosts::suffixes(host).filter_map(|s| self.wildcards.get(s)).flatten();
            positions.map(|i| &self.entries[*i as usize]).any(entry)
        };
        self.named(host).any(entry) || under_wildcard()
    }
}

/// Namespaces that were read, and those that workloads, Services or traffic rules live in.
fn namespaces(index: &Index) -> BTreeSet<Str> {
    const TRAFFIC: [Kind; 5] = [Kind::VirtualService, Kind::DestinationRule, Kind::IstioGateway, Kind::ServiceEntry, Kind::Sidecar];
    let mut known: BTreeSet<Str> = index.namespaces().iter().map(|n| n.metadata.name.clone()).collect();
    let mut last = Str::default();
    let traffic = TRAFFIC.iter().flat_map(|kind| index.objects(*kind)).map(|o| &o.meta.namespace);
    let homes = index.workloads().iter().map(|w| &w.reference.namespace).chain(index.services().iter().map(|s| &s.metadata.namespace));
    for namespace in homes.chain(traffic) {
        // All of these are sorted by namespace: one look per namespace, not per object.
        if last != *namespace {
            last = namespace.clone();
            known.insert(last.clone());
        }
    }
    known
}
