//! Filters of routes, and the backends that some of them name.

use super::values::{HEADER, PRECISE, has_path_characters, is_template};
use super::{Faults, gateway};
use crate::model::{Field, Kind};

/// The field of each type of filter; a filter has the one of its type and no other.
const FIELDS: [(&str, &str); 8] = [
    ("RequestHeaderModifier", "requestHeaderModifier"),
    ("ResponseHeaderModifier", "responseHeaderModifier"),
    ("RequestMirror", "requestMirror"),
    ("RequestRedirect", "requestRedirect"),
    ("URLRewrite", "urlRewrite"),
    ("ExtensionRef", "extensionRef"),
    ("CORS", "cors"),
    ("ExternalAuth", "externalAuth"),
];

/// Types of which a rule or backend may have one.
const ONCE: [&str; 5] = ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite", "CORS"];

/// The filters of a rule or of a backend.
pub(super) fn filters(kind: Kind, holder: &Field<'_>, faults: &mut Faults) {
    let filters: Vec<Field<'_>> = holder.list("filters").collect();
    for filter in &filters {
        self::filter(kind, filter, faults);
    }
    faults.unique(filters.iter().copied().filter(|f| ONCE.contains(&f.text("type"))), "the filter", |f| Some(f.text("type").to_owned()));
    let has = |name: &str| filters.iter().any(|f| f.text("type") == name);
    if has("RequestRedirect") && has("URLRewrite") {
        faults.add(holder.path_of("filters"), "RequestRedirect and URLRewrite cannot stand together", "Remove one of the two.");
    }
}

fn filter(kind: Kind, filter: &Field<'_>, faults: &mut Faults) {
    if faults.required(filter, "type").is_none() {
        return;
    }
    let types: &[&str] = match kind {
        Kind::GrpcRoute => &["RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef"],
        _ => &FIELDS.map(|(name, _)| name),
    };
    let own = filter.text("type");
    faults.choice(filter, "type", types);
    for (name, field) in FIELDS {
        match (own == name, filter.get(field)) {
            (true, None) => faults.add(filter.path(), format!("a filter of type {name} needs {field}"), format!("Add {field}.")),
            (false, Some(other)) if types.contains(&own) => {
                faults.add(other.path(), format!("{field} does not go with type {own}"), format!("Write type: {name}, or remove {field}."));
            }
            _ => {}
        }
    }
    for modifier in ["requestHeaderModifier", "responseHeaderModifier"].into_iter().filter_map(|name| filter.get(name)) {
        headers(&modifier, faults);
    }
    if let Some(backend) = filter.at(["requestMirror", "backendRef"]) {
        self::backend(&backend, faults);
    }
    for redirect in ["requestRedirect", "urlRewrite"].into_iter().filter_map(|name| filter.get(name)) {
        faults.text(&redirect, "hostname", &PRECISE);
        faults.choice(&redirect, "scheme", &["http", "https"]);
        faults.port(&redirect);
        path(&redirect, faults);
    }
    if let Some(code) =
        filter.at(["requestRedirect", "statusCode"]).filter(|code| ![301, 302, 303, 307, 308].contains(&code.int().unwrap_or_default()))
    {
        faults.add(code.path(), format!("{code} is no status of a redirect"), "Write 301, 302, 303, 307 or 308.");
    }
    if let Some(auth) = filter.get("externalAuth") {
        external_auth(&auth, faults);
    }
}

/// Headers to set, add and remove: each name once in each list.
fn headers(modifier: &Field<'_>, faults: &mut Faults) {
    for list in ["set", "add"] {
        for header in modifier.list(list) {
            faults.required(&header, "name");
            faults.required(&header, "value");
            faults.text(&header, "name", &HEADER);
            if let Some(value) = header.get("value").filter(|v| v.str().is_some_and(|text| text.contains(['\n', '\r']))) {
                faults.add(value.path(), "the value of a header has a line break", "Write the value on one line.");
            }
        }
        faults.unique(modifier.list(list), "the header", |header| Some(header.text("name").to_owned()).filter(|name| !name.is_empty()));
    }
    faults.unique(modifier.list("remove"), "the header", |name| name.str().map(str::to_owned));
}

fn path(redirect: &Field<'_>, faults: &mut Faults) {
    let Some(path) = redirect.get("path") else { return };
    faults.choice(&path, "type", &["ReplaceFullPath", "ReplacePrefixMatch"]);
    for (kind, field) in [("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch")] {
        match (path.text("type") == kind, path.get(field)) {
            (true, None) => faults.add(path.path(), format!("type {kind} needs {field}"), format!("Add {field}.")),
            (false, Some(other)) => {
                faults.add(other.path(), format!("{field} does not go with type {}", path.text("type")), format!("Write type: {kind}."))
            }
            _ => {}
        }
    }
}

/// A prefix can be replaced where one match says which.
pub(super) fn prefix_needs_one_match(rule: &Field<'_>, faults: &mut Faults) {
    let of_backends = rule.list("backendRefs").flat_map(|backend| backend.list("filters").collect::<Vec<_>>());
    let replacing = rule.list("filters").chain(of_backends).find_map(|filter| {
        let changed = ["requestRedirect", "urlRewrite"].into_iter().find_map(|name| filter.get(name))?;
        changed.get("path").filter(|path| path.text("type") == "ReplacePrefixMatch" && path.get("replacePrefixMatch").is_some())
    });
    let Some(path) = replacing else { return };
    // Without a match the API server puts in one for the prefix "/"; without a type the match of a path is one for a prefix.
    let matches: Vec<Field<'_>> = rule.list("matches").collect();
    let one = match matches.as_slice() {
        [] => true,
        [only] => only.get("path").is_none_or(|path| matches!(path.text("type"), "" | "PathPrefix")),
        _ => false,
    };
    if !one {
        let hint = "Give the rule exactly one match, of type PathPrefix; write a rule for each prefix.";
        faults.add_about("match", path.path(), "replacePrefixMatch needs exactly one PathPrefix match in its rule", hint);
    }
}

fn external_auth(auth: &Field<'_>, faults: &mut Faults) {
    if faults.required(auth, "protocol").is_some() {
        faults.choice(auth, "protocol", &["HTTP", "GRPC"]);
    }
    faults.required(auth, "backendRef");
    let path = auth.at(["http", "path"]);
    if let Some(path) = path.filter(|p| p.str().is_some_and(|text| !is_template(text) && !has_path_characters(text))) {
        faults.add(path.path(), format!("{path} is no path"), "Begin with '/' and escape characters that paths may not have.");
    }
}

/// A reference to a backend. That a Service is named without a port is told of by another rule when the Service is there.
pub(super) fn backend(backend: &Field<'_>, faults: &mut Faults) {
    gateway::reference(backend, faults);
    faults.port(backend);
    let service = backend.get("group").is_none_or(|g| g.str() == Some("")) && matches!(backend.text("kind"), "" | "Service");
    if service && backend.get("port").is_none() && backend.get("name").is_some() {
        faults.add(backend.path_of("port"), format!("Service {:?} is named without a port", backend.text("name")), "Add the Service's port.");
    }
}
