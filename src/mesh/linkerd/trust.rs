//! Which trust anchors a running pod was injected with, compared with those of its control plane.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::mesh::certificate;
use crate::model::Pod;

/// Annotation with the hash of the bundle's text.
pub const ANCHORS_HASH: &str = "linkerd.io/trust-root-sha256";
const ANCHORS: &str = "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS";

/// What a pod trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The same certificates.
    Same,
    /// Other ones.
    Differs {
        /// Whether it trusts at least one of the current ones; nothing when only a hash is known.
        overlaps: Option<bool>,
    },
    /// The pod does not say.
    Unknown,
}

/// Compares what a pod was injected with and the bundle of today, as sets of certificates: comments, order and white space do not count.
pub fn of(pod: &Pod, now: &str) -> Trust {
    // The proxy's own copy decides; it was written out at injection.
    if let Some(then) = copy(pod) {
        return compare(then, now);
    }
    match pod.metadata.annotations.get(ANCHORS_HASH) {
        Some(hash) if is_hash_of(hash, now) => Trust::Same,
        Some(_) => Trust::Differs { overlaps: None },
        None => Trust::Unknown,
    }
}

/// The bundle as it is written out in a pod's proxy.
pub fn copy(pod: &Pod) -> Option<&str> {
    pod.spec.container("linkerd-proxy").and_then(|c| c.env(ANCHORS)).filter(|v| !v.is_empty())
}

fn compare(then: &str, now: &str) -> Trust {
    if then.trim() == now.trim() {
        return Trust::Same;
    }
    let set = |text: &str| -> Option<BTreeSet<Vec<u8>>> { Some(certificate::read(text.as_bytes()).ok()?.into_iter().map(|c| c.der).collect()) };
    let (Some(then), Some(now)) = (set(then), set(now)) else { return Trust::Differs { overlaps: None } };
    if then == now { Trust::Same } else { Trust::Differs { overlaps: Some(!then.is_disjoint(&now)) } }
}

/// The bundle's text is hashed as the chart was given it, with or without a newline at its end.
fn is_hash_of(hash: &str, text: &str) -> bool {
    [text.to_owned(), text.trim().to_owned(), format!("{}\n", text.trim())].iter().any(|text| sha256(text) == hash)
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
