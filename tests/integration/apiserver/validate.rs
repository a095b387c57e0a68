//! What the real server refuses of any object: bad names, labels and metadata, and the rules of a few kinds that the tests lean on.

use super::error::{ApiError, Problem, Result};
use super::resources::Resource;
use super::schema;
use serde_json::{Value, json};

/// Everything that must hold of `object` before it is stored; `old` is what it replaces.
pub fn check(resource: &Resource, version: &str, object: &Value, old: Option<&Value>) -> Result<()> {
    let mut problems = Vec::new();
    metadata(resource, &object["metadata"], &mut problems);
    if resource.custom {
        if let Some((_, root)) = resource.schemas.iter().find(|(v, _)| v == version) {
            schema::validate(root, object, "", &mut problems);
        }
    } else {
        built_in(resource, object, old, &mut problems);
    }
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    if problems.is_empty() { Ok(()) } else { Err(ApiError::invalid(resource, name, &problems)) }
}

fn metadata(resource: &Resource, metadata: &Value, problems: &mut Vec<Problem>) {
    match metadata["name"].as_str().unwrap_or_default() {
        "" => problems.push(Problem::required("metadata.name")),
        name => {
            let checked = match (resource.group.as_str(), resource.plural.as_str()) {
                // RBAC names are path segments; a colon is usual in them.
                ("rbac.authorization.k8s.io", _) => path_segment(name),
                ("", "namespaces" | "services") => dns_label(name),
                _ => dns_subdomain(name),
            };
            if let Err(why) = checked {
                problems.push(Problem::invalid("metadata.name", &json!(name), why));
            }
        }
    }
    for (field, check_value) in [("labels", true), ("annotations", false)] {
        let at = format!("metadata.{field}");
        for (key, value) in metadata[field].as_object().into_iter().flatten() {
            if let Err(why) = qualified_name(&key.to_lowercase()) {
                problems.push(Problem::invalid(at.clone(), &json!(key), why));
            }
            if check_value && let Err(why) = label_value(value.as_str().unwrap_or_default()) {
                problems.push(Problem::invalid(at.clone(), value, why));
            }
        }
    }
    let size: usize = metadata["annotations"].as_object().into_iter().flatten().map(|(k, v)| k.len() + v.as_str().map_or(0, str::len)).sum();
    if size > 262_144 {
        problems.push(Problem {
            field: "metadata.annotations".into(),
            reason: "FieldValueTooLong",
            message: "Too long: may not be more than 262144 bytes".into(),
        });
    }
}

fn built_in(resource: &Resource, object: &Value, old: Option<&Value>, problems: &mut Vec<Problem>) {
    let spec = &object["spec"];
    let empty = |value: &Value| value.as_array().is_none_or(Vec::is_empty);
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => containers(spec, "spec", problems),
        ("apps", "deployments" | "replicasets" | "statefulsets" | "daemonsets") => workload(object, old, problems),
        ("", "services") if empty(&spec["ports"]) && spec["clusterIP"] != "None" && spec["type"] != "ExternalName" => {
            problems.push(Problem::required("spec.ports"));
        }
        ("", "services") => service_ports(spec, problems),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            if let Some(old) = old.filter(|old| old["roleRef"] != object["roleRef"]) {
                problems.push(Problem::invalid("roleRef", &old["roleRef"], "cannot change roleRef"));
            }
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => definition(object, problems),
        _ => {}
    }
}

fn service_ports(spec: &Value, problems: &mut Vec<Problem>) {
    let ports = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (i, port) in ports.iter().enumerate() {
        if ports.len() > 1 && port["name"].as_str().unwrap_or_default().is_empty() {
            problems.push(Problem::required(format!("spec.ports[{i}].name")));
        }
        if !port["port"].as_u64().is_some_and(|n| (1..=65535).contains(&n)) {
            problems.push(Problem::invalid(format!("spec.ports[{i}].port"), &port["port"], "must be between 1 and 65535, inclusive"));
        }
    }
}

fn workload(object: &Value, old: Option<&Value>, problems: &mut Vec<Problem>) {
    let spec = &object["spec"];
    let selector = &spec["selector"];
    if selector.as_object().is_none_or(serde_json::Map::is_empty) {
        problems.push(Problem::required("spec.selector"));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let fits = selector["matchLabels"].as_object().into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    if !fits {
        problems.push(Problem::invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
    }
    containers(&spec["template"]["spec"], "spec.template.spec", problems);
    if old.is_some_and(|old| old["spec"]["selector"] != *selector) {
        problems.push(Problem::invalid("spec.selector", selector, "field is immutable"));
    }
}

fn containers(spec: &Value, at: &str, problems: &mut Vec<Problem>) {
    if spec["containers"].as_array().is_none_or(Vec::is_empty) {
        problems.push(Problem::required(format!("{at}.containers")));
    }
    for list in ["initContainers", "containers"] {
        for (i, container) in spec[list].as_array().into_iter().flatten().enumerate() {
            for field in ["name", "image"] {
                if container[field].as_str().unwrap_or_default().is_empty() {
                    problems.push(Problem::required(format!("{at}.{list}[{i}].{field}")));
                }
            }
        }
    }
}

fn definition(object: &Value, problems: &mut Vec<Problem>) {
    let spec = &object["spec"];
    let (group, plural) = (spec["group"].as_str().unwrap_or_default(), spec["names"]["plural"].as_str().unwrap_or_default());
    let name = &object["metadata"]["name"];
    if *name != json!(format!("{plural}.{group}")) {
        problems.push(Problem::invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
    }
    let protected = group.ends_with(".k8s.io") || group.ends_with(".kubernetes.io");
    if protected && object["metadata"]["annotations"].get("api-approved.kubernetes.io").is_none() {
        let field = "metadata.annotations[api-approved.kubernetes.io]";
        problems.push(Problem::required(field));
    }
    let versions = spec["versions"].as_array().map(Vec::as_slice).unwrap_or_default();
    if versions.iter().filter(|v| v["storage"] == true).count() != 1 {
        problems.push(Problem::invalid("spec.versions", &json!([]), "must have exactly one version marked as storage version"));
    }
    for (i, version) in versions.iter().enumerate() {
        if !version["schema"]["openAPIV3Schema"].is_object() {
            problems.push(Problem::required(format!("spec.versions[{i}].schema.openAPIV3Schema")));
        }
    }
    if !matches!(spec["scope"].as_str(), Some("Namespaced" | "Cluster")) {
        problems.push(Problem::required("spec.scope"));
    }
}

fn path_segment(name: &str) -> Result<(), &'static str> {
    if matches!(name, "." | "..") || name.contains(['/', '%']) { Err("may not contain '/' or '%'") } else { Ok(()) }
}

fn dns_label(name: &str) -> Result<(), &'static str> {
    const WHY: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an \
                       alphanumeric character";
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let fits = !name.is_empty() && name.len() <= 63 && name.bytes().all(inner) && !name.starts_with('-') && !name.ends_with('-');
    if fits { Ok(()) } else { Err(WHY) }
}

fn dns_subdomain(name: &str) -> Result<(), &'static str> {
    const WHY: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with \
                       an alphanumeric character";
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let part = |part: &str| !part.is_empty() && part.bytes().all(inner) && !part.starts_with('-') && !part.ends_with('-');
    if name.len() <= 253 && name.split('.').all(part) { Ok(()) } else { Err(WHY) }
}

/// `prefix/name` as in labels and annotations.
pub fn qualified_name(key: &str) -> Result<(), &'static str> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    if let Some(prefix) = prefix {
        dns_subdomain(prefix)?;
    }
    if !name.is_empty() && word(name) { Ok(()) } else { Err("name part must consist of alphanumeric characters, '-', '_' or '.'") }
}

pub fn label_value(value: &str) -> Result<(), &'static str> {
    if word(value) { Ok(()) } else { Err("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'") }
}

fn word(text: &str) -> bool {
    let edge = |c: Option<u8>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let inner = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.');
    text.len() <= 63 && text.bytes().all(inner) && edge(text.bytes().next()) && edge(text.bytes().last())
}
