//! Where objects come from. The only layer that waits for anything.

pub mod files;
pub mod overlay;
pub mod snapshot;
