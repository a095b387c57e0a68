//! What becomes of encryption between two ends, as a step of a request.

use crate::mesh::mtls::{Edge, Outcome};
use crate::model::{Evidence, Kind, Step, StepKind, StepPlace, StepResult};

/// The step of an edge: it fails where the two ends, or some pods of them, do not agree.
pub(super) fn step(edge: &Edge) -> Step {
    let last = || edge.because.last().map(|e| e.text.clone()).unwrap_or_default();
    let broken = edge.parts.iter().find(|p| p.outcome == Outcome::Broken);
    let (result, text, because, hint) = match (edge.outcome, broken) {
        (Outcome::Unknown, _) => {
            let text = edge.gap.as_ref().map_or_else(last, ToString::to_string);
            (StepResult::Unknown(edge.gap.clone()), text, edge.because.clone(), None)
        }
        (Outcome::Broken, _) | (Outcome::Mixed, Some(_)) => {
            let because = broken.map_or_else(|| edge.because.clone(), |p| p.because.clone());
            let text = because.iter().map(|e| e.text.as_str()).collect::<Vec<_>>().join("; ");
            let some = if edge.outcome == Outcome::Mixed { "some pods: " } else { "" };
            (StepResult::Fails, format!("{some}{text}"), because, Some(fix(edge).to_owned()))
        }
        (outcome, _) => {
            // Without the mesh's mutual TLS it is the client's side that tells why.
            let own = of_client(edge).filter(|_| outcome != Outcome::MutualTls);
            let why = own.map_or_else(last, |e| e.text.clone());
            let text = if why.is_empty() { outcome.text().to_owned() } else { format!("{}: {why}", outcome.text()) };
            (StepResult::Ok, text, edge.because.clone(), None)
        }
    };
    Step { step: StepKind::Mtls, at: StepPlace::Server, result, text, because, hint }
}

/// What a client's own side goes by where it sends no mutual TLS: a DestinationRule, a Sidecar or an annotation of its pods.
pub(super) fn of_client(edge: &Edge) -> Option<&Evidence> {
    let decides = |e: &&Evidence| e.path.is_some() && e.object.as_ref().is_some_and(|o| o.kind != Kind::PeerAuthentication);
    edge.because.iter().find(decides).filter(|_| edge.outcome != Outcome::MutualTls)
}

/// What fixes a handshake that fails.
fn fix(edge: &Edge) -> &'static str {
    let by = |kind: Kind| edge.because.iter().any(|e| e.object.as_ref().is_some_and(|o| o.kind == kind));
    match (by(Kind::DestinationRule), by(Kind::PeerAuthentication)) {
        (true, _) => "Make the DestinationRule's tls mode fit what the server accepts: ISTIO_MUTUAL for a server of the mesh, DISABLE for others.",
        (_, true) => "Bring the client into the mesh, or admit plaintext on the port (PERMISSIVE).",
        _ => "Bring both sides into the same mesh, or let the server accept what the client sends.",
    }
}
