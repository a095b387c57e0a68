use std::collections::HashSet;

use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Service with several ports of which one has no name, or two have the same.
    ///
    /// # Why it matters
    ///
    /// The API server refuses it. Names are also what tells Istio the protocol.
    ///
    /// # How to fix it
    ///
    /// Give every port a name of its own, such as `http` and `http-admin`.
    ///
    /// Sources: Kubernetes Service validation; Kiali and istioctl do not look.
    "service-ports-unnamed",
    summary: "Service with several ports that names do not tell apart",
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Any,
    needs: &[Kind::Service],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services().iter().filter(|s| s.spec.ports.len() > 1) {
        let mut names = HashSet::new();
        for (i, port) in service.spec.ports.iter().enumerate() {
            if port.name.is_empty() {
                let message = format!("port {} has no name, and there are several", port.port);
                findings.add(service, format!("spec.ports[{i}]"), message, "Give every port a name.");
            } else if !names.insert(port.name.as_str()) {
                let message = format!("two ports are called {:?}", port.name);
                findings.add(service, format!("spec.ports[{i}].name"), message, "Give every port a name of its own.");
            }
        }
    }
}
