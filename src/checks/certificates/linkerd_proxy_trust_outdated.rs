use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::{config_of, is_plane, meshed, restart, some_of};
use crate::mesh::linkerd::anchors::anchors;
use crate::mesh::linkerd::trust::{self, Trust};
use crate::model::{Kind, Str, Subject as _};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Pods whose proxy was injected with other trust anchors than those of the control plane. Bundles are compared as sets of certificates, by the
    /// proxy's own copy or, without one, by the hash in `linkerd.io/trust-root-sha256`.
    ///
    /// # Why it matters
    ///
    /// A proxy keeps the anchors it was injected with. While the bundles overlap a rotation is on its way and connections still work; without a
    /// common anchor they fail.
    ///
    /// # How to fix it
    ///
    /// Restart the workload before an anchor it depends on is taken out of the bundle.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (data plane proxies certificate match CA), `pkg/inject/inject.go`.
    "linkerd-proxy-trust-outdated",
    summary: "Proxies were injected with other trust anchors",
    aliases: &["l5d-identity-data-plane-proxies-certs-match-ca"],
    severity: Severity::Warning,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    // Pods by the thousand carry few different bundles.
    let mut seen: HashMap<(&str, &str), Trust> = HashMap::new();
    let now: HashMap<&Str, &str> = world.linkerd.configs.iter().filter_map(|c| Some((&c.namespace, c.trust_anchors.as_deref()?))).collect();
    for workload in world.index.workloads().iter().filter(|w| !is_plane(world, &w.reference.namespace)) {
        let (mut all, mut apart, mut others, mut plane) = (0, false, 0, None);
        for pod in meshed(world, workload) {
            all += 1;
            let Some(config) = config_of(world, pod) else { continue };
            let Some(bundle) = now.get(&config.namespace) else { continue };
            let own = trust::copy(pod).or_else(|| pod.metadata.annotations.get(trust::ANCHORS_HASH)).unwrap_or_default();
            if let Trust::Differs { overlaps } = *seen.entry((own, bundle)).or_insert_with(|| trust::of(pod, bundle)) {
                others += 1;
                apart |= overlaps == Some(false);
                plane = Some(config);
            }
        }
        let Some(config) = plane else { continue };
        let who = some_of(others, all, "trusts", "trust");
        let what = if apart {
            format!("{who} none of the control plane's trust anchors: connections with restarted pods fail")
        } else {
            format!("{who} another set of trust anchors than the control plane's")
        };
        let finding = findings.add_workload(workload, "", what, restart(workload));
        if apart {
            finding.severity(Severity::Error);
        }
        if let Some(bundle) = anchors(&world.index, config) {
            finding.related(bundle.object.reference(), "has the control plane's trust anchors");
        }
    }
}
