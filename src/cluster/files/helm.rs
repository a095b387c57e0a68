//! Helm charts: rendered by `helm template` with the chart's own values, where Helm is installed and nothing has to be fetched.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::document::Document;
use super::{tool, yaml};
use crate::model::Str;

/// The objects of a chart, each in the template it comes from; why there are none otherwise.
pub(super) fn render(chart: &Path, namespace: &str) -> Result<Vec<Document>, String> {
    if !has_dependencies(chart) {
        return Err("its dependencies are not here: `helm dependency build` fetches them".to_owned());
    }
    let mut command = Command::new("helm");
    command.args(["template", "release"]).arg(chart).args(["--namespace", namespace]);
    let text = tool::run(command)?;
    let mut documents = Vec::new();
    for part in text.split("\n---") {
        // Helm says above every document which template made it; which of its lines, nobody knows.
        let source = part.lines().find_map(|line| line.strip_prefix("# Source: ")).and_then(|source| source.split_once('/'));
        let file = source.map_or_else(|| chart.to_owned(), |(_, path)| chart.join(path));
        let file = Str::from(file.display().to_string().as_str());
        for node in yaml::documents(&file, part.trim_start_matches("---")).nodes {
            let mut document = Document::new(&file, node);
            forget(&mut document.spans);
            documents.push(document);
        }
    }
    Ok(documents.into_iter().filter(|document| !document.value.is_null()).collect())
}

/// Whether all charts that a chart depends on lie in it.
fn has_dependencies(chart: &Path) -> bool {
    let read = |name: &str| serde_saphyr::from_str::<Value>(&std::fs::read_to_string(chart.join(name)).ok()?).ok();
    let lists = ["Chart.yaml", "requirements.yaml"].into_iter().filter_map(read).filter_map(|v| v.get("dependencies")?.as_array().cloned());
    let there: Vec<String> =
        std::fs::read_dir(chart.join("charts")).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let names: Vec<String> = lists.flatten().filter_map(|d| Some(d.get("name")?.as_str()?.to_owned())).collect();
    names.iter().all(|name| there.iter().any(|entry| entry == name || entry.starts_with(&format!("{name}-"))))
}

fn forget(spans: &mut crate::model::Spans) {
    spans.at = crate::model::Span { line: 1, column: 1, ..Default::default() };
    spans.inner.clear();
}
