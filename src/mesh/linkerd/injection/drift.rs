//! What the running pods are, and how that differs from what is meant.

use std::collections::BTreeSet;

use super::super::annotations::is_inherited;
use super::super::trust::{self, ANCHORS_HASH, Trust};
use super::super::{Linkerd, PLANE};
use crate::index::Body;
use crate::mesh::{AdmittedPod, Drifts, PodVariant, namespace_words};
use crate::model::{Actual, Drift, DriftCode, Fact, Intent, Map, key};

const PROXY_VERSION: &str = "config.linkerd.io/proxy-version";

/// Counts a workload's pods by what Linkerd made of them, and tells where that is not what it would make of them now.
pub(super) fn look(linkerd: &Linkerd, admitted: &AdmittedPod<'_>, intended: &Fact<Intent>) -> (Actual, Vec<Drift>) {
    let mut actual = Actual::default();
    let mut drifts = Drifts::default();
    if *intended == Fact::NotApplicable {
        return (actual, Vec::new());
    }
    let meant = Meant::of(admitted);
    for (pod, pods) in admitted.index.pod_variants(admitted.workload) {
        let pod = PodVariant { pod, pods };
        let inside = pod.spec.container("linkerd-proxy").is_some();
        match (inside, pod.spec.is_native_sidecar("linkerd-proxy")) {
            (true, true) => actual.native += pods,
            (true, false) => actual.sidecar += pods,
            (false, _) => actual.out += pods,
        }
        match (intended.value(), inside) {
            (Some(Intent::In { .. }), false) => {
                let ready = linkerd.control_planes.is_empty() || linkerd.control_planes.iter().any(|p| p.ready != Some(0));
                drifts.add(DriftCode::NotInjected, ready, pod, "spec.containers", "runs without linkerd-proxy");
            }
            (Some(Intent::Out), true) => {
                drifts.add(DriftCode::Unwanted, true, pod, "spec.containers", "still has linkerd-proxy, a new pod gets none")
            }
            (Some(Intent::In { .. }), true) => {
                outdated(linkerd, pod, &mut drifts);
                if let Some(meant) = &meant {
                    annotations(meant, pod, &mut drifts);
                }
            }
            (Some(Intent::Refused), _) => drifts.add(DriftCode::Refused, false, pod, "metadata", "runs, and a new pod would be refused"),
            _ => {}
        }
    }
    (actual, drifts.into_list(actual.pods()))
}

/// Whether a pod's proxy and trust are those of its control plane.
fn outdated(linkerd: &Linkerd, pod: PodVariant<'_>, drifts: &mut Drifts) {
    let plane = pod.metadata.labels.get(PLANE);
    let config = match plane {
        Some(namespace) => linkerd.config(namespace),
        None => linkerd.configs.first(),
    };
    if let (Some(namespace), None, Some(other)) = (plane, config, linkerd.injectors.iter().find(|i| i.object.is_some())) {
        if other.namespace != namespace {
            let text = format!("belongs to a control plane in {namespace:?}, a new pod would to that in {:?}", other.namespace);
            drifts.add(DriftCode::ControlPlane, true, pod, r#"metadata.labels["linkerd.io/control-plane-ns"]"#, text);
        }
        return;
    }
    let Some(config) = config else { return };
    let chosen = pod.metadata.annotations.get(PROXY_VERSION).or(config.proxy_version.as_deref());
    let running = pod.spec.container("linkerd-proxy").and_then(|c| c.image_tag());
    if let (Some(expected), Some(running)) = (chosen.or(config.version.as_deref()), running)
        && expected != running
    {
        drifts.add(DriftCode::ProxyVersion, true, pod, "spec.containers", format!("its proxy is {running}, a new pod's would be {expected}"));
    }
    if config.trust_anchors.as_deref().is_some_and(|now| matches!(trust::of(&pod, now), Trust::Differs { .. })) {
        let at = format!("metadata.annotations{}", key(ANCHORS_HASH));
        drifts.add(DriftCode::TrustAnchors, true, pod, &at, "was injected with other trust anchors than the control plane's");
    }
}

/// The annotations that a new pod would get its own from: those of the template, then those of the namespace.
struct Meant {
    template: Map,
    namespace: Map,
}

impl Meant {
    /// Only a template tells what a pod had before it was injected.
    fn of(admitted: &AdmittedPod<'_>) -> Option<Self> {
        let (_, namespace) = namespace_words(admitted.index, &admitted.workload.reference.namespace).ok()?;
        matches!(admitted.workload.body, Body::Controller(_)).then(|| Self { template: admitted.annotations().clone(), namespace })
    }
}

fn annotations(meant: &Meant, pod: PodVariant<'_>, drifts: &mut Drifts) {
    let had = &pod.metadata.annotations;
    let names: BTreeSet<&str> = [&meant.template, &meant.namespace, had].into_iter().flat_map(Map::iter).map(|(name, _)| name.as_str()).collect();
    for name in names.into_iter().filter(|n| is_inherited(n)) {
        let (running, expected) = (had.get(name), meant.template.get(name).or_else(|| meant.namespace.get(name)));
        // The injector writes the default opaque ports itself: without a request there is nothing to compare with.
        if running == expected || (expected.is_none() && name == "config.linkerd.io/opaque-ports") {
            continue;
        }
        let show = |value: Option<&str>| value.map_or_else(|| "absent".to_owned(), |v| format!("{v:?}"));
        let text = format!("was injected while {name} was {}, it is {} now", show(running), show(expected));
        drifts.add(DriftCode::Annotations, true, pod, &format!("metadata.annotations{}", key(name)), text);
    }
}
