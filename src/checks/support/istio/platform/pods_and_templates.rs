//! Pod templates and pods, each once: what pods are made from where it is known, the pods themselves where it is not.

use crate::checks::Findings;
use crate::index::{Body, Index, Workload};
use crate::model::{Map, Pod, PodSpec};
use crate::report::Finding;

pub(in crate::checks) struct PodOrTemplate<'a> {
    /// Labels of the pods.
    pub(in crate::checks) labels: &'a Map,
    /// Labels of the object that a finding names: of a controller its own, not its template's.
    pub(in crate::checks) own_labels: &'a Map,
    /// Annotations of the pods.
    pub(in crate::checks) annotations: &'a Map,
    /// What the pods are made of.
    pub(in crate::checks) spec: &'a PodSpec,
    /// The workload it belongs to.
    pub(in crate::checks) workload: &'a Workload,
    /// The pod, when this is one that only looks like the workload's.
    pub(in crate::checks) stray: Option<&'a Pod>,
    /// Whether there is a pod of this shape that has not finished; strays are shapes of their own.
    pub(in crate::checks) has_pods: bool,
}

impl PodOrTemplate<'_> {
    /// Whether this is a template rather than a pod.
    pub(in crate::checks) fn is_template(&self) -> bool {
        self.stray.is_none() && matches!(self.workload.body, Body::Controller(_))
    }

    /// Reports something at `path`, relative to the pod or its template.
    pub(in crate::checks) fn add<'f>(
        &self,
        findings: &'f mut Findings<'_>,
        path: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> &'f mut Finding {
        match self.stray {
            Some(pod) => findings.add(pod, path, message, hint),
            None => findings.add_workload(self.workload, path, message, hint),
        }
    }
}

/// All shapes. Pods that a controller with a template made are represented by it; pods that have finished are left out.
pub(in crate::checks) fn all(index: &Index) -> impl Iterator<Item = PodOrTemplate<'_>> {
    index.workloads().iter().flat_map(move |workload| {
        let representative = index.pod_spec(workload).and_then(|spec| {
            let pod = index.pod_variants(workload).map(|(pod, _)| pod).next();
            let templated = matches!(workload.body, Body::Controller(_));
            (templated || pod.is_some()).then(|| PodOrTemplate {
                labels: &workload.labels,
                own_labels: &index.workload_meta(workload).labels,
                annotations: &workload.annotations,
                spec: if templated { spec } else { pod.map_or(spec, |p| &p.spec) },
                workload,
                stray: None,
                has_pods: index.pod_variants(workload).any(|(pod, _)| !workload.is_stray(pod)),
            })
        });
        let strays = index.strays(workload).map(|pod| PodOrTemplate {
            labels: &pod.metadata.labels,
            own_labels: &pod.metadata.labels,
            annotations: &pod.metadata.annotations,
            spec: &pod.spec,
            workload,
            stray: Some(pod),
            has_pods: true,
        });
        representative.into_iter().chain(strays)
    })
}
