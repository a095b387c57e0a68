//! From an inventory to a snapshot.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use super::{FORMAT, GapRow, Header, SnapshotError, Taken};
use crate::cluster::redact::redact;
use crate::model::{Coverage, Inventory, Kind};

/// Writes `inventory` to `out`; equal input gives equal bytes.
pub fn write(inventory: &Inventory, taken: &Taken, out: impl Write) -> Result<(), SnapshotError> {
    let covered = |wanted: Coverage| {
        let kinds = inventory.coverage.iter().filter(move |(_, c)| **c == wanted);
        kinds.map(|(kind, _)| kind.resource()).collect::<Vec<_>>()
    };
    let header = Header {
        api_version: FORMAT.into(),
        kind: "Snapshot".into(),
        taken: taken.clone(),
        namespace: inventory.scope.first().filter(|_| inventory.scope.len() == 1).cloned(),
        namespaces: if inventory.scope.len() > 1 { inventory.scope.clone() } else { BTreeSet::new() },
        complete: covered(Coverage::Complete),
        hidden: covered(Coverage::Hidden),
        also_read: inventory.also_read.iter().map(|(kind, ns)| (kind.resource(), ns.clone())).collect(),
        server: inventory.server.clone(),
        gaps: inventory.gaps.iter().map(GapRow::of).collect(),
    };
    let mut archive = tar::Builder::new(zstd::Encoder::new(out, 0)?);
    add(&mut archive, "snapshot.json", &serde_json::to_vec_pretty(&header).map_err(format_error)?)?;
    let mut lines: BTreeMap<Kind, Vec<u8>> = BTreeMap::new();
    for object in inventory.subjects() {
        let mut value = object.to_value();
        redact(object.kind(), &mut value);
        let line = lines.entry(object.kind()).or_default();
        serde_json::to_writer(&mut *line, &value).map_err(format_error)?;
        line.push(b'\n');
    }
    for (kind, lines) in lines {
        add(&mut archive, &format!("objects/{}.jsonl", kind.resource()), &lines)?;
    }
    archive.into_inner()?.finish()?.flush()?;
    Ok(())
}

pub(super) fn add(archive: &mut tar::Builder<impl Write>, name: &str, bytes: &[u8]) -> Result<(), SnapshotError> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o600);
    header.set_mtime(0);
    archive.append_data(&mut header, name, bytes)?;
    Ok(())
}

fn format_error(error: serde_json::Error) -> SnapshotError {
    SnapshotError::Format(error.to_string())
}
