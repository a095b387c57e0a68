//! The built-in demo cluster.

use std::collections::BTreeMap;

use super::files;
use crate::model::{Coverage, Inventory, Kind};

const MANIFESTS: &str = include_str!("demo.yaml");

/// The demo's objects, as if a cluster had been read completely. Its manifests are part of the program and parse by a test.
pub fn read() -> Inventory {
    let mut inventory = files::parse("demo", MANIFESTS, "default").map(|m| m.inventory).unwrap_or_default();
    // It stands for a cluster: a line of a file that nobody has would only puzzle.
    inventory.metas_mut().for_each(|meta| meta.origin = None);
    inventory.coverage = Kind::ALL.iter().map(|kind| (*kind, Coverage::Complete)).collect::<BTreeMap<_, _>>();
    inventory
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_demo_is_sound() {
        let manifests = super::files::parse("demo", super::MANIFESTS, "default").unwrap();
        assert!(manifests.ignored.is_empty() && manifests.inventory.gaps.is_empty() && !manifests.inventory.is_empty());
    }
}
