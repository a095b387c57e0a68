use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::platform::webhooks::{configurations, revisions, selector_matches};
use crate::mesh::istio::{INJECT, INJECTION, REV};
use crate::model::{Field, Kind, Map, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two injection webhooks match the same pods. All combinations are tried of the namespace's `istio-injection`, the pod's
    /// `sidecar.istio.io/inject`, and `istio.io/rev` on both with every revision that a webhook mentions.
    ///
    /// # Why it matters
    ///
    /// Such a pod is sent to two control planes, one after the other, and gets a mixture of two sidecars, or is refused.
    ///
    /// # How to fix it
    ///
    /// Remove the webhook configuration that is left over, or correct its selectors. `istioctl tag set default` deactivates the default revision's.
    ///
    /// Sources: IST0139; istio `pkg/config/analysis/analyzers/webhook/webhook.go`.
    "istio-webhook-overlap",
    summary: "Several injection webhooks match the same pods",
    aliases: &["IST0139"],
    severity: Severity::Error,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::MutatingWebhookConfiguration],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let configurations: Vec<&Object> = configurations(world).collect();
    let webhooks: Vec<(&Object, Field<'_>)> = configurations.iter().flat_map(|c| c.root().list("webhooks").map(|w| (*c, w))).collect();
    let revisions: BTreeSet<&str> = configurations.iter().flat_map(|c| revisions(c)).collect();
    let namespaces = variants(INJECTION, ["enabled", "disabled"], &revisions);
    let pods = variants(INJECT, ["true", "false"], &revisions);
    // Which variants each webhook matches is asked once per webhook; the combinations then are look-ups.
    let matches = |name: &'static str, all: &[Map]| -> Vec<Vec<bool>> {
        webhooks.iter().map(|(_, w)| all.iter().map(|labels| selector_matches(w, name, labels)).collect()).collect()
    };
    let (by_namespace, by_pod) = (matches("namespaceSelector", &namespaces), matches("objectSelector", &pods));
    let mut overlaps: BTreeMap<usize, (BTreeSet<usize>, String)> = BTreeMap::new();
    for (n, namespace) in namespaces.iter().enumerate() {
        for (p, pod) in pods.iter().enumerate() {
            let hit: Vec<usize> = (0..webhooks.len()).filter(|w| by_namespace[*w][n] && by_pod[*w][p]).collect();
            let names: BTreeSet<_> = hit.iter().map(|w| (&webhooks[*w].0.meta.name, webhooks[*w].1.text("name"))).collect();
            for &w in hit.iter().filter(|_| names.len() > 1) {
                let others = hit.iter().copied().filter(|other| *other != w);
                overlaps.entry(w).or_insert_with(|| (BTreeSet::new(), describe(namespace, pod))).0.extend(others);
            }
        }
    }
    for (w, (others, example)) in overlaps {
        let (configuration, webhook) = &webhooks[w];
        let named: Vec<String> = others.iter().map(|o| format!("{}/{}", webhooks[*o].0.meta.name, webhooks[*o].1.text("name"))).collect();
        findings.add(
            *configuration,
            webhook.path(),
            format!("webhook {:?} overlaps with {}, for instance for {example}", webhook.text("name"), named.join(", ")),
            "Remove the configuration that is left over, or correct its selectors.",
        );
    }
}

/// Labels to try: without `key`, with each of its values, and each of these with every revision.
fn variants(key: &str, values: [&str; 2], revisions: &BTreeSet<&str>) -> Vec<Map> {
    let mut variants = Vec::new();
    for revision in [None].into_iter().chain(revisions.iter().copied().map(Some)) {
        for value in [None, Some(values[0]), Some(values[1])] {
            variants.push([value.map(|v| (key, v)), revision.map(|r| (REV, r))].into_iter().flatten().collect());
        }
    }
    variants
}

fn describe(namespace: &Map, pod: &Map) -> String {
    let words = |labels: &Map| {
        let all: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        if all.is_empty() { "no label".to_owned() } else { all.join(",") }
    };
    format!("a namespace with {} and a pod with {}", words(namespace), words(pod))
}
