//! Who may do what: RBAC evaluated over the Role and binding objects in the store, as the real authoriser does.

use super::error::{ApiError, Result};
use super::resources::Resource;
use super::store::Store;
use serde_json::{Value, json};

/// An authenticated (or anonymous) user.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub user: String,
    pub groups: Vec<String>,
}

impl Identity {
    pub fn new(user: &str, groups: &[&str]) -> Self {
        let mut groups: Vec<String> = groups.iter().map(|&g| g.to_owned()).collect();
        if let Some(rest) = user.strip_prefix("system:serviceaccount:") {
            groups.push("system:serviceaccounts".into());
            groups.extend(rest.split_once(':').map(|(namespace, _)| format!("system:serviceaccounts:{namespace}")));
        }
        groups.push("system:authenticated".into());
        Identity { user: user.to_owned(), groups }
    }

    pub fn anonymous() -> Self {
        Identity { user: "system:anonymous".into(), groups: vec!["system:unauthenticated".into()] }
    }
}

/// What is about to be done.
#[derive(Clone, Debug, Default)]
pub struct Action<'a> {
    pub verb: &'a str,
    pub group: &'a str,
    pub resource: &'a str,
    pub subresource: Option<&'a str>,
    pub namespace: Option<&'a str>,
    pub name: Option<&'a str>,
    /// Set for paths outside the resources.
    pub path: Option<&'a str>,
}

/// Whether the bindings in `store` let `who` do it; the namespace's own bindings count only inside it.
pub fn allowed(store: &Store, who: &Identity, action: &Action<'_>) -> bool {
    // The real server short-circuits this group before any binding.
    who.groups.iter().any(|g| g == "system:masters") || rules(store, who, action.namespace).iter().any(|rule| permits(rule, action))
}

/// The rules that hold for `who`, cluster-wide ones and those of `namespace`.
pub fn rules(store: &Store, who: &Identity, namespace: Option<&str>) -> Vec<Value> {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let mut all = Vec::new();
    let mut take = |binding: &Value, within: Option<&str>| {
        let bound = binding["subjects"].as_array().is_some_and(|subjects| subjects.iter().any(|s| is(s, who, within)));
        if !bound {
            return;
        }
        let name = binding["roleRef"]["name"].as_str().unwrap_or_default();
        let role = match (binding["roleRef"]["kind"].as_str(), within) {
            (Some("ClusterRole"), _) => store.get(GROUP, "clusterroles", name),
            (Some("Role"), Some(namespace)) => store.get(GROUP, "roles", &format!("{namespace}/{name}")),
            _ => None,
        };
        all.extend(role.into_iter().flat_map(|role| role["rules"].as_array().cloned().unwrap_or_default()));
    };
    store.all(GROUP, "clusterrolebindings").for_each(|binding| take(binding, None));
    if let Some(namespace) = namespace {
        store.all(GROUP, "rolebindings").filter(|b| b["metadata"]["namespace"] == namespace).for_each(|binding| take(binding, Some(namespace)));
    }
    all
}

fn is(subject: &Value, who: &Identity, within: Option<&str>) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("User") => name == who.user,
        Some("Group") => who.groups.iter().any(|g| g == name),
        Some("ServiceAccount") => {
            let namespace = subject["namespace"].as_str().or(within).unwrap_or_default();
            who.user == format!("system:serviceaccount:{namespace}:{name}")
        }
        _ => false,
    }
}

fn permits(rule: &Value, action: &Action<'_>) -> bool {
    let has = |field: &str, wanted: &str| list(rule, field).any(|v| v == "*" || v == wanted);
    if !has("verbs", action.verb) {
        return false;
    }
    if let Some(path) = action.path {
        return list(rule, "nonResourceURLs").any(|v| v == path || v.strip_suffix('*').is_some_and(|start| path.starts_with(start)));
    }
    let resource = match action.subresource {
        Some(sub) => {
            let both = format!("{}/{sub}", action.resource);
            list(rule, "resources").any(|v| v == "*" || v == both || v == format!("*/{sub}"))
        }
        None => has("resources", action.resource),
    };
    let names: Vec<&str> = list(rule, "resourceNames").collect();
    has("apiGroups", action.group) && resource && (names.is_empty() || action.name.is_some_and(|name| names.contains(&name)))
}

fn list<'a>(rule: &'a Value, field: &str) -> impl Iterator<Item = &'a str> {
    rule[field].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The roles every cluster starts with, as far as a client notices them.
pub fn bootstrap() -> Vec<Value> {
    const VERSION: &str = "rbac.authorization.k8s.io/v1";
    let role = |name: &str, rules: Value| json!({"apiVersion": VERSION, "kind": "ClusterRole", "metadata": {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}, "rules": rules});
    let bind = |name: &str, groups: &[&str]| {
        let subjects: Vec<Value> = groups.iter().map(|g| json!({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": g})).collect();
        json!({
            "apiVersion": VERSION, "kind": "ClusterRoleBinding",
            "metadata": {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}, "subjects": subjects,
        })
    };
    let public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    let discovery = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"];
    vec![
        role("cluster-admin", json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}, {"nonResourceURLs": ["*"], "verbs": ["*"]}])),
        role("system:public-info-viewer", json!([{"nonResourceURLs": public, "verbs": ["get"]}])),
        role("system:discovery", json!([{"nonResourceURLs": discovery, "verbs": ["get"]}])),
        role(
            "system:basic-user",
            json!([
                {"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], "verbs": ["create"]},
                {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
            ]),
        ),
        bind("cluster-admin", &["system:masters"]),
        bind("system:public-info-viewer", &["system:authenticated", "system:unauthenticated"]),
        bind("system:discovery", &["system:authenticated"]),
        bind("system:basic-user", &["system:authenticated"]),
    ]
}

/// Answers the reviews a user makes about itself.
pub fn review(store: &Store, who: &Identity, resource: &Resource, body: &Value) -> Result<Value> {
    let mut answer = body.clone();
    let spec = &body["spec"];
    match resource.plural.as_str() {
        "selfsubjectreviews" => answer["status"] = json!({"userInfo": {"username": who.user, "groups": who.groups}}),
        "selfsubjectrulesreviews" => {
            let namespace = spec["namespace"].as_str().filter(|n| !n.is_empty()).ok_or_else(|| ApiError::bad_request("no namespace on request"))?;
            let masters = who.groups.iter().any(|g| g == "system:masters");
            let everything = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "nonResourceURLs": ["*"]});
            let rules = if masters { vec![everything] } else { rules(store, who, Some(namespace)) };
            let resources: Vec<Value> = rules.iter().filter(|r| r["resources"].is_array()).cloned().map(|r| without(r, "nonResourceURLs")).collect();
            let others: Vec<Value> = rules
                .iter()
                .filter(|r| r["nonResourceURLs"].is_array())
                .map(|r| json!({"verbs": r["verbs"], "nonResourceURLs": r["nonResourceURLs"]}))
                .collect();
            answer["status"] = json!({"resourceRules": resources, "nonResourceRules": others, "incomplete": false});
        }
        _ => {
            let text = |at: &'static str, of: &'static str| spec[at][of].as_str().filter(|t| !t.is_empty());
            let action = match spec["nonResourceAttributes"].is_object() {
                true => Action {
                    verb: text("nonResourceAttributes", "verb").unwrap_or_default(),
                    path: text("nonResourceAttributes", "path"),
                    ..Action::default()
                },
                false => Action {
                    verb: text("resourceAttributes", "verb").unwrap_or_default(),
                    group: text("resourceAttributes", "group").unwrap_or_default(),
                    resource: text("resourceAttributes", "resource").unwrap_or_default(),
                    subresource: text("resourceAttributes", "subresource"),
                    namespace: text("resourceAttributes", "namespace"),
                    name: text("resourceAttributes", "name"),
                    path: None,
                },
            };
            answer["status"] = json!({"allowed": allowed(store, who, &action)});
        }
    }
    Ok(answer)
}

fn without(mut value: Value, field: &str) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.remove(field);
    }
    value
}
