use crate::checks::Findings;
use crate::model::{Gap, Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::{Sight, World};

crate::check! {
    /// # What it checks
    ///
    /// A manifest of a Linkerd resource, laid over a cluster (`--with-cluster`) or standing beside the definitions, is of a kind that is not installed
    /// or in a version that its CustomResourceDefinition does not serve.
    ///
    /// # Why it matters
    ///
    /// The API server refuses it: no matches for the kind.
    ///
    /// # How to fix it
    ///
    /// Write a version that is served, or upgrade the definitions first (chart `linkerd-crds`; `linkerd-multicluster` for Links).
    ///
    /// Sources: linkerd `charts/linkerd-crds/templates`.
    "linkerd-version-not-served",
    summary: "Linkerd resource of a kind or version that the cluster does not serve",
    severity: Severity::Error,
    category: Category::Versions,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::CustomResourceDefinition, Kind::Server, Kind::ServerAuthorization, Kind::LinkerdAuthorizationPolicy, Kind::MeshTlsAuthentication, Kind::NetworkAuthentication, Kind::LinkerdHttpRoute, Kind::HttpLocalRateLimitPolicy, Kind::EgressNetwork, Kind::ServiceProfile, Kind::ExternalWorkload, Kind::Link],
    run: run,
}

const KINDS: [Kind; 11] = [
    Kind::Server,
    Kind::ServerAuthorization,
    Kind::LinkerdAuthorizationPolicy,
    Kind::MeshTlsAuthentication,
    Kind::NetworkAuthentication,
    Kind::LinkerdHttpRoute,
    Kind::HttpLocalRateLimitPolicy,
    Kind::EgressNetwork,
    Kind::ServiceProfile,
    Kind::ExternalWorkload,
    Kind::Link,
];

fn run(world: &World, findings: &mut Findings<'_>) {
    let crds = world.index.objects(Kind::CustomResourceDefinition);
    for kind in KINDS {
        // What comes from the cluster is served, and says no version or one that was.
        let written = world.index.objects(kind).iter().filter(|o| o.meta.origin.is_some());
        let Some(crd) = world.index.object(Kind::CustomResourceDefinition, "", &kind.resource()) else {
            // A cluster that has definitions and not this one; files may well hold those of others only.
            let unserved = world.index.inventory().gaps.contains(&Gap::NotServed(kind));
            if unserved && !crds.is_empty() && world.sight(Kind::CustomResourceDefinition, "") == Sight::Clear {
                for object in written {
                    let what = format!("{} is not installed in the cluster", kind.resource());
                    findings.add(object, "", what, "Install the definitions of Linkerd's version first.");
                }
            }
            continue;
        };
        let served: Vec<&str> =
            crd.spec().list("versions").filter(|v| v.get("served").is_none_or(|s| s.bool() != Some(false))).map(|v| v.text("name")).collect();
        for object in written.filter(|_| !served.is_empty()) {
            let own =
                object.meta.api_version.rsplit_once('/').map_or_else(|| kind.versions().first().copied().unwrap_or_default(), |(_, version)| version);
            if !served.contains(&own) {
                let hint = format!("Write one of {}, or upgrade the definitions first.", served.join(", "));
                let what = format!("{own} of {kind} is not served, only {}", served.join(", "));
                findings.add(object, "apiVersion", what, hint).related(crd.reference(), "lists the versions");
            }
        }
    }
}
