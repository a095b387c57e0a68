//! `check --fix`: the fixes that need no judgement, as a diff, or written with comments and layout kept.
//!
//! A file is somebody's work, so that an edit is made only where it is certain: the object is still what was judged, the scalar is written out where
//! it stands, and the new text, read again, differs from the old in exactly the scalars that were meant.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use similar::TextDiff;

use super::{Terminal, file};
use crate::cluster::files;
use crate::cluster::files::edit::{Edit, Place, Text};
use crate::error::{CliError, Exit};
use crate::model::{Field, Inventory, ObjectRef, Path as FieldPath, Subject};
use crate::output::{clean, clean_lines};
use crate::report::CheckReport;
use crate::world::World;

/// Shows or writes every fix the findings offer; fails when one that was to be written could not be.
pub(super) fn run(report: &CheckReport, world: &World, namespace: &str, write: bool, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mut wanted: BTreeMap<String, Vec<Wanted<'_>>> = BTreeMap::new();
    let known = objects(world.index.inventory());
    for finding in &report.findings {
        let (Some(fix), Some(object)) = (&finding.fix, known.get(&finding.object)) else { continue };
        let Some(origin) = &object.meta().origin else { continue };
        let request = Wanted { object: &finding.object, path: &fix.path, value: &fix.value };
        wanted.entry(origin.file.to_string()).or_default().push(request);
    }
    let (mut fixed, mut left) = (0, 0);
    for (name, wishes) in wanted {
        match of_file(&name, &wishes, &known, namespace) {
            Ok(Change { before, after, edits, refused }) => {
                for (request, why) in &refused {
                    terminal.problem(format!("{name}: {} {} is not fixed: {why}", request.object, request.path));
                }
                left += refused.len();
                if edits == 0 {
                    continue;
                }
                fixed += edits;
                if write {
                    put(&name, &before, &after, terminal)?;
                    terminal.note(format!("{name}: {edits} fixed"));
                } else {
                    let diff = TextDiff::from_lines(&before, &after);
                    let name = clean(&name);
                    write!(terminal.out, "{}", clean_lines(&diff.unified_diff().header(&name, &name).to_string()))?;
                }
            }
            Err(why) => {
                left += wishes.len();
                terminal.problem(format!("{name}: nothing is fixed: {why}"));
            }
        }
    }
    terminal.out.flush()?;
    match (fixed, write) {
        (0, _) if left == 0 => terminal.note(format!("nothing to fix without judgement; {} findings need yours", report.findings.len())),
        (n, false) if n > 0 => terminal.note(format!("{n} fixes shown; add --write to make them")),
        _ => {}
    }
    Ok(if left > 0 { Exit::Findings } else { Exit::Ok })
}

/// A scalar of an object that has to become another.
struct Wanted<'a> {
    object: &'a ObjectRef,
    path: &'a str,
    value: &'a str,
}

/// A file's text with all edits that were certain.
struct Change<'a> {
    before: String,
    after: String,
    edits: usize,
    refused: Vec<(&'a Wanted<'a>, String)>,
}

fn of_file<'a>(name: &str, wishes: &'a [Wanted<'a>], judged: &BTreeMap<ObjectRef, &dyn Subject>, namespace: &str) -> Result<Change<'a>, String> {
    if name == "-" {
        return Err("standard input cannot be fixed in place: give the file with -f FILE".to_owned());
    }
    let before = fs::read_to_string(name).map_err(|error| error.to_string())?;
    let now = files::parse(name, &before, namespace).map_err(|error| error.to_string())?.inventory;
    let now = objects(&now);
    let text = Text::of(&before);
    let places = text.by_start();
    // Two findings may ask for the same.
    let mut asked = BTreeSet::new();
    let (mut edits, mut of_edit, mut refused) = (Vec::<(Place, Vec<Edit>)>::new(), Vec::new(), Vec::new());
    for request in wishes {
        if judged.get(request.object).and_then(|held| held.meta().origin.as_deref()).is_some_and(|origin| !origin.patches.is_empty()) {
            refused.push((request, "a kustomization changes this object: change it there, or where it comes from".to_owned()));
            continue;
        }
        let same = match (judged.get(request.object), now.get(request.object)) {
            // Nothing of it, its places in the file included.
            (Some(then), Some(now)) => (then.to_item() == now.to_item()).then_some(now),
            _ => None,
        };
        let Some(origin) = same.and_then(|object| object.meta().origin.as_deref()) else {
            refused.push((request, "the file changed since it was read: run check again".to_owned()));
            continue;
        };
        let Some(place) = places.get(&(origin.spans.at.start as usize)) else {
            refused.push((request, "its place in the file is not known".to_owned()));
            continue;
        };
        // One by one, so that a fix that cannot be made leaves the others.
        if asked.insert((*place, request.path, request.value)) {
            edits.push((*place, vec![Edit::replace(&FieldPath::parse(request.path), request.value)]));
            of_edit.push(request);
        }
    }
    let (after, not_made) = text.edited(&edits);
    let made = edits.len() - not_made.len();
    refused.extend(not_made.into_iter().map(|(at, why)| (of_edit[at], why)));
    Ok(Change { before, after, edits: made, refused })
}

/// Makes another of every scalar of a text, one by one, for the tests with mutants; the error says what else changed.
pub(crate) fn fix_each(text: &str) -> Result<(), String> {
    const NEW: &str = "made-by-a-test";
    let Ok(manifests) = files::parse("a.yaml", text, "default") else { return Ok(()) };
    let old = leaves(&manifests.inventory);
    let read = Text::of(text);
    let places = read.by_start();
    for (at, path, _) in old.iter().take(64) {
        let Some(origin) = manifests.inventory.objects.get(*at).and_then(|object| object.meta.origin.as_deref()) else { continue };
        let Some(place) = places.get(&(origin.spans.at.start as usize)) else { continue };
        let (after, refused) = read.edited(&[(*place, vec![Edit::replace(&FieldPath::parse(path), NEW)])]);
        if !refused.is_empty() {
            continue;
        }
        let fixed = files::parse("a.yaml", &after, "default").map_err(|error| format!("{path}: the result is broken: {error}"))?;
        let new = leaves(&fixed.inventory);
        let differ: Vec<_> = old.iter().zip(&new).filter(|(old, new)| old != new).map(|(_, new)| new).collect();
        let meant = (*at, path.clone(), Value::from(NEW));
        if old.len() != new.len() || differ != [&meant] {
            return Err(format!("{path} became {NEW}, and with it: {differ:?}"));
        }
    }
    Ok(())
}

/// Every scalar of every object, with the object's position and the path.
fn leaves(inventory: &Inventory) -> Vec<(usize, String, Value)> {
    fn add(at: usize, field: Field<'_>, found: &mut Vec<(usize, String, Value)>) {
        if field.is_list() {
            field.items().for_each(|item| add(at, item, found));
        } else if field.is_map() {
            field.entries().for_each(|(_, inner)| add(at, inner, found));
        } else {
            found.push((at, field.path(), field.to_value()));
        }
    }
    let mut found = Vec::new();
    inventory.objects.iter().enumerate().for_each(|(at, object)| add(at, object.root(), &mut found));
    found
}

/// Writes the new text where the old one stands, with its permissions. A link stays a link: the file it leads to is written.
fn put(name: &str, before: &str, after: &str, terminal: &mut Terminal) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::usage(format!("cannot write {name}: {error}"));
    let target = fs::canonicalize(name).map_err(failed)?;
    if fs::symlink_metadata(name).map_err(failed)?.is_symlink() {
        terminal.note(format!("{name} is a link: {} is written", target.display()));
    }
    let permissions = fs::metadata(&target).map_err(failed)?.permissions();
    if permissions.readonly() {
        return Err(CliError::usage(format!("cannot write {name}: it is read-only")));
    }
    if fs::read_to_string(Path::new(&target)).map_err(failed)? != before {
        return Err(CliError::usage(format!("{name} changed while it was being fixed: nothing is written")).hint("run check again"));
    }
    file::put(&target, Some(permissions), true, |out| out.write_all(after.as_bytes())).map_err(failed)
}

fn objects(inventory: &Inventory) -> BTreeMap<ObjectRef, &dyn Subject> {
    inventory.subjects().map(|object| (object.reference(), object)).collect()
}
