use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::checks::support::linkerd::platform::planes::configs;
use crate::mesh::certificate;
use crate::mesh::linkerd::anchors::{anchors, of_values};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The trust anchors in ConfigMap `linkerd-identity-trust-roots` are not those that the control plane's values name
    /// (`identityTrustAnchorsPEM` in `linkerd-config`). Order, comments and white space do not count.
    ///
    /// # Why it matters
    ///
    /// Proxies use the first; the next upgrade writes the second over it, and so undoes a rotation. Multicluster compares clusters by the second.
    ///
    /// # How to fix it
    ///
    /// Give the same bundle to the chart, or leave `identityTrustAnchorsPEM` empty and set `identity.externalCA` if something else keeps the ConfigMap.
    ///
    /// Sources: linkerd `charts/linkerd-control-plane/templates/identity.yaml`, `multicluster/cmd/check.go`.
    "linkerd-trust-anchors-disagree",
    summary: "Trust anchors in use are not those of the control plane's values",
    severity: Severity::Warning,
    category: Category::Certificates,
    mesh: MeshTag::Linkerd,
    needs: &[Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for (config, object) in configs(world) {
        let (Some(bundle), Some((written, _))) = (anchors(&world.index, config), of_values(&world.index, config)) else { continue };
        let Ok(used) = bundle.certificates else { continue };
        let set = |all: &[certificate::Certificate]| all.iter().map(|c| c.der.clone()).collect::<BTreeSet<_>>();
        if set(&used) != set(&written) {
            let what = "holds other trust anchors than the control plane's values name";
            findings
                .add(bundle.object, bundle.path, what, "Give the chart the same bundle, before an upgrade writes the other one over it.")
                .related(object.reference(), "names the others under identityTrustAnchorsPEM");
        }
    }
}
