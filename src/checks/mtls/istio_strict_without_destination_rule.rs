use crate::checks::Findings;
use crate::checks::support::istio::security::tls::{self, Rules};
use crate::mesh::istio::destination_rule::TlsMode;
use crate::mesh::mtls::Mode;
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// With automatic mutual TLS switched off (`enableAutoMtls: false`), a PeerAuthentication without a selector says STRICT, and no
    /// DestinationRule for the whole mesh (or, for one of a namespace, for that namespace) tells callers to use `ISTIO_MUTUAL`.
    ///
    /// # Why it matters
    ///
    /// Callers send plaintext and servers refuse it: nothing in the scope of this policy can be reached.
    ///
    /// # How to fix it
    ///
    /// Switch automatic mutual TLS back on, which is the default, or write the DestinationRule.
    ///
    /// Sources: kiali KIA0401, KIA0501 `business/checkers/peerauthentications/{mesh,namespace}_mtls_checker.go`.
    "istio-strict-without-destination-rule",
    summary: "STRICT without a DestinationRule for callers, automatic mutual TLS being off",
    aliases: &["KIA0401", "KIA0501"],
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::PeerAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    if world.istio.config.auto_mtls {
        return;
    }
    let rules = Rules::new(world);
    for peer in world.index.objects(Kind::PeerAuthentication).iter().filter(|p| tls::server_mode(p) == Some(Some(Mode::Strict))) {
        let namespace = peer.meta.namespace.as_str();
        let mesh_wide = namespace == world.istio.root_namespace();
        let mutual = |rule: &crate::model::Object| tls::client_mode(rule) == Some(TlsMode::IstioMutual);
        if rules.mesh_wide(namespace).any(mutual) || (!mesh_wide && rules.namespace_wide(namespace).any(mutual)) {
            continue;
        }
        let host = if mesh_wide { tls::MESH_HOST.to_owned() } else { tls::namespace_host(world, namespace) };
        let message = "servers refuse plaintext, but no DestinationRule makes callers use mutual TLS and enableAutoMtls is false";
        let hint = format!("Set enableAutoMtls to true, or write a DestinationRule for {host:?} with tls mode ISTIO_MUTUAL.");
        if let Some(finding) = findings.missing(peer, "spec.mtls", &[(Kind::DestinationRule, "")], message, hint) {
            finding.codes(if mesh_wide { &["KIA0401"] } else { &["KIA0501"] });
        }
    }
}
