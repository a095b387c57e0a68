//! Routes of the Gateway API, as the engines read them.

pub(in crate::checks) use crate::mesh::gateway_api::routes::{KINDS, Parent, all, backends, parents};
