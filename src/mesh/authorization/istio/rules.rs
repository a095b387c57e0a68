//! Rules of AuthorizationPolicies in the form in which enforcers evaluate them, and what an enforcer sees of a request.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;
use regex::Regex;

use super::pattern::{self, NamespaceGlob, Pattern, TrustDomain};
use crate::mesh::authorization::classes::{Distinctions, PathPattern};
use crate::mesh::authorization::request::Claims;
use crate::mesh::authorization::truth::{Missing, Truth};
use crate::model::{Field, Object};

/// Who an enforcer takes the client for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Peer<'r> {
    /// Nobody: plaintext.
    Nobody,
    /// An identity without `spiffe://`.
    Named(&'r str),
    /// It is not known whether the client has an identity.
    Unknown,
}

/// An address that an enforcer sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Address<'r> {
    /// One of these.
    One(&'r [IpAddr]),
    /// This one.
    Is(IpAddr),
    /// None that any range could hold.
    Internal,
}

/// What an enforcer sees of an HTTP request.
#[derive(Clone, Debug)]
pub(super) struct SeenHttp<'r> {
    pub(super) method: Option<&'r str>,
    /// Normalized, with the query.
    pub(super) path: Option<Cow<'r, str>>,
    pub(super) host: Option<&'r str>,
    pub(super) headers: &'r [(String, String)],
    /// Claims of a token that was verified.
    pub(super) claims: Option<&'r Claims>,
    /// Claims whose one text is a list with blanks between.
    pub(super) listed: Vec<&'r str>,
    /// Whether there is a token whose claims were not said.
    pub(super) unsaid: bool,
}

/// What an enforcer sees of a request.
#[derive(Clone, Debug)]
pub(super) struct Seen<'r> {
    pub(super) peer: Peer<'r>,
    /// The other end of the connection.
    pub(super) direct: Address<'r>,
    /// The client as told by forwarding headers.
    pub(super) remote: Address<'r>,
    pub(super) destination: Address<'r>,
    pub(super) port: u16,
    /// Empty when there is none.
    pub(super) sni: &'r str,
    /// Nothing for what is no HTTP.
    pub(super) http: Option<SeenHttp<'r>>,
}

/// One value of a policy, ready to be compared.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Principal(Pattern),
    Namespace(NamespaceGlob),
    Account {
        namespace: String,
        name: String,
    },
    TrustDomain(TrustDomain),
    /// As ztunnel compares namespaces; plaintext is of the namespace with the empty name.
    ExactNamespace(Pattern),
    /// As ztunnel compares accounts.
    ExactAccount {
        namespace: String,
        name: String,
    },
    Direct(IpNet),
    Remote(IpNet),
    Destination(IpNet),
    Port(u16),
    Sni(Pattern),
    Host(Pattern),
    Method(Pattern),
    Path(Pattern),
    Template(String, Regex),
    Header(String, Pattern),
    TokenOwner {
        issuer: Pattern,
        subject: Pattern,
    },
    Claim(String, Pattern),
    /// Metadata of other filters.
    Metadata,
    /// Something that can never hold.
    Never,
}

impl Test {
    fn holds(&self, seen: &Seen<'_>) -> Truth {
        match self {
            Self::Principal(pattern) => seen.identity(|id| pattern.matches(id)),
            Self::Namespace(glob) => seen.identity(|id| glob.matches(id)),
            Self::Account { namespace, name } => seen.identity(|id| pattern::is_account(id, namespace, name)),
            Self::TrustDomain(domain) => seen.identity(|id| domain.matches(id)),
            Self::ExactNamespace(pattern) => match seen.peer {
                Peer::Nobody => pattern.matches("").into(),
                Peer::Named(id) => pattern.matches(parts(id).map_or("", |(_, ns, _)| ns)).into(),
                Peer::Unknown => Truth::Open(Missing::Identity),
            },
            Self::ExactAccount { namespace, name } => seen.identity(|id| parts(id).is_some_and(|(_, ns, sa)| ns == namespace && sa == name)),
            Self::Direct(net) => seen.direct.is_in(net, Missing::Address),
            Self::Remote(net) => seen.remote.is_in(net, Missing::Address),
            Self::Destination(net) => seen.destination.is_in(net, Missing::Destination),
            Self::Port(port) => (seen.port == *port).into(),
            Self::Sni(pattern) => pattern.matches(seen.sni).into(),
            Self::Host(pattern) => seen.http(|h| known(h.host, Missing::Host, |host| pattern.matches(&host.to_ascii_lowercase()))),
            Self::Method(pattern) => seen.http(|h| known(h.method, Missing::Method, |method| pattern.matches(method))),
            Self::Path(pattern) => seen.http(|h| known(h.path.as_deref(), Missing::Path, |path| pattern.matches(without_query(path)))),
            Self::Template(_, regex) => seen.http(|h| known(h.path.as_deref(), Missing::Path, |path| regex.is_match(without_query(path)))),
            Self::Header(name, pattern) => seen.http(|h| header(h, name, pattern)),
            Self::TokenOwner { issuer, subject } => {
                let one = |claims: &Claims, name: &str, pattern: &Pattern| {
                    claims.get(name).is_some_and(|values| matches!(values.as_slice(), [one] if pattern.matches(one)))
                };
                let owner = |claims: &Claims| one(claims, "iss", issuer) && one(claims, "sub", subject);
                seen.http(|h| if h.unsaid { Truth::Open(Missing::Claims) } else { h.claims.is_some_and(owner).into() })
            }
            Self::Claim(name, pattern) => seen.http(|h| if h.unsaid { Truth::Open(Missing::Claims) } else { claim(h, name, pattern).into() }),
            Self::Metadata => Truth::Open(Missing::Metadata),
            Self::Never => Truth::No,
        }
    }
}

fn known(value: Option<&str>, missing: Missing, holds: impl Fn(&str) -> bool) -> Truth {
    value.map_or(Truth::Open(missing), |value| holds(value).into())
}

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Pseudo headers are headers to Envoy, and `host` is another name of `:authority`.
fn header(http: &SeenHttp<'_>, name: &str, pattern: &Pattern) -> Truth {
    match name {
        ":method" => known(http.method, Missing::Method, |value| pattern.matches(value)),
        ":path" => known(http.path.as_deref(), Missing::Path, |value| pattern.matches(value)),
        ":authority" | "host" => known(http.host, Missing::Host, |value| pattern.matches(value)),
        _ => {
            let values: Vec<&str> = http.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
            (!values.is_empty() && pattern.matches(&values.join(","))).into()
        }
    }
}

fn claim(http: &SeenHttp<'_>, name: &str, pattern: &Pattern) -> bool {
    let Some(values) = http.claims.and_then(|claims| claims.get(name)) else { return false };
    match values.as_slice() {
        [one] if http.listed.contains(&name) => one.split(' ').any(|word| pattern.matches(word)),
        many => many.iter().any(|value| pattern.matches(value)),
    }
}

/// Trust domain, namespace and account of an identity without its scheme.
pub(super) fn parts(identity: &str) -> Option<(&str, &str, &str)> {
    let (domain, rest) = identity.split_once('/')?;
    let (namespace, account) = rest.strip_prefix("ns/")?.split_once("/sa/")?;
    Some((domain, namespace, account))
}

/// Adds what rules tell apart about requests.
pub(super) fn distinguish(policies: &[Compiled<'_>], into: &mut Distinctions) {
    for rule in policies.iter().flat_map(|p| &p.rules) {
        let clauses = rule.sources.iter().chain(&rule.operations).flatten().chain(&rule.conditions);
        for test in clauses.flat_map(|c| c.any.iter().chain(&c.none)) {
            test.distinguish(into);
        }
    }
}

impl Test {
    fn distinguish(&self, into: &mut Distinctions) {
        match self {
            Self::Host(pattern) => drop(into.hosts.insert(pattern.clone())),
            Self::Method(pattern) => drop(into.methods.insert(pattern.clone())),
            Self::Path(pattern) => drop(into.paths.insert(PathPattern::Text(pattern.clone()))),
            Self::Template(text, _) => drop(into.paths.insert(PathPattern::Template(text.clone()))),
            Self::Header(name, pattern) => match name.as_str() {
                ":method" => drop(into.methods.insert(pattern.clone())),
                ":path" => drop(into.paths.insert(PathPattern::Text(pattern.clone()))),
                ":authority" | "host" => drop(into.hosts.insert(pattern.clone())),
                _ => drop(into.headers.entry(name.clone()).or_default().insert(pattern.clone())),
            },
            Self::TokenOwner { .. } | Self::Claim(..) => into.tokens = true,
            Self::Direct(_) | Self::Remote(_) => into.addresses = true,
            _ => {}
        }
    }
}

impl Seen<'_> {
    fn identity(&self, holds: impl Fn(&str) -> bool) -> Truth {
        match self.peer {
            Peer::Nobody => Truth::No,
            Peer::Named(id) => holds(id).into(),
            Peer::Unknown => Truth::Open(Missing::Identity),
        }
    }

    /// HTTP predicates are compiled for HTTP alone.
    fn http(&self, holds: impl Fn(&SeenHttp<'_>) -> Truth) -> Truth {
        self.http.as_ref().map_or(Truth::No, holds)
    }
}

impl Address<'_> {
    fn is_in(&self, net: &IpNet, missing: Missing) -> Truth {
        match self {
            Self::One(addresses) => Truth::of_each(addresses, missing, |address| net.contains(address)),
            Self::Is(address) => net.contains(address).into(),
            Self::Internal => Truth::No,
        }
    }
}

/// The values of one field and of its opposite: one of the former must hold, if there are any, and none of the latter.
#[derive(Clone, Debug)]
pub(super) struct Clause<'a> {
    /// Where the values stand.
    pub(super) field: Field<'a>,
    pub(super) any: Vec<Test>,
    pub(super) none: Vec<Test>,
}

impl<'a> Clause<'a> {
    /// What never holds, because of `field`.
    pub(super) fn never(field: Field<'a>) -> Self {
        Self { field, any: vec![Test::Never], none: Vec::new() }
    }

    pub(super) fn holds(&self, seen: &Seen<'_>) -> Truth {
        let positive = if self.any.is_empty() { Truth::Yes } else { Truth::any(self.any.iter().map(|t| t.holds(seen))) };
        positive.and(|| Truth::any(self.none.iter().map(|t| t.holds(seen))).negated())
    }
}

/// Clauses that must hold together.
pub(super) type All<'a> = Vec<Clause<'a>>;

fn all(clauses: &[Clause<'_>], seen: &Seen<'_>) -> Truth {
    Truth::all(clauses.iter().map(|c| c.holds(seen)))
}

fn one_of(alternatives: &[All<'_>], seen: &Seen<'_>) -> Truth {
    if alternatives.is_empty() { Truth::Yes } else { Truth::any(alternatives.iter().map(|a| all(a, seen))) }
}

/// A rule: one of the sources, one of the operations, and all conditions.
#[derive(Clone, Debug)]
pub(super) struct Rule<'a> {
    /// Where it stands.
    pub(super) field: Field<'a>,
    pub(super) sources: Vec<All<'a>>,
    pub(super) operations: Vec<All<'a>>,
    pub(super) conditions: All<'a>,
}

impl<'a> Rule<'a> {
    pub(super) fn holds(&self, seen: &Seen<'_>) -> Truth {
        one_of(&self.sources, seen).and(|| one_of(&self.operations, seen)).and(|| all(&self.conditions, seen))
    }

    /// The parts that do not hold: of several alternatives the first one's.
    pub(super) fn failing(&self, seen: &Seen<'_>) -> Vec<&Clause<'a>> {
        let alternatives = [&self.sources, &self.operations].into_iter().filter(|a| one_of(a, seen) == Truth::No);
        let first = alternatives.filter_map(|a| a.iter().filter_map(|all| all.iter().find(|c| c.holds(seen) == Truth::No)).next());
        first.chain(self.conditions.iter().filter(|c| c.holds(seen) == Truth::No)).collect()
    }
}

/// A policy as one enforcer has it.
#[derive(Clone, Debug)]
pub(super) struct Compiled<'a> {
    pub(super) policy: &'a Object,
    pub(super) rules: Vec<Rule<'a>>,
}

impl<'a> Compiled<'a> {
    /// The first rule that holds, or that may.
    pub(super) fn hit(&self, seen: &Seen<'_>) -> Option<(&Rule<'a>, Truth)> {
        let mut open = None;
        for rule in &self.rules {
            match rule.holds(seen) {
                Truth::Yes => return Some((rule, Truth::Yes)),
                Truth::No => {}
                truth => open = open.or(Some((rule, truth))),
            }
        }
        open
    }
}
