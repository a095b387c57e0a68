//! Where objects come from. The only layer that waits for anything.

pub mod files;
