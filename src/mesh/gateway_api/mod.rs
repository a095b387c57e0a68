//! The Gateway API, as far as rules and engines read it alike.

pub mod grants;
pub mod listeners;
pub mod routes;
