//! `/version`, `/api`, `/apis` in both forms of discovery, health, and just enough OpenAPI for kubectl.

use super::Shared;
use super::answer::{Answer, full};
use super::error::{ApiError, Result};
use super::handle::Call;
use super::resources::{Resource, version_rank};
use super::store::Store;
use hyper::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub fn answer(shared: &Shared, call: &Call) -> Result<Answer> {
    if call.method != "GET" {
        return Err(ApiError::method_not_allowed());
    }
    let store = shared.store();
    let parts: Vec<&str> = call.path.split('/').filter(|p| !p.is_empty()).collect();
    match parts.as_slice() {
        ["version"] => {
            let (major, rest) = shared.version.trim_start_matches('v').split_once('.').unwrap_or(("1", "33"));
            let minor = rest.split('.').next().unwrap_or_default();
            Ok(Answer::ok(json!({
                "major": major, "minor": minor, "gitVersion": shared.version, "gitCommit": "", "gitTreeState": "clean", "buildDate": "",
                "goVersion": "", "compiler": "", "platform": "linux/amd64",
            })))
        }
        ["healthz" | "livez" | "readyz"] => Ok(Answer::Raw(full(StatusCode::OK, "text/plain; charset=utf-8", "ok"))),
        ["api" | "apis"] if wants_aggregated(call) && shared.aggregated => Ok(aggregated(&store, parts[0])),
        ["api"] => Ok(Answer::ok(json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
        }))),
        ["apis"] => {
            let groups: Vec<Value> = groups(&store).iter().filter(|(g, _)| !g.is_empty()).map(|(g, versions)| group(g, versions, false)).collect();
            Ok(Answer::ok(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
        }
        ["apis", name] => {
            let groups = groups(&store);
            let versions = groups.get(*name).ok_or_else(ApiError::unknown_path)?;
            Ok(Answer::ok(group(name, versions, true)))
        }
        ["api", version] => resource_list(&store, "", version),
        ["apis", group, version] => resource_list(&store, group, version),
        ["openapi", "v3"] => {
            let path = |g: &str, v: &str| if g.is_empty() { format!("api/{v}") } else { format!("apis/{g}/{v}") };
            let all = groups(&store);
            let pairs = all.iter().flat_map(|(g, versions)| versions.iter().map(move |v| path(g, v)));
            let paths: BTreeMap<String, Value> =
                pairs.map(|p| (p.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{p}?hash=0")}))).collect();
            Ok(Answer::ok(json!({"paths": paths})))
        }
        ["openapi", "v3", "api", version] => open_api(&store, "", version),
        ["openapi", "v3", "apis", group, version] => open_api(&store, group, version),
        _ => Err(ApiError::unknown_path()),
    }
}

fn groups(store: &Store) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for resource in store.resources() {
        let versions = groups.entry(resource.group.clone()).or_default();
        versions.extend(resource.versions.iter().filter(|v| !versions.contains(v)).cloned().collect::<Vec<_>>());
    }
    groups.values_mut().for_each(|versions| versions.sort_by_key(|v| std::cmp::Reverse(version_rank(v))));
    groups
}

fn group(name: &str, versions: &[String], alone: bool) -> Value {
    let entry = |v: &String| json!({"groupVersion": format!("{name}/{v}"), "version": v});
    let mut group =
        json!({"name": name, "versions": versions.iter().map(entry).collect::<Vec<_>>(), "preferredVersion": versions.first().map(entry)});
    if alone {
        group["kind"] = json!("APIGroup");
        group["apiVersion"] = json!("v1");
    }
    group
}

fn of_group<'a>(store: &'a Store, group: &'a str, version: &'a str) -> impl Iterator<Item = &'a Resource> {
    store.resources().filter(move |r| r.group == group && r.serves(version))
}

fn resource_list(store: &Store, group: &str, version: &str) -> Result<Answer> {
    let mut all = Vec::new();
    for resource in of_group(store, group, version) {
        let mut entry = json!({
            "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced, "kind": resource.kind, "verbs": resource.verbs(),
        });
        if !resource.short_names.is_empty() {
            entry["shortNames"] = json!(resource.short_names);
        }
        all.push(entry);
        for sub in resource.subresources(version) {
            let mut entry = json!({
                "name": format!("{}/{}", resource.plural, sub["name"].as_str().unwrap_or_default()), "singularName": "",
                "namespaced": resource.namespaced, "kind": sub["responseKind"]["kind"], "verbs": sub["verbs"],
            });
            if sub["name"] == "scale" {
                entry["group"] = sub["responseKind"]["group"].clone();
                entry["version"] = sub["responseKind"]["version"].clone();
            }
            all.push(entry);
        }
    }
    if all.is_empty() {
        return Err(ApiError::unknown_path());
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Ok(Answer::ok(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": all})))
}

fn wants_aggregated(call: &Call) -> bool {
    // kubectl offers v2beta1 and plain JSON behind it; only the stable form is answered.
    call.header("accept").split(',').any(|clause| {
        let has = |word: &str| clause.split(';').any(|p| p.trim() == word);
        has("application/json") && has("g=apidiscovery.k8s.io") && has("v=v2") && has("as=APIGroupDiscoveryList")
    })
}

fn aggregated(store: &Store, root: &str) -> Answer {
    let resource = |r: &Resource, version: &str| {
        let subresources: Vec<Value> = r
            .subresources(version)
            .into_iter()
            .map(|s| json!({"subresource": s["name"], "responseKind": s["responseKind"], "verbs": s["verbs"]}))
            .collect();
        let mut entry = json!({
            "resource": r.plural, "responseKind": {"group": r.group, "version": version, "kind": r.kind},
            "scope": if r.namespaced { "Namespaced" } else { "Cluster" }, "singularResource": r.singular, "verbs": r.verbs(),
        });
        if !r.short_names.is_empty() {
            entry["shortNames"] = json!(r.short_names);
        }
        if !subresources.is_empty() {
            entry["subresources"] = Value::Array(subresources);
        }
        entry
    };
    let all = groups(store);
    let items: Vec<Value> = all
        .iter()
        .filter(|(group, _)| group.is_empty() == (root == "api"))
        .map(|(group, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|v| {
                    let resources: Vec<Value> = of_group(store, group, v).map(|r| resource(r, v)).collect();
                    json!({"version": v, "resources": resources, "freshness": "Current"})
                })
                .collect();
            json!({"metadata": {"name": group, "creationTimestamp": null}, "versions": versions})
        })
        .collect();
    let list = json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items});
    let kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    Answer::Raw(full(StatusCode::OK, kind, format!("{list}\n")))
}

/// No schemas: only the parameters of PATCH, by which kubectl learns that the server itself validates fields and does dry runs.
/// With that, `kubectl apply` works without `--validate=false`; `kubectl explain` does not.
fn open_api(store: &Store, group: &str, version: &str) -> Result<Answer> {
    let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    let names = ["dryRun", "fieldManager", "fieldValidation", "force"];
    let parameters: Vec<Value> = names.iter().map(|n| json!({"name": n, "in": "query", "schema": {"type": "string", "uniqueItems": true}})).collect();
    let paths: BTreeMap<String, Value> = of_group(store, group, version)
        .filter(|r| !r.review)
        .map(|r| {
            let scope = if r.namespaced { "/namespaces/{namespace}" } else { "" };
            let kind = json!({"group": group, "version": version, "kind": r.kind});
            let patch = json!({"parameters": parameters, "x-kubernetes-group-version-kind": kind, "x-kubernetes-action": "patch", "responses": {}});
            (format!("{root}{scope}/{}/{{name}}", r.plural), json!({"patch": patch}))
        })
        .collect();
    if paths.is_empty() {
        return Err(ApiError::unknown_path());
    }
    Ok(Answer::ok(
        json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "unversioned"}, "paths": paths, "components": {"schemas": {}}}),
    ))
}
