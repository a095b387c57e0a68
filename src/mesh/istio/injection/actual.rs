//! What the running pods are, and how that differs from what is meant.

use super::written;
use crate::mesh::istio::Istio;
use crate::mesh::istio::labels::{REDIRECTION, REV, STATUS};
use crate::mesh::{AdmittedPod, Drifts, PodVariant, release};
use crate::model::{Actual, Drift, DriftCode, Fact, Intent, Membership, Mode, Pod};

const REDIRECTION_AT: &str = r#"metadata.annotations["ambient.istio.io/redirection"]"#;

/// Counts a workload's pods by what Istio made of them, and tells where that is not what it would make of them now.
pub(super) fn look(istio: &Istio, admitted: &AdmittedPod<'_>, intended: &Fact<Intent>) -> (Actual, Vec<Drift>) {
    let mut actual = Actual::default();
    let mut drifts = Drifts::default();
    if *intended == Fact::NotApplicable {
        return (actual, Vec::new());
    }
    // What somebody wrote into the template stays as it is written.
    let by_hand = written::Written::of(admitted).is_some_and(|w| !w.generated);
    for (pod, pods) in admitted.index.pod_variants(admitted.workload) {
        let state = State::of(pod);
        *state.counter(&mut actual) += pods;
        if let Some(intent) = intended.value() {
            compare(istio, PodVariant { pod, pods }, &state, intent, by_hand, &mut drifts);
        }
    }
    (actual, drifts.into_list(actual.pods()))
}

/// What one running pod is.
pub(in crate::mesh) fn membership_of(pod: &Pod) -> Membership {
    match State::of(pod) {
        State::Sidecar | State::Native => Membership::Sidecar,
        State::Ambient => Membership::Ambient,
        State::Gateway => Membership::Gateway,
        State::Pending | State::Out => Membership::None,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Sidecar,
    Native,
    Ambient,
    Pending,
    Gateway,
    Out,
}

impl State {
    fn of(pod: &Pod) -> Self {
        let annotations = &pod.metadata.annotations;
        if pod.spec.container("istio-proxy").is_some() {
            return match (pod.spec.is_native_sidecar("istio-proxy"), written::mode(&pod.spec, &pod.metadata.labels, annotations)) {
                (_, Mode::Gateway) => Self::Gateway,
                (true, _) => Self::Native,
                (false, _) => Self::Sidecar,
            };
        }
        match annotations.get(REDIRECTION) {
            Some("enabled") => Self::Ambient,
            Some("pending") => Self::Pending,
            _ => Self::Out,
        }
    }

    fn counter(self, actual: &mut Actual) -> &mut usize {
        match self {
            Self::Sidecar => &mut actual.sidecar,
            Self::Native => &mut actual.native,
            Self::Ambient => &mut actual.ambient,
            Self::Pending => &mut actual.pending,
            Self::Gateway => &mut actual.gateway,
            Self::Out => &mut actual.out,
        }
    }
}

fn compare(istio: &Istio, pod: PodVariant<'_>, state: &State, intent: &Intent, by_hand: bool, drifts: &mut Drifts) {
    use State::{Ambient, Gateway, Native, Out, Pending, Sidecar};
    match (intent, state) {
        (Intent::In { mode: Mode::Sidecar | Mode::Gateway, revision, .. }, Sidecar | Native | Gateway) => {
            if let Some(revision) = revision {
                versions(istio, pod, revision, by_hand, drifts);
            }
        }
        (Intent::In { mode: Mode::Sidecar | Mode::Gateway, .. }, Out) => {
            drifts.add(DriftCode::NotInjected, true, pod, "spec.containers", "runs without istio-proxy");
        }
        (Intent::In { mode: Mode::Sidecar | Mode::Gateway, .. }, Ambient | Pending) => {
            drifts.add(DriftCode::Mode, true, pod, REDIRECTION_AT, "is still in ambient mode, a new pod gets a sidecar");
        }
        (Intent::In { mode: Mode::Ambient, .. }, Sidecar | Native) => {
            drifts.add(DriftCode::Mode, true, pod, "spec.containers", "still has a sidecar, which keeps it out of ambient mode");
        }
        (Intent::In { mode: Mode::Ambient, .. }, Out) if pod.status.phase == "Running" => {
            let cause = if istio.ambient.has_ztunnel() { "see istio-cni on its node" } else { "no ztunnel was found" };
            drifts.add(DriftCode::NotCaptured, false, pod, REDIRECTION_AT, format!("runs and is not taken into ambient mode: {cause}"));
        }
        (Intent::In { mode: Mode::Ambient, .. }, Pending) => {
            drifts.add(DriftCode::Pending, false, pod, REDIRECTION_AT, "is only partly taken into ambient mode: see istio-cni on its node");
        }
        (Intent::Out, Sidecar | Native) => drifts.add(DriftCode::Unwanted, true, pod, "spec.containers", "still has a sidecar, a new pod gets none"),
        (Intent::Out, Ambient | Pending) => {
            drifts.add(DriftCode::Unwanted, false, pod, REDIRECTION_AT, "is still in ambient mode: see istio-cni on its node");
        }
        (Intent::Refused, Sidecar | Native | Gateway | Out | Ambient | Pending) => {
            drifts.add(DriftCode::Refused, false, pod, "metadata", "runs, and a new pod would be refused");
        }
        (Intent::Out, Out | Gateway) | (Intent::In { mode: Mode::Ambient, .. }, Ambient | Gateway | Out) => {}
    }
}

fn versions(istio: &Istio, pod: PodVariant<'_>, revision: &str, by_hand: bool, drifts: &mut Drifts) {
    let annotations = &pod.metadata.annotations;
    if let Some(running) = revision_of(&pod).filter(|r| r != revision) {
        let at = if annotations.has(REV) { r#"metadata.annotations["istio.io/rev"]"# } else { r#"metadata.annotations["sidecar.istio.io/status"]"# };
        drifts.add(DriftCode::Revision, true, pod, at, format!("is of revision {running:?}, a new pod would be of {revision:?}"));
    }
    let chosen = by_hand || annotations.has("sidecar.istio.io/proxyImage");
    let configured = istio.injector_config(revision).and_then(|c| c.tag.as_deref()).map(release);
    let expected = configured.or_else(|| istio.revision(revision)?.version.as_deref());
    let running = pod.spec.container("istio-proxy").and_then(|c| c.image_tag()).map(release);
    if let (Some(expected), Some(running), false) = (expected, running, chosen)
        && expected != running
    {
        drifts.add(DriftCode::ProxyVersion, true, pod, "spec.containers", format!("its proxy is {running}, a new pod's would be {expected}"));
    }
}

/// The revision that injected a pod.
pub(crate) fn revision_of(pod: &Pod) -> Option<String> {
    let annotations = &pod.metadata.annotations;
    if let Some(revision) = annotations.get(REV) {
        return Some(revision.to_owned());
    }
    let status: serde_json::Value = serde_json::from_str(annotations.get(STATUS)?).ok()?;
    Some(status.get("revision")?.as_str()?.to_owned())
}
