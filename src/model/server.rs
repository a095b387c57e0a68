//! What an API server says of itself and of who asks: facts that no object holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::meta::str_is_empty;
use super::{Kind, Str};

/// What was asked before an installation; kept as data so that rules judge it like objects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ServerFacts {
    /// Its `gitVersion`.
    pub version: ServerVersion,
    /// What who asked may do.
    pub reviews: Vec<Review>,
    /// Whether aggregated APIs can authenticate who is passed on to them.
    pub aggregation: YesNo,
    /// This machine's clock (RFC 3339) when the version was asked.
    pub asked_at: Option<Str>,
    /// The server's clock (RFC 3339) when it answered that.
    pub answered_at: Option<Str>,
}

/// A word that a server was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ServerVersion {
    /// The word.
    Known(Str),
    /// Why there is none.
    Unknown(Str),
}

impl Default for ServerVersion {
    fn default() -> Self {
        Self::Unknown("it was not asked".into())
    }
}

/// The answer to a question of yes or no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum YesNo {
    /// Yes.
    Yes,
    /// No, with the server's words, which may be none.
    No(Str),
    /// Why there is no answer.
    Unknown(Str),
}

impl Default for YesNo {
    fn default() -> Self {
        Self::Unknown("it was not asked".into())
    }
}

/// One thing that may be allowed or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Access {
    /// For instance `create`.
    pub verb: Str,
    /// API group, empty for the core one.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub group: Str,
    /// Plural, for instance `deployments`, or with a subresource, for instance `pods/portforward`.
    pub resource: Str,
    /// Where; empty for cluster-scoped resources.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub namespace: Str,
}

impl Access {
    /// A verb on a kind, in one namespace or (empty) in all.
    pub fn of(verb: &str, kind: Kind, namespace: &str) -> Self {
        Self { verb: verb.into(), group: kind.group().into(), resource: kind.plural().into(), namespace: namespace.into() }
    }

    /// `plural.group`, as kubectl and RBAC messages write it.
    pub fn full_resource(&self) -> String {
        if self.group.is_empty() { self.resource.to_string() } else { format!("{}.{}", self.resource, self.group) }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.full_resource())?;
        if self.namespace.is_empty() { Ok(()) } else { write!(f, " in namespace {}", self.namespace) }
    }
}

/// Whether something is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Review {
    /// What.
    pub access: Access,
    /// The server's answer.
    pub allowed: YesNo,
}

impl ServerFacts {
    /// Whether `access` is allowed.
    pub fn allows(&self, access: &Access) -> YesNo {
        self.reviews.iter().find(|r| r.access == *access).map(|r| r.allowed.clone()).unwrap_or_default()
    }
}
