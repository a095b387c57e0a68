//! What is read that somebody else wrote, by one entry each, for fuzzers and the tests with mutants: nothing may panic, and what an entry promises
//! holds whatever it is given. The error says which promise was broken.

use std::io::Write as _;

use crate::cluster::{files, live, snapshot};
use crate::commands;
use crate::model::{Gap, Kind};

/// An entry.
pub type Entry = fn(&[u8]) -> Result<(), String>;

/// All entries; each has a folder of seeds and a target in `fuzz/`.
pub const ENTRIES: [(&str, Entry); 6] =
    [("yaml", yaml), ("snapshot", snapshot), ("protobuf", protobuf), ("kubeconfig", kubeconfig), ("fix", fix), ("envoy", envoy)];

/// Manifests. A place in the file that an object is said to come from is one.
pub fn yaml(bytes: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    let Ok(manifests) = files::parse("a.yaml", &text, "default") else { return Ok(()) };
    let lines = text.lines().count().max(1);
    for object in &manifests.inventory.objects {
        let beyond = object.meta.origin.iter().map(|origin| origin.spans.at).find(|at| at.line as usize > lines || at.end as usize > text.len());
        if let Some(at) = beyond {
            return Err(format!("{} is said to begin at line {} of {lines}", object.meta.name, at.line));
        }
    }
    Ok(())
}

/// A snapshot, as it is and as what is packed into one: a line of `snapshot.json`, the name of a resource, its objects. What can be read can be
/// written and read again as the same.
pub fn snapshot(bytes: &[u8]) -> Result<(), String> {
    let _ = snapshot::read(bytes);
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let (head, resource, lines) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let resource: String = String::from_utf8_lossy(resource).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').take(80).collect();
    let packed = pack(&[("snapshot.json", head), (&format!("objects/{resource}.jsonl"), lines)]).map_err(|error| error.to_string())?;
    let Ok((inventory, taken)) = snapshot::read(packed.as_slice()) else { return Ok(()) };
    let write = |inventory: &_| {
        let mut written = Vec::new();
        snapshot::write(inventory, &taken, &mut written).map_err(|error| format!("what was read cannot be written: {error}"))?;
        Ok::<_, String>(written)
    };
    let once = write(&inventory)?;
    let (again, _) = snapshot::read(once.as_slice()).map_err(|error| format!("what was written cannot be read: {error}"))?;
    // What is redacted on writing stays so.
    if write(&again)? == once { Ok(()) } else { Err("what was written and read again is written otherwise".to_owned()) }
}

fn pack(files: &[(&str, &[u8])]) -> std::io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(zstd::Encoder::new(Vec::new(), 0)?);
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, *content)?;
    }
    let mut packed = archive.into_inner()?.finish()?;
    packed.flush()?;
    Ok(packed)
}

/// The kinds that servers send in protobuf, by the number that chooses one in [`protobuf()`].
pub fn binary_kinds() -> Vec<Kind> {
    live::binary_kinds()
}

/// A page of a list: its first byte chooses the kind, and whether it is JSON. Every item is an object or a gap.
pub fn protobuf(bytes: &[u8]) -> Result<(), String> {
    let Some((first, body)) = bytes.split_first() else { return Ok(()) };
    let Some((items, inventory)) = live::page_of(usize::from(first & 0x7f), first & 0x80 != 0, body.to_vec()) else { return Ok(()) };
    let told = inventory.len() + inventory.gaps.iter().filter(|gap| matches!(gap, Gap::Undecodable { .. })).count();
    if told == items { Ok(()) } else { Err(format!("{items} items became {told}")) }
}

/// A kubeconfig, without running what it names and without reading the files it names.
pub fn kubeconfig(bytes: &[u8]) -> Result<(), String> {
    live::understand(&String::from_utf8_lossy(bytes));
    Ok(())
}

/// `--fix`: every scalar of every object becomes another, one by one; where that is possible, nothing else changes.
pub fn fix(bytes: &[u8]) -> Result<(), String> {
    commands::fix_each(&String::from_utf8_lossy(bytes))
}

/// Answers of an Envoy's admin interface. Rows are made of whatever can be read of them, and nothing that stands where keys do is among those.
pub fn envoy(bytes: &[u8]) -> Result<(), String> {
    use crate::mesh::envoy::{Answers, Section};
    let mut answers = Answers::default();
    let _ = answers.read(bytes, &Section::ALL, None);
    let report = crate::views::proxy_config(answers, &Section::ALL, &crate::views::ConfigFilter::default(), jiff::Timestamp::UNIX_EPOCH);
    let written = serde_json::to_string(&report).map_err(|error| error.to_string())?;
    if written.contains("planted") { Err("a key is shown".to_owned()) } else { Ok(()) }
}
