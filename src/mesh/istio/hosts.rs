//! Host names: how Istio completes and compares them, and how Kiali reads them.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// The full name of `host` as istiod completes it in a rule of `namespace`: only a name without a dot is completed.
///
/// `reviews.shop` stays what it is: istiod does not take it for a Service of namespace `shop`.
pub fn fqdn<'h>(host: &'h str, namespace: &str, service_suffix: &str) -> Cow<'h, str> {
    if host.is_empty() || host.starts_with('*') || host.contains('.') || host.parse::<std::net::IpAddr>().is_ok() {
        return Cow::Borrowed(host);
    }
    Cow::Owned(format!("{host}.{namespace}.{service_suffix}"))
}

/// Whether some name can match both hosts: equal names, a name under a wildcard, or one wildcard inside the other.
/// `*.foo.com` does not match `foo.com`; `*` matches everything.
pub fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
        (Some(suffix), None) => b.ends_with(suffix),
        (None, Some(suffix)) => a.ends_with(suffix),
        (None, None) => a == b,
    }
}

/// Whether every name that `narrow` matches is matched by `wide` too.
pub fn covers(wide: &str, narrow: &str) -> bool {
    match (wide.strip_prefix('*'), narrow.strip_prefix('*')) {
        (Some(suffix), Some(rest)) => rest.ends_with(suffix),
        (Some(suffix), None) => narrow.ends_with(suffix),
        (None, Some(_)) => false,
        (None, None) => wide == narrow,
    }
}

/// Whether `name` lies under a wildcard as Kiali sees it: `*`, or `*.` followed by what the name ends with.
pub fn within_wildcard(name: &str, wildcard: &str) -> bool {
    wildcard == "*" || (wildcard.starts_with("*.") && name.ends_with(&wildcard[1..]))
}

/// The suffixes of `text` from the longest, the empty one last: what a wildcard's remainder can be equal to.
pub fn suffixes(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(i, _)| &text[i..]).chain([""])
}

/// Hosts, some of them wildcards, arranged so that those which overlap a given one are found without a walk.
#[derive(Clone, Debug, Default)]
pub struct HostIndex {
    by_name: HashMap<String, Vec<usize>>,
    /// Names spelt backwards, so that those with a common suffix stand together.
    backwards: Vec<(String, usize)>,
}

impl HostIndex {
    /// Arranges hosts; `usize` is whatever the caller wants back.
    pub fn new<'a>(hosts: impl IntoIterator<Item = (&'a str, usize)>) -> Self {
        let mut index = Self::default();
        for (host, id) in hosts {
            index.by_name.entry(host.to_owned()).or_default().push(id);
            index.backwards.push((host.chars().rev().collect(), id));
        }
        index.backwards.sort_unstable();
        index
    }

    /// All that [`overlap`] with `host`.
    pub fn overlapping(&self, host: &str) -> BTreeSet<usize> {
        let suffix = host.strip_prefix('*');
        let wildcards = suffixes(suffix.unwrap_or(host)).filter_map(|s| self.by_name.get(&format!("*{s}")));
        let mut found: BTreeSet<usize> = self.by_name.get(host).into_iter().chain(wildcards).flatten().copied().collect();
        if let Some(suffix) = suffix {
            let start: String = suffix.chars().rev().collect();
            let from = self.backwards.partition_point(|(name, _)| *name < start);
            found.extend(self.backwards[from..].iter().take_while(|(name, _)| name.starts_with(&start)).map(|(_, id)| *id));
        }
        found
    }
}

/// A host as Kiali takes it apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KialiHost {
    /// The Service; the whole text when the host is no Service's name.
    pub service: String,
    /// Its namespace; empty when the host is no Service's name.
    pub namespace: String,
    /// The full name, or the text as it is.
    pub name: String,
}

impl KialiHost {
    /// Reads `host` as written in a rule of `namespace`; `known` says which namespaces exist.
    pub fn read(host: &str, namespace: &str, known: impl Fn(&str) -> bool, service_suffix: &str) -> Self {
        let mut parts = host.splitn(3, '.');
        let (service, second, rest) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        match (second, rest) {
            (None, _) => Self::service(service, namespace, service_suffix),
            (Some(ns), None) if ns == namespace || known(ns) => Self::service(service, ns, service_suffix),
            (Some(ns), Some(rest)) if rest == "svc" || rest == service_suffix => Self::service(service, ns, service_suffix),
            _ => Self { service: host.to_owned(), namespace: String::new(), name: host.to_owned() },
        }
    }

    /// Reads `host` where `name.namespace` and `name.namespace.svc` stand for nothing but themselves.
    pub fn read_whole(host: &str, namespace: &str, service_suffix: &str) -> Self {
        match host.split('.').collect::<Vec<_>>()[..] {
            [_, _] | [_, _, "svc"] => Self { service: host.to_owned(), namespace: String::new(), name: host.to_owned() },
            _ => Self::read(host, namespace, |_| false, service_suffix),
        }
    }

    fn service(service: &str, namespace: &str, service_suffix: &str) -> Self {
        Self { service: service.to_owned(), namespace: namespace.to_owned(), name: format!("{service}.{namespace}.{service_suffix}") }
    }

    /// Whether it names a Service of a namespace (which need not exist).
    pub fn is_service(&self) -> bool {
        !self.namespace.is_empty()
    }

    /// Whether it stands for many names.
    pub fn is_wildcard(&self) -> bool {
        self.service.starts_with('*')
    }

    /// Service and namespace, guessed from the first two labels when the host is no Service's name.
    pub fn two_parts(&self) -> (&str, &str) {
        if self.is_service() {
            return (&self.service, &self.namespace);
        }
        let mut parts = self.service.split('.');
        match (parts.next(), parts.next()) {
            (Some(service), Some(namespace)) => (service, namespace),
            _ => (&self.service, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUFFIX: &str = "svc.cluster.local";

    #[test]
    fn only_names_without_a_dot_are_completed() {
        assert_eq!(fqdn("reviews", "shop", SUFFIX), "reviews.shop.svc.cluster.local");
        for host in ["reviews.shop", "*", "*.shop", "10.0.0.1", "::1", ""] {
            assert_eq!(fqdn(host, "shop", SUFFIX), host);
        }
    }

    #[test]
    fn wildcards_overlap_by_suffix() {
        assert!(overlap("*.com", "foo.com") && overlap("foo.com", "*.com") && overlap("*", "*.com") && overlap("*.a.com", "*.com"));
        assert!(!overlap("*.foo.com", "foo.com") && !overlap("foo.com", "bar.com"));
        assert!(covers("*.com", "*.a.com") && !covers("*.a.com", "*.com") && !covers("a.com", "*.com"));
        assert!(within_wildcard("a.test.svc", "*.test.svc") && !within_wildcard("a.my-test.svc", "*-test.svc"));
    }

    #[test]
    fn the_index_finds_what_overlaps() {
        let names = ["a.com", "*.com", "b.a.com", "*", "*.a.com", "a.org"];
        let index = HostIndex::new(names.iter().enumerate().map(|(i, n)| (*n, i)));
        for host in names.iter().chain(&["c.a.com", "*.org", "*.b.a.com", "com"]) {
            let expected: BTreeSet<usize> = (0..names.len()).filter(|i| overlap(names[*i], host)).collect();
            assert_eq!(index.overlapping(host), expected, "{host}");
        }
    }

    #[test]
    fn kiali_reads_two_part_names_of_known_namespaces_only() {
        let read = |host: &str| KialiHost::read(host, "shop", |ns| ns == "edge", SUFFIX).name;
        assert_eq!(read("cart"), "cart.shop.svc.cluster.local");
        assert_eq!(read("cart.edge"), "cart.edge.svc.cluster.local");
        assert_eq!(read("cart.shop.svc"), "cart.shop.svc.cluster.local");
        assert_eq!(read("example.com"), "example.com");
        assert_eq!(KialiHost::read("www.example.com", "shop", |_| false, SUFFIX).two_parts(), ("www", "example"));
    }
}
