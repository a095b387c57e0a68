//! What a proxy was sent and refused, with the object that it came from, and what it waits for.

use super::{Comparison, DifferenceKind, envoy_filters, of};
use crate::index::Workload;
use crate::mesh::MeshView;
use crate::mesh::envoy::{Answers, MadeOf, Rejection, Stage};
use crate::model::{Evidence, Subject};

pub(super) fn add(view: MeshView<'_>, workload: &Workload, answers: &Answers, found: &mut Comparison) {
    let mut told: Vec<&Rejection> = Vec::new();
    for rejection in &answers.rejected {
        // Envoy tells of a listener without an older one twice.
        if told.iter().any(|known| (known.section, &known.name, &known.details) == (rejection.section, &rejection.name, &rejection.details)) {
            continue;
        }
        told.push(rejection);
        let serving = if rejection.serving { "; the one before goes on serving" } else { "" };
        let named = rejection.made_of.as_ref().and_then(MadeOf::object).map(|object| of(object, "it was made of this"));
        let because = named.or_else(|| by_filter(view, workload, &rejection.details));
        let at = format!("{} {}", rejection.section.called(), rejection.name);
        found.add(DifferenceKind::Rejected, at, format!("rejected: {}{serving}", rejection.details), because.into_iter().collect());
    }
    let clusters = answers.clusters.iter().map(|cluster| (cluster.stage, "cluster", &cluster.name));
    let listeners = answers.listeners.iter().map(|listener| (listener.stage, "listener", &listener.name));
    for (_, what, name) in clusters.chain(listeners).filter(|(stage, ..)| *stage == Stage::Warming) {
        found.add(DifferenceKind::Waiting, format!("{what} {name}"), "waits for what it needs, such as its endpoints or a certificate", Vec::new());
    }
}

/// The patch of an EnvoyFilter that adds a filter which Envoy's words name.
fn by_filter(view: MeshView<'_>, workload: &Workload, details: &str) -> Option<Evidence> {
    envoy_filters(view, workload).find_map(|filter| {
        let mut patches = filter.spec().list("configPatches");
        let patch = patches.find(|patch| {
            let name = patch.at(["patch", "value"]).map(|value| value.text("name")).unwrap_or_default();
            !name.is_empty() && details.contains(&format!("'{name}'"))
        })?;
        Some(Evidence::field(filter.reference(), patch.path(), "it adds the filter that the proxy names"))
    })
}
