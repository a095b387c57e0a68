//! A key taken out of its mapping, and with it what putting it in made.

use super::Step;
use super::tree::{Entry, Node, Shape};
use super::written::{Cut, NOTHING};

/// Takes the entry at `path` out, and with it the mappings above that hold nothing else and that putting it in made.
pub(super) fn take(text: &str, object: &Node, path: &[Step]) -> Result<Vec<Cut>, String> {
    let mut chain: Vec<(&Node, usize)> = Vec::new();
    let mut at = object;
    for step in path {
        match step {
            Step::Index(index) => {
                at = at.item(*index).ok_or("the list has no such item")?;
                chain.clear();
            }
            Step::Key(key) => {
                let Shape::Map { entries, .. } = &at.shape else { return Err("it stands behind an alias".to_owned()) };
                let Some(position) = entries.iter().position(|entry| entry.name.as_deref() == Some(key)) else { return Ok(Vec::new()) };
                chain.push((at, position));
                at = &entries[position].value;
            }
        }
    }
    let mut inside: Option<&Node> = None;
    while let Some((map, position)) = chain.pop() {
        let Shape::Map { flow: in_braces, entries } = &map.shape else { break };
        if let Some(inner) = inside.take() {
            match remains(text, inner) {
                Remains::Text(cut) => return Ok(vec![cut]),
                Remains::Nothing => {}
            }
        }
        if entries.len() > 1 {
            if let Some(cut) = before_alias(text, map, position) {
                return Ok(vec![cut]);
            }
            return Ok(vec![if *in_braces { out_of_braces(text, entries, position)? } else { lines_of(text, entries, position)? }]);
        }
        if chain.is_empty() {
            return Err("nothing would be left of its mapping".to_owned());
        }
        inside = Some(map);
    }
    Err("nothing would be left of its mapping".to_owned())
}

/// What takes the place of a mapping that lost its only entry.
enum Remains {
    Text(Cut),
    /// It goes with its key.
    Nothing,
}

fn remains(text: &str, map: &Node) -> Remains {
    let Shape::Map { flow: true, entries } = &map.shape else { return Remains::Nothing };
    let (Some(entry), Some(whole)) = (entries.first(), text.get(map.start..map.end)) else { return Remains::Nothing };
    let cut = |start, end, new: &str| Remains::Text(Cut { start, end, text: new.to_owned() });
    let lead = text.get(map.start + 1..entry.key.start).unwrap_or_default();
    if lead == " " {
        return cut(map.start + 1, entry.value.end, "");
    }
    if !entry_is_in_block(text, map) {
        return Remains::Nothing;
    }
    let tail = whole.strip_suffix('}').map_or(0, |inner| inner.len() - inner.trim_end_matches(' ').len());
    match NOTHING.iter().find(|(_, mark)| mark.len() == tail) {
        Some(("", _)) => cut(map.start - 1, map.end, ""),
        Some((spelled, _)) => cut(map.start, map.end, spelled),
        None => Remains::Nothing,
    }
}

/// Whether a mapping in braces stands behind a key that is alone on its line so far.
fn entry_is_in_block(text: &str, map: &Node) -> bool {
    let line = &text[text[..map.start].rfind('\n').map_or(0, |at| at + 1)..map.start];
    line.ends_with(": ") && !line.contains(['{', '['])
}

/// `{<<: *a, key: value}` becomes `*a` again.
fn before_alias(text: &str, map: &Node, position: usize) -> Option<Cut> {
    let Shape::Map { flow: true, entries } = &map.shape else { return None };
    let [merge, _] = entries.as_slice() else { return None };
    if position != 1 || merge.name.as_deref() != Some("<<") || !matches!(merge.value.shape, Shape::Alias) {
        return None;
    }
    let alias = text.get(merge.value.start..merge.value.end)?;
    Some(Cut { start: map.start, end: map.end, text: alias.to_owned() })
}

fn out_of_braces(text: &str, entries: &[Entry], position: usize) -> Result<Cut, String> {
    let entry = &entries[position];
    match entries.get(position + 1) {
        Some(next) => {
            let between = text.get(entry.value.end..next.key.start).ok_or("its place is not known")?;
            let after = between.find(',').map_or(0, |comma| comma + 1);
            let blank = between[after..].len() - between[after..].trim_start().len();
            Ok(Cut { start: entry.key.start, end: entry.value.end + after + blank, text: String::new() })
        }
        None => {
            let before = &entries[position - 1];
            let between = text.get(before.value.end..entry.key.start).ok_or("its place is not known")?;
            let comma = between.find(',').ok_or("its place is not known")?;
            Ok(Cut { start: before.value.end + comma, end: entry.value.end, text: String::new() })
        }
    }
}

/// The lines of an entry of a block mapping.
fn lines_of(text: &str, entries: &[Entry], position: usize) -> Result<Cut, String> {
    let entry = &entries[position];
    let start = entry.key.start;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let last = last_byte(&entry.value).max(entry.key.end);
    let end = text[last..].find('\n').map(|at| last + at + 1);
    if text[line..start].trim().is_empty() {
        return Ok(match end {
            Some(end) => Cut { start: line, end, text: String::new() },
            // The last line of a text without an end of line.
            None => {
                let before = text[..line].strip_suffix('\n').map_or(line, |rest| rest.strip_suffix('\r').unwrap_or(rest).len());
                Cut { start: before, end: text.len(), text: String::new() }
            }
        });
    }
    let next = entries.get(position + 1).ok_or("it shares its line with what is around it")?;
    Ok(Cut { start, end: next.key.start, text: String::new() })
}

/// Where the text of a value ends.
fn last_byte(node: &Node) -> usize {
    match &node.shape {
        Shape::Map { flow: false, entries } => entries.last().map_or(node.end, |entry| last_byte(&entry.value).max(entry.key.end)),
        Shape::List { flow: false, items } => items.last().map_or(node.end, last_byte),
        _ => node.end,
    }
}
