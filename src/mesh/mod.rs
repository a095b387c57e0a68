//! The meshes: what each makes of the objects in the index.

pub mod istio;
pub mod linkerd;
