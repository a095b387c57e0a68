//! Everything that is not worth a struct of its own: custom resources and small kinds, with their whole body.

use serde_json::Value;

use super::kind::typed_kinds;
use super::{Controller, Field, Item, Json, Kind, Meta, ObjectRef};

/// An object with its body as it was read; rules walk it with [`Field`].
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Kind.
    pub kind: Kind,
    /// Metadata.
    pub meta: Meta,
    /// All fields but `metadata`, `apiVersion` and `kind`.
    pub body: Json,
}

impl Object {
    /// The body; paths start at its top-level fields (`spec…`, `data…`, `webhooks…`).
    pub fn root(&self) -> Field<'_> {
        self.body.root()
    }

    /// The `spec`; when it is absent, an empty value whose path is right.
    pub fn spec(&self) -> Field<'_> {
        self.body.spec().unwrap_or_else(Field::no_spec)
    }
}

/// Anything that evidence and findings can point at.
pub trait Subject {
    /// Its kind.
    fn kind(&self) -> Kind;

    /// Its metadata.
    fn meta(&self) -> &Meta;

    /// A copy of it, in the form its kind is kept in.
    fn to_item(&self) -> Item;

    /// It in the API's own form, with what was kept of it.
    fn to_value(&self) -> Value;

    /// Which object it is.
    fn reference(&self) -> ObjectRef {
        self.meta().reference(self.kind())
    }
}

macro_rules! typed {
    ($($type:ident $list:ident;)+) => {
        $(impl Subject for super::$type {
            fn kind(&self) -> Kind {
                Kind::$type
            }

            fn meta(&self) -> &Meta {
                &self.metadata
            }

            fn to_item(&self) -> Item {
                Item::$type(self.clone())
            }

            fn to_value(&self) -> Value {
                named(self, serde_json::to_value(self).unwrap_or_default())
            }
        })+
    };
}

typed_kinds!(typed);

impl Subject for Controller {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn to_item(&self) -> Item {
        Item::Controller(self.clone())
    }

    fn to_value(&self) -> Value {
        named(self, serde_json::to_value(self).unwrap_or_default())
    }
}

impl Subject for Object {
    fn kind(&self) -> Kind {
        self.kind
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn to_item(&self) -> Item {
        Item::Object(self.clone())
    }

    fn to_value(&self) -> Value {
        let mut value = self.root().to_value();
        if let Some(fields) = value.as_object_mut() {
            fields.insert("metadata".into(), serde_json::to_value(&self.meta).unwrap_or_default());
        }
        named(self, value)
    }
}

/// The object with its type, which no struct holds.
fn named(object: &dyn Subject, mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.insert("apiVersion".into(), object.reference().api_version().into());
        fields.insert("kind".into(), object.kind().name().into());
    }
    value
}
