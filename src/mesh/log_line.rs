//! One line that a proxy logged, taken apart: Istio's access log (text and JSON), ztunnel's, Linkerd's access log and its proxy's own log.

use std::collections::BTreeMap;

use serde_json::Value;

use super::istio::policy::named_rule;
use crate::model::words;

words! {
    /// Which log a line is from.
    LogKind {
        /// Envoy's access log as Istio sets it.
        IstioAccess = "istio-access",
        /// ztunnel's access log.
        Ztunnel = "ztunnel",
        /// linkerd-proxy's access log.
        LinkerdAccess = "linkerd-access",
        /// linkerd-proxy's own log.
        LinkerdProxy = "linkerd-proxy",
    }
}

/// A line, as fields by the names that the JSON form of its log has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Which log.
    pub kind: LogKind,
    fields: BTreeMap<String, String>,
}

/// Istio's default text format, in order.
const ISTIO: [&str; 22] = [
    "start_time",
    "request",
    "response_code",
    "response_flags",
    "response_code_details",
    "connection_termination_details",
    "upstream_transport_failure_reason",
    "bytes_received",
    "bytes_sent",
    "duration",
    "upstream_service_time",
    "x_forwarded_for",
    "user_agent",
    "request_id",
    "authority",
    "upstream_host",
    "upstream_cluster",
    "upstream_local_address",
    "downstream_local_address",
    "downstream_remote_address",
    "requested_server_name",
    "route_name",
];

impl LogLine {
    /// Takes a line apart; nothing where it is of none of these logs.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        // Tools put the pod's name and a time before what the proxy wrote.
        if let Some(start) = line.find('{')
            && let Some(parsed) = json(&line[start..])
        {
            return Some(parsed);
        }
        istio(line).or_else(|| ztunnel(line)).or_else(|| linkerd_access(line)).or_else(|| linkerd_proxy(line))
    }

    /// A field; nothing where it is unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str).filter(|value| !matches!(*value, "" | "-"))
    }

    /// The flags of an access log, one by one.
    pub fn flags(&self) -> impl Iterator<Item = &str> {
        self.get("response_flags").unwrap_or_default().split(',').map(str::trim).filter(|flag| !flag.is_empty())
    }

    /// What the request went to: port, subset and host, of a cluster's name.
    pub fn upstream(&self) -> Option<Upstream<'_>> {
        let mut parts = self.get("upstream_cluster")?.split('|');
        let (direction, port, subset, host) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        // Newer releases put a port or `;` behind an inbound cluster's.
        Some(Upstream { inbound: direction == "inbound", port: port.parse().ok()?, subset, host: host.trim_end_matches(';') })
    }

    /// The policy that the details of a refusal name: namespace, name, rule.
    pub fn refusing_policy(&self) -> Option<(&str, &str, &str)> {
        let (_, matched) = self.get("response_code_details")?.split_once("matched_policy[")?;
        named_rule(matched.strip_suffix(']')?)
    }
}

/// A cluster of Envoy's, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upstream<'a> {
    /// Whether it is the proxy's own application.
    pub inbound: bool,
    /// Port.
    pub port: u16,
    /// Subset; empty for none.
    pub subset: &'a str,
    /// Host; empty for the proxy's own application.
    pub host: &'a str,
}

fn json(text: &str) -> Option<LogLine> {
    let Ok(Value::Object(map)) = serde_json::from_str::<Value>(text) else { return None };
    let mut fields = BTreeMap::new();
    for (key, value) in &map {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            other => other.to_string(),
        };
        fields.insert(key.clone(), text);
    }
    let inner = map.get("fields").and_then(Value::as_object);
    for (key, value) in inner.into_iter().flatten() {
        fields.insert(key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    let has = |key: &str| fields.contains_key(key);
    let kind = if has("response_flags") || has("upstream_cluster") {
        LogKind::IstioAccess
    } else if has("client.addr") && has("uri") {
        LogKind::LinkerdAccess
    } else if has("src.addr") || has("dst.addr") || fields.get("scope").is_some_and(|scope| scope == "access") {
        LogKind::Ztunnel
    } else if has("target") && has("level") {
        LogKind::LinkerdProxy
    } else {
        return None;
    };
    Some(LogLine { kind, fields })
}

/// Words, where quotes and brackets keep several together.
fn tokens(line: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), line.trim_start());
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => rest[1..].find('"').map(|at| at + 2),
            '[' => rest.find(']').map(|at| at + 1),
            _ => rest.find(' '),
        };
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        let whole = [('"', '"'), ('[', ']')].into_iter().find_map(|(open, close)| token.strip_prefix(open)?.strip_suffix(close));
        found.push(whole.unwrap_or(token));
        rest = after.trim_start();
    }
    found
}

fn istio(line: &str) -> Option<LogLine> {
    let start = line.match_indices('[').map(|(at, _)| at).find(|at| line[at + 1..].starts_with(|c: char| c.is_ascii_digit()))?;
    let tokens = tokens(&line[start..]);
    // The code and the flags stand behind what is quoted: a line that has neither there has another format.
    if tokens.len() < ISTIO.len() || tokens[2].parse::<u16>().is_err() {
        return None;
    }
    let mut fields: BTreeMap<String, String> = ISTIO.iter().zip(&tokens).map(|(name, token)| ((*name).to_owned(), (*token).to_owned())).collect();
    let request = fields.remove("request").unwrap_or_default();
    for (name, part) in ["method", "path", "protocol"].iter().zip(request.split(' ')) {
        fields.insert((*name).to_owned(), part.to_owned());
    }
    Some(LogLine { kind: LogKind::IstioAccess, fields })
}

fn ztunnel(line: &str) -> Option<LogLine> {
    let at = ["src.addr=", "dst.addr="].iter().filter_map(|key| line.find(key)).min()?;
    let mut fields = pairs(&line[at..]);
    fields.insert("message".to_owned(), line[..at].trim().to_owned());
    Some(LogLine { kind: LogKind::Ztunnel, fields })
}

/// `key=value key="several words"`.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let (mut fields, mut rest) = (BTreeMap::new(), text.trim_start());
    while let Some((key, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        fields.insert(key.trim().to_owned(), value.to_owned());
        rest = next.trim_start();
    }
    fields
}

/// `CLIENT:PORT ID - [TIME] "METHOD URI VERSION" STATUS`.
fn linkerd_access(line: &str) -> Option<LogLine> {
    let tokens = tokens(line);
    let [client, id, "-", time, request, status] = tokens.as_slice() else { return None };
    status.parse::<u16>().ok()?;
    let mut request = request.split(' ');
    let fields = [
        ("client.addr", Some(*client)),
        ("client.id", Some(*id)),
        ("timestamp", Some(*time)),
        ("method", request.next()),
        ("uri", request.next()),
        ("version", request.next()),
        ("status", Some(*status)),
    ];
    let fields = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    Some(LogLine { kind: LogKind::LinkerdAccess, fields: fields.collect() })
}

/// `[  12.34s]  WARN ThreadId(01) where: what`.
fn linkerd_proxy(line: &str) -> Option<LogLine> {
    let (_, rest) = line.split_once("s]")?;
    let level = rest.split_whitespace().next().filter(|level| ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(level))?;
    let message = rest.split_once(level)?.1.trim();
    let fields = [("level", level), ("message", message)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Some(LogLine { kind: LogKind::LinkerdProxy, fields: fields.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"[2026-11-28T10:00:00.000Z] "GET /items?x=1 HTTP/1.1" 503 UF,URX upstream_reset_before_response_started{remote_connection_failure} - "delayed_connect_error:_Connection_refused" 0 91 3 - "10.0.0.7" "curl/8 (x; y)" "id-1" "cart:8080" "10.0.0.9:8080" outbound|8080|v2|cart.shop.svc.cluster.local - 10.1.0.1:8080 10.0.0.5:44444 - default"#;

    #[test]
    fn text_and_json_of_istio_say_the_same() {
        let json = r#"{"start_time":"2026-11-28T10:00:00.000Z","method":"GET","path":"/items?x=1","response_code":503,"response_flags":"UF,URX","upstream_cluster":"outbound|8080|v2|cart.shop.svc.cluster.local","authority":"cart:8080","route_name":null}"#;
        for line in [LINE.to_owned(), format!("cart-1 istio-proxy {LINE}"), json.to_owned()] {
            let parsed = LogLine::parse(&line).unwrap();
            assert_eq!(parsed.kind, LogKind::IstioAccess);
            assert_eq!(parsed.flags().collect::<Vec<_>>(), ["UF", "URX"]);
            assert_eq!(parsed.upstream(), Some(Upstream { inbound: false, port: 8080, subset: "v2", host: "cart.shop.svc.cluster.local" }));
            assert_eq!(
                (parsed.get("path"), parsed.get("response_code"), parsed.get("authority")),
                (Some("/items?x=1"), Some("503"), Some("cart:8080"))
            );
        }
    }

    #[test]
    fn the_details_of_a_refusal_name_its_policy() {
        let line = LINE.replace(
            "503 UF,URX upstream_reset_before_response_started{remote_connection_failure}",
            "403 - rbac_access_denied_matched_policy[ns[shop]-policy[deny-admin]-rule[0]]",
        );
        assert_eq!(LogLine::parse(&line).unwrap().refusing_policy(), Some(("shop", "deny-admin", "0")));
        assert_eq!(LogLine::parse(&line.replace("ns[shop]-policy[deny-admin]-rule[0]", "none")).unwrap().refusing_policy(), None);
    }

    #[test]
    fn the_others_are_told_apart() {
        let ztunnel = "2026-11-28T10:00:00Z\terror\taccess\tconnection complete\tsrc.addr=10.0.0.5:1 src.workload=\"front\" dst.addr=10.0.0.9:15008 direction=\"outbound\" error=\"connection closed due to policy rejection\"";
        let parsed = LogLine::parse(ztunnel).unwrap();
        assert_eq!(
            (parsed.kind, parsed.get("src.workload"), parsed.get("error")),
            (LogKind::Ztunnel, Some("front"), Some("connection closed due to policy rejection"))
        );
        let access =
            LogLine::parse(r#"10.0.0.5:44 front.shop.serviceaccount.identity.linkerd.cluster.local - [2026-11-28T10:00:00Z] "GET /x HTTP/2.0" 403"#)
                .unwrap();
        assert_eq!((access.kind, access.get("status"), access.get("uri")), (LogKind::LinkerdAccess, Some("403"), Some("/x")));
        let proxy =
            LogLine::parse("[    12.340s]  INFO ThreadId(01) inbound: linkerd_app: Request failed error=unauthorized request on route").unwrap();
        assert_eq!((proxy.kind, proxy.get("level")), (LogKind::LinkerdProxy, Some("INFO")));
        for strange in ["", "hello", "{}", "{\"a\":1}", "[2026] x", "[é", "\"", "["] {
            assert_eq!(LogLine::parse(strange), None, "{strange}");
        }
    }
}
