//! Which route of a list takes a request, as Linkerd's proxy finds it: the best host, then the longest path, then headers, parameters, method.

use std::cmp::Ordering;

use regex::Regex;

use super::super::Request;
use super::super::url::{parameter, path_only};
use crate::model::Field;

/// How well a host fits; a name fits better than a wildcard, a longer one better than a shorter.
pub(super) type HostFit = Option<(bool, usize)>;

/// How well a rule fits; greater is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// Path, or service and method of a gRPC call.
    pub path: (usize, usize),
    pub headers: usize,
    pub parameters: usize,
    pub method: bool,
}

/// The fit of a rule without conditions.
pub(super) const ANY_HTTP: Fit = Fit { path: (1, 0), headers: 0, parameters: 0, method: false };
pub(super) const ANY_GRPC: Fit = Fit { path: (0, 0), headers: 0, parameters: 0, method: false };

/// How a route's hostnames fit a host; nothing when none does. Without hostnames every host fits, worse than any name.
pub(super) fn host(hostnames: &[&str], host: &str) -> Option<HostFit> {
    if hostnames.is_empty() {
        return Some(None);
    }
    hostnames.iter().filter_map(|name| one_host(name, host)).max().map(Some)
}

fn one_host(name: &str, host: &str) -> Option<(bool, usize)> {
    let bare = |text: &str| if name.ends_with('.') { text.to_owned() } else { text.strip_suffix('.').unwrap_or(text).to_owned() };
    let host = bare(host);
    match name.strip_prefix("*.") {
        Some(suffix) => {
            let at = host.len().checked_sub(suffix.len() + 1)?;
            let tail = host.get(at..)?;
            (tail[1..].eq_ignore_ascii_case(suffix) && tail.starts_with('.')).then_some((false, suffix.len() + 1))
        }
        None => name.eq_ignore_ascii_case(&host).then_some((true, name.len())),
    }
}

/// How well a match of an HTTPRoute fits, if it does.
pub(super) fn http(field: &Field<'_>, request: &Request) -> Option<Fit> {
    let method = field.text("method");
    if !method.is_empty() && method != request.method {
        return None;
    }
    let path = match field.get("path") {
        Some(path) => path_length(&path, path_only(&request.path))?,
        None => 1,
    };
    let headers: Vec<Field<'_>> = field.list("headers").collect();
    let parameters: Vec<Field<'_>> = field.list("queryParams").collect();
    let header = |h: &Field<'_>| request.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(h.text("name"))).any(|(_, v)| value_fits(h, v));
    let query = |q: &Field<'_>| parameter(&request.path, q.text("name")).is_some_and(|v| value_fits(q, v));
    let all = headers.iter().all(header) && parameters.iter().all(query);
    all.then_some(Fit { path: (path, 0), headers: headers.len(), parameters: parameters.len(), method: !method.is_empty() })
}

/// How well a match of a GRPCRoute fits, if it does: calls are POSTs to `/service/method`.
pub(super) fn grpc(field: Option<&Field<'_>>, request: &Request) -> Option<Fit> {
    if request.method != "POST" {
        return None;
    }
    let Some(field) = field else { return Some(ANY_GRPC) };
    let mut parts = path_only(&request.path).split('/');
    if !parts.next()?.is_empty() {
        return None;
    }
    let (service, method) = (parts.next()?, parts.next()?);
    let wanted = field.get("method");
    let part = |name: &str| wanted.as_ref().map(|m| m.text(name)).filter(|t| !t.is_empty());
    let length = |wanted: Option<&str>, is: &str| match wanted {
        Some(text) => (text == is).then_some(text.len()),
        None => Some(0),
    };
    let path = (length(part("service"), service)?, length(part("method"), method)?);
    let headers: Vec<Field<'_>> = field.list("headers").collect();
    let header = |h: &Field<'_>| request.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(h.text("name"))).any(|(_, v)| value_fits(h, v));
    headers.iter().all(header).then_some(Fit { path, headers: headers.len(), parameters: 0, method: false })
}

fn path_length(field: &Field<'_>, path: &str) -> Option<usize> {
    let value = field.get("value").and_then(|v| v.str()).unwrap_or("/");
    match field.text("type") {
        "Exact" => (path == value).then_some(value.len()),
        "RegularExpression" => whole(value, path).then_some(path.len()),
        _ if value == "/" => Some(1),
        _ => {
            let prefix = value.trim_end_matches('/');
            let rest = path.trim_end_matches('/').strip_prefix(prefix)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())
        }
    }
}

fn value_fits(field: &Field<'_>, value: &str) -> bool {
    if field.text("type") == "RegularExpression" { whole(field.text("value"), value) } else { field.text("value") == value }
}

/// Whether what a regular expression finds first is the whole text; alternatives are not tried for a longer one.
fn whole(pattern: &str, text: &str) -> bool {
    Regex::new(pattern).is_ok_and(|r| r.find(text).is_some_and(|m| m.start() == 0 && m.end() == text.len()))
}

/// The best of several; of equals the first.
pub(super) fn best<T, K: Ord>(found: impl Iterator<Item = (K, T)>) -> Option<(K, T)> {
    found.reduce(|a, b| if a.0.cmp(&b.0) == Ordering::Less { b } else { a })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Json;
    use serde_json::json;

    fn get(path: &str) -> Request {
        Request { host: "web".into(), port: 80, method: "GET".into(), path: path.into(), ..Request::default() }
    }

    #[test]
    fn paths_count_by_length_alone() {
        let fit = |kind: &str, value: &str, path: &str| {
            http(&Json::from(json!({"path": {"type": kind, "value": value}})).root(), &get(path)).map(|f| f.path.0)
        };
        assert_eq!([fit("Exact", "/api", "/api"), fit("PathPrefix", "/api", "/api")], [Some(4), Some(4)]);
        assert_eq!(fit("PathPrefix", "/api/", "/api/x"), Some(4));
        assert_eq!([fit("PathPrefix", "/api", "/apix"), fit("Exact", "/api", "/api/")], [None, None]);
        assert_eq!([fit("RegularExpression", "/u/[0-9]+", "/u/12"), fit("RegularExpression", "/u", "/u/12")], [Some(5), None]);
    }

    #[test]
    fn names_beat_wildcards_beat_none() {
        let exact = host(&["a.example.com", "*.com"], "A.example.com").unwrap();
        let wide = host(&["*.example.com"], "a.example.com").unwrap();
        assert!(exact > wide && wide > host(&[], "a.example.com").unwrap());
        assert_eq!(host(&["*.example.com"], "example.com"), None);
    }

    #[test]
    fn grpc_calls_are_posts() {
        let field = Json::from(json!({"method": {"service": "shop.Cart"}}));
        let post = Request { method: "POST".into(), ..get("/shop.Cart/Add") };
        assert_eq!(grpc(Some(&field.root()), &post).map(|f| f.path), Some((9, 0)));
        assert_eq!(grpc(Some(&field.root()), &get("/shop.Cart/Add")), None);
        assert_eq!(grpc(Some(&field.root()), &Request { path: "/other.Cart/Add".into(), ..post }), None);
    }
}
