use crate::checks::Findings;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `clusterCredentialsSecret` of a Link names a Secret that does not exist in the Link's namespace.
    ///
    /// # Why it matters
    ///
    /// The service mirror cannot reach the other cluster: nothing is mirrored, and what was mirrored goes stale.
    ///
    /// # How to fix it
    ///
    /// Make the Link and its Secret anew with `linkerd multicluster link-gen`, and apply both.
    ///
    /// Sources: linkerd `multicluster/cmd/check.go`, `multicluster/cmd/service-mirror/main.go`.
    "linkerd-link-credentials-not-found",
    summary: "Link whose credentials are missing",
    aliases: &["l5d-smc-target-clusters-access"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::Link, Kind::Secret],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for link in world.index.objects(Kind::Link) {
        let spec = link.spec();
        let Some(field) = spec.get("clusterCredentialsSecret") else { continue };
        let (namespace, name) = (link.meta.namespace.as_str(), field.str().unwrap_or_default());
        if !name.is_empty() && world.index.object(Kind::Secret, namespace, name).is_none() {
            findings.missing(
                link,
                field.path(),
                &[(Kind::Secret, namespace)],
                format!("Secret {name:?} does not exist in namespace {namespace:?}: the other cluster cannot be reached"),
                "Apply the Secret that linkerd multicluster link-gen made along with the Link.",
            );
        }
    }
}
