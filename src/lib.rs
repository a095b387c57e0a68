//! `kubectl mesh`: one answer for Istio and Linkerd.
pub mod checks;
pub mod cli;
pub mod cluster;
pub mod commands;
pub mod error;
pub mod index;
pub mod mesh;
pub mod model;
pub mod output;
pub mod report;
pub mod world;
