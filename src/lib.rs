//! `kubectl mesh`: one answer for Istio and Linkerd.
pub mod checks;
pub mod cluster;
pub mod error;
pub mod index;
pub mod mesh;
pub mod model;
pub mod report;
pub mod world;
