//! Ports that ServiceEntries claim for the same host.

use std::collections::BTreeMap;

use crate::checks::support::istio::traffic::views::{Member, Views};
use crate::model::Object;
use crate::world::World;

/// One port of an entry for one of its hosts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks) struct Claim {
    /// Position of the ServiceEntry.
    pub entry: usize,
    /// Position of the port in it.
    pub port: usize,
    /// In upper case.
    pub protocol: String,
}

/// A ServiceEntry's port by the host and number it shares with others.
type Ports = BTreeMap<(String, i64), Vec<Claim>>;

/// What several ports claim, by host (as `name` makes it) and number.
pub(in crate::checks) fn shared(all: &[Object], name: impl Fn(&str) -> String) -> Ports {
    let mut ports = Ports::new();
    for (entry, object) in all.iter().enumerate() {
        let spec = object.spec();
        for (port, field) in spec.list("ports").enumerate().filter(|(_, f)| !f.is_null()) {
            let number = field.get("number").and_then(|n| n.int()).unwrap_or(0);
            let protocol = field.text("protocol").to_ascii_uppercase();
            for (host, _) in spec.texts("hosts") {
                ports.entry((name(host), number)).or_default().push(Claim { entry, port, protocol: protocol.clone() });
            }
        }
    }
    ports.retain(|_, claims| claims.len() > 1);
    ports
}

/// The claims that each namespace sees as Kiali judges it, hosts in lower case.
pub(in crate::checks) fn in_kiali(world: &World, all: &[Object]) -> Vec<((String, i64), Vec<Claim>)> {
    let views = Views::new(world);
    let default = &world.istio.config.default_export_to[0];
    let mut seen = Vec::new();
    for (key, claims) in shared(all, str::to_ascii_lowercase) {
        let members: Vec<Member<'_>> =
            claims.iter().map(|c| Member::new(world, &all[c.entry], all[c.entry].spec().texts("hosts").map(|(h, _)| h).collect(), default)).collect();
        let together = views.of(&members.iter().collect::<Vec<_>>());
        for view in together.into_iter().chain(only_public(world, &views, &members)).filter(|view| view.len() > 1) {
            seen.push((key.clone(), view.into_iter().map(|i| claims[i].clone()).collect()));
        }
    }
    seen
}

/// What a namespace sees to which nothing is exported by name, where that is less than others see.
fn only_public(world: &World, views: &Views<'_>, members: &[Member<'_>]) -> Option<Vec<usize>> {
    let (public, named): (Vec<usize>, Vec<usize>) = (0..members.len()).partition(|i| members[*i].visibility.is_everyone());
    let sees = |ns: &str, i: &usize| views.sees(ns, &members[*i]);
    let outside = |ns: &&crate::model::Str| public.iter().all(|i| sees(ns, i)) && !named.iter().any(|i| sees(ns, i));
    if named.is_empty() {
        return None;
    }
    world.istio.registry.namespaces().find(outside).map(|_| public.clone())
}

/// Whether not all have the same protocol.
pub(in crate::checks) fn conflicts(claims: &[Claim]) -> bool {
    claims.windows(2).any(|pair| pair[0].protocol != pair[1].protocol)
}
