//! From a snapshot to an inventory, within limits.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};

use serde::Deserialize;

use super::{FORMAT, GapRow, Header, SnapshotError, Taken, kind_of};
use crate::model::{Coverage, Inventory, Item, Kind, Str};

/// What a snapshot may hold: a file of kilobytes can be made to unpack without end.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Bytes of all of it, unpacked.
    pub(super) unpacked: u64,
    /// Bytes of a line, and with it of an object.
    pub(super) line: u64,
    pub(super) objects: usize,
}

/// Ten times what a cluster of 100,000 pods takes; and etcd stores no object of more than some megabytes.
pub(super) const LIMITS: Limits = Limits { unpacked: 4 << 30, line: 16 << 20, objects: 4_000_000 };

/// Reads what [`write()`](super::write()) wrote. Objects of kinds that this version does not know are passed over.
pub fn read(from: impl Read) -> Result<(Inventory, Taken), SnapshotError> {
    read_within(LIMITS, from)
}

pub(super) fn read_within(limits: Limits, from: impl Read) -> Result<(Inventory, Taken), SnapshotError> {
    // Whatever lies beyond is missing from the archive, and a broken archive is an error.
    let mut archive = tar::Archive::new(zstd::Decoder::new(from)?.take(limits.unpacked));
    let mut inventory = Inventory::default();
    let mut taken = None;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.display().to_string();
        if name == "snapshot.json" {
            let mut text = Vec::new();
            (&mut entry).take(limits.line + 1).read_to_end(&mut text)?;
            if text.len() as u64 > limits.line {
                return Err(too_large("snapshot.json", limits.line));
            }
            taken = Some(header(&text, &mut inventory)?);
        } else if let Some(kind) = name.strip_prefix("objects/").and_then(|n| kind_of(n.strip_suffix(".jsonl")?)) {
            objects(kind, &name, limits, BufReader::new(entry), &mut inventory)?;
        }
    }
    let taken = taken.ok_or_else(|| SnapshotError::Format("it holds no snapshot.json: not a snapshot of kubectl mesh".into()))?;
    Ok((inventory, taken))
}

fn too_large(what: &str, limit: u64) -> SnapshotError {
    SnapshotError::Format(format!("{what} is larger than {} MiB: no snapshot of ours is", limit >> 20))
}

fn header(text: &[u8], inventory: &mut Inventory) -> Result<Taken, SnapshotError> {
    let header: Header = serde_json::from_slice(text).map_err(|error| SnapshotError::Format(format!("snapshot.json: {error}")))?;
    if header.kind != "Snapshot" || header.api_version != FORMAT {
        return Err(SnapshotError::Format(format!("it is a {} of {}; this version reads Snapshots of {FORMAT}", header.kind, header.api_version)));
    }
    let covered = |names: &[String], coverage| names.iter().filter_map(|n| Some((kind_of(n)?, coverage))).collect::<Vec<_>>();
    inventory.coverage.extend(covered(&header.complete, Coverage::Complete));
    inventory.coverage.extend(covered(&header.hidden, Coverage::Hidden));
    inventory.scope = header.namespace.into_iter().chain(header.namespaces).collect();
    inventory.also_read = header.also_read.into_iter().filter_map(|(r, ns)| Some((kind_of(&r)?, ns))).collect::<BTreeSet<_>>();
    inventory.gaps = header.gaps.into_iter().filter_map(GapRow::gap).collect();
    inventory.server = header.server;
    Ok(header.taken)
}

/// Reads line by line, so that nothing but the objects themselves is ever in memory.
fn objects(kind: Kind, name: &str, limits: Limits, mut from: impl BufRead, inventory: &mut Inventory) -> Result<(), SnapshotError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        #[serde(default)]
        api_version: Str,
    }
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if (&mut from).take(limits.line + 1).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.len() as u64 > limits.line {
            return Err(too_large(&format!("{name}, line {number}"), limits.line));
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        if inventory.len() >= limits.objects {
            return Err(SnapshotError::Format(format!("it holds more than {} objects", limits.objects)));
        }
        let wrong = |error: &dyn std::fmt::Display| SnapshotError::Format(format!("{name}, line {number}: {error}"));
        let text = std::str::from_utf8(&line).map_err(|error| wrong(&error))?;
        let mut item = Item::from_json(kind, text).map_err(|error| wrong(&error))?;
        let version: Version = serde_json::from_str(text).map_err(|error| wrong(&error))?;
        if version.api_version != kind.api_version().as_str() {
            item.meta_mut().api_version = version.api_version;
        }
        inventory.push(item);
    }
    Ok(())
}
