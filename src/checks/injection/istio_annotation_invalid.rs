use crate::checks::Findings;
use crate::checks::support::istio::platform::annotation_sites;
use crate::mesh::istio::validation::annotation_values::fault;
use crate::mesh::istio::validation::proxy_config::ignored_field;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The value of an Istio annotation is not one that the injector can read: a port list with something else than ports, a range that is no CIDR,
    /// an unknown interception mode, a quantity or a boolean that does not parse, a `proxy.istio.io/config` that is no ProxyConfig.
    /// As a note also a field of `proxy.istio.io/config` that no ProxyConfig has.
    ///
    /// # Why it matters
    ///
    /// The injector refuses the pod: it is not created until the value is fixed, which shows only at the next restart. Unknown fields it
    /// reads past instead, so that a misspelt setting has no effect.
    ///
    /// # How to fix it
    ///
    /// Correct the value; the message says what is wrong with it.
    ///
    /// Sources: IST0125; istio `pkg/kube/inject/validate.go`, `pkg/util/net/ip.go`, `pkg/util/protomarshal/protomarshal.go`.
    "istio-annotation-invalid",
    summary: "Istio annotation with a value that the injector refuses",
    aliases: &["IST0125"],
    severity: Severity::Warning,
    category: Category::Injection,
    mesh: MeshTag::Istio,
    needs: &[Kind::Namespace, Kind::Service, Kind::Pod],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    annotation_sites::each(world, |site| {
        if !site.known.is_some_and(|a| a.kinds.contains(&site.kind)) {
            return;
        }
        let config = site.name == "proxy.istio.io/config";
        if let Some(why) = fault(site.name, site.value) {
            site.add(
                findings,
                format!("{:?} of {:?}: {why}", site.value.as_str(), site.name.as_str()),
                "Correct the value, or remove the annotation.",
            );
        } else if let Some(field) = ignored_field(site.value).filter(|_| config) {
            let message = format!("ProxyConfig has no field {field:?}: what {:?} says there has no effect", site.name.as_str());
            site.add(findings, message, "Correct the name of the field, or remove it.").codes(&[]).severity(Severity::Info);
        }
    });
}
