//! Which DestinationRule a client gets: its own namespace's, else the service's, else the root namespace's.

use std::collections::HashMap;

use super::MeshConfig;
use super::destination_rule::{DestinationRule, Subset, TrafficPolicy};
use super::hosts;
use crate::index::Index;
use crate::model::{Kind, Map, Object, Str};

/// In whose namespace the rule that a client gets was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The client's own.
    Client,
    /// The service's.
    Service,
    /// The mesh's root namespace.
    Root,
}

/// DestinationRules, as positions in the index, by namespace and full host.
#[derive(Clone, Debug, Default)]
pub struct DestinationRules {
    by_host: HashMap<(Str, Str), Vec<usize>>,
    root: Str,
}

impl DestinationRules {
    /// Reads them; within a namespace and host those with a workload selector come first, then the oldest.
    pub fn read(index: &Index, config: &MeshConfig) -> Self {
        let suffix = config.service_suffix();
        let mut by_host: HashMap<(Str, Str), Vec<usize>> = HashMap::new();
        let objects = index.objects(Kind::DestinationRule);
        for (i, object) in objects.iter().enumerate() {
            let namespace = &object.meta.namespace;
            let host = hosts::fqdn(DestinationRule::of(object).host(), namespace, &suffix);
            by_host.entry((namespace.clone(), host.as_ref().into())).or_default().push(i);
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted by itself")]
        for rules in by_host.values_mut() {
            rules.sort_by(|a, b| {
                let key = |i: &usize| (!DestinationRule::of(&objects[*i]).selects_clients(), objects[*i].meta.age_key());
                key(a).cmp(&key(b))
            });
        }
        Self { by_host, root: config.root_namespace.clone() }
    }

    /// The rule that istiod gives a client with these labels, put together of one or more objects.
    pub fn for_client<'i>(&self, index: &'i Index, config: &MeshConfig, client: (&str, &Map), fqdn: &str, service: &str) -> Option<Applied<'i>> {
        let (namespace, labels) = client;
        let (found, rules) = self.for_namespace(index, config, namespace, fqdn, service)?;
        // The first that selects the client; otherwise the last that is for everybody.
        let selecting = rules.iter().find(|m| {
            let own_namespace = m.objects.first().is_some_and(|o| o.meta.namespace == namespace);
            own_namespace && m.selector.as_ref().is_some_and(|s| s.is_subset_of(labels))
        });
        let chosen = selecting.or_else(|| rules.iter().rfind(|m| m.selector.is_none()))?;
        Some(Applied { found, objects: chosen.objects.clone(), selects_client: chosen.selector.is_some() })
    }

    /// The objects of which the rules of some client of a namespace are made, whatever its labels are.
    pub fn for_any_client<'i>(
        &self,
        index: &'i Index,
        config: &MeshConfig,
        namespace: &str,
        fqdn: &str,
        service: &str,
    ) -> Option<(Found, Vec<&'i Object>)> {
        let (found, rules) = self.for_namespace(index, config, namespace, fqdn, service)?;
        let mut objects: Vec<&Object> = Vec::new();
        for object in rules.into_iter().flat_map(|rule| rule.objects) {
            if !objects.iter().any(|known| std::ptr::eq(*known, object)) {
                objects.push(object);
            }
        }
        Some((found, objects))
    }

    /// The rules among which istiod picks one for a client of `namespace` that calls `fqdn`, a host of `service` (a namespace; empty when it has none).
    /// Rules of one host that are exported differently or select different clients are kept apart, and a most specific host that is not exported to
    /// the client hides less specific ones.
    fn for_namespace<'i>(
        &self,
        index: &'i Index,
        config: &MeshConfig,
        namespace: &str,
        fqdn: &str,
        service: &str,
    ) -> Option<(Found, Vec<Merged<'i>>)> {
        let discovered = |ns: &str| index.namespace(ns).is_none_or(|n| config.discovers(n));
        let pick = |ns: &str, usable: &dyn Fn(&Object) -> bool| {
            let rules = self.most_specific(index, ns, fqdn, usable)?;
            discovered(ns).then(|| merged(rules.into_iter()))
        };
        let private_by_default = config.default_export_to[2].iter().any(|e| *e == ".");
        let is_private = |rule: &Object| match export_to(rule)[..] {
            [] => private_by_default,
            [only] => only == "." || rule.meta.namespace == only,
            _ => false,
        };
        let is_local = |rule: &Object| {
            let to = export_to(rule);
            to.is_empty() || to.iter().any(|e| matches!(*e, "*" | ".") || rule.meta.namespace == *e)
        };
        let own = || if self.root == namespace { pick(namespace, &is_private) } else { pick(namespace, &is_local) };
        let exported = |ns: &str| {
            let mut rules = pick(ns, &|rule| !is_private(rule))?;
            rules.retain(|m| m.export_to.is_empty() || m.export_to.iter().any(|e| *e == "*" || *e == namespace));
            (!rules.is_empty()).then_some(rules)
        };
        let chosen = own().map(|rules| (Found::Client, rules));
        let chosen = chosen.or_else(|| (!service.is_empty()).then(|| exported(service)).flatten().map(|rules| (Found::Service, rules)));
        chosen.or_else(|| exported(&self.root).map(|rules| (Found::Root, rules)))
    }

    fn most_specific<'i>(&self, index: &'i Index, namespace: &str, fqdn: &str, usable: &dyn Fn(&Object) -> bool) -> Option<Vec<&'i Object>> {
        let objects = index.objects(Kind::DestinationRule);
        let at = |host: Str| {
            let rules = self.by_host.get(&(Str::from(namespace), host))?.iter().filter_map(|i| objects.get(*i));
            let rules: Vec<&Object> = rules.filter(|rule| usable(rule)).collect();
            (!rules.is_empty()).then_some(rules)
        };
        at(fqdn.into()).or_else(|| {
            let name = fqdn.strip_prefix('*').unwrap_or(fqdn);
            hosts::suffixes(name).find_map(|suffix| at(format!("*{suffix}").into()))
        })
    }
}

/// The rule that a client gets.
#[derive(Clone, Debug)]
pub struct Applied<'i> {
    /// Where it was found.
    pub found: Found,
    /// The objects it is made of: the traffic policy is that of the first that has one, subsets are those of all, the first of a name counts.
    pub objects: Vec<&'i Object>,
    /// Whether it is for clients with some labels only.
    pub selects_client: bool,
}

impl<'i> Applied<'i> {
    /// The traffic policy for everything that is not in a subset, and the object it stands in.
    pub fn traffic_policy(&self) -> Option<(&'i Object, TrafficPolicy<'i>)> {
        self.objects.iter().find_map(|o| Some((*o, DestinationRule::of(o).policy()?)))
    }

    /// A subset, and the object it stands in.
    pub fn subset(&self, name: &str) -> Option<(&'i Object, Subset<'i>)> {
        self.objects.iter().find_map(|o| Some((*o, DestinationRule::of(o).subset(name)?)))
    }
}

/// Rules of one host that istiod makes one of.
struct Merged<'i> {
    objects: Vec<&'i Object>,
    export_to: Vec<&'i str>,
    selector: Option<Map>,
}

/// Merges rules of one host in their order, as istiod's `mergeDestinationRule` does: a rule joins every one before it whose `exportTo` is the
/// same or narrower, unless both select clients and not the same.
fn merged<'i>(rules: impl Iterator<Item = &'i Object>) -> Vec<Merged<'i>> {
    let mut all: Vec<Merged<'i>> = Vec::new();
    for rule in rules {
        let (to, selector) = (export_to(rule), DestinationRule::of(rule).client_selector());
        let mut apart = true;
        for known in &mut all {
            apart = true;
            let equal = known.export_to == to;
            let wider = !known.export_to.is_empty() && known.export_to.iter().all(|e| to.contains(e));
            let for_others = known.selector.is_some() && selector.is_some() && known.selector != selector;
            if (equal || wider) && !for_others {
                known.objects.push(rule);
                // One that selects clients and one that does not, exported alike, become one for those clients: so it is upstream.
                apart = !equal && known.selector != selector;
            }
        }
        if apart {
            all.push(Merged { objects: vec![rule], export_to: to, selector });
        }
    }
    all
}

/// `exportTo` as it counts, sorted: a rule with a selector never leaves its namespace.
fn export_to(rule: &Object) -> Vec<&str> {
    if DestinationRule::of(rule).selects_clients() {
        return vec!["."];
    }
    let mut to: Vec<&str> = rule.spec().texts("exportTo").map(|(text, _)| text).collect();
    to.sort_unstable();
    to.dedup();
    to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Inventory, Item};

    fn index(rules: &[(&str, &str, &str, &[&str])]) -> Index {
        let mut inventory = Inventory::default();
        for (namespace, name, host, export_to) in rules {
            let value = serde_json::json!({"metadata": {"namespace": namespace, "name": name}, "spec": {"host": host, "exportTo": export_to}});
            inventory.push(Item::from_value(Kind::DestinationRule, value).unwrap());
        }
        Index::new(inventory)
    }

    fn applying(index: &Index, client: &str) -> Option<(Found, Vec<String>)> {
        let config = MeshConfig::of(serde_json::Value::Null);
        let rules = DestinationRules::read(index, &config);
        let (found, objects) = rules.for_any_client(index, &config, client, "pay.bank.svc.cluster.local", "bank")?;
        Some((found, objects.iter().map(|o| o.meta.name.to_string()).collect()))
    }

    #[test]
    fn the_clients_namespace_wins_over_the_services_and_that_over_the_root() {
        let index = index(&[
            ("istio-system", "mesh", "*.local", &[]),
            ("bank", "pay", "pay", &[]),
            ("shop", "mine", "pay.bank.svc.cluster.local", &[]),
            ("shop", "wide", "*.bank.svc.cluster.local", &[]),
        ]);
        assert_eq!(applying(&index, "shop"), Some((Found::Client, vec!["mine".into()])));
        assert_eq!(applying(&index, "other"), Some((Found::Service, vec!["pay".into()])));
        assert_eq!(applying(&index, "istio-system"), Some((Found::Service, vec!["pay".into()])));
    }

    fn made_of(index: &Index, client: &str, labels: &[(&str, &str)]) -> Option<Vec<String>> {
        let config = MeshConfig::of(serde_json::Value::Null);
        let rules = DestinationRules::read(index, &config);
        let labels: Map = labels.iter().copied().collect();
        let applied = rules.for_client(index, &config, (client, &labels), "pay.bank.svc.cluster.local", "bank")?;
        Some(applied.objects.iter().map(|o| o.meta.name.to_string()).collect())
    }

    #[test]
    fn rules_that_are_exported_alike_are_one_and_others_stay_apart() {
        let one = index(&[("bank", "a", "pay", &[]), ("bank", "b", "pay", &[])]);
        assert_eq!(made_of(&one, "shop", &[]), Some(vec!["a".into(), "b".into()]));
        let apart = index(&[("bank", "a", "pay", &["."]), ("bank", "b", "pay", &["*"])]);
        assert_eq!(made_of(&apart, "shop", &[]), Some(vec!["b".into()]), "the private one is not for others");
        let wider = index(&[("bank", "a", "pay", &["shop"]), ("bank", "b", "pay", &["front", "shop"])]);
        assert_eq!(made_of(&wider, "shop", &[]), Some(vec!["a".into(), "b".into()]));
        assert_eq!(made_of(&wider, "front", &[]), None, "the wider one was merged into the first and is not kept beside it");
    }

    #[test]
    fn the_most_specific_host_hides_others_even_when_it_is_not_exported() {
        let hidden = index(&[("bank", "all", "*.bank.svc.cluster.local", &[]), ("bank", "pay", "pay", &["ops", "audit"])]);
        assert_eq!(made_of(&hidden, "shop", &[]), None);
        assert_eq!(made_of(&hidden, "ops", &[]), Some(vec!["pay".into()]));
    }

    #[test]
    fn a_rule_with_a_selector_is_for_its_own_namespace_and_clients() {
        let mut inventory = Inventory::default();
        let selecting = serde_json::json!({"metadata": {"namespace": "bank", "name": "web-only"},
            "spec": {"host": "pay", "workloadSelector": {"matchLabels": {"app": "web"}}}});
        let wide = serde_json::json!({"metadata": {"namespace": "bank", "name": "wide"}, "spec": {"host": "pay"}});
        for value in [selecting, wide] {
            inventory.push(Item::from_value(Kind::DestinationRule, value).unwrap());
        }
        let index = Index::new(inventory);
        assert_eq!(made_of(&index, "bank", &[("app", "web")]), Some(vec!["web-only".into()]));
        assert_eq!(made_of(&index, "bank", &[("app", "x")]), Some(vec!["wide".into()]));
        assert_eq!(made_of(&index, "shop", &[("app", "web")]), Some(vec!["wide".into()]));
    }

    #[test]
    fn what_is_not_exported_does_not_reach_others() {
        let index = index(&[("istio-system", "mesh", "*.local", &[]), ("bank", "pay", "pay", &["."])]);
        assert_eq!(applying(&index, "shop"), Some((Found::Root, vec!["mesh".into()])));
    }
}
