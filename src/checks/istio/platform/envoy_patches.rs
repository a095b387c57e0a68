//! The patches of an EnvoyFilter.

use crate::model::{Field, Object};

/// One patch.
pub(super) struct Patch<'a> {
    /// The entry of `configPatches`.
    pub(super) item: Field<'a>,
    /// What it applies to.
    pub(super) apply_to: &'a str,
    /// What it does.
    pub(super) operation: &'a str,
}

/// The patches up to the first entry that has none.
pub(super) fn of(filter: &Object) -> impl Iterator<Item = Patch<'_>> {
    filter.spec().list("configPatches").map_while(|item| {
        let operation = item.get("patch")?.text("operation");
        Some(Patch { apply_to: item.text("applyTo"), operation, item })
    })
}

impl Patch<'_> {
    /// What the patch is about: the name in its value, else the filter its match looks for; empty without a value.
    pub(super) fn instance_name(&self) -> String {
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
pub(super) fn is_route(apply_to: &str) -> bool {
    matches!(apply_to, "ROUTE_CONFIGURATION" | "HTTP_ROUTE")
}

/// What REPLACE works on.
pub(super) fn can_replace(apply_to: &str) -> bool {
    matches!(apply_to, "NETWORK_FILTER" | "HTTP_FILTER" | "VIRTUAL_HOST")
}
