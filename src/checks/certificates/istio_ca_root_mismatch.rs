use crate::checks::Findings;
use crate::mesh::istio::authority;
use crate::mesh::istio::rotation::handed_out;
use crate::mesh::rotation::{Roots, roots};
use crate::model::{Kind, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The root certificates that a namespace's pods trust (ConfigMap `istio-ca-root-cert`) do not contain the root of the control plane's authority, or
    /// only some of its roots. Where the authority's Secret is not to be seen, those beside the control plane are what counts.
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
    kindwise: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let authorities = authority::all(index);
    let of_authorities: Roots = authorities.iter().flat_map(|a| roots(&a.roots)).collect();
    let beside = || {
        let map = index.object(Kind::ConfigMap, world.istio.root_namespace(), authority::ROOTS)?;
        Some((map, roots(&handed_out(map)?), "has the roots beside the control plane"))
    };
    let authority = authorities.first().filter(|_| !of_authorities.is_empty());
    let truth = authority.map(|authority| (authority.secret, of_authorities, "the control plane's authority")).or_else(beside);
    let Some((holder, truth, what_it_is)) = truth else { return };
    for map in index.objects(Kind::ConfigMap).iter().filter(|m| m.meta.name == authority::ROOTS) {
        let trusted = roots(&handed_out(map).unwrap_or_default());
        if trusted.is_superset(&truth) {
            continue;
        }
        let (apart, namespace) = (trusted.is_disjoint(&truth), map.meta.namespace.as_str());
        let how = if apart { "none" } else { "only some" };
        let what = format!("pods of namespace {namespace:?} trust {how} of the roots of {}", holder.reference());
        let hint = "Find out why istiod does not renew it; delete it to have it written anew, then restart the pods.";
        let finding = findings.add(map, "data[\"root-cert.pem\"]", what, hint);
        if !apart {
            finding.severity(Severity::Warning);
        }
        finding.related(holder.reference(), what_it_is);
    }
}
