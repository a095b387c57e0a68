//! An index from manifests, for unit tests.

use crate::index::Index;
use crate::mesh::testing::World;
use crate::model::{Inventory, Item, Kind};

/// The index of YAML documents.
pub(crate) fn index(documents: &[&str]) -> Index {
    let mut inventory = Inventory::default();
    for text in documents {
        let value: serde_json::Value = serde_saphyr::from_str(text.trim_start_matches("---")).unwrap();
        let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
        inventory.push(Item::from_value(kind, value).unwrap());
    }
    Index::new(inventory)
}

/// The world of YAML documents.
pub(crate) fn world(documents: &[&str]) -> World {
    World::with(index(documents))
}
