//! Which rule of which route takes a request, as linkerd-proxy finds it (linkerd2-proxy `linkerd/http/route`).

use regex::Regex;

use crate::model::{Field, Kind, Object};

/// A request, as far as routes look at it; nothing for what is not known of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'r> {
    pub method: Option<&'r str>,
    /// Path and query.
    pub path: Option<&'r str>,
    /// The host, with or without a port.
    pub host: Option<&'r str>,
    /// Headers, names in lower case.
    pub headers: &'r [(String, String)],
}

/// What of a request a route asks for and nobody told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untold {
    Method,
    Path,
    Host,
}

/// How closely something fits, greater is closer: host, path, headers, query, method.
type Fit = (Option<(bool, usize)>, Summary);
/// For HTTP: length of the path, headers, query parameters, method; for gRPC: lengths of service and method, headers.
type Summary = (usize, usize, usize, bool);

/// The route and the rule that take a request: of equally close ones the first, so routes stand in the order of age, then name.
pub fn best<'a>(routes: &[&'a Object], asked: &Asked<'_>) -> Result<Option<(&'a Object, Field<'a>)>, Untold> {
    let mut best: Option<(Fit, &Object, Field<'_>)> = None;
    for route in routes {
        let Some(host) = host_fit(route, asked)? else { continue };
        let mut of_route: Option<(Summary, Field<'_>)> = None;
        for rule in route.spec().list("rules") {
            if let Some(fit) = rule_fit(route.kind, &rule, asked)?
                && of_route.is_none_or(|(before, _)| fit > before)
            {
                of_route = Some((fit, rule));
            }
        }
        if let Some((fit, rule)) = of_route
            && best.is_none_or(|(before, ..)| (host, fit) > before)
        {
            best = Some(((host, fit), route, rule));
        }
    }
    Ok(best.map(|(_, route, rule)| (route, rule)))
}

/// Nothing when no host of the route fits; the inner nothing when it names none.
fn host_fit(route: &Object, asked: &Asked<'_>) -> Result<Option<Option<(bool, usize)>>, Untold> {
    let spec = route.spec();
    let mut hosts = spec.texts("hostnames").map(|(text, _)| text).peekable();
    if hosts.peek().is_none() {
        return Ok(Some(None));
    }
    let authority = asked.host.ok_or(Untold::Host)?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    let fit = |pattern: &str| match pattern.strip_prefix("*.") {
        Some(suffix) => {
            let rest = host.len().checked_sub(suffix.len()).and_then(|at| host.split_at_checked(at));
            let fits = rest.is_some_and(|(head, tail)| tail.eq_ignore_ascii_case(suffix) && head.ends_with('.'));
            fits.then_some((false, suffix.len() + 1))
        }
        None => pattern.eq_ignore_ascii_case(host).then_some((true, pattern.len())),
    };
    Ok(hosts.filter_map(fit).max().map(Some))
}

fn rule_fit(kind: Kind, rule: &Field<'_>, asked: &Asked<'_>) -> Result<Option<Summary>, Untold> {
    let mut matches = rule.list("matches").peekable();
    if matches.peek().is_none() {
        // An empty match of a gRPC route counts for nothing, one of an HTTP route as the prefix `/`.
        return Ok(Some(if kind == Kind::GrpcRoute { (0, 0, 0, false) } else { (1, 0, 0, false) }));
    }
    let mut best = None;
    for one in matches {
        let fit = if kind == Kind::GrpcRoute { grpc_fit(&one, asked)? } else { http_fit(&one, asked)? };
        best = best.max(fit);
    }
    Ok(best)
}

fn http_fit(one: &Field<'_>, asked: &Asked<'_>) -> Result<Option<Summary>, Untold> {
    let method = one.text("method");
    if !method.is_empty() && asked.method.ok_or(Untold::Method)? != method {
        return Ok(None);
    }
    let length = match one.get("path") {
        None => Some(1),
        Some(path) => path_fit(&path, asked)?,
    };
    let Some(length) = length else { return Ok(None) };
    let headers = one.list("headers").count();
    if !one.list("headers").all(|header| header_fits(&header, asked)) {
        return Ok(None);
    }
    let params = one.list("queryParams").count();
    if params > 0 {
        let query = asked.path.ok_or(Untold::Path)?.split_once('?').map_or("", |(_, query)| query);
        let pairs = pairs(query);
        if !one.list("queryParams").all(|wanted| pairs.iter().any(|(name, value)| *name == wanted.text("name") && fits(&wanted, value))) {
            return Ok(None);
        }
    }
    Ok(Some((length, headers, params, !method.is_empty())))
}

/// The length that counts for a path match; nothing when it does not take the path.
fn path_fit(matching: &Field<'_>, asked: &Asked<'_>) -> Result<Option<usize>, Untold> {
    let value = matching.get("value").and_then(|v| v.str()).unwrap_or("/");
    let kind = matching.text("type");
    if value == "/" && matches!(kind, "" | "PathPrefix") {
        return Ok(Some(1));
    }
    let path = asked.path.ok_or(Untold::Path)?.split(['?', '#']).next().unwrap_or_default();
    Ok(match kind {
        "Exact" => (path == value).then_some(value.len()),
        "RegularExpression" => is_whole(value, path).then_some(path.len()),
        _ => {
            let prefix = value.trim_end_matches('/');
            let rest = path.trim_end_matches('/').strip_prefix(prefix);
            rest.filter(|rest| rest.is_empty() || rest.starts_with('/')).map(|_| prefix.len())
        }
    })
}

/// gRPC requests are POSTs of `/service/method`.
fn grpc_fit(one: &Field<'_>, asked: &Asked<'_>) -> Result<Option<Summary>, Untold> {
    if asked.method.ok_or(Untold::Method)? != "POST" {
        return Ok(None);
    }
    let path = asked.path.ok_or(Untold::Path)?.split('?').next().unwrap_or_default();
    let Some((service, method)) = is_grpc(path) else { return Ok(None) };
    let rpc = one.get("method");
    let wanted = |name: &str| rpc.and_then(|m| m.get(name)).and_then(|f| f.str()).filter(|t| !t.is_empty());
    for (wanted, is) in [(wanted("service"), service), (wanted("method"), method)] {
        if wanted.is_some_and(|w| w != is) {
            return Ok(None);
        }
    }
    if !one.list("headers").all(|header| header_fits(&header, asked)) {
        return Ok(None);
    }
    let length = |name| wanted(name).map_or(0, str::len);
    Ok(Some((length("service"), length("method"), one.list("headers").count(), false)))
}

/// The service and the method that a path of gRPC names.
pub fn is_grpc(path: &str) -> Option<(&str, &str)> {
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    Some((service, method.split('/').next().unwrap_or_default()))
}

fn header_fits(wanted: &Field<'_>, asked: &Asked<'_>) -> bool {
    let name = wanted.text("name").to_ascii_lowercase();
    asked.headers.iter().any(|(n, value)| *n == name && fits(wanted, value))
}

fn fits(wanted: &Field<'_>, value: &str) -> bool {
    if wanted.text("type") == "RegularExpression" { is_whole(wanted.text("value"), value) } else { wanted.text("value") == value }
}

/// Whether the first match of an expression is the whole text; the proxy does not look for a later or longer one.
fn is_whole(expression: &str, text: &str) -> bool {
    Regex::new(expression).is_ok_and(|regex| regex.find(text).is_some_and(|found| found.range() == (0..text.len())))
}

/// Names and values of a query, decoded as those of a form.
fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let code = (*byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::linkerd::testing::index;

    fn route(name: &str, spec: &str) -> String {
        format!("{{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {{namespace: shop, name: {name}}}, spec: {spec}}}")
    }

    fn found(routes: &[&str], asked: Asked<'_>) -> Option<String> {
        let index = index(routes);
        let all: Vec<&Object> = index.objects(Kind::HttpRoute).iter().collect();
        best(&all, &asked).unwrap().map(|(route, rule)| format!("{} {}", route.meta.name, rule.path()))
    }

    #[test]
    fn the_longest_path_wins_whatever_its_kind() {
        let a = route("a", "{rules: [{matches: [{path: {type: PathPrefix, value: /x}}]}, {matches: [{path: {type: Exact, value: /x/y}}]}]}");
        let b = route("b", "{rules: [{matches: [{path: {type: RegularExpression, value: '/x.*'}, method: GET}]}]}");
        let asked = |path| Asked { method: Some("GET"), path: Some(path), ..Asked::default() };
        assert_eq!(found(&[&a], asked("/x/y")).as_deref(), Some("a spec.rules[1]"));
        assert_eq!(found(&[&a], asked("/xy")), None);
        assert_eq!(found(&[&a, &b], asked("/x/y")).as_deref(), Some("b spec.rules[0]"), "equally long: the method decides");
    }

    #[test]
    fn hosts_come_first_and_queries_count() {
        let a = route("a", "{hostnames: ['*.example.com'], rules: [{matches: [{queryParams: [{name: v, value: 'a b'}]}]}]}");
        let b = route("b", "{rules: [{}]}");
        let asked = |host, path| Asked { method: Some("GET"), path: Some(path), host: Some(host), ..Asked::default() };
        assert_eq!(found(&[&a, &b], asked("x.example.com:80", "/?v=a+b")).as_deref(), Some("a spec.rules[0]"));
        assert_eq!(found(&[&a, &b], asked("example.com", "/?v=a+b")).as_deref(), Some("b spec.rules[0]"));
    }

    #[test]
    fn what_is_not_told_is_asked_for() {
        let index = index(&[&route("a", "{rules: [{matches: [{method: GET}]}]}")]);
        let all: Vec<&Object> = index.objects(Kind::HttpRoute).iter().collect();
        assert_eq!(best(&all, &Asked::default()).unwrap_err(), Untold::Method);
    }
}
