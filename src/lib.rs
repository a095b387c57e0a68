//! `kubectl mesh`: one answer for Istio and Linkerd.
pub mod checks;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod error;
pub mod index;
pub mod mesh;
pub mod model;
pub(crate) mod output;
pub(crate) mod parallel;
pub(crate) mod plan;
pub mod report;
#[cfg(test)]
mod schema;
pub mod untrusted;
pub mod views;
pub mod world;

/// The plugin's name in `kubectl NAME`. Built with another in KUBECTL_PLUGIN_NAME, everything it prints says that one; kubectl finds it as `kubectl-NAME`
/// and its completion helper as `kubectl_complete-NAME`, which the scripts in `krew/` see to.
pub const PLUGIN: &str = match option_env!("KUBECTL_PLUGIN_NAME") {
    Some(name) => name,
    None => "mesh",
};
