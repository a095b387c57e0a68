use std::collections::HashMap;

use crate::checks::Findings;
use crate::checks::support::istio::security::client_tls;
use crate::checks::support::istio::security::ports;
use crate::checks::support::istio::security::tls::{self, MESH_HOST};
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::mesh::istio::policy::{self, Enforcer};
use crate::mesh::istio::{Registry, Source};
use crate::mesh::mtls::{Mode, PeerAuthentications};
use crate::mesh::mtls::{Mtls, ServerMode};
use crate::model::{Kind, Map, Object, ObjectRef, Service, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule tells callers to use no TLS (`DISABLE`) or TLS without a client certificate (`SIMPLE`) towards workloads whose
    /// PeerAuthentication is STRICT: for one Service, for a namespace (`*.shop.svc.cluster.local`) or for the mesh (`*.local`). Port-level
    /// settings and subsets are read too. Workloads in ambient are left out, since ztunnel encrypts whatever the rule says.
    ///
    /// # Why it matters
    ///
    /// The servers refuse every such connection: callers get 503 with `upstream connect error`.
    ///
    /// # How to fix it
    ///
    /// Remove `tls` from the DestinationRule (automatic mutual TLS then does the right thing), or make the workloads PERMISSIVE.
    ///
    /// Sources: kiali KIA0207, KIA0208 `business/checkers/destinationrules/disabled_{namespacewide,meshwide}_mtls_checker.go`; istio
    /// `pilot/pkg/networking/core/cluster_tls.go`.
    "istio-client-tls-refused-by-strict-server",
    summary: "DestinationRule makes callers send what a STRICT server refuses",
    aliases: &["KIA0207", "KIA0208"],
    severity: Severity::Error,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::PeerAuthentication, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

const HINT: &str = "Remove tls from the DestinationRule so that callers use mutual TLS by themselves, or set the workloads to PERMISSIVE.";

fn run(world: &World, findings: &mut Findings<'_>) {
    let peers = world.view().peer_authentications();
    let mtls = Mtls::new(world.view());
    let mut strict: HashMap<ObjectRef, Vec<Strict>> = HashMap::new();
    for rule in world.index.objects(Kind::DestinationRule) {
        let mut settings = client_tls::settings(rule);
        settings.retain(|setting| matches!(setting.mode, TlsMode::Disable | TlsMode::Simple));
        if settings.is_empty() {
            continue;
        }
        let host = DestinationRule::of(rule).host();
        if host.starts_with('*') {
            wide(world, &peers, rule, host, findings);
            continue;
        }
        let Some(service) = service(world, &world.istio.registry, rule, host) else { continue };
        let refusing = strict.entry(service.reference()).or_insert_with(|| strict_ports(world, &mtls, service));
        for setting in settings {
            let hit = refusing.iter().find(|s| setting.reaches(s.port) && setting.labels.is_subset_of(&s.labels));
            if let Some(hit) = hit {
                let message = format!("callers use {}, but port {} of {} is STRICT and refuses that", setting.mode, hit.container_port, hit.workload);
                let finding = findings.add(rule, setting.path, message, HINT);
                finding.codes(&[]);
                if let Some(peer) = &hit.peer {
                    finding.related(peer.clone(), "makes it STRICT");
                }
            }
        }
    }
}

/// A rule for a namespace or for the whole mesh against what holds there in general.
fn wide(world: &World, peers: &PeerAuthentications<'_>, rule: &Object, host: &str, findings: &mut Findings<'_>) {
    let Some(mode @ (TlsMode::Disable | TlsMode::Simple)) = tls::client_mode(rule) else { return };
    let suffix = format!(".{}", world.istio.config.service_suffix());
    let target = host.strip_prefix("*.").and_then(|rest| rest.strip_suffix(&suffix));
    let decision = match target {
        Some(namespace) => peers.for_namespace(namespace),
        None if host == MESH_HOST => peers.for_namespace(world.istio.root_namespace()),
        None => return,
    };
    let code = if mode == TlsMode::Disable { kiali(world, rule, target) } else { None };
    if decision.mode != Mode::Strict && code.is_none() {
        return;
    }
    let whose = target.map_or("the mesh".to_owned(), |ns| format!("namespace {ns:?}"));
    let message = format!("callers use {mode} towards {whose}, which is STRICT and refuses that");
    let finding = findings.add(rule, "spec.trafficPolicy.tls.mode", message, HINT);
    match code {
        Some("KIA0207") => finding.codes(&["KIA0207"]),
        Some(_) => finding.codes(&["KIA0208"]),
        None => finding.codes(&[]),
    };
    if let Some(policy) = decision.policy {
        finding.related(policy.reference(), "makes it STRICT");
    }
}

/// What Kiali says, which knows a rule for its own namespace and one for the mesh.
fn kiali(world: &World, rule: &Object, target: Option<&str>) -> Option<&'static str> {
    let mesh_is_strict = || tls::peers(world, world.istio.root_namespace()).any(|p| tls::server_mode(p) == Some(Some(Mode::Strict)));
    match target {
        None => mesh_is_strict().then_some("KIA0208"),
        Some(namespace) if rule.meta.namespace == namespace => {
            let modes = || tls::peers(world, namespace).filter_map(tls::server_mode);
            match modes().find(|mode| tls::accepts_mutual(Some(*mode))) {
                Some(Some(Mode::Strict)) => Some("KIA0207"),
                Some(_) => None,
                None => (!modes().any(|mode| mode == Some(Mode::Disable)) && mesh_is_strict()).then_some("KIA0208"),
            }
        }
        Some(_) => None,
    }
}

/// A port of a Service that a workload behind it accepts mutual TLS on only.
struct Strict {
    port: i32,
    container_port: u16,
    workload: ObjectRef,
    labels: Map,
    peer: Option<ObjectRef>,
}

fn strict_ports<'w>(world: &'w World, mtls: &Mtls<'w>, service: &Service) -> Vec<Strict> {
    let index = &world.index;
    let mut found = Vec::new();
    if service.spec.selector.is_empty() {
        return found;
    }
    for workload in index.select(Some(&service.metadata.namespace), &service.spec.selector) {
        if policy::enforcer(world.view(), workload) != Enforcer::Sidecar {
            continue;
        }
        for port in &service.spec.ports {
            let Some(container_port) = ports::container_port(index, workload, port) else { continue };
            let accepts = mtls.mode(workload, container_port);
            if accepts.mode == ServerMode::Strict {
                let peer = accepts.decider().cloned();
                found.push(Strict { port: port.port, container_port, workload: workload.reference.clone(), labels: workload.labels.clone(), peer });
            }
        }
    }
    found
}

fn service<'a>(world: &'a World, registry: &Registry, rule: &Object, host: &str) -> Option<&'a Service> {
    let name = registry.kiali_host(host, &rule.meta.namespace).name;
    let entry = registry.named(&name).find(|e| e.is_service())?;
    match entry.source {
        Source::Service(i) => world.index.services().get(i),
        Source::ServiceEntry(_) => None,
    }
}
