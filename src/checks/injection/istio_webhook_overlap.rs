use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::istio::platform::webhooks::{configurations, revisions, selector_matches};
use crate::mesh::istio::{INJECT, INJECTION, REV};
use crate::model::{FEW, Field, Kind, Map, Object, few};
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

/// One webhook of a configuration.
type Webhook<'w> = (&'w Object, Field<'w>);

/// Webhooks that match the same of the labels tried.
struct Group<'w> {
    /// The variants of the namespace's labels that they match, and of the pod's.
    namespaces: BTreeSet<usize>,
    pods: BTreeSet<usize>,
    webhooks: Vec<Webhook<'w>>,
}

impl Group<'_> {
    /// The first labels that both match, if there are any.
    fn meets(&self, other: &Self) -> Option<(usize, usize)> {
        let namespace = self.namespaces.intersection(&other.namespaces).next()?;
        Some((*namespace, *self.pods.intersection(&other.pods).next()?))
    }
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let configurations: Vec<&Object> = configurations(world).collect();
    let revisions: BTreeSet<&str> = configurations.iter().flat_map(|c| revisions(c)).collect();
    let namespaces = variants(INJECTION, ["enabled", "disabled"], &revisions);
    let pods = variants(INJECT, ["true", "false"], &revisions);
    let matched = |webhook: &Field<'_>, name: &'static str, all: &[Map]| -> BTreeSet<usize> {
        (0..all.len()).filter(|at| selector_matches(webhook, name, &all[*at])).collect()
    };
    // A name that a configuration holds twice is no overlap: the API server refuses that.
    let mut known = BTreeSet::new();
    let mut by_labels: BTreeMap<_, Vec<Webhook<'_>>> = BTreeMap::new();
    for (configuration, webhook) in configurations.iter().flat_map(|c| c.root().list("webhooks").map(|w| (*c, w))) {
        if known.insert(name(&(configuration, webhook))) {
            let key = (matched(&webhook, "namespaceSelector", &namespaces), matched(&webhook, "objectSelector", &pods));
            by_labels.entry(key).or_default().push((configuration, webhook));
        }
    }
    let groups: Vec<Group<'_>> = by_labels.into_iter().map(|((namespaces, pods), webhooks)| Group { namespaces, pods, webhooks }).collect();
    for own in &groups {
        let met: Vec<(&Group<'_>, (usize, usize))> = groups.iter().filter_map(|other| Some((other, own.meets(other)?))).collect();
        let total = met.iter().map(|(other, _)| other.webhooks.len()).sum::<usize>().saturating_sub(1);
        for webhook in own.webhooks.iter().filter(|_| total > 0) {
            let first = met.iter().flat_map(|(other, at)| other.webhooks.iter().take(FEW + 1).map(|w| (name(w), *at)));
            let others: Vec<(String, (usize, usize))> = first.filter(|(other, _)| *other != name(webhook)).take(FEW).collect();
            let example = others.iter().map(|(_, at)| *at).min().map_or_else(String::new, |(n, p)| describe(&namespaces[n], &pods[p]));
            let named = few(others.iter().map(|(name, _)| name), total);
            findings.add(
                webhook.0,
                webhook.1.path(),
                format!("webhook {:?} overlaps with {named}, for instance for {example}", webhook.1.text("name")),
                "Remove the configuration that is left over, or correct its selectors.",
            );
        }
    }
}

fn name((configuration, webhook): &Webhook<'_>) -> String {
    format!("{}/{}", configuration.meta.name, webhook.text("name"))
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
