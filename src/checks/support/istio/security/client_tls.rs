//! Where a DestinationRule says what callers use for encryption: for all ports, for one, for a subset.

use crate::index::Workload;
use crate::mesh::istio::destination_rule::{DestinationRule, TlsMode, TrafficPolicy};
use crate::mesh::istio::{Entry, Source};
use crate::model::{Fact, Intent, Map, MeshId, Object, Service};
use crate::world::World;

/// A place in a DestinationRule that sets how callers encrypt.
pub(in crate::checks) struct Setting<'a> {
    pub(in crate::checks) mode: TlsMode<'a>,
    /// Where the mode stands.
    pub(in crate::checks) path: String,
    /// The one port it is for; for all, when there is none.
    pub(in crate::checks) port: Option<i32>,
    /// Ports with settings of their own.
    except: Vec<i32>,
    /// The subset's labels; empty for the whole host.
    pub(in crate::checks) labels: Map,
}

impl Setting<'_> {
    /// Whether it is for a port of the Service.
    pub(in crate::checks) fn reaches(&self, port: i32) -> bool {
        self.port.is_none_or(|p| p == port) && !self.except.contains(&port)
    }
}

/// All places of a rule that set a mode.
pub(in crate::checks) fn settings(rule: &Object) -> Vec<Setting<'_>> {
    let rule = DestinationRule::of(rule);
    let mut found = Vec::new();
    rule.policy().into_iter().for_each(|policy| read(policy, &Map::default(), &mut found));
    for subset in rule.subsets() {
        subset.policy().into_iter().for_each(|policy| read(policy, &subset.labels(), &mut found));
    }
    found
}

fn read<'a>(policy: TrafficPolicy<'a>, labels: &Map, found: &mut Vec<Setting<'a>>) {
    let by_port: Vec<(i32, TrafficPolicy<'a>)> = policy.ports().filter_map(|(port, settings)| Some((i32::try_from(port?).ok()?, settings))).collect();
    let mut add = |policy: TrafficPolicy<'a>, port: Option<i32>, except: Vec<i32>| {
        if let Some(tls) = policy.tls() {
            found.push(Setting { mode: tls.mode, path: tls.field.path_of("mode"), port, except, labels: labels.clone() });
        }
    };
    add(policy, None, by_port.iter().map(|(port, _)| *port).collect());
    for (port, settings) in by_port {
        add(settings, Some(port), Vec::new());
    }
}

/// What a DestinationRule is about, when its host is one name: as istiod completes and finds it.
pub(in crate::checks) fn entry<'w>(world: &'w World, rule: &Object) -> Option<&'w Entry> {
    let host = DestinationRule::of(rule).host();
    (!host.starts_with('*')).then(|| world.istio.registry.resolve(host, &rule.meta.namespace)).flatten()
}

/// The Service behind an entry.
pub(in crate::checks) fn service<'w>(world: &'w World, entry: &Entry) -> Option<&'w Service> {
    match entry.source {
        Source::Service(i) => world.index.services().get(i),
        Source::ServiceEntry(_) => None,
    }
}

/// Whether a workload is known to stay without any proxy of Istio's: none of its pods has one, and a new one would get none.
pub(in crate::checks) fn is_outside(world: &World, workload: &Workload) -> bool {
    let fact = world.injection(MeshId::Istio, workload);
    matches!(fact.intended, Fact::Known { value: Intent::Out, .. }) && fact.actual.inside() + fact.actual.pending == 0
}
