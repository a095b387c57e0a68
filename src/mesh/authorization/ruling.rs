//! What one enforcer answers, and why; words are made of it only when somebody wants to read them.

use super::truth::Missing;
use crate::model::{Evidence, Field, Gap, Object, ObjectRef, StepKind, StepPlace};

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It gets through.
    Allow,
    /// It is refused.
    Deny,
    /// No route takes it: 404.
    NotFound,
    /// Cannot be known.
    Unknown,
}

impl Verdict {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::NotFound => "not-found",
            Self::Unknown => "unknown",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A rule of a policy.
#[derive(Clone, Copy, Debug)]
pub struct RuleRef<'a> {
    /// The policy.
    pub policy: &'a Object,
    /// The rule.
    pub rule: Field<'a>,
}

/// A rule that admits nearly, and what keeps it from it.
#[derive(Clone, Debug)]
pub struct NearMiss<'a> {
    /// The policy.
    pub policy: &'a Object,
    /// What does not hold; the policy's rules where there are none.
    pub field: String,
    /// What it admits and what the request has.
    pub text: String,
    /// What would have to be added there, when that is a plain value.
    pub add: Option<String>,
}

/// Why an enforcer answers as it does.
#[derive(Clone, Debug)]
pub enum Reason<'a> {
    /// No proxy stands before the port.
    NotEnforced(Unenforced),
    /// Nobody asks for anything.
    NoAllowPolicy {
        /// How many DENY policies were looked at.
        denies: usize,
    },
    /// A rule admits it.
    Allowed(RuleRef<'a>),
    /// A rule refuses it.
    Denied(RuleRef<'a>),
    /// There are ALLOW policies, and no rule of theirs admits it.
    NoneAdmits {
        /// The policies.
        policies: Vec<&'a Object>,
        /// What comes closest, when that was asked for.
        near: Vec<NearMiss<'a>>,
    },
    /// istiod admits waypoints at ztunnel by itself, and nobody else; the identity of one.
    Waypoint(String),
    /// An external authorizer decides; its name.
    AsksProvider(RuleRef<'a>, String),
    /// istiod refuses in place of an external authorizer, since something is wrong with it.
    BadProvider(RuleRef<'a>, &'static str),
    /// Several external authorizers for one workload.
    SeveralProviders(RuleRef<'a>),
    /// A CUSTOM policy that is only tried out refuses.
    TriedCustom(RuleRef<'a>),
    /// The token does not verify.
    TokenInvalid(&'a Object),
    /// No rule knows the token's issuer.
    TokenOfUnknownIssuer(&'a Object),
    /// The token is for somebody else.
    TokenForOthers(&'a Object, Field<'a>),
    /// The port speaks HTTP, and this is none.
    NotHttp,
    /// A path with a fragment is refused.
    Fragment,
    /// It depends on something that was not said.
    Depends(Missing),
    /// Something that decides was not read.
    Hidden(Gap),
    /// Only mutual TLS is accepted.
    PlaintextRefused(&'a Object),
    /// Mutual TLS arrives where only plaintext is expected.
    TlsNotExpected(&'a Object),
    /// The client's trust domain is not accepted.
    ForeignTrustDomain(String),
    /// A grant of Linkerd's admits it.
    Granted {
        /// The policy; the Server itself for its `accessPolicy`.
        by: ObjectRef,
        /// The rate limit that then holds.
        limit: Option<ObjectRef>,
    },
    /// No grant of Linkerd's admits it; the Server that governs the port.
    NoGrant {
        /// The Server.
        server: &'a Object,
        /// Who grants anything at all.
        grants: Vec<ObjectRef>,
        /// Policies that are about it and grant nothing.
        ineffective: Vec<Evidence>,
    },
    /// Linkerd's policy for ports without a Server; whether it admits.
    DefaultPolicy {
        /// The policy's name.
        policy: &'static str,
        /// Where it stands.
        from: DefaultFrom,
        /// Whether the port asks for an identity beyond it.
        authenticated: bool,
    },
    /// The client is in the pod itself.
    Localhost,
    /// It is a health probe's path.
    Probe,
    /// No route of the Server takes the request.
    NoRoute(&'a Object),
    /// A match of a route on the Server that the proxy cannot read: it refuses everything.
    UnreadableRoute(RuleRef<'a>),
    /// No NetworkPolicy selects the pods.
    NoNetworkPolicy,
    /// A NetworkPolicy lets the connection through.
    NetworkOpen {
        /// The policy and its rule.
        rule: RuleRef<'a>,
        /// The port that it sees.
        port: u16,
    },
    /// NetworkPolicies isolate the pods, and none lets the connection through.
    NetworkClosed {
        /// The policies.
        policies: Vec<&'a Object>,
        /// The field with the rules, `ingress` or `egress`.
        field: &'static str,
        /// The port that they see.
        port: u16,
    },
    /// NetworkPolicies isolate the pods, and whether they let this client through is not known.
    NetworkUnclear {
        /// The policies.
        policies: Vec<&'a Object>,
        /// What is missing.
        missing: Missing,
    },
    /// The client's side sends the request nowhere, or answers it itself.
    NotSent(String, Vec<Evidence>),
    /// The client's side sends the request to what is no Service of the cluster.
    SentOutside(String),
    /// Which rule of the client's side takes the request depends on what was not said of it.
    RouteOpen,
    /// The Service has no such port.
    NoSuchPort(ObjectRef, u16),
    /// The Service leads to no workload that is known.
    NoWorkload(ObjectRef),
    /// Pods that may answer decide differently.
    Differs(Vec<(ObjectRef, Verdict)>),
}

/// The verdict of all that a request meets.
pub(super) fn fold(rulings: &[Ruling<'_>]) -> Verdict {
    let ends = rulings.iter().map(|r| r.verdict).find(|v| matches!(v, Verdict::Deny | Verdict::NotFound));
    ends.unwrap_or(if rulings.iter().any(|r| r.verdict == Verdict::Unknown) { Verdict::Unknown } else { Verdict::Allow })
}

/// Why nobody enforces policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unenforced {
    /// The workload is in no mesh.
    Outside,
    /// Its pods exclude the port from the proxy; the annotation.
    Excluded(ObjectRef, String),
}

/// Where Linkerd's default policy for a port stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultFrom {
    /// An annotation of the pods.
    Annotation(ObjectRef),
    /// The installation.
    Installation,
}

/// One enforcer's answer.
#[derive(Clone, Debug)]
pub struct Ruling<'a> {
    /// Which question it answers.
    pub step: StepKind,
    /// Where.
    pub at: StepPlace,
    /// The answer.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason<'a>,
}
