use crate::checks::Findings;
use crate::mesh::istio::destination_rule::{ClientTls, DestinationRule, TlsMode};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule originates TLS (`SIMPLE` or `MUTUAL`) without `caCertificates`, at the top or for a port.
    ///
    /// # Why it matters
    ///
    /// In old releases the server's certificate was then not verified at all. Today's proxies verify it by the CA bundle of their
    /// operating system, so that it matters only with old proxies or private CAs. That is why this rule has to be asked for.
    ///
    /// # How to fix it
    ///
    /// Set `caCertificates` to the CA of the server, or to `system` to say that the bundle is meant.
    ///
    /// Sources: IST0128, IST0129: istio `pkg/config/analysis/analyzers/destinationrule/ca-certificates.go`;
    /// istiod `pilot/pkg/networking/core/cluster_tls.go`.
    "istio-destination-rule-ca-missing",
    summary: "DestinationRule originates TLS without naming a CA",
    aliases: &["IST0128", "IST0129"],
    severity: Severity::Info,
    category: Category::Certificates,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule],
    opt_in: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for rule in world.index.objects(Kind::DestinationRule).iter().map(DestinationRule::of) {
        let Some(policy) = rule.policy() else { continue };
        judge(rule, policy.tls(), "IST0128", findings);
        for (_, settings) in policy.ports() {
            judge(rule, settings.tls(), "IST0129", findings);
        }
    }
}

fn judge(rule: DestinationRule<'_>, tls: Option<ClientTls<'_>>, code: &'static str, findings: &mut Findings<'_>) {
    let Some(tls) = tls.filter(|tls| matches!(tls.mode, TlsMode::Simple | TlsMode::Mutual)) else { return };
    let from_secret = !tls.field.text("credentialName").is_empty() && rule.selects_clients();
    if !tls.field.text("caCertificates").is_empty() || from_secret {
        return;
    }
    let message = format!("TLS mode {} names no CA: proxies verify the server by the CA bundle of their operating system", tls.mode);
    findings.add(rule.object, tls.field.path(), message, "Set caCertificates to the server's CA, or to system.").codes(&[code]);
}
