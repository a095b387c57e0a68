//! One decoded object, and its way from JSON.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::kind::typed_kinds;
use super::{Controller, Kind, Meta, Namespace, Node, NodeSpec, NodeStatus, Object, Pod, PodSpec, PodStatus, Service, ServiceSpec, ServiceStatus};

/// An object of a kind that is kept in a form of its own, as the API writes it.
#[derive(Deserialize)]
#[serde(default, bound = "S: Default + Deserialize<'de>, T: Default + Deserialize<'de>")]
struct Typed<S, T> {
    kind: Option<String>,
    metadata: Meta,
    spec: S,
    status: T,
}

impl<S: Default, T: Default> Default for Typed<S, T> {
    fn default() -> Self {
        Self { kind: None, metadata: Meta::default(), spec: S::default(), status: T::default() }
    }
}

impl<S, T> Typed<S, T> {
    fn read<'de, D: serde::Deserializer<'de>>(kind: Kind, from: D) -> Result<Self, D::Error>
    where
        S: Default + Deserialize<'de>,
        T: Default + Deserialize<'de>,
    {
        let typed = Self::deserialize(from)?;
        match &typed.kind {
            Some(found) if !may_say(kind, found) => Err(serde::de::Error::custom(format!("it is a {found:?}"))),
            _ => Ok(typed),
        }
    }
}

/// A kind with a struct of its own.
trait Whole {
    type Spec;
    type Status;

    fn whole(parts: Typed<Self::Spec, Self::Status>) -> Self;
}

impl Whole for Pod {
    type Spec = PodSpec;
    type Status = PodStatus;

    fn whole(Typed { metadata, spec, status, .. }: Typed<PodSpec, PodStatus>) -> Self {
        Self { metadata, spec, status }
    }
}

impl Whole for Service {
    type Spec = ServiceSpec;
    type Status = ServiceStatus;

    fn whole(Typed { metadata, spec, status, .. }: Typed<ServiceSpec, ServiceStatus>) -> Self {
        Self { metadata, spec, status }
    }
}

impl Whole for Node {
    type Spec = NodeSpec;
    type Status = NodeStatus;

    fn whole(Typed { metadata, spec, status, .. }: Typed<NodeSpec, NodeStatus>) -> Self {
        Self { metadata, spec, status }
    }
}

impl Whole for Namespace {
    type Spec = IgnoredAny;
    type Status = IgnoredAny;

    fn whole(Typed { metadata, .. }: Typed<IgnoredAny, IgnoredAny>) -> Self {
        Self { metadata }
    }
}

/// What an object of a kind may say of its own kind: items of a list may leave it out, and one that says otherwise is something else.
pub(crate) fn may_say(kind: Kind, found: &str) -> bool {
    [kind.name(), "PartialObjectMetadata"].contains(&found)
}

macro_rules! items {
    ($($kind:ident $list:ident;)+) => {
        /// One decoded object, in the form its kind is kept in.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Item {
            $(#[doc = concat!("A ", stringify!($kind), ".")] $kind(super::$kind),)+
            /// Anything that makes pods.
            Controller(Controller),
            /// Anything else.
            Object(Object),
        }

        impl Item {
            /// Decodes one object of `kind` from JSON text, leniently: unknown fields are skipped, missing ones are empty.
            pub fn from_json(kind: Kind, json: &str) -> Result<Self, serde_json::Error> {
                Self::decode(kind, &mut serde_json::Deserializer::from_str(json))
            }

            /// Decodes one object of `kind` from a parsed document; nulls count as absent where a struct is filled.
            pub fn from_value(kind: Kind, mut value: Value) -> Result<Self, serde_json::Error> {
                if !kind.is_whole() {
                    strip_nulls(&mut value);
                }
                Self::decode(kind, value)
            }

            fn decode<'de, D: serde::Deserializer<'de>>(kind: Kind, from: D) -> Result<Self, D::Error> {
                Ok(match kind {
                    $(Kind::$kind => Self::$kind(super::$kind::whole(Typed::read(kind, from)?)),)+
                    kind if kind.is_controller() => {
                        let Typed { metadata, spec, status, .. } = Typed::read(kind, from)?;
                        Self::Controller(Controller { kind, metadata, spec, status })
                    }
                    kind => Self::object(kind, Value::deserialize(from)?).map_err(serde::de::Error::custom)?,
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
    fn object(kind: Kind, mut body: Value) -> Result<Self, serde_json::Error> {
        let mut meta = Value::Object(serde_json::Map::new());
        if let Some(fields) = body.as_object_mut() {
            fields.remove("apiVersion");
            if let Some(found) = fields.remove("kind").filter(|found| !found.as_str().is_some_and(|found| may_say(kind, found))) {
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
