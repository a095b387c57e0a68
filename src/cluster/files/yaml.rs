//! YAML (and with it JSON) into values that remember where they stood.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{DuplicateKeyPolicy, Error, Spanned};

use super::FileError;
use crate::model::{Kind, Span, Spans, placeholder};

/// A value with the place of everything in it.
#[derive(Debug)]
pub(super) struct Node {
    value: Value,
    spans: Spans,
}

impl Node {
    pub(super) fn split(self) -> (Value, Spans) {
        (self.value, self.spans)
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// The documents that could be read.
    pub nodes: Vec<Node>,
    /// Those that could not, each with whether it is an object that this tool reads.
    pub broken: Vec<(FileError, bool)>,
    /// What was read as kubectl reads it, and is a mistake all the same.
    pub notes: Vec<String>,
}

/// The documents of a file; one that is broken does not take the others along.
pub(super) fn documents(file: &str, text: &str) -> Documents {
    let text = &*without_schemas(text);
    if let Ok(nodes) = parse(text, DuplicateKeyPolicy::Error) {
        return Documents { nodes, ..Documents::default() };
    }
    let mut all = Documents::default();
    for (start, line, chunk) in chunks(text) {
        match leniently(chunk) {
            Ok((nodes, note)) => {
                all.notes.extend(note.map(|(at, what)| format!("{file}:{}: {what}", at + line)));
                all.nodes.extend(nodes.into_iter().map(|mut node| {
                    shift(&mut node.spans, line, start);
                    node
                }));
            }
            Err(error) => all.broken.push((syntax_error(file, text, &error, line), is_ours(chunk))),
        }
    }
    all
}

fn parse(text: &str, duplicates: DuplicateKeyPolicy) -> Result<Vec<Node>, Error> {
    // The default budget refuses files that clusters' exports easily reach; what aliases make of a file is bounded here. Comments are not asked
    // for, and many of them in a row would be refused.
    let options = serde_saphyr::options! { budget: None, with_snippet: false, emit_comments: false, duplicate_keys: duplicates };
    LEFT.set(text.len() + ALIASED);
    let mut nodes = serde_saphyr::from_multiple_with_options::<Node>(text, options)?;
    if has_short_words(text.as_bytes()) {
        nodes.iter_mut().for_each(|node| short_words(&mut node.value, &node.spans, text));
    }
    Ok(nodes)
}

/// One document as kubectl reads it: of a key given twice the last counts, and a text in quotes may go on at the depth of its key.
fn leniently(chunk: &str) -> Result<(Vec<Node>, Option<(u64, String)>), Error> {
    let (mut text, mut duplicates, mut note) = (Cow::Borrowed(chunk), DuplicateKeyPolicy::Error, None);
    let mut rounded = Vec::new();
    for _ in 0..MOST_REPAIRS {
        let error = match parse(&text, duplicates) {
            Ok(mut nodes) => {
                nodes.iter_mut().filter(|_| !rounded.is_empty()).for_each(|node| unround(&mut node.value, &rounded));
                return Ok((nodes, note));
            }
            Err(error) => error,
        };
        let (line, what) = (error.location().map_or(1, |l| l.line()), error.without_snippet().to_string());
        if what.contains("duplicate mapping key") && note.is_none() {
            let key = what.split("duplicate mapping key: ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default().to_owned();
            note = Some((line, format!("key {key:?} is given twice in one map: kubectl takes the last")));
            duplicates = DuplicateKeyPolicy::LastWins;
        } else if what.contains("invalid indentation in multiline quoted scalar") {
            let index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
            let at: usize = text.split_inclusive('\n').take(index).map(str::len).sum();
            text.to_mut().insert_str(at, "        ");
        } else if rounded.is_empty() && (text.contains("${") || text.contains('@')) {
            let (with_round, found) = round(&text);
            (text, rounded) = (Cow::Owned(with_round), found);
            if rounded.is_empty() {
                return Err(error);
            }
        } else {
            return Err(error);
        }
    }
    parse(&text, duplicates).map(|nodes| (nodes, note))
}

/// The text with `$(NAME)` for `${NAME}` and `~NAME~` for `@NAME@`, as long as before, and each such stand-in with what was written: the braces of a
/// placeholder that somebody has still to fill in are those of a map where lists and maps stand in one line, and no value begins with an at sign.
fn round(text: &str) -> (String, Vec<(String, String)>) {
    let (mut made, mut found, mut from) = (String::with_capacity(text.len()), Vec::new(), 0);
    while let Some(at) = text[from..].find(['$', '@']).map(|at| at + from) {
        made.push_str(&text[from..at]);
        let rest = &text[at..];
        if let Some((written, name)) = in_braces(rest) {
            let stand_in = format!("$({name})");
            made.push_str(&stand_in);
            found.push((stand_in, written.to_owned()));
            from = at + written.len();
        } else if let Some((written, name)) = between_at_signs(rest) {
            let stand_in = format!("~{name}~");
            made.push_str(&stand_in);
            found.push((stand_in, written.to_owned()));
            from = at + written.len();
        } else {
            made.push_str(&rest[..1]);
            from = at + 1;
        }
    }
    made.push_str(&text[from..]);
    (made, found)
}

/// `${NAME}` at the beginning of a text, and its name.
fn in_braces(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("${")?;
    let end = inner.find(|c: char| c.is_whitespace() || "{}[],'\"()".contains(c)).filter(|end| *end > 0 && inner[*end..].starts_with('}'))?;
    Some((&text[..end + 3], &inner[..end]))
}

/// `@NAME@` at the beginning of a text, and its name; the key of a map is none that could be put back.
fn between_at_signs(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('@')?.split_once('@')?;
    let written = &text[..name.len() + 2];
    let is_key = after.strip_prefix(':').is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
    (placeholder::of(written) == Some(written) && !is_key).then_some((written, name))
}

/// The values as they are written.
fn unround(value: &mut Value, found: &[(String, String)]) {
    match value {
        Value::String(text) if text.contains(['$', '~']) => {
            found.iter().for_each(|(stand_in, written)| *text = text.replace(stand_in, written));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| unround(item, found)),
        Value::Object(fields) => fields.values_mut().for_each(|field| unround(field, found)),
        _ => {}
    }
}

/// More mistakes in one document are no oversight.
const MOST_REPAIRS: usize = 50;

/// The parts of a text between `---`: where each begins, how many lines are before it, and its text.
pub(super) fn chunks(text: &str) -> Vec<(usize, u64, &str)> {
    let mut starts = vec![(0, 0)];
    let mut at = 0;
    for (line, content) in text.split_inclusive('\n').enumerate() {
        let marks = content.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if marks && at > 0 {
            starts.push((at, line as u64));
        }
        at += content.len();
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    starts.iter().zip(ends).map(|((start, line), end)| (*start, *line, &text[*start..end])).collect()
}

fn shift(spans: &mut Spans, lines: u64, bytes: usize) {
    let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    spans.at.line = narrow(u64::from(spans.at.line) + lines);
    spans.at.start = narrow(u64::from(spans.at.start) + bytes as u64);
    spans.at.end = narrow(u64::from(spans.at.end) + bytes as u64);
    spans.inner.iter_mut().for_each(|(_, inner)| shift(inner, lines, bytes));
}

/// Whether a text that cannot be read is meant as an object that this tool reads, and no template, workflow or the like.
fn is_ours(chunk: &str) -> bool {
    let field = |name: &str| {
        let value = chunk.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(value.split(" #").next()?.trim().trim_matches(['"', '\'']))
    };
    let known =
        || Some(Kind::of(field("apiVersion")?, field("kind")?).is_some() || super::objects::is_mesh_group(field("apiVersion")?.split('/').next()?));
    !is_template(chunk) && known().unwrap_or(false)
}

/// Whether a text that cannot be read waits for values: `{{ .Values.tag }}`, or `{NAME}` with more right behind it, which ends no map.
fn is_template(chunk: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let goes_on = |after: &str| {
        let name = after.trim_start_matches(word);
        name.len() < after.len() && name.strip_prefix('}').is_some_and(|rest| rest.starts_with(|c: char| word(c) || c == '/'))
    };
    chunk.contains("{{") || chunk.match_indices('{').any(|(at, _)| goes_on(&chunk[at + 1..]))
}

/// The text with blanks where CustomResourceDefinitions hold the schemas of their resources, which are most of such files and which nobody asks
/// for. Everything else stays where it is.
fn without_schemas(text: &str) -> Cow<'_, str> {
    const KEY: &str = "openAPIV3Schema:";
    if !text.contains(KEY) {
        return Cow::Borrowed(text);
    }
    let mut blanked = String::with_capacity(text.len());
    let mut inside: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let depth = content.len() - content.trim_start().len();
        if inside.is_some_and(|key| content.is_empty() || depth > key) {
            blanked.extend(line.bytes().map(|b| if matches!(b, b'\n' | b'\r') { char::from(b) } else { ' ' }));
            continue;
        }
        inside = (content.trim_start() == KEY).then_some(depth);
        blanked.push_str(line);
    }
    Cow::Owned(blanked)
}

/// Bytes that a file's aliases may add to what stands in it. Manifests repeat labels by them; a bomb repeats itself.
const ALIASED: usize = 16 << 20;

thread_local! {
    /// What values may still be made of the file that is being read.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// Accounts for a value of so many bytes; without aliases no file makes more of them than it has itself.
fn spend<E: de::Error>(bytes: usize) -> Result<(), E> {
    match LEFT.get().checked_sub(bytes) {
        Some(left) => {
            LEFT.set(left);
            Ok(())
        }
        None => Err(E::custom(format!("its aliases make more than {} MiB of it", ALIASED >> 20))),
    }
}

/// Words that YAML 1.1 took for truth values and YAML 1.2 takes for texts. They name things far more often than they answer a question.
const SHORT_WORDS: [&str; 4] = ["y", "Y", "n", "N"];

/// Whether such a word stands somewhere: most files hold none, and are not walked.
fn has_short_words(text: &[u8]) -> bool {
    let ends = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_whitespace() || b",]}".contains(b));
    let starts = |b: &u8| b.is_ascii_whitespace() || b"[,".contains(b);
    (1..text.len()).any(|at| b"yYnN".contains(&text[at]) && starts(&text[at - 1]) && ends(text.get(at + 1)))
}

fn short_words(value: &mut Value, spans: &Spans, text: &str) {
    let written = || text.get(spans.at.start as usize..spans.at.end as usize).map(str::trim);
    match value {
        Value::Bool(_) => {
            if let Some(word) = written().filter(|word| SHORT_WORDS.contains(word)) {
                *value = Value::String(word.to_owned());
            }
        }
        Value::Array(items) => items.iter_mut().zip(&spans.inner).for_each(|(item, (_, spans))| short_words(item, spans, text)),
        Value::Object(fields) => {
            for (key, spans) in &spans.inner {
                if let Some(field) = fields.get_mut(&**key) {
                    short_words(field, spans, text);
                }
            }
        }
        _ => {}
    }
}

fn syntax_error(file: &str, text: &str, error: &Error, before: u64) -> FileError {
    let (line, column) = error.location().map_or((1, 1), |l| (l.line() + before, l.column()));
    let mut detail = error.without_snippet().to_string();
    let offending = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or_default();
    if offending.contains("{{") || (text.contains("{{") && text.contains("}}")) {
        detail = format!("{detail}. This looks like a template: render it first, for instance `helm template . | kubectl mesh check -f -`");
    }
    FileError::Syntax { file: file.to_owned(), line, column, detail, snippet: super::snippet::draw(file, text, line, column) }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Bare>::deserialize(deserializer)?;
        let location = spanned.referenced;
        let span = location.span();
        let (start, len) = (span.byte_offset().unwrap_or_default(), span.byte_len().unwrap_or_default());
        let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let at = Span { line: narrow(location.line()), column: narrow(location.column()), start: narrow(start), end: narrow(start + len), patch: 0 };
        let Bare { value, inner } = spanned.value;
        Ok(Self { value, spans: Spans { at, inner } })
    }
}

/// A value whose parts know their places; its own is put around it by [`Node`].
struct Bare {
    value: Value,
    inner: Vec<(Box<str>, Spans)>,
}

impl Bare {
    fn scalar(value: impl Into<Value>) -> Self {
        Self { value: value.into(), inner: Vec::new() }
    }
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Bare;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Bare, E> {
        Ok(Bare::scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Bare, E> {
        Ok(Bare::scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Bare, D::Error> {
        Bare::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Bare, E> {
        Ok(Bare::scalar(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Bare, E> {
        Ok(Bare::scalar(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Bare, E> {
        Ok(Bare::scalar(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Bare, E> {
        Ok(Bare::scalar(Number::from_f64(value).map_or_else(|| Value::String(value.to_string()), Value::Number)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bare, E> {
        spend(text.len())?;
        Ok(Bare::scalar(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Bare, A::Error> {
        let (mut values, mut inner) = (Vec::new(), Vec::new());
        while let Some(Node { value, spans }) = access.next_element()? {
            spend(1)?;
            values.push(value);
            inner.push((Box::from(""), spans));
        }
        Ok(Bare { value: Value::Array(values), inner })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Bare, A::Error> {
        let (mut values, mut inner) = (Map::new(), Vec::new());
        while let Some(key) = access.next_key_seed(Key)? {
            spend(key.len())?;
            let Node { value, spans } = access.next_value()?;
            inner.push((key.as_str().into(), spans));
            values.insert(key, value);
        }
        Ok(Bare { value: Value::Object(values), inner })
    }
}

/// A key, as text: `80:` and `true:` are legal YAML, and Kubernetes reads them as the text that was written.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::documents;
    use crate::model::Spans;

    #[test]
    fn one_letter_is_a_name_and_not_a_truth_value() {
        let read = |text: &str| documents("x.yaml", text).nodes.remove(0).split().0;
        let value = read("metadata: {name: n, labels: {a: y}}\nlist: [N, yes, true]\nspec:\n  b: Y\n");
        assert_eq!(value, serde_json::json!({"metadata": {"name": "n", "labels": {"a": "y"}}, "list": ["N", true, true], "spec": {"b": "Y"}}));
    }

    #[test]
    fn a_broken_document_does_not_take_the_others_along_and_all_keep_their_places() {
        let text = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: [x\n---\na: 1\nb:\n  c: d\n";
        let all = documents("x.yaml", text);
        assert_eq!((all.nodes.len(), all.broken.len(), all.broken[0].1), (2, 1, true));
        let (_, spans) = all.nodes.into_iter().nth(1).unwrap().split();
        let inner = |spans: &Spans, key: &str| spans.inner.iter().find(|(name, _)| &**name == key).unwrap().1.clone();
        let c = inner(&inner(&spans, "b"), "c").at;
        assert_eq!((c.line, &text[c.start as usize..c.end as usize]), (11, "d"));
    }

    #[test]
    fn what_kubectl_takes_is_read() {
        let read = |text: &str| {
            let all = documents("x.yaml", text);
            assert!(all.broken.is_empty(), "{:?}", all.broken);
            (all.nodes.into_iter().next().unwrap().split().0, all.notes)
        };
        let comments = "# one\n".repeat(80);
        assert_eq!(read(&format!("{comments}a:\n{comments}  b: 1\n")).0, serde_json::json!({"a": {"b": 1}}));
        assert_eq!(read("a:\n  b: \"x\n  y\"\n  c: 'x\n  y'\n").0, serde_json::json!({"a": {"b": "x y", "c": "x y"}}));
        let (value, notes) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!((value, notes.len()), (serde_json::json!({"a": 3, "b": 2}), 1));
        assert!(notes[0].starts_with("x.yaml:3: key \"a\" is given twice"), "{notes:?}");
        let crd =
            "spec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n        type: object\n        x: {y: z}\n    served: true\n";
        assert_eq!(read(crd).0["spec"]["versions"][0]["served"], true);
        assert_eq!(read(crd).0["spec"]["versions"][0]["schema"]["openAPIV3Schema"], serde_json::Value::Null);
    }

    #[test]
    fn only_objects_of_ours_are_broken_manifests() {
        let ours = |text: &str| documents("x.yaml", text).broken.first().map(|(_, ours)| *ours);
        assert_eq!(ours("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: [x\n"), Some(true));
        assert_eq!(ours("apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Release.Name }}\n  {{- if x }}\n"), Some(false));
        assert_eq!(ours("on: [push\njobs: {}\n"), Some(false));
    }
}
