//! Ends of a call without a proxy of a mesh.

use super::{Call, Caller, Outcome, Received, Sends};
use crate::mesh::resolve::Endpoint;
use crate::model::Evidence;

/// What a client without a proxy sends.
pub(super) fn without_proxy(caller: &Caller<'_>) -> Vec<Evidence> {
    match caller.workload {
        Some(workload) => vec![Evidence::object(workload.reference.clone(), "the client's pods have no proxy of a mesh, so they send plaintext")],
        None => vec![Evidence::default("the client has no proxy of a mesh, so it sends plaintext")],
    }
}

/// What becomes of bytes that arrive as the application writes them: its own TLS, where the client speaks that or the port says so.
pub(super) fn plain(call: &Call<'_, '_>) -> Outcome {
    if call.own_tls || call.port.protocol.is_tls() { Outcome::AppTls } else { Outcome::Plaintext }
}

/// What becomes of calls to something without a proxy.
pub(super) fn outside(call: &Call<'_, '_>, endpoint: &Endpoint<'_>, sends: Sends) -> Received {
    let at = |text: &str| match endpoint.reference() {
        Some(object) => Evidence::object(object, text),
        None => Evidence::default(text),
    };
    match sends {
        Sends::Plaintext => Received::new(plain(call), at("the server has no proxy of a mesh: calls arrive as the client sends them")),
        Sends::RuleTls => Received::new(Outcome::AppTls, at("the server has no proxy of a mesh: it answers the TLS of the DestinationRule itself")),
        Sends::IstioMutual | Sends::Hbone | Sends::Linkerd => {
            Received::new(Outcome::Broken, at("the server has no proxy of a mesh that could answer mutual TLS"))
        }
    }
}
