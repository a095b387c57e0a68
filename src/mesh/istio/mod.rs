//! Istio: mesh configuration, revisions and what follows from them.

pub mod ambient;
pub mod destination_rules;
pub mod hosts;
pub mod import_scope;
mod mesh_config;
pub mod policy;
mod registry;
pub mod transport;
pub mod visibility;

pub use mesh_config::{MeshConfig, OutboundMode};
pub use registry::{Entry, Registry, Source};

use crate::index::Index;

/// Istio as far as it is visible; all answers hold for its defaults when it is not.
#[derive(Debug)]
pub struct Istio {
    /// The mesh configuration, defaults filled in.
    pub config: MeshConfig,
    /// The mesh's services by host.
    pub registry: Registry,
}

impl Istio {
    /// Reads Istio from the index.
    pub fn open(index: &Index) -> Self {
        let config = MeshConfig::read(index);
        let registry = Registry::read(index, &config);
        Self { config, registry }
    }

    /// The namespace whose policies hold for the whole mesh.
    pub fn root_namespace(&self) -> &str {
        &self.config.root_namespace
    }
}

#[cfg(test)]
mod test {
    use crate::index::Index;
    use crate::model::{Coverage, Inventory, Item, Kind};

    /// An index over objects in JSON, as if read from a cluster in full.
    pub(super) fn index(objects: &[&str]) -> Index {
        Index::new(inventory(objects))
    }

    /// The same, before it is arranged.
    pub(super) fn inventory(objects: &[&str]) -> Inventory {
        let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|kind| (*kind, Coverage::Complete)).collect(), ..Inventory::default() };
        for text in objects {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
            inventory.push(Item::from_value(kind, value).unwrap());
        }
        inventory
    }
}
