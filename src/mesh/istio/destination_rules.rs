//! Which DestinationRule a client gets: its own namespace's, else the service's, else the root namespace's.

use std::collections::HashMap;

use super::MeshConfig;
use super::hosts;
use super::visibility::Visibility;
use crate::index::Index;
use crate::model::{Kind, Object, Str};

/// Where the rule that a client gets was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the client's own namespace.
    ClientNamespace,
    /// In the service's namespace.
    ServiceNamespace,
    /// In the root namespace.
    RootNamespace,
}

#[derive(Clone, Debug)]
struct Rule {
    /// Position among the DestinationRules of the index.
    object: usize,
    visibility: Visibility,
    /// Exported to its own namespace alone.
    private: bool,
}

/// DestinationRules by namespace and full host.
#[derive(Clone, Debug, Default)]
pub struct DestinationRules {
    by_host: HashMap<(Str, Str), Vec<Rule>>,
    root: Str,
}

impl DestinationRules {
    /// Reads them; within a namespace and host those with a workload selector come first, then the oldest.
    pub fn read(index: &Index, config: &MeshConfig) -> Self {
        let suffix = config.service_suffix();
        let mut by_host: HashMap<(Str, Str), Vec<Rule>> = HashMap::new();
        let objects = index.objects(Kind::DestinationRule);
        for (i, object) in objects.iter().enumerate() {
            let spec = object.spec();
            let namespace = &object.meta.namespace;
            let host = hosts::fqdn(spec.text("host"), namespace, &suffix);
            let own = Visibility::Namespaces(vec![namespace.clone()]);
            let visibility = if selects_workloads(object) { own.clone() } else { Visibility::of_object(object, &config.default_export_to[2]) };
            let private = visibility == own;
            by_host.entry((namespace.clone(), host.as_ref().into())).or_default().push(Rule { object: i, visibility, private });
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted by itself")]
        for rules in by_host.values_mut() {
            rules.sort_by(|a, b| {
                let key = |r: &Rule| (!selects_workloads(&objects[r.object]), objects[r.object].meta.age_key());
                key(a).cmp(&key(b))
            });
        }
        Self { by_host, root: config.root_namespace.clone() }
    }

    /// The rules that a client in `client` gets for a service called `fqdn` in `service_namespace` (empty when it has none), merged in this order
    /// by istiod: the subsets of all, the traffic policy of the first that has one.
    pub fn applying<'i>(&self, index: &'i Index, client: &str, fqdn: &str, service_namespace: &str) -> Option<(Found, Vec<&'i Object>)> {
        let objects = index.objects(Kind::DestinationRule);
        let pick = |namespace: &str, usable: &dyn Fn(&Rule) -> bool| {
            let rules = self.most_specific(namespace, fqdn, usable)?;
            Some(rules.into_iter().map(|r| &objects[r.object]).collect::<Vec<_>>())
        };
        let exported = |r: &Rule| r.visibility.includes(client);
        let own = if self.root == client { pick(client, &|r| r.private) } else { pick(client, &exported) };
        own.map(|rules| (Found::ClientNamespace, rules))
            .or_else(|| {
                let served = (!service_namespace.is_empty()).then(|| pick(service_namespace, &exported)).flatten();
                served.map(|rules| (Found::ServiceNamespace, rules))
            })
            .or_else(|| pick(&self.root, &exported).map(|rules| (Found::RootNamespace, rules)))
    }

    fn most_specific(&self, namespace: &str, fqdn: &str, usable: &dyn Fn(&Rule) -> bool) -> Option<Vec<&Rule>> {
        let at = |host: Str| {
            let rules: Vec<&Rule> = self.by_host.get(&(Str::from(namespace), host))?.iter().filter(|r| usable(r)).collect();
            (!rules.is_empty()).then_some(rules)
        };
        at(fqdn.into()).or_else(|| {
            let name = fqdn.strip_prefix('*').unwrap_or(fqdn);
            hosts::suffixes(name).find_map(|suffix| at(format!("*{suffix}").into()))
        })
    }
}

/// Whether a rule is for the clients that its selector picks only.
pub fn selects_workloads(rule: &Object) -> bool {
    rule.spec().get("workloadSelector").is_some()
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
        let rules = DestinationRules::read(index, &MeshConfig::of(serde_json::Value::Null));
        let (found, objects) = rules.applying(index, client, "pay.bank.svc.cluster.local", "bank")?;
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
        assert_eq!(applying(&index, "shop"), Some((Found::ClientNamespace, vec!["mine".into()])));
        assert_eq!(applying(&index, "other"), Some((Found::ServiceNamespace, vec!["pay".into()])));
        assert_eq!(applying(&index, "istio-system"), Some((Found::ServiceNamespace, vec!["pay".into()])));
    }

    #[test]
    fn what_is_not_exported_does_not_reach_others() {
        let index = index(&[("istio-system", "mesh", "*.local", &[]), ("bank", "pay", "pay", &["."])]);
        assert_eq!(applying(&index, "shop"), Some((Found::RootNamespace, vec!["mesh".into()])));
    }
}
