//! The services of the mesh as istiod knows them: Services and ServiceEntries with their ports, addresses and other names.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::index::Index;
use crate::mesh::MeshView;
use crate::mesh::istio::visibility::Visibility;
use crate::mesh::istio::{Entry, Source};
use crate::mesh::resolve::Protocol;
use crate::model::{Kind, Meta, ObjectRef, Service, Str, Subject};

/// One host with all that routing asks of it.
#[derive(Clone, Debug)]
pub(super) struct MeshService<'a> {
    pub host: String,
    pub namespace: &'a Str,
    pub ports: Vec<MeshPort>,
    /// Addresses that listeners are made for; none where it is reached by name or by its pods' addresses.
    pub addresses: Vec<String>,
    /// The Service, for one of Kubernetes.
    pub service: Option<&'a Service>,
    pub meta: &'a Meta,
    pub reference: ObjectRef,
    pub visibility: Visibility,
    /// An ExternalName Service: another name for `external_name`.
    pub external_name: Option<String>,
    /// ExternalName Services that lead to this one.
    pub aliases: Vec<String>,
    /// Whether its pods are addressed one by one.
    pub headless: bool,
}

/// A port of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeshPort {
    pub number: i64,
    pub protocol: Protocol,
}

impl MeshService<'_> {
    pub(super) fn port(&self, number: i64) -> Option<MeshPort> {
        self.ports.iter().copied().find(|p| p.number == number)
    }

    pub(super) fn is_kubernetes(&self) -> bool {
        self.service.is_some()
    }

    pub(super) fn is_alias(&self) -> bool {
        self.external_name.is_some()
    }
}

/// All of them, oldest first.
pub(super) fn all(view: MeshView<'_>) -> Vec<MeshService<'_>> {
    let registry = &view.istio.registry;
    let config = &view.istio.config;
    let discovered =
        |namespace: &str| config.discovery_selectors.is_empty() || view.index.namespace(namespace).is_some_and(|ns| config.discovers(ns));
    let entries = registry.entries().iter().filter(|e| discovered(&e.namespace));
    let mut services: Vec<MeshService<'_>> = entries.filter_map(|entry| of(view.index, entry)).collect();
    services.sort_by(older);
    let aliases: Vec<(String, String)> = services.iter().filter_map(|s| Some((s.external_name.clone()?, s.host.clone()))).collect();
    let leads_to: HashMap<&str, &str> = aliases.iter().map(|(to, from)| (from.as_str(), to.as_str())).collect();
    for (_, from) in &aliases {
        // An alias of an alias is one of what that leads to.
        let mut to = from.as_str();
        for _ in 0..8 {
            match leads_to.get(to) {
                Some(next) => to = next,
                None => break,
            }
        }
        if let Some(concrete) = services.iter_mut().find(|s| s.host == to && !s.is_alias()) {
            concrete.aliases.push(from.clone());
        }
    }
    services
}

fn older(a: &MeshService<'_>, b: &MeshService<'_>) -> Ordering {
    let key = |s: &MeshService<'_>| (s.meta.creation_timestamp.clone(), s.meta.name.clone(), s.namespace.clone());
    key(a).cmp(&key(b))
}

fn of<'a>(index: &'a Index, entry: &'a Entry) -> Option<MeshService<'a>> {
    match entry.source {
        Source::Service(i) => {
            let service = index.services().get(i)?;
            let spec = &service.spec;
            let external = (spec.kind == "ExternalName").then(|| spec.external_name.trim_end_matches('.').to_ascii_lowercase());
            let ips = if spec.cluster_ips.is_empty() { std::slice::from_ref(&spec.cluster_ip) } else { &spec.cluster_ips[..] };
            let addresses = ips.iter().filter(|ip| !ip.is_empty() && *ip != "None" && external.is_none()).map(ToString::to_string).collect();
            Some(MeshService {
                host: entry.host.to_ascii_lowercase(),
                namespace: &entry.namespace,
                ports: spec.ports.iter().map(|p| MeshPort { number: i64::from(p.port), protocol: Protocol::of(p) }).collect(),
                addresses,
                service: Some(service),
                meta: &service.metadata,
                reference: service.reference(),
                visibility: entry.visibility.clone(),
                external_name: external,
                aliases: Vec::new(),
                headless: service.is_headless(),
            })
        }
        Source::ServiceEntry(i) => {
            let object = index.objects(Kind::ServiceEntry).get(i)?;
            let spec = object.spec();
            let port = |p: crate::model::Field<'_>| Some(MeshPort { number: p.get("number")?.int()?, protocol: Protocol::parse(p.text("protocol")) });
            let networks = spec.texts("addresses").map(|(a, _)| a.to_owned()).collect();
            Some(MeshService {
                host: entry.host.to_ascii_lowercase(),
                namespace: &entry.namespace,
                ports: spec.list("ports").filter_map(port).collect(),
                addresses: networks,
                service: None,
                meta: &object.meta,
                reference: object.reference(),
                visibility: entry.visibility.clone(),
                external_name: None,
                aliases: Vec::new(),
                headless: false,
            })
        }
    }
}
