//! WebAssembly modules of WasmPlugins and TrafficExtensions.

use std::collections::BTreeSet;

use crate::mesh::istio::validation::{Judge, go_url, has, port, scheme};
use crate::model::Field;

/// Judges where a module comes from and how it is run.
pub(crate) fn wasm(judge: &mut Judge<'_>, wasm: &Field<'_>) {
    url(judge, wasm);
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

fn url(judge: &mut Judge<'_>, wasm: &Field<'_>) {
    const HINT: &str = "Write a URL like oci://registry:5000/image:tag; https://, http:// and file:// are known too.";
    let url = wasm.text("url");
    let path = wasm.path_of("url");
    if url.is_empty() {
        judge.error(path, "there is no url to load the module from", "Write url: oci://registry/image:tag.");
        return;
    }
    let good = go_url(url);
    let whole = good && (scheme(url).is_some() || url.starts_with('/'));
    // What is no whole URL is judged with http:// before it.
    if !whole && !go_url(&format!("http://{url}")) {
        judge.error(path, format!("{url:?} is not a URL"), HINT);
    } else if let Some(scheme) = scheme(url).filter(|s| whole && !["file", "http", "https", "oci"].contains(&s.to_ascii_lowercase().as_str())) {
        judge.error(path, format!("{scheme:?} is taken for the scheme of the url, and modules cannot be loaded by it"), HINT);
    } else if !good || url.contains(' ') {
        // Validation lets it pass; where modules are loaded nothing is put before it, and istiod drops the extension.
        judge.refused(path, format!("{url:?} is no URL that a module can be loaded from"), HINT);
    }
}

/// Judges the ports of `match`.
pub(crate) fn match_ports(judge: &mut Judge<'_>, spec: &Field<'_>) {
    for number in spec.list("match").flat_map(|m| m.list("ports").collect::<Vec<_>>()) {
        let value = number.get("number").and_then(|n| n.int()).unwrap_or_default();
        judge.judge(&number, port(value));
    }
}
