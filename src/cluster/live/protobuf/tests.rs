//! The same object encoded both ways must be the same object, whatever is in it.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::page::{Format, Head, ItemKind, decode, peek};
use super::item;
use crate::model::{Item, Kind, Str};
use encode::{Type, answer, bytes, encode, fields};

#[path = "../../../../tests/integration/encode.rs"]
mod encode;

/// Texts that the model looks at, and some that it must only carry.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        prop::sample::select(vec![
            "True",
            "8080",
            "-1",
            "Always",
            "ISTIO_META_X",
            "PATH",
            "istio.io/rev",
            "linkerd.io/inject",
            "app",
            "http",
            "--default-policy=deny"
        ])
        .prop_map(str::to_owned),
        "[a-zäλ\"]{1,9}",
    ]
}

fn any_field(kind: Type) -> BoxedStrategy<Option<Value>> {
    let some = |strategy: BoxedStrategy<Value>| prop::option::of(strategy).boxed();
    match kind {
        Type::Text => some(text().prop_map(Value::from).boxed()),
        Type::Int => some(any::<i32>().prop_map(Value::from).boxed()),
        Type::NonZero => some((1..i32::MAX).prop_map(Value::from).boxed()),
        Type::Always => any::<i32>().prop_map(|n| Some(Value::from(n))).boxed(),
        Type::Bool => some(any::<bool>().prop_map(Value::from).boxed()),
        Type::Pointer(inner) => any_field(*inner),
        Type::Texts => some(prop::collection::vec(text(), 0..3).prop_map(Value::from).boxed()),
        Type::Map => some(prop::collection::btree_map(text(), text(), 0..4).prop_map(|map| json!(map)).boxed()),
        Type::Time => some(
            prop_oneof![Just(Value::Null), (0..4_000_000_000_i64).prop_map(|s| json!(jiff::Timestamp::from_second(s).unwrap().to_string()))].boxed(),
        ),
        Type::Port => some(prop_oneof![any::<i32>().prop_map(Value::from), text().prop_map(Value::from)].boxed()),
        Type::Message(message) => some(any_message(message)),
        Type::Messages(message) => some(prop::collection::vec(any_message(message), 0..3).prop_map(Value::from).boxed()),
        Type::Inline(message) => any_message(message).prop_map(Some).boxed(),
        Type::Raw => some(text().prop_map(|text| json!({ (text): {} })).boxed()),
    }
}

fn any_message(message: &str) -> BoxedStrategy<Value> {
    let all: Vec<_> = fields(message).iter().map(|(name, _, kind)| any_field(*kind).prop_map(move |value| (*name, *kind, value))).collect();
    all.prop_map(|fields| {
        let mut object = Map::new();
        for (name, kind, value) in fields {
            match (kind, value) {
                (Type::Inline(_), Some(Value::Object(inner))) => object.extend(inner),
                (_, Some(value)) => drop(object.insert(name.to_owned(), value)),
                (_, None) => {}
            }
        }
        Value::Object(object)
    })
    .boxed()
}

fn any_object() -> impl Strategy<Value = (Kind, Value)> {
    let kinds: Vec<Kind> = Kind::ALL.iter().copied().filter(|kind| kind.is_binary()).collect();
    prop::sample::select(kinds).prop_flat_map(|kind| any_message(kind.name()).prop_map(move |object| (kind, object)))
}

fn item_kind(kind: Kind) -> ItemKind {
    ItemKind { kind, api_version: Str::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_encodings_of_an_object_decode_to_the_same((kind, object) in any_object()) {
        let from_json = Item::from_json(kind, &object.to_string()).unwrap();
        let from_binary = item(kind, &encode(kind.name(), &object)).unwrap();
        prop_assert_eq!(from_json, from_binary);
    }

    #[test]
    fn mangled_bytes_are_an_error_or_another_object_but_never_a_panic(
        (kind, object) in any_object(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = answer("PodList", "next", 5, &[encode(kind.name(), &object)]);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        let _ = peek(Format::Protobuf, &bytes);
        let _ = decode(&item_kind(kind), Format::Protobuf, bytes, None);
    }
}

#[test]
fn a_list_tells_its_token_from_its_beginning_and_as_a_whole() {
    let pod = encode("Pod", &json!({"metadata": {"name": "a", "namespace": "shop"}}));
    let bytes = answer("PodList", "t500", 9500, &[pod.clone(), pod]);
    let head = Head { next: Some("t500".to_owned()), remaining: Some(9500) };
    for end in 0..=bytes.len() {
        let seen = peek(Format::Protobuf, &bytes[..end]);
        assert!(seen.is_none() || seen.as_ref() == Some(&head), "half of it says nothing wrong");
        assert!(end < 60 || seen.is_some(), "sixty bytes are enough");
    }
    let page = decode(&item_kind(Kind::Pod), Format::Protobuf, bytes, None).unwrap();
    assert_eq!((page.head, page.items, page.objects.pods.len()), (head, 2, 2));
}

#[test]
fn a_broken_item_is_a_gap_with_its_name_and_the_others_stay() {
    let good = encode("Pod", &json!({"metadata": {"name": "good"}}));
    let mut bad = encode("Pod", &json!({"metadata": {"name": "bad"}}));
    bytes(2, b"\xff\xff\xff", &mut bad);
    let page = decode(&item_kind(Kind::Pod), Format::Protobuf, answer("PodList", "", 0, &[good.clone(), bad, good]), None).unwrap();
    assert_eq!((page.items, page.objects.pods.len()), (3, 2));
    assert_eq!(page.objects.gaps[0].to_string(), "cannot decode Pod bad: it ends in the middle of a field");
}
