//! No manifest, however mangled, makes a rule fail: fixtures with fields dropped, emptied and replaced by values of other types.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use kubectl_mesh::checks::{self, Selection};
use kubectl_mesh::index::Index;
use kubectl_mesh::model::{Inventory, Item, Kind};
use kubectl_mesh::world::{SourceInfo, SourceKind, World};
use proptest::prelude::*;
use proptest::sample::Index as Pick;
use serde_json::{Value, json};

/// Documents of the fixtures of the rules that look at every field of a kind.
static SEEDS: LazyLock<Vec<(Kind, Value)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks");
    let mut files = Vec::new();
    for dir in fs::read_dir(folder).unwrap().map(|d| d.unwrap().path()) {
        let name = dir.file_name().unwrap().to_str().unwrap();
        if name.starts_with("istio-") && name.ends_with("-invalid") {
            files.extend(fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()).filter(|f| f.extension().is_some_and(|e| e == "yaml")));
        }
    }
    files.sort();
    let texts = files.iter().map(|f| fs::read_to_string(f).unwrap());
    let documents = texts.flat_map(|text| serde_saphyr::from_multiple::<Value>(&text).unwrap());
    let known = documents.filter_map(|d| Some((Kind::of(d["apiVersion"].as_str()?, d["kind"].as_str()?)?, d)));
    known.filter(|(kind, _)| kind.group().ends_with("istio.io") || *kind == Kind::ConfigMap).collect()
});

/// What a value is replaced by; nothing drops it.
fn replacement() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        Just(Some(json!({}))),
        Just(Some(json!([]))),
        Just(Some(json!([null, {}, "a"]))),
        Just(Some(json!({"": "", "é": [0]}))),
        any::<bool>().prop_map(|b| Some(json!(b))),
        any::<i64>().prop_map(|n| Some(json!(n))),
        any::<f64>().prop_map(|n| Some(json!(n))),
        r"[*./:%{}\[\]@~a-z0-9é\\(-]{0,12}".prop_map(|s| Some(json!(s))),
        "\\PC{0,8}".prop_map(|s| Some(json!(s))),
    ]
}

/// Replaces the value that `picks` lead to from `value` downwards.
fn mangle(value: &mut Value, picks: &[Pick], by: &Option<Value>) {
    let Some((pick, rest)) = picks.split_first() else { return };
    let leaf =
        |child: &Value| rest.is_empty() || !(child.is_object() || child.is_array()) || child.as_object().is_some_and(serde_json::Map::is_empty);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let key = map.keys().nth(pick.index(map.len())).unwrap().clone();
            if !leaf(&map[&key]) {
                mangle(&mut map[&key], rest, by);
            } else if let Some(by) = by {
                map.insert(key, by.clone());
            } else {
                map.remove(&key);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = pick.index(items.len());
            if !leaf(&items[at]) {
                mangle(&mut items[at], rest, by);
            } else if let Some(by) = by {
                items[at] = by.clone();
            } else {
                items.remove(at);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_object_makes_a_rule_panic(
        chosen in prop::collection::vec(any::<Pick>(), 1..6),
        changes in prop::collection::vec((any::<Pick>(), prop::collection::vec(any::<Pick>(), 1..8), replacement()), 1..6),
    ) {
        let mut objects: Vec<(Kind, Value)> = chosen.iter().map(|pick| SEEDS[pick.index(SEEDS.len())].clone()).collect();
        for (object, picks, by) in &changes {
            let at = object.index(objects.len());
            let (kind, value) = &mut objects[at];
            mangle(&mut value[if *kind == Kind::ConfigMap { "data" } else { "spec" }], picks, by);
        }
        let mut inventory = Inventory::default();
        objects.into_iter().filter_map(|(kind, value)| Item::from_value(kind, value).ok()).for_each(|item| inventory.push(item));
        let world = World::new(Index::new(inventory), SourceInfo { kind: SourceKind::Files, name: "mangled".into() }, jiff::Timestamp::UNIX_EPOCH);
        let report = checks::run(&world, &Selection { all_rules: true, ..Selection::default() });
        let failed: Vec<_> = report.skipped.iter().filter(|s| s.because.contains("internal error")).collect();
        prop_assert!(failed.is_empty(), "{failed:?}");
    }
}
