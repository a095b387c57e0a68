use crate::checks::Findings;
use crate::checks::support::linkerd::platform::extensions::tap_apis;
use crate::checks::support::linkerd::platform::serving::Served;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The certificates between the API server and viz's tap API: one of the `caBundle` of APIService `v1alpha1.tap.linkerd.io` or of Secret
    /// `tap-k8s-tls` has expired, is not yet valid, cannot be read or ends soon; or the second was not issued by the first, or is for another name.
    ///
    /// # Why it matters
    ///
    /// `linkerd viz tap` and the dashboard's live view fail. The chart makes this certificate for a year, and nothing renews it.
    ///
    /// # How to fix it
    ///
    /// Upgrade the extension, which makes a new one, or have it renewed by a certificate manager that also injects the `caBundle`. Then restart tap.
    ///
    /// Sources: linkerd `viz/pkg/healthcheck/healthcheck.go` (tap API server has valid cert).
    "linkerd-tap-certificate",
    summary: "Certificate of viz's tap API has expired, ends soon or is not trusted",
    aliases: &["l5d-tap-cert-valid", "l5d-tap-cert-not-expiring-soon"],
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ApiService, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for object in tap_apis(world) {
        let holder = object.spec();
        let service = holder.get("service");
        let codes = ["l5d-tap-cert-valid", "l5d-tap-cert-not-expiring-soon"];
        Served { name: "tap", object, holder, service, codes }.judge(world, findings);
    }
}
