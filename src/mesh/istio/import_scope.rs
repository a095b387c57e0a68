//! Which hosts the Sidecar of a namespace lets its workloads see.

use std::collections::{BTreeSet, HashMap};

use super::hosts::{KialiHost, covers, overlap, within_wildcard};
use super::policy;
use crate::index::Index;
use crate::model::{Field, Kind, Map, Object, Str};

/// One `namespace/dnsName` of `egress[].hosts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Egress {
    /// Where what it names lives; `.` for the Sidecar's own namespace, `*` for any.
    pub namespace: Str,
    /// The name, which may be a wildcard.
    pub dns: Str,
    /// Whether it takes out what others let in.
    pub exclude: bool,
}

/// The Sidecar that holds for all workloads of a namespace, reduced to what it imports.
#[derive(Clone, Debug)]
struct Scope {
    /// Position among the Sidecars of the index.
    sidecar: usize,
    egress: Vec<Egress>,
}

/// The Sidecars, by namespace.
#[derive(Clone, Debug, Default)]
pub struct ImportScopes {
    /// Those for all workloads of their namespace.
    scopes: HashMap<Str, Scope>,
    /// Those for some workloads, the oldest first, each with the labels it selects.
    selecting: HashMap<Str, Vec<(Map, usize)>>,
    root: Str,
    /// Namespaces with a Sidecar of their own by what it imports from, sorted; `*` for those that import from any.
    importers: HashMap<Str, BTreeSet<Str>>,
}

/// What the workloads of one namespace see; everything, when no Sidecar limits it.
#[derive(Clone, Copy, Debug)]
pub struct ImportScope<'a> {
    scope: Option<&'a Scope>,
    namespace: &'a str,
}

impl ImportScopes {
    /// Reads the Sidecars; of several without a selector the oldest holds, as in istiod.
    pub fn read(index: &Index, root: &str) -> Self {
        let mut scopes: HashMap<Str, Scope> = HashMap::new();
        let sidecars = index.objects(Kind::Sidecar);
        for (i, sidecar) in sidecars.iter().enumerate().filter(|(_, s)| !has_selector(s)) {
            let older = |other: &Scope| sidecars[other.sidecar].meta.age_key() <= sidecar.meta.age_key();
            if !scopes.get(&sidecar.meta.namespace).is_some_and(older) {
                scopes.insert(sidecar.meta.namespace.clone(), Scope { sidecar: i, egress: egress(sidecar) });
            }
        }
        let mut selecting: HashMap<Str, Vec<(Map, usize)>> = HashMap::new();
        let mut by_age: Vec<(usize, &Object)> = sidecars.iter().enumerate().filter(|(_, s)| has_selector(s)).collect();
        by_age.sort_by_key(|(_, s)| s.meta.age_key());
        for (i, sidecar) in by_age {
            let labels = policy::labels(sidecar.spec().at(["workloadSelector", "labels"]));
            selecting.entry(sidecar.meta.namespace.clone()).or_default().push((labels, i));
        }
        let mut importers: HashMap<Str, BTreeSet<Str>> = HashMap::new();
        #[expect(clippy::iter_over_hash_type, reason = "goes into sorted sets")]
        for (own, scope) in &scopes {
            for egress in scope.egress.iter().filter(|e| !e.exclude) {
                let from = if egress.namespace == "." { own } else { &egress.namespace };
                importers.entry(from.clone()).or_default().insert(own.clone());
            }
        }
        Self { scopes, selecting, root: root.into(), importers }
    }

    /// What holds for workloads of `namespace`: its own Sidecar, else the root namespace's.
    pub fn of<'a>(&'a self, namespace: &'a str) -> ImportScope<'a> {
        let scope = self.scopes.get(namespace).or_else(|| self.scopes.get(&self.root));
        ImportScope { scope: scope.filter(|s| !s.egress.is_empty()), namespace }
    }

    /// The Sidecar that holds for a workload: the oldest that selects it, else its namespace's, else the root namespace's.
    pub fn sidecar_of<'i>(&self, index: &'i Index, namespace: &str, labels: &Map) -> Option<&'i Object> {
        let selecting = self.selecting.get(namespace).into_iter().flatten();
        let selected = selecting.into_iter().find(|(wanted, _)| wanted.is_subset_of(labels)).map(|(_, i)| *i);
        let wide = || self.scopes.get(namespace).or_else(|| self.scopes.get(&self.root)).map(|s| s.sidecar);
        index.objects(Kind::Sidecar).get(selected.or_else(wide)?)
    }

    /// Namespaces with a Sidecar of their own that imports something of `namespace`, or may.
    pub fn importers(&self, namespace: &str) -> impl Iterator<Item = &Str> {
        [namespace, "*"].into_iter().filter_map(|from| self.importers.get(from)).flatten()
    }
}

impl ImportScope<'_> {
    /// Whether a Sidecar limits what is seen.
    pub fn is_limited(&self) -> bool {
        self.scope.is_some()
    }

    /// The Sidecar that limits it.
    pub fn sidecar<'i>(&self, index: &'i Index) -> Option<&'i Object> {
        index.objects(Kind::Sidecar).get(self.scope?.sidecar)
    }

    /// Whether istiod gives a VirtualService for `fqdn` that lives in `namespace` to these workloads; wildcards count either way round.
    pub fn imports_rule(&self, fqdn: &str, namespace: &str) -> bool {
        self.decide(|e, own| {
            let host = if e.exclude { covers(&e.dns, fqdn) } else { overlap(&e.dns, fqdn) };
            (e.namespace == "*" || own(&e.namespace) == namespace) && host
        })
    }

    /// Whether Kiali takes a rule's host for imported: `written` as it stands in an object of `namespace`, and as read by [`KialiHost`].
    pub fn imports_host(&self, host: &KialiHost, written: &str, namespace: &str) -> bool {
        if written.is_empty() {
            return self.scope.is_none();
        }
        let lives_in = if host.is_service() { host.namespace.as_str() } else { namespace };
        self.decide(|e, own| (e.namespace == "*" || own(&e.namespace) == lives_in) && names(&e.dns, host, written))
    }

    fn decide(&self, matches: impl Fn(&Egress, &dyn Fn(&str) -> String) -> bool) -> bool {
        let Some(scope) = self.scope else { return true };
        let own = |ns: &str| if ns == "." { self.namespace.to_owned() } else { ns.to_owned() };
        let any = |exclude: bool| scope.egress.iter().any(|e| e.exclude == exclude && matches(e, &own));
        any(false) && !any(true)
    }
}

/// Whether a Sidecar is for some workloads only.
pub fn has_selector(sidecar: &Object) -> bool {
    sidecar.spec().at(["workloadSelector", "labels"]).is_some_and(|l| !l.is_empty())
}

fn egress(sidecar: &Object) -> Vec<Egress> {
    let hosts = sidecar.spec().list("egress").flat_map(|e| e.texts("hosts").collect::<Vec<_>>());
    hosts.filter_map(|(text, _)| read(text)).collect()
}

/// Whether a Sidecar lets workloads of `namespace` see a service called `fqdn` that lives in `home` on one of its ports. A listener for that
/// very port stands before the one for all ports.
pub fn sees_port(sidecar: &Object, namespace: &str, fqdn: &str, home: &str, port: u16) -> bool {
    let listeners: Vec<Field<'_>> = sidecar.spec().list("egress").collect();
    if listeners.is_empty() {
        return true;
    }
    let number = |listener: &Field<'_>| listener.at(["port", "number"]).and_then(|n| n.int()).filter(|n| *n != 0);
    let own = |listener: &&Field<'_>| number(listener) == Some(i64::from(port));
    let any = |listener: &&Field<'_>| number(listener).is_none();
    let mut chosen: Vec<&Field<'_>> = listeners.iter().filter(own).collect();
    if chosen.is_empty() {
        chosen = listeners.iter().filter(any).collect();
    }
    chosen.into_iter().any(|listener| {
        let hosts = listener.texts("hosts").filter_map(|(text, _)| read(text));
        let matching = hosts.filter(|e| {
            let from = if e.namespace == "." { namespace } else { &e.namespace };
            (from == "*" || from == home) && covers(&e.dns, fqdn)
        });
        let (excluded, imported): (Vec<Egress>, Vec<Egress>) = matching.partition(|e| e.exclude);
        excluded.is_empty() && !imported.is_empty()
    })
}

/// `~` before the namespace excludes; alone it stands for every namespace.
pub fn read(text: &str) -> Option<Egress> {
    let (namespace, dns) = text.split_once('/')?;
    let (namespace, exclude) = namespace.strip_prefix('~').map_or((namespace, false), |rest| (rest, true));
    let namespace = if exclude && namespace.is_empty() { "*" } else { namespace };
    Some(Egress { namespace: namespace.into(), dns: dns.into(), exclude })
}

fn names(dns: &str, host: &KialiHost, written: &str) -> bool {
    if dns == "*" || dns == written || dns == host.service || dns == host.name {
        return true;
    }
    if !host.is_service() {
        return within_wildcard(&host.service, dns);
    }
    dns.strip_prefix(host.service.as_str()).and_then(|rest| rest.strip_prefix('.')) == Some(host.namespace.as_str())
        || within_wildcard(&host.name, dns)
        || within_wildcard(written, dns)
        || (host.is_wildcard() && within_wildcard(dns, &host.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(hosts: &[&str]) -> ImportScopes {
        let egress = hosts.iter().filter_map(|h| read(h)).collect();
        ImportScopes {
            scopes: [(Str::from("shop"), Scope { sidecar: 0, egress })].into_iter().collect(),
            selecting: HashMap::new(),
            root: "istio-system".into(),
            importers: HashMap::new(),
        }
    }

    #[test]
    fn without_a_sidecar_everything_is_seen() {
        assert!(ImportScopes::default().of("shop").imports_rule("a.b.svc.cluster.local", "b"));
    }

    #[test]
    fn namespaces_names_and_exclusions_are_honoured() {
        let scopes = scopes(&["./*", "istio-system/*", "*/*.com", "~edge/secret.com"]);
        let sees = |host: &str, ns: &str| scopes.of("shop").imports_rule(host, ns);
        assert!(sees("cart.shop.svc.cluster.local", "shop") && !sees("pay.bank.svc.cluster.local", "bank"));
        assert!(sees("x.com", "edge") && !sees("secret.com", "edge") && sees("secret.com", "other"));
    }

    fn index() -> Index {
        let mut inventory = crate::model::Inventory::default();
        for (namespace, name, spec) in [
            ("shop", "wide", serde_json::json!({"egress": [{"hosts": ["./*"]}]})),
            (
                "shop",
                "web",
                serde_json::json!({"workloadSelector": {"labels": {"app": "web"}},
                "egress": [{"port": {"number": 80}, "hosts": ["bank/*"]}, {"hosts": ["*/*", "~bank/*"]}]}),
            ),
            ("istio-system", "root", serde_json::json!({"egress": [{"hosts": ["~/secret.com", "*/*"]}]})),
        ] {
            let value = serde_json::json!({"metadata": {"namespace": namespace, "name": name}, "spec": spec});
            inventory.push(crate::model::Item::from_value(Kind::Sidecar, value).unwrap());
        }
        Index::new(inventory)
    }

    #[test]
    fn a_sidecar_that_selects_stands_before_the_namespaces_and_that_before_the_roots() {
        let index = index();
        let scopes = ImportScopes::read(&index, "istio-system");
        let of = |namespace: &str, app: &str| {
            let labels: Map = [("app", app)].into_iter().collect();
            scopes.sidecar_of(&index, namespace, &labels).map(|s| s.meta.name.to_string())
        };
        assert_eq!([of("shop", "web"), of("shop", "x"), of("other", "web")].map(Option::unwrap), ["web", "wide", "root"]);
    }

    #[test]
    fn a_listener_for_a_port_stands_before_the_one_for_all() {
        let index = index();
        let web = index.object(Kind::Sidecar, "shop", "web").unwrap();
        let sees = |fqdn: &str, home: &str, port| sees_port(web, "shop", fqdn, home, port);
        assert!(sees("pay.bank.svc.cluster.local", "bank", 80) && !sees("pay.bank.svc.cluster.local", "bank", 8080));
        assert!(!sees("cart.shop.svc.cluster.local", "shop", 80) && sees("cart.shop.svc.cluster.local", "shop", 8080));
        let root = index.object(Kind::Sidecar, "istio-system", "root").unwrap();
        assert!(!sees_port(root, "shop", "secret.com", "edge", 443) && sees_port(root, "shop", "other.com", "edge", 443));
    }
}
