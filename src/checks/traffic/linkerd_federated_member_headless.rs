use crate::checks::Findings;
use crate::model::{Kind, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A headless Service, or one of type ExternalName, is to be a member of a federated Service (`mirror.linkerd.io/federated: member`).
    ///
    /// # Why it matters
    ///
    /// The service mirror leaves it out: the federated Service has no endpoints of this cluster, or does not come into being at all.
    ///
    /// # How to fix it
    ///
    /// Label a Service with a cluster IP that selects the same pods.
    ///
    /// Sources: linkerd `multicluster/service-mirror/cluster_watcher.go` ("Headless service cannot join federated service"); `linkerd multicluster
    /// check` does not look.
    "linkerd-federated-member-headless",
    summary: "Headless Service that is to join a federated Service",
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Service],
    run: run,
}

const FEDERATED: &str = "mirror.linkerd.io/federated";

fn run(world: &World, findings: &mut Findings<'_>) {
    for service in world.index.services().iter().filter(|s| s.metadata.labels.is(FEDERATED, "member")) {
        let why = match service.spec.kind.as_str() {
            "ExternalName" => "of type ExternalName",
            _ if service.is_headless() => "headless",
            _ => continue,
        };
        let message = format!("a Service that is {why} cannot join a federated Service: it is left out");
        findings.add(service, format!("metadata.labels{}", key(FEDERATED)), message, "Label a Service with a cluster IP for the same pods.");
    }
}
