use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::gateway::routes;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

const GROUP: &str = "gateway.networking.k8s.io";
const CHANNEL: &str = "gateway.networking.k8s.io/channel";
const BUNDLE: &str = "gateway.networking.k8s.io/bundle-version";

crate::check! {
    /// # What it checks
    ///
    /// A Gateway API object is of a kind whose CustomResourceDefinition is not among the installed ones of the Gateway API. The standard channel of
    /// a release leaves out kinds that are still experimental in it, TCPRoute and UDPRoute among them for long.
    ///
    /// # Why it matters
    ///
    /// The API server refuses the object: no matches for the kind.
    ///
    /// # How to fix it
    ///
    /// Install the experimental channel, or a release whose standard channel has the kind.
    ///
    /// Sources: Gateway API versioning, annotations `gateway.networking.k8s.io/channel` and `bundle-version`; Kiali and istioctl do not look.
    "gateway-api-kind-not-installed",
    summary: "Object of a Gateway API kind that is not installed",
    severity: Severity::Info,
    category: Category::Versions,
    mesh: MeshTag::Any,
    needs: &[Kind::CustomResourceDefinition, Kind::TcpRoute, Kind::UdpRoute, Kind::TlsRoute],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let crds = world.index.objects(Kind::CustomResourceDefinition);
    let ours: Vec<_> = crds.iter().filter(|crd| crd.spec().text("group") == GROUP).collect();
    // Among files, some definitions are as good as none: the others are installed from elsewhere.
    if ours.is_empty() || world.sight(Kind::CustomResourceDefinition, "") != Sight::Clear {
        return;
    }
    let installed: BTreeSet<&str> = ours.iter().filter_map(|crd| crd.spec().get("names").map(|n| n.text("kind"))).collect();
    let annotation = |key: &str| ours.iter().find_map(|crd| crd.meta.annotations.get(key)).unwrap_or("unknown");
    let kinds = routes::KINDS.into_iter().chain([Kind::Gateway, Kind::GatewayClass, Kind::ReferenceGrant, Kind::BackendTlsPolicy, Kind::ListenerSet]);
    for kind in kinds.filter(|kind| !installed.contains(kind.name())) {
        for object in world.index.objects(kind) {
            findings
                .add(
                    object,
                    "",
                    format!("{kind} is not installed: these definitions are of channel {}, release {}", annotation(CHANNEL), annotation(BUNDLE)),
                    "Install the experimental channel, or a release whose standard channel has the kind.",
                )
                .related(ours[0].reference(), "is one of the installed definitions");
        }
    }
}
