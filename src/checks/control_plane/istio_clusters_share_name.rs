use crate::checks::Findings;
use crate::checks::support::clusters::named;
use crate::checks::support::istio::platform::clusters::one_mesh;
use crate::mesh::istio::InjectorConfig;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The control plane of this cluster and that of another one (`--remote-context`, `--remote-snapshot`) of the same mesh ID give their cluster the
    /// same name (`global.multiCluster.clusterName`, `Kubernetes` where nothing is written).
    ///
    /// # Why it matters
    ///
    /// The name is how istiod tells clusters apart. A remote Secret for a cluster of istiod's own name is ignored, so that the other cluster's
    /// endpoints are never found; where proxies of two clusters go by one name, locality, networks and telemetry of the two are mixed up.
    ///
    /// # How to fix it
    ///
    /// Give every cluster a name of its own in the values of its installation, and make its remote Secret anew with that name.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # before: the values of east, copied to west
    /// global: {meshID: mesh1, multiCluster: {clusterName: east}}
    /// # after, in west
    /// global: {meshID: mesh1, multiCluster: {clusterName: west}}
    /// ```
    ///
    /// Sources: istio `pkg/kube/multicluster/secretcontroller.go`, chart `istio-discovery` (`CLUSTER_ID`); no other tool reports it.
    "istio-clusters-share-name",
    summary: "Two clusters of one mesh go by the same name",
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::ConfigMap],
    remote: &[Kind::ConfigMap],
    compares: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let remotes: Vec<&World> = findings.remotes().iter().copied().filter(|remote| one_mesh(world, remote) == Some(true)).collect();
    let readable = |config: &&InjectorConfig| config.error.is_none();
    for ours in world.istio.injector_configs.iter().filter(readable) {
        let name = &ours.cluster_name;
        let shares = |remote: &&&World| remote.istio.injector_configs.iter().filter(readable).any(|theirs| theirs.cluster_name == *name);
        let others: Vec<&str> = remotes.iter().filter(shares).map(|remote| remote.source.name.as_str()).collect();
        let Some(map) = world.index.object(Kind::ConfigMap, &ours.object.namespace, &ours.object.name).filter(|_| !others.is_empty()) else {
            continue;
        };
        let message = format!("this cluster and {} go by one name in their mesh, {:?}: istiod takes them for one", named(&others), name.as_str());
        findings.add(
            map,
            "data.values",
            message,
            "Give each cluster a global.multiCluster.clusterName of its own, and make the remote Secrets anew.",
        );
    }
}
