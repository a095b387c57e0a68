//! Linkerd: control plane, configuration and what follows from them.

use crate::index::Index;

/// Linkerd as far as it is visible; all answers hold for its defaults when it is not.
#[derive(Debug, Default)]
pub struct Linkerd {
    /// Namespaces of its control planes, found by their `linkerd-config` ConfigMap.
    pub namespaces: Vec<crate::model::Str>,
}

impl Linkerd {
    /// Reads Linkerd from the index.
    pub fn open(index: &Index) -> Self {
        let namespaces = index.objects(crate::model::Kind::ConfigMap).iter().filter(|c| c.meta.name == "linkerd-config");
        Self { namespaces: namespaces.map(|c| c.meta.namespace.clone()).collect() }
    }
}
