//! What decides in which stage the change of Istio's root stands. istiod writes the roots of its authority into a ConfigMap of every namespace; a proxy that
//! runs takes new ones with its next certificate.

use std::collections::BTreeSet;

use super::authority::{Authority, ROOTS, ROOTS_KEY};
use crate::index::Index;
use crate::mesh::certificate::{self, Certificate, value};
use crate::mesh::rotation::{Facts, Party, end_of, roots};
use crate::mesh::shown::{Purpose, Shown, of_workloads};
use crate::model::{Kind, Map, MeshId, Object, ObjectRef, Str, Subject};

/// The roots that pods of a namespace get, with the ConfigMap that holds them; nothing where it holds none.
pub fn handed_out(map: &Object) -> Option<Vec<Certificate>> {
    certificate::read(&value(map, ROOTS_KEY)?).ok()
}

/// Reads what decides; nothing where the roots beside the control plane are not known.
pub fn facts(index: &Index, root_namespace: &str, authorities: &[Authority<'_>], shown: &[Shown]) -> Option<Facts> {
    let map = index.object(Kind::ConfigMap, root_namespace, ROOTS);
    let here = |a: &&Authority<'_>| a.secret.meta.namespace == root_namespace;
    let own = authorities.iter().find(here).map(|authority| &authority.roots).filter(|own| !own.is_empty());
    let handed = map.and_then(handed_out).or_else(|| own.cloned())?;
    let now = roots(&handed);
    let mut stale = BTreeSet::new();
    let plane = Purpose::ControlPlane(MeshId::Istio);
    let serving = shown.iter().filter(|one| one.purpose == plane && one.pod.namespace == root_namespace);
    stale.extend(serving.filter(|one| !certificate::leads_to(&one.chain, &handed)).map(|one| one.workload.clone()));
    if own.is_some_and(|own| !roots(own).is_subset(&now)) {
        let app: Map = [("app", "istiod")].into_iter().collect();
        stale.extend(index.select(Some(root_namespace), &app).map(|istiod| istiod.reference.clone()));
        if stale.is_empty() {
            stale.extend(authorities.iter().find(here).map(|authority| authority.secret.reference()));
        }
    }
    let others = index.objects(Kind::ConfigMap).iter().filter(|m| m.meta.name == ROOTS && m.meta.namespace != root_namespace);
    let mut parties: Vec<Party> = others
        .filter_map(|map| Some(Party { who: namespace(&map.meta.namespace), accepts: Some(roots(&handed_out(map)?)), ends_in: None, pods: 0 }))
        .collect();
    parties.extend(of_workloads(shown, MeshId::Istio).map(|one| Party {
        who: one.workload.clone(),
        accepts: Some(one.accepts.as_deref().map_or_else(|| now.clone(), roots)),
        ends_in: end_of(&one.chain, &handed),
        pods: 1,
    }));
    // What signs comes with every chain; the Secret says what will.
    let issuer = authorities.iter().find(here).and_then(Authority::signer);
    Some(Facts { handed_out: handed, issuer, stale, parties })
}

fn namespace(name: &Str) -> ObjectRef {
    ObjectRef { kind: Kind::Namespace, namespace: Str::default(), name: name.clone(), api_version: Str::default() }
}
