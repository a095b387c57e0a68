//! What a request asks for: path, query and verb, read as the real server's request-info resolver reads them.

use percent_encoding::percent_decode_str;

/// The resource a path names; `namespace` is also set for a Namespace itself, which is how authorisation sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    pub group: String,
    pub version: String,
    pub resource: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub subresource: Option<String>,
    /// What follows the subresource: the path a proxy request goes on with.
    pub rest: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// `/api/v1/…` or `/apis/G/V/…` with a resource.
    Resource(Target),
    /// Everything else: discovery, version, health.
    Path,
}

impl Route {
    pub fn of(path: &str) -> Self {
        let parts: Vec<String> = path.split('/').filter(|p| !p.is_empty()).map(decode).collect();
        let (group, version, rest) = match parts.as_slice() {
            [api, version, rest @ ..] if api == "api" => ("", version, rest),
            [apis, group, version, rest @ ..] if apis == "apis" => (group.as_str(), version, rest),
            _ => return Route::Path,
        };
        let mut target = Target { group: group.to_owned(), version: version.clone(), ..Target::default() };
        let rest = match rest {
            [] => return Route::Path,
            [word, namespace, sub] if word == "namespaces" && matches!(sub.as_str(), "status" | "finalize") => {
                target.namespace = Some(namespace.clone());
                rest
            }
            [word, namespace, resource @ ..] if word == "namespaces" && !resource.is_empty() => {
                target.namespace = Some(namespace.clone());
                resource
            }
            [word, namespace] if word == "namespaces" => {
                target.namespace = Some(namespace.clone());
                rest
            }
            _ => rest,
        };
        let mut rest = rest.iter().cloned();
        target.resource = rest.next().unwrap_or_default();
        target.name = rest.next();
        target.subresource = rest.next();
        target.rest = rest.collect();
        Route::Resource(target)
    }
}

/// The parameters of a query, decoded, in their order.
#[derive(Clone, Debug, Default)]
pub struct Query(pub Vec<(String, String)>);

impl Query {
    pub fn of(query: Option<&str>) -> Self {
        let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        Query(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(k, v)| (decode(&k.replace('+', " ")), decode(&v.replace('+', " "))))
                .collect(),
        )
    }

    /// The first value of `key`; an empty one counts as absent, as it does for the real server.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// Booleans as Kubernetes converts them: only "false", "0" and absence are false, and a bare key is true.
    pub fn flag(&self, key: &str) -> bool {
        self.0.iter().find(|(k, _)| k == key).is_some_and(|(_, v)| !matches!(v.to_ascii_lowercase().as_str(), "false" | "0"))
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The RBAC verb of a request.
pub fn verb(method: &str, target: &Target, query: &Query) -> &'static str {
    match method {
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" if target.name.is_some() => "delete",
        "DELETE" => "deletecollection",
        _ if query.flag("watch") && target.subresource.is_none() => "watch",
        _ if target.name.is_some() => "get",
        _ => "list",
    }
}
