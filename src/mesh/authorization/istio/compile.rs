//! From AuthorizationPolicies to rules, as Envoy's filters get them from istiod.
//!
//! Istio sources: `pilot/pkg/security/authz/{model,builder}`, `pilot/pkg/security/trustdomain`.

use std::borrow::Cow;

use ipnet::IpNet;

use super::pattern::{self, NamespaceGlob, Pattern, TrustDomain};
use super::rules::{Clause, Compiled, Rule, Test};
use crate::mesh::istio::authorization_policy::{self, Attribute, AuthorizationPolicy, Part, Rule as Written};
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
    /// Whether something beside istiod's own filters may leave metadata.
    others: bool,
    /// For connections: HTTP predicates cannot be used.
    tcp: bool,
    /// In an ALLOW policy a value that cannot be used takes its rule along; elsewhere it is passed over, and the rule gets wider.
    strict: bool,
}

/// A policy as Envoy has it on its HTTP or its TCP filter chain; `others` says whether filters that are not istiod's own may be there.
pub(super) fn envoy<'a>(policy: &'a Object, domains: &TrustDomains, others: bool, tcp: bool) -> Compiled<'a> {
    let reader = Reader { domains, others, namespace: &policy.meta.namespace, tcp, strict: Action::of(policy) == Action::Allow };
    let rules = AuthorizationPolicy::of(policy).rules().filter_map(|rule| reader.rule(rule).ok()).collect();
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

impl Reader<'_> {
    fn rule<'a>(&self, rule: Written<'a>) -> Result<Rule<'a>, Unusable> {
        let all = |part: Part<'a>| part.clauses().filter_map(|clause| self.clause(clause).transpose()).collect();
        Ok(Rule {
            field: rule.field,
            conditions: rule.conditions().filter_map(|clause| self.clause(clause).transpose()).collect::<Result<_, _>>()?,
            sources: rule.sources().map(all).collect::<Result<_, _>>()?,
            operations: rule.operations().map(all).collect::<Result<_, _>>()?,
        })
    }

    /// Nothing where no predicate is left.
    fn clause<'a>(&self, clause: authorization_policy::Clause<'a>) -> Result<Option<Clause<'a>>, Unusable> {
        if matches!(clause.attribute, Attribute::Other(_)) {
            return Err(Unusable);
        }
        let any = self.tests(clause.any, clause.attribute)?;
        let none = self.tests(clause.none, clause.attribute)?;
        let field = clause.any.filter(|f| !f.is_empty()).or(clause.none).unwrap_or(clause.parent);
        Ok((!any.is_empty() || !none.is_empty()).then_some(Clause { field, any, none }))
    }

    fn tests(&self, list: Option<Field<'_>>, attribute: Attribute<'_>) -> Result<Vec<Test>, Unusable> {
        let mut tests = Vec::new();
        for value in values(list) {
            match self.test(&value, attribute) {
                Ok(found) => tests.extend(found),
                Err(unusable) if self.strict => return Err(unusable),
                Err(_) => {}
            }
        }
        Ok(tests)
    }

    fn test(&self, value: &str, attribute: Attribute<'_>) -> Result<Vec<Test>, Unusable> {
        if self.tcp && attribute.is_http() {
            return Err(Unusable);
        }
        let claim = |name: &str| Test::Claim(name.to_owned(), Pattern::of(value));
        Ok(match attribute {
            Attribute::Principal => self.domains.principals(value).iter().map(|p| Test::Principal(Pattern::of(p))).collect(),
            Attribute::TrustDomain => self.domains.domains(value).iter().map(|d| Test::TrustDomain(TrustDomain::of(d))).collect(),
            Attribute::Namespace => vec![Test::Namespace(NamespaceGlob::of(value))],
            Attribute::Account => {
                let (namespace, name) = account(value, self.namespace);
                vec![Test::Account { namespace, name }]
            }
            Attribute::Direct => vec![Test::Direct(net(value)?)],
            Attribute::Remote => vec![Test::Remote(net(value)?)],
            Attribute::Destination => vec![Test::Destination(net(value)?)],
            Attribute::Port => vec![Test::Port(port(value).ok_or(Unusable)?)],
            Attribute::Sni => vec![Test::Sni(Pattern::of(value))],
            Attribute::Host => vec![Test::Host(Pattern::of_host(value))],
            Attribute::Method => vec![Test::Method(Pattern::of_header(value))],
            Attribute::Path if pattern::is_template(value) => vec![Test::Template(value.to_owned(), pattern::template(value).ok_or(Unusable)?)],
            Attribute::Path => vec![Test::Path(Pattern::of(value))],
            Attribute::TokenOwner => vec![owner(value)],
            Attribute::Audience => vec![claim("aud")],
            Attribute::Presenter => vec![claim("azp")],
            Attribute::Claim(brackets) => vec![claim(&claim_name(brackets).ok_or(Unusable)?)],
            Attribute::Header(brackets) => {
                let name = brackets.strip_prefix('[').and_then(|n| n.strip_suffix(']')).ok_or(Unusable)?;
                vec![Test::Header(name.to_ascii_lowercase(), Pattern::of_header(value))]
            }
            Attribute::Other(_) => return Err(Unusable),
            Attribute::Metadata(key) => match key.split_once('[') {
                Some((filter, _)) if self.others || SPEAKING.contains(&filter) => vec![Test::Metadata],
                Some(_) => vec![Test::Never],
                None => return Err(Unusable),
            },
        })
    }
}

/// Filters of istiod's own that leave texts for others to read.
const SPEAKING: [&str; 3] =
    ["experimental.envoy.filters.http.rbac", "experimental.envoy.filters.http.ext_authz", "experimental.envoy.filters.network.mysql_proxy"];

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
