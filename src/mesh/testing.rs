//! A small world for the engines' tests.

use super::MeshView;
use super::istio::Istio;
use super::linkerd::Linkerd;
use super::membership::Memberships;
use crate::index::Index;
use crate::model::{Coverage, Inventory, Item, Kind};

/// Objects, and what the meshes make of them.
pub(crate) struct World {
    index: Index,
    istio: Istio,
    linkerd: Linkerd,
    memberships: Memberships,
}

impl World {
    /// Of objects in JSON, as if read from a cluster in full.
    pub(crate) fn new(objects: &[&str]) -> Self {
        let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|kind| (*kind, Coverage::Complete)).collect(), ..Inventory::default() };
        for text in objects {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            inventory.push(Item::from_value(kind, value).unwrap());
        }
        let index = Index::new(inventory);
        let (istio, linkerd) = (Istio::open(&index), Linkerd::open(&index));
        Self { index, istio, linkerd, memberships: Memberships::default() }
    }

    /// What the engines read.
    pub(crate) fn view(&self) -> MeshView<'_> {
        MeshView { index: &self.index, istio: &self.istio, linkerd: &self.linkerd, memberships: &self.memberships }
    }
}
