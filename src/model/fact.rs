//! A claim and what it rests on.

use serde::Serialize;

use super::{Gap, ObjectRef};

/// What a claim rests on: an object, a field of it, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The object; nothing for defaults that stand nowhere.
    pub object: Option<ObjectRef>,
    /// The field.
    pub path: Option<String>,
    /// What it says and why that matters, for people.
    pub text: String,
    /// What the mesh itself calls it, where it has a name for it.
    pub code: Option<&'static str>,
}

impl Evidence {
    /// Evidence from a field of an object.
    pub fn field(object: ObjectRef, path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { object: Some(object), path: Some(path.into()), text: text.into(), code: None }
    }

    /// Evidence from an object as a whole.
    pub fn object(object: ObjectRef, text: impl Into<String>) -> Self {
        Self { object: Some(object), path: None, text: text.into(), code: None }
    }

    /// The same under the name that the mesh has for it.
    #[must_use]
    pub fn called(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// A default that no object states.
    pub fn default(text: impl Into<String>) -> Self {
        Self { object: None, path: None, text: text.into(), code: None }
    }
}

/// What a claim rests on: an object, a field of it, and what it says.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct EvidenceRow<'a> {
    /// The object; absent for defaults that stand nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    object: &'a Option<ObjectRef>,
    /// The field, such as `spec.http[0].route[0].destination.host`.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: &'a Option<String>,
    /// What it says and why that matters.
    text: &'a str,
    /// What the mesh itself calls it, where it has a name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

/// An object, as Kubernetes names it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ObjectRow<'a> {
    /// Group and version.
    api_version: String,
    /// Kind; `Cluster` of `mesh.kubectl.dev/v1` stands for an API server as a whole, named after the context.
    kind: super::Kind,
    /// Namespace; absent for cluster-scoped objects.
    #[serde(skip_serializing_if = "str::is_empty")]
    namespace: &'a str,
    /// Name.
    name: &'a str,
}

super::written_as!(Evidence, EvidenceRow<'static>);
super::written_as!(ObjectRef, ObjectRow<'static>);

impl Serialize for Evidence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EvidenceRow { object: &self.object, path: &self.path, text: &self.text, code: self.code }.serialize(serializer)
    }
}

impl Serialize for ObjectRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ObjectRow { api_version: self.api_version(), kind: self.kind, namespace: &self.namespace, name: &self.name }.serialize(serializer)
    }
}

/// A value that is known with its reasons, not known because something could not be read, or without meaning here.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<T> {
    /// Known.
    Known {
        /// The value.
        value: T,
        /// The chain of reasons, the deciding one last.
        because: Vec<Evidence>,
    },
    /// Not known; the gap says why.
    Unknown(Gap),
    /// The question does not arise.
    NotApplicable,
}

impl<T> Fact<T> {
    /// A known value.
    pub fn known(value: T, because: Vec<Evidence>) -> Self {
        Self::Known { value, because }
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            _ => None,
        }
    }
}
