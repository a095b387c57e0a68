use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::model::{Kind, first_of};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Nodes run the docker container runtime, and the init container that redirects traffic is not to run as root (`proxyInit.runAsRoot: false`, the
    /// default). Without effect where the CNI plugin redirects traffic.
    ///
    /// # Why it matters
    ///
    /// With docker the init container cannot change the pod's rules unless it is root: injected pods do not start on those nodes.
    ///
    /// # How to fix it
    ///
    /// Set `proxyInit.runAsRoot: true`, use the CNI plugin, or move the nodes to containerd.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (proxy-init container runs as root user if docker container runtime is used).
    "linkerd-proxy-init-not-root",
    summary: "proxy-init does not run as root on nodes with docker",
    aliases: &["l5d-proxy-init-run-as-root"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Node],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world).filter(|(c, _)| !c.cni) {
        if config.root().at(["proxyInit", "runAsRoot"]).and_then(|f| f.bool()) == Some(true) {
            continue;
        }
        let docker = |n: &&crate::model::Node| n.status.node_info.container_runtime_version.starts_with("docker:");
        let nodes: Vec<_> = world.index.inventory().nodes.iter().filter(docker).map(|n| &n.metadata.name).collect();
        if !nodes.is_empty() {
            let what = format!("proxy-init does not run as root, which it must with docker on nodes {}", first_of(&nodes, 10));
            findings.add(object, "data.values", what, "Set proxyInit.runAsRoot: true, or use the CNI plugin.");
        }
    }
}
