use std::collections::{BTreeMap, HashMap};

use crate::checks::Findings;
use crate::checks::support::istio::security::ports;
use crate::index::Workload;
use crate::mesh::istio::authorization_policy::{Attribute, AuthorizationPolicy};
use crate::mesh::istio::policy;
use crate::model::{Field, Kind, Object, Service, Str, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `operation.ports` (or `notPorts`, or a condition on `destination.port`) of an AuthorizationPolicy is the port of a Service that leads to
    /// another port of the pods, and no container receives on the number that is written.
    ///
    /// # Why it matters
    ///
    /// The policy is enforced at the pod, after the Service has mapped the port. The rule never matches: an ALLOW rule admits nobody, a DENY
    /// rule stops nobody.
    ///
    /// # How to fix it
    ///
    /// Write the container port (the Service's `targetPort`).
    ///
    /// Sources: istio `pilot/pkg/security/authz/model/generator.go` (destination port matcher).
    "istio-policy-service-port",
    summary: "AuthorizationPolicy writes the port of a Service instead of the port of its pods",
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Service, Kind::Pod, Kind::Deployment],
    run: run,
}

/// Ports of Services before some workloads and where they lead; ports on which something receives.
#[derive(Default)]
struct Map<'a> {
    leads: BTreeMap<u16, (u16, &'a Service)>,
    received: Vec<u16>,
}

impl<'a> Map<'a> {
    fn of(world: &'a World, workloads: impl IntoIterator<Item = &'a Workload>) -> Self {
        let index = &world.index;
        let mut map = Self::default();
        for workload in workloads {
            map.received.extend(ports::declared(index, workload));
            for service in ports::services(index, workload) {
                for port in &service.spec.ports {
                    let Some(target) = ports::container_port(index, workload, port) else { continue };
                    map.received.push(target);
                    if let Ok(number) = u16::try_from(port.port) {
                        map.leads.insert(number, (target, service));
                    }
                }
            }
        }
        map.received.sort_unstable();
        map.received.dedup();
        map
    }
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let root = world.istio.root_namespace();
    let mut by_namespace: HashMap<Str, Map<'_>> = HashMap::new();
    for ap in world.index.objects(Kind::AuthorizationPolicy).iter().filter(|ap| policy::targets(ap).is_empty()) {
        let values = port_values(ap);
        if values.is_empty() {
            continue;
        }
        let selected;
        let map = if !policy::selector(ap).unwrap_or_default().is_empty() {
            selected = Map::of(world, policy::picked(&world.index, ap, root));
            &selected
        } else if ap.meta.namespace == root {
            // A port number for the whole mesh is right for some workload or other.
            continue;
        } else {
            let namespace = &ap.meta.namespace;
            by_namespace.entry(namespace.clone()).or_insert_with(|| Map::of(world, world.index.workloads_in(namespace)))
        };
        for (port, at) in values {
            if map.received.binary_search(&port).is_ok() {
                continue;
            }
            if let Some((target, service)) = map.leads.get(&port) {
                let message =
                    format!("{port} is the port of Service {:?}; its pods receive on {target}, and that is what is compared", service.metadata.name);
                let finding = findings.add(ap, at.path(), message, format!("Write {target}."));
                finding.fix(at.path(), target.to_string()).related(service.reference(), "maps the port");
            }
        }
    }
}

/// Port numbers that a policy compares.
fn port_values(ap: &Object) -> Vec<(u16, Field<'_>)> {
    let values = AuthorizationPolicy::of(ap).values().filter(|value| value.attribute == Attribute::Port);
    values.filter_map(|value| Some((value.text.parse().ok()?, value.field))).collect()
}
