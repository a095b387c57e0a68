//! Object metadata, reduced to what a mesh reads.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::{Kind, Map, Origin, Path, Shared, Span, Str};

/// The annotation by which an object's owner silences rules: `RULE[,RULE…] [until YYYY-MM-DD]: reason`, several separated by `;` or line breaks.
pub const IGNORE: &str = "mesh.kubectl.dev/ignore";

/// Name, labels, the annotations that matter here, and where the object came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    /// Name; empty in pod templates.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub name: Str,
    /// Namespace; empty for cluster-scoped objects.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub namespace: Str,
    /// Labels.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map,
    /// Annotations of the meshes and of this tool; all others are dropped on reading.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "annotations")]
    pub annotations: Map,
    /// RFC 3339, UTC; texts compare as times do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Str>,
    /// Set while the object is being deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<Str>,
    /// Owners, the controller among them.
    #[serde(skip_serializing_if = "Shared::is_empty")]
    pub owner_references: Shared<OwnerReference>,
    /// The `apiVersion` it was read with; empty when it was the kind's preferred one.
    #[serde(skip)]
    pub api_version: Str,
    /// The file it stands in, for manifests.
    #[serde(skip)]
    pub origin: Option<Arc<Origin>>,
}

/// Who owns an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnerReference {
    /// The owner's `apiVersion`.
    pub api_version: Str,
    /// The owner's kind.
    pub kind: Str,
    /// The owner's name.
    pub name: Str,
    /// Whether this owner manages the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
}

impl Meta {
    /// The controlling owner.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|o| o.controller == Some(true))
    }

    /// The identity of an object of `kind` with this metadata.
    pub fn reference(&self, kind: Kind) -> ObjectRef {
        ObjectRef { kind, namespace: self.namespace.clone(), name: self.name.clone(), api_version: self.api_version.clone() }
    }

    /// File and place of the field at `path`; the innermost enclosing field that exists when it does not.
    pub fn locate(&self, path: &str) -> Option<(&Str, Span)> {
        let origin = self.origin.as_deref()?;
        let span = origin.spans.locate(&Path::parse(path)).0;
        Some((origin.file_of(span), span))
    }

    /// Age order as the meshes use it: creation time, then name, then namespace; objects without a time come last, in name order.
    pub fn age_key(&self) -> (bool, &str, &str, &str) {
        let time = self.creation_timestamp.as_deref();
        (time.is_none(), time.unwrap_or_default(), &self.name, &self.namespace)
    }
}

/// Which object: what evidence and findings point at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectRef {
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Str,
    /// Kind.
    pub kind: Kind,
    /// Name.
    pub name: Str,
    /// The `apiVersion` it was read with; empty for the preferred one.
    pub api_version: Str,
}

impl ObjectRef {
    /// The `apiVersion`, resolved.
    pub fn api_version(&self) -> String {
        if self.api_version.is_empty() { self.kind.api_version() } else { self.api_version.to_string() }
    }

    /// `deployment/cart`, as tables and sentences name it where its namespace is told already.
    pub fn short_name(&self) -> String {
        format!("{}/{}", self.kind.name().to_ascii_lowercase(), self.name)
    }
}

impl fmt::Display for ObjectRef {
    /// `Kind ns/name`, as istioctl writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() { write!(f, "{} {}", self.kind, self.name) } else { write!(f, "{} {}/{}", self.kind, self.namespace, self.name) }
    }
}

/// Whether an annotation key belongs to a mesh, to a tool whose suppressions are honoured, or to this tool.
pub fn annotation_matters(key: &str) -> bool {
    let host = key.split_once('/').map_or(key, |(host, _)| host);
    ["istio.io", "linkerd.io", "kiali.io", "smi-spec.io", "mesh.kubectl.dev", "gateway.networking.k8s.io"]
        .iter()
        .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
        || matches!(key, "kubernetes.io/ingress.class" | "control-plane.alpha.kubernetes.io/leader")
}

fn annotations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = Map;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map of strings")
        }
        fn visit_unit<E>(self) -> Result<Map, E> {
            Ok(Map::default())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Map, A::Error> {
            let mut pairs = Vec::new();
            while let Some(key) = access.next_key::<Cow<'_, str>>()? {
                if annotation_matters(&key) {
                    pairs.push((Str::intern(&key), access.next_value()?));
                } else {
                    access.next_value::<IgnoredAny>()?;
                }
            }
            Ok(Map::new(pairs))
        }
    }
    deserializer.deserialize_any(Pairs)
}

pub(super) fn str_is_empty(text: &Str) -> bool {
    text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mesh_annotations_are_kept() {
        let meta: Meta = serde_json::from_str(
            r#"{"name":"a","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"x","sidecar.istio.io/inject":"true","linkerd.io/inject":"enabled","notistio.io/x":"y"}}"#,
        )
        .unwrap();
        assert_eq!(meta.annotations.iter().map(|(k, _)| k.as_str()).collect::<Vec<_>>(), ["linkerd.io/inject", "sidecar.istio.io/inject"]);
    }

    #[test]
    fn the_oldest_comes_first_and_those_without_a_time_last() {
        let meta = |name: &str, time: Option<&str>| Meta { name: name.into(), creation_timestamp: time.map(Str::from), ..Meta::default() };
        let (a, b, c) = (meta("z", Some("2024-01-01T00:00:00Z")), meta("a", Some("2025-01-01T00:00:00Z")), meta("a", None));
        assert!(a.age_key() < b.age_key() && b.age_key() < c.age_key());
    }
}
