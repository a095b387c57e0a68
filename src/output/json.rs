//! JSON and YAML: the same document in two notations.

use std::io::{self, Write};

use serde::Serialize;

/// Writes any document as JSON.
pub fn json(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    writeln!(out)
}

/// Writes any document as YAML, with the same field names and order.
pub fn yaml(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_saphyr::to_string(document).map_err(io::Error::other)?;
    out.write_all(text.trim_end().as_bytes())?;
    writeln!(out)
}
