//! Which rule of which route takes a request, as linkerd-proxy finds it on either side (linkerd2-proxy `linkerd/http/route`).

use regex::Regex;

use crate::mesh::routes::without_port;
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

/// How closely a rule fits, greater is closer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    /// The length of the path; of gRPC calls those of service and method.
    pub path: (usize, usize),
    headers: usize,
    parameters: usize,
    method: bool,
}

/// How closely a host fits: a name closer than a wildcard, a longer one closer than a shorter; nothing where every host does.
pub type HostFit = Option<(bool, usize)>;

/// The fit of an HTTP rule without conditions: that of the prefix `/`.
const ANY_HTTP: Fit = Fit { path: (1, 0), headers: 0, parameters: 0, method: false };

/// The rule that takes a request.
#[derive(Clone, Copy, Debug)]
pub struct Taken<'a> {
    pub route: &'a Object,
    /// Which of the route's rules.
    pub index: usize,
    pub rule: Field<'a>,
    pub fit: Fit,
}

/// The rule that takes a request: of equally close ones the first, so routes stand in the order of age, then name.
pub fn best<'a>(routes: &[&'a Object], asked: &Asked<'_>) -> Result<Option<Taken<'a>>, Untold> {
    let mut best: Option<(HostFit, Taken<'a>)> = None;
    for route in routes {
        let names: Vec<&str> = route.spec().texts("hostnames").map(|(text, _)| text).collect();
        let host = if names.is_empty() { "" } else { asked.host.ok_or(Untold::Host)? };
        let Some(host) = host_fit(&names, without_port(host)) else { continue };
        let mut of_route: Option<Taken<'a>> = None;
        for (index, rule) in route.spec().list("rules").enumerate() {
            if let Some(fit) = rule_fit(route.kind, &rule, asked)?
                && of_route.is_none_or(|before| fit > before.fit)
            {
                of_route = Some(Taken { route, index, rule, fit });
            }
        }
        if let Some(taken) = of_route
            && best.is_none_or(|(before, of)| (host, taken.fit) > (before, of.fit))
        {
            best = Some((host, taken));
        }
    }
    Ok(best.map(|(_, taken)| taken))
}

/// How closely the names of a route fit a host without its port; nothing when none does.
pub fn host_fit(names: &[&str], host: &str) -> Option<HostFit> {
    let fit = |name: &&str| {
        // A name that does not end with the root's dot is compared without it.
        let host = if name.ends_with('.') { host } else { host.strip_suffix('.').unwrap_or(host) };
        match name.strip_prefix("*.") {
            Some(suffix) => {
                let (head, tail) = host.split_at_checked(host.len().checked_sub(suffix.len())?)?;
                (tail.eq_ignore_ascii_case(suffix) && head.ends_with('.')).then_some((false, suffix.len() + 1))
            }
            None => name.eq_ignore_ascii_case(host).then_some((true, name.len())),
        }
    };
    if names.is_empty() { Some(None) } else { names.iter().filter_map(fit).max().map(Some) }
}

fn rule_fit(kind: Kind, rule: &Field<'_>, asked: &Asked<'_>) -> Result<Option<Fit>, Untold> {
    let grpc = kind == Kind::GrpcRoute;
    let mut matches = rule.list("matches").peekable();
    if matches.peek().is_none() {
        return Ok(Some(if grpc { Fit::default() } else { ANY_HTTP }));
    }
    let mut best = None;
    for one in matches {
        best = best.max(if grpc { grpc_fit(&one, asked)? } else { http_fit(&one, asked)? });
    }
    Ok(best)
}

fn http_fit(one: &Field<'_>, asked: &Asked<'_>) -> Result<Option<Fit>, Untold> {
    let method = one.text("method");
    if !method.is_empty() && asked.method.ok_or(Untold::Method)? != method {
        return Ok(None);
    }
    let length = match one.get("path") {
        None => Some(1),
        Some(path) => path_fit(&path, asked)?,
    };
    let Some(length) = length else { return Ok(None) };
    if !one.list("headers").all(|header| header_fits(&header, asked)) {
        return Ok(None);
    }
    let parameters = one.list("queryParams").count();
    if parameters > 0 {
        let query = asked.path.ok_or(Untold::Path)?.split_once('?').map_or("", |(_, query)| query);
        let pairs = pairs(query);
        if !one.list("queryParams").all(|wanted| pairs.iter().any(|(name, value)| *name == wanted.text("name") && fits(&wanted, value))) {
            return Ok(None);
        }
    }
    Ok(Some(Fit { path: (length, 0), headers: one.list("headers").count(), parameters, method: !method.is_empty() }))
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
fn grpc_fit(one: &Field<'_>, asked: &Asked<'_>) -> Result<Option<Fit>, Untold> {
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
    Ok(Some(Fit { path: (length("service"), length("method")), headers: one.list("headers").count(), ..Fit::default() }))
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
        best(&all, &asked).unwrap().map(|taken| format!("{} {}", taken.route.meta.name, taken.rule.path()))
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

    #[test]
    fn of_a_repeated_parameter_any_value_counts() {
        let a = route("a", "{rules: [{matches: [{queryParams: [{name: v, value: '2'}]}]}]}");
        let asked = |path| Asked { method: Some("GET"), path: Some(path), ..Asked::default() };
        assert_eq!(found(&[&a], asked("/?v=1&v=%32")).as_deref(), Some("a spec.rules[0]"));
        assert_eq!(found(&[&a], asked("/?v=1")), None);
    }

    #[test]
    fn names_beat_wildcards_beat_none() {
        let exact = host_fit(&["a.example.com", "*.com"], "A.example.com.").unwrap();
        let wide = host_fit(&["*.example.com"], "a.example.com").unwrap();
        assert!(exact > wide && wide > host_fit(&[], "a.example.com").unwrap());
        assert_eq!([host_fit(&["*.example.com"], "example.com"), host_fit(&["a.example."], "a.example")], [None, None]);
    }

    #[test]
    fn grpc_calls_are_posts_unless_a_rule_asks_for_nothing() {
        let text = |rules: &str| {
            format!("{{apiVersion: gateway.networking.k8s.io/v1, kind: GRPCRoute, metadata: {{namespace: shop, name: g}}, spec: {{rules: {rules}}}}}")
        };
        let takes = |rules: &str, method: &str, path: &str| {
            let index = index(&[&text(rules)]);
            let all: Vec<&Object> = index.objects(Kind::GrpcRoute).iter().collect();
            let asked = Asked { method: Some(method), path: Some(path), ..Asked::default() };
            best(&all, &asked).unwrap().map(|taken| taken.fit.path)
        };
        let of_cart = "[{matches: [{method: {service: shop.Cart}}]}]";
        assert_eq!([takes(of_cart, "POST", "/shop.Cart/Add"), takes(of_cart, "GET", "/shop.Cart/Add")], [Some((9, 0)), None]);
        assert_eq!([takes(of_cart, "POST", "/other.Cart/Add"), takes(of_cart, "POST", "/shop.Cart")], [None, None]);
        assert_eq!(takes("[{}]", "GET", "/"), Some((0, 0)));
    }
}
