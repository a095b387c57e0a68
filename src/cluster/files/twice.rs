//! The end of reading: what is given twice, and which kinds were seen.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Coverage, Inventory, Kind, Meta};

/// Of objects given twice the last counts, as it would after `kubectl apply`; every kind is then marked as seen or absent. What was given twice is
/// returned.
pub(super) fn finish(inventory: &mut Inventory) -> Vec<String> {
    let twice = keep_last(inventory);
    inventory.coverage = coverage(inventory);
    twice
}

/// Every kind is seen or absent.
pub(super) fn coverage(inventory: &Inventory) -> BTreeMap<Kind, Coverage> {
    let seen: BTreeSet<Kind> = inventory.metas().map(|(kind, _)| kind).collect();
    Kind::ALL.iter().map(|kind| (*kind, if seen.contains(kind) { Coverage::Complete } else { Coverage::Absent })).collect()
}

/// Of objects given twice the last stays; both places are told.
fn keep_last(inventory: &mut Inventory) -> Vec<String> {
    let place = |meta: &Meta| meta.origin.as_ref().map_or_else(String::new, |o| format!("{}:{}", o.file, o.spans.at.line));
    let mut notes = Vec::new();
    let mut last: BTreeMap<(Kind, &str, &str), &Meta> = BTreeMap::new();
    let metas: Vec<_> = inventory.metas().collect();
    let mut keep: Vec<bool> = Vec::with_capacity(metas.len());
    for (kind, meta) in metas.into_iter().rev() {
        match last.entry((kind, &meta.namespace, &meta.name)) {
            Entry::Occupied(later) => {
                let namespace = if meta.namespace.is_empty() { String::new() } else { format!("{}/", meta.namespace) };
                let later = place(later.get());
                notes.push(format!("{kind} {namespace}{} is given twice, at {} and at {later}: the last counts", meta.name, place(meta)));
                keep.push(false);
            }
            Entry::Vacant(free) => {
                free.insert(meta);
                keep.push(true);
            }
        }
    }
    keep.reverse();
    let mut keep = keep.into_iter();
    inventory.retain(|_| keep.next().unwrap_or(true));
    notes
}
