use proptest::prelude::*;

use serde_json::Value;

use super::{Edit, Place, Step, Text};
use crate::model::Path;

const KEY: &str = "sidecar.istio.io/inject";

fn path(words: &[&str]) -> Vec<Step> {
    words.iter().map(|word| word.parse().map_or_else(|_| Step::Key((*word).to_owned()), Step::Index)).collect()
}

fn label() -> Vec<Step> {
    path(&["spec", "template", "metadata", "labels", KEY])
}

/// The text with one edit of every object; the error is the first refusal.
fn edit(text: &str, path: &[Step], value: Option<&str>) -> Result<String, String> {
    let read = Text::of(text);
    let wanted: Vec<(Place, Vec<Edit>)> = read.objects().into_iter().map(|(place, _)| (place, vec![Edit::new(path.to_vec(), value)])).collect();
    let (text, refused) = read.edited(&wanted);
    match refused.into_iter().next() {
        Some((_, why)) => Err(why),
        None => Ok(text),
    }
}

fn put(text: &str) -> Result<String, String> {
    edit(text, &label(), Some("true"))
}

fn deployment(metadata: &str) -> String {
    format!("# kept\napiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    {metadata}\n    spec: {{}} # kept\n")
}

#[test]
fn a_key_is_put_in_as_its_mapping_is_written_and_taken_out_without_a_trace() {
    for (before, after) in [
        (
            "metadata:\n      labels:\n        # the app\n        app: x",
            "metadata:\n      labels:\n        sidecar.istio.io/inject: \"true\"\n        # the app\n        app: x",
        ),
        ("metadata:\n      name: x", "metadata:\n      labels:\n        sidecar.istio.io/inject: \"true\"\n      name: x"),
        ("metadata: {labels: {app: x}}", "metadata: {labels: {sidecar.istio.io/inject: \"true\", app: x}}"),
        ("metadata: {name: x}", "metadata: {labels: {sidecar.istio.io/inject: \"true\"}, name: x}"),
        ("metadata: {}", "metadata: { labels: {sidecar.istio.io/inject: \"true\"}}"),
        ("metadata: {labels: {}}", "metadata: {labels: { sidecar.istio.io/inject: \"true\"}}"),
        ("metadata:\n      labels:", "metadata:\n      labels: {sidecar.istio.io/inject: \"true\"}"),
        ("metadata:\n      labels: # none", "metadata:\n      labels: {sidecar.istio.io/inject: \"true\"} # none"),
        ("metadata:\n      labels: null", "metadata:\n      labels: {sidecar.istio.io/inject: \"true\" }"),
        ("metadata:\n      labels: ~", "metadata:\n      labels: {sidecar.istio.io/inject: \"true\"  }"),
        (
            "metadata:\n      labels:\n        <<: {a: b}\n        app: x",
            "metadata:\n      labels:\n        sidecar.istio.io/inject: \"true\"\n        <<: {a: b}\n        app: x",
        ),
        ("restart: y", "metadata:\n      labels:\n        sidecar.istio.io/inject: \"true\"\n    restart: y"),
    ] {
        let (before, after) = (deployment(before), deployment(after));
        assert_eq!(put(&before), Ok(after.clone()), "{before}");
        assert_eq!(edit(&after, &label(), None), Ok(before));
    }
}

#[test]
fn what_other_places_share_is_not_touched() {
    let shared = "spec:\n  selector: &app {app: x}\n  template:\n    metadata:\n      labels: *app\n";
    let own = "spec:\n  selector: &app {app: x}\n  template:\n    metadata:\n      labels: {<<: *app, sidecar.istio.io/inject: \"true\"}\n";
    assert_eq!(put(shared).as_deref(), Ok(own));
    assert_eq!(edit(own, &label(), None).as_deref(), Ok(shared));
    let anchored = "spec:\n  template:\n    metadata:\n      labels: &app\n        app: x\n  selector: *app\n";
    assert!(put(anchored).unwrap_err().contains("anchor"));
    let merged = "x: &m {labels: {app: x}}\nspec:\n  template:\n    metadata:\n      <<: *m\n      name: y\n";
    assert!(put(merged).is_err(), "its labels would be lost");
    assert!(put("spec:\n  template:\n    metadata:\n      labels: text\n").is_err());
}

#[test]
fn json_lists_line_ends_and_last_lines_are_kept() {
    for (before, path, after) in [
        (
            "{\n  \"spec\": {\n    \"app\": \"x\"\n  }\n}\n",
            &["spec", KEY][..],
            "{\n  \"spec\": {\n    \"sidecar.istio.io/inject\": \"true\",\n    \"app\": \"x\"\n  }\n}\n",
        ),
        ("spec:\r\n  a: 1\r\n", &["spec", "b"], "spec:\r\n  b: \"true\"\r\n  a: 1\r\n"),
        ("spec: {}\nother: 1", &["x"], "spec: {}\nother: 1"),
        ("spec:\n  ports:\n  - port: 80\n  - port: 81", &["spec", "ports", "1", "x"], "spec:\n  ports:\n  - port: 80\n  - port: 81\n    x: \"true\""),
        ("spec:\n  ports:\n  - {port: 80}\n", &["spec", "ports", "0", "x"], "spec:\n  ports:\n  - {x: \"true\", port: 80}\n"),
    ] {
        let done = edit(before, &path_of(path), Some("true"));
        if path == ["x"] {
            assert!(done.is_ok());
            continue;
        }
        assert_eq!(done.as_deref(), Ok(after));
        assert_eq!(edit(after, &path_of(path), None).as_deref(), Ok(before));
    }
}

fn path_of(words: &[&str]) -> Vec<Step> {
    path(words)
}

#[test]
fn each_object_of_a_list_and_of_several_documents_is_edited_and_a_broken_one_left() {
    let text = "---\n# one\nkind: List\nitems:\n- spec: {a: 1}\n- spec:\n    b: 2\n---\n{{ broken\n---\nspec: {c: 3}\n";
    let read = Text::of(text);
    assert_eq!((read.objects().len(), read.unreadable()), (3, vec![2]));
    let done = edit(text, &path(&["spec", "x"]), Some("on")).unwrap();
    assert_eq!(
        done,
        text.replace("{a: 1}", "{x: \"on\", a: 1}").replace("    b: 2", "    x: \"on\"\n    b: 2").replace("{c: 3}", "{x: \"on\", c: 3}")
    );
    assert_eq!(edit(&done, &path(&["spec", "x"]), None).as_deref(), Ok(text));
}

#[test]
fn a_value_that_is_there_is_replaced_in_its_quotes() {
    let of = |old: &str| edit(&format!("spec:\n  x: {old} # why\n"), &path(&["spec", "x"]), Some("true"));
    assert_eq!(of("'a'").as_deref(), Ok("spec:\n  x: 'true' # why\n"));
    assert_eq!(of("a").as_deref(), Ok("spec:\n  x: \"true\" # why\n"));
    assert!(edit("a: &a b\nspec:\n  x: *a\n", &path(&["spec", "x"]), Some("true")).is_err());
}

/// How the metadata of a template may be written.
fn metadata() -> impl Strategy<Value = String> {
    let scalar = || {
        prop_oneof![
            "[a-z]{1,5}".prop_map(|text| text),
            "[a-z ]{1,6}".prop_map(|text| format!("'{text}'")),
            "[a-z:#{}, ]{0,6}".prop_map(|text| format!("\"{text}\"")),
            Just("|\n          two\n          lines".to_owned()),
            Just("|-\n          two\n\n".trim_end().to_owned()),
            Just("&here x".to_owned()),
        ]
    };
    let comment = || prop_oneof![Just(String::new()), "[a-z ]{0,6}".prop_map(|text| format!(" # {text}"))];
    let block = (prop::collection::vec((scalar(), comment()), 1..4), comment(), prop::bool::ANY).prop_map(|(values, above, gap)| {
        let lines: String = values
            .iter()
            .enumerate()
            .map(|(i, (value, comment))| format!("\n        k{i}: {value}{}", if value.contains('\n') { "" } else { comment }))
            .collect();
        format!("labels:{above}{}{lines}", if gap { "\n\n        # above" } else { "" })
    });
    let braces = prop::collection::vec("[a-z]{1,4}", 0..3).prop_map(|values| {
        let pairs: Vec<String> = values.iter().enumerate().map(|(i, value)| format!("k{i}: {value}")).collect();
        format!("labels: {{{}}}", pairs.join(", "))
    });
    let labels = prop_oneof![
        block,
        braces,
        Just("labels:".to_owned()),
        Just("labels: null".to_owned()),
        Just("labels: ~ # none".to_owned()),
        Just("labels: { }".to_owned()),
        Just("labels: *shared".to_owned()),
        Just("name: x".to_owned())
    ];
    let nested = (labels, comment()).prop_map(|(labels, comment)| format!("metadata:{comment}\n      {labels}\n      other: y"));
    prop_oneof![
        nested,
        Just("metadata: {labels: {a: b}, name: x}".to_owned()),
        Just("metadata: {}".to_owned()),
        Just("metadata:".to_owned()),
        Just("metadata: { labels : {\n          a: b,\n\n          c: d } }".to_owned()),
        Just("x: y".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// However a manifest is written: what is put in is there, and what is taken out again leaves the very bytes.
    #[test]
    fn taking_out_undoes_putting_in(metadata in metadata(), windows in prop::bool::ANY, more in prop::bool::ANY, end in prop::bool::ANY) {
        let mut text = format!("shared: &shared {{z: z}}\n{}", deployment(&metadata));
        if more {
            text = format!("{text}---\n{text}");
        }
        if end {
            text = text.trim_end().to_owned();
        }
        if windows {
            text = text.replace('\n', "\r\n");
        }
        let both = [label(), path(&["spec", "template", "metadata", "annotations", "linkerd.io/inject"])];
        let read = Text::of(&text);
        prop_assert!(read.unreadable().is_empty(), "{}", text);
        let edits = |text: &Text<'_>, values: [Option<&str>; 2]| -> Vec<(Place, Vec<Edit>)> {
            let of = |(path, value): (&Vec<Step>, Option<&str>)| Edit::new(path.clone(), value);
            text.objects().into_iter().map(|(place, _)| (place, both.iter().zip(values).map(of).collect())).collect()
        };
        let (with, refused) = read.edited(&edits(&read, [Some("true"), Some("enabled")]));
        prop_assert!(refused.is_empty(), "{text}\n{refused:?}");
        let again = Text::of(&with);
        for (_, object) in again.objects() {
            prop_assert_eq!(object.pointer("/spec/template/metadata/labels/sidecar.istio.io~1inject"), Some(&serde_json::json!("true")), "{}", with);
        }
        // In the other order: each undoes its own.
        let mut out = edits(&again, [None, None]);
        out.iter_mut().for_each(|(_, edits)| edits.reverse());
        let (without, refused) = again.edited(&out);
        prop_assert!(refused.is_empty(), "{with}\n{refused:?}");
        prop_assert_eq!(without, text);
    }
}

/// What becomes of a text whose only object's scalar at `path` is to be `value`.
fn fix(text: &str, path: &str, value: &str) -> Result<String, String> {
    both(text, path, &[value])
}

/// The same, where several want that scalar to be something.
fn both(text: &str, path: &str, values: &[&str]) -> Result<String, String> {
    let read = Text::of(text);
    let place = read.objects().first().map(|(place, _)| *place).ok_or("there is no object")?;
    let edits: Vec<_> = values.iter().map(|value| (place, vec![Edit::replace(&Path::parse(path), value)])).collect();
    let (text, refused) = read.edited(&edits);
    refused.into_iter().next().map_or(Ok(text), |(_, why)| Err(why))
}

fn route(spec: &str) -> String {
    format!("# kept\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: cart}}\n{spec}\n# kept too\n")
}

#[test]
fn quotes_comments_and_layout_stay() {
    for (old, value, new) in [
        ("spec: {gateways: [a]} # why", "b", "spec: {gateways: [b]} # why"),
        ("spec:\n  gateways:\n  - \"a\"   # why", "b\"", "spec:\n  gateways:\n  - \"b\\\"\"   # why"),
        ("spec: {gateways: ['a']}", "it's", "spec: {gateways: ['it''s']}"),
        ("spec: {gateways: [a]}", "on", "spec: {gateways: [\"on\"]}"),
        ("spec: {gateways: [a]}", "1:30", "spec: {gateways: [\"1:30\"]}"),
        ("spec: {gateways: [a]}", "x, y]", "spec: {gateways: [\"x, y]\"]}"),
        ("spec: {gateways: [8]}", "shop/b", "spec: {gateways: [shop/b]}"),
    ] {
        assert_eq!(fix(&route(old), "spec.gateways[0]", value), Ok(route(new)), "{old}");
    }
}

#[test]
fn what_is_shared_or_written_otherwise_is_left_alone() {
    for (spec, why) in [
        ("spec: {hosts: [&x a], gateways: [*x]}", "alias"),
        ("spec: {gateways: [&x a], hosts: [*x]}", ""),
        ("spec:\n  gateways:\n  - |\n    a\n", ""),
        ("spec:\n  gateways:\n  - >-\n    a\n    b\n", ""),
        ("spec:\n  gateways:\n  - a\n    b\n", ""),
        ("spec: {gateways: [!!str a]}", ""),
    ] {
        let refused = fix(&route(spec), "spec.gateways[0]", "c");
        let fine = refused.clone().is_ok_and(|text| text == route(&spec.replace("!!str a", "!!str c")));
        assert!(fine || refused.clone().is_err_and(|error| error.contains(why)), "{spec}: {refused:?}");
    }
    let merged = "base: &base {host: a}\nspec: {hosts: [x], route: {<<: *base}}";
    assert!(fix(&route(merged), "spec.route.host", "b").is_err(), "{:?}", fix(&route(merged), "spec.route.host", "b"));
}

#[test]
fn two_wishes_for_one_place_are_refused() {
    let text = route("spec: {gateways: [a]}");
    assert_eq!(both(&text, "spec.gateways[0]", &["b", "c"]).unwrap_err(), "another edit wants something else there");
    assert_eq!(fix(&text, "spec.gateways[0]", "a").unwrap_err(), "it would not change what the file means");
}

/// A scalar, in every style of YAML, with the text it stands for.
fn any_scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,8}",
        "[a-z ]{1,8}".prop_map(|text| format!("'{text}'")),
        "[a-z:#{}\\[\\], ]{0,8}".prop_map(|text| format!("\"{text}\"")),
        Just("&anchor x".to_owned()),
        Just("*shared".to_owned()),
        Just("|\n      lines\n      more".to_owned()),
        Just("12".to_owned()),
        Just("true".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever a file holds, a fix changes the one scalar it names, or nothing.
    #[test]
    fn a_fix_changes_one_scalar_or_nothing(scalars in prop::collection::vec(any_scalar(), 1..5), at in 0usize..5, value in "[ -~]{1,10}", comment in "[a-z ]{0,10}") {
        let items: String = scalars.iter().map(|scalar| format!("    - {scalar}\n")).collect();
        let text = route(&format!("  # {comment}\nspec:\n  hosts: [&shared s]\n  gateways:\n{items}"));
        let at = at % scalars.len();
        let values = |text: &str| -> Vec<Value> { Text::of(text).objects().into_iter().map(|(_, value)| value.clone()).collect() };
        let before = values(&text);
        if let Ok(after) = fix(&text, &format!("spec.gateways[{at}]"), &value) {
            let mut expected = before;
            *expected[0].pointer_mut(&format!("/spec/gateways/{at}")).unwrap() = Value::from(value.clone());
            prop_assert_eq!(values(&after), expected);
            prop_assert_eq!(after.matches('#').count() >= 3, true, "comments stay");
        }
    }
}
