//! Enrolment in ambient of pods that get no sidecar, as istio-cni decides it.

use crate::mesh::istio::labels::{DATAPLANE_MODE, STATUS};
use crate::mesh::istio::{Enablement, Istio};
use crate::mesh::{AdmittedPod, namespace_label, namespace_ref};
use crate::model::{Evidence, Fact, Gap, Intent, LabelSelector, Map, Mode};

/// Whether the pod is enrolled; `because` says why it gets no sidecar.
pub(super) fn intent(istio: &Istio, admitted: &AdmittedPod<'_>, namespace_labels: Result<&Map, Gap>, mut because: Vec<Evidence>) -> Fact<Intent> {
    let namespace = &admitted.workload.reference.namespace;
    let selects_pod = |e: &&Enablement| e.pods.matches(admitted.labels());
    let asked = match &namespace_labels {
        Ok(labels) => istio.ambient.selectors.iter().filter(selects_pod).find(|e| e.namespaces.matches(labels)),
        Err(_) => istio.ambient.selectors.iter().filter(selects_pod).find(|e| e.namespaces.is_empty()),
    };
    let Some(asked) = asked else {
        match namespace_labels {
            // What speaks against a sidecar stands on the pod; the namespace may still ask for ambient.
            Err(gap) if !admitted.spec.host_network && istio.ambient.selectors.iter().any(|e| selects_pod(&e)) => return Fact::Unknown(gap),
            Err(_) => {}
            Ok(labels) => because.extend(kept_out(istio, admitted, labels)),
        }
        return Fact::known(Intent::Out, because);
    };
    because.push(reason(admitted, asked));
    let refused = if admitted.spec.host_network {
        Some(admitted.evidence("spec.hostNetwork", "pods on the host's network are never taken into ambient"))
    } else if admitted.annotations().has(STATUS) {
        Some(admitted.annotation(STATUS, "the pod has a sidecar, which wins over ambient"))
    } else if istio.ambient.excluded.contains(namespace) {
        Some(Evidence::object(namespace_ref(namespace), "istio-cni excludes this namespace"))
    } else if istio.ambient.switched_off {
        Some(Evidence::default("istio-cni's settings switch ambient off"))
    } else {
        None
    };
    if let Some(refused) = refused {
        because.push(refused);
        return Fact::known(Intent::Out, because);
    }
    Fact::known(Intent::In { mode: Mode::Ambient, revision: None }, because)
}

/// The label that fulfils a selector of istio-cni: the pod's, else its namespace's.
fn reason(admitted: &AdmittedPod<'_>, asked: &Enablement) -> Evidence {
    let keys = |selector: &LabelSelector| -> Vec<String> {
        let pairs = selector.match_labels.iter().map(|(key, _)| key.to_string());
        pairs.chain(selector.match_expressions.iter().filter(|r| matches!(r.operator.as_str(), "In" | "Exists")).map(|r| r.key.to_string())).collect()
    };
    let text = "asks for ambient";
    if let Some(key) = keys(&asked.pods).first() {
        return admitted.label(key, text);
    }
    let namespace = &admitted.workload.reference.namespace;
    match keys(&asked.namespaces).first() {
        Some(key) => namespace_label(namespace, key, text),
        None => Evidence::object(namespace_ref(namespace), "istio-cni takes pods of every namespace"),
    }
}

/// The label of the pod that keeps it out of what its namespace asks for.
fn kept_out(istio: &Istio, admitted: &AdmittedPod<'_>, namespace_labels: &Map) -> Option<Evidence> {
    let asked = istio.ambient.selectors.iter().find(|e| !e.namespaces.is_empty() && e.namespaces.matches(namespace_labels))?;
    let against = asked.pods.match_expressions.iter().find(|r| !r.holds(admitted.labels()))?;
    let value = admitted.labels().get(&against.key)?;
    let mode = if against.key == DATAPLANE_MODE { "ambient mode" } else { "ambient" };
    Some(admitted.label(&against.key, format!("{value:?} keeps the pod out of its namespace's {mode}")))
}
