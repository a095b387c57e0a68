//! Everything that is not worth a struct of its own: custom resources and small kinds, with their whole body.

use super::{Controller, Field, Json, Kind, Meta, Namespace, Node, ObjectRef, Pod, Service};

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

    /// Which object it is.
    fn reference(&self) -> ObjectRef {
        self.meta().reference(self.kind())
    }
}

macro_rules! subjects {
    ($($type:ty, $object:ident => $kind:expr, $meta:ident;)+) => {
        $(impl Subject for $type {
            fn kind(&self) -> Kind {
                let $object = self;
                $kind
            }
            fn meta(&self) -> &Meta {
                &self.$meta
            }
        })+
    };
}

subjects! {
    Object, object => object.kind, meta;
    Controller, controller => controller.kind, metadata;
    Pod, _pod => Kind::Pod, metadata;
    Service, _service => Kind::Service, metadata;
    Namespace, _namespace => Kind::Namespace, metadata;
    Node, _node => Kind::Node, metadata;
}
