use crate::checks::Findings;
use crate::checks::support::istio::security::client_tls::{self, Setting, is_outside};
use crate::checks::support::istio::security::tls::client_mode;
use crate::index::Workload;
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode};
use crate::mesh::istio::{Entry, Source};
use crate::model::{Kind, Object, Service, Str, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A DestinationRule makes callers use Istio's mutual TLS (`ISTIO_MUTUAL`) towards a Service whose workloads have no proxy and will get none, or
    /// towards a ServiceEntry outside of the mesh: for one host, for a namespace (`*.shop.svc.cluster.local`) or for the mesh (`*.local`), where no
    /// rule nearer to the Service says otherwise. Port-level settings and subsets are read too.
    ///
    /// # Why it matters
    ///
    /// Callers send TLS with the mesh's certificates, and what listens there speaks plaintext: every connection fails, with 503 in the callers.
    ///
    /// # How to fix it
    ///
    /// Remove `tls` from the DestinationRule: callers then use mutual TLS by themselves wherever a proxy listens, and plaintext elsewhere. Or take the
    /// workloads into the mesh, or write a DestinationRule with `tls.mode: DISABLE` for them.
    ///
    /// Sources: istio `pilot/pkg/networking/core/cluster_tls.go`, `pilot/pkg/xds/endpoints/mtls_checker.go`; istioctl and Kiali do not look.
    "istio-client-mtls-to-server-without-proxy",
    summary: "DestinationRule turns mutual TLS on towards workloads without a proxy",
    severity: Severity::Warning,
    category: Category::Mtls,
    mesh: MeshTag::Istio,
    needs: &[Kind::DestinationRule, Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

const HINT: &str =
    "Remove tls from the DestinationRule, so that callers encrypt by themselves wherever a proxy listens, or take the workload into the mesh.";

fn run(world: &World, findings: &mut Findings<'_>) {
    for rule in world.index.objects(Kind::DestinationRule) {
        if DestinationRule::of(rule).host().starts_with('*') {
            wide(world, rule, findings);
            continue;
        }
        let settings: Vec<Setting<'_>> = client_tls::settings(rule).into_iter().filter(|s| s.mode == TlsMode::IstioMutual).collect();
        let Some(entry) = client_tls::entry(world, rule).filter(|_| !settings.is_empty()) else { continue };
        let Some(service) = client_tls::service(world, entry) else {
            if let Some(outside) = external(world, entry) {
                let message = format!("callers use the mesh's certificates towards {:?}, which is outside of the mesh", entry.host.as_str());
                findings
                    .add(rule, settings[0].path.clone(), message, "Use SIMPLE or MUTUAL, or remove tls.")
                    .related(outside.reference(), "MESH_EXTERNAL");
            }
            continue;
        };
        for setting in settings.iter().filter(|s| service.spec.ports.iter().any(|port| s.reaches(port.port))) {
            let Some(workload) = plain_workload(world, service, setting) else { continue };
            let message =
                format!("callers use the mesh's certificates, but {} behind {} has no proxy to take them", workload.reference, service.reference());
            findings.add(rule, setting.path.clone(), message, HINT).related(workload.reference.clone(), "has no proxy");
        }
    }
}

/// A workload outside of the mesh behind a Service, and in the subset that the setting is for.
fn plain_workload<'w>(world: &'w World, service: &Service, setting: &Setting<'_>) -> Option<&'w Workload> {
    let selector = &service.spec.selector;
    if selector.is_empty() {
        return None;
    }
    let mut picked = world.index.select(Some(&service.metadata.namespace), selector).filter(|w| setting.labels.is_subset_of(&w.labels));
    picked.find(|w| is_outside(world, w))
}

fn external<'w>(world: &'w World, entry: &Entry) -> Option<&'w Object> {
    let Source::ServiceEntry(i) = entry.source else { return None };
    let object = world.index.objects(Kind::ServiceEntry).get(i)?;
    // Without a location an entry is MESH_EXTERNAL; one with a selector or workloads' labels leads to workloads that may have proxies.
    let external = matches!(object.spec().text("location"), "" | "MESH_EXTERNAL") && object.spec().get("workloadSelector").is_none();
    external.then_some(object)
}

/// A rule for many hosts: the Services under it whose callers have no nearer rule, told once.
fn wide(world: &World, rule: &Object, findings: &mut Findings<'_>) {
    if client_mode(rule) != Some(TlsMode::IstioMutual) {
        return;
    }
    let registry = &world.istio.registry;
    let in_root = rule.meta.namespace == world.istio.root_namespace();
    let mut hit: Vec<(&Service, &Workload)> = Vec::new();
    for entry in registry.under(DestinationRule::of(rule).host()) {
        let Some(service) = client_tls::service(world, entry).filter(|s| !s.spec.selector.is_empty()) else { continue };
        // A rule of the root namespace is for callers everywhere; those beside the Service stand for them.
        let client: &Str = if in_root { &entry.namespace } else { &rule.meta.namespace };
        let applying = registry.rules.for_any_client(&world.index, &world.istio.config, client, &entry.host, &entry.namespace);
        if !applying.is_some_and(|(_, rules)| rules.first().is_some_and(|first| std::ptr::eq(*first, rule))) {
            continue;
        }
        let mut picked = world.index.select(Some(&service.metadata.namespace), &service.spec.selector);
        hit.extend(picked.find(|w| is_outside(world, w)).map(|w| (service, w)));
    }
    if let Some((service, workload)) = hit.first() {
        let more = if hit.len() > 1 { format!(" and {} more", hit.len() - 1) } else { String::new() };
        let message =
            format!("callers use the mesh's certificates towards {}{more}, whose workloads have no proxy to take them", service.reference());
        let finding = findings.add(rule, "spec.trafficPolicy.tls.mode", message, HINT);
        finding.related(workload.reference.clone(), "has no proxy");
    }
}
