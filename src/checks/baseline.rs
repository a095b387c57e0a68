//! Baselines: findings that were there before and are not to fail a build today.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::report::CheckReport;

/// Findings that are known already, so that only new ones count.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Baseline"))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    /// Version of the contract.
    api_version: String,
    /// Kind of the document.
    kind: String,
    /// Findings that are known already.
    findings: BTreeSet<Entry>,
}

/// Only the fingerprint counts; the rest is for whoever reads the file or its diff.
#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "KnownFinding"))]
pub(crate) struct Entry {
    /// Id of the rule.
    rule: String,
    /// The object at fault.
    object: String,
    /// The field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    path: String,
    /// What findings are known by.
    fingerprint: String,
}

/// The baseline that knows every finding of `report`.
pub fn of(report: &CheckReport) -> Result<String, serde_json::Error> {
    let entry = |f: &crate::report::Finding| Entry {
        rule: f.rule.to_owned(),
        object: f.object.to_string(),
        path: f.path.clone().unwrap_or_default(),
        fingerprint: f.fingerprint(),
    };
    let document = Document {
        api_version: "mesh.kubectl.dev/v1".to_owned(),
        kind: "Baseline".to_owned(),
        findings: report.findings.iter().map(entry).collect(),
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// Of the entries of the baseline in `text`, those that `report` does not have: a new baseline of the report would forget them.
pub fn forgotten(report: &CheckReport, text: &str) -> Result<Vec<String>, String> {
    let document = read(text)?;
    let now: BTreeSet<String> = report.findings.iter().map(crate::report::Finding::fingerprint).collect();
    Ok(document
        .findings
        .iter()
        .filter(|entry| !now.contains(&entry.fingerprint))
        .map(|entry| format!("{} of {}", entry.rule, entry.object))
        .collect())
}

fn read(text: &str) -> Result<Document, String> {
    let document: Document = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if document.kind != "Baseline" {
        return Err(format!("it is a {:?}, not a Baseline", document.kind));
    }
    Ok(document)
}

/// Takes out of `report` what the baseline in `text` knows.
pub fn apply(report: &mut CheckReport, text: &str) -> Result<(), String> {
    let document = read(text)?;
    let known: BTreeSet<&str> = document.findings.iter().map(|e| e.fingerprint.as_str()).collect();
    let before = report.findings.len();
    report.findings.retain(|f| !known.contains(f.fingerprint().as_str()));
    report.known = before - report.findings.len();
    Ok(())
}
