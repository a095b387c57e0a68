//! Snapshots: what the plugin read, saved to be asked again anywhere. A `.tar.zst` with `snapshot.json` (what, when, what could not be read)
//! and one `objects/<resource>.jsonl` for each kind, objects in the API's own form.
//!
//! Objects are reduced on reading, so a snapshot holds no Secret data but public certificates, no environment but the proxies' own settings
//! and no foreign annotations. What is left is redacted once more on writing: see `redact.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::redact::redact;
use crate::model::{Coverage, Gap, Inventory, Item, Kind, ObjectRef, ServerFacts, Str};

const FORMAT: &str = "mesh.kubectl.dev/v1";
/// What a snapshot may hold: a file of kilobytes can be made to unpack without end.
#[derive(Clone, Copy)]
struct Limits {
    /// Bytes of all of it, unpacked.
    unpacked: u64,
    /// Bytes of a line, and with it of an object.
    line: u64,
    objects: usize,
}

/// Ten times what a cluster of 100,000 pods takes; and etcd stores no object of more than some megabytes.
const LIMITS: Limits = Limits { unpacked: 4 << 30, line: 16 << 20, objects: 4_000_000 };

/// Why a snapshot could not be written or read.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// The file cannot be opened, is cut short or is no archive.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Its contents are not what a snapshot holds.
    #[error("{0}")]
    Format(String),
}

/// Where and when a snapshot was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// Context of the kubeconfig.
    pub context: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// Version of the program that wrote it.
    pub by: String,
    /// Version of the cluster, when it was known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub server_version: String,
}

/// What a snapshot holds, where and when it was taken, and what could not be read.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Header {
    /// Version of the contract.
    api_version: String,
    /// Kind of the document.
    kind: String,
    /// Where and when it was taken.
    taken: Taken,
    /// The namespace, when only one was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<Str>,
    /// The namespaces that were read, where it was several and not all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    namespaces: BTreeSet<Str>,
    /// Resources that were read to the end.
    complete: Vec<String>,
    /// Resources that may hold objects that were not seen.
    hidden: Vec<String>,
    /// Namespaces of which a resource was read besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also_read: Vec<(String, Str)>,
    /// What the API server said of itself, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<ServerFacts>,
    /// What could not be read.
    gaps: Vec<GapRow>,
}

/// Something that could not be read.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "SnapshotGap"))]
pub(crate) struct GapRow {
    /// How it could not.
    #[serde(rename = "type")]
    class: String,
    /// Resource of what was to be read.
    resource: String,
    /// Namespace; empty where all were asked for.
    #[serde(default)]
    namespace: Str,
    /// The object, where one is meant.
    #[serde(default)]
    name: Str,
    /// In words.
    #[serde(default)]
    detail: Str,
}

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
        gaps: inventory.gaps.iter().map(gap_row).collect(),
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

/// Reads what [`write()`] wrote. Objects of kinds that this version does not know are passed over.
pub fn read(from: impl Read) -> Result<(Inventory, Taken), SnapshotError> {
    read_within(LIMITS, from)
}

fn read_within(limits: Limits, from: impl Read) -> Result<(Inventory, Taken), SnapshotError> {
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
    inventory.gaps = header.gaps.into_iter().filter_map(gap).collect();
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

fn add(archive: &mut tar::Builder<impl Write>, name: &str, bytes: &[u8]) -> Result<(), SnapshotError> {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o600);
    header.set_mtime(0);
    archive.append_data(&mut header, name, bytes)?;
    Ok(())
}

fn kind_of(resource: &str) -> Option<Kind> {
    Kind::ALL.iter().copied().find(|k| k.resource() == resource)
}

fn gap_row(gap: &Gap) -> GapRow {
    let row = |class: &str, namespace: &Str, name: &Str, detail: &Str| GapRow {
        class: class.into(),
        resource: gap.kind().resource(),
        namespace: namespace.clone(),
        name: name.clone(),
        detail: detail.clone(),
    };
    let none = Str::default();
    match gap {
        Gap::NotServed(_) => row("not-served", &none, &none, &none),
        Gap::Forbidden { namespace, detail, .. } => row("forbidden", namespace, &none, detail),
        Gap::Undecodable { object, detail } => row("undecodable", &object.namespace, &object.name, detail),
        Gap::Incomplete { namespace, detail, .. } => row("incomplete", namespace, &none, detail),
    }
}

fn gap(row: GapRow) -> Option<Gap> {
    let kind = kind_of(&row.resource)?;
    let GapRow { namespace, name, detail, .. } = row;
    Some(match row.class.as_str() {
        "not-served" => Gap::NotServed(kind),
        "forbidden" => Gap::Forbidden { kind, namespace, detail },
        "undecodable" => Gap::Undecodable { object: ObjectRef { namespace, kind, name, api_version: Str::default() }, detail },
        _ => Gap::Incomplete { kind, namespace, detail },
    })
}

fn format_error(error: serde_json::Error) -> SnapshotError {
    SnapshotError::Format(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::files;
    use crate::model::{Access, Meta, Object, Review, ServerVersion, YesNo};

    const MANIFESTS: &str = r#"
apiVersion: v1
kind: Pod
metadata: {name: cart-1, namespace: shop, labels: {app: cart}, annotations: {sidecar.istio.io/status: "{}"}}
spec: {containers: [{name: app, image: "cart:1", ports: [{containerPort: 80}], env: [{name: DB_PASSWORD, value: planted-env}]}]}
---
apiVersion: networking.istio.io/v1alpha3
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec: {hosts: [cart], http: [{headers: {request: {set: {Authorization: planted-header}}}}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: linkerd-config, namespace: linkerd}
data: {values: "keyPEM: |\n  -----BEGIN EC PRIVATE KEY-----\n  planted-key\n"}
"#;

    fn round_trip(inventory: &Inventory) -> (Vec<u8>, Inventory) {
        let mut bytes = Vec::new();
        write(inventory, &Taken::default(), &mut bytes).unwrap();
        let (read, _) = read(bytes.as_slice()).unwrap();
        (bytes, read)
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let mut inventory = files::parse("x.yaml", MANIFESTS, "default").unwrap().inventory;
        inventory.gaps = vec![Gap::NotServed(Kind::Server), Gap::Forbidden { kind: Kind::Node, namespace: "".into(), detail: "no".into() }];
        inventory.coverage = BTreeMap::from([(Kind::Pod, Coverage::Complete), (Kind::Node, Coverage::Hidden)]);
        let review = |resource: &str, allowed| Review { access: Access { resource: resource.into(), ..Access::default() }, allowed };
        let reviews = vec![review("pods", YesNo::Yes), review("nodes", YesNo::No("no".into())), review("jobs", YesNo::Unknown("?".into()))];
        inventory.server = Some(ServerFacts { version: ServerVersion::Known("v1.33.1".into()), reviews, ..ServerFacts::default() });
        let (bytes, read) = round_trip(&inventory);
        assert_eq!(read.server, inventory.server);
        assert_eq!((read.pods.len(), read.objects.len()), (1, 2));
        assert_eq!(read.pods[0].spec, inventory.pods[0].spec);
        assert_eq!(read.objects[1].reference_text(), "networking.istio.io/v1alpha3 VirtualService shop/cart");
        assert_eq!((read.gaps.clone(), read.coverage.clone()), (inventory.gaps.clone(), inventory.coverage.clone()));
        assert_eq!(round_trip(&read).0, bytes, "equal input gives equal bytes");
    }

    #[test]
    fn planted_secrets_do_not_get_in() {
        let inventory = files::parse("x.yaml", MANIFESTS, "default").unwrap().inventory;
        let (bytes, _) = round_trip(&inventory);
        let mut plain = Vec::new();
        zstd::Decoder::new(bytes.as_slice()).unwrap().read_to_end(&mut plain).unwrap();
        let plain = String::from_utf8_lossy(&plain);
        assert!(plain.contains("cart-1") && !plain.contains("planted"), "{plain}");
    }

    #[test]
    fn other_files_are_refused() {
        assert!(read(&b"not an archive"[..]).is_err());
        let mut bytes = Vec::new();
        let archive = tar::Builder::new(zstd::Encoder::new(&mut bytes, 0).unwrap());
        archive.into_inner().unwrap().finish().unwrap();
        assert!(read(bytes.as_slice()).unwrap_err().to_string().contains("not a snapshot"));
    }

    #[test]
    fn a_broken_line_is_named() {
        let mut bytes = Vec::new();
        let mut archive = tar::Builder::new(zstd::Encoder::new(&mut bytes, 0).unwrap());
        add(&mut archive, "objects/pods.jsonl", b"{\"metadata\":{\"name\":\"a\"}}\n{\"metadata\":").unwrap();
        archive.into_inner().unwrap().finish().unwrap();
        let error = read(bytes.as_slice()).unwrap_err().to_string();
        assert!(error.starts_with("objects/pods.jsonl, line 2: EOF while parsing"), "{error}");
    }

    #[test]
    fn a_snapshot_beyond_a_limit_is_refused_and_one_at_it_is_read() {
        let pods = (0..3).map(|i| crate::model::Pod { metadata: Meta { name: format!("p{i}").into(), ..Meta::default() }, ..Default::default() });
        let inventory = Inventory { pods: pods.collect(), ..Inventory::default() };
        let mut bytes = Vec::new();
        write(&inventory, &Taken::default(), &mut bytes).unwrap();
        let unpacked = zstd::decode_all(bytes.as_slice()).unwrap();
        let ends = unpacked.iter().rposition(|b| *b != 0).unwrap() as u64 + 1;
        let refused = |limits| read_within(limits, bytes.as_slice()).map(|(read, _)| read.pods.len()).map_err(|e| e.to_string());
        assert_eq!(refused(Limits { objects: 3, ..LIMITS }), Ok(3));
        assert_eq!(refused(Limits { objects: 2, ..LIMITS }).unwrap_err(), "it holds more than 2 objects");
        assert!(refused(Limits { line: 60, ..LIMITS }).unwrap_err().contains("snapshot.json is larger than"));
        for unpacked in [0, 100, 600, ends - 1] {
            assert!(refused(Limits { unpacked, ..LIMITS }).is_err(), "cut off after {unpacked} of {ends} bytes");
        }
        for cut in [1, bytes.len() / 2, bytes.len() - 1] {
            assert!(read(&bytes[..cut]).is_err(), "a file that ends after {cut} of {} bytes", bytes.len());
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_fills_memory() {
        let packed = |name: &str, mut content: Box<dyn Read>, size: u64| {
            let mut bytes = Vec::new();
            let mut archive = tar::Builder::new(zstd::Encoder::new(&mut bytes, 0).unwrap());
            let mut header = tar::Header::new_ustar();
            header.set_size(size);
            archive.append_data(&mut header, name, &mut content).unwrap();
            archive.into_inner().unwrap().finish().unwrap();
            bytes
        };
        let size = LIMITS.line + 2;
        for name in ["objects/pods.jsonl", "snapshot.json"] {
            let bomb = packed(name, Box::new(std::io::repeat(b' ').take(size)), size);
            assert!(bomb.len() < 100_000, "it is small");
            assert!(read(bomb.as_slice()).unwrap_err().to_string().contains("larger than 16 MiB"), "{name}");
        }
    }

    impl Object {
        fn reference_text(&self) -> String {
            let reference = self.meta.reference(self.kind);
            format!("{} {reference}", reference.api_version())
        }
    }
}
