//! What a patch gives to Envoy: whether it can be read as the message that it patches.
//!
//! Both notations of a field's name are read, `typed_config` and `typedConfig`, and what Envoy's JSON takes for a number or a word.

use crate::checks::support::istio::schema::envoy_messages::{EITHER, MESSAGES, PATCHED, WORDS};
use crate::mesh::istio::validation::Judge;
use crate::mesh::linkerd::annotations::nearest;
use crate::model::{Data, Field, go_nanos};

/// Judges the value of a patch.
pub(in crate::checks) fn judge(judge: &mut Judge<'_>, value: &Field<'_>, apply_to: &str) {
    let Some((_, name)) = PATCHED.iter().find(|(known, _)| *known == apply_to) else { return };
    walk(judge, value, name, false);
}

/// Judges a field of a type; `listed` says whether it is inside a list, where Istio does not look for filters without a type.
fn walk(judge: &mut Judge<'_>, field: &Field<'_>, kind: &'static str, listed: bool) {
    if let Some(item) = kind.strip_prefix('*').filter(|_| field.is_list()) {
        field.items().for_each(|f| walk(judge, &f, item, true));
    } else if let Some(item) = kind.strip_prefix('%').filter(|_| field.is_map()) {
        field.entries().for_each(|(_, f)| walk(judge, &f, item, true));
    } else if let Some((name, fields)) = MESSAGES.iter().find(|(name, _)| *name == kind).filter(|_| field.is_map()) {
        message(judge, field, name, fields, listed);
    } else if let Some((_, words)) = WORDS.iter().find(|(name, _)| *name == kind) {
        word(judge, field, words);
    } else if kind == "@" && field.is_map() {
        typed(judge, field);
    } else if !fits(field, kind) {
        let hint = format!("Write {}.", describe(kind));
        judge.error(field.path(), format!("Envoy cannot read this: {} belongs here", describe(kind)), hint);
    }
}

fn message(judge: &mut Judge<'_>, field: &Field<'_>, name: &str, fields: &'static str, listed: bool) {
    let known: Vec<(&str, &str)> = fields.split(' ').filter_map(|f| f.split_once(':')).collect();
    let mut set: Vec<&str> = Vec::new();
    for (written, inner) in field.entries().filter(|(_, inner)| !inner.is_null()) {
        let Some((name, kind)) = known.iter().find(|(name, _)| *name == written || camel(name) == written) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let meant = nearest(written, &names).map_or_else(|| format!("known here: {}", names.join(", ")), |n| format!("{n} is one it knows"));
            judge.warn(inner.path(), format!("Envoy knows no field {written:?} in a {name}"), format!("Correct the name; {meant}."));
            continue;
        };
        set.push(name);
        walk(judge, &inner, kind, listed);
    }
    for (_, group) in EITHER.iter().filter(|(message, _)| *message == name) {
        if let [first, second, ..] = group.split(' ').filter(|name| set.contains(name)).collect::<Vec<_>>()[..] {
            judge.error(field.path(), format!("{first} and {second} exclude each other"), "Keep one of the two.");
        }
    }
    let by_name = known.iter().any(|(name, _)| *name == "typed_config") && !set.iter().any(|f| ["typed_config", "config_discovery"].contains(f));
    if by_name {
        let (message, hint) = ("it has no typed_config: looking extensions up by name is deprecated", "Write typed_config with \"@type\".");
        if listed { judge.doubt(field.path(), message, hint) } else { judge.warn(field.path(), message, hint) }
    }
}

/// Extensions are known by the type of their configuration; Envoy's old API is gone.
fn typed(judge: &mut Judge<'_>, config: &Field<'_>) {
    match config.text("@type") {
        "" => judge.error(config.path(), "it does not say its type", "Write \"@type\": type.googleapis.com/envoy.extensions.….v3.…"),
        old if old.contains(".v2.") || old.contains(".v2alpha.") => {
            judge.error(config.path_of("@type"), format!("type {old:?} is of Envoy's API v2, which is gone"), "Write the type of API v3.");
        }
        name if !name.rsplit('/').next().is_some_and(|name| name.contains('.')) => {
            judge.error(config.path_of("@type"), format!("{name:?} is not the full name of a type"), "Write type.googleapis.com/ and the full name.");
        }
        _ => {}
    }
}

fn word(judge: &mut Judge<'_>, field: &Field<'_>, words: &'static str) {
    let known = || words.split(' ');
    let good = match field.data() {
        Data::Text(word) => known().any(|w| w == word),
        Data::Number(_) => field.int().is_some(),
        data => data == Data::Null,
    };
    if !good {
        let hint = format!("Write one of {}.", known().collect::<Vec<_>>().join(", "));
        judge.error(field.path(), format!("Envoy cannot read this: {field} is none of the words allowed here"), hint);
    }
}

fn fits(field: &Field<'_>, kind: &str) -> bool {
    match (kind, field.data()) {
        (_, Data::Null) | ("s", Data::Text(_)) | ("b", Data::Bool(_)) | ("o", Data::Map) => true,
        ("i", Data::Number(_) | Data::Text(_)) => field.int().is_some_and(|n| n >= 0),
        ("n", Data::Number(_) | Data::Text(_)) => field.number().is_some(),
        ("d", Data::Text(text)) => go_nanos(text).is_some(),
        _ => false,
    }
}

fn describe(kind: &str) -> &'static str {
    match kind {
        "s" => "text in quotes",
        "b" => "true or false",
        "i" => "a whole number",
        "n" => "a number",
        "d" => "a duration such as 10s",
        kind if kind.starts_with('*') => "a list",
        _ => "a map",
    }
}

/// `typed_config` as JSON usually writes it: `typedConfig`.
fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut parts = name.split('_');
    camel.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
