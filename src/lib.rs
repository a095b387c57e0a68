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
pub mod plugin;
pub mod report;
#[cfg(test)]
mod schema;
pub mod untrusted;
pub mod views;
pub mod world;
