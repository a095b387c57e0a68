//! TCPRoutes and TLSRoutes as rules of a VirtualService.

use super::backends::{Backend, backend};
use super::{hostnames, parents};
use crate::mesh::MeshView;
use crate::mesh::istio::hosts;
use crate::mesh::istio::visibility::Visibility;
use crate::mesh::routes::istio::route_sources::RouteSource;
use crate::mesh::routes::istio::rules::{L4Match, L4Rule, Place, Target};
use crate::model::{Field, Kind, Object};

/// The sources that one is.
pub(super) fn sources<'a>(view: MeshView<'a>, route: &'a Object) -> Vec<RouteSource<'a>> {
    let tls = route.kind == Kind::TlsRoute;
    let mut found = Vec::new();
    for (count, parent) in parents(view, route).into_iter().enumerate() {
        let Some(rules) = l4_rules(view, route, parent.mesh) else { continue };
        let parents_hosts = match (parent.mesh, tls) {
            (true, _) => parent.hosts.clone(),
            (false, true) => intersection(&hostnames(route), &parent.hostname),
            (false, false) => vec!["*".to_owned()],
        };
        for host in parents_hosts {
            let mut rules = rules.clone();
            for rule in &mut rules {
                let names = hostnames(route);
                let sni = match (parent.mesh, route.spec().texts("hostnames").count()) {
                    (true, 0) => parent.hosts.clone(),
                    (true, 1) => names,
                    // Of several names those count that are the parent's; without any the server name is not asked for.
                    (true, _) => Some(names.into_iter().filter(|n| hosts::overlap(&host, n)).collect::<Vec<_>>())
                        .filter(|own| !own.is_empty())
                        .unwrap_or_else(|| vec!["*".to_owned()]),
                    (false, _) => intersection(&names, &parent.hostname),
                };
                let port = parent.port.filter(|_| parent.mesh).unwrap_or(0);
                rule.matches = vec![L4Match { sni: if tls { sni } else { Vec::new() }, port, ..L4Match::default() }];
            }
            let (tcp, tls) = if tls { (Vec::new(), rules) } else { (rules, Vec::new()) };
            found.push(RouteSource {
                object: route,
                name: format!("{}~{count}", route.meta.name),
                namespace: &route.meta.namespace,
                created: route.meta.creation_timestamp.as_deref(),
                hosts: vec![host],
                gateways: vec![parent.internal.clone()],
                visibility: Visibility::Everyone,
                gateway_api: true,
                http: Vec::new(),
                dropped: Vec::new(),
                tcp,
                tls,
            });
        }
    }
    found
}

fn intersection(names: &[String], listener: &str) -> Vec<String> {
    if listener.is_empty() {
        return names.to_vec();
    }
    names.iter().filter(|n| hosts::overlap(n, listener)).map(|n| if hosts::covers(listener, n) { n.clone() } else { listener.to_owned() }).collect()
}

fn l4_rules<'a>(view: MeshView<'a>, route: &'a Object, mesh: bool) -> Option<Vec<L4Rule<'a>>> {
    let fields: Vec<Field<'a>> = route.spec().list("rules").collect();
    let mut rules = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let weight = |b: &Field<'_>| b.get("weight").and_then(|w| w.int()).unwrap_or(1);
        let mut destinations = Vec::new();
        for reference in field.list("backendRefs").filter(|b| weight(b) != 0) {
            let Backend::Target(target) = backend(view, route, &reference, mesh) else { return None };
            destinations.push(Target { weight: weight(&reference), ..target });
        }
        if destinations.is_empty() {
            destinations.push(nowhere(field));
        }
        rules.push(L4Rule { at: Place { object: route, index, of: fields.len(), path: field.path() }, matches: Vec::new(), destinations });
    }
    Some(rules)
}

/// What istiod puts in the place of backends that are none: a cluster that does not exist.
fn nowhere<'a>(rule: &Field<'a>) -> Target<'a> {
    Target {
        host: "internal.cluster.local".to_owned(),
        subset: "zero-weight".to_owned(),
        port: Some(65535),
        weight: 0,
        authority: None,
        field: *rule,
        invalid: None,
    }
}
