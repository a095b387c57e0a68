//! What routes by: VirtualServices with their delegates merged in, and what istiod makes of Gateway API routes.

use std::cmp::Ordering;

use super::rules::{HttpRule, L4Rule, Names, gateway_name};
use super::{delegates, gateway_api};
use crate::mesh::MeshView;
use crate::mesh::istio::visibility::Visibility;
use crate::model::{Evidence, Kind, Object, ObjectRef, Subject};

/// A VirtualService, or what is made into one.
#[derive(Clone, Debug)]
pub(super) struct RouteSource<'a> {
    pub object: &'a Object,
    pub name: String,
    pub namespace: &'a str,
    pub created: Option<&'a str>,
    pub hosts: Vec<String>,
    /// `mesh` or `namespace/name`.
    pub gateways: Vec<String>,
    pub visibility: Visibility,
    pub gateway_api: bool,
    pub http: Vec<HttpRule<'a>>,
    /// Rules that are left to delegates and come to nothing.
    pub dropped: Vec<Dropped<'a>>,
    pub tcp: Vec<L4Rule<'a>>,
    pub tls: Vec<L4Rule<'a>>,
}

/// A rule that is left to a delegate, and why nothing, or not all, comes of it.
#[derive(Clone, Debug)]
pub(super) struct Dropped<'a> {
    /// The rule that names the delegate.
    pub root: HttpRule<'a>,
    /// Where the reason stands.
    pub because: Evidence,
}

impl RouteSource<'_> {
    pub(super) fn reference(&self) -> ObjectRef {
        self.object.reference()
    }

    /// Age order; objects without a time are taken for older than all that have one, as istiod does.
    pub(super) fn older(&self, other: &Self) -> Ordering {
        (self.created, &self.name, self.namespace).cmp(&(other.created, &other.name, other.namespace))
    }

    pub(super) fn is_for(&self, gateway: &str) -> bool {
        self.gateways.iter().any(|g| g == gateway)
    }
}

/// All of them, oldest first.
pub(super) fn all(view: MeshView<'_>) -> Vec<RouteSource<'_>> {
    let mut sources = virtual_services(view);
    sources.extend(gateway_api::sources(view));
    sources.sort_by(RouteSource::older);
    sources
}

fn virtual_services(view: MeshView<'_>) -> Vec<RouteSource<'_>> {
    let suffix = view.istio.config.service_suffix();
    let default = &view.istio.config.default_export_to[1];
    let mut sources = Vec::new();
    for object in view.index.objects(Kind::VirtualService) {
        let spec = object.spec();
        let names = Names { namespace: &object.meta.namespace, suffix: &suffix };
        let hosts: Vec<String> = spec.texts("hosts").map(|(h, _)| names.full(h)).collect();
        if hosts.is_empty() {
            continue;
        }
        let mut gateways: Vec<String> = spec.texts("gateways").map(|(g, _)| gateway_name(g, &object.meta.namespace)).collect();
        if gateways.is_empty() {
            gateways.push("mesh".to_owned());
        }
        let (http, dropped) = http_rules(view, object, &suffix);
        sources.push(RouteSource {
            object,
            name: object.meta.name.to_string(),
            namespace: &object.meta.namespace,
            created: object.meta.creation_timestamp.as_deref(),
            hosts,
            gateways,
            visibility: Visibility::of_object(object, default),
            gateway_api: false,
            http,
            dropped,
            tcp: l4_rules(object, "tcp", names),
            tls: l4_rules(object, "tls", names),
        });
    }
    sources
}

fn l4_rules<'a>(object: &'a Object, list: &str, names: Names<'_>) -> Vec<L4Rule<'a>> {
    let rules: Vec<_> = object.spec().list(list).collect();
    rules.iter().enumerate().map(|(i, rule)| L4Rule::read(object, rule, i, rules.len(), names)).collect()
}

/// The HTTP rules, what is left to delegates put in its place; and what of that is dropped.
fn http_rules<'a>(view: MeshView<'a>, object: &'a Object, suffix: &str) -> (Vec<HttpRule<'a>>, Vec<Dropped<'a>>) {
    let namespace = object.meta.namespace.as_str();
    let names = Names { namespace, suffix };
    let fields: Vec<_> = object.spec().list("http").collect();
    let (mut rules, mut dropped) = (Vec::new(), Vec::new());
    for (i, field) in fields.iter().enumerate() {
        let rule = HttpRule::read(object, field, i, fields.len(), names, None);
        let Some(reference) = field.get("delegate") else {
            rules.push(rule);
            continue;
        };
        let place = Some(reference.text("namespace")).filter(|ns| !ns.is_empty()).unwrap_or(namespace);
        let delegate = match delegate(view, place, reference.text("name"), namespace) {
            Ok(delegate) => delegate,
            Err(because) => {
                let because = because.unwrap_or_else(|| {
                    let text =
                        format!("VirtualService {place}/{}, to which the rule is left, was not read or does not exist", reference.text("name"));
                    Evidence::field(object.reference(), reference.path(), text)
                });
                dropped.push(Dropped { root: rule, because });
                continue;
            }
        };
        let inner: Vec<_> = delegate.spec().list("http").collect();
        let inner_names = Names { namespace: &delegate.meta.namespace, suffix };
        for (k, own) in inner.iter().enumerate() {
            let own = HttpRule::read(delegate, own, k, inner.len(), inner_names, Some((field, names)));
            match delegates::narrowed(&rule, own) {
                Ok(merged) => rules.push(merged),
                Err((path, parting)) => {
                    let text = format!(
                        "its {parting} does not lie within what {} {} leaves to it, so istiod drops the rule",
                        object.reference(),
                        rule.at.path
                    );
                    dropped.push(Dropped { root: rule.clone(), because: Evidence::field(delegate.reference(), format!("{path}.{parting}"), text) });
                }
            }
        }
    }
    (rules, dropped)
}

/// The VirtualService that a rule is left to; why it cannot be used, where it is there.
fn delegate<'a>(view: MeshView<'a>, place: &str, name: &str, root: &str) -> Result<&'a Object, Option<Evidence>> {
    let found = view.index.object(Kind::VirtualService, place, name).ok_or(None)?;
    let spec = found.spec();
    // Only one without hosts is a delegate, and it must be exported to where the root is.
    if spec.texts("hosts").next().is_some() {
        let text = "a rule is left to it, but it has hosts, so istiod does not take it for a delegate";
        return Err(Some(Evidence::field(found.reference(), "spec.hosts", text)));
    }
    if !Visibility::of_object(found, &view.istio.config.default_export_to[1]).includes(root) {
        let text = format!("a rule is left to it, but it is not exported to namespace {root}");
        return Err(Some(Evidence::field(found.reference(), "spec.exportTo", text)));
    }
    Ok(found)
}

/// Those for a gateway (or the mesh) that a proxy of `namespace` gets, in the order in which they claim hosts: private ones, those exported to
/// the namespace, public ones; in each group Gateway API routes of the namespace itself before the rest.
pub(super) fn seen<'c, 'a: 'c>(sources: impl IntoIterator<Item = &'c RouteSource<'a>>, gateway: &str, namespace: &str) -> Vec<&'c RouteSource<'a>> {
    let group = |c: &RouteSource<'_>| match &c.visibility {
        Visibility::Everyone => 2,
        Visibility::Namespaces(_) if c.namespace == namespace => 0,
        Visibility::Namespaces(_) => 1,
    };
    let mut seen: Vec<&RouteSource<'a>> = sources.into_iter().filter(|c| c.is_for(gateway) && c.visibility.includes(namespace)).collect();
    seen.sort_by_key(|c| (group(c), !(c.gateway_api && c.namespace == namespace)));
    seen
}
