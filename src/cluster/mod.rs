//! Where objects come from. The only layer that waits for anything.

pub(crate) mod demo;
pub mod files;
pub mod live;
pub(crate) mod overlay;
mod redact;
pub(crate) mod secret;
pub(crate) mod snapshot;
