//! AuthorizationPolicies that would grant something and grant nothing: what is wrong with what they require.

use super::authz::{NoGrant, Target, required};
use crate::model::{Evidence, Object, Str, Subject};

/// What it would be about.
#[derive(Clone, Debug)]
enum About {
    /// A Server of its namespace.
    Server(Str),
    /// All of them.
    Namespace,
    /// A route alone.
    Route,
}

/// A policy that Linkerd takes no notice of.
#[derive(Clone, Debug)]
pub struct Ineffective {
    /// What it is about.
    about: About,
    /// Where the reason stands.
    pub because: Evidence,
}

impl Ineffective {
    /// A policy for a target, with what keeps it from granting anything.
    pub fn new(policy: &Object, target: &Target<'_>, why: &NoGrant) -> Self {
        let of = |wanted: &dyn Fn(&super::authz::Required<'_>) -> bool| required(policy).into_iter().find(wanted).map(|r| r.field.path());
        let (path, text) = match why {
            NoGrant::Missing(kind, namespace, name) => {
                (of(&|r| r.kind == Some(*kind) && r.name == name), format!("{kind} {namespace}/{name} was not read or does not exist"))
            }
            NoGrant::Invalid(kind, namespace, name) => {
                (of(&|r| r.kind == Some(*kind) && r.name == name), format!("{kind} {namespace}/{name} names nobody, or cannot be read"))
            }
            NoGrant::Unsupported(kind) => (of(&|r| r.kind.is_none()), format!("Linkerd knows no authentication of kind {kind}")),
            NoGrant::Contradiction => (None, "it requires two identities, or two lists of networks, at once".to_owned()),
        };
        let path = path.unwrap_or_else(|| "spec.requiredAuthenticationRefs".to_owned());
        let about = match target {
            Target::Server(name) => About::Server((*name).into()),
            Target::Namespace => About::Namespace,
            Target::Route(..) => About::Route,
        };
        Self { about, because: Evidence::field(policy.reference(), path, format!("grants nothing: {text}")) }
    }

    /// Whether it is about a Server of its namespace.
    pub fn is_for(&self, server: &str) -> bool {
        match &self.about {
            About::Server(name) => name == server,
            About::Namespace => true,
            About::Route => false,
        }
    }
}
