//! WebAssembly modules of WasmPlugins and TrafficExtensions.

use std::collections::BTreeSet;

use super::{Judge, has, port};
use crate::model::Field;

/// Judges where a module comes from and how it is run.
pub(in super::super) fn wasm(judge: &mut Judge<'_, '_>, wasm: &Field<'_>) {
    let url = wasm.text("url");
    if url.is_empty() {
        judge.error(wasm.path_of("url"), "there is no url to load the module from", "Write url: oci://registry/image:tag.");
    } else if let Some(scheme) = scheme(url).filter(|scheme| !["file", "http", "https", "oci"].contains(&scheme.to_ascii_lowercase().as_str())) {
        let message = format!("{scheme:?} is taken for the scheme of the url, and modules cannot be loaded by it");
        judge.error(wasm.path_of("url"), message, "Begin the url with oci://, https://, http:// or file://.");
    } else if url.starts_with(':') || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        judge.error(wasm.path_of("url"), format!("{url:?} is not a URL"), "Write a URL without spaces.");
    }
    let sha = wasm.text("sha256");
    if !sha.is_empty() && (sha.len() != 64 || !sha.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))) {
        judge.error(wasm.path_of("sha256"), "sha256 is not a checksum", "Write 64 lower-case hexadecimal digits.");
    }
    for (name, most) in [("imagePullSecret", 253), ("pluginName", 256)] {
        let length = wasm.text(name).len();
        if length > most {
            judge.error(wasm.path_of(name), format!("{name} has {length} characters, at most {most} are allowed"), "Shorten it.");
        }
    }
    let mut names = BTreeSet::new();
    for env in wasm.get("vmConfig").into_iter().flat_map(|vm| vm.list("env")) {
        let name = env.text("name");
        if name.is_empty() {
            judge.error(env.path_of("name"), "the variable has no name", "Write name.");
        } else if name.len() > 256 {
            judge.error(env.path_of("name"), format!("the name has {} characters, at most 256 are allowed", name.len()), "Shorten it.");
        } else if !names.insert(name) {
            judge.error(env.path_of("name"), format!("variable {name:?} is set twice"), "Keep one of the two.");
        }
        if env.text("valueFrom") == "HOST" && has(&env, "value") {
            judge.error(env.path_of("value"), "the value is taken from the host, yet one is written", "Remove value, or write valueFrom: INLINE.");
        }
    }
}

/// What stands before the first colon, when it can be a scheme.
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let good = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(good)).then_some(scheme)
}

/// Judges the ports of `match`.
pub(in super::super) fn match_ports(judge: &mut Judge<'_, '_>, spec: &Field<'_>) {
    for number in spec.list("match").flat_map(|m| m.list("ports").collect::<Vec<_>>()) {
        let value = number.get("number").and_then(|n| n.int()).unwrap_or_default();
        judge.judge(&number, port(value));
    }
}
