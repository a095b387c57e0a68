//! From AuthorizationPolicies to rules, as Envoy's filters get them from istiod.
//!
//! Istio sources: `pilot/pkg/security/authz/{model,builder}`, `pilot/pkg/security/trustdomain`.

use std::borrow::Cow;

use ipnet::IpNet;

use super::pattern::{self, NamespaceGlob, Pattern, TrustDomain};
use super::rules::{All, Clause, Compiled, Rule, Test};
use crate::mesh::istio::policy::Action;
use crate::mesh::linkerd::network;
use crate::model::{Field, Object, Str};

/// The mesh's trust domain and its other names.
#[derive(Clone, Debug, Default)]
pub(super) struct TrustDomains(Vec<Str>);

impl TrustDomains {
    pub(super) fn of(own: &Str, aliases: &[Str]) -> Self {
        Self(std::iter::once(own).chain(aliases).cloned().collect())
    }

    /// Whether a client of this trust domain passes a sidecar's handshake.
    pub(super) fn accept(&self, domain: &str) -> bool {
        self.0.iter().any(|d| *d == domain)
    }

    /// A principal under every name of the trust domain, if its own is one of them or `cluster.local`, and if it is written in full.
    fn principals(&self, written: &str) -> Vec<String> {
        let keep = || vec![written.to_owned()];
        let segments: Vec<&str> = written.split('/').collect();
        let [domain, rest @ ..] = segments.as_slice() else { return keep() };
        let fits = |pattern: &str, text: &str| {
            pattern.strip_suffix('*').is_some_and(|start| text.starts_with(start)) || pattern.strip_prefix('*').is_some_and(|end| text.ends_with(end))
        };
        let known = self.0.iter().any(|d| *d == *domain || *d == "*" || fits(d, domain) || fits(domain, d)) || *domain == "cluster.local";
        if rest.len() != 4 || *domain == "*" || !known {
            return keep();
        }
        let rest = rest.join("/");
        let mut found: Vec<String> = Vec::new();
        for alias in &self.0 {
            let stays = domain.strip_prefix('*').is_some_and(|end| alias.ends_with(end));
            let principal = if stays { written.to_owned() } else { format!("{alias}/{rest}") };
            if !found.contains(&principal) {
                found.push(principal);
            }
        }
        found
    }

    fn domains(&self, written: &str) -> Vec<String> {
        if self.accept(written) { self.0.iter().map(Str::to_string).collect() } else { vec![written.to_owned()] }
    }
}

/// Why a value makes no predicate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unusable;

/// How a policy is read.
struct Reader<'c> {
    domains: &'c TrustDomains,
    namespace: &'c str,
    /// For connections: HTTP predicates cannot be used.
    tcp: bool,
    /// In an ALLOW policy a value that cannot be used takes its rule along; elsewhere it is passed over, and the rule gets wider.
    strict: bool,
}

/// A policy as Envoy has it on its HTTP or its TCP filter chain.
pub(super) fn envoy<'a>(policy: &'a Object, domains: &TrustDomains, tcp: bool) -> Compiled<'a> {
    let reader = Reader { domains, namespace: &policy.meta.namespace, tcp, strict: Action::of(policy) == Action::Allow };
    let rules = policy.spec().list("rules").filter(|rule| !rule.is_null()).filter_map(|rule| reader.rule(rule).ok()).collect();
    Compiled { policy, rules }
}

/// The values of a list; numbers count as the texts they are written with.
pub(super) fn values<'a>(list: Option<Field<'a>>) -> impl Iterator<Item = Cow<'a, str>> {
    let items = list.map(|list| list.items().collect::<Vec<_>>()).unwrap_or_default();
    items.into_iter().filter_map(|item| match item.str() {
        Some(text) => Some(Cow::Borrowed(text)),
        None => item.int().map(|n| Cow::Owned(n.to_string())),
    })
}

/// What a field of a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject<'k> {
    Principal,
    Namespace,
    Account,
    TrustDomain,
    Direct,
    Remote,
    TokenOwner,
    Host,
    Port,
    Method,
    Path,
    Destination,
    Sni,
    Header(&'k str),
    Audience,
    Presenter,
    Claim(&'k str),
    Metadata(&'k str),
}

/// Fields of a source and of an operation, each with its opposite.
const SOURCE: [(&str, &str, Subject<'static>); 7] = [
    ("principals", "notPrincipals", Subject::Principal),
    ("requestPrincipals", "notRequestPrincipals", Subject::TokenOwner),
    ("serviceAccounts", "notServiceAccounts", Subject::Account),
    ("trustDomains", "notTrustDomains", Subject::TrustDomain),
    ("namespaces", "notNamespaces", Subject::Namespace),
    ("remoteIpBlocks", "notRemoteIpBlocks", Subject::Remote),
    ("ipBlocks", "notIpBlocks", Subject::Direct),
];
const OPERATION: [(&str, &str, Subject<'static>); 4] = [
    ("hosts", "notHosts", Subject::Host),
    ("methods", "notMethods", Subject::Method),
    ("paths", "notPaths", Subject::Path),
    ("ports", "notPorts", Subject::Port),
];

impl<'k> Subject<'k> {
    /// The subject of a condition; nothing for a key that Istio does not know.
    fn of_key(key: &'k str) -> Option<Self> {
        Some(match key {
            "destination.ip" => Self::Destination,
            "destination.port" => Self::Port,
            "connection.sni" => Self::Sni,
            "source.ip" => Self::Direct,
            "remote.ip" => Self::Remote,
            "source.namespace" => Self::Namespace,
            "source.trustDomain" => Self::TrustDomain,
            "source.serviceAccount" => Self::Account,
            "source.principal" => Self::Principal,
            "request.auth.principal" => Self::TokenOwner,
            "request.auth.audiences" => Self::Audience,
            "request.auth.presenter" => Self::Presenter,
            _ => {
                let header = key.strip_prefix("request.headers").map(Self::Header);
                let claim = || key.strip_prefix("request.auth.claims").map(Self::Claim);
                header.or_else(claim).or_else(|| key.starts_with("experimental.envoy.filters.").then_some(Self::Metadata(key)))?
            }
        })
    }

    /// Whether only HTTP requests have it.
    fn is_http(self) -> bool {
        use Subject::{Audience, Claim, Header, Host, Method, Path, Presenter, TokenOwner};
        matches!(self, TokenOwner | Host | Method | Path | Header(_) | Audience | Presenter | Claim(_))
    }
}

impl Reader<'_> {
    fn rule<'a>(&self, rule: Field<'a>) -> Result<Rule<'a>, Unusable> {
        let conditions = rule.list("when").map(|condition| {
            let subject = Subject::of_key(condition.text("key")).ok_or(Unusable)?;
            self.clause(condition, "values", "notValues", subject)
        });
        let alternatives = |list: &str, item: &str, fields: &[(&str, &str, Subject<'static>)]| -> Result<Vec<All<'a>>, Unusable> {
            rule.list(list).map(|entry| self.element(entry.get(item), fields)).collect()
        };
        Ok(Rule {
            field: rule,
            conditions: conditions.filter_map(Result::transpose).collect::<Result<_, _>>()?,
            sources: alternatives("from", "source", &SOURCE)?,
            operations: alternatives("to", "operation", &OPERATION)?,
        })
    }

    fn element<'a>(&self, element: Option<Field<'a>>, fields: &[(&str, &str, Subject<'static>)]) -> Result<All<'a>, Unusable> {
        let Some(element) = element else { return Ok(Vec::new()) };
        fields.iter().filter_map(|(name, not, subject)| self.clause(element, name, not, *subject).transpose()).collect()
    }

    /// Nothing where no predicate is left.
    fn clause<'a>(&self, parent: Field<'a>, name: &str, not: &str, subject: Subject<'_>) -> Result<Option<Clause<'a>>, Unusable> {
        let (values_of, not_values) = (parent.get(name), parent.get(not));
        let any = self.tests(values_of, subject)?;
        let none = self.tests(not_values, subject)?;
        let field = values_of.filter(|f| !f.is_empty()).or(not_values).unwrap_or(parent);
        Ok((!any.is_empty() || !none.is_empty()).then_some(Clause { field, any, none }))
    }

    fn tests(&self, list: Option<Field<'_>>, subject: Subject<'_>) -> Result<Vec<Test>, Unusable> {
        let mut tests = Vec::new();
        for value in values(list) {
            match self.test(&value, subject) {
                Ok(found) => tests.extend(found),
                Err(unusable) if self.strict => return Err(unusable),
                Err(_) => {}
            }
        }
        Ok(tests)
    }

    fn test(&self, value: &str, subject: Subject<'_>) -> Result<Vec<Test>, Unusable> {
        if self.tcp && subject.is_http() {
            return Err(Unusable);
        }
        let claim = |name: &str| Test::Claim(name.to_owned(), Pattern::of(value));
        Ok(match subject {
            Subject::Principal => self.domains.principals(value).iter().map(|p| Test::Principal(Pattern::of(p))).collect(),
            Subject::TrustDomain => self.domains.domains(value).iter().map(|d| Test::TrustDomain(TrustDomain::of(d))).collect(),
            Subject::Namespace => vec![Test::Namespace(NamespaceGlob::of(value))],
            Subject::Account => {
                let (namespace, name) = account(value, self.namespace);
                vec![Test::Account { namespace, name }]
            }
            Subject::Direct => vec![Test::Direct(net(value)?)],
            Subject::Remote => vec![Test::Remote(net(value)?)],
            Subject::Destination => vec![Test::Destination(net(value)?)],
            Subject::Port => vec![Test::Port(port(value).ok_or(Unusable)?)],
            Subject::Sni => vec![Test::Sni(Pattern::of(value))],
            Subject::Host => vec![Test::Host(Pattern::of_host(value))],
            Subject::Method => vec![Test::Method(Pattern::of_header(value))],
            Subject::Path if pattern::is_template(value) => vec![Test::Template(value.to_owned(), pattern::template(value).ok_or(Unusable)?)],
            Subject::Path => vec![Test::Path(Pattern::of(value))],
            Subject::TokenOwner => vec![owner(value)],
            Subject::Audience => vec![claim("aud")],
            Subject::Presenter => vec![claim("azp")],
            Subject::Claim(brackets) => vec![claim(&claim_name(brackets).ok_or(Unusable)?)],
            Subject::Header(brackets) => {
                let name = brackets.strip_prefix('[').and_then(|n| n.strip_suffix(']')).ok_or(Unusable)?;
                vec![Test::Header(name.to_ascii_lowercase(), Pattern::of_header(value))]
            }
            Subject::Metadata(key) => vec![if key.contains('[') { Test::Metadata } else { return Err(Unusable) }],
        })
    }
}

/// `NAME` or `NAMESPACE/NAME`.
pub(super) fn account(value: &str, namespace: &str) -> (String, String) {
    let (namespace, name) = value.split_once('/').unwrap_or((namespace, value));
    (namespace.to_owned(), name.to_owned())
}

fn net(value: &str) -> Result<IpNet, Unusable> {
    network::parse(value).ok_or(Unusable)
}

/// A port as istiod reads it.
pub(super) fn port(value: &str) -> Option<u16> {
    Some(value).filter(|v| !v.starts_with('+')).and_then(|v| v.parse().ok())
}

/// The issuer and the subject of a token, parted by the last slash of the value.
fn owner(value: &str) -> Test {
    let any = || Pattern::NotEmpty;
    let (issuer, subject) = match (value.rsplit_once('/'), value.strip_prefix('*'), value.strip_suffix('*')) {
        _ if value == "*" => (any(), any()),
        (Some((issuer, subject)), Some(_), _) => {
            let issuer = if issuer == "*" { any() } else { Pattern::Suffix(issuer.strip_prefix('*').unwrap_or(issuer).to_owned()) };
            (issuer, Pattern::Exact(subject.to_owned()))
        }
        (None, Some(end), _) => (any(), Pattern::Suffix(end.to_owned())),
        (Some((issuer, "*")), _, Some(_)) => (Pattern::Exact(issuer.to_owned()), any()),
        (Some((issuer, subject)), _, Some(_)) => {
            (Pattern::Exact(issuer.to_owned()), Pattern::Prefix(subject.strip_suffix('*').unwrap_or(subject).to_owned()))
        }
        (None, _, Some(start)) => (Pattern::Prefix(start.to_owned()), any()),
        (Some((issuer, subject)), ..) => (Pattern::Exact(issuer.to_owned()), Pattern::Exact(subject.to_owned())),
        (None, ..) => (Pattern::Exact(value.to_owned()), Pattern::Exact(String::new())),
    };
    Test::TokenOwner { issuer, subject }
}

/// `[a][b]` as `a.b`; brackets that do not come in pairs are part of one name.
fn claim_name(brackets: &str) -> Option<String> {
    let inner = brackets.strip_prefix('[')?.strip_suffix(']')?;
    let names: Vec<&str> = inner.split("][").collect();
    if names.iter().all(|name| !name.contains(['[', ']'])) { Some(names.join(".")) } else { Some(inner.to_owned()) }
}
