//! A small world for the engines' tests.

use super::istio::Istio;
use super::linkerd::Linkerd;
use super::{Cache, MeshView};
use crate::index::Index;
use crate::model::{Coverage, Gap, Inventory, Item, Kind};

/// Objects, and what the meshes make of them.
pub(crate) struct World {
    index: Index,
    istio: Istio,
    linkerd: Linkerd,
    cache: Cache,
}

impl World {
    /// Of objects in JSON, as if read from a cluster in full.
    pub(crate) fn new(objects: &[&str]) -> Self {
        Self::of(inventory(objects))
    }

    /// The same, but that objects of a kind could not be listed in a namespace, or in any when it is empty.
    pub(crate) fn without(objects: &[&str], kind: Kind, namespace: &str) -> Self {
        let mut inventory = inventory(objects);
        inventory.coverage.insert(kind, Coverage::Hidden);
        inventory.gaps.push(Gap::Forbidden { kind, namespace: namespace.into(), detail: "no".into() });
        Self::of(inventory)
    }

    fn of(inventory: Inventory) -> Self {
        Self::with(Index::new(inventory))
    }

    /// Of an index.
    pub(crate) fn with(index: Index) -> Self {
        let (istio, linkerd) = (Istio::open(&index), Linkerd::open(&index));
        Self { index, istio, linkerd, cache: Cache::default() }
    }

    /// What the engines read.
    pub(crate) fn view(&self) -> MeshView<'_> {
        MeshView { index: &self.index, istio: &self.istio, linkerd: &self.linkerd, cache: &self.cache }
    }
}

fn inventory(objects: &[&str]) -> Inventory {
    let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|kind| (*kind, Coverage::Complete)).collect(), ..Inventory::default() };
    for text in objects {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
        inventory.push(Item::from_value(kind, value).unwrap());
    }
    inventory
}
