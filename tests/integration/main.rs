//! All integration tests, in one binary.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod checks;
mod files;
mod generated;
mod krew;
mod kubectl;
mod layering;
mod mesh;
