use std::collections::BTreeSet;

use crate::checks::Findings;
use crate::mesh::certificate;
use crate::mesh::certificate::value;
use crate::mesh::istio::authority;
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The root certificates that a namespace's pods trust (ConfigMap `istio-ca-root-cert`) do not contain the root of the control plane's authority.
    ///
    /// # Why it matters
    ///
    /// New pods of the namespace do not trust istiod and do not start, and they refuse the certificates of all others. istiod renews the ConfigMap
    /// by itself, unless the namespace lies outside of its `discoverySelectors` or something else writes there.
    ///
    /// # How to fix it
    ///
    /// Find out why istiod does not renew the ConfigMap; deleting it makes istiod write it anew.
    ///
    /// Sources: istio `pilot/pkg/serviceregistry/kube/controller/namespacecontroller.go`; no other tool reports it.
    "istio-ca-root-mismatch",
    summary: "Pods of a namespace trust another root than the control plane's",
    severity: Severity::Error,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::Secret, Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let keys_of = |pem: Vec<u8>| certificate::read(&pem).unwrap_or_default().into_iter().map(|c| c.public_key);
    let authorities = authority::all(&world.index);
    let roots: BTreeSet<Vec<u8>> = authorities.iter().flat_map(|a| &a.roots).map(|root| root.public_key.clone()).collect();
    let from = authorities.first().map(|authority| authority.secret);
    let (Some(authority), false) = (from, roots.is_empty()) else { return };
    for map in world.index.objects(Kind::ConfigMap).iter().filter(|m| m.meta.name == authority::ROOTS) {
        let trusted: BTreeSet<Vec<u8>> = value(map, authority::ROOTS_KEY).into_iter().flat_map(keys_of).collect();
        if trusted.is_disjoint(&roots) {
            findings
                .add(
                    map,
                    "data[\"root-cert.pem\"]",
                    format!("pods of namespace {:?} trust none of the roots of {}", map.meta.namespace.as_str(), authority.reference()),
                    "Find out why istiod does not renew it; delete it to have it written anew, then restart the pods.",
                )
                .related(authority.reference(), "the control plane's authority");
        }
    }
}
