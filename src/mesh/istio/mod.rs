//! Istio: mesh configuration, revisions and what follows from them.

pub mod destination_rules;
pub mod hosts;
pub mod import_scope;
mod mesh_config;
mod registry;
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
