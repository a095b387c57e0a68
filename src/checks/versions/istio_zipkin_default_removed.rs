use crate::checks::{Findings, Runs};
use crate::mesh::istio::release::minor;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A control plane of version 1.21 or older (the one that runs, or what `check --pre --from-version` names) beside a Service `zipkin` in
    /// `istio-system`. These versions send traces there by default.
    ///
    /// # Why it matters
    ///
    /// From version 1.22 on the default is gone: after the upgrade no traces arrive.
    ///
    /// # How to fix it
    ///
    /// Before upgrading, define a tracing provider in MeshConfig and turn it on with a Telemetry resource.
    ///
    /// Sources: IST0169; istio `istioctl/pkg/precheck/precheck.go`.
    "istio-zipkin-default-removed",
    summary: "Tracing to zipkin.istio-system will stop with the upgrade past 1.21",
    aliases: &["IST0169"],
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Istio,
    needs: &[Kind::Service],
    runs: Runs::Both,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some(zipkin) = world.index.service("istio-system", "zipkin") else { return };
    let running = world.istio.control_planes.iter().filter_map(|p| Some((p.version.as_deref()?.to_owned(), minor(p.version.as_deref()?)?)));
    let named = world.install.from_version.map(|(major, minor)| (format!("{major}.{minor}"), (major, minor)));
    let old = named.into_iter().chain(running).find(|(_, minor)| *minor <= (1, 21));
    if let Some((version, _)) = old {
        findings.add(
            zipkin,
            "",
            format!("Istio {version} sends traces here by default; from 1.22 on it does not"),
            "Define a tracing provider in MeshConfig and turn it on with a Telemetry resource before upgrading.",
        );
    }
}
