use crate::checks::support::istio::platform::annotation_catalogue::Maturity;
use crate::checks::support::istio::platform::annotation_sites;
use crate::checks::{Findings, Runs};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

/// The injector writes these down itself when istio-cni does the redirection.
const WRITTEN_BY_INJECTOR: [&str; 4] = [
    "sidecar.istio.io/interceptionMode",
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/includeOutboundIPRanges",
];

crate::check! {
    /// # What it checks
    ///
    /// An annotation whose meaning Istio calls alpha, apart from those that the injector writes itself.
    ///
    /// # Why it matters
    ///
    /// An alpha setting may change or go with any version. Before an upgrade it is worth knowing which of them are in use; the rule runs only when
    /// asked for, since most annotations are alpha.
    ///
    /// # How to fix it
    ///
    /// Look the annotation up in the notes of the version you upgrade to.
    ///
    /// Sources: IST0136; istio `pkg/config/analysis/analyzers/maturity/maturity.go`.
    "istio-annotation-alpha",
    summary: "Istio annotation whose meaning is still alpha",
    aliases: &["IST0136"],
    severity: Severity::Info,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod],
    opt_in: true,
    runs: Runs::Both,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    annotation_sites::each(world, |site| {
        let written = site.by_injector && WRITTEN_BY_INJECTOR.contains(&site.name.as_str());
        if site.known.is_some_and(|a| a.maturity == Maturity::Alpha) && !written {
            site.add(
                findings,
                format!("the annotation {:?} is alpha and may change with any version", site.name.as_str()),
                "Check its meaning in the notes of the version you upgrade to.",
            );
        }
    });
}
