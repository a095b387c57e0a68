use std::collections::{BTreeMap, BTreeSet};

use crate::checks::Findings;
use crate::checks::support::gateway::attachment::{self, Listener};
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two listeners of one Gateway contradict each other: the same port, protocol and hostname; protocols that cannot share a port; or one name
    /// twice. On one port, several HTTP listeners, or several HTTPS and TLS listeners, must differ in hostname.
    ///
    /// # Why it matters
    ///
    /// The gateway marks such listeners as Conflicted and serves none or only the first of them.
    ///
    /// # How to fix it
    ///
    /// Remove one of them, or give it a port or hostname of its own.
    ///
    /// Sources: KIA1503; kiali `checkers/k8sgateways/multi_match_checker.go` (equal listeners with a hostname); Gateway API specification,
    /// `GatewaySpec.listeners`.
    "gateway-listener-conflict",
    summary: "Two listeners of one Gateway that exclude each other",
    aliases: &["KIA1503"],
    severity: Severity::Error,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for kind in [Kind::Gateway, Kind::ListenerSet] {
        for gateway in world.index.objects(kind) {
            let listeners = attachment::listeners(gateway);
            same_name(findings, gateway, &listeners);
            same_port(findings, gateway, &listeners);
        }
    }
}

fn same_name(findings: &mut Findings<'_>, gateway: &Object, listeners: &[Listener<'_>]) {
    let mut first: BTreeMap<&str, ()> = BTreeMap::new();
    for listener in listeners {
        if first.insert(listener.name, ()).is_some() {
            let message = format!("two listeners are called {:?}: the API server refuses the Gateway", listener.name);
            findings.add(gateway, listener.field.path_of("name"), message, "Give each listener a name of its own.").codes(&[]);
        }
    }
}

/// What shares a port's connections: TLS is told apart by server name, plain HTTP by host.
fn family<'a>(listener: &Listener<'a>) -> &'a str {
    match listener.protocol {
        "HTTPS" | "TLS" => "TLS",
        other => other,
    }
}

fn same_port(findings: &mut Findings<'_>, gateway: &Object, listeners: &[Listener<'_>]) {
    let mut by_port: BTreeMap<(i64, bool), Vec<&Listener<'_>>> = BTreeMap::new();
    for listener in listeners {
        by_port.entry((listener.port.unwrap_or_default(), listener.protocol == "UDP")).or_default().push(listener);
    }
    for ((port, _), sharing) in by_port {
        // The first of each hostname and of each family decides; a later one is compared with these alone.
        let mut by_hostname: BTreeMap<(&str, String), &Listener<'_>> = BTreeMap::new();
        let mut written: BTreeSet<(&str, &str)> = BTreeSet::new();
        for listener in &sharing {
            let key = (family(listener), listener.hostname.to_ascii_lowercase());
            let again = !written.insert((listener.hostname, listener.protocol));
            let other = *by_hostname.entry(key).or_insert(listener);
            if other.name == listener.name {
                continue;
            }
            let kiali = gateway.kind == Kind::Gateway && !listener.hostname.is_empty() && again;
            let hostname = if listener.hostname.is_empty() { "any hostname".to_owned() } else { format!("hostname {:?}", listener.hostname) };
            findings
                .add(
                    gateway,
                    listener.field.path_of("name"),
                    format!("listeners {:?} and {:?} both serve {hostname} on port {port}", other.name, listener.name),
                    "Remove one of them, or give it a port or hostname of its own.",
                )
                .codes(if kiali { &["KIA1503"] } else { &[] });
        }
        let first = sharing.first().map(|l| family(l)).unwrap_or_default();
        if let Some(other) = sharing.iter().find(|l| family(l) != first) {
            let message = format!("port {port} is to speak {} and {} at once", sharing[0].protocol, other.protocol);
            findings.add(gateway, other.field.path_of("protocol"), message, "Give one of them a port of its own.").codes(&[]);
        }
    }
}
