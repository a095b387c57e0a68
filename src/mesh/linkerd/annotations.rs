//! Annotations that Linkerd reads, and how it reads their values.

use std::time::Duration;

pub use super::INJECT;
use super::ports::PortSet;
use crate::model::{Map, Str};

/// Ports whose bytes are passed on without looking at them.
pub const OPAQUE_PORTS: &str = "config.linkerd.io/opaque-ports";
/// Ports that arrive past the proxy.
pub const SKIP_INBOUND: &str = "config.linkerd.io/skip-inbound-ports";
/// Ports that leave past the proxy.
pub const SKIP_OUTBOUND: &str = "config.linkerd.io/skip-outbound-ports";
/// Ports that only mesh clients may use.
pub const REQUIRE_IDENTITY: &str = "config.linkerd.io/proxy-require-identity-inbound-ports";
/// The policy of ports without a Server.
pub const DEFAULT_POLICY: &str = "config.linkerd.io/default-inbound-policy";
/// The breaker's mode.
pub const BREAKER: &str = "balancer.linkerd.io/failure-accrual";
/// What the names of the success-rate breaker's settings begin with.
pub const SUCCESS_RATE: &str = "balancer.alpha.linkerd.io/failure-accrual-success-rate";
/// Retry settings of Services and routes.
pub const RETRY: [&str; 4] = ["retry.linkerd.io/http", "retry.linkerd.io/grpc", "retry.linkerd.io/limit", "retry.linkerd.io/timeout"];
/// Timeouts of Services and routes.
pub const TIMEOUT: [&str; 3] = ["timeout.linkerd.io/request", "timeout.linkerd.io/response", "timeout.linkerd.io/idle"];

/// Ports that are opaque where no annotation says otherwise, by the chart's default.
pub const DEFAULT_OPAQUE_PORTS: &str = "25,587,3306,4444,5432,6379,9300,11211";

/// Names under `config.linkerd.io/` that some part of Linkerd reads.
pub const CONFIG_NAMES: &[&str] = &[
    "access-log",
    "admin-port",
    "admission-webhooks",
    "close-wait-timeout",
    "control-port",
    "debug-image",
    "debug-image-pull-policy",
    "debug-image-version",
    "default-inbound-policy",
    "enable-debug-sidecar",
    "enable-external-profiles",
    "enable-gateway",
    "image-pull-policy",
    "inbound-port",
    "opaque-ports",
    "outbound-port",
    "pod-inbound-ports",
    "proxy-additional-env",
    "proxy-admin-shutdown",
    "proxy-await",
    "proxy-cpu-limit",
    "proxy-cpu-ratio-limit",
    "proxy-cpu-request",
    "proxy-disable-inbound-protocol-detect-timeout",
    "proxy-disable-outbound-protocol-detect-timeout",
    "proxy-enable-native-sidecar",
    "proxy-ephemeral-storage-limit",
    "proxy-ephemeral-storage-request",
    "proxy-gid",
    "proxy-image",
    "proxy-inbound-connect-timeout",
    "proxy-inbound-discovery-cache-unused-timeout",
    "proxy-log-format",
    "proxy-log-http-headers",
    "proxy-log-level",
    "proxy-memory-limit",
    "proxy-memory-request",
    "proxy-metrics-hostname-labels",
    "proxy-outbound-connect-timeout",
    "proxy-outbound-discovery-cache-unused-timeout",
    "proxy-require-identity-inbound-ports",
    "proxy-uid",
    "proxy-version",
    "shutdown-grace-period",
    "skip-inbound-ports",
    "skip-outbound-ports",
    "skip-subnets",
];

/// Names under `config.linkerd.io/` that earlier releases read and today's pass over.
pub const RETIRED_CONFIG_NAMES: &[&str] = &[
    "disable-identity",
    "disable-tap",
    "init-image",
    "init-image-version",
    "proxy-destination-get-networks",
    "proxy-outbound-idle-timeout",
    "tap-service-name",
    "trace-collector",
];

/// What of [`CONFIG_NAMES`] the injector does not copy from a namespace to its pods.
pub const NOT_INHERITED: &[&str] = &[
    "admission-webhooks",
    "close-wait-timeout",
    "debug-image",
    "debug-image-pull-policy",
    "debug-image-version",
    "enable-gateway",
    "proxy-cpu-ratio-limit",
];

/// Whether the injector copies an annotation from a namespace to its pods.
pub fn is_inherited(name: &str) -> bool {
    match name.split_once('/') {
        Some(("config.linkerd.io", short)) => CONFIG_NAMES.contains(&short) && !NOT_INHERITED.contains(&short),
        Some(("config.alpha.linkerd.io", short)) => matches!(short, "proxy-wait-before-exit-seconds" | "proxy-enable-native-sidecar"),
        _ => name == INJECT,
    }
}

/// The annotations that pods of this template get when they are injected: their own, those of the namespace, and the opaque ports among those
/// they declare.
pub fn foreseen(template: &Map, namespace: &Map, ports: &[u16]) -> Map {
    let inherited = namespace.iter().filter(|(name, _)| is_inherited(name) && !template.has(name));
    let mut all: Vec<(Str, Str)> = template.iter().chain(inherited).map(|(k, v)| (k.clone(), v.clone())).collect();
    if !all.iter().any(|(name, _)| *name == OPAQUE_PORTS) {
        let (opaque, _) = PortSet::lenient(DEFAULT_OPAQUE_PORTS, None);
        let declared: Vec<String> = ports.iter().filter(|p| opaque.contains(**p)).map(u16::to_string).collect();
        if !declared.is_empty() {
            all.push((OPAQUE_PORTS.into(), declared.join(",").into()));
        }
    }
    Map::new(all)
}

/// Where settings of retries, timeouts and circuit breaking begin.
pub const TRAFFIC_PREFIXES: [&str; 4] = ["retry.linkerd.io/", "timeout.linkerd.io/", "balancer.linkerd.io/", "balancer.alpha.linkerd.io/"];

/// The path of an annotation inside an object.
pub fn path(name: &str) -> String {
    format!("metadata.annotations[\"{name}\"]")
}

/// The path of a label inside an object.
pub fn label_path(name: &str) -> String {
    format!("metadata.labels[\"{name}\"]")
}

/// Reads a duration of Linkerd's policy annotations: a whole number and a unit, as in `300ms`.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    if text.starts_with('-') {
        return Err("a duration cannot be negative");
    }
    let split = text.rfind(|c: char| c.is_ascii_digit()).map_or(0, |last| last + 1);
    let (number, unit) = text.split_at(split);
    if number.is_empty() {
        return Err("it has no number");
    }
    if number.contains('.') {
        return Err("fractions are not read");
    }
    let number: u64 = number.parse().map_err(|_| "it is not one whole number with a unit")?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" if number == 0 => 0,
        "" => return Err("it has no unit"),
        _ => return Err("its unit is none of ms, s, m, h and d"),
    };
    number.checked_mul(factor).map(Duration::from_millis).ok_or("it is too large")
}

/// What is wrong with the retry and timeout settings of a Service or a route: the annotation and why it cannot be read.
pub fn traffic_faults(annotations: &Map) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    for name in TIMEOUT.into_iter().chain(["retry.linkerd.io/timeout"]) {
        if let Some(Err(why)) = annotations.get(name).map(duration) {
            faults.push((name, why.to_owned()));
        }
    }
    if annotations.get("retry.linkerd.io/limit").is_some_and(|v| v.parse::<u16>().is_err()) {
        faults.push(("retry.linkerd.io/limit", "it is not a whole number".to_owned()));
    }
    for (name, valid) in [("retry.linkerd.io/http", is_http_condition as fn(&str) -> bool), ("retry.linkerd.io/grpc", is_grpc_condition)] {
        let wrong = annotations.get(name).and_then(|v| v.split(',').find(|condition| !valid(condition)));
        if let Some(condition) = wrong {
            faults.push((name, format!("{condition:?} is no retry condition")));
        }
    }
    faults
}

fn is_http_condition(text: &str) -> bool {
    let code = |text: &str| text.parse::<u32>().ok().filter(|c| (100..600).contains(c));
    let range = || text.split_once('-').and_then(|(low, high)| Some(code(low)? <= code(high)?)) == Some(true);
    text.eq_ignore_ascii_case("5xx") || text.eq_ignore_ascii_case("gateway-error") || code(text).is_some() || range()
}

fn is_grpc_condition(text: &str) -> bool {
    ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"].iter().any(|c| text.eq_ignore_ascii_case(c))
}

/// The known name that `name` was probably meant to be: one or two letters off.
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    known.iter().copied().map(|k| (distance(name, k), k)).filter(|(d, _)| *d <= 2).min().map(|(_, k)| k)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_numbers_with_a_unit() {
        assert_eq!(duration("300ms"), Ok(Duration::from_millis(300)));
        assert_eq!(duration(" 2m "), Ok(Duration::from_secs(120)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for bad in ["5", "1.5s", "-1s", "s", "", "1w", "1m30s", "99999999999999999999s", "9999999999999999d"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn retry_conditions_are_linkerds_own() {
        let faults = |name: &str, value: &str| traffic_faults(&[(name, value)].into_iter().collect()).len();
        for good in ["5xx", "gateway-error,429", "500-504"] {
            assert_eq!(faults("retry.linkerd.io/http", good), 0, "{good}");
        }
        for bad in ["4xx", "5xx, 429", "600", "504-500", ""] {
            assert_eq!(faults("retry.linkerd.io/http", bad), 1, "{bad}");
        }
        assert_eq!((faults("retry.linkerd.io/grpc", "Unavailable"), faults("retry.linkerd.io/grpc", "unknown")), (0, 1));
        assert_eq!((faults("retry.linkerd.io/limit", "3"), faults("retry.linkerd.io/limit", "-3")), (0, 1));
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        assert_eq!(nearest("opaque-port", CONFIG_NAMES), Some("opaque-ports"));
        assert_eq!(nearest("skip-inbound-prots", CONFIG_NAMES), Some("skip-inbound-ports"));
        assert_eq!(nearest("something-else", CONFIG_NAMES), None);
    }

    #[test]
    fn every_name_but_the_pods_own_is_inherited() {
        assert!(NOT_INHERITED.iter().all(|name| CONFIG_NAMES.contains(name)));
        assert_eq!(CONFIG_NAMES.iter().filter(|name| is_inherited(&format!("config.linkerd.io/{name}"))).count(), 40);
        assert!(!is_inherited("config.linkerd.io/no-such-setting"));
    }
}
