use crate::checks::Findings;
use crate::checks::support::istio::security::tls::{self, MESH_HOST};
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// With automatic mutual TLS switched off (`enableAutoMtls: false`), a DestinationRule for the whole mesh or for its namespace turns mutual
    /// TLS on, and no PeerAuthentication of the mesh or that namespace says STRICT or PERMISSIVE.
    ///
    /// # Why it matters
    ///
    /// Client and server side are configured apart in such a mesh, and half of the pair is missing: what servers accept is left to the default.
    ///
    /// # How to fix it
    ///
    /// Write the PeerAuthentication, or switch automatic mutual TLS back on and delete the DestinationRule.
    ///
    /// Sources: kiali KIA0205, KIA0206 `business/checkers/destinationrules/{meshwide,namespacewide}_mtls_checker.go`.
    "istio-client-mtls-without-peer-authentication",
    summary: "DestinationRule turns mutual TLS on without a PeerAuthentication, automatic mutual TLS being off",
    aliases: &["KIA0205", "KIA0206"],
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
    let root = world.istio.root_namespace();
    let answered = |namespace: &str| tls::peers(world, namespace).any(|p| tls::accepts_mutual(tls::server_mode(p)));
    for rule in world.index.objects(Kind::DestinationRule).iter().filter(|r| tls::client_mode(r) == Some(TlsMode::IstioMutual)) {
        let namespace = rule.meta.namespace.as_str();
        let host = DestinationRule::of(rule).host();
        let mesh_wide = host == MESH_HOST;
        if (!mesh_wide && host != tls::namespace_host(world, namespace)) || answered(root) || (!mesh_wide && answered(namespace)) {
            continue;
        }
        let whose = if mesh_wide { "the mesh".to_owned() } else { format!("namespace {namespace:?}") };
        let kinds = [(Kind::PeerAuthentication, root), (Kind::PeerAuthentication, if mesh_wide { root } else { namespace })];
        let message = format!("callers are told to use mutual TLS, but no PeerAuthentication of {whose} says that servers accept it");
        let hint = format!("Write a PeerAuthentication with mode STRICT or PERMISSIVE for {whose}.");
        if let Some(finding) = findings.missing(rule, "spec.trafficPolicy.tls.mode", &kinds, message, hint) {
            finding.codes(if mesh_wide { &["KIA0205"] } else { &["KIA0206"] });
        }
    }
}
