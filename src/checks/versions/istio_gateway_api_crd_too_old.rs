use semver::Version;

use crate::checks::{Findings, Runs};
use crate::model::{Kind, MeshId};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

/// Below these versions istiod leaves the kind alone.
static MINIMUM: [(&str, Version); 4] = [
    ("grpcroutes.gateway.networking.k8s.io", Version::new(1, 1, 0)),
    ("backendtlspolicies.gateway.networking.k8s.io", Version::new(1, 4, 0)),
    ("tlsroutes.gateway.networking.k8s.io", Version::new(1, 5, 0)),
    ("tcproutes.gateway.networking.k8s.io", Version::new(1, 6, 0)),
];

const BUNDLE_VERSION: &str = "gateway.networking.k8s.io/bundle-version";

crate::check! {
    /// # What it checks
    ///
    /// A Gateway API CustomResourceDefinition is older than what current Istio needs to read the kind: GRPCRoute 1.1, BackendTLSPolicy 1.4,
    /// TLSRoute 1.5, TCPRoute 1.6.
    ///
    /// # Why it matters
    ///
    /// istiod silently ignores all resources of that kind. A TLS listener then reports no attached routes and is never programmed.
    ///
    /// # How to fix it
    ///
    /// Install the Gateway API release that your Istio version was tested with.
    ///
    /// Sources: IST0176; istio `pkg/config/analysis/analyzers/k8sgateway/crdversion.go`, `pkg/config/schema/gatewayapi/minimumversions.go`.
    "istio-gateway-api-crd-too-old",
    summary: "Gateway API CRD is too old for Istio to read the kind",
    aliases: &["IST0176"],
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Istio,
    needs: &[Kind::CustomResourceDefinition],
    runs: Runs::Both,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    if !world.has_trace_of(MeshId::Istio) && world.install.targets.is_empty() {
        return;
    }
    for crd in world.index.objects(Kind::CustomResourceDefinition) {
        let Some((_, minimum)) = MINIMUM.iter().find(|(name, _)| crd.meta.name == *name) else { continue };
        let Some(written) = crd.meta.annotations.get(BUNDLE_VERSION) else { continue };
        // A build from the main branch calls itself v0.0.0-dev.
        let Some(installed) = version(written).filter(|v| v.major > 0) else { continue };
        if installed < *minimum {
            findings.add(
                crd,
                format!("metadata.annotations{}", crate::model::key(BUNDLE_VERSION)),
                format!("Gateway API {written} is installed, and Istio ignores this kind below {minimum}"),
                format!("Install Gateway API {minimum} or later."),
            );
        }
    }
}

/// `v1.4.0-rc.1` as 1.4.0: a pre-release counts as its release. Missing parts count as 0.
fn version(text: &str) -> Option<Version> {
    let numbers = text.strip_prefix('v').unwrap_or(text).split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|part| part.parse::<u64>().ok());
    let version = Version::new(parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
    parts.next().is_none().then_some(version)
}
