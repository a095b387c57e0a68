//! Which AuthorizationPolicies look at tokens.

use crate::mesh::istio::authorization_policy::{AuthorizationPolicy, Clause, Rule};
use crate::model::{Field, Object};

/// The first field or condition of a policy that looks at a validated token.
pub(in crate::checks) fn token_field(ap: &Object) -> Option<Field<'_>> {
    AuthorizationPolicy::of(ap).rules().flat_map(Rule::clauses).filter(|clause| clause.attribute.is_of_token()).find_map(Clause::said)
}
