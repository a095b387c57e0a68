//! Everything that makes pods of a template, reduced to the fields a mesh depends on.

use serde::{Deserialize, Serialize};

use super::meta::str_is_empty;
use super::{Kind, LabelSelector, Map, Meta, PodSpec, Str, kept};

/// A pod template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Labels and annotations of the pods.
    pub metadata: Meta,
    /// Specification of the pods.
    pub spec: PodSpec,
}

/// A Deployment, StatefulSet, DaemonSet, ReplicaSet, ReplicationController, Job, CronJob, Rollout or DeploymentConfig.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Controller {
    /// Which of them.
    pub kind: Kind,
    /// Metadata.
    pub metadata: Meta,
    /// Specification.
    pub spec: ControllerSpec,
    /// Status.
    pub status: ControllerStatus,
}

/// What a controller makes, and how many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerSpec {
    /// Wanted pods; 1 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<i32>,
    /// Which pods are its own; of a ReplicationController or DeploymentConfig it is a plain map.
    #[serde(skip_serializing_if = "LabelSelector::is_empty", deserialize_with = "plain_or_selector")]
    pub selector: LabelSelector,
    /// The pods' template; empty for a CronJob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<PodTemplate>,
    /// A CronJob's template of a Job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_template: Option<Box<JobTemplate>>,
}

/// The template inside a CronJob.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobTemplate {
    /// Labels and annotations of the Jobs; their pods have others.
    pub metadata: Meta,
    /// The Job's specification.
    pub spec: ControllerSpec,
}

/// How many pods there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerStatus {
    /// Ready pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_replicas: Option<i32>,
    /// Available pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_replicas: Option<i32>,
    /// Pods a DaemonSet wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desired_number_scheduled: Option<i32>,
    /// Ready pods of a DaemonSet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_ready: Option<i32>,
    /// Conditions that say its pods are refused, the only ones a rule asks about.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "kept::refusals")]
    pub conditions: Vec<ControllerCondition>,
}

/// A condition of a controller.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ControllerCondition {
    /// For instance `ReplicaFailure`.
    #[serde(rename = "type")]
    pub kind: Str,
    /// `True`, `False` or `Unknown`.
    pub status: Str,
    /// For instance `FailedCreate`.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub reason: Str,
    /// What the API server said.
    #[serde(skip_serializing_if = "str_is_empty")]
    pub message: Str,
}

impl ControllerCondition {
    /// Whether it says that the API server refuses its pods.
    pub(crate) fn is_refusal(&self) -> bool {
        self.kind == "ReplicaFailure" && self.status == "True"
    }
}

impl Controller {
    /// The pod template; nothing when the manifest has none.
    pub fn template(&self) -> Option<&PodTemplate> {
        self.spec.template.as_ref().or_else(|| self.spec.job_template.as_ref()?.spec.template.as_ref())
    }

    /// The path of the pod template: `spec.template`, deeper in a CronJob.
    pub fn template_path(&self) -> &'static str {
        if self.kind == Kind::CronJob { "spec.jobTemplate.spec.template" } else { "spec.template" }
    }

    /// Labels of the pods it makes.
    pub fn pod_labels(&self) -> Option<&Map> {
        self.template().map(|t| &t.metadata.labels)
    }
}

fn plain_or_selector<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<LabelSelector, D::Error> {
    use serde::de::Error;
    let fields = serde_json::Map::deserialize(deserializer)?;
    if fields.values().any(|value| !value.is_string()) {
        return LabelSelector::deserialize(serde_json::Value::Object(fields)).map_err(D::Error::custom);
    }
    let pairs = fields.iter().filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)));
    Ok(LabelSelector { match_labels: pairs.collect(), ..LabelSelector::default() })
}
