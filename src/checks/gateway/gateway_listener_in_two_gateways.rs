use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::gateway::addresses;
use crate::checks::support::gateway::attachment;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two Gateways of one class have a listener for the same hostname, port and protocol.
    ///
    /// # Why it matters
    ///
    /// On a shared address only one of them can serve the hostname. With an address each, the one that DNS points at does, and routes attached to the
    /// other alone answer 404: then it is worth knowing only.
    ///
    /// # How to fix it
    ///
    /// Keep the listener in one Gateway and attach all routes of the hostname to it, or give them different hostnames.
    ///
    /// Sources: KIA1501; kiali `checkers/k8sgateways/multi_match_checker.go` (which takes Gateways of one name in two namespaces for one).
    "gateway-listener-in-two-gateways",
    summary: "Two Gateways serve the same hostname and port",
    aliases: &["KIA1501"],
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut sites: BTreeMap<(&str, &str, i64, &str), Vec<(&Object, String)>> = BTreeMap::new();
    for gateway in world.index.objects(Kind::Gateway) {
        let class = gateway.spec().text("gatewayClassName");
        for listener in attachment::listeners(gateway).into_iter().filter(|l| !l.hostname.is_empty()) {
            let key = (class, listener.hostname, listener.port.unwrap_or_default(), listener.protocol);
            sites.entry(key).or_default().push((gateway, listener.field.path_of("hostname")));
        }
    }
    for ((_, hostname, port, protocol), sites) in sites {
        // Counted once for all of them, since one hostname may be in very many Gateways.
        let mut users: BTreeMap<(&str, &str), BTreeSet<(&str, &str)>> = BTreeMap::new();
        for (gateway, _) in &sites {
            for address in addresses::all(gateway) {
                users.entry(address).or_default().insert((&gateway.meta.namespace, &gateway.meta.name));
            }
        }
        for (gateway, path) in &sites {
            let others: Vec<&Object> = sites.iter().map(|(g, _)| *g).filter(|g| !std::ptr::eq(*g, *gateway)).take(3).collect();
            let Some(other) = others.first() else { continue };
            let shared = addresses::all(gateway).any(|address| users.get(&address).is_some_and(|users| users.len() > 1));
            let finding = findings.add(
                *gateway,
                path.as_str(),
                format!("{hostname:?} on port {port} ({protocol}) is served by {} too", other.reference()),
                "Keep the listener in one of them, and attach the hostname's routes to that one.",
            );
            if !shared {
                finding.severity(Severity::Info);
            }
            for other in &others {
                finding.related(other.reference(), "serves the same hostname and port");
            }
        }
    }
}
