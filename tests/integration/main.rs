//! All integration tests, in one binary.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod apiserver;
mod arguments;
mod catalogue;
mod certs;
mod check_cluster;
mod check_pre;
mod checks;
mod cluster;
mod compare;
mod completion;
mod contract;
mod demo;
mod documents;
mod encode;
mod envtest;
mod fault_matrix;
mod files;
mod fix;
mod fixtures;
mod generated;
mod growth;
mod healthy;
mod hints;
mod injection;
mod krew;
mod kubeconfig;
mod kubectl;
mod layering;
mod live;
mod membership;
mod mesh;
mod mtls;
mod mutants;
mod observed;
mod onboard;
mod policy;
mod sarif;
mod screens;
mod secrets;
mod standin;
mod status;
mod verdict;
mod version;
mod why;
