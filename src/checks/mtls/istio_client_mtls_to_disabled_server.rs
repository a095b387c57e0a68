use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::checks::support::istio::security::ports;
use crate::checks::support::istio::security::tls::{self, Rules};
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::mesh::istio::policy::{self, Enforcer};
use crate::mesh::mtls::{Mode, Mtls, ServerMode};
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A PeerAuthentication disables mutual TLS for a namespace or the mesh while a DestinationRule makes callers use it there (`ISTIO_MUTUAL`
    /// or `MUTUAL`), or a DestinationRule makes callers of one Service use `ISTIO_MUTUAL` while its workloads run with DISABLE.
    ///
    /// # Why it matters
    ///
    /// With DISABLE the server's sidecar hands what arrives to the application as it is. The application sees a TLS handshake that it does not
    /// understand, and every call fails.
    ///
    /// # How to fix it
    ///
    /// Set the DestinationRule's `tls.mode` to DISABLE or remove it, or remove the DISABLE of the PeerAuthentication.
    ///
    /// Sources: kiali KIA0505, KIA0506 `business/checkers/peerauthentications/disabled_{namespacewide,meshwide}_checker.go`.
    "istio-client-mtls-to-disabled-server",
    summary: "Callers are made to use mutual TLS where servers have it disabled",
    aliases: &["KIA0505", "KIA0506"],
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::PeerAuthentication, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

const HINT: &str = "Remove the DISABLE of the PeerAuthentication, or remove tls from the DestinationRule.";

fn run(world: &World, findings: &mut Findings<'_>) {
    let rules = Rules::new(world);
    for peer in world.index.objects(Kind::PeerAuthentication).iter().filter(|p| tls::server_mode(p) == Some(Some(Mode::Disable))) {
        let namespace = peer.meta.namespace.as_str();
        let mesh_wide = namespace == world.istio.root_namespace();
        let mesh_rule = rules.mesh_wide(namespace).find(|r| tls::is_mutual(tls::client_mode(r)));
        let own_rule =
            rules.namespace_wide(namespace).find(|r| matches!(tls::client_mode(r), Some(TlsMode::Disable | TlsMode::IstioMutual | TlsMode::Mutual)));
        let rule = match own_rule {
            Some(rule) if !mesh_wide => tls::is_mutual(tls::client_mode(rule)).then_some(rule),
            _ => mesh_rule,
        };
        if let Some(rule) = rule {
            let message = format!("servers have mutual TLS disabled, but {} makes callers use it", rule.reference());
            let finding = findings.add(peer, "spec.mtls", message, HINT);
            finding.codes(if mesh_wide { &["KIA0506"] } else { &["KIA0505"] }).related(rule.reference(), "makes callers use mutual TLS");
        }
    }
    per_service(world, findings);
}

/// DestinationRules for a single Service, by what its workloads accept.
fn per_service(world: &World, findings: &mut Findings<'_>) {
    let index = &world.index;
    let mtls = Mtls::new(world.view());
    let mut by_service: BTreeMap<(String, String), Vec<&Object>> = BTreeMap::new();
    for rule in index.objects(Kind::DestinationRule).iter().filter(|r| tls::client_mode(r) == Some(TlsMode::IstioMutual)) {
        let host = world.istio.registry.kiali_host(DestinationRule::of(rule).host(), &rule.meta.namespace);
        if host.is_service() && !host.is_wildcard() {
            by_service.entry((host.namespace, host.service)).or_default().push(rule);
        }
    }
    for ((namespace, name), rules) in by_service {
        let Some(service) = index.service(&namespace, &name).filter(|s| !s.spec.selector.is_empty()) else { continue };
        let disabled = index.select(Some(&namespace), &service.spec.selector).find_map(|workload| {
            if policy::enforcer(world.view(), workload) != Enforcer::Sidecar {
                return None;
            }
            let ports = service.spec.ports.iter().filter_map(|p| ports::container_port(index, workload, p));
            ports.map(|port| mtls.mode(workload, port)).find(|accepts| accepts.mode == ServerMode::Disable).map(|accepts| (workload, accepts))
        });
        let Some((workload, accepts)) = disabled else { continue };
        let port = accepts.port;
        for rule in rules {
            let message = format!("callers use mutual TLS, but port {port} of {} has it disabled", workload.reference);
            let finding = findings.add(rule, "spec.trafficPolicy.tls.mode", message, HINT);
            finding.codes(&[]);
            if let Some(peer) = accepts.decider() {
                finding.related(peer.clone(), "disables it");
            }
        }
    }
}
