//! The nodes of a YAML text with their places, and how each is written.

use std::iter::Peekable;

use granit_parser::{Event, Parser, Span, StructureStyle};

/// A value and where it stands. The end of a mapping or list that is not in braces is not exact.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) start: usize,
    pub(super) end: usize,
    /// The number of its anchor; 0 for none.
    anchor: usize,
    pub(super) shape: Shape,
}

/// How a value is written.
#[derive(Debug)]
pub(super) enum Shape {
    Scalar,
    Alias,
    List { flow: bool, items: Vec<Node> },
    Map { flow: bool, entries: Vec<Entry> },
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Node,
    /// The key's text; nothing for one that is no scalar.
    pub(super) name: Option<String>,
    pub(super) value: Node,
    pub(super) in_flow: bool,
}

impl Node {
    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        match &self.shape {
            Shape::Map { entries, .. } => entries.iter().find(|entry| entry.name.as_deref() == Some(name)),
            _ => None,
        }
    }

    pub(super) fn item(&self, index: usize) -> Option<&Node> {
        match &self.shape {
            Shape::List { items, .. } => items.get(index),
            _ => None,
        }
    }

    /// Whether an alias somewhere stands for this very node.
    pub(super) fn is_shared(&self, all: &[Node]) -> bool {
        self.anchor != 0 && all.iter().any(|document| document.refers_to(self.anchor))
    }

    fn refers_to(&self, anchor: usize) -> bool {
        match &self.shape {
            Shape::Alias => self.anchor == anchor,
            Shape::Scalar => false,
            Shape::List { items, .. } => items.iter().any(|item| item.refers_to(anchor)),
            Shape::Map { entries, .. } => entries.iter().any(|entry| entry.value.refers_to(anchor) || entry.key.refers_to(anchor)),
        }
    }
}

/// The documents of a text.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, String> {
    let mut events = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        if !matches!(event, Event::Comment(..)) {
            events.push((event, span));
        }
    }
    let mut events = events.into_iter().peekable();
    let mut documents = Vec::new();
    while let Some((event, _)) = events.next() {
        if matches!(event, Event::DocumentStart(..)) && !matches!(events.peek(), Some((Event::DocumentEnd, _)) | None) {
            documents.push(node(&mut events, 0)?.0);
        }
    }
    Ok(documents)
}

/// Deeper than any manifest.
const DEEPEST: usize = 200;

/// The next node, and its text where it is a scalar.
fn node<'t>(events: &mut Peekable<impl Iterator<Item = (Event<'t>, Span)>>, depth: usize) -> Result<(Node, Option<String>), String> {
    let lost = || "it ends in the middle".to_owned();
    if depth > DEEPEST {
        return Err("it is nested too deeply".to_owned());
    }
    let (event, span) = events.next().ok_or_else(lost)?;
    let range = span.byte_range().ok_or_else(lost)?;
    let (start, end) = (range.start, range.end);
    let of = |end, anchor, shape| Node { start, end, anchor, shape };
    Ok(match event {
        Event::Scalar(text, _, anchor, _) => (of(end, anchor, Shape::Scalar), Some(text.into_owned())),
        Event::Alias(anchor) => (of(end, anchor, Shape::Alias), None),
        Event::SequenceStart(style, anchor, _) => {
            let (mut items, flow) = (Vec::new(), style == StructureStyle::Flow);
            while !matches!(events.peek().ok_or_else(lost)?.0, Event::SequenceEnd) {
                items.push(node(events, depth + 1)?.0);
            }
            let end = events.next().and_then(|(_, span)| span.byte_range()).map_or(end, |range| range.end);
            (of(end, anchor, Shape::List { flow, items }), None)
        }
        Event::MappingStart(style, anchor, _) => {
            let (mut entries, flow) = (Vec::new(), style == StructureStyle::Flow);
            while !matches!(events.peek().ok_or_else(lost)?.0, Event::MappingEnd) {
                let (key, name) = node(events, depth + 1)?;
                let (value, _) = node(events, depth + 1)?;
                entries.push(Entry { key, name, value, in_flow: flow });
            }
            let end = events.next().and_then(|(_, span)| span.byte_range()).map_or(end, |range| range.end);
            (of(end, anchor, Shape::Map { flow, entries }), None)
        }
        _ => return Err(lost()),
    })
}
