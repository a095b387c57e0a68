use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::clusters::named;
use crate::checks::support::istio::platform::clusters::one_mesh;
use crate::mesh::certificate::{self, value};
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The root certificates that pods of this cluster trust (ConfigMap `istio-ca-root-cert` beside the control plane) are not those of another
    /// cluster (`--remote-context`, `--remote-snapshot`). Clusters whose mesh IDs say that they are two meshes are not compared.
    ///
    /// # Why it matters
    ///
    /// Each istiod that is installed without an authority of its own makes itself a root. Endpoints of the other cluster are known and called, and
    /// every such call fails in the TLS handshake: `CERTIFICATE_VERIFY_FAILED`, response flag `UF`.
    ///
    /// # How to fix it
    ///
    /// Give the control planes intermediate certificates below one root (Secret `cacerts`), and restart istiod and the workloads.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/kube/controller/namespacecontroller.go`, "Plug in CA Certificates"; no other tool reports it.
    "istio-roots-differ-between-clusters",
    summary: "Clusters of one mesh trust different roots",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::ConfigMap],
    remote: &[Kind::ConfigMap],
    compares: true,
    run: run,
}

const ROOTS: &str = "istio-ca-root-cert";

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some((map, ours)) = roots(world) else { return };
    let mut differing: BTreeMap<(bool, bool), Vec<&str>> = BTreeMap::new();
    for remote in findings.remotes().to_vec() {
        let mesh = one_mesh(world, remote);
        if mesh == Some(false) {
            continue;
        }
        let cluster = remote.source.name.as_str();
        if [world, remote].iter().any(|w| w.istio.config.root().list("caCertificates").next().is_some()) {
            findings.cannot_tell(&map.reference(), format!("cluster {cluster}: caCertificates of a MeshConfig add roots that do not show here"));
            continue;
        }
        let Some((_, theirs)) = roots(remote) else {
            findings.cannot_tell(&map.reference(), format!("cluster {cluster}: no ConfigMap {ROOTS} with certificates is to be found there"));
            continue;
        };
        if ours != theirs {
            differing.entry((ours.is_disjoint(&theirs), mesh.is_some())).or_default().push(cluster);
        }
    }
    for ((apart, one_mesh), clusters) in differing {
        let message = match apart {
            true => format!("these are no roots of {}: proxies there and here refuse each other", named(&clusters)),
            false => format!("these are only in part the roots of {}: a change of roots is half done", named(&clusters)),
        };
        let hint = match one_mesh {
            true => "Give all control planes intermediate certificates below one root (Secret cacerts), and restart the workloads.",
            false => "If all are to be one mesh, give their control planes intermediate certificates below one root (Secret cacerts).",
        };
        let severity = if apart && one_mesh { Severity::Error } else { Severity::Warning };
        findings.add(map, "data[\"root-cert.pem\"]", message, hint).severity(severity);
    }
}

/// What pods trust, as istiod writes it into every namespace; read beside the control plane.
fn roots(world: &World) -> Option<(&Object, BTreeSet<Vec<u8>>)> {
    let beside = world.index.object(Kind::ConfigMap, world.istio.root_namespace(), ROOTS);
    let map = beside.or_else(|| world.index.objects(Kind::ConfigMap).iter().find(|m| m.meta.name == ROOTS))?;
    let certificates = certificate::read(&value(map, "root-cert.pem")?).ok()?;
    Some((map, certificates.into_iter().map(|c| c.public_key).collect()))
}
