//! Label selectors, as `metav1.LabelSelector` defines them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// A selector as it stands in an object, as the API takes it in a query; empty for one without conditions.
pub fn label_query(selector: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut parts: Vec<String> =
        selector["matchLabels"].as_object().into_iter().flatten().map(|(key, value)| format!("{key}={}", text(value))).collect();
    for rule in selector["matchExpressions"].as_array().into_iter().flatten() {
        let values: Vec<String> = rule["values"].as_array().into_iter().flatten().map(text).collect();
        let key = text(&rule["key"]);
        parts.push(match rule["operator"].as_str() {
            Some("In") => format!("{key} in ({})", values.join(",")),
            Some("NotIn") => format!("{key} notin ({})", values.join(",")),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key,
        });
    }
    parts.join(",")
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

    /// Whether an object matches that shows some of its labels itself and some on what it makes: what must be there is on either, what must not is on
    /// none.
    pub fn matches_either(&self, own: &Map, made: &Map) -> bool {
        let holds = |r: &Requirement| match r.operator.as_str() {
            "NotIn" | "DoesNotExist" => r.holds(own) && r.holds(made),
            _ => r.holds(own) || r.holds(made),
        };
        let pair = |(key, value): (&Str, &Str)| own.is(key, value) || made.is(key, value);
        self.match_labels.iter().all(pair) && self.match_expressions.iter().all(holds)
    }

    /// Reads a selector from a custom resource; what cannot be read matches nothing.
    pub fn read(field: Field<'_>) -> Option<Self> {
        Self::deserialize(field).ok()
    }
}

/// As `kubectl -l` takes it: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a` and `!a`, with commas between.
impl FromStr for LabelSelector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = split(text)?;
        if parts.iter().all(|part| part.is_empty()) {
            return Err("it is empty: is a variable unset?".to_owned());
        }
        let match_expressions = parts.into_iter().map(requirement).collect::<Result<_, _>>()?;
        Ok(Self { match_expressions, ..Self::default() })
    }
}

/// The parts between commas that are in no parentheses.
fn split(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut from, mut within) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        match c {
            '(' if !within => within = true,
            ')' if within => within = false,
            '(' | ')' => return Err(format!("its parentheses do not match: {text:?}")),
            ',' if !within => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    if within { Err(format!("its parentheses do not match: {text:?}")) } else { Ok(parts) }
}

fn requirement(part: &str) -> Result<Requirement, String> {
    let wrong = || format!("{part:?} is no condition: write KEY=VALUE, KEY!=VALUE, KEY, !KEY, or KEY in (VALUE, VALUE)");
    let (key, operator, values): (&str, &str, Vec<&str>) = if let Some(rest) = part.strip_suffix(')') {
        let (head, values) = rest.split_once('(').ok_or_else(wrong)?;
        let (key, word) = head.trim().rsplit_once(' ').ok_or_else(wrong)?;
        let operator = match word {
            "in" => "In",
            "notin" => "NotIn",
            _ => return Err(wrong()),
        };
        (key, operator, values.split(',').collect())
    } else if let Some((key, value)) = part.split_once("!=") {
        (key, "NotIn", vec![value])
    } else if let Some((key, value)) = part.split_once("==").or_else(|| part.split_once('=')) {
        (key, "In", vec![value])
    } else if let Some(key) = part.strip_prefix('!') {
        (key, "DoesNotExist", Vec::new())
    } else {
        (part, "Exists", Vec::new())
    };
    let strange = |text: &str| text.chars().any(|c| c.is_whitespace() || "=!(),<>".contains(c));
    let (key, values): (&str, Vec<&str>) = (key.trim(), values.into_iter().map(str::trim).collect());
    if key.is_empty() || strange(key) || values.iter().any(|value| strange(value)) {
        return Err(wrong());
    }
    Ok(Requirement { key: key.into(), operator: operator.into(), values: values.into_iter().map(Str::from).collect() })
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
    fn a_selector_is_written_as_for_kubectl() {
        let labels: Map = [("app", "cart"), ("tier", "web")].into_iter().collect();
        let matches = |text: &str| text.parse::<LabelSelector>().unwrap().matches(&labels);
        for text in
            ["app=cart", "app==cart,tier=web", "app in (x, cart)", "app", "!none", "app!=x", "none!=x", "app notin (x,y), tier", "none notin (x)"]
        {
            assert!(matches(text), "{text}");
        }
        for text in ["app=x", "app=cart,tier=db", "app in (x)", "none", "!app", "app!=cart", "app notin (cart)", "app="] {
            assert!(!matches(text), "{text}");
        }
        for text in ["", " , ", "app in cart", "app in (cart", "app=a=b", "=x", "app>1", "a b", "app,,tier"] {
            assert!(text.parse::<LabelSelector>().is_err(), "{text:?}");
        }
    }

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
