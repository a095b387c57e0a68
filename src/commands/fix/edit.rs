//! One scalar of a YAML or JSON text becomes another, and nothing else changes: that is proved by reading the result again.

use serde_json::Value;

use crate::cluster::files::edit::is_plain;
use crate::model::{Path, Seg, Spans};

/// One scalar to replace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    start: usize,
    end: usize,
    /// Steps from the object's root; the object may itself lie deeper in the document, as an item of a List.
    path: Vec<Step>,
    value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl Edit {
    /// The edit that makes `value` of the scalar at `path`; the error says why there is none.
    pub(super) fn of(text: &str, spans: &Spans, path: &str, value: &str) -> Result<Self, String> {
        let path = Path::parse(path);
        let (span, exact) = spans.locate(&path);
        let (start, end) = (span.start as usize, span.end as usize);
        let old = text.get(start..end).filter(|old| exact && !old.is_empty()).ok_or("its place in the file is not known")?;
        let what = match old.chars().next() {
            Some('*') => "an alias",
            Some('&') => "an anchor, which other places share",
            Some('!') => "a tag",
            Some('|' | '>') => "a block of lines",
            Some('{' | '[') => "no single value",
            _ if old.contains('\n') => "written over several lines",
            _ => {
                let steps = path.segments().iter().map(|seg| match seg {
                    Seg::Key(key) => Step::Key((*key).to_owned()),
                    Seg::Index(index) => Step::Index(*index),
                });
                return Ok(Self { start, end, path: steps.collect(), value: value.to_owned() });
            }
        };
        Err(format!("the value there is {what}"))
    }
}

/// The text with every edit made; the error says why that cannot be done without changing anything else.
pub(super) fn apply(text: &str, edits: &[Edit]) -> Result<String, String> {
    let mut in_order: Vec<&Edit> = edits.iter().collect();
    in_order.sort_by_key(|edit| edit.start);
    let mut fixed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in in_order {
        if edit.start < at {
            return Err("another fix wants something else there".to_owned());
        }
        let piece = |from: usize, to: usize| text.get(from..to).ok_or("its place in the file is not known");
        fixed.push_str(piece(at, edit.start)?);
        fixed.push_str(&requote(piece(edit.start, edit.end)?, &edit.value));
        at = edit.end;
    }
    fixed.push_str(text.get(at..).ok_or("its place in the file is not known")?);
    prove(text, &fixed, edits)?;
    Ok(fixed)
}

/// Reads both texts and compares them: there must be one difference for each edit, at its path and with its value, and no other.
fn prove(before: &str, after: &str, edits: &[Edit]) -> Result<(), String> {
    let (before, after) = (read(before)?, read(after).map_err(|why| format!("the result could not be read again: {why}"))?);
    let mut differences = Vec::new();
    if !compare(&before, &after, &mut Vec::new(), &mut differences) {
        return Err("more than that value would change".to_owned());
    }
    let mut meant: Vec<&Edit> = edits.iter().collect();
    for (path, value) in &differences {
        let position = meant.iter().position(|edit| path.ends_with(&edit.path) && edit.value == *value);
        match position {
            Some(position) => drop(meant.remove(position)),
            None => return Err("the value is shared with another place, which would change too".to_owned()),
        }
    }
    if meant.is_empty() { Ok(()) } else { Err("it would not change what the file means".to_owned()) }
}

fn read(text: &str) -> Result<Value, String> {
    let options = serde_saphyr::options! { budget: None, with_snippet: false };
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options).map_err(|error| error.to_string())?;
    Ok(Value::Array(documents))
}

/// Collects the scalars that became other texts; false when anything else differs.
fn compare(before: &Value, after: &Value, at: &mut Vec<Step>, differences: &mut Vec<(Vec<Step>, String)>) -> bool {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|((key, before), (other, after))| {
                    at.push(Step::Key(key.clone()));
                    let same = key == other && compare(before, after, at, differences);
                    at.pop();
                    same
                })
        }
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).enumerate().all(|(index, (before, after))| {
                    at.push(Step::Index(index));
                    let same = compare(before, after, at, differences);
                    at.pop();
                    same
                })
        }
        (before, after) if before == after => true,
        (Value::Object(_) | Value::Array(_), _) => false,
        (_, Value::String(value)) => {
            differences.push((at.clone(), value.clone()));
            true
        }
        _ => false,
    }
}

/// The new value in the quotes of the old one; plain text is quoted where any reader of YAML would take it for something else.
fn requote(old: &str, value: &str) -> String {
    match old.chars().next() {
        Some('\'') if !value.contains(char::is_control) => format!("'{}'", value.replace('\'', "''")),
        Some('"' | '\'') => Value::from(value).to_string(),
        _ if is_plain(value) => value.to_owned(),
        _ => Value::from(value).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::files;
    use proptest::prelude::*;

    /// What becomes of a VirtualService whose first gateway, written as `scalar` (with `rest` below it), is to be `value`.
    fn fix(text: &str, path: &str, value: &str) -> Result<String, String> {
        let inventory = files::parse("x.yaml", text, "default").unwrap().inventory;
        let origin = inventory.objects[0].meta.origin.clone().unwrap();
        let edit = Edit::of(text, &origin.spans, path, value)?;
        apply(text, &[edit])
    }

    fn route(spec: &str) -> String {
        format!("# kept\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: cart}}\n{spec}\n# kept too\n")
    }

    #[test]
    fn quotes_comments_and_layout_stay() {
        for (old, value, new) in [
            ("spec: {gateways: [a]} # why", "b", "spec: {gateways: [b]} # why"),
            ("spec:\n  gateways:\n  - \"a\"   # why", "b\"", "spec:\n  gateways:\n  - \"b\\\"\"   # why"),
            ("spec: {gateways: ['a']}", "it's", "spec: {gateways: ['it''s']}"),
            ("spec: {gateways: [a]}", "on", "spec: {gateways: [\"on\"]}"),
            ("spec: {gateways: [a]}", "1:30", "spec: {gateways: [\"1:30\"]}"),
            ("spec: {gateways: [a]}", "x, y]", "spec: {gateways: [\"x, y]\"]}"),
            ("spec: {gateways: [8]}", "shop/b", "spec: {gateways: [shop/b]}"),
        ] {
            assert_eq!(fix(&route(old), "spec.gateways[0]", value), Ok(route(new)), "{old}");
        }
    }

    #[test]
    fn what_is_shared_or_written_otherwise_is_left_alone() {
        for (spec, why) in [
            ("spec: {hosts: [&x a], gateways: [*x]}", "alias"),
            ("spec: {gateways: [&x a], hosts: [*x]}", ""),
            ("spec:\n  gateways:\n  - |\n    a\n", ""),
            ("spec:\n  gateways:\n  - >-\n    a\n    b\n", ""),
            ("spec:\n  gateways:\n  - a\n    b\n", ""),
            ("spec: {gateways: [!!str a]}", ""),
        ] {
            let refused = fix(&route(spec), "spec.gateways[0]", "c");
            let fine = refused.clone().is_ok_and(|text| text == route(&spec.replace("!!str a", "!!str c")));
            assert!(fine || refused.clone().is_err_and(|error| error.contains(why)), "{spec}: {refused:?}");
        }
        let merged = "base: &base {host: a}\nspec: {hosts: [x], route: {<<: *base}}";
        assert!(fix(&route(merged), "spec.route.host", "b").is_err(), "{:?}", fix(&route(merged), "spec.route.host", "b"));
    }

    #[test]
    fn two_wishes_for_one_place_are_refused() {
        let text = route("spec: {gateways: [a]}");
        let inventory = files::parse("x.yaml", &text, "default").unwrap().inventory;
        let spans = inventory.objects[0].meta.origin.clone().unwrap().spans.clone();
        let edit = |value: &str| Edit::of(&text, &spans, "spec.gateways[0]", value).unwrap();
        assert!(apply(&text, &[edit("b"), edit("c")]).is_err());
    }

    /// A scalar, in every style of YAML, with the text it stands for.
    fn scalar() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z][a-z0-9-]{0,8}",
            "[a-z ]{1,8}".prop_map(|text| format!("'{text}'")),
            "[a-z:#{}\\[\\], ]{0,8}".prop_map(|text| format!("\"{text}\"")),
            Just("&anchor x".to_owned()),
            Just("*shared".to_owned()),
            Just("|\n      lines\n      more".to_owned()),
            Just("12".to_owned()),
            Just("true".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        /// Whatever a file holds, a fix changes the one scalar it names, or nothing.
        #[test]
        fn a_fix_changes_one_scalar_or_nothing(scalars in prop::collection::vec(scalar(), 1..5), at in 0usize..5, value in "[ -~]{1,10}", comment in "[a-z ]{0,10}") {
            let items: String = scalars.iter().map(|scalar| format!("    - {scalar}\n")).collect();
            let text = route(&format!("  # {comment}\nspec:\n  hosts: [&shared s]\n  gateways:\n{items}"));
            let at = at % scalars.len();
            let Ok(parsed) = files::parse("x.yaml", &text, "default") else { return Ok(()) };
            if parsed.inventory.objects.is_empty() {
                return Ok(());
            }
            let before = read(&text).unwrap();
            if let Ok(after) = fix(&text, &format!("spec.gateways[{at}]"), &value) {
                let mut expected = before;
                *expected.pointer_mut(&format!("/0/spec/gateways/{at}")).unwrap() = Value::from(value.clone());
                prop_assert_eq!(read(&after).unwrap(), expected);
                prop_assert_eq!(after.matches('#').count() >= 3, true, "comments stay");
            }
        }
    }
}
