use crate::checks::Findings;
use crate::checks::support::istio::schema::endpoints::{self, Addresses};
use crate::checks::support::istio::schema::judged::each;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A WorkloadEntry keeps to Istio's rules: it has an address that is an IP address, a domain name or a Unix socket, its ports have valid names and
    /// numbers, and its labels are labels.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid entry. Where it came in past the webhook, the workload gets no traffic.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`.
    "istio-workload-entry-invalid",
    summary: "WorkloadEntry that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::WorkloadEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::WorkloadEntry, |judge, spec, _| {
        endpoints::address(judge, spec, Addresses::IpOrName);
        endpoints::ports(judge, spec, None);
    });
}
