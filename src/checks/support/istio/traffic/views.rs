//! What each namespace sees of a set of rules: Kiali judges conflicts per viewing namespace, by `exportTo` and Sidecar.

use std::collections::BTreeSet;

use crate::mesh::istio::visibility::Visibility;
use crate::model::{Object, Str};
use crate::world::World;

/// A rule that may conflict with others.
#[derive(Clone, Debug)]
pub(in crate::checks) struct Member<'w> {
    /// The rule.
    pub object: &'w Object,
    /// From where it is visible.
    pub visibility: Visibility,
    /// Its hosts as written: importing one imports the rule.
    pub hosts: Vec<&'w str>,
}

impl<'w> Member<'w> {
    /// A rule with its hosts; `default` is the mesh's setting for its kind. Ambient namespaces do not honour `exportTo`.
    pub(in crate::checks) fn new(world: &World, object: &'w Object, hosts: Vec<&'w str>, default: &[Str]) -> Self {
        let own = &object.meta.namespace;
        let visibility = if is_ambient(world, own) { Visibility::Namespaces(vec![own.clone()]) } else { Visibility::of_object(object, default) };
        Self { object, visibility, hosts }
    }
}

/// The viewing namespaces of a world.
#[derive(Debug)]
pub(in crate::checks) struct Views<'w> {
    world: &'w World,
    /// A namespace that no Sidecar limits: it sees whatever is public.
    open: Option<&'w Str>,
}

impl<'w> Views<'w> {
    /// Looks for an open namespace once.
    pub(in crate::checks) fn new(world: &'w World) -> Self {
        let registry = &world.istio.registry;
        Self { world, open: registry.namespaces().find(|ns| is_ambient(world, ns) || !registry.imports.of(ns).is_limited()) }
    }

    /// A namespace that no Sidecar limits, if there is one.
    pub(in crate::checks) fn open(&self) -> Option<&'w str> {
        self.open.map(Str::as_str)
    }

    /// For each namespace that matters the positions of the members it sees; a view of all of them ends the search.
    pub(in crate::checks) fn of(&self, members: &[&Member<'w>]) -> Vec<Vec<usize>> {
        let mut views = Vec::new();
        for viewer in self.viewers(members) {
            let view: Vec<usize> = (0..members.len()).filter(|i| self.sees(viewer, members[*i])).collect();
            let complete = view.len() == members.len();
            views.push(view);
            if complete {
                break;
            }
        }
        views
    }

    /// The open namespace, those that members are exported to by name, their own, and those with a Sidecar that imports from where one of the
    /// members lives, the one that fewest import from: no other sees more of them.
    fn viewers<'a>(&'a self, members: &'a [&Member<'w>]) -> impl Iterator<Item = &'a str> {
        let named = members.iter().flat_map(|m| match &m.visibility {
            Visibility::Everyone => &[][..],
            Visibility::Namespaces(named) => named,
        });
        let own = members.iter().map(|m| &m.object.meta.namespace);
        let near: BTreeSet<&str> = named.chain(own).map(Str::as_str).collect();
        // Asked for only when no nearer namespace sees them all.
        let importers = || members.iter().map(|m| self.importers(m)).min_by_key(BTreeSet::len).unwrap_or_default();
        let importers = std::iter::once_with(importers).flatten();
        self.open.map(Str::as_str).into_iter().chain(near).chain(importers)
    }

    /// The namespaces with a Sidecar that imports from where a host of the member lives.
    pub(in crate::checks) fn importers(&self, member: &Member<'_>) -> BTreeSet<&str> {
        let registry = &self.world.istio.registry;
        let own = &member.object.meta.namespace;
        let homes =
            member.hosts.iter().map(|host| registry.kiali_host(host, own)).map(|h| if h.is_service() { h.namespace } else { own.to_string() });
        let homes: BTreeSet<String> = homes.collect();
        homes.iter().flat_map(|home| registry.imports.importers(home)).map(Str::as_str).collect()
    }

    /// Whether a namespace sees a member.
    pub(in crate::checks) fn sees(&self, viewer: &str, member: &Member<'_>) -> bool {
        if !member.visibility.includes(viewer) {
            return false;
        }
        let registry = &self.world.istio.registry;
        let scope = registry.imports.of(viewer);
        let own = member.object.meta.namespace.as_str();
        is_ambient(self.world, viewer)
            || !scope.is_limited()
            || member.hosts.iter().any(|host| scope.imports_host(&registry.kiali_host(host, own), host, own))
    }
}

/// Whether a namespace is in ambient mode.
pub(in crate::checks) fn is_ambient(world: &World, namespace: &str) -> bool {
    world.index.namespace_label(namespace, "istio.io/dataplane-mode") == Some("ambient")
}
