//! Probes of the kubelet, which has no identity, at ports that take mutual TLS only.

use super::{Mtls, PortMode, ServerMode};
use crate::index::Workload;
use crate::model::{Evidence, Membership, MeshId, Port, Probe};

const REWRITE: &str = "sidecar.istio.io/rewriteAppHTTPProbers";

/// A probe that a port refuses.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedProbe {
    /// The container port.
    pub port: u16,
    /// What it is and why it is refused.
    pub text: String,
    /// What to do, without a full stop.
    pub hint: String,
    /// Where it stands.
    pub because: Evidence,
}

impl<'a> Mtls<'a> {
    /// Probes that a workload's ports refuse as they are.
    pub fn refused_probes(&self, workload: &'a Workload) -> Vec<RefusedProbe> {
        self.probes_refused_by(workload, |port| Some(self.mode(workload, port)))
    }

    /// Probes that would be refused if the ports had these modes.
    ///
    /// Istio has the kubelet's probes answered by the sidecar's agent unless an annotation turns that off, and ztunnel lets them in; Linkerd
    /// lets in HTTP alone.
    pub fn probes_refused_by(&self, workload: &Workload, mode: impl Fn(u16) -> Option<PortMode>) -> Vec<RefusedProbe> {
        let Some(spec) = self.view.index.pod_spec(workload) else { return Vec::new() };
        let of = |mesh| self.view.membership(mesh, workload).ok().filter(|m| *m != Membership::None);
        let mesh = match (of(MeshId::Istio), of(MeshId::Linkerd)) {
            (Some(Membership::Sidecar), _) if workload.annotations.get(REWRITE) == Some("false") => MeshId::Istio,
            (None, Some(_)) => MeshId::Linkerd,
            _ => return Vec::new(),
        };
        let mut found = Vec::new();
        for (at, container) in spec.containers.iter().enumerate() {
            for (name, probe) in container.probes() {
                let Some((port, how)) = probed(probe, mesh) else { continue };
                let number = match port {
                    Port::Number(number) => u16::try_from(*number).ok(),
                    Port::Name(name) => container.ports.iter().find(|p| p.name == *name).and_then(|p| u16::try_from(p.container_port).ok()),
                };
                let strict = |n: &u16| mode(*n).is_some_and(|m| m.mode == ServerMode::Strict);
                let Some(port) = number.filter(strict) else { continue };
                let (text, hint) = match mesh {
                    MeshId::Linkerd => (
                        format!("{how} {name}: Linkerd lets in HTTP probes by itself, and no others"),
                        "add a Server for the port with an authorization for the kubelet's network".to_owned(),
                    ),
                    MeshId::Istio => {
                        (format!("{how} {name}: the kubelet has no identity, and rewriting is off"), format!("remove the annotation {REWRITE}"))
                    }
                };
                let template = self.view.index.template_path(workload);
                let path = [template, "spec"].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(".");
                let because = Evidence::field(workload.reference.clone(), format!("{path}.containers[{at}].{name}"), text.clone());
                found.push(RefusedProbe { port, text, hint, because });
            }
        }
        found
    }
}

/// The port of a probe that needs the application's port, and what kind of probe it is.
fn probed(probe: &Probe, mesh: MeshId) -> Option<(&Port, &'static str)> {
    let http = probe.http_get.as_ref().filter(|get| mesh != MeshId::Linkerd || get.scheme.eq_ignore_ascii_case("HTTPS"));
    let http = http.map(|get| (&get.port, "HTTP"));
    http.or_else(|| probe.tcp_socket.as_ref().map(|p| (&p.port, "TCP"))).or_else(|| probe.grpc.as_ref().map(|p| (&p.port, "gRPC")))
}
