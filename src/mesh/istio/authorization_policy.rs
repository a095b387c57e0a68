//! AuthorizationPolicies as they are written: what each of their values is about, and the field that it stands in.
//!
//! Istio sources: `pilot/pkg/security/authz/model/model.go`.

use super::policy::{Action, is_dry_run};
use crate::index::Index;
use crate::model::{Field, Kind, Object};

/// An AuthorizationPolicy.
#[derive(Clone, Copy, Debug)]
pub struct AuthorizationPolicy<'a> {
    pub object: &'a Object,
    pub action: Action,
    /// Whether it is only tried out.
    pub dry_run: bool,
}

/// All of them.
pub fn all(index: &Index) -> impl Iterator<Item = AuthorizationPolicy<'_>> {
    index.objects(Kind::AuthorizationPolicy).iter().map(AuthorizationPolicy::of)
}

impl<'a> AuthorizationPolicy<'a> {
    pub fn of(object: &'a Object) -> Self {
        Self { object, action: Action::of(object), dry_run: is_dry_run(object) }
    }

    /// Whether its decisions are enforced, and this is what they do.
    pub fn enforces(&self, action: Action) -> bool {
        self.action == action && !self.dry_run
    }

    /// Its rules; one that is null matches nothing, and is none.
    pub fn rules(&self) -> impl Iterator<Item = Rule<'a>> + use<'a> {
        self.object.spec().list("rules").filter(|rule| !rule.is_null()).map(|field| Rule { field })
    }

    /// The values of all its rules.
    pub fn values(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        self.rules().flat_map(Rule::clauses).flat_map(Clause::values)
    }
}

/// A rule: one of its sources, one of its operations, and all of its conditions.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    pub field: Field<'a>,
}

impl<'a> Rule<'a> {
    /// `from`, item by item.
    pub fn sources(self) -> impl Iterator<Item = Part<'a>> {
        self.field.list("from").map(|entry| Part { entry, field: entry.get("source"), place: Place::Source })
    }

    /// `to`, item by item.
    pub fn operations(self) -> impl Iterator<Item = Part<'a>> {
        self.field.list("to").map(|entry| Part { entry, field: entry.get("operation"), place: Place::Operation })
    }

    /// `when`, item by item.
    pub fn conditions(self) -> impl Iterator<Item = Clause<'a>> {
        self.field.list("when").map(|field| Clause {
            attribute: Attribute::of_key(field.text("key")),
            place: Place::Condition,
            parent: field,
            any: field.get("values"),
            none: field.get("notValues"),
        })
    }

    /// Everything that it asks for.
    pub fn clauses(self) -> impl Iterator<Item = Clause<'a>> {
        self.operations().chain(self.sources()).flat_map(Part::clauses).chain(self.conditions())
    }

    /// Whether it matches every request.
    pub fn is_unconditional(self) -> bool {
        self.field.is_map() && ["from", "to", "when"].iter().all(|name| self.field.get(name).is_none_or(|f| f.is_empty()))
    }

    /// The first field, of operations, then of sources, then of conditions, that takes a parsed HTTP request.
    pub fn http_field(self) -> Option<Field<'a>> {
        self.clauses().find_map(Clause::http_field)
    }
}

/// A source or an operation: all its clauses have to hold.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The item of the list.
    pub entry: Field<'a>,
    /// Its `source` or `operation`, if it has one.
    pub field: Option<Field<'a>>,
    place: Place,
}

impl<'a> Part<'a> {
    /// What it asks for.
    pub fn clauses(self) -> impl Iterator<Item = Clause<'a>> {
        self.rows().iter().filter_map(move |row| self.clause_of(row))
    }

    /// What it asks of one attribute.
    pub fn clause(self, attribute: Attribute<'_>) -> Option<Clause<'a>> {
        self.rows().iter().find(|row| row.2 == attribute).and_then(|row| self.clause_of(row))
    }

    fn rows(self) -> &'static [Row] {
        if self.place == Place::Source { &SOURCE } else { &OPERATION }
    }

    fn clause_of(self, (name, not, attribute): &Row) -> Option<Clause<'a>> {
        let parent = self.field?;
        let (any, none) = (parent.get(name), parent.get(not));
        (any.is_some() || none.is_some()).then_some(Clause { attribute: *attribute, place: self.place, parent, any, none })
    }
}

/// The part of a rule that something stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Source,
    Operation,
    Condition,
}

/// The values of one attribute: a request has to have one of `any`, if there are any, and none of `none`.
#[derive(Clone, Copy, Debug)]
pub struct Clause<'a> {
    pub attribute: Attribute<'a>,
    pub place: Place,
    /// The source, operation or condition.
    pub parent: Field<'a>,
    pub any: Option<Field<'a>>,
    pub none: Option<Field<'a>>,
}

impl<'a> Clause<'a> {
    /// Its lists that are not empty, each with whether it holds exceptions.
    pub fn filled(self) -> impl Iterator<Item = (Field<'a>, bool)> {
        [(self.any, false), (self.none, true)].into_iter().filter_map(|(list, except)| Some((list.filter(|f| !f.is_empty())?, except)))
    }

    /// The texts of both lists.
    pub fn values(self) -> impl Iterator<Item = Value<'a>> {
        let of = move |list: Option<Field<'a>>, except| {
            let items = list.into_iter().flat_map(|list| list.items().collect::<Vec<_>>());
            items.filter_map(move |field| Some(Value { text: field.str()?, field, except, attribute: self.attribute, place: self.place }))
        };
        of(self.any, false).chain(of(self.none, true))
    }

    /// Where it is said: the condition, or the first list that is not empty; nothing where it says nothing.
    pub fn said(self) -> Option<Field<'a>> {
        if self.place == Place::Condition { Some(self.parent) } else { self.filled().next().map(|(list, _)| list) }
    }

    /// Where it takes a parsed HTTP request, if it does.
    pub fn http_field(self) -> Option<Field<'a>> {
        self.said().filter(|_| self.attribute.is_http())
    }
}

/// A text that a rule compares.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    pub text: &'a str,
    pub field: Field<'a>,
    /// Whether it stands among the exceptions (`not…`).
    pub except: bool,
    pub attribute: Attribute<'a>,
    pub place: Place,
}

/// What of a request a rule compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute<'k> {
    Principal,
    Namespace,
    Account,
    TrustDomain,
    /// The other end of the connection.
    Direct,
    /// The client as told by forwarding headers.
    Remote,
    TokenOwner,
    Host,
    Port,
    Method,
    Path,
    Destination,
    Sni,
    /// With the brackets and the name in them.
    Header(&'k str),
    Audience,
    Presenter,
    /// With the brackets and the names in them.
    Claim(&'k str),
    /// Metadata of other filters, by the whole key.
    Metadata(&'k str),
    /// A key that Istio does not know.
    Other(&'k str),
}

/// A field, the one with its exceptions, and what they are about.
type Row = (&'static str, &'static str, Attribute<'static>);

const SOURCE: [Row; 7] = [
    ("principals", "notPrincipals", Attribute::Principal),
    ("requestPrincipals", "notRequestPrincipals", Attribute::TokenOwner),
    ("serviceAccounts", "notServiceAccounts", Attribute::Account),
    ("trustDomains", "notTrustDomains", Attribute::TrustDomain),
    ("namespaces", "notNamespaces", Attribute::Namespace),
    ("remoteIpBlocks", "notRemoteIpBlocks", Attribute::Remote),
    ("ipBlocks", "notIpBlocks", Attribute::Direct),
];
const OPERATION: [Row; 4] = [
    ("hosts", "notHosts", Attribute::Host),
    ("methods", "notMethods", Attribute::Method),
    ("paths", "notPaths", Attribute::Path),
    ("ports", "notPorts", Attribute::Port),
];

impl<'k> Attribute<'k> {
    /// What the key of a condition is about.
    fn of_key(key: &'k str) -> Self {
        match key {
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
                let metadata = || key.starts_with("experimental.envoy.filters.").then_some(Self::Metadata(key));
                header.or_else(claim).or_else(metadata).unwrap_or(Self::Other(key))
            }
        }
    }

    /// Whether only a parsed HTTP request has it.
    pub fn is_http(self) -> bool {
        self.is_of_token()
            || matches!(self, Self::Host | Self::Method | Self::Path | Self::Header(_))
            || matches!(self, Self::Other(key) if key.starts_with("request."))
    }

    /// Whether only a verified token has it.
    pub fn is_of_token(self) -> bool {
        matches!(self, Self::TokenOwner | Self::Audience | Self::Presenter | Self::Claim(_))
            || matches!(self, Self::Other(key) if key.starts_with("request.auth."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::istio::test::index;

    const POLICY: &str = r#"{"apiVersion":"security.istio.io/v1","kind":"AuthorizationPolicy","metadata":{"name":"p"},"spec":{"action":"DENY","rules":[null,
        {"from":[{},{"source":{"principals":["a"],"notNamespaces":["b",1]}}],"to":[{"operation":{"ports":["80"],"methods":[],"notPaths":["/a"]}}],
         "when":[{"key":"request.headers[x]","values":["c"]},{"key":"request.auth.other","notValues":["d"]},{"key":"odd","values":["e"]}]}]}}"#;

    #[test]
    fn every_value_knows_what_it_is_about_and_where_it_stands() {
        let index = index(&[POLICY]);
        let policy = all(&index).next().unwrap();
        assert!(policy.enforces(Action::Deny) && !policy.enforces(Action::Allow));
        let values: Vec<_> = policy.values().map(|v| (v.text, v.attribute, v.except, v.field.path())).collect();
        let at = |path: &str| format!("spec.rules[1].{path}");
        assert_eq!(
            values,
            [
                ("/a", Attribute::Path, true, at("to[0].operation.notPaths[0]")),
                ("80", Attribute::Port, false, at("to[0].operation.ports[0]")),
                ("a", Attribute::Principal, false, at("from[1].source.principals[0]")),
                ("b", Attribute::Namespace, true, at("from[1].source.notNamespaces[0]")),
                ("c", Attribute::Header("[x]"), false, at("when[0].values[0]")),
                ("d", Attribute::Other("request.auth.other"), true, at("when[1].notValues[0]")),
                ("e", Attribute::Other("odd"), false, at("when[2].values[0]")),
            ]
        );
        let rule = policy.rules().next().unwrap();
        assert_eq!((rule.sources().count(), rule.is_unconditional()), (2, false));
        let http: Vec<_> = rule.clauses().filter_map(Clause::http_field).map(|f| f.path()).collect();
        assert_eq!(http, [at("to[0].operation.notPaths"), at("when[0]"), at("when[1]")]);
    }
}
