//! Istio: mesh configuration, revisions and what follows from them.

mod mesh_config;

pub use mesh_config::{MeshConfig, OutboundMode};

use crate::index::Index;

/// Istio as far as it is visible; all answers hold for its defaults when it is not.
#[derive(Debug)]
pub struct Istio {
    /// The mesh configuration, defaults filled in.
    pub config: MeshConfig,
}

impl Istio {
    /// Reads Istio from the index.
    pub fn open(index: &Index) -> Self {
        Self { config: MeshConfig::read(index) }
    }

    /// The namespace whose policies hold for the whole mesh.
    pub fn root_namespace(&self) -> &str {
        &self.config.root_namespace
    }
}
