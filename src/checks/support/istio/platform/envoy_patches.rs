//! The patches of an EnvoyFilter.

use crate::model::{Field, Object};

/// One patch.
pub(in crate::checks) struct Patch<'a> {
    /// The entry of `configPatches`.
    pub(in crate::checks) item: Field<'a>,
    /// What it applies to.
    pub(in crate::checks) apply_to: &'a str,
    /// What it does.
    pub(in crate::checks) operation: &'a str,
}

/// The patches up to the first entry that has none.
pub(in crate::checks) fn of(filter: &Object) -> impl Iterator<Item = Patch<'_>> {
    filter.spec().list("configPatches").map_while(|item| {
        let operation = item.get("patch")?.text("operation");
        Some(Patch { apply_to: item.text("applyTo"), operation, item })
    })
}

impl Patch<'_> {
    /// What the patch is about: the name in its value, else the filter its match looks for; empty without a value.
    pub(in crate::checks) fn instance_name(&self) -> String {
        let Some(value) = self.item.at(["patch", "value"]) else { return String::new() };
        match value.entry("name") {
            Some(name) => name.to_string(),
            None => {
                let matched = self.item.at(["match", "listener", "filterChain", "filter"]);
                matched.map(|f| f.text("name").to_owned()).unwrap_or_default()
            }
        }
    }
}

/// Routes come and go as a whole, so that some operations are ignored for them.
pub(in crate::checks) fn is_route(apply_to: &str) -> bool {
    matches!(apply_to, "ROUTE_CONFIGURATION" | "HTTP_ROUTE")
}

/// What REPLACE works on.
pub(in crate::checks) fn can_replace(apply_to: &str) -> bool {
    matches!(apply_to, "NETWORK_FILTER" | "HTTP_FILTER" | "VIRTUAL_HOST")
}
