use std::collections::HashSet;

use crate::checks::Findings;
use crate::mesh::istio::authorization_policy::{self, Attribute};
use crate::model::{Kind, Str};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// `operation.hosts` of an AuthorizationPolicy holds a short name (`cart`, or `cart.shop` where `shop` is a namespace) that is neither a
    /// Service, a ServiceEntry nor a host of a VirtualService.
    ///
    /// # Why it matters
    ///
    /// The field is compared with the Host header of requests, not with services, so any value can be right. But a short name that is no
    /// service is more often a slip than a header that clients really send. For that reason this rule is opt-in.
    ///
    /// # How to fix it
    ///
    /// Write the host as clients send it; a port that they send belongs to it.
    ///
    /// Sources: kiali KIA0104 `business/checkers/authorization/no_host_checker.go`.
    "istio-policy-host-not-in-registry",
    summary: "AuthorizationPolicy names a short host that is no service",
    aliases: &["KIA0104"],
    severity: Severity::Info,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy, Kind::Service, Kind::ServiceEntry, Kind::VirtualService],
    opt_in: true,
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let routed = routed_hosts(world);
    let registry = &world.istio.registry;
    for policy in authorization_policy::all(&world.index) {
        let namespace = policy.object.meta.namespace.as_str();
        let hosts = policy.values().filter(|value| value.attribute == Attribute::Host && !value.except);
        for value in hosts.filter(|value| is_short_name(world, value.text, namespace)) {
            let written = value.text;
            let host = registry.kiali_host(written, namespace);
            let wild = format!("*.{}.{}", host.namespace, world.istio.config.service_suffix());
            let (short, two) = (format!("{}/{}", host.namespace, host.service), format!("{}.{}", host.service, host.namespace));
            let forms = ["*", &short, &two, &host.name, &wild];
            let found = registry.kiali_service(&host.name, namespace).is_some()
                || registry.kiali_service_entry(&host.name, namespace)
                || forms.iter().any(|form| routed.contains(*form));
            if !found {
                let home = host.namespace.as_str();
                findings.missing(
                    policy.object,
                    value.field.path(),
                    &[(Kind::Service, home), (Kind::ServiceEntry, ""), (Kind::VirtualService, "")],
                    format!("{written:?} is no service of namespace {home:?}; it matches only requests whose Host header is exactly that"),
                    "Write the host as clients send it, for instance the full name of a Service, or name an existing one.",
                );
            }
        }
    }
}

/// Whether a host looks like the name of a service; anything with more dots or a wildcard is a header value in its own right.
fn is_short_name(world: &World, host: &str, namespace: &str) -> bool {
    let host = host.trim();
    if host.starts_with('*') || host.ends_with('*') {
        return false;
    }
    match host.split_once('.') {
        None => true,
        Some((_, rest)) => !rest.contains('.') && (rest == namespace || world.istio.registry.knows_namespace(rest)),
    }
}

/// Hosts of VirtualServices: as written, short names also under `namespace/name`.
fn routed_hosts(world: &World) -> HashSet<Str> {
    let mut hosts = HashSet::new();
    for vs in world.index.objects(Kind::VirtualService) {
        for (host, _) in vs.spec().texts("hosts") {
            if host.contains('.') || host == "*" {
                hosts.insert(host.into());
            } else {
                hosts.insert(format!("{}/{host}", vs.meta.namespace).into());
            }
        }
    }
    hosts
}
