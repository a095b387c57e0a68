//! Where objects come from. The only layer that waits for anything.

pub mod demo;
pub mod files;
pub mod live;
pub mod overlay;
mod redact;
pub mod secret;
pub mod snapshot;
