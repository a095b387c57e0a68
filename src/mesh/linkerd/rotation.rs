//! What decides in which stage the change of Linkerd's trust anchors stands. A proxy keeps the anchors that it was injected with until its pod is replaced;
//! the issuer is read anew.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::anchors::anchors;
use super::trust::{self, Trust};
use super::{LinkerdConfig, PLANE};
use crate::index::Index;
use crate::mesh::certificate::{self, Certificate};
use crate::mesh::rotation::{Facts, Party, Roots, end_of, roots};
use crate::mesh::shown::{Purpose, Shown, of_workloads};
use crate::model::{MeshId, ObjectRef, Pod};

/// Reads what decides; nothing where the control plane's anchors are not known.
pub fn facts(index: &Index, config: &LinkerdConfig, issuer: Option<Vec<Certificate>>, shown: &[Shown]) -> Option<Facts> {
    let text = config.trust_anchors.as_deref()?;
    let handed_out = anchors(index, config)?.certificates.ok()?;
    let (now, mut copies) = (roots(&handed_out), HashMap::new());
    let showing: HashMap<(&str, &str), &Shown> =
        of_workloads(shown, MeshId::Linkerd).map(|one| ((&*one.pod.namespace, &*one.pod.name), one)).collect();
    let mut parties: BTreeMap<(&ObjectRef, Option<Roots>, _), Party> = BTreeMap::new();
    let mut stale = BTreeSet::new();
    for workload in index.workloads() {
        let belongs = |pod: &&Pod| pod.metadata.labels.get(PLANE).is_none_or(|plane| config.namespace == plane);
        for pod in index.live_pods(workload).filter(belongs) {
            let shows = showing.get(&(&*pod.metadata.namespace, &*pod.metadata.name));
            let said = shows.and_then(|one| one.accepts.as_deref()).map(|accepts| Some(roots(accepts)));
            // Pods by the thousand carry few different bundles.
            let accepts = said.or_else(|| match trust::copy(pod) {
                Some(copy) => Some(copies.entry(copy).or_insert_with(|| Some(roots(&certificate::read(copy.as_bytes()).ok()?))).clone()),
                None => match trust::of(pod, text) {
                    Trust::Same => Some(Some(now.clone())),
                    Trust::Differs { .. } => Some(None),
                    Trust::Unknown => None,
                },
            });
            let Some(accepts) = accepts else { continue };
            if workload.reference.namespace == config.namespace && accepts.as_ref() != Some(&now) {
                stale.insert(workload.reference.clone());
                continue;
            }
            let ends_in = shows.and_then(|one| end_of(&one.chain, &handed_out));
            let new = || Party { who: workload.reference.clone(), accepts: accepts.clone(), ends_in: ends_in.clone(), pods: 0 };
            parties.entry((&workload.reference, accepts.clone(), ends_in.clone())).or_insert_with(new).pods += 1;
        }
    }
    // A proxy shows its issuer beside its own certificate; identity's own is what signs today.
    let signs = || shown.iter().find(|one| one.purpose == Purpose::ControlPlane(MeshId::Linkerd) && one.pod.namespace == config.namespace);
    let issuer = signs().and_then(|one| one.chain.get(1..)).filter(|chain| !chain.is_empty()).map(<[_]>::to_vec).or(issuer);
    Some(Facts { handed_out, issuer, stale, parties: parties.into_values().collect() })
}
