//! The list of all rules.

use super::Check;

/// Every category's rules; within a category the order is that of its list.
static CATEGORIES: &[&[&Check]] = &[
    super::certificates::CHECKS,
    super::config::CHECKS,
    super::control_plane::CHECKS,
    super::data_plane::CHECKS,
    super::gateway::CHECKS,
    super::injection::CHECKS,
    super::mtls::CHECKS,
    super::policy::CHECKS,
    super::traffic::CHECKS,
    super::versions::CHECKS,
];

/// All rules, sorted by id.
pub fn all() -> Vec<&'static Check> {
    let mut all: Vec<&Check> = CATEGORIES.iter().flat_map(|category| category.iter().copied()).collect();
    all.sort_unstable_by_key(|check| check.id);
    all
}

/// The rule with this id, or the first that answers to this code of another tool.
pub fn find(id: &str) -> Option<&'static Check> {
    let all = all();
    let by_id = all.iter().find(|check| check.id == id);
    by_id.or_else(|| all.iter().find(|check| check.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(id)))).copied()
}
