use std::collections::BTreeMap;
use std::io::Read;

use super::read::{LIMITS, Limits, read_within};
use super::write::add;
use super::{Taken, read, write};
use crate::cluster::files;
use crate::model::{Access, Coverage, Gap, Inventory, Kind, Meta, Object, Review, ServerFacts, ServerVersion, YesNo};

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
