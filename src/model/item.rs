//! One decoded object, and its way from JSON.

use serde::Deserialize;
use serde_json::Value;

use super::kind::typed_kinds;
use super::{Controller, ControllerBody, Kind, Meta, Namespace, Node, Object, Pod, Service};

macro_rules! items {
    ($($kind:ident $list:ident;)+) => {
        /// One decoded object, in the form its kind is kept in.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Item {
            $(#[doc = concat!("A ", stringify!($kind), ".")] $kind($kind),)+
            /// Anything that makes pods.
            Controller(Controller),
            /// Anything else.
            Object(Object),
        }

        impl Item {
            /// Decodes one object of `kind` from JSON text, leniently: unknown fields are skipped, missing ones are empty.
            pub fn from_json(kind: Kind, json: &str) -> Result<Self, serde_json::Error> {
                Ok(match kind {
                    $(Kind::$kind => Self::$kind(serde_json::from_str(json)?),)+
                    kind if kind.is_controller() => Self::controller(kind, serde_json::from_str(json)?),
                    kind => Self::object(kind, serde_json::from_str(json)?)?,
                })
            }

            /// Decodes one object of `kind` from a parsed document; nulls count as absent where a struct is filled.
            pub fn from_value(kind: Kind, mut value: Value) -> Result<Self, serde_json::Error> {
                if !kind.is_whole() {
                    strip_nulls(&mut value);
                }
                Ok(match kind {
                    $(Kind::$kind => Self::$kind($kind::deserialize(value)?),)+
                    kind if kind.is_controller() => Self::controller(kind, ControllerBody::deserialize(value)?),
                    kind => Self::object(kind, value)?,
                })
            }

            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)+
                    Self::Controller(o) => o.kind,
                    Self::Object(o) => o.kind,
                }
            }

            /// Its metadata.
            pub fn meta(&self) -> &Meta {
                match self {
                    $(Self::$kind(o) => &o.metadata,)+
                    Self::Controller(o) => &o.metadata,
                    Self::Object(o) => &o.meta,
                }
            }

            /// Its metadata, to be completed.
            pub fn meta_mut(&mut self) -> &mut Meta {
                match self {
                    $(Self::$kind(o) => &mut o.metadata,)+
                    Self::Controller(o) => &mut o.metadata,
                    Self::Object(o) => &mut o.meta,
                }
            }
        }
    };
}

typed_kinds!(items);

impl Item {
    fn controller(kind: Kind, body: ControllerBody) -> Self {
        Self::Controller(Controller { kind, metadata: body.metadata, spec: body.spec, status: body.status })
    }

    fn object(kind: Kind, mut body: Value) -> Result<Self, serde_json::Error> {
        let mut meta = Value::Object(serde_json::Map::new());
        if let Some(fields) = body.as_object_mut() {
            fields.remove("apiVersion");
            // Items of a list may leave it out; one that says otherwise is something else.
            if let Some(found) = fields.remove("kind").filter(|found| ![Some(kind.name()), Some("PartialObjectMetadata")].contains(&found.as_str())) {
                return Err(serde::de::Error::custom(format!("it is a {found}")));
            }
            if let Some(found) = fields.remove("metadata") {
                meta = found;
            }
        }
        strip_nulls(&mut meta);
        Ok(Self::Object(Object { kind, meta: Meta::deserialize(meta)?, body: body.into() }))
    }
}

fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, v| !v.is_null());
            map.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}
