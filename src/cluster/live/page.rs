//! One page of a list: from bytes to objects, item by item, so that one broken object costs only itself.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::protobuf;
use crate::cluster::secret;
use crate::model::{Gap, Inventory, Item, Kind, Meta, ObjectRef, Str};

/// What a list says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Head {
    /// The token of the next page.
    #[serde(rename = "continue", deserialize_with = "non_empty")]
    pub(super) next: Option<String>,
    /// How many items follow this page, where the server knows.
    #[serde(rename = "remainingItemCount", deserialize_with = "count")]
    pub(super) remaining: Option<u64>,
}

/// A number that is no count says nothing; it only feeds a progress line.
fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<serde_json::Value>::deserialize(deserializer)?.and_then(|value| value.as_u64()))
}

fn non_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.filter(|token: &String| !token.is_empty()))
}

/// The encoding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Protobuf,
}

/// How the objects of a list are to be understood.
#[derive(Clone, Debug)]
pub(super) struct ItemKind {
    pub(super) kind: Kind,
    /// The `apiVersion` they were read with; empty for the kind's preferred one.
    pub(super) api_version: Str,
}

/// A decoded page.
#[derive(Default)]
pub(super) struct Page {
    pub(super) head: Head,
    pub(super) objects: Inventory,
    /// Items on the page, broken ones included.
    pub(super) items: usize,
    /// How large it was, unpacked.
    pub(super) bytes: usize,
}

/// How far into an answer a list's metadata can begin: API servers write it before the items of core kinds.
pub(super) const HEAD_WITHIN: usize = 16 * 1024;

/// A list's metadata from the beginning of an answer; nothing while too little of it has come or where it stands at the end.
pub(super) fn peek(format: Format, prefix: &[u8]) -> Option<Head> {
    let prefix = &prefix[..prefix.len().min(HEAD_WITHIN)];
    match format {
        Format::Protobuf => protobuf::peek(prefix),
        Format::Json => peek_json(prefix),
    }
}

fn peek_json(prefix: &[u8]) -> Option<Head> {
    const KEY: &[u8] = b"\"metadata\":";
    let at = prefix.windows(KEY.len()).position(|window| window == KEY)?;
    // `kind` and `apiVersion` may come first, but nothing that nests: then this would be the metadata of an item.
    if prefix.get(1..at)?.iter().any(|byte| matches!(byte, b'{' | b'[')) {
        return None;
    }
    let mut heads = serde_json::Deserializer::from_slice(&prefix[at + KEY.len()..]).into_iter::<Head>();
    heads.next()?.ok()
}

/// Decodes a page; `early` is told its head as soon as that is known, before the items are decoded.
pub(super) fn decode(item_kind: &ItemKind, format: Format, body: Vec<u8>, early: Option<oneshot::Sender<Head>>) -> Result<Page, String> {
    match format {
        Format::Json => decode_json(item_kind, &body, early),
        Format::Protobuf => decode_protobuf(item_kind, &body, early),
    }
}

/// The kinds that servers send in protobuf.
pub(crate) fn binary_kinds() -> Vec<Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.is_binary()).collect()
}

/// A page for the tests with mutants: one of the kinds that servers send in protobuf, how many items it has, and what became of them.
pub(crate) fn page_of(kind: usize, json: bool, body: Vec<u8>) -> Option<(usize, Inventory)> {
    let kinds = binary_kinds();
    let item_kind = ItemKind { kind: kinds[kind % kinds.len()], api_version: Str::default() };
    let format = if json { Format::Json } else { Format::Protobuf };
    let _ = peek(format, &body);
    decode(&item_kind, format, body, None).ok().map(|page| (page.items, page.objects))
}

fn decode_json(item_kind: &ItemKind, body: &[u8], early: Option<oneshot::Sender<Head>>) -> Result<Page, String> {
    #[derive(Deserialize)]
    struct List<'a> {
        #[serde(default, borrow)]
        kind: Option<Cow<'a, str>>,
        #[serde(default)]
        metadata: Head,
        #[serde(borrow, deserialize_with = "nullable")]
        items: Vec<&'a RawValue>,
    }
    /// An empty list may be null; a field that is not there at all is no list.
    fn nullable<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<&'de RawValue>, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or_default())
    }
    let list: List<'_> = serde_json::from_slice(body).map_err(|error| format!("the answer is no list in JSON: {error}"))?;
    expect_list(item_kind, list.kind.as_deref().unwrap_or_default())?;
    let mut page = start(list.metadata, early);
    for json in list.items {
        page.add(item_kind, item(item_kind, json.get()));
    }
    Ok(page)
}

fn decode_protobuf(item_kind: &ItemKind, body: &[u8], early: Option<oneshot::Sender<Head>>) -> Result<Page, String> {
    let list = protobuf::List::split(body).map_err(|error| format!("the answer is no list in protobuf: {error}"))?;
    expect_list(item_kind, list.kind)?;
    let mut page = start(list.head, early);
    for bytes in list.items {
        let decoded = protobuf::item(item_kind.kind, bytes).map_err(|error| {
            let meta = protobuf::meta(bytes).unwrap_or_default();
            undecodable(item_kind, meta, &error)
        });
        page.add(item_kind, decoded);
    }
    Ok(page)
}

/// Refuses the list of another kind, and what is no list: a proxy may answer anything with 200.
fn expect_list(item_kind: &ItemKind, kind: &str) -> Result<(), String> {
    let own = kind.strip_suffix("List").is_some_and(|kind| kind == item_kind.kind.name() || kind == "PartialObjectMetadata" || kind.is_empty());
    match kind {
        _ if own => Ok(()),
        "" => Err(format!("the answer does not say that it is a list of {}", item_kind.kind.plural())),
        _ => Err(format!("the answer is a {kind} and no list of {}", item_kind.kind.plural())),
    }
}

fn start(head: Head, early: Option<oneshot::Sender<Head>>) -> Page {
    if let Some(early) = early {
        // Whoever waited for it may have given up: then nobody wants the next page.
        let _ = early.send(head.clone());
    }
    Page { head, ..Page::default() }
}

impl Page {
    fn add(&mut self, item_kind: &ItemKind, decoded: Result<Item, Box<Gap>>) {
        self.items += 1;
        match decoded {
            Ok(item) if item.meta().name.is_empty() => {
                self.objects.gaps.push(*undecodable(item_kind, item.meta().clone(), &"it has no name"));
            }
            Ok(mut item) => {
                item.meta_mut().api_version = item_kind.api_version.clone();
                self.objects.push(item);
            }
            Err(gap) => self.objects.gaps.push(*gap),
        }
    }
}

/// Decodes one object from JSON.
pub(super) fn item(item_kind: &ItemKind, json: &str) -> Result<Item, Box<Gap>> {
    let decoded = match item_kind.kind {
        Kind::Secret => secret::from_json(json),
        Kind::CustomResourceDefinition => Item::from_json(item_kind.kind, json).map(without_schemas),
        kind => Item::from_json(kind, json),
    };
    decoded.map_err(|error| undecodable(item_kind, named(json), &error))
}

/// Schemas are nine tenths of what a cluster's definitions weigh, and what a rule asks of them stands beside.
fn without_schemas(mut item: Item) -> Item {
    if let Item::Object(object) = &mut item {
        let mut body = object.root().to_value();
        let versions = body.pointer_mut("/spec/versions").and_then(serde_json::Value::as_array_mut);
        for version in versions.into_iter().flatten().filter_map(serde_json::Value::as_object_mut) {
            version.remove("schema");
        }
        object.body = body.into();
    }
    item
}

/// Name and namespace of an object that is broken elsewhere.
fn named(json: &str) -> Meta {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Named {
        metadata: Name,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Name {
        name: Str,
        namespace: Str,
    }
    let Named { metadata } = serde_json::from_str(json).unwrap_or_default();
    Meta { name: metadata.name, namespace: metadata.namespace, ..Meta::default() }
}

fn undecodable(item_kind: &ItemKind, meta: Meta, error: &dyn std::fmt::Display) -> Box<Gap> {
    let object = ObjectRef { namespace: meta.namespace, kind: item_kind.kind, name: meta.name, api_version: item_kind.api_version.clone() };
    Box::new(Gap::Undecodable { object, detail: error.to_string().into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item_kind(kind: Kind) -> ItemKind {
        ItemKind { kind, api_version: Str::default() }
    }

    fn page(kind: Kind, json: &str) -> Page {
        decode(&item_kind(kind), Format::Json, json.into(), None).unwrap()
    }

    #[test]
    fn a_broken_item_is_a_gap_with_its_name_and_the_others_stay() {
        let page = page(
            Kind::Pod,
            r#"{"kind":"List","metadata":{"continue":"c","remainingItemCount":7},"items":[
                {"metadata":{"name":"good"}},
                {"metadata":{"name":"bad","namespace":"shop"},"spec":{"containers":{"a":1}}},
                {"metadata":{"name":"also-good"}}]}"#,
        );
        assert_eq!(page.head, Head { next: Some("c".to_owned()), remaining: Some(7) });
        assert_eq!(page.items, 3);
        assert_eq!(page.objects.pods.iter().map(|p| p.metadata.name.as_str()).collect::<Vec<_>>(), ["good", "also-good"]);
        let [Gap::Undecodable { object, .. }] = &page.objects.gaps[..] else { panic!("{:?}", page.objects.gaps) };
        assert_eq!(object.to_string(), "Pod shop/bad");
    }

    #[test]
    fn an_empty_list_may_have_null_items_and_an_empty_token_is_none() {
        let page = page(Kind::Pod, r#"{"kind":"List","metadata":{"continue":""},"items":null}"#);
        assert_eq!((page.items, page.head), (0, Head::default()));
    }

    #[test]
    fn the_version_is_noted_when_it_is_not_the_preferred_one() {
        let old = ItemKind { kind: Kind::VirtualService, api_version: "networking.istio.io/v1alpha3".into() };
        let page = decode(&old, Format::Json, br#"{"kind":"List","items":[{"metadata":{"name":"a"}}]}"#.to_vec(), None).unwrap();
        assert_eq!(page.objects.objects[0].meta.api_version, "networking.istio.io/v1alpha3");
    }

    #[test]
    fn the_token_is_known_from_the_beginning_of_a_list_only_when_it_is_the_lists_own() {
        let whole = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"1","continue":"abc"},"items":[{"metadata":{"#;
        assert_eq!(peek(Format::Json, whole).and_then(|head| head.next).as_deref(), Some("abc"));
        for end in 0..whole.len() {
            assert!(peek(Format::Json, &whole[..end]).is_none_or(|head| head.next.is_some()), "half of it says nothing wrong");
        }
        assert_eq!(peek(Format::Json, br#"{"apiVersion":"v1","items":[{"metadata":{"continue":"no"}}]"#), None);
        assert_eq!(peek(Format::Json, br#""metadata":{"continue":"no list begins like this"}"#), None);
    }

    #[test]
    fn definitions_lose_their_schemas() {
        let page = page(
            Kind::CustomResourceDefinition,
            r#"{"kind":"List","items":[{"metadata":{"name":"a"},"spec":{"versions":[{"name":"v1","schema":{"x":1}}]}}]}"#,
        );
        assert_eq!(page.objects.objects[0].root().to_value()["spec"]["versions"], serde_json::json!([{"name": "v1"}]));
    }
}
