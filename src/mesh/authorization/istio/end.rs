//! The last enforcer before a port: a sidecar, a gateway, or ztunnel.

use std::net::IpAddr;

use super::envoy::{self, Envoy};
use super::rules::{Address, Compiled, Peer, Seen};
use super::{Caller, Istio};
use crate::mesh::authorization::ruling::{Reason, Unenforced, Verdict};
use crate::mesh::authorization::{Call, Missing, Request};
use crate::mesh::mtls::Mode;
use crate::model::{Gap, Object, StepKind, StepPlace};

/// The last enforcer.
#[derive(Debug)]
pub(super) enum End<'a> {
    Nobody(Unenforced),
    Hidden(Gap),
    Sidecar {
        envoy: Box<Envoy<'a>>,
        mode: Mode,
        by: Option<&'a Object>,
    },
    Gateway {
        envoy: Box<Envoy<'a>>,
        mutual: bool,
    },
    Ztunnel {
        deny: Vec<Compiled<'a>>,
        allow: Vec<Compiled<'a>>,
        strict: Option<&'a Object>,
        admitted: Vec<String>,
        port: u16,
        addresses: Vec<IpAddr>,
    },
}

/// The answer of a handshake with a client of a trust domain that is not accepted.
pub(super) fn foreign<'a>(istio: &Istio<'_>, identity: &str) -> Option<(Verdict, Reason<'a>)> {
    let domain = identity.split('/').next().unwrap_or_default();
    (!istio.domains.accept(domain)).then(|| (Verdict::Deny, Reason::ForeignTrustDomain(domain.to_owned())))
}

/// The answer of ztunnel's rules, with the waypoints that istiod admits by itself: like an ALLOW policy that names them and nobody else.
fn with_admitted<'a>(admitted: &[String], caller: &Caller, (verdict, reason): (Verdict, Reason<'a>)) -> (Verdict, Reason<'a>) {
    let named = matches!(caller, Caller::Named { identity, .. } if admitted.contains(identity));
    match (admitted.first(), &reason) {
        (Some(waypoint), Reason::NoneAdmits { .. } | Reason::NoAllowPolicy { .. }) if named => (Verdict::Allow, Reason::Waypoint(waypoint.clone())),
        (Some(waypoint), Reason::NoAllowPolicy { .. }) => (Verdict::Deny, Reason::Waypoint(waypoint.clone())),
        _ => (verdict, reason),
    }
}

impl<'a> End<'a> {
    /// Adds its answer.
    pub(super) fn rule(
        &self,
        istio: &Istio<'a>,
        request: &Request<'_>,
        caller: &Caller,
        explain: bool,
        push: &mut impl FnMut(StepPlace, StepKind, (Verdict, Reason<'a>)) -> bool,
    ) {
        let server = StepPlace::Server;
        match self {
            Self::Nobody(why) => {
                push(server, StepKind::Authorization, (Verdict::Allow, Reason::NotEnforced(why.clone())));
            }
            Self::Hidden(gap) => {
                push(server, StepKind::Authorization, (Verdict::Unknown, Reason::Hidden(gap.clone())));
            }
            Self::Sidecar { envoy, mode, by } => {
                let mut peer = caller.peer();
                match (caller, mode) {
                    (Caller::Nobody, Mode::Strict) => {
                        let refused = by.map_or(Reason::Depends(Missing::Identity), Reason::PlaintextRefused);
                        push(server, StepKind::Mtls, (Verdict::Deny, refused));
                        return;
                    }
                    (Caller::Named { explicit: true, .. }, Mode::Disable) if envoy.protocol.is_http() => {
                        let refused = by.map_or(Reason::Depends(Missing::Identity), Reason::TlsNotExpected);
                        push(server, StepKind::Mtls, (Verdict::Deny, refused));
                        return;
                    }
                    // The TLS is passed on as it is: bytes, whatever they carry.
                    (Caller::Named { explicit: true, .. }, Mode::Disable) => {
                        let bytes = Request { call: Call::Tcp, ..request.clone() };
                        push(server, StepKind::Authorization, envoy.decide(&bytes, Peer::Nobody, explain));
                        return;
                    }
                    // The TLS is never begun.
                    (Caller::Named { .. }, Mode::Disable) => peer = Peer::Nobody,
                    (Caller::Named { identity, .. }, _) => {
                        if let Some(refused) = foreign(istio, identity) {
                            push(server, StepKind::Mtls, refused);
                            return;
                        }
                    }
                    _ => {}
                }
                push(server, StepKind::Authorization, envoy.decide(request, peer, explain));
            }
            Self::Gateway { envoy, mutual } => {
                let peer = if *mutual { caller.peer() } else { Peer::Nobody };
                push(StepPlace::Gateway, StepKind::Authorization, envoy.decide(request, peer, explain));
            }
            Self::Ztunnel { deny, allow, strict, admitted, port, addresses } => {
                match (caller, strict) {
                    (Caller::Nobody, Some(by)) => {
                        push(server, StepKind::Mtls, (Verdict::Deny, Reason::PlaintextRefused(by)));
                        return;
                    }
                    (Caller::Named { identity, .. }, _) => {
                        let domain = identity.split('/').next().unwrap_or_default();
                        // ztunnel takes its own trust domain alone, aliases aside.
                        if istio.view.istio.config.trust_domain != domain {
                            push(server, StepKind::Mtls, (Verdict::Deny, Reason::ForeignTrustDomain(domain.to_owned())));
                            return;
                        }
                    }
                    _ => {}
                }
                let address = Address::One(&request.client.addresses);
                let destination = Address::One(addresses);
                let seen = Seen { peer: caller.peer(), direct: address, remote: address, destination, port: *port, sni: "", http: None };
                push(server, StepKind::Authorization, with_admitted(admitted, caller, envoy::rules_decide(deny, allow, &seen, explain)));
            }
        }
    }
}
