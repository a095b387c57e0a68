use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::model::{Kind, Object, first_of, key};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The CustomResourceDefinitions of the Gateway API (`gateway.networking.k8s.io`) are of several releases
    /// (`gateway.networking.k8s.io/bundle-version`). Those that Linkerd's installation owns (`linkerd.io/created-by`) are named as such.
    ///
    /// # Why it matters
    ///
    /// The release is made to be installed as a whole: a route of one release can name what the Gateway of another does not have. Several owners
    /// undo each other's upgrades, and the removal of one takes the kinds away from the others, with all objects of them.
    ///
    /// # How to fix it
    ///
    /// Install one release of the Gateway API by itself, of a version that both meshes support, and have Linkerd's chart leave it alone
    /// (`installGatewayAPI: false`).
    ///
    /// Sources: gateway-api.sigs.k8s.io, *CRD management*; linkerd `charts/linkerd-crds/values.yaml`; no other tool looks.
    "gateway-api-crds-mixed",
    summary: "Gateway API CRDs of several releases or owners",
    severity: Severity::Warning,
    category: Category::Versions,
    mesh: MeshTag::Any,
    needs: &[Kind::CustomResourceDefinition],
    run: run,
}

const BUNDLE_VERSION: &str = "gateway.networking.k8s.io/bundle-version";

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut releases: BTreeMap<&str, Vec<&Object>> = BTreeMap::new();
    let of_api = |crd: &&Object| crd.meta.name.ends_with(".gateway.networking.k8s.io");
    for crd in world.index.objects(Kind::CustomResourceDefinition).iter().filter(of_api) {
        if let Some(version) = crd.meta.annotations.get(BUNDLE_VERSION) {
            releases.entry(version).or_default().push(crd);
        }
    }
    if releases.len() < 2 {
        return;
    }
    // The release with the fewest kinds is the odd one.
    let Some(odd) = releases.values().min_by_key(|crds| crds.len()).and_then(|crds| crds.first()).copied() else { return };
    let each = releases.iter().map(|(version, crds)| {
        let names: Vec<String> = crds.iter().map(|crd| name(crd)).collect();
        format!("{version}: {}", first_of(&names, 6))
    });
    let what = format!("the Gateway API is installed in {} releases ({})", releases.len(), each.collect::<Vec<_>>().join("; "));
    let path = format!("metadata.annotations{}", key(BUNDLE_VERSION));
    findings.add(odd, path, what, "Install all of its kinds from one release, by one owner.");
}

fn name(crd: &Object) -> String {
    let short = crd.meta.name.split('.').next().unwrap_or_default();
    if crd.meta.annotations.has("linkerd.io/created-by") { format!("{short} (Linkerd's)") } else { short.to_owned() }
}
