//! Keys put into and taken out of the mappings of a YAML or JSON text. Comments, order, quotes, anchors and layout stay; what has to be shared with
//! other places to be changed is left alone. The result is read again: unless it differs from the text in exactly what was asked, there is none.
//!
//! Taking a key out undoes putting it in, byte by byte. Where the key's mapping had to be made, its own layout tells what stood there before: a
//! mapping over several lines stands where there was none, one in braces where the value was empty (`{}`, nothing, `null`, `~`).

mod tree;

use serde_json::{Map, Value};

use super::yaml;
use crate::model::Seg;
use tree::{Entry, Node, Shape};

/// A text to be edited, part by part (a file holds several documents, and one of them may be a List).
pub struct Text<'a> {
    parts: Vec<Part<'a>>,
}

/// The text between two `---`.
struct Part<'a> {
    text: &'a str,
    /// Nothing where it cannot be read.
    values: Option<Vec<Value>>,
}

/// Which object of a text: its part, the document within it (there is more than one only in JSON), and its number in a List.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    part: usize,
    document: usize,
    item: Option<usize>,
}

/// What is to become of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The field, from the object's root; its last step is a key.
    pub path: Vec<Step>,
    /// The text that it is to hold; nothing to take it out, and with it the mappings that hold nothing else.
    pub value: Option<String>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list.
    Index(usize),
}

impl Edit {
    /// By the segments of a path.
    pub fn new(path: &[Seg<'_>], value: Option<&str>) -> Self {
        let step = |seg: &Seg<'_>| match seg {
            Seg::Key(key) => Step::Key((*key).to_owned()),
            Seg::Index(index) => Step::Index(*index),
        };
        Self { path: path.iter().map(step).collect(), value: value.map(str::to_owned) }
    }
}

impl<'a> Text<'a> {
    /// Reads a text.
    pub fn of(text: &'a str) -> Self {
        let parts = yaml::chunks(text).into_iter().map(|(_, _, text)| {
            let read = yaml::documents("", text);
            let values = read.broken.is_empty().then(|| read.nodes.into_iter().map(|node| node.split().0).collect());
            Part { text, values }
        });
        Self { parts: parts.collect() }
    }

    /// Its objects, those of Lists one by one.
    pub fn objects(&self) -> Vec<(Place, &Value)> {
        let mut found = Vec::new();
        for (part, read) in self.parts.iter().enumerate() {
            for (document, value) in read.values.iter().flatten().enumerate() {
                let list = value["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
                match value["items"].as_array().filter(|_| list) {
                    Some(items) => found.extend(items.iter().enumerate().map(|(i, item)| (Place { part, document, item: Some(i) }, item))),
                    None => found.push((Place { part, document, item: None }, value)),
                }
            }
        }
        found
    }

    /// Numbers of the parts that cannot be read as YAML, counted from 1.
    pub fn unreadable(&self) -> Vec<usize> {
        self.parts.iter().enumerate().filter(|(_, part)| part.values.is_none()).map(|(i, _)| i + 1).collect()
    }

    /// The text with the edits made, and those objects that had to be left as they are, each with the reason.
    pub fn edited(&self, edits: &[(Place, Vec<Edit>)]) -> (String, Vec<(Place, String)>) {
        let (mut text, mut refused) = (String::new(), Vec::new());
        for (number, part) in self.parts.iter().enumerate() {
            let mut ours: Vec<(Place, Vec<Edit>)> = edits.iter().filter(|(place, _)| place.part == number).cloned().collect();
            let made = loop {
                match part.with(&ours) {
                    Ok(made) => break made,
                    // One by one, so that an object that cannot be edited leaves the others.
                    Err((at, why)) => {
                        let at = at.or_else(|| ours.iter().position(|edit| part.with(std::slice::from_ref(edit)).is_err())).unwrap_or(0);
                        refused.push((ours.remove(at).0, why));
                    }
                }
            };
            text.push_str(&made);
        }
        (text, refused)
    }
}

impl Part<'_> {
    /// The part's text with all edits; otherwise which of them cannot be made, where that is known, and why.
    fn with(&self, edits: &[(Place, Vec<Edit>)]) -> Result<String, (Option<usize>, String)> {
        let mut text = self.text.to_owned();
        if edits.is_empty() {
            return Ok(text);
        }
        let rounds = edits.iter().map(|(_, edits)| edits.len()).max().unwrap_or(0);
        // An edit may need what the one before it made, so that each round reads the text anew.
        for round in 0..rounds {
            let documents = tree::parse(&text).map_err(|why| (None, why))?;
            let mut cuts: Vec<Cut> = Vec::new();
            for (at, (place, edits)) in edits.iter().enumerate() {
                let Some(edit) = edits.get(round) else { continue };
                let object = object(&documents, *place).ok_or((Some(at), "it is not found again".to_owned()))?;
                let cut = match &edit.value {
                    Some(value) => put(&text, object, &edit.path, value, &documents),
                    None => take(&text, object, &edit.path),
                };
                cuts.extend(cut.map_err(|why| (Some(at), why))?);
            }
            cuts.sort_by_key(|cut| cut.start);
            for cut in cuts.iter().rev() {
                text.replace_range(cut.start..cut.end, &cut.text);
            }
        }
        self.prove(&text, edits).map_err(|why| (None, why))?;
        Ok(text)
    }

    /// Reads the result again: it must hold what the edits ask for, and nothing else may differ.
    fn prove(&self, text: &str, edits: &[(Place, Vec<Edit>)]) -> Result<(), String> {
        let mut expected = self.values.clone().ok_or("it cannot be read")?;
        for (place, edits) in edits {
            let document = expected.get_mut(place.document).ok_or("it is not found again")?;
            let object = match place.item {
                Some(item) => document["items"].get_mut(item).ok_or("it is not found again")?,
                None => document,
            };
            for edit in edits {
                set(object, &edit.path, edit.value.as_deref());
            }
        }
        let read = yaml::documents("", text);
        if !read.broken.is_empty() {
            return Err("the result could not be read again".to_owned());
        }
        let after: Vec<Value> = read.nodes.into_iter().map(|node| node.split().0).collect();
        let same = after.len() == expected.len() && after.iter().zip(&expected).all(|(a, b)| alike(a, b));
        if same { Ok(()) } else { Err("something else would change with it: the place is shared by an alias or a merge".to_owned()) }
    }
}

/// Whether two values mean the same; an empty mapping and nothing do.
fn alike(a: &Value, b: &Value) -> bool {
    fn void(value: &Value) -> bool {
        value.is_null() || value.as_object().is_some_and(|map| map.values().all(void))
    }
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let absent = Value::Null;
            a.iter().all(|(key, value)| alike(value, b.get(key).unwrap_or(&absent)))
                && b.iter().all(|(key, value)| a.contains_key(key) || void(value))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        _ => a == b || (void(a) && void(b)),
    }
}

fn set(object: &mut Value, path: &[Step], value: Option<&str>) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut at = object;
    for step in parents {
        at = match step {
            Step::Key(key) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                let Some(map) = at.as_object_mut() else { return };
                map.entry(key.clone()).or_insert(Value::Null)
            }
            Step::Index(index) => match at.get_mut(*index) {
                Some(item) => item,
                None => return,
            },
        };
    }
    if at.is_null() {
        *at = Value::Object(Map::new());
    }
    if let (Step::Key(key), Some(map)) = (last, at.as_object_mut()) {
        match value {
            Some(value) => drop(map.insert(key.clone(), Value::from(value))),
            None => drop(map.remove(key)),
        }
    }
}

/// Bytes to replace.
struct Cut {
    start: usize,
    end: usize,
    text: String,
}

impl Cut {
    fn insert(at: usize, text: String) -> Self {
        Self { start: at, end: at, text }
    }
}

fn object(documents: &[Node], place: Place) -> Option<&Node> {
    let document = documents.get(place.document)?;
    match place.item {
        None => Some(document),
        Some(item) => document.entry("items")?.value.item(item),
    }
}

/// What stands for nothing, by which spelling of it.
const NOTHING: [(&str, &str); 3] = [("", ""), ("null", " "), ("~", "  ")];

/// Puts `value` under the last key of `path`; the mappings on the way are made where they are missing.
fn put(text: &str, object: &Node, path: &[Step], value: &str, all: &[Node]) -> Result<Vec<Cut>, String> {
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
                Some(entry) if depth + 1 == path.len() => return replace(text, entry, value, all),
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

/// Another text in the place of a scalar.
fn replace(text: &str, entry: &Entry, value: &str, all: &[Node]) -> Result<Vec<Cut>, String> {
    let node = &entry.value;
    let old = text.get(node.start..node.end).unwrap_or_default();
    let plain = matches!(node.shape, Shape::Scalar) && !node.is_shared(all) && !old.is_empty() && !old.contains('\n');
    if !plain || old.starts_with(['|', '>']) {
        return Err("the value there is shared, or written over several lines".to_owned());
    }
    let new = match old.chars().next() {
        Some('\'') if !value.contains(['\'', '\n']) => format!("'{value}'"),
        Some('"') => quoted(value),
        _ if is_plain(value) => value.to_owned(),
        _ => quoted(value),
    };
    Ok(vec![Cut { start: node.start, end: node.end, text: new }])
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
    let step = holder.map_or(2, |holder| column.saturating_sub(self::column(text, holder.key.start))).clamp(1, 8);
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

/// Takes the entry at `path` out, and with it the mappings above that hold nothing else and that putting it in made.
fn take(text: &str, object: &Node, path: &[Step]) -> Result<Vec<Cut>, String> {
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

fn column(text: &str, at: usize) -> usize {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    text[line..at].chars().count()
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Whether all readers of YAML, those of version 1.1 among them, take the text for itself.
pub fn is_plain(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let holds = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    begins && holds && !words.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests;
