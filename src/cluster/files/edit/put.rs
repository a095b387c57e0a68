//! A key put into a mapping, which is made where it is missing.

use super::Step;
use super::replace::replace;
use super::tree::{Entry, Node, Shape};
use super::written::{Cut, NOTHING, column, is_plain, newline, quoted};

/// Puts `value` under the last key of `path`; the mappings on the way are made where they are missing.
pub(super) fn put(text: &str, object: &Node, path: &[Step], value: &str, all: &[Node]) -> Result<Vec<Cut>, String> {
    let (mut at, mut holder): (&Node, Option<&Entry>) = (object, None);
    for (depth, step) in path.iter().enumerate() {
        let key = match step {
            Step::Index(index) => {
                at = at.item(*index).ok_or("the list has no such item")?;
                holder = None;
                continue;
            }
            Step::Key(key) => key,
        };
        match &at.shape {
            Shape::Map { .. } if at.is_shared(all) => return Err("its mapping has an anchor by which other places share it".to_owned()),
            Shape::Map { .. } => match at.entry(key) {
                Some(entry) if depth + 1 == path.len() => return replace(text, &entry.value, value, all).map(|cut| vec![cut]),
                Some(entry) => (at, holder) = (&entry.value, Some(entry)),
                None => return insert(text, at, holder, &keys(&path[depth..])?, value),
            },
            Shape::Alias if depth + 1 == path.len() => {
                let alias = text.get(at.start..at.end).ok_or("its place is not known")?;
                return Ok(vec![Cut { start: at.start, end: at.end, text: format!("{{<<: {alias}, {key}: {}}}", quoted(value)) }]);
            }
            Shape::Scalar => {
                let written = text.get(at.start..at.end).unwrap_or_default();
                let (_, mark) = NOTHING.iter().find(|(spelled, _)| *spelled == written).ok_or("a mapping is wanted where another value stands")?;
                let entry = holder.ok_or("there is no mapping")?;
                if entry.in_flow && written.is_empty() {
                    return Err("its mapping is written as nothing at all".to_owned());
                }
                let map = format!("{{{}{mark}}}", flow(&keys(&path[depth..])?, value, false));
                if !written.is_empty() {
                    return Ok(vec![Cut { start: at.start, end: at.end, text: map }]);
                }
                let colon = after_colon(text, entry).ok_or("its place is not known")?;
                return Ok(vec![Cut::insert(colon, format!(" {map}"))]);
            }
            _ => return Err("a mapping is wanted where another value stands".to_owned()),
        }
    }
    Err("no key is named".to_owned())
}

/// The rest of a path, where it leads into no list.
fn keys(path: &[Step]) -> Result<Vec<&str>, String> {
    fn key(step: &Step) -> Result<&str, String> {
        match step {
            Step::Key(key) => Ok(key),
            Step::Index(_) => Err("the list is not there".to_owned()),
        }
    }
    path.iter().map(key).collect()
}

/// Where the value of a key may begin.
fn after_colon(text: &str, entry: &Entry) -> Option<usize> {
    let rest = text.get(entry.key.end..)?;
    let colon = rest.find(':')?;
    rest[..colon].trim().is_empty().then_some(entry.key.end + colon + 1)
}

/// A new entry of a mapping that is there: `keys` one below the other, the last with the value.
fn insert(text: &str, map: &Node, holder: Option<&Entry>, keys: &[&str], value: &str) -> Result<Vec<Cut>, String> {
    let Shape::Map { flow: in_braces, entries } = &map.shape else { return Err("there is no mapping".to_owned()) };
    let Some(first) = entries.first() else {
        // `{}`: the blank in front tells that it was there.
        return Ok(vec![Cut::insert(map.start + 1, format!(" {}", flow(keys, value, false)))]);
    };
    if *in_braces {
        let strict = text[first.key.start..].starts_with('"');
        let blank = text.get(map.start + 1..first.key.start).filter(|blank| !blank.is_empty() && blank.trim().is_empty()).unwrap_or(" ");
        return Ok(vec![Cut::insert(first.key.start, format!("{},{blank}", flow(keys, value, strict)))]);
    }
    let column = column(text, first.key.start);
    let newline = newline(text);
    let indent = |more: usize| " ".repeat(column + more);
    let step = holder.map_or(2, |holder| column.saturating_sub(super::written::column(text, holder.key.start))).clamp(1, 8);
    let line = |more: usize, content: &str| format!("{}{content}", indent(more));
    let mut lines: Vec<String> = keys[..keys.len() - 1].iter().enumerate().map(|(i, key)| line(i * step, &format!("{key}:"))).collect();
    let written = if is_plain(value) { value.to_owned() } else { quoted(value) };
    lines.push(line((keys.len() - 1) * step, &format!("{}: {written}", keys[keys.len() - 1])));
    let lines = lines.join(newline);
    // Below the line that opens the mapping, or below its first entry where none does.
    let above = match holder {
        Some(holder) => holder.key.start,
        None if matches!(first.value.shape, Shape::Scalar) && !text[first.key.start..first.value.end].contains('\n') => first.value.end,
        None => return Ok(vec![Cut::insert(first.key.start, format!("{}{newline}{}", lines.trim_start(), indent(0)))]),
    };
    Ok(vec![match text[above..].find('\n') {
        Some(end) => Cut::insert(above + end + 1, format!("{lines}{newline}")),
        None => Cut::insert(text.len(), format!("{newline}{lines}")),
    }])
}

/// `key: value`, and around it the keys above, in braces.
fn flow(keys: &[&str], value: &str, strict: bool) -> String {
    let Some((last, above)) = keys.split_last() else { return String::new() };
    let key = |key: &str| if strict { quoted(key) } else { key.to_owned() };
    let open: String = above.iter().map(|above| format!("{}: {{", key(above))).collect();
    // In braces of JSON everything is quoted; elsewhere a key may be plain.
    format!("{open}{}: {}{}", key(last), if is_plain(value) && !strict { value.to_owned() } else { quoted(value) }, "}".repeat(above.len()))
}
