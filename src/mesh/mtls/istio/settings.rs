//! What the traffic policies of a DestinationRule say of TLS on a port.

use crate::mesh::istio::destination_rule::{ClientTls, TlsMode, TrafficPolicy};
use crate::model::{Evidence, Field, Object, Subject};

/// Traffic policies put over one another: the rule's, then the subset's.
#[derive(Default)]
pub(super) struct Settings<'a> {
    pub(super) tls: Option<(&'a Object, ClientTls<'a>)>,
    pub(super) passthrough: bool,
    pub(super) because: Vec<Evidence>,
}

impl<'a> Settings<'a> {
    /// Puts a policy over what is there. Settings of the port replace all others, what they leave out included.
    pub(super) fn apply(&mut self, object: &'a Object, policy: TrafficPolicy<'a>, port: i64) {
        let of_port = policy.of_port(port).next();
        let settings = of_port.unwrap_or(policy);
        let is_passthrough = |f: Field<'a>| f.text("simple") == "PASSTHROUGH";
        match (settings.tls(), of_port) {
            (Some(tls), _) => self.tls = Some((object, tls)),
            (None, Some(of_port)) => {
                if self.tls.take().is_some() || policy.tls().is_some() {
                    let text = "has settings of its own without tls: what the rule says for all ports does not hold for it";
                    self.because.push(Evidence::field(object.reference(), of_port.field.path(), text));
                }
            }
            (None, None) => {}
        }
        match (settings.field.get("loadBalancer"), of_port) {
            (Some(lb), _) => self.passthrough = is_passthrough(lb),
            (None, Some(_)) => self.passthrough = false,
            (None, None) => {}
        }
    }
}

/// Whether a traffic policy makes Istio's mutual TLS of what goes to marked endpoints, where it says: settings of the port count only where they
/// have a `tls`.
pub(super) fn mark(policy: TrafficPolicy<'_>, port: i64) -> Option<bool> {
    let tls = policy.of_port(port).find_map(|settings| settings.tls()).or_else(|| policy.tls());
    tls.map(|tls| tls.mode == TlsMode::IstioMutual)
}
