//! The journal of a run, which is its lock as well: one ConfigMap in the namespace, written before each step.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Plan, Step};

/// The name of the ConfigMap.
pub const NAME: &str = "kubectl-mesh";
/// Seconds of silence after which a run is taken for dead.
pub const SILENCE: i64 = 60;
const KEY: &str = "journal.json";

/// What a run was about to do, and for whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Journal {
    /// The plan's name.
    pub plan: String,
    /// What it does.
    pub title: String,
    /// The namespace.
    pub namespace: String,
    /// Who carries it out: user, host and process.
    pub holder: Holder,
    /// When it began, RFC 3339.
    pub started: String,
    /// When it was last heard of, RFC 3339.
    pub heard: String,
    /// Whether it is being taken back.
    #[serde(default)]
    pub undoing: bool,
    /// Why it is, where something failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// The steps. Of those that are not done, the first may have been begun.
    pub steps: Vec<Step>,
    /// Pods there were at the beginning, by workload.
    #[serde(default)]
    pub pods: BTreeMap<String, BTreeSet<String>>,
    /// Endpoints that were ready at the beginning, by workload and Service.
    #[serde(default)]
    pub endpoints: BTreeMap<String, BTreeMap<String, usize>>,
    /// The generation of every other workload of the namespace at the beginning.
    #[serde(default)]
    pub others: BTreeMap<String, i64>,
}

/// Who carries a plan out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The run, by a name that nobody else has.
    pub run: String,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
}

impl Holder {
    /// `host, process 123`.
    pub fn title(&self) -> String {
        format!("{}, process {}", self.host, self.pid)
    }
}

impl Journal {
    /// The journal of a run that begins.
    pub fn of(plan: &Plan, holder: Holder, now: &str) -> Self {
        Self {
            plan: plan.id.clone(),
            title: plan.title.clone(),
            namespace: plan.namespace.clone(),
            holder,
            started: now.to_owned(),
            heard: now.to_owned(),
            undoing: false,
            because: String::new(),
            steps: plan.steps.clone(),
            pods: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            others: BTreeMap::new(),
        }
    }

    /// Out of a ConfigMap.
    pub fn read(object: &Value) -> Result<Self, String> {
        let text = object["data"][KEY].as_str().ok_or_else(|| format!("ConfigMap {NAME} holds no {KEY}: it is none of this program's"))?;
        serde_json::from_str(text).map_err(|error| format!("the journal in ConfigMap {NAME} makes no sense: {error}"))
    }

    /// As a ConfigMap; `version` is that of the one it takes the place of.
    pub fn object(&self, version: Option<&str>) -> Value {
        let mut object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": NAME, "namespace": self.namespace, "labels": {"app.kubernetes.io/managed-by": "kubectl-mesh"}},
            "data": {KEY: serde_json::to_string(self).unwrap_or_default()},
        });
        if let Some(version) = version {
            object["metadata"]["resourceVersion"] = json!(version);
        }
        object
    }

    /// The first step that is not done.
    pub fn next(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.status == super::Status::Planned)
    }
}
