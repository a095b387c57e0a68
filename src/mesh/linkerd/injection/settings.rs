//! What the injector makes of the annotations that configure a pod's proxy: those of the pod, then those it copies from the namespace, then the
//! control plane's values.

use crate::mesh::AdmittedPod;
use crate::mesh::linkerd::annotations::is_inherited;
use crate::mesh::linkerd::values::{self, Consequence};
use crate::mesh::linkerd::{Injector, Linkerd, LinkerdConfig};
use crate::model::{Evidence, Map};

/// The settings that hold for a new pod.
pub(super) struct Settings<'a> {
    annotations: Map,
    config: Option<&'a LinkerdConfig>,
}

impl<'a> Settings<'a> {
    pub(super) fn of(linkerd: &'a Linkerd, injector: &Injector, admitted: &AdmittedPod<'_>, namespace: &Map) -> Self {
        let own = admitted.annotations();
        let copied = namespace.iter().filter(|(name, _)| is_inherited(name) && !own.has(name));
        let annotations = own.iter().chain(copied).map(|(name, value)| (name.clone(), value.clone())).collect();
        Self { annotations, config: linkerd.config(&injector.namespace).or(linkerd.configs.first()) }
    }

    /// The setting for which the API server refuses the pod once it is injected.
    pub(super) fn refusal(&self, admitted: &AdmittedPod<'_>) -> Option<Evidence> {
        let faults = values::faults_over(&self.annotations, self.config);
        let (name, why, _) = faults.into_iter().find(|(_, _, consequence)| *consequence == Consequence::NotCreated)?;
        let text = format!("the API server refuses the pod with such a proxy: {:?} {why}", self.annotations.get(&name).unwrap_or_default());
        let on_pod = admitted.annotations().has(&name);
        let namespace = &admitted.workload.reference.namespace;
        Some(if on_pod { admitted.annotation(&name, text) } else { crate::mesh::namespace_annotation(namespace, &name, text) })
    }
}
