//! Which AuthorizationPolicies look at tokens.

use crate::mesh::istio::policy;
use crate::model::{Field, Object};

/// The first field or condition of a policy that looks at a validated token.
pub(in crate::checks) fn token_field(ap: &Object) -> Option<Field<'_>> {
    ap.spec().list("rules").find_map(|rule| {
        let source = policy::sources(&rule)
            .find_map(|s| ["requestPrincipals", "notRequestPrincipals"].into_iter().filter_map(|name| s.get(name)).find(|f| !f.is_empty()));
        source.or_else(|| rule.list("when").find(|c| c.text("key").starts_with("request.auth.")))
    })
}
