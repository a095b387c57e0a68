//! What could not be read, kept apart from what is not there.

use std::fmt;

use serde::Serialize;

use super::{Kind, ObjectRef, Str};

/// Something that was asked for and not obtained. A gap is never "fine": whatever depends on it is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gap {
    /// The API server does not know the kind: its CRD is not installed.
    NotServed(Kind),
    /// RBAC refuses the list; an empty namespace means cluster-wide.
    Forbidden {
        /// Kind.
        kind: Kind,
        /// Namespace that was asked for.
        namespace: Str,
        /// The server's words.
        detail: Str,
    },
    /// One object did not decode.
    Undecodable {
        /// Which.
        object: ObjectRef,
        /// Why.
        detail: Str,
    },
    /// The list broke off or never came.
    Incomplete {
        /// Kind.
        kind: Kind,
        /// Namespace that was asked for.
        namespace: Str,
        /// Why.
        detail: Str,
    },
    /// A pod that was asked itself, past the API server's lists, and did not tell what was wanted.
    Unanswered {
        /// The pod.
        object: ObjectRef,
        /// Why.
        detail: Str,
    },
}

impl Gap {
    /// The kind it is about.
    pub fn kind(&self) -> Kind {
        match self {
            Self::NotServed(kind) | Self::Forbidden { kind, .. } | Self::Incomplete { kind, .. } => *kind,
            Self::Undecodable { object, .. } | Self::Unanswered { object, .. } => object.kind,
        }
    }

    /// The namespace it is about; empty means cluster-wide.
    pub fn namespace(&self) -> &str {
        match self {
            Self::NotServed(_) => "",
            Self::Forbidden { namespace, .. } | Self::Incomplete { namespace, .. } => namespace,
            Self::Undecodable { object, .. } | Self::Unanswered { object, .. } => &object.namespace,
        }
    }

    /// What was tried: an object may have been asked for by its name, and then a refusal says so.
    pub fn verb(&self) -> &'static str {
        if matches!(self, Self::Forbidden { detail, .. } if detail.contains(" cannot get resource ")) { "get" } else { "list" }
    }

    /// Whether objects may exist that were not seen: true of all but a kind that is not served and a pod that is seen and says nothing.
    pub fn hides_objects(&self) -> bool {
        !matches!(self, Self::NotServed(_) | Self::Unanswered { .. })
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |namespace: &str| if namespace.is_empty() { "cluster-wide".to_owned() } else { format!("in namespace {namespace}") };
        match self {
            Self::NotServed(kind) => write!(f, "{} is not served: its CRD is not installed", kind.resource()),
            Self::Forbidden { kind, namespace, .. } => write!(f, "may not {} {} {}", self.verb(), kind.resource(), place(namespace)),
            Self::Undecodable { object, detail } => write!(f, "cannot decode {object}: {detail}"),
            Self::Unanswered { object, detail } => write!(f, "could not ask {object}: {detail}"),
            Self::Incomplete { kind, namespace, detail } => write!(f, "could not read {} {}: {detail}", kind.resource(), place(namespace)),
        }
    }
}

/// Something that could not be read; what rests on it is unknown, never fine.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct GapRow<'a> {
    /// How it could not.
    #[serde(rename = "type")]
    #[cfg_attr(test, schemars(extend("enum" = ["not-served", "forbidden", "undecodable", "incomplete", "unanswered"])))]
    class: &'static str,
    /// Kind of what was to be read.
    kind: Kind,
    /// Namespace; absent where all were asked for.
    #[serde(skip_serializing_if = "str::is_empty")]
    namespace: &'a str,
    /// In words.
    detail: String,
}

super::written_as!(Gap, GapRow<'static>);

impl Serialize for Gap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let class = match self {
            Self::NotServed(_) => "not-served",
            Self::Forbidden { .. } => "forbidden",
            Self::Undecodable { .. } => "undecodable",
            Self::Incomplete { .. } => "incomplete",
            Self::Unanswered { .. } => "unanswered",
        };
        GapRow { class, kind: self.kind(), namespace: self.namespace(), detail: self.to_string() }.serialize(serializer)
    }
}
