//! Matches of a VirtualService that earlier ones leave nothing to.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::checks::support::istio::traffic::routes::PROTOCOLS;
use crate::model::{Field, Object};

/// What is wrong with a rule or a match; `first` is the path of the one that comes before it.
#[derive(Clone, Debug)]
pub(in crate::checks) enum Fault<'a> {
    /// A second rule without matches.
    SecondCatchAll { first: String },
    /// A rule with matches after one without.
    AfterCatchAll { first: String },
    /// A rule with no match of its own.
    AllTaken,
    /// A match that stands elsewhere already.
    Duplicate { first: String },
    /// A prefix inside an earlier one.
    Covered { first: String, wide: &'a str, narrow: &'a str },
}

/// All faults with the path of the rule or match that has them.
pub(in crate::checks) fn faults(vs: &Object) -> Vec<(String, Fault<'_>)> {
    PROTOCOLS.iter().flat_map(|protocol| faults_of(vs.spec().list(protocol), *protocol == "http")).collect()
}

fn faults_of<'a>(rules: impl Iterator<Item = Field<'a>>, http: bool) -> Vec<(String, Fault<'a>)> {
    let mut faults = Vec::new();
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut catch_all: Option<String> = None;
    let mut prefixes: Vec<Prefix<'a>> = Vec::new();
    for rule in rules.filter(|r| !r.is_null()) {
        let matches: Vec<Field<'a>> = rule.list("match").collect();
        if matches.is_empty() {
            let path = rule.path();
            if let Some(first) = catch_all.replace(path.clone()) {
                faults.push((path, Fault::SecondCatchAll { first }));
            }
            continue;
        }
        let (mut taken, all) = (0, matches.len());
        for found in matches {
            if let Some(first) = &catch_all {
                faults.push((found.path(), Fault::AfterCatchAll { first: first.clone() }));
                continue;
            }
            let key = canonical(&found.to_value(), http);
            if let Some(first) = seen.get(&key) {
                faults.push((found.path(), Fault::Duplicate { first: first.clone() }));
                taken += 1;
                continue;
            }
            seen.insert(key, found.path());
            prefixes.extend(if http { Prefix::read(&found) } else { None });
        }
        if taken == all {
            faults.push((rule.path(), Fault::AllTaken));
        }
    }
    faults.extend(covered(&prefixes));
    faults
}

/// The prefixes that an earlier one covers. Each looks up the shorter prefixes of its own text, so that no pair is tried in vain.
fn covered<'a>(prefixes: &[Prefix<'a>]) -> Vec<(String, Fault<'a>)> {
    let mut by_text: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut faults = Vec::new();
    for (at, later) in prefixes.iter().enumerate() {
        let shorter = later.text.char_indices().skip(1).map(|(i, _)| &later.text[..i]);
        let mut earlier: Vec<usize> = shorter.filter_map(|text| by_text.get(text)).flatten().copied().collect();
        earlier.sort_unstable();
        if let Some(first) = earlier.into_iter().map(|i| &prefixes[i]).find(|first| first.covers(later)) {
            let fault = Fault::Covered { first: first.path.clone(), wide: first.text, narrow: later.text };
            faults.push((later.path.clone(), fault));
        }
        by_text.entry(later.text).or_default().push(at);
    }
    faults
}

/// A match by path prefix with its other conditions, each written as `exact:…`, `prefix:…` or nothing.
struct Prefix<'a> {
    path: String,
    text: &'a str,
    port: i64,
    method: String,
    authority: String,
    maps: [BTreeMap<&'a str, String>; 3],
}

impl<'a> Prefix<'a> {
    fn read(found: &Field<'a>) -> Option<Self> {
        let text = found.at(["uri", "prefix"])?.str().filter(|t| !t.is_empty())?;
        let method = found.get("method").map(|m| condition(&m)).filter(|m| !m.is_empty());
        let map = |name| found.get(name).into_iter().flat_map(|m| m.entries().collect::<Vec<_>>()).map(|(k, v)| (k, condition(&v))).collect();
        Some(Self {
            path: found.path(),
            text,
            port: found.get("port").and_then(|p| p.int()).unwrap_or(0),
            method: method.unwrap_or_else(|| "exact:GET".to_owned()),
            authority: found.get("authority").map(|a| condition(&a)).unwrap_or_default(),
            maps: [map("headers"), map("queryParams"), map("withoutHeaders")],
        })
    }

    fn covers(&self, later: &Self) -> bool {
        let maps = self
            .maps
            .iter()
            .zip(&later.maps)
            .all(|(a, b)| a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| value.starts_with(other.as_str()))));
        self.port == later.port && self.method.starts_with(&later.method) && self.authority.starts_with(&later.authority) && maps
    }
}

fn condition(field: &Field<'_>) -> String {
    let (exact, prefix) = (field.text("exact"), field.text("prefix"));
    match (exact.is_empty(), prefix.is_empty()) {
        (false, _) => format!("exact:{exact}"),
        (true, false) => format!("prefix:{prefix}"),
        (true, true) => String::new(),
    }
}

/// The match without its name and without what is empty, as a text to compare by.
fn canonical(value: &Value, http: bool) -> String {
    let mut value = pruned(value);
    if let (true, Some(fields)) = (http, value.as_object_mut()) {
        fields.remove("name");
    }
    value.to_string()
}

fn pruned(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            // Sorted, so that the order in the manifest does not count.
            let sorted: BTreeMap<&String, Value> = map.iter().map(|(k, v)| (k, pruned(v))).filter(|(_, v)| !is_default(v)).collect();
            Value::Object(sorted.into_iter().map(|(k, v)| (k.clone(), v)).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(pruned).collect()),
        other => other.clone(),
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(n) => n.as_f64() == Some(0.0),
        Value::String(s) => s.is_empty(),
        Value::Array(items) => items.is_empty(),
        // `uri: {}` and the like say something, if only by being there.
        Value::Object(_) | Value::Bool(true) => false,
    }
}
