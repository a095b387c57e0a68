//! SARIF 2.1.0, as GitHub code scanning and other viewers take it. Only the fields that are written have types here; the whole is checked
//! against the schema by a test.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::document::docs_url;
use crate::checks;
use crate::report::{CheckReport, Finding, Severity, Suppression};

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    automation_details: Id<'static>,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    results: Vec<ResultRow<'a>>,
}

/// How the run went: what could not be read stands here, since it is about no place in a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

#[derive(Serialize)]
struct Id<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text<'static>,
    full_description: Text<'static>,
    help: Help,
    help_uri: String,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultRow<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [LocationRow<'a>; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<SuppressionRow<'a>>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Physical>,
    logical_locations: [Logical<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    name: &'a str,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct SuppressionRow<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'a str>,
}

/// Writes the report as one run. Rules are listed only when they have results, so that an empty run stays small.
pub(super) fn write(report: &CheckReport, out: &mut dyn Write) -> io::Result<()> {
    let all = report.findings.iter().map(|f| (f, None));
    let suppressed = report.suppressed.iter().map(|(f, by)| (f, report.suppressions.get(*by)));
    let mut rules: Vec<&'static str> = report.findings.iter().chain(report.suppressed.iter().map(|(f, _)| f)).map(|f| f.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "kubectl-mesh",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: rules.iter().filter_map(|id| rule(id)).collect(),
                },
            },
            automation_details: Id { id: "kubectl-mesh/check/" },
            invocations: [invocation(report)],
            column_kind: "unicodeCodePoints",
            results: all.chain(suppressed).map(|(f, by)| result(f, by, &rules)).collect(),
        }],
    };
    super::json::json(&log, out)
}

fn invocation(report: &CheckReport) -> Invocation {
    let level = if report.too_little { "error" } else { "warning" };
    let notification = |text: String| Notification { level, message: Message { text: super::clean(&text).into_owned() } };
    let gaps = report.hiding_gaps().map(|gap| format!("not read: {gap}"));
    let unjudged = report.unjudged().map(|skipped| format!("{} not judged: {}", skipped.rule, skipped.because));
    let bad = report
        .bad_input
        .iter()
        .map(|bad| Notification { level: "error", message: Message { text: super::clean(&format!("not understood: {bad}")).into_owned() } });
    Invocation {
        execution_successful: !report.too_little && report.bad_input.is_empty(),
        tool_execution_notifications: bad.chain(gaps.chain(unjudged).map(notification)).collect(),
    }
}

fn rule(id: &str) -> Option<Rule> {
    let check = checks::find(id)?;
    let markdown = checks::doc_text(check);
    Some(Rule {
        id: check.id,
        short_description: Text { text: check.summary },
        full_description: Text { text: check.summary },
        help: Help { text: markdown.clone(), markdown },
        help_uri: docs_url(check.id),
        default_configuration: Configuration { level: level(check.severity) },
        properties: Properties {
            tags: [check.category.name(), check.mesh.name()].into_iter().chain(check.aliases.iter().copied()).take(20).collect(),
        },
    })
}

fn result<'a>(f: &'a Finding, by: Option<&'a Suppression>, rules: &[&str]) -> ResultRow<'a> {
    let mut related: String = f.related.iter().map(|r| format!(" See {}: {}.", r.object, r.text)).collect();
    if f.related_more > 0 {
        related += &format!(" And {} more.", f.related_more);
    }
    let kind = if f.object.kind.group().is_empty() {
        f.object.kind.name().to_owned()
    } else {
        format!("{}.{}", f.object.kind.name(), f.object.kind.group())
    };
    let path = f.path.as_deref().map_or(String::new(), |p| format!("#{p}"));
    ResultRow {
        rule_id: f.rule,
        rule_index: rules.binary_search(&f.rule).unwrap_or_default(),
        level: level(f.severity),
        message: Message { text: super::clean(&format!("{}: {}.{related} {}", f.object, f.message.trim_end_matches('.'), f.hint)).into_owned() },
        locations: [LocationRow {
            physical_location: f.location.as_ref().map(|l| Physical {
                artifact_location: Artifact { uri: relative_uri(&l.file) },
                region: Region { start_line: l.span.line.max(1), start_column: l.span.column.max(1) },
            }),
            logical_locations: [Logical {
                name: &f.object.name,
                fully_qualified_name: format!("{}/{kind}/{}{path}", f.object.namespace, f.object.name),
                kind: "resource",
            }],
        }],
        partial_fingerprints: BTreeMap::from([("kubectlMesh/v1", f.fingerprint())]),
        suppressions: by
            .map(|s| SuppressionRow { kind: if s.object.is_some() { "inSource" } else { "external" }, justification: s.reason.as_deref() })
            .into_iter()
            .collect(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a relative URI: viewers refuse absolute ones and `..`; whatever a URI may not hold is percent-encoded.
fn relative_uri(file: &str) -> String {
    let here = std::env::current_dir().map(|d| d.display().to_string()).unwrap_or_default();
    let file = file.strip_prefix(&format!("{here}/")).unwrap_or(file).replace('\\', "/");
    let parts: Vec<&str> = file.split('/').filter(|part| !matches!(*part, "" | "." | "..")).collect();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    parts.join("/").bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::relative_uri;

    #[test]
    fn uris_are_relative_and_encoded() {
        assert_eq!(relative_uri("./a b/ü.yaml"), "a%20b/%C3%BC.yaml");
        assert_eq!(relative_uri("../x/../y.yaml"), "x/y.yaml");
        assert_eq!(relative_uri("/etc/x.yaml"), "etc/x.yaml");
    }
}
