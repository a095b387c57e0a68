//! Whether Istio takes a pod in: the webhooks' selectors, then istiod's own check, then ambient enrolment.
//!
//! Sources: istio `pkg/kube/inject/{inject,webhook,validate}.go`, `cni/pkg/util/enablement_selector.go`, the istio-discovery chart's webhooks.

mod actual;
mod ambient;
mod istiod;
mod webhooks;
mod written;

pub(in crate::mesh) use actual::membership_of;
pub(crate) use actual::revision_of;
use istiod::InjectorAnswer;
use written::Written;

use super::Istio;
use super::labels::{REV, TEMPLATES};
use crate::index::{Index, Workload};
use crate::mesh::{AdmittedPod, namespace_words};
use crate::model::{Evidence, Fact, Gap, InjectionFact, Intent, Map, MeshId, Mode, Str};

/// Membership of a workload in Istio.
pub(super) fn fact(istio: &Istio, index: &Index, workload: &Workload) -> InjectionFact {
    let Some(admitted) = AdmittedPod::of(index, workload) else {
        return InjectionFact::not_applicable(MeshId::Istio);
    };
    let mut added_by = None;
    let intended = intent(istio, &admitted, &mut added_by);
    let (actual, drift) = actual::look(istio, &admitted, &intended);
    InjectionFact { mesh: MeshId::Istio, intended, actual, drift, added_by }
}

fn intent(istio: &Istio, admitted: &AdmittedPod<'_>, added_by: &mut Option<Str>) -> Fact<Intent> {
    if is_component(admitted.labels()) {
        return Fact::NotApplicable;
    }
    let namespace = &admitted.workload.reference.namespace;
    let words = namespace_words(admitted.index, namespace);
    let labels = words.as_ref().map(|(labels, _)| labels).map_err(Clone::clone);
    let written = Written::of(admitted);
    let injected = injected(istio, admitted, labels.clone(), written.as_ref(), added_by);
    match (injected, written) {
        // No injector touches it, or whether one does cannot be told: its own proxy is there all the same.
        (Fact::Known { value: Intent::Out, .. } | Fact::Unknown(_), Some(written)) => {
            let text = match written.mode {
                Mode::Gateway => "the pod is itself a proxy of the mesh",
                _ => "the manifest itself carries the proxy",
            };
            let revision = admitted.labels().get(REV).map(Str::from);
            Fact::known(Intent::In { mode: written.mode, revision }, vec![admitted.evidence(&written.at, text)])
        }
        (Fact::Known { value: Intent::Out, because }, None) => ambient::intent(istio, admitted, labels, because),
        (decided, _) => decided,
    }
}

/// Istio's own parts, which no injection concerns.
fn is_component(labels: &Map) -> bool {
    labels.is("app", "istiod") || labels.is("app", "ztunnel") || labels.is("k8s-app", "istio-cni-node")
}

/// What the injectors make of the pod. Where the webhooks of several configurations select it, each is asked in turn and sees what the one before
/// it did; the last one's proxy is what remains.
fn injected(
    istio: &Istio,
    admitted: &AdmittedPod<'_>,
    namespace_labels: Result<&Map, Gap>,
    written: Option<&Written>,
    added_by: &mut Option<Str>,
) -> Fact<Intent> {
    let (matching, mut because) = match &namespace_labels {
        Ok(labels) => webhooks::select(istio, admitted, labels),
        Err(_) => (istio.injectors.iter().filter(|i| i.pods.matches(admitted.labels())).collect(), Vec::new()),
    };
    if matching.is_empty() && namespace_labels.is_err() {
        because.push(admitted.evidence("metadata.labels", "no injection webhook selects pods with these labels, in whichever namespace"));
    }
    let mut made = Intent::Out;
    let mut reasons: Vec<Evidence> = Vec::new();
    let mut wanted = false;
    for injector in &matching {
        match istiod::ask(istio, admitted, &injector.revision, written) {
            InjectorAnswer::Unknown(gap) => return Fact::Unknown(gap),
            InjectorAnswer::Refuses(why) => {
                because.push(why);
                return namespace_labels.map_or_else(Fact::Unknown, |_| Fact::known(Intent::Refused, because));
            }
            InjectorAnswer::Passes(why) => {
                if !reasons.contains(&why) {
                    reasons.push(why);
                }
            }
            InjectorAnswer::Injects { proxy, because } => {
                wanted = true;
                match proxy {
                    Some(mode) => {
                        added_by.get_or_insert_with(|| injector.configuration.clone());
                        made = Intent::In { mode, revision: Some(injector.revision.clone()) };
                        reasons = vec![because];
                    }
                    None => reasons.push(admitted.annotation(TEMPLATES, "the templates that are laid over the pod hold no proxy")),
                }
            }
        }
    }
    because.extend(reasons);
    match namespace_labels {
        Err(gap) if wanted => {
            *added_by = None;
            Fact::Unknown(gap)
        }
        _ => Fact::known(made, because),
    }
}

#[cfg(test)]
mod tests;
