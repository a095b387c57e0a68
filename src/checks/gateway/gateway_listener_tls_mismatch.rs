use crate::checks::Findings;
use crate::checks::support::gateway::attachment::{self, Listener};
use crate::model::{Field, Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The `tls` block of a listener does not go with its protocol: HTTPS without a certificate or with `mode: Passthrough`, TLS that is terminated
    /// without a certificate, `tls` on HTTP, TCP or UDP, a hostname on TCP or UDP, certificates where TLS is passed through.
    ///
    /// # Why it matters
    ///
    /// A listener without a certificate does not come up (InvalidCertificateRef). HTTPS has to be terminated to be routed by path, so Passthrough on
    /// it is refused. Certificates of a listener that passes TLS through are never used.
    ///
    /// # How to fix it
    ///
    /// Name a Secret of type `kubernetes.io/tls` in `tls.certificateRefs`. For passthrough use protocol TLS with a TLSRoute.
    ///
    /// # Example
    ///
    /// ```yaml
    /// - name: https
    ///   port: 443
    ///   protocol: HTTPS
    ///   tls: {certificateRefs: [{name: shop-tls}]}
    /// - name: passthrough
    ///   port: 8443
    ///   protocol: TLS
    ///   tls: {mode: Passthrough}
    /// ```
    ///
    /// Sources: Gateway API specification, `ListenerTLSConfig`; Kiali and istioctl do not look.
    "gateway-listener-tls-mismatch",
    summary: "Listener whose TLS settings do not go with its protocol",
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::Gateway, Kind::ListenerSet] {
        for gateway in world.index.objects(kind) {
            for listener in attachment::listeners(gateway) {
                judge(findings, gateway, &listener);
            }
        }
    }
}

fn judge(findings: &mut Findings<'_>, gateway: &Object, listener: &Listener<'_>) {
    let tls = listener.field.get("tls");
    let mode = tls.as_ref().map(|t| t.text("mode")).unwrap_or_default();
    let name = listener.name;
    match (listener.protocol, &tls) {
        ("HTTPS", Some(tls)) if mode == "Passthrough" => {
            let message = format!("listener {name:?} is HTTPS and passes TLS through: paths and headers cannot be seen");
            findings.add(gateway, tls.path_of("mode"), message, "Terminate with certificateRefs, or use protocol TLS and a TLSRoute.");
        }
        ("TLS", Some(tls)) if mode == "Passthrough" => {
            if let Some(unused) = tls.get("certificateRefs").filter(|refs| !refs.is_empty()) {
                let message = format!("listener {name:?} passes TLS through: its certificates are never used");
                findings.add(gateway, unused.path(), message, "Remove them, or set mode: Terminate.").severity(Severity::Warning);
            }
        }
        ("HTTPS" | "TLS", tls) if tls.as_ref().is_none_or(|t| lacks_certificate(t)) => {
            let path = tls.as_ref().map_or_else(|| listener.field.path_of("tls"), |t| t.path_of("certificateRefs"));
            let message = format!("listener {name:?} terminates TLS and has no certificate: it does not come up");
            findings.add(gateway, path, message, "Name a Secret of type kubernetes.io/tls in tls.certificateRefs.");
        }
        ("HTTP" | "TCP" | "UDP", Some(tls)) => {
            let message = format!("listener {name:?} is {} and has TLS settings", listener.protocol);
            findings.add(gateway, tls.path(), message, "Use protocol HTTPS or TLS, or remove tls: the API server refuses the two together.");
        }
        _ => {}
    }
    if matches!(listener.protocol, "TCP" | "UDP") && !listener.hostname.is_empty() {
        let message = format!("listener {name:?} is {}, which carries no hostname", listener.protocol);
        findings.add(gateway, listener.field.path_of("hostname"), message, "Remove the hostname: the API server refuses the two together.");
    }
}

/// Options are an implementation's own way to name a certificate.
fn lacks_certificate(tls: &Field<'_>) -> bool {
    tls.list("certificateRefs").next().is_none() && tls.get("options").is_none_or(|options| options.is_empty())
}
