use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::clusters::named;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::certificate::Certificate;
use crate::mesh::linkerd::anchors::{Bundle, anchors};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Linkerd runs in this cluster and in another one (`--remote-context`, `--remote-snapshot`), a Link in either says that clusters are connected,
    /// and the control planes do not trust the same anchors. What proxies use is compared (ConfigMap `linkerd-identity-trust-roots`), not what
    /// the chart was once given; order, comments and white space do not count.
    ///
    /// # Why it matters
    ///
    /// A proxy refuses a certificate that does not lead to one of its own anchors. Without a common one every call between the clusters fails,
    /// through the gateway as well as from pod to pod. With a common one among others it works for as long as both issuers descend from that one.
    ///
    /// # How to fix it
    ///
    /// Put the anchors of both clusters into the bundle of each, restart the workloads, and only then give both an issuer below a common anchor.
    ///
    /// Sources: linkerd `multicluster/cmd/check.go` (which compares the values of the charts instead).
    "linkerd-trust-anchors-differ-between-clusters",
    summary: "Linked clusters trust different anchors",
    aliases: &["l5d-multicluster-clusters-share-anchors"],
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Link],
    remote: &[Kind::ConfigMap, Kind::Link],
    compares: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let linked = |world: &World| !world.index.objects(Kind::Link).is_empty();
    let remotes: Vec<&World> = findings.remotes().iter().copied().filter(|remote| linked(world) || linked(remote)).collect();
    let all = |certificates: &[Certificate]| certificates.iter().map(|c| c.der.clone()).collect::<BTreeSet<_>>();
    for (config, object) in configs(world) {
        // Whatever is wrong with the bundle of this cluster, other rules say.
        let Some(Bundle { object: map, path, certificates: Ok(ours) }) = anchors(&world.index, config) else { continue };
        let ours = all(&ours);
        let (mut apart, mut partly) = (Vec::new(), Vec::new());
        for remote in &remotes {
            let cluster = remote.source.name.as_str();
            let counterpart = remote.linkerd.config(&config.namespace).or_else(|| remote.linkerd.configs.first());
            let Some(Ok(theirs)) = counterpart.and_then(|c| anchors(&remote.index, c)).map(|bundle| bundle.certificates) else {
                findings.cannot_tell(&object.reference(), format!("cluster {cluster}: Linkerd's trust anchors are not to be found there"));
                continue;
            };
            let theirs = all(&theirs);
            if ours.is_disjoint(&theirs) {
                apart.push(cluster);
            } else if ours != theirs {
                partly.push(cluster);
            }
        }
        let hint = "Put the anchors of all clusters into the bundle of each, and restart the workloads.";
        if !apart.is_empty() {
            let message = format!("these are no trust anchors of {}: proxies there and here refuse each other", named(&apart));
            findings.add(map, path.clone(), message, hint);
        }
        if !partly.is_empty() {
            let message = format!("these are only in part the trust anchors of {}: who trusts whom depends on the issuers", named(&partly));
            findings.add(map, path, message, hint).severity(Severity::Warning);
        }
    }
}
