//! External authorizers, as MeshConfig's `extensionProviders` name them.
//!
//! Istio sources: `pilot/pkg/security/authz/builder/extauthz.go`.

use std::collections::{BTreeMap, BTreeSet};

use crate::mesh::MeshView;
use crate::model::{Coverage, Field, Kind, Object, Str};

/// An external authorizer as a CUSTOM policy names it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Provider<'a> {
    pub(super) name: &'a str,
    /// Whether it can be asked about connections that are not HTTP.
    pub(super) tcp: bool,
    /// Why istiod refuses in its place.
    pub(super) fault: Option<&'static str>,
    /// What of it cannot be judged.
    pub(super) unread: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Providers<'a> {
    known: BTreeMap<&'a str, Provider<'a>>,
    /// Whether MeshConfig may hold providers that were not seen.
    hidden: bool,
}

impl<'a> Providers<'a> {
    pub(super) fn read(view: MeshView<'a>) -> Self {
        let config = &view.istio.config;
        let mut known: BTreeMap<&str, Provider<'_>> = BTreeMap::new();
        for field in config.root().list("extensionProviders") {
            let name = field.text("name");
            let http = field.get("envoyExtAuthzHttp");
            let grpc = field.get("envoyExtAuthzGrpc");
            let Some(settings) = http.or(grpc) else { continue };
            let (mut fault, unread) = judge(view, &settings);
            if !is_label(name) {
                fault = fault.or(Some("its name is none that a provider may have"));
            }
            let again = known.contains_key(name).then_some("its name is given twice");
            known.insert(name, Provider { name, tcp: grpc.is_some(), fault: again.or(fault), unread });
        }
        let hidden = config.object.is_none() && view.index.gap_hiding(Kind::ConfigMap, view.istio.root_namespace()).is_some();
        Self { known, hidden }
    }

    /// The provider of a CUSTOM policy.
    pub(super) fn of(&self, policy: &'a Object) -> Provider<'a> {
        let name = policy.spec().get("provider").map_or("", |p| p.text("name"));
        self.known.get(name).cloned().unwrap_or_else(|| {
            let fault = if name.is_empty() { "it names no provider" } else { "MeshConfig defines no provider of that name" };
            let unread = self.hidden.then(|| format!("{name:?} (MeshConfig was not read)"));
            Provider { name, tcp: true, fault: unread.is_none().then_some(fault), unread }
        })
    }
}

/// Whether the mesh has the provider's service; what cannot be told stands second.
fn judge(view: MeshView<'_>, settings: &Field<'_>) -> (Option<&'static str>, Option<String>) {
    let port = settings.get("port").and_then(|p| p.int()).unwrap_or_default();
    if !(1..=65535).contains(&port) {
        return (Some("it has no port between 1 and 65535"), None);
    }
    if settings.get("pathPrefix").and_then(|p| p.str()).is_some_and(|p| !p.is_empty() && !p.starts_with('/')) {
        return (Some("its pathPrefix does not begin with a slash"), None);
    }
    if settings.get("statusOnError").and_then(|s| s.str()).is_some_and(|s| !s.is_empty() && !s.parse().is_ok_and(is_status)) {
        return (Some("its statusOnError is no status code"), None);
    }
    const HEADERS: [&str; 5] = [
        "includeRequestHeadersInCheck",
        "includeHeadersInCheck",
        "headersToDownstreamOnDeny",
        "headersToDownstreamOnAllow",
        "headersToUpstreamOnAllow",
    ];
    if HEADERS.iter().any(|list| settings.texts(list).any(|(text, _)| text == "*")) {
        return (Some("one of its lists of headers holds a * alone"), None);
    }
    let service = settings.text("service");
    let (namespace, host) = service.split_once('/').map_or((None, service), |(ns, host)| (Some(ns), host));
    let homes: BTreeSet<&Str> =
        view.istio.registry.named(host).map(|entry| &entry.namespace).filter(|home| namespace.is_none_or(|ns| **home == ns)).collect();
    match homes.len() {
        1 => (None, None),
        0 => {
            let kind = if host.ends_with(&view.istio.config.service_suffix()) { Kind::Service } else { Kind::ServiceEntry };
            let all = view.index.inventory().coverage.get(&kind) == Some(&Coverage::Complete) && view.index.inventory().scope.is_empty();
            if all { (Some("the mesh has no such service"), None) } else { (None, Some(format!("{host}, which was not read"))) }
        }
        _ => (Some("several namespaces have that service, and it names none"), None),
    }
}

/// Whether Envoy knows a status code.
fn is_status(code: u16) -> bool {
    matches!(code, 0 | 100 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=417 | 421..=424 | 426 | 428 | 429 | 431 | 500..=508 | 510 | 511)
}

fn is_label(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-') && name.chars().all(inner)
}
