//! What a name stands for, as a client types it: a Service, a pod, a ServiceEntry or something outside; and what is behind it.

pub mod backends;
pub mod endpoints;
pub mod protocol;
pub mod slices;

use std::net::IpAddr;

pub use backends::{Backends, is_ready};
pub use endpoints::{DialledPort, Endpoint, endpoints};
pub use protocol::Protocol;

use super::MeshView;
use crate::index::Index;
use crate::model::{Kind, Object, Pod, Service};

/// What DNS makes of a name, seen from a pod.
#[derive(Clone, Debug)]
pub struct Name<'a> {
    /// The name without a trailing dot, in lower case.
    pub typed: String,
    /// The full name that it was completed to; the typed one when no Service has it.
    pub full: String,
    /// ExternalName Services that led on to another name, in order.
    pub aliases: Vec<&'a Service>,
    pub stands_for: StandsFor<'a>,
}

/// What a name or an address stands for.
#[derive(Clone, Copy, Debug)]
pub enum StandsFor<'a> {
    /// A Service of the cluster.
    Service(&'a Service),
    /// One pod, by its address or by its name under a headless Service.
    Pod(&'a Pod),
    /// A host that a ServiceEntry declares; the entry that the client's namespace sees first.
    Entry(&'a Object),
    /// An address that belongs to nothing that was read.
    Address(IpAddr),
    /// A name of the world outside, or of nothing.
    Outside,
}

impl<'a> Name<'a> {
    /// The Service, if it is one.
    pub fn service(&self) -> Option<&'a Service> {
        match self.stands_for {
            StandsFor::Service(service) => Some(service),
            _ => None,
        }
    }

    /// The address, where the name is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.typed.parse().ok()
    }
}

/// A namespaced Service name is followed through this many ExternalName Services.
const ALIASES: usize = 8;

/// What `host` stands for when a pod of `namespace` uses it.
pub fn name<'a>(view: MeshView<'a>, namespace: &str, host: &str) -> Name<'a> {
    let typed = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = typed.parse::<IpAddr>() {
        return Name { full: typed.clone(), typed, aliases: Vec::new(), stands_for: by_address(view.index, address) };
    }
    let mut aliases = Vec::new();
    let mut sought = typed.clone();
    let mut place = namespace.to_owned();
    while let Some((full, found)) = in_cluster(view, &place, &sought) {
        match found {
            StandsFor::Service(service) if service.spec.kind == "ExternalName" && aliases.len() < ALIASES => {
                aliases.push(service);
                // A CNAME is a full name: nothing completes it.
                place.clear();
                sought = service.spec.external_name.trim_end_matches('.').to_ascii_lowercase();
            }
            stands_for => return Name { typed, full, aliases, stands_for },
        }
    }
    let entry = view.istio.registry.resolve(&sought, namespace).and_then(|entry| match entry.source {
        super::istio::Source::ServiceEntry(i) => view.index.objects(Kind::ServiceEntry).get(i),
        super::istio::Source::Service(_) => None,
    });
    let stands_for = entry.map_or(StandsFor::Outside, StandsFor::Entry);
    Name { typed, full: sought, aliases, stands_for }
}

/// The full names that a resolver tries, in the order of a pod's search path.
fn candidates(domain: &str, namespace: &str, host: &str) -> Vec<String> {
    let mut all = Vec::new();
    if !namespace.is_empty() {
        all.extend([format!("{host}.{namespace}.svc.{domain}"), format!("{host}.svc.{domain}"), format!("{host}.{domain}")]);
    }
    all.push(host.to_owned());
    all
}

fn in_cluster<'a>(view: MeshView<'a>, namespace: &str, host: &str) -> Option<(String, StandsFor<'a>)> {
    let domain = view.cluster_domain();
    candidates(domain, namespace, host).into_iter().find_map(|full| {
        let labels: Vec<&str> = full.strip_suffix(&format!(".svc.{domain}"))?.split('.').collect();
        let found = match labels[..] {
            [service, namespace] => StandsFor::Service(view.index.service(namespace, service)?),
            [pod, service, namespace] => {
                let service = view.index.service(namespace, service).filter(|s| s.is_headless())?;
                let pod = view.index.pods_in(namespace).iter().find(|p| p.metadata.name == pod && service.selects(&p.metadata.labels))?;
                StandsFor::Pod(pod)
            }
            _ => return None,
        };
        Some((full, found))
    })
}

fn by_address(index: &Index, address: IpAddr) -> StandsFor<'_> {
    let is = |text: &str| text.parse::<IpAddr>().is_ok_and(|a| a == address);
    let service = index.services().iter().find(|s| is(&s.spec.cluster_ip) || s.spec.cluster_ips.iter().any(|ip| is(ip)));
    let pod = || index.pods().iter().find(|p| !p.is_over() && (is(&p.status.pod_ip) || p.status.pod_ips.iter().any(|ip| is(&ip.ip))));
    service.map(StandsFor::Service).or_else(|| pod().map(StandsFor::Pod)).unwrap_or(StandsFor::Address(address))
}

impl<'a> MeshView<'a> {
    /// The cluster's DNS domain, as far as one of the meshes tells it.
    pub fn cluster_domain(self) -> &'a str {
        if self.istio.config.cluster_domain == "cluster.local" { &self.linkerd.cluster.domain } else { &self.istio.config.cluster_domain }
    }
}

/// The full name of a Service.
pub fn full_name(view: MeshView<'_>, service: &Service) -> String {
    format!("{}.{}.svc.{}", service.metadata.name, service.metadata.namespace, view.cluster_domain())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::testing::World;

    const SERVICES: [&str; 5] = [
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"cart"},"spec":{"clusterIP":"10.0.0.1","selector":{"app":"cart"}}}"#,
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"db"},"spec":{"clusterIP":"None","selector":{"app":"db"}}}"#,
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"front","name":"cart"},"spec":{"type":"ExternalName","externalName":"cart.shop.svc.cluster.local."}}"#,
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"db-0","labels":{"app":"db"}},"status":{"phase":"Running","podIP":"10.1.0.1"}}"#,
        r#"{"apiVersion":"networking.istio.io/v1","kind":"ServiceEntry","metadata":{"namespace":"shop","name":"api"},"spec":{"hosts":["api.example.com"],"exportTo":["."]}}"#,
    ];

    fn found(namespace: &str, host: &str) -> String {
        let world = World::new(&SERVICES);
        let name = name(world.view(), namespace, host);
        let what = match name.stands_for {
            StandsFor::Service(s) => format!("Service {}/{}", s.metadata.namespace, s.metadata.name),
            StandsFor::Pod(p) => format!("Pod {}", p.metadata.name),
            StandsFor::Entry(e) => format!("ServiceEntry {}", e.meta.name),
            StandsFor::Address(a) => a.to_string(),
            StandsFor::Outside => "outside".to_owned(),
        };
        if name.aliases.is_empty() { what } else { format!("{what} through {}", name.aliases.len()) }
    }

    #[test]
    fn names_are_completed_as_a_pods_resolver_does() {
        for host in ["cart", "cart.shop", "cart.shop.svc", "cart.shop.svc.cluster.local", "CART.shop.svc.cluster.local.", "10.0.0.1"] {
            assert_eq!(found("shop", host), "Service shop/cart", "{host}");
        }
        assert_eq!(found("other", "cart"), "outside", "another namespace's short name says nothing");
    }

    #[test]
    fn aliases_are_followed() {
        assert_eq!(found("front", "cart"), "Service shop/cart through 1");
    }

    #[test]
    fn pods_of_headless_services_have_names() {
        assert_eq!(found("shop", "db-0.db"), "Pod db-0");
        assert_eq!(found("shop", "db-1.db"), "outside");
        assert_eq!(found("shop", "10.1.0.1"), "Pod db-0");
        assert_eq!(found("shop", "192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn entries_are_for_those_that_see_them() {
        assert_eq!(found("shop", "api.example.com"), "ServiceEntry api");
        assert_eq!(found("front", "api.example.com"), "outside");
    }
}
