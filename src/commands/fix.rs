//! `check --fix`: the fixes that need no judgement, as a diff, or written with comments and layout kept.

use std::collections::BTreeMap;
use std::fs;

use similar::TextDiff;

use super::Terminal;
use crate::error::{CliError, Exit};
use crate::model::{Meta, ObjectRef, Path};
use crate::report::CheckReport;
use crate::world::World;

/// One scalar to replace: its bytes in the file and the new text.
type Edit = (usize, usize, String);

/// Shows or writes every fix the findings offer.
pub(super) fn run(report: &CheckReport, world: &World, write: bool, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    let metas = metas(world);
    for finding in &report.findings {
        let (Some(fix), Some(meta)) = (&finding.fix, metas.get(&finding.object)) else { continue };
        let Some(origin) = &meta.origin else { continue };
        let (span, exact) = origin.spans.locate(&Path::parse(&fix.path));
        if exact && span.end > span.start {
            edits.entry(origin.file.to_string()).or_default().push((span.start as usize, span.end as usize, fix.value.clone()));
        }
    }
    let mut fixed = 0;
    for (file, mut edits) in edits {
        if file == "-" {
            terminal.note("standard input cannot be fixed in place: give the file with -f FILE");
            continue;
        }
        let before = fs::read_to_string(&file).map_err(|e| CliError::usage(format!("cannot read {file}: {e}")))?;
        edits.sort();
        edits.dedup();
        let Some(after) = apply(&before, &edits) else {
            terminal.note(format!("{file}: fixes overlap or the file changed meanwhile; nothing written"));
            continue;
        };
        fixed += edits.len();
        if write {
            replace(&file, &after)?;
            terminal.note(format!("{file}: {} fixed", edits.len()));
        } else {
            let diff = TextDiff::from_lines(&before, &after);
            write!(terminal.out, "{}", crate::output::clean(&diff.unified_diff().header(&file, &file).to_string()))?;
        }
    }
    terminal.out.flush()?;
    match (fixed, write) {
        (0, _) => terminal.note(format!("nothing to fix without judgement; {} findings need yours", report.findings.len())),
        (n, false) => terminal.note(format!("{n} fixes shown; add --write to make them")),
        (_, true) => {}
    }
    Ok(Exit::Ok)
}

/// The text with every edit made; nothing when two of them overlap or do not fit the text.
fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut fixed = String::with_capacity(text.len());
    let mut at = 0;
    for (start, end, value) in edits {
        if *start < at {
            return None;
        }
        fixed.push_str(text.get(at..*start)?);
        fixed.push_str(&requote(text.get(*start..*end)?, value));
        at = *end;
    }
    fixed.push_str(text.get(at..)?);
    Some(fixed)
}

/// The new value in the quotes of the old one; plain text is quoted when YAML would read it as something else.
fn requote(old: &str, value: &str) -> String {
    let quote = old.chars().next().filter(|c| matches!(c, '"' | '\''));
    let reads_as_itself = || matches!(serde_saphyr::from_str::<serde_json::Value>(value), Ok(serde_json::Value::String(text)) if text == value);
    match quote {
        Some('\'') => format!("'{}'", value.replace('\'', "''")),
        None if reads_as_itself() => value.to_owned(),
        _ => serde_json::Value::from(value).to_string(),
    }
}

/// A half-written manifest would be worse than a wrong one: the new text goes beside the old and takes its place in one step.
fn replace(file: &str, text: &str) -> Result<(), CliError> {
    let beside = format!("{file}.mesh-new");
    let failed = |e: std::io::Error| CliError::usage(format!("cannot write {file}: {e}"));
    fs::write(&beside, text).map_err(failed)?;
    if let Ok(meta) = fs::metadata(file) {
        fs::set_permissions(&beside, meta.permissions()).map_err(failed)?;
    }
    fs::rename(&beside, file).map_err(failed)
}

fn metas(world: &World) -> BTreeMap<ObjectRef, &Meta> {
    fn row(subject: &impl crate::model::Subject) -> (ObjectRef, &Meta) {
        (subject.reference(), subject.meta())
    }
    let inventory = world.index.inventory();
    let typed = inventory.pods.iter().map(row).chain(inventory.services.iter().map(row)).chain(inventory.namespaces.iter().map(row));
    typed.chain(inventory.controllers.iter().map(row)).chain(inventory.objects.iter().map(row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_surroundings_stay() {
        let text = "a: \"x\" # why\nb: 'y'\nc: z\n";
        let edits = [(3, 6, "1\"".to_owned()), (16, 19, "it's".to_owned()), (23, 24, "true".to_owned())];
        assert_eq!(apply(text, &edits).unwrap(), "a: \"1\\\"\" # why\nb: 'it''s'\nc: \"true\"\n");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        assert_eq!(apply("abcdef", &[(0, 3, "x".into()), (2, 4, "y".into())]), None);
        assert_eq!(apply("abc", &[(2, 9, "x".into())]), None);
    }
}
