//! What somebody else wrote, damaged at random: no entry panics or breaks its promise. The same entries and seeds as the fuzz targets, for a few
//! seconds and always the same mutants.

use std::fs;
use std::path::{Path, PathBuf};

use kubectl_mesh::untrusted::ENTRIES;
use serde_json::{Value, json};

use crate::encode::kubernetes_protobuf;

/// Mutants of each seed, unless `MUTANTS` says otherwise.
const MUTANTS: usize = 400;

fn seeds(entry: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(entry)
}

/// Numbers that are the same on every machine (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }
}

/// Pieces that mean something to one parser or another.
const TELLING: [&[u8]; 24] = [
    b"\n",
    b"---\n",
    b"- ",
    b": ",
    b"*",
    b"&a ",
    b"<<: *a",
    b"|\n ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"'",
    b"\0",
    b"\xff",
    b"\xe2\x80\xae",
    b"null",
    b"~",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"!!binary ",
];

/// One to four changes: a byte, a piece, a piece gone, twice or elsewhere, an end.
fn mutate(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        let until = (at + 1 + numbers.below(24)).min(bytes.len());
        match numbers.below(7) {
            0 if !bytes.is_empty() => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            2 => drop(bytes.splice(at..at, TELLING[numbers.below(TELLING.len())].iter().copied())),
            3 if at < until => drop(bytes.drain(at..until)),
            4 if at < until => {
                let piece = bytes[at..until].to_vec();
                let to = numbers.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            5 => {
                let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
                let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
                let mut lines = lines.clone();
                if !lines.is_empty() {
                    lines.swap(one, other);
                }
                bytes = lines.concat();
            }
            _ => bytes.truncate(at + 1),
        }
    }
    bytes
}

#[test]
fn no_entry_breaks_whatever_it_is_given() {
    let most = std::env::var("MUTANTS").map_or(MUTANTS, |number| number.parse().unwrap());
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> = ENTRIES
            .iter()
            .map(|(name, entry)| {
                scope.spawn(move || {
                    let mut wrong = Vec::new();
                    let mut files: Vec<PathBuf> = fs::read_dir(seeds(name)).unwrap().map(|file| file.unwrap().path()).collect();
                    files.sort();
                    assert!(!files.is_empty(), "{name} has no seeds");
                    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
                    for file in files {
                        let seed = fs::read(&file).unwrap();
                        let mutants = std::iter::once(seed.clone()).chain(std::iter::repeat_with(|| mutate(&seed, &mut numbers)).take(most));
                        for mutant in mutants {
                            let said = std::panic::catch_unwind(|| entry(&mutant)).unwrap_or_else(|_| Err("panicked".to_owned()));
                            if let Err(why) = said {
                                wrong.push(format!("{name}: {why}\n{}", mutant.escape_ascii()));
                            }
                        }
                    }
                    wrong
                })
            })
            .collect();
        wrong.extend(runs.into_iter().flat_map(|run| run.join().unwrap()));
    });
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n"));
}

/// Binary seeds are made from what they mean.
#[test]
fn the_binary_seeds_are_current() {
    let pods = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": "next", "remainingItemCount": 7}, "items": [
        {"metadata": {"name": "a", "namespace": "shop", "labels": {"app": "a"}, "annotations": {"sidecar.istio.io/status": "{}"}},
         "spec": {"containers": [{"name": "a", "image": "a", "ports": [{"name": "http", "containerPort": 8080}]}]},
         "status": {"phase": "Running", "podIP": "10.0.0.1"}},
    ]});
    let deployments = json!({"kind": "DeploymentList", "apiVersion": "apps/v1", "metadata": {}, "items": [
        {"metadata": {"name": "a", "namespace": "shop"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "a"}},
         "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}}}},
    ]});
    let kinds: Vec<_> = kubectl_mesh::untrusted::binary_kinds();
    let number = |kind: &str| u8::try_from(kinds.iter().position(|k| k.name() == kind).unwrap()).unwrap();
    let binary = |kind: &str, list: &Value| [vec![number(kind)], kubernetes_protobuf(list).unwrap()].concat();
    let json = [vec![number("Pod") | 0x80], pods.to_string().into_bytes()].concat();
    for (name, bytes) in [("pod", binary("Pod", &pods)), ("deployment", binary("Deployment", &deployments)), ("pod-json", json)] {
        let path = seeds("protobuf").join(name);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &bytes).unwrap();
        }
        assert!(fs::read(&path).unwrap_or_default() == bytes, "{} is out of date: run this test with BLESS=1", path.display());
    }
}
