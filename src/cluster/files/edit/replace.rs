//! Another text in the place of a scalar that is written out where it stands.

use super::Step;
use super::tree::{Node, Shape};
use super::written::{Cut, requoted};

/// Where the value at `path` stands; what is there only by an alias or a merge is not found.
pub(super) fn find<'n>(object: &'n Node, path: &[Step]) -> Result<&'n Node, String> {
    path.iter().try_fold(object, |at, step| {
        if matches!(at.shape, Shape::Alias) {
            return Err("the value there is an alias".to_owned());
        }
        let next = match step {
            Step::Key(key) => at.entry(key).map(|entry| &entry.value),
            Step::Index(index) => at.item(*index),
        };
        next.ok_or_else(|| "its place in the file is not known".to_owned())
    })
}

/// The cut that makes another text of a scalar.
pub(super) fn replace(text: &str, node: &Node, value: &str, all: &[Node]) -> Result<Cut, String> {
    let old = text.get(node.start..node.end).unwrap_or_default();
    let what = match node.shape {
        Shape::Alias => "an alias",
        Shape::List { .. } | Shape::Map { .. } => "no single value",
        Shape::Scalar if node.is_shared(all) => "shared with another place, which would change too",
        Shape::Scalar if old.is_empty() => "not written out",
        Shape::Scalar if old.starts_with(['|', '>']) => "a block of lines",
        Shape::Scalar if old.starts_with(['&', '!']) => "an anchor or a tag",
        Shape::Scalar if old.contains('\n') => "written over several lines",
        Shape::Scalar => return Ok(Cut { start: node.start, end: node.end, text: requoted(old, value) }),
    };
    Err(format!("the value there is {what}"))
}
