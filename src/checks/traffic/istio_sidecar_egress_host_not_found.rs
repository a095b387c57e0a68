use crate::checks::Findings;
use crate::mesh::istio::hosts::KialiHost;
use crate::model::{Kind, Object};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `egress.hosts` of a Sidecar names a host (`namespace/name`) that no Service and no ServiceEntry has which the Sidecar's namespace
    /// sees, or that lives in another namespace than the entry says. `*`, `.` and `~` before the slash mean any, this and exclusion.
    ///
    /// # Why it matters
    ///
    /// The entry imports nothing, and the host that was meant stays unknown to the proxies: 502 or a passthrough without policy.
    ///
    /// # How to fix it
    ///
    /// Write the namespace of the service and its full name: `shop/cart.shop.svc.cluster.local`.
    ///
    /// Sources: KIA1004: kiali `checkers/sidecars/egress_listener_checker.go` (which does not compare the namespace, and knows wildcards in the
    /// Sidecar's own namespace only).
    "istio-sidecar-egress-host-not-found",
    summary: "Sidecar imports a host that does not exist",
    aliases: &["KIA1004"],
    severity: Severity::Warning,
    category: Category::Traffic,
    mesh: MeshTag::Istio,
    needs: &[Kind::Sidecar, Kind::Service, Kind::ServiceEntry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for sidecar in world.index.objects(Kind::Sidecar) {
        for listener in sidecar.spec().list("egress") {
            for (text, at) in listener.texts("hosts") {
                // What lacks a part is refused by Istio, which istio-sidecar-invalid says.
                let Some((namespace, name)) = text.split_once('/').filter(|(ns, name)| !ns.is_empty() && !name.is_empty()) else { continue };
                if name == "*" {
                    continue;
                }
                judge(world, sidecar, (namespace, name), text, &at.path(), findings);
            }
        }
    }
}

fn judge(world: &World, sidecar: &Object, (namespace, name): (&str, &str), text: &str, path: &str, findings: &mut Findings<'_>) {
    let registry = &world.istio.registry;
    let own = sidecar.meta.namespace.as_str();
    // Unlike elsewhere, Kiali takes `name.namespace` and `name.namespace.svc` here for names of their own.
    let host = KialiHost::read_whole(name, own, &world.istio.config.service_suffix());
    let covering = name.starts_with('*') && registry.under(name).any(|e| e.visibility.includes(own));
    let known = covering
        || host.is_wildcard() && host.namespace == own
        || registry.kiali_service_entry(&host.name, own)
        || registry.kiali_service(&host.name, own).is_some();
    let place = match namespace.strip_prefix('~').unwrap_or(namespace) {
        "" | "*" => None,
        "." => Some(own),
        other => Some(other),
    };
    let (kind, home) = if host.is_service() { (Kind::Service, host.namespace.as_str()) } else { (Kind::ServiceEntry, "") };
    let kinds = [(kind, home)];
    if !known {
        let message = format!("host {text:?} is no Service and no ServiceEntry: nothing is imported");
        findings.missing(sidecar, path, &kinds, message, "Write namespace/name of a service, its name in full.");
        return;
    }
    let elsewhere = |at: &str| {
        let mut found = registry.under(name).map(|e| e.namespace.as_str()).peekable();
        found.peek().is_some() && !found.any(|ns| ns == at)
    };
    if place.is_some_and(elsewhere) {
        let message = format!("host {text:?} imports nothing: the service lives in another namespace than {:?}", place.unwrap_or_default());
        findings.missing(sidecar, path, &kinds, message, "Write the namespace of the service before the slash, or *.").map(|f| f.codes(&[]));
    }
}
