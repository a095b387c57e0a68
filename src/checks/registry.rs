//! The list of all rules.

use super::Check;

/// Every family of rules; within a family the order is that of its list.
static FAMILIES: &[&[&Check]] = &[
    super::gateway::CHECKS,
    super::install::CHECKS,
    super::istio::platform::CHECKS,
    super::istio::schema::CHECKS,
    super::istio::security::CHECKS,
    super::istio::traffic::CHECKS,
    super::kubernetes::CHECKS,
    super::linkerd::platform::CHECKS,
    super::linkerd::policy::CHECKS,
];

/// All rules, sorted by id.
pub fn all() -> Vec<&'static Check> {
    let mut all: Vec<&Check> = FAMILIES.iter().flat_map(|family| family.iter().copied()).collect();
    all.sort_unstable_by_key(|check| check.id);
    all
}

/// The rule with this id, or the first that answers to this code of another tool.
pub fn find(id: &str) -> Option<&'static Check> {
    let all = all();
    let by_id = all.iter().find(|check| check.id == id);
    by_id.or_else(|| all.iter().find(|check| check.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id)))).copied()
}
