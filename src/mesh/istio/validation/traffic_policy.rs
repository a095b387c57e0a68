//! Traffic policies: connection pools, ejection of failing endpoints, load balancing.

use std::collections::BTreeSet;

use crate::mesh::istio::validation::{Judge, client_tls, duration, either, fqdn, has, ip, locality_lb, port, required_duration, zone_aware_lb};
use crate::model::{Field, go_nanos};

/// Judges a whole traffic policy.
pub(crate) fn traffic_policy(judge: &mut Judge<'_>, policy: &Field<'_>) {
    const PARTS: [&str; 8] =
        ["outlierDetection", "connectionPool", "loadBalancer", "tls", "portLevelSettings", "tunnel", "proxyProtocol", "retryBudget"];
    if PARTS.iter().all(|part| policy.get(part).is_none_or(|p| *part == "portLevelSettings" && p.is_empty())) {
        judge.error(policy.path(), "the traffic policy says nothing", format!("Remove it, or set one of {}.", PARTS.join(", ")));
        return;
    }
    if policy.get("tunnel").is_some() && policy.get("proxyProtocol").is_some() {
        judge.error(policy.path_of("proxyProtocol"), "tunnel and proxyProtocol are used together", "Keep one of the two.");
        return;
    }
    parts(judge, policy);
    port_policies(judge, policy);
    if let Some(tunnel) = policy.get("tunnel") {
        self::tunnel(judge, &tunnel);
    }
}

fn parts(judge: &mut Judge<'_>, policy: &Field<'_>) {
    let outlier = policy.get("outlierDetection");
    if let Some(outlier) = &outlier {
        outlier_detection(judge, outlier);
    }
    if let Some(pool) = policy.get("connectionPool") {
        connection_pool(judge, &pool);
    }
    if let Some(balancer) = policy.get("loadBalancer") {
        load_balancer(judge, &balancer, outlier.is_some());
    }
    if let Some(tls) = policy.get("tls") {
        client_tls(judge, &tls);
    }
}

fn port_policies(judge: &mut Judge<'_>, policy: &Field<'_>) {
    for settings in policy.list("portLevelSettings") {
        if settings.get("port").is_none() {
            judge.error(settings.path_of("port"), "these settings name no port", "Write port: {number: …}.");
        }
        if ["outlierDetection", "connectionPool", "loadBalancer", "tls"].iter().all(|part| settings.get(part).is_none()) {
            let hint = "Remove them, or set outlierDetection, connectionPool, loadBalancer or tls.";
            judge.error(settings.path(), "the settings of this port say nothing", hint);
        }
        judge.quietly(|judge| parts(judge, &settings));
    }
}

fn tunnel(judge: &mut Judge<'_>, tunnel: &Field<'_>) {
    if !["", "CONNECT", "POST"].contains(&tunnel.text("protocol")) {
        judge.error(tunnel.path_of("protocol"), format!("a tunnel cannot use {:?}", tunnel.text("protocol")), "Write CONNECT or POST.");
    }
    let host = tunnel.text("targetHost");
    if fqdn(host).is_err() && ip(host).is_err() {
        let message = format!("targetHost {host:?} is neither a domain name nor an IP address");
        judge.error(tunnel.path_of("targetHost"), message, "Write the host that the tunnel leads to.");
    }
    let number = tunnel.get("targetPort").and_then(|p| p.int()).unwrap_or_default();
    if let Err(fault) = port(number) {
        judge.error(tunnel.path_of("targetPort"), fault.message, fault.hint);
    }
}

/// Judges `outlierDetection`.
pub(crate) fn outlier_detection(judge: &mut Judge<'_>, outlier: &Field<'_>) {
    for name in ["baseEjectionTime", "interval"] {
        if let Some(time) = outlier.get(name) {
            duration(judge, &time);
        }
    }
    if outlier.get("consecutiveErrors").is_some_and(|f| f.int() != Some(0)) {
        let hint = "Write consecutiveGatewayErrors or consecutive5xxErrors instead.";
        judge.warn(outlier.path_of("consecutiveErrors"), "consecutiveErrors is deprecated", hint);
    }
    let split = outlier.get("splitExternalLocalOriginErrors").and_then(|f| f.bool()) == Some(true);
    if !split && outlier.get("consecutiveLocalOriginFailures").and_then(|f| f.int()).is_some_and(|n| n > 0) {
        let message = "consecutiveLocalOriginFailures counts nothing while splitExternalLocalOriginErrors is false";
        judge.error(outlier.path_of("consecutiveLocalOriginFailures"), message, "Write splitExternalLocalOriginErrors: true.");
    }
    for name in ["maxEjectionPercent", "minHealthPercent"] {
        if let Some(percent) = outlier.get(name).filter(|f| f.int().is_some_and(|n| !(0..=100).contains(&n))) {
            judge.error(percent.path(), format!("{name} is {percent}, not between 0 and 100"), "Write a percentage from 0 to 100.");
        }
    }
}

/// Judges `connectionPool`.
pub(crate) fn connection_pool(judge: &mut Judge<'_>, pool: &Field<'_>) {
    if pool.get("http").is_none() && pool.get("tcp").is_none() {
        judge.error(pool.path(), "the connection pool says nothing", "Remove it, or set http or tcp.");
    }
    if let Some(http) = pool.get("http") {
        let counts = ["http1MaxPendingRequests", "http2MaxRequests", "maxRequestsPerConnection", "maxRetries", "maxConcurrentStreams"];
        counts.iter().for_each(|name| not_negative(judge, &http, name));
        if let Some(time) = http.get("idleTimeout") {
            duration(judge, &time);
        }
        if http.text("h2UpgradePolicy") == "UPGRADE" && http.get("useClientProtocol").and_then(|f| f.bool()) == Some(true) {
            let message = "useClientProtocol keeps the client's protocol, and h2UpgradePolicy UPGRADE changes it";
            judge.error(http.path_of("useClientProtocol"), message, "Keep one of the two.");
        }
        // In MeshConfig Istio takes it without them.
        if let Some(keepalive) = http.get("http2KeepAlive").filter(|_| !judge.is_inside()) {
            required_duration(judge, &keepalive, "interval");
            required_duration(judge, &keepalive, "timeout");
        }
    }
    let Some(tcp) = pool.get("tcp") else { return };
    not_negative(judge, &tcp, "maxConnections");
    let keepalive = tcp.get("tcpKeepalive");
    let times = ["connectTimeout", "maxConnectionDuration", "idleTimeout"].map(|name| tcp.get(name).map(|field| (name, field)));
    let probes = ["time", "interval"].map(|name| keepalive.as_ref().and_then(|k| k.get(name)).map(|field| (name, field)));
    for (name, time) in times.into_iter().chain(probes).flatten() {
        // An idle timeout of nothing switches the timeout off.
        let off = name == "idleTimeout" && time.str().and_then(go_nanos).is_some_and(|n| n.abs() < 1_000_000);
        if !off {
            duration(judge, &time);
        }
    }
}

fn not_negative(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    if let Some(count) = field.get(name).filter(|f| f.int().is_some_and(|n| n < 0)) {
        judge.error(count.path(), format!("{name} is {count}"), "Write 0 or more.");
    }
}

fn load_balancer(judge: &mut Judge<'_>, balancer: &Field<'_>, outlier: bool) {
    either(judge, balancer, &["simple", "consistentHash", "backendUtilization"]);
    if let Some(hash) = balancer.get("consistentHash") {
        consistent_hash(judge, &hash);
    }
    let (locality, zone) = (balancer.get("localityLbSetting"), balancer.get("zoneAwareLbSetting"));
    if let (Some(_), Some(zone)) = (&locality, &zone) {
        judge.error(zone.path(), "localityLbSetting and zoneAwareLbSetting are used together", "Keep one of the two.");
    }
    if let Some(locality) = locality {
        locality_lb(judge, &locality, outlier);
    }
    if let Some(zone) = zone {
        zone_aware_lb(judge, &zone, outlier);
    }
    let Some(warmup) = balancer.get("warmup") else { return };
    required_duration(judge, &warmup, "duration");
    if let Some(percent) = warmup.get("minimumPercent").filter(|f| f.number().is_some_and(|n| n > 100.0)) {
        judge.error(percent.path(), format!("minimumPercent is {percent}, more than 100"), "Write a percentage from 0 to 100.");
    }
    if let Some(aggression) = warmup.get("aggression").filter(|f| f.number().is_some_and(|n| n <= 0.0)) {
        judge.error(aggression.path(), format!("aggression is {aggression}"), "Write a number greater than 0.");
    }
}

fn consistent_hash(judge: &mut Judge<'_>, hash: &Field<'_>) {
    either(judge, hash, &["httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"]);
    either(judge, hash, &["ringHash", "maglev"]);
    if let Some(cookie) = hash.get("httpCookie") {
        if !has(&cookie, "name") {
            judge.error(cookie.path_of("name"), "the cookie has no name", "Write name.");
        }
        let mut names = BTreeSet::new();
        for attribute in cookie.list("attributes") {
            let name = attribute.text("name");
            if name.is_empty() {
                judge.error(attribute.path_of("name"), "the cookie's attribute has no name", "Write name.");
            } else if !names.insert(name) {
                judge.error(attribute.path_of("name"), format!("attribute {name:?} is set twice"), "Keep one of the two.");
            }
        }
    }
    let ring = hash.get("minimumRingSize").filter(|f| f.int() != Some(0));
    if let Some(ring) = &ring {
        judge.warn(ring.path(), "minimumRingSize is deprecated", "Write ringHash: {minimumRingSize: …} instead.");
        if hash.get("ringHash").is_some() || hash.get("maglev").is_some() {
            judge.error(ring.path(), "minimumRingSize and ringHash or maglev are used together", "Remove minimumRingSize.");
        }
    }
    let Some(maglev) = hash.get("maglev") else { return };
    let size = maglev.get("tableSize").and_then(|f| f.int()).unwrap_or_default();
    if size >= 5_000_011 || !is_prime(size) {
        let message = format!("tableSize {size} is not a prime below 5000011");
        judge.error(maglev.path_of("tableSize"), message, "Write a prime number, for example 65537.");
    }
}

fn is_prime(number: i64) -> bool {
    number == 1 || number == 2 || (number > 2 && number % 2 != 0 && (3..).step_by(2).take_while(|f| f * f <= number).all(|f| number % f != 0))
}
