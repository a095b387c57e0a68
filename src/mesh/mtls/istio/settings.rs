//! What the traffic policies of a DestinationRule say of TLS on a port.

use crate::mesh::istio::backend_tls::BackendTls;
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
    /// Puts what BackendTLSPolicies say under it: a rule's own settings win, and leave to them what they do not say.
    pub(super) fn underlay(&mut self, backend: BackendTls<'a>, policy: Option<TrafficPolicy<'a>>, port: i64) {
        let has_port = policy.is_some_and(|policy| policy.of_port(port).next().is_some());
        let under = match (has_port, backend.of_port) {
            (_, Some(of_port)) => Some(of_port),
            (true, None) => None,
            (false, None) => backend.all,
        };
        let own = policy.is_some_and(|policy| policy.of_port(port).next().unwrap_or(policy).tls().is_some());
        // Settings of the port, whoever's they are, come before those of all ports.
        if let Some(under) = under.filter(|_| !own || (!has_port && backend.of_port.is_some())) {
            self.tls = Some(under);
        }
    }

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
