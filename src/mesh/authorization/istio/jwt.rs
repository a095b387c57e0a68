//! RequestAuthentications: which tokens Envoy lets through, and which claims policies then see.
//!
//! Istio sources: `pilot/pkg/security/authn/policy_applier.go`.

use crate::mesh::authorization::request::{Claims, Http, Token};
use crate::mesh::istio::request_authentication::{self, JwtRule, Places};
use crate::mesh::routes;
use crate::model::{Field, Object};

/// Claims whose one text is always taken for a list with blanks between.
const LISTED: [&str; 2] = ["permission", "scope"];

/// What becomes of a request's token.
#[derive(Clone, Debug)]
pub(super) enum Checked<'r, 'a> {
    /// Nothing: there is none, or nobody asks for one.
    Nothing,
    /// It verifies, and its claims are known.
    Verified(&'r Claims, Vec<&'a str>),
    /// It verifies, and what it claims was not said.
    Unsaid,
    /// A header, the path or a cookie carries one: whether it verifies was not said, nor what it claims.
    Carried,
    /// It does not verify: 401.
    Invalid(&'a Object),
    /// No rule knows its issuer: 401.
    UnknownIssuer(&'a Object),
    /// It is for somebody else: 403.
    WrongAudience(&'a Object, Field<'a>),
}

/// The rules of RequestAuthentications.
pub(super) fn rules<'a>(policies: impl IntoIterator<Item = &'a Object>) -> Vec<JwtRule<'a>> {
    policies.into_iter().flat_map(request_authentication::rules).collect()
}

/// Checks the token of a request.
pub(super) fn check<'r, 'a>(rules: &[JwtRule<'a>], http: &'r Http) -> Checked<'r, 'a> {
    let Some(first) = rules.first() else { return Checked::Nothing };
    if is_preflight(http) {
        return Checked::Nothing;
    }
    let claims = match &http.token {
        Token::None if rules.iter().any(|rule| carries(&rule.places, http)) => return Checked::Carried,
        Token::None => return Checked::Nothing,
        Token::Unsaid => return Checked::Unsaid,
        Token::Invalid => return Checked::Invalid(first.policy),
        Token::Valid(claims) => claims,
    };
    let one = |name: &str| claims.get(name).and_then(|values| values.first()).map_or("", String::as_str);
    let issuer = one("iss");
    let mut of_issuer = rules.iter().filter(|rule| rule.issuer.is_empty() || rule.issuer == issuer).peekable();
    let Some(known) = of_issuer.peek().copied() else { return Checked::UnknownIssuer(first.policy) };
    let meant = |rule: &&JwtRule<'_>| {
        let audiences = claims.get("aud").map(Vec::as_slice).unwrap_or_default();
        rule.audiences.is_empty() || audiences.iter().any(|a| rule.audiences.contains(&a.as_str()))
    };
    match of_issuer.find(meant) {
        Some(rule) => Checked::Verified(claims, rule.space_delimited.iter().copied().chain(LISTED).collect()),
        None => Checked::WrongAudience(known.policy, known.field),
    }
}

/// Whether a request has something where a rule looks for a token.
fn carries(places: &Places<'_>, http: &Http) -> bool {
    let header = |(name, prefix): &(&str, &str)| http.header(&name.to_ascii_lowercase()).is_some_and(|value| value.starts_with(prefix));
    let parameter = |name: &&str| http.path.as_deref().is_some_and(|path| routes::parameter(path, name).is_some());
    let cookies = http.header("cookie").unwrap_or_default();
    let cookie = |name: &&str| cookies.split(';').any(|pair| pair.trim().split_once('=').is_some_and(|(key, _)| key == *name));
    places.headers.iter().any(header) || places.parameters.iter().any(parameter) || places.cookies.iter().any(cookie)
}

/// A CORS preflight passes without its token being looked at.
fn is_preflight(http: &Http) -> bool {
    let has = |name: &str| http.headers.iter().any(|(n, v)| n == name && !v.is_empty());
    http.method.as_deref() == Some("OPTIONS") && has("origin") && has("access-control-request-method")
}
