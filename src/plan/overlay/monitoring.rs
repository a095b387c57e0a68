//! What Prometheus scrapes and what it watches: errors, slow answers, success, breakers that are open.

use serde_json::{Value, json};

use super::{MONITORING, Part, Set, Wanted};
use crate::plan::network::pairs;

/// An alert: its name, what it watches, how long that has to last, and what it says.
type Alert = (&'static str, String, &'static str, &'static str);

pub(super) fn add(wanted: &Wanted<'_>, set: &mut Set) {
    if !wanted.has(Part::Monitoring) {
        return;
    }
    let meta = |name: &str| wanted.meta(name);
    for workload in &wanted.workloads {
        let endpoint = if wanted.intention.linkerd() {
            json!({"port": "linkerd-admin", "path": "/metrics"})
        } else if wanted.intention.istio_sidecar() {
            json!({"port": "http-envoy-prom", "path": "/stats/prometheus"})
        } else {
            set.notes.push("in ambient ztunnel and the waypoint count, not the pods: scrape those".to_owned());
            break;
        };
        let selector = json!({"matchLabels": pairs(&wanted.selector(workload))});
        set.objects.push((
            MONITORING,
            json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": meta(&format!("{}-mesh", workload.reference.name)),
                "spec": {"selector": selector, "podMetricsEndpoints": [endpoint]}}),
        ));
    }
    let alerts = if wanted.intention.linkerd() { linkerd(wanted) } else { istio(wanted) };
    let rules: Vec<Value> = alerts
        .into_iter()
        .map(|(name, expr, lasts, summary)| {
            json!({"alert": name, "expr": expr, "for": lasts, "labels": {"severity": "warning", "service": wanted.name()}, "annotations": {"summary": summary}})
        })
        .collect();
    set.objects.push((
        MONITORING,
        json!({"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": meta(&format!("{}-mesh", wanted.name())),
            "spec": {"groups": [{"name": format!("{}-mesh", wanted.name()), "rules": rules}]}}),
    ));
}

fn alerts(bad: &str, good: &str, all: &str, slow: String, open: String) -> Vec<Alert> {
    // Without requests there is nothing to be judged.
    let guard = format!("and {all} > 0");
    vec![
        ("MeshErrorRateHigh", format!("({bad} / {all} > 0.05) {guard}"), "2m", "more than 5 % of the requests fail"),
        ("MeshLatencyHigh", format!("({slow} > 1000) {guard}"), "5m", "one request of a hundred takes longer than a second"),
        ("MeshSuccessRateLow", format!("({good} / {all} < 0.95) {guard}"), "5m", "less than 95 % of the requests succeed"),
        ("MeshCircuitBreakerOpen", open, "1m", "endpoints are left alone since they fail, or requests wait for them"),
    ]
}

fn istio(wanted: &Wanted<'_>) -> Vec<Alert> {
    let to = format!("destination_service_name=\"{}\",destination_service_namespace=\"{}\"", wanted.name(), wanted.namespace());
    let rate = |more: &str| format!("sum(rate(istio_requests_total{{reporter=~\"destination|waypoint\",{to}{more}}}[5m]))");
    let slow = format!(
        "histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{{reporter=~\"destination|waypoint\",{to}}}[5m])))"
    );
    let open = format!("sum(rate(istio_requests_total{{reporter=\"source\",response_flags=~\"UO|UH\",{to}}}[5m])) > 0");
    alerts(&rate(",response_code=~\"5..\""), &rate(",response_code!~\"5..\""), &rate(""), slow, open)
}

fn linkerd(wanted: &Wanted<'_>) -> Vec<Alert> {
    let names: Vec<&str> = wanted.workloads.iter().map(|w| w.reference.name.as_str()).collect();
    let to = format!("direction=\"inbound\",namespace=\"{}\",pod=~\"({})-.+\"", wanted.namespace(), names.join("|"));
    let rate = |more: &str| format!("sum(rate(response_total{{{to}{more}}}[5m]))");
    let slow = format!("histogram_quantile(0.99, sum by (le) (rate(response_latency_ms_bucket{{{to}}}[5m])))");
    let open = format!(
        "sum(outbound_http_balancer_endpoints{{endpoint_state=\"pending\",backend_name=\"{}\",backend_namespace=\"{}\"}}) > 0",
        wanted.name(),
        wanted.namespace()
    );
    alerts(&rate(",classification=\"failure\""), &rate(",classification=\"success\""), &rate(""), slow, open)
}
