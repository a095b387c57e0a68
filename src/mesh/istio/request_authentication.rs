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
}

/// The rules of a RequestAuthentication.
pub fn rules(policy: &Object) -> impl Iterator<Item = JwtRule<'_>> {
    policy.spec().list("jwtRules").map(move |field| JwtRule {
        policy,
        field,
        issuer: field.text("issuer"),
        audiences: field.texts("audiences").map(|(text, _)| text).collect(),
        space_delimited: field.texts("spaceDelimitedClaims").map(|(text, _)| text).collect(),
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
            {"issuer":"a","audiences":["b"],"jwksUri":"","jwks_uri":"https://keys"},{"jwks":"{}","spaceDelimitedClaims":["roles"]}]}}"#]);
        let all: Vec<_> = rules(&index.objects(Kind::RequestAuthentication)[0]).collect();
        assert_eq!((all[0].issuer, &all[0].audiences[..], all[0].jwks(), all[0].jwks_uri()), ("a", &["b"][..], None, Some("https://keys")));
        assert_eq!((all[1].issuer, all[1].jwks(), all[1].jwks_uri()), ("", Some("{}"), None));
        assert_eq!((&all[1].space_delimited[..], all[1].field.path().as_str()), (&["roles"][..], "spec.jwtRules[1]"));
    }
}
