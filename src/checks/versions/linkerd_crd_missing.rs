use crate::checks::Findings;
use crate::checks::support::kubernetes::definitions::has_version;
use crate::checks::support::linkerd::platform::extensions::EXTENSION;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{SourceKind, World};

/// What the control plane reads, with the version it asks for.
const NEEDED: [(Kind, &str); 10] = [
    (Kind::LinkerdAuthorizationPolicy, "v1alpha1"),
    (Kind::EgressNetwork, "v1alpha1"),
    (Kind::HttpLocalRateLimitPolicy, "v1alpha1"),
    (Kind::MeshTlsAuthentication, "v1alpha1"),
    (Kind::NetworkAuthentication, "v1alpha1"),
    (Kind::LinkerdHttpRoute, "v1beta3"),
    (Kind::Server, "v1beta3"),
    (Kind::ServerAuthorization, "v1beta1"),
    (Kind::ServiceProfile, "v1alpha2"),
    (Kind::ExternalWorkload, "v1beta1"),
];

crate::check! {
    /// # What it checks
    ///
    /// A CustomResourceDefinition that Linkerd's control plane reads is not there (error), or does not have the version that current releases ask for
    /// (warning: an older release may do without). Likewise Links, where the multicluster extension has a namespace.
    ///
    /// # Why it matters
    ///
    /// The policy controller waits for every kind it reads. Without one it does not become ready, and with it the destination component.
    ///
    /// # How to fix it
    ///
    /// Install the chart `linkerd-crds` (or `linkerd upgrade --crds`) of the control plane's version, before the control plane.
    ///
    /// Sources: linkerd `pkg/healthcheck/healthcheck.go` (control plane CustomResourceDefinitions exist), `charts/linkerd-crds/templates`.
    "linkerd-crd-missing",
    summary: "Linkerd's custom resource definitions are missing or too old",
    aliases: &["l5d-existence-crd", "l5d-multicluster-link-crd-exists"],
    severity: Severity::Error,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap, Kind::CustomResourceDefinition, Kind::Namespace],
    run: run,
}

const CORE: &[&str] = &["l5d-existence-crd"];

fn run(world: &World, findings: &mut Findings<'_>) {
    let Some((_, config)) = configs(world).next() else { return };
    let of_files = matches!(world.source.kind, SourceKind::Files | SourceKind::Overlay);
    // No API server lives without any definition: the source leaves them out. Files may well hold those of others only.
    if world.index.objects(Kind::CustomResourceDefinition).is_empty() || of_files && NEEDED.iter().all(|(kind, _)| crd(world, *kind).is_none()) {
        return;
    }
    of_multicluster(world, findings);
    let mut missing: Vec<String> = Vec::new();
    for (kind, version) in NEEDED {
        match crd(world, kind) {
            None => missing.push(kind.resource()),
            Some(found) if !has_version(found, version) => {
                let what = format!("it has no version {version}, which current releases of Linkerd ask for");
                let hint = "Install the definitions of the control plane's version.";
                findings.add(found, "spec.versions", what, hint).severity(Severity::Warning).codes(CORE);
            }
            Some(_) => {}
        }
    }
    if !missing.is_empty() {
        let what = format!("the control plane reads kinds that are not installed: {}", missing.join(", "));
        let hint = "Install the definitions of the control plane's version (chart linkerd-crds).";
        if let Some(finding) = findings.missing(config, "", &[(Kind::CustomResourceDefinition, "")], what, hint) {
            finding.codes(CORE);
        }
    }
}

/// The kind that the multicluster extension brings with it.
fn of_multicluster(world: &World, findings: &mut Findings<'_>) {
    if crd(world, Kind::Link).is_some() {
        return;
    }
    for namespace in world.index.namespaces().iter().filter(|n| n.metadata.labels.is(EXTENSION, "multicluster")) {
        let what = "the multicluster extension is here, and its kind links.multicluster.linkerd.io is not installed";
        let hint = "Upgrade the extension with its values.";
        if let Some(finding) = findings.missing(namespace, "", &[(Kind::CustomResourceDefinition, "")], what, hint) {
            finding.codes(&["l5d-multicluster-link-crd-exists"]);
        }
    }
}

fn crd(world: &World, kind: Kind) -> Option<&Object> {
    world.index.object(Kind::CustomResourceDefinition, "", &kind.resource())
}
