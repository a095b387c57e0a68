//! What the traffic policies of a DestinationRule say of TLS on a port.

use crate::model::{Evidence, Field, Object, Subject};

/// A mode of a DestinationRule's `tls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsMode {
    Disable,
    Simple,
    Mutual,
    IstioMutual,
}

impl TlsMode {
    /// The mode of a `tls` that is there; it is DISABLE when it says nothing.
    pub(super) fn of(tls: &Field<'_>) -> Self {
        match tls.text("mode") {
            "SIMPLE" => Self::Simple,
            "MUTUAL" => Self::Mutual,
            "ISTIO_MUTUAL" => Self::IstioMutual,
            _ => Self::Disable,
        }
    }

    /// The word for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Disable => "DISABLE",
            Self::Simple => "SIMPLE",
            Self::Mutual => "MUTUAL",
            Self::IstioMutual => "ISTIO_MUTUAL",
        }
    }
}

/// Traffic policies put over one another: the rule's, then the subset's.
#[derive(Default)]
pub(super) struct Settings<'a> {
    pub(super) tls: Option<(&'a Object, Field<'a>)>,
    pub(super) passthrough: bool,
    pub(super) because: Vec<Evidence>,
}

impl<'a> Settings<'a> {
    /// Puts a policy over what is there. Settings of the port replace all others, what they leave out included.
    pub(super) fn apply(&mut self, object: &'a Object, policy: Field<'a>, port: i64) {
        let of_port = policy.list("portLevelSettings").find(|s| s.at(["port", "number"]).and_then(|n| n.int()) == Some(port));
        let settings = of_port.unwrap_or(policy);
        let is_passthrough = |f: Field<'a>| f.text("simple") == "PASSTHROUGH";
        match (settings.get("tls"), of_port) {
            (Some(tls), _) => self.tls = Some((object, tls)),
            (None, Some(of_port)) => {
                if self.tls.take().is_some() || policy.get("tls").is_some() {
                    let text = "has settings of its own without tls: what the rule says for all ports does not hold for it";
                    self.because.push(Evidence::field(object.reference(), of_port.path(), text));
                }
            }
            (None, None) => {}
        }
        match (settings.get("loadBalancer"), of_port) {
            (Some(lb), _) => self.passthrough = is_passthrough(lb),
            (None, Some(_)) => self.passthrough = false,
            (None, None) => {}
        }
    }
}

/// What a traffic policy says where endpoints are marked: settings of the port count only where they have a `tls`.
pub(super) fn mark(policy: Field<'_>, port: i64) -> Option<TlsMode> {
    let of_port =
        policy.list("portLevelSettings").filter(|s| s.at(["port", "number"]).and_then(|n| n.int()) == Some(port)).find_map(|s| s.get("tls"));
    of_port.or_else(|| policy.get("tls")).map(|tls| TlsMode::of(&tls))
}
