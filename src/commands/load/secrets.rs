//! Secrets that objects name. Only those of type `kubernetes.io/tls` are listed, and these need not be of it: what `linkerd multicluster link-gen`
//! makes has a type of its own, and so may what connects istiod with other clusters; gateways take certificates from any.

use std::collections::BTreeSet;

use crate::model::{Field, Inventory, Kind, Map, Object, Str};

/// Namespace and name of each that is not here yet.
pub(super) fn named(inventory: &Inventory) -> BTreeSet<(Str, Str)> {
    let mut found = BTreeSet::new();
    for object in &inventory.objects {
        let own = &object.meta.namespace;
        match object.kind {
            Kind::Link => found.extend(object.spec().get("clusterCredentialsSecret").and_then(|f| Some((own.clone(), Str::from(f.str()?))))),
            Kind::Gateway | Kind::ListenerSet => {
                let listeners = object.spec();
                let references =
                    listeners.list("listeners").filter_map(|l| l.get("tls")).flat_map(|tls| tls.list("certificateRefs").collect::<Vec<_>>());
                found.extend(
                    references.map(|r| {
                        (Some(r.text("namespace")).filter(|ns| !ns.is_empty()).map_or_else(|| own.clone(), Str::from), r.text("name").into())
                    }),
                );
            }
            Kind::IstioGateway => found.extend(of_istio(inventory, object)),
            _ => {}
        }
    }
    for secret in inventory.objects.iter().filter(|o| o.kind == Kind::Secret) {
        found.remove(&(secret.meta.namespace.clone(), secret.meta.name.clone()));
    }
    found.retain(|(namespace, name)| !namespace.is_empty() && !name.is_empty());
    found
}

/// Label of the Secrets that connect istiod with other clusters.
pub(super) const REMOTE: &str = "istio/multiCluster=true";

/// Namespaces of control planes whose `meshNetworks` name other clusters.
pub(super) fn of_registries(inventory: &Inventory) -> BTreeSet<Str> {
    let networks = |map: &&Object| map.root().at(["data", "meshNetworks"]).and_then(|f| f.str()).is_some_and(|text| text.contains("fromRegistry"));
    let maps = inventory.objects.iter().filter(|o| o.kind == Kind::ConfigMap);
    maps.filter(networks).map(|map| map.meta.namespace.clone()).collect()
}

/// istiod looks in the namespaces of the pods that the Gateway selects.
fn of_istio(inventory: &Inventory, gateway: &Object) -> BTreeSet<(Str, Str)> {
    let spec = gateway.spec();
    let servers: Vec<Field<'_>> = spec.list("servers").filter_map(|server| server.get("tls")).collect();
    let names = servers
        .iter()
        .flat_map(|tls| tls.get("credentialName").and_then(|f| f.str()).into_iter().chain(tls.texts("credentialNames").map(|(name, _)| name)));
    let names: Vec<&str> = names.map(|name| name.strip_prefix("kubernetes://").unwrap_or(name)).filter(|name| !name.contains("://")).collect();
    if names.is_empty() {
        return BTreeSet::new();
    }
    let selector: Map = spec.get("selector").iter().flat_map(Field::entries).filter_map(|(k, v)| Some((k, v.str()?))).collect();
    let pods = inventory.pods.iter().map(|p| (&p.metadata.namespace, &p.metadata.labels));
    let templates = inventory.controllers.iter().filter_map(|c| Some((&c.metadata.namespace, c.pod_labels()?)));
    let namespaces: BTreeSet<&Str> =
        pods.chain(templates).filter(|(_, labels)| selector.is_subset_of(labels)).map(|(namespace, _)| namespace).collect();
    let both = |name: &str| match name.split_once('/') {
        Some((namespace, name)) => vec![(Str::from(namespace), Str::from(name))],
        None => namespaces.iter().map(|namespace| ((*namespace).clone(), Str::from(name))).collect(),
    };
    names.into_iter().flat_map(both).collect()
}
