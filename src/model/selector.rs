//! Label selectors, as `metav1.LabelSelector` defines them.

use serde::{Deserialize, Serialize};

use super::{Field, Map, Str};

/// Pairs that must be equal and expressions that must hold; an empty selector matches everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Pairs that must be present.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub match_labels: Map,
    /// Further conditions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<Requirement>,
}

/// One condition on one label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requirement {
    /// The label's key.
    pub key: Str,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: Str,
    /// Values for `In` and `NotIn`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Str>,
}

impl LabelSelector {
    /// Whether it has no condition at all.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Whether `labels` satisfy every condition; an unknown operator is never satisfied.
    pub fn matches(&self, labels: &Map) -> bool {
        self.match_labels.is_subset_of(labels) && self.match_expressions.iter().all(|r| r.holds(labels))
    }

    /// Reads a selector from a custom resource; what cannot be read matches nothing.
    pub fn read(field: Field<'_>) -> Option<Self> {
        Self::deserialize(field).ok()
    }
}

impl Requirement {
    /// Whether `labels` satisfy this condition.
    pub fn holds(&self, labels: &Map) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|v| self.values.iter().any(|w| *w == v)),
            "NotIn" => value.is_none_or(|v| self.values.iter().all(|w| *w != v)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_follow_kubernetes() {
        let labels: Map = [("app", "cart"), ("tier", "web")].into_iter().collect();
        let holds = |operator: &str, key: &str, values: &[&str]| {
            Requirement { key: key.into(), operator: operator.into(), values: values.iter().map(|v| Str::from(*v)).collect() }.holds(&labels)
        };
        assert!(holds("In", "app", &["x", "cart"]) && !holds("In", "app", &["x"]) && !holds("In", "none", &["x"]));
        assert!(holds("NotIn", "app", &["x"]) && !holds("NotIn", "app", &["cart"]) && holds("NotIn", "none", &["x"]));
        assert!(holds("Exists", "tier", &[]) && !holds("Exists", "none", &[]));
        assert!(holds("DoesNotExist", "none", &[]) && !holds("DoesNotExist", "tier", &[]));
        assert!(!holds("in", "app", &["cart"]), "operators are case-sensitive");
        assert!(LabelSelector::default().matches(&labels));
    }
}
