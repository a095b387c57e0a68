//! `proxy diff`: what a proxy has against what it should have.

use serde::Serialize;

use crate::index::Workload;
use crate::mesh::envoy::Answers;
use crate::mesh::proxy_diff::{Comparison, Difference, DifferenceKind, compare};
use crate::model::{Evidence, Gap, ObjectRef};
use crate::world::World;

/// A ProxyDiffReport.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProxyDiffReport {
    /// The workload whose proxy it is.
    pub workload: ObjectRef,
    /// The pod, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<ObjectRef>,
    /// Whether the proxy has what it should, as far as that was compared.
    pub agrees: bool,
    /// Where it does not.
    pub differences: Vec<DifferenceRow>,
    /// What was compared and is as it should be.
    pub agreed: Vec<AgreedRow>,
    /// What was not compared, and why.
    pub not_compared: Vec<String>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// A difference.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DifferenceRow {
    /// In which way.
    #[serde(rename = "type")]
    pub kind: DifferenceKind,
    /// What of the proxy.
    pub at: String,
    /// What is wrong.
    pub text: String,
    /// What of the cluster it differs from.
    pub because: Vec<Evidence>,
}

/// How many of something are as they should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AgreedRow {
    /// Of what.
    pub what: &'static str,
    /// How many.
    pub count: usize,
}

impl ProxyDiffReport {
    /// Whether anything was compared at all.
    pub fn compared(&self) -> bool {
        !self.differences.is_empty() || self.agreed.iter().any(|row| row.count > 0)
    }
}

/// The report for a workload's proxy.
pub(crate) fn proxy_diff(world: &World, workload: &Workload, answers: &Answers) -> ProxyDiffReport {
    let Comparison { differences, agreed, mut not_compared } = compare(world.view(), workload, answers);
    let broken = answers.undecoded.iter();
    not_compared.extend(broken.map(|one| format!("{} {} of the answer, which is not understood: {}", one.section.called(), one.nth, one.why)));
    let row = |Difference { kind, at, text, because }: Difference| DifferenceRow { kind, at, text, because };
    let mut gaps = super::gaps(world, super::MEMBERSHIP_KINDS);
    gaps.extend(super::gaps(world, crate::mesh::proxy_diff::PROXY_DIFF_KINDS));
    gaps.sort();
    gaps.dedup();
    ProxyDiffReport {
        workload: workload.reference.clone(),
        pod: None,
        agrees: differences.is_empty(),
        differences: differences.into_iter().map(row).collect(),
        agreed: agreed.into_iter().map(|(what, count)| AgreedRow { what, count }).collect(),
        not_compared,
        gaps,
    }
}

/// The workload whose proxy says that it is called so: by its pod, or where only manifests were read, by what makes pods of such a name.
pub fn workload_of_node<'w>(world: &'w World, node: &str, name: &str) -> Option<&'w Workload> {
    let (pod, namespace) = node.split('~').nth(2)?.rsplit_once('.')?;
    if let Some(pod) = world.index.pod(namespace, pod) {
        return world.index.workload_of(pod);
    }
    let mut named = world.index.workloads_in(namespace).iter().filter(|workload| workload.reference.name == name);
    named.next()
}
