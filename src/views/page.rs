//! Everything about one workload or one Service on a page.

use std::collections::BTreeSet;

use serde::Serialize;

use super::injection::{InjectionRow, Intended, rows};
use super::versions::ProxyVersionRow;
use crate::index::Workload;
use crate::mesh::istio::ambient::{self, Traffic, Waypoint};
use crate::mesh::istio::policy::{Action, enforcer};
use crate::mesh::linkerd::authz;
use crate::mesh::linkerd::server::{Servers, tcp_ports};
use crate::mesh::mtls::peer_mode;
use crate::model::{Gap, Kind, Map, MeshId, ObjectRef, Port, Service, Str, Subject};
use crate::report::Severity;
use crate::world::World;

/// A workload.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WorkloadPage {
    /// Which.
    pub workload: ObjectRef,
    /// Its service account.
    pub service_account: Str,
    /// Membership, one row for each mesh that is here.
    pub injection: Vec<InjectionRow>,
    /// Proxies of its pods.
    pub versions: Vec<ProxyVersionRow>,
    /// Ports it declares.
    pub ports: Vec<PortRow>,
    /// Services that select it.
    pub services: Vec<ServiceRow>,
    /// Policies that hold for it.
    pub policies: Vec<PolicyRow>,
    /// The waypoint that calls to its pods go through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waypoint: Option<String>,
    /// What is wrong with it, as `check` finds it.
    pub findings: Vec<FindingRow>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A container port.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PortRow {
    /// Number.
    pub port: u16,
    /// Name, empty when it has none.
    pub name: Str,
    /// What the proxy accepts: Istio's mode, or Linkerd's default policy; nothing where a Server governs the port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepts: Option<String>,
    /// Who decides that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decider: Option<String>,
}

/// A Service in a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServiceRow {
    /// Name.
    pub name: Str,
    /// Type.
    #[serde(rename = "type")]
    pub kind: Str,
    /// Ports as `80/http → 8080`.
    pub ports: Vec<String>,
    /// The waypoint it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waypoint: Option<String>,
}

/// A policy in a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PolicyRow {
    /// Which.
    pub object: ObjectRef,
    /// What it does.
    pub effect: String,
}

/// A Service.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ServicePage {
    /// Which.
    pub service: ObjectRef,
    /// Type and ports.
    #[serde(flatten)]
    pub row: ServiceRow,
    /// Membership of the workloads behind it.
    pub workloads: Vec<InjectionRow>,
    /// Policies that target it.
    pub policies: Vec<PolicyRow>,
    /// What is wrong with it, as `check` finds it.
    pub findings: Vec<FindingRow>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A finding in a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingRow {
    /// Id of the rule.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The object that has to change.
    pub object: ObjectRef,
    /// The field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub hint: String,
}

/// The objects that a workload's page is about: itself, its pods, its Services and the policies that hold for it.
pub fn objects_of_page(world: &World, workload: &Workload, page: &WorkloadPage) -> BTreeSet<ObjectRef> {
    let namespace = &workload.reference.namespace;
    let services = page.services.iter().filter_map(|row| world.index.service(namespace, &row.name)).map(Subject::reference);
    let pods = world.index.pods_of(workload).map(Subject::reference);
    std::iter::once(workload.reference.clone()).chain(pods).chain(services).chain(page.policies.iter().map(|row| row.object.clone())).collect()
}

/// The page of a workload.
pub fn workload_page(world: &World, workload: &Workload, only: Option<MeshId>) -> WorkloadPage {
    let injection = rows(world, workload, only, true);
    let namespace = workload.reference.namespace.as_str();
    let services: Vec<ServiceRow> = world.index.services_selecting(namespace, &workload.labels).map(|s| service_row(world, s)).collect();
    let service_account = world.index.pod_spec(workload).map(|s| Str::from(s.service_account())).unwrap_or_default();
    let meant = |r: &InjectionRow| !matches!(r.intended, Intended::None | Intended::Unknown);
    let inside = |mesh: MeshId| injection.iter().any(|r| r.mesh == mesh.into() && (r.pods.inside > 0 || meant(r)));
    let istio = inside(MeshId::Istio);
    let linkerd = inside(MeshId::Linkerd).then(|| world.view().linkerd_servers());
    let mut gaps = page_gaps(world);
    gaps.extend(injection.iter().filter_map(|r| r.unknown.clone()));
    gaps.sort();
    gaps.dedup();
    WorkloadPage {
        workload: workload.reference.clone(),
        service_account,
        versions: proxies(world, workload, only),
        ports: ports(world, workload, istio, linkerd),
        services,
        policies: policies(world, workload, istio, linkerd),
        waypoint: istio.then(|| waypoint(world, &workload.labels, namespace, false)).flatten(),
        injection,
        findings: Vec::new(),
        gaps,
    }
}

/// The page of a Service.
pub fn service_page(world: &World, service: &Service, only: Option<MeshId>) -> ServicePage {
    let meta = &service.metadata;
    let behind = world.index.select(Some(&meta.namespace), &service.spec.selector).filter(|_| !service.spec.selector.is_empty());
    let workloads: Vec<InjectionRow> = behind.flat_map(|w| rows(world, w, only, false)).collect();
    let mut found = Vec::new();
    for all in [world.view().authorization_policies(), world.view().request_authentications()] {
        found.extend(all.targeting(Kind::Service, &meta.namespace, &meta.name).map(policy_row));
    }
    ServicePage {
        service: service.reference(),
        row: service_row(world, service),
        workloads,
        policies: found,
        findings: Vec::new(),
        gaps: page_gaps(world),
    }
}

fn page_gaps(world: &World) -> Vec<Gap> {
    let mut gaps = super::gaps(world, super::MEMBERSHIP_KINDS);
    gaps.extend(super::gaps(world, super::POLICY_KINDS));
    gaps.extend(super::gaps(world, &[Kind::Gateway]));
    gaps
}

fn proxies(world: &World, workload: &Workload, only: Option<MeshId>) -> Vec<ProxyVersionRow> {
    let mut counted: std::collections::BTreeMap<(MeshId, Str), usize> = std::collections::BTreeMap::new();
    for pod in world.index.live_pods(workload) {
        for mesh in world.meshes().iter().filter(|m| super::wanted(only, m.id()) && m.has_proxy(pod)) {
            *counted.entry((mesh.id(), mesh.proxy_version(pod).unwrap_or_else(|| "unknown".into()))).or_default() += 1;
        }
    }
    counted.into_iter().map(|((mesh, version), pods)| ProxyVersionRow { mesh, version, pods }).collect()
}

fn service_row(world: &World, service: &Service) -> ServiceRow {
    let meta = &service.metadata;
    let port = |p: &crate::model::ServicePort| {
        let target = match p.target() {
            Port::Number(n) if n == p.port => String::new(),
            other => format!(" → {other}"),
        };
        let name = if p.name.is_empty() { String::new() } else { format!("/{}", p.name) };
        format!("{}{name}{target}", p.port)
    };
    let kind = if service.is_headless() {
        "headless".into()
    } else if service.spec.kind.is_empty() {
        "ClusterIP".into()
    } else {
        service.spec.kind.clone()
    };
    ServiceRow {
        name: meta.name.clone(),
        kind,
        ports: service.spec.ports.iter().map(port).collect(),
        waypoint: waypoint(world, &meta.labels, &meta.namespace, true),
    }
}

fn ports(world: &World, workload: &Workload, istio: bool, linkerd: Option<Servers<'_>>) -> Vec<PortRow> {
    let Some(spec) = world.index.pod_spec(workload) else { return Vec::new() };
    let accepts = istio.then(|| world.view().istio_accepts(workload));
    let row = |(name, port): (&str, u16)| {
        let (accepts, decider) = if let Some(Ok(accepts)) = &accepts {
            let decision = accepts.on(port);
            (Some(decision.mode.name().to_owned()), Some(decision.decider()))
        } else if let Some(servers) = linkerd {
            match servers.governing(workload, port) {
                Some(server) => (None, Some(server.object.reference().to_string())),
                None => {
                    let annotated = workload.annotations.get("config.linkerd.io/default-inbound-policy");
                    let decider = if annotated.is_some() { "the pod's annotation" } else { "the control plane's default" };
                    let default = world.linkerd.configs.first().map(|c| c.default_inbound_policy.as_str());
                    (annotated.or(default).map(str::to_owned), Some(decider.to_owned()))
                }
            }
        } else if matches!(accepts, Some(Err(_))) {
            (Some("unknown".to_owned()), None)
        } else {
            (None, None)
        };
        PortRow { port, name: name.into(), accepts, decider }
    };
    let proxies = ["istio-proxy", "linkerd-proxy"];
    let own = crate::model::PodSpec {
        containers: spec.containers.iter().filter(|c| !proxies.contains(&c.name.as_str())).cloned().collect(),
        ..Default::default()
    };
    tcp_ports(&own).map(row).collect()
}

fn policies(world: &World, workload: &Workload, istio: bool, linkerd: Option<Servers<'_>>) -> Vec<PolicyRow> {
    let mut found = Vec::new();
    let view = world.view();
    if istio {
        let by = enforcer(view, workload);
        for all in [view.authorization_policies(), view.request_authentications()] {
            found.extend(all.applying(workload, by).into_iter().map(policy_row));
        }
        let accepts = view.peer_authentications().accepts(&workload.reference.namespace, &workload.labels);
        let mut deciding: Vec<_> = std::iter::once(accepts.any).chain(accepts.ports.into_values()).filter_map(|d| d.policy).collect();
        deciding.dedup_by(|a, b| std::ptr::eq(*a, *b));
        found.extend(deciding.into_iter().map(policy_row));
    }
    if let Some(servers) = linkerd {
        found.extend(linkerd_policies(world, servers, workload));
    }
    found
}

/// Servers that pick a workload, each with the ports it governs, and the policies about those that govern any.
fn linkerd_policies(world: &World, servers: Servers<'_>, workload: &Workload) -> Vec<PolicyRow> {
    let namespace = workload.reference.namespace.as_str();
    let mut found = Vec::new();
    let mut governing = Vec::new();
    for server in servers.in_namespace(namespace).filter(|s| s.selector.matches(workload.reference.kind, &workload.labels)) {
        let governs = |port: &u16| servers.governing(workload, *port).is_some_and(|first| first.name() == server.name());
        let ports: Vec<String> = server.numbers_on(&world.index, workload).into_iter().filter(governs).map(|p| p.to_string()).collect();
        let effect = if ports.is_empty() { "governs no port here".to_owned() } else { format!("governs port {}", ports.join(", ")) };
        if !ports.is_empty() {
            governing.push(server.name());
        }
        found.push(PolicyRow { object: server.object.reference(), effect });
    }
    for policy in world.index.objects_in(Kind::LinkerdAuthorizationPolicy, namespace) {
        let concerns = match authz::target(policy) {
            Ok(authz::Target::Server(name)) => governing.contains(&name),
            Ok(authz::Target::Namespace) => !governing.is_empty(),
            _ => false,
        };
        if concerns {
            let void = authz::grant(policy, &world.index, &world.linkerd.cluster).is_err();
            let effect = if void { "ignored by Linkerd: see check" } else { "grants access" };
            found.push(PolicyRow { object: policy.reference(), effect: effect.to_owned() });
        }
    }
    found
}

fn policy_row(policy: &crate::model::Object) -> PolicyRow {
    let effect = match policy.kind {
        Kind::AuthorizationPolicy => Action::of(policy).name().to_owned(),
        Kind::PeerAuthentication => peer_mode(policy).map_or("UNSET", |mode| mode.name()).to_owned(),
        _ => "checks tokens".to_owned(),
    };
    PolicyRow { object: policy.reference(), effect }
}

/// The waypoint that labels ask for, and whether it does what they ask.
fn waypoint(world: &World, labels: &Map, namespace: &str, for_service: bool) -> Option<String> {
    let (ns, name) = ambient::reference(&world.index, labels, namespace)?;
    let at = format!("{ns}/{name}");
    match ambient::waypoint(&world.index, labels, namespace) {
        Waypoint::NotAsked => None,
        Waypoint::Missing => Some(format!("{at}, which does not exist")),
        Waypoint::Serves(traffic, _) => {
            let (serves, takes) = match traffic {
                Traffic::Service => ("Services", for_service),
                Traffic::Workload => ("pods", !for_service),
                Traffic::All => ("Services and pods", true),
                Traffic::None => ("nothing", false),
            };
            // A waypoint named by the namespace is meant for whichever it serves.
            if !takes && !for_service { None } else { Some(format!("{at}, which serves {serves}")) }
        }
    }
}
