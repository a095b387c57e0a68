//! Backends that rules of the Gateway API name.

use crate::mesh::MeshView;
use crate::mesh::gateway_api::grants::Crossing;
use crate::mesh::routes::istio::rules::Target;
use crate::model::{Field, Kind, Object};

/// What a reference stands for.
pub(super) enum Backend<'a> {
    Target(Target<'a>),
    /// The whole route is refused for it.
    Refused,
}

/// A backend; one that cannot be has no host.
pub(super) fn backend<'a>(view: MeshView<'a>, route: &'a Object, reference: &Field<'a>, mesh: bool) -> Backend<'a> {
    let (group, kind) = (reference.text("group"), reference.get("kind").and_then(|k| k.str()).unwrap_or("Service"));
    let name = reference.text("name");
    let written = reference.get("namespace").and_then(|n| n.str());
    let namespace = written.unwrap_or(&route.meta.namespace);
    let target = |host: String, invalid: Option<String>| Target {
        host,
        subset: String::new(),
        port: reference.get("port").and_then(|p| p.int()),
        weight: 0,
        authority: None,
        field: *reference,
        invalid,
    };
    let known = match (group, kind) {
        ("" | "core", "Service") => Some(Kind::Service),
        ("networking.istio.io", "Hostname") | ("multicluster.x-k8s.io", "ServiceImport") => None,
        _ => return Backend::Target(target(String::new(), Some(format!("a backend of kind {kind} is not supported")))),
    };
    if !mesh && namespace != route.meta.namespace.as_str() && known.is_some() {
        let crossing = Crossing::of(route, Kind::Service, namespace, name);
        if !crossing.is_granted(view.index) {
            return Backend::Target(target(
                String::new(),
                Some(format!("no ReferenceGrant lets {} {} refer to Service {namespace}/{name}", route.kind, route.meta.name)),
            ));
        }
    }
    if kind == "Hostname" {
        if written.is_some() || reference.get("port").is_none() {
            return Backend::Refused;
        }
        return Backend::Target(target(name.to_ascii_lowercase(), None));
    }
    if name.contains('.') || reference.get("port").is_none() {
        return Backend::Refused;
    }
    Backend::Target(target(format!("{name}.{namespace}.{}", view.istio.config.service_suffix()).to_ascii_lowercase(), None))
}

/// Whether a host is one of the mesh. Copies go to such hosts only; a share of the requests goes to a missing one too, and gets 500.
pub(super) fn is_there(view: MeshView<'_>, host: &str) -> bool {
    view.istio.registry.named(host).next().is_some()
}
