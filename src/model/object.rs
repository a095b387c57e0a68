//! Everything that is not worth a struct of its own: custom resources and small kinds, with their whole body.

use serde_json::Value;

use super::{Field, Kind, Meta, ObjectRef};

/// An object with its body as it was read; rules walk it with [`Field`].
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Kind.
    pub kind: Kind,
    /// Metadata.
    pub meta: Meta,
    /// All fields but `metadata`, `apiVersion` and `kind`.
    pub body: Value,
}

impl Object {
    /// The body; paths start at its top-level fields (`spec…`, `data…`, `webhooks…`).
    pub fn root(&self) -> Field<'_> {
        Field::root(&self.body)
    }

    /// The `spec`; when it is absent, an empty value whose path is right.
    pub fn spec(&self) -> Field<'_> {
        const NOTHING: &Value = &Value::Null;
        self.root().get("spec").unwrap_or(Field::root(NOTHING))
    }

    /// Which object this is.
    pub fn reference(&self) -> ObjectRef {
        self.meta.reference(self.kind)
    }
}
