//! Backends of Linkerd's outbound routes.

use super::super::Destination;
use super::outbound::Parent;
use crate::model::{Evidence, Field, Kind, Object, Subject};

/// Where a rule's requests go.
pub(super) enum Backends {
    /// To these, by weight.
    To(Vec<Destination>),
    /// Where they were sent, outside of the cluster.
    AsDialled,
}

impl Parent<'_> {
    /// The backends of a rule; without any, what the route is for.
    pub(super) fn backends(&self, route: &Object, rule: &Field<'_>) -> Backends {
        let references: Vec<Field<'_>> = rule.list("backendRefs").collect();
        if references.is_empty() {
            return self.itself();
        }
        let weight = |b: &Field<'_>| b.get("weight").and_then(|w| w.int()).unwrap_or(1).max(0);
        let sum: i64 = references.iter().map(weight).sum();
        let share = |b: &Field<'_>| if references.len() == 1 { 100.0 } else { weight(b) as f64 * 100.0 / sum.max(1) as f64 };
        if references.iter().any(|b| weight(b) > 0 && self.is_own_network(b)) && self.is_egress() {
            return Backends::AsDialled;
        }
        let destinations = references.iter().map(|b| Destination { weight: share(b), ..self.backend(route, b) });
        Backends::To(destinations.filter(|d| d.weight > 0.0).collect())
    }

    /// What a request goes to that no route diverts.
    pub(super) fn itself(&self) -> Backends {
        match self.host() {
            Some(host) => {
                Backends::To(vec![Destination { host: Some(host), port: Some(i64::from(self.port)), weight: 100.0, ..Destination::default() }])
            }
            None => Backends::AsDialled,
        }
    }

    fn is_own_network(&self, reference: &Field<'_>) -> bool {
        let namespace = Some(reference.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(self.namespace());
        kind(reference) == Some(Kind::EgressNetwork) && reference.text("name") == self.name() && namespace == self.namespace()
    }

    fn backend(&self, route: &Object, reference: &Field<'_>) -> Destination {
        let because = Some(Evidence::field(route.reference(), reference.path(), "names it"));
        let invalid = |why: String| Destination { missing: Some(why), because: because.clone(), ..Destination::default() };
        let name = reference.text("name");
        // Not the route's namespace but its parent's completes the name, also in routes of other namespaces.
        let namespace = Some(reference.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(self.namespace());
        match kind(reference) {
            Some(Kind::Service) => {}
            Some(_) => return invalid("an EgressNetwork is a backend of its own routes only".to_owned()),
            None => return invalid(format!("a backend of kind {} is not supported", reference.text("kind"))),
        }
        let unsupported = |f: &Field<'_>| !matches!(f.text("type"), "RequestHeaderModifier" | "ResponseHeaderModifier" | "RequestRedirect");
        if let Some(filter) = reference.list("filters").find(unsupported) {
            return invalid(format!("filter {} is not supported on a backend", filter.text("type")));
        }
        let Some(port) = reference.get("port").and_then(|p| p.int()).filter(|p| *p > 0) else {
            return invalid(format!("Service {name} is named without a port"));
        };
        if self.view.index.service(namespace, name).is_none() {
            return invalid(format!("there is no Service {namespace}/{name}"));
        }
        let host = format!("{name}.{namespace}.svc.{}", self.view.linkerd.cluster.domain);
        Destination { host: Some(host), port: Some(port), because, ..Destination::default() }
    }
}

/// What a backend reference names, of what Linkerd knows.
fn kind(reference: &Field<'_>) -> Option<Kind> {
    let kind = reference.get("kind").and_then(|k| k.str()).unwrap_or("Service");
    let group = reference.text("group");
    let core = group.is_empty() || group.eq_ignore_ascii_case("core");
    if core && kind.eq_ignore_ascii_case("Service") {
        return Some(Kind::Service);
    }
    (group.eq_ignore_ascii_case("policy.linkerd.io") && kind.eq_ignore_ascii_case("EgressNetwork")).then_some(Kind::EgressNetwork)
}
