//! Values of the annotations that configure a proxy, as the injector reads them.

use crate::model::{Map, go_duration, go_truth, quantity};

use super::{LinkerdConfig, network};

/// What becomes of a setting that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The injector drops it.
    Dropped,
    /// The injector fails.
    NotInjected,
    /// The API server refuses the pod.
    NotCreated,
    /// The pod's containers do not start.
    NotStarted,
}

use Consequence::{Dropped, NotCreated, NotStarted};

/// An annotation, what is wrong with its value, and what becomes of it.
pub type Fault = (String, String, Consequence);

type Rule = (&'static [&'static str], fn(&str) -> bool, &'static str, Consequence);

/// The highest number of a user or group that Kubernetes takes.
const ID_MAX: i64 = 2_147_483_647;

const RULES: [Rule; 14] = [
    (
        &[
            "proxy-cpu-limit",
            "proxy-cpu-request",
            "proxy-memory-limit",
            "proxy-memory-request",
            "proxy-ephemeral-storage-limit",
            "proxy-ephemeral-storage-request",
        ],
        |v| quantity(v).is_some(),
        "is no amount such as 100m or 128Mi",
        Dropped,
    ),
    (
        &[
            "close-wait-timeout",
            "proxy-inbound-connect-timeout",
            "proxy-inbound-discovery-cache-unused-timeout",
            "proxy-outbound-connect-timeout",
            "proxy-outbound-discovery-cache-unused-timeout",
            "shutdown-grace-period",
        ],
        |v| go_duration(v).is_some(),
        "is no duration such as 500ms or 1m30s",
        Dropped,
    ),
    (
        &[
            "enable-debug-sidecar",
            "enable-external-profiles",
            "enable-gateway",
            "proxy-disable-inbound-protocol-detect-timeout",
            "proxy-disable-outbound-protocol-detect-timeout",
            "proxy-enable-native-sidecar",
            "proxy-metrics-hostname-labels",
        ],
        |v| go_truth(v).is_some(),
        "is neither true nor false",
        Dropped,
    ),
    (&["proxy-admin-shutdown", "proxy-await"], |v| matches!(v, "enabled" | "disabled"), "is neither enabled nor disabled", Dropped),
    (&["admin-port", "control-port", "inbound-port", "outbound-port"], |v| v.parse::<i32>().is_ok(), "is no number", Dropped),
    // Only these two are ports of the container; the others are read by the proxy.
    (&["admin-port", "inbound-port"], is_port_or_no_number, "is not between 1 and 65535", NotCreated),
    (&["control-port", "outbound-port"], is_port_or_no_number, "is not between 1 and 65535", NotStarted),
    (&["proxy-gid", "proxy-uid"], |v| v.parse::<i64>().is_ok(), "is no number", Dropped),
    (&["proxy-uid"], |v| v.parse::<i64>().map_or(true, |id| (0..=ID_MAX).contains(&id)), "is no user", NotCreated),
    // A negative group is left out.
    (&["proxy-gid"], |v| v.parse::<i64>().map_or(true, |id| id <= ID_MAX), "is no group", NotCreated),
    (&["proxy-cpu-ratio-limit"], |v| v.parse::<f64>().is_ok_and(|r| r > 0.0 && r < 1.0), "is no number between 0 and 1", Dropped),
    (&["image-pull-policy", "debug-image-pull-policy"], |v| matches!(v, "Always" | "IfNotPresent" | "Never"), "is no pull policy", NotCreated),
    (&["proxy-additional-env"], is_environment, "is no JSON list of variables, each with a name", Dropped),
    (&["skip-subnets"], |v| v.split(',').all(|net| net.contains('/') && network::parse(net.trim()).is_some()), "is no list of CIDRs", NotStarted),
];

/// Annotations whose values cannot be used.
pub fn faults(annotations: &Map) -> Vec<Fault> {
    let mut found = Vec::new();
    for (names, sound, why, consequence) in RULES {
        for name in names {
            let name = format!("config.linkerd.io/{name}");
            if annotations.get(&name).is_some_and(|value| !value.is_empty() && !sound(value)) {
                found.push((name, why.to_owned(), consequence));
            }
        }
    }
    // The debug container is there only where it is asked for.
    let debugs = annotations.get("config.linkerd.io/enable-debug-sidecar").and_then(go_truth) == Some(true);
    found.retain(|(name, _, _)| debugs || name != "config.linkerd.io/debug-image-pull-policy");
    let wait = "config.alpha.linkerd.io/proxy-wait-before-exit-seconds";
    if annotations.get(wait).is_some_and(|value| value.parse::<u64>().is_err()) {
        found.push((wait.to_owned(), "is no whole number of seconds".to_owned(), Dropped));
    }
    found.extend(resource_faults(annotations, None));
    found
}

/// The same, with the control plane's values where an annotation says nothing.
pub fn faults_over(annotations: &Map, config: Option<&LinkerdConfig>) -> Vec<Fault> {
    let mut found = faults(annotations);
    found.extend(resource_faults(annotations, config));
    found
}

fn resource_faults(annotations: &Map, config: Option<&LinkerdConfig>) -> Vec<Fault> {
    let mut found = Vec::new();
    for what in ["cpu", "memory", "ephemeral-storage"] {
        let [request, limit] = ["request", "limit"].map(|end| format!("config.linkerd.io/proxy-{what}-{end}"));
        let written = |name: &str| Some((name.to_owned(), annotations.get(name)?, quantity(annotations.get(name)?)?));
        for (name, _, _) in [&request, &limit].into_iter().filter_map(|name| written(name)).filter(|(_, _, amount)| *amount < 0.0) {
            found.push((name, "is negative".to_owned(), NotCreated));
        }
        let of_values = |end: &'static str, name: &str| {
            let text = config?.root().at(["proxy", "resources", what, end])?.str()?;
            Some((name.to_owned(), text, quantity(text)?))
        };
        let wanted = written(&request).or_else(|| of_values("request", &request));
        let most = written(&limit).or_else(|| of_values("limit", &limit));
        if let (Some((_, asked, wanted)), Some((_, text, most))) = (wanted, most)
            && wanted > most
        {
            // Blame the one that stands on the pod or its namespace.
            if annotations.has(&request) {
                found.push((request, format!("is more than the limit {text:?}"), NotCreated));
            } else if annotations.has(&limit) {
                found.push((limit, format!("is less than the request {asked:?}"), NotCreated));
            }
        }
    }
    found
}

fn is_port_or_no_number(text: &str) -> bool {
    text.parse::<i32>().map_or(true, |port| (1..=65535).contains(&port))
}

fn is_environment(text: &str) -> bool {
    let Ok(serde_json::Value::Array(variables)) = serde_json::from_str(text) else { return false };
    variables.iter().all(|v| v.get("name").is_some_and(|name| name.as_str().is_some_and(|n| !n.is_empty())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_injector_reads_them() {
        let fault = |name: &str, value: &str| {
            let found = faults(&[(format!("config.linkerd.io/{name}"), value)].into_iter().collect());
            found.into_iter().map(|(_, _, consequence)| consequence).collect::<Vec<_>>()
        };
        for (name, value) in [
            ("proxy-cpu-limit", "1.5"),
            ("proxy-memory-limit", "250Mi"),
            ("shutdown-grace-period", "1m30s"),
            ("proxy-enable-native-sidecar", "true"),
            ("proxy-await", "disabled"),
            ("admin-port", "4191"),
            ("skip-subnets", "10.0.0.0/8,192.168.0.0/16"),
            ("proxy-additional-env", r#"[{"name":"A","value":"b"}]"#),
            ("proxy-log-level", "anything"),
            ("proxy-gid", "-1"),
        ] {
            assert!(fault(name, value).is_empty(), "{name}: {value}");
        }
        for (name, value, consequence) in [
            ("proxy-cpu-limit", "100mc", Dropped),
            ("shutdown-grace-period", "30", Dropped),
            ("enable-debug-sidecar", "yes", Dropped),
            ("proxy-await", "true", Dropped),
            ("inbound-port", "http", Dropped),
            ("inbound-port", "70000", NotCreated),
            ("admin-port", "0", NotCreated),
            ("outbound-port", "0", NotStarted),
            ("proxy-uid", "-1", NotCreated),
            ("proxy-gid", "4294967296", NotCreated),
            ("proxy-cpu-limit", "-1", NotCreated),
            ("image-pull-policy", "always", NotCreated),
            ("skip-subnets", "10.0.0.1", NotStarted),
            ("proxy-additional-env", "A=b", Dropped),
            ("proxy-cpu-ratio-limit", "50", Dropped),
        ] {
            assert_eq!(fault(name, value), [consequence], "{name}: {value}");
        }
    }

    #[test]
    fn a_request_may_not_exceed_its_limit() {
        let pair = |request: &str, limit: &str| {
            faults(&[("config.linkerd.io/proxy-memory-request", request), ("config.linkerd.io/proxy-memory-limit", limit)].into_iter().collect())
        };
        assert_eq!(pair("1Gi", "512Mi").len(), 1);
        assert!(pair("512Mi", "1Gi").is_empty());
        let values = serde_json::json!({"proxy": {"resources": {"cpu": {"limit": "1", "request": "500m"}}}});
        let config = LinkerdConfig::of("linkerd", values);
        let over = |name: &str, value: &str| faults_over(&[(format!("config.linkerd.io/{name}"), value)].into_iter().collect(), Some(&config));
        assert_eq!(over("proxy-cpu-request", "2").len(), 1, "the values' limit holds");
        assert_eq!(over("proxy-cpu-limit", "100m")[0].0, "config.linkerd.io/proxy-cpu-limit", "the values' request holds");
        assert!(over("proxy-cpu-request", "1").is_empty());
    }
}
