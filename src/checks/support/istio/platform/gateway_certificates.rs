//! Secrets that Gateway servers present, found where istiod looks for them: in the namespace of the gateway's pods.

use std::collections::BTreeSet;

use crate::checks::support::istio::platform::gateway_workloads::{GatewayWorkloads, selector};
use crate::mesh::istio::credentials::{self, Credential};
use crate::model::Kind;
use crate::world::World;

/// All credentials of all Gateways whose selector picks something, each with the namespaces of the gateway's pods.
pub(in crate::checks) fn all(world: &World) -> Vec<(Credential<'_>, BTreeSet<String>)> {
    let workloads = GatewayWorkloads::read(world);
    let mut found = Vec::new();
    for gateway in world.index.objects(Kind::IstioGateway) {
        let selector = selector(gateway);
        let namespaces: BTreeSet<String> = workloads.of(gateway, &selector).map(|(namespace, _)| namespace.to_owned()).collect();
        for server in gateway.spec().list("servers").filter(|_| !namespaces.is_empty()) {
            found.extend(credentials::of_server(gateway, server).into_iter().map(|credential| (credential, namespaces.clone())));
        }
    }
    found
}
