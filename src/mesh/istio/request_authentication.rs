//! RequestAuthentications as they are written: whose tokens they take, and by which keys.

use crate::model::{Field, Object};

/// A rule about tokens of one issuer.
#[derive(Clone, Debug)]
pub struct JwtRule<'a> {
    pub policy: &'a Object,
    pub field: Field<'a>,
    /// Empty for any.
    pub issuer: &'a str,
    /// Whom tokens have to be for; empty for anybody.
    pub audiences: Vec<&'a str>,
    /// Claims whose one text is a list with blanks between.
    pub space_delimited: Vec<&'a str>,
    /// Where in a request it looks for a token.
    pub places: Places<'a>,
}

/// Where a token may be in a request.
#[derive(Clone, Debug)]
pub struct Places<'a> {
    /// Headers, with what stands before the token.
    pub headers: Vec<(&'a str, &'a str)>,
    /// Parameters of the path.
    pub parameters: Vec<&'a str>,
    pub cookies: Vec<&'a str>,
}

impl<'a> Places<'a> {
    /// Those that a rule names; where it names none, those that are usual.
    fn of(rule: Field<'a>) -> Self {
        let texts = |name: &str| rule.texts(name).map(|(text, _)| text).collect::<Vec<_>>();
        let headers: Vec<_> = rule.list("fromHeaders").map(|header| (header.text("name"), header.text("prefix"))).collect();
        let named = Self { headers, parameters: texts("fromParams"), cookies: texts("fromCookies") };
        if named.headers.is_empty() && named.parameters.is_empty() && named.cookies.is_empty() {
            return Self { headers: vec![("authorization", "Bearer ")], parameters: vec!["access_token"], cookies: Vec::new() };
        }
        named
    }
}

/// The rules of a RequestAuthentication.
pub fn rules(policy: &Object) -> impl Iterator<Item = JwtRule<'_>> {
    policy.spec().list("jwtRules").map(move |field| JwtRule {
        policy,
        field,
        issuer: field.text("issuer"),
        audiences: field.texts("audiences").map(|(text, _)| text).collect(),
        space_delimited: field.texts("spaceDelimitedClaims").map(|(text, _)| text).collect(),
        places: Places::of(field),
    })
}

impl<'a> JwtRule<'a> {
    /// The keys, where they are written out.
    pub fn jwks(&self) -> Option<&'a str> {
        Some(self.field.text("jwks")).filter(|keys| !keys.is_empty())
    }

    /// Where istiod fetches the keys, where it does; the older spelling counts as well.
    pub fn jwks_uri(&self) -> Option<&'a str> {
        ["jwksUri", "jwks_uri"].into_iter().map(|name| self.field.text(name)).find(|uri| !uri.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::rules;
    use crate::mesh::istio::test::index;
    use crate::model::Kind;

    #[test]
    fn a_rule_is_read_with_its_field() {
        let index = index(&[r#"{"apiVersion":"security.istio.io/v1","kind":"RequestAuthentication","metadata":{"name":"r"},"spec":{"jwtRules":[
            {"issuer":"a","audiences":["b"],"jwksUri":"","jwks_uri":"https://keys"},{"jwks":"{}","spaceDelimitedClaims":["roles"],"fromHeaders":[{"name":"x-token"}],"fromCookies":["session"]}]}}"#]);
        let all: Vec<_> = rules(&index.objects(Kind::RequestAuthentication)[0]).collect();
        assert_eq!((all[0].issuer, &all[0].audiences[..], all[0].jwks(), all[0].jwks_uri()), ("a", &["b"][..], None, Some("https://keys")));
        assert_eq!((all[1].issuer, all[1].jwks(), all[1].jwks_uri()), ("", Some("{}"), None));
        assert_eq!((&all[0].places.headers[..], &all[0].places.parameters[..]), (&[("authorization", "Bearer ")][..], &["access_token"][..]));
        let own = &all[1].places;
        assert_eq!(
            (&own.headers[..], own.parameters.len(), &own.cookies[..]),
            (&[("x-token", "")][..], 0, &["session"][..]),
            "none of the usual ones"
        );
        assert_eq!((&all[1].space_delimited[..], all[1].field.path().as_str()), (&["roles"][..], "spec.jwtRules[1]"));
    }
}
