//! The part of MeshConfig that every proxy starts from: `defaultConfig`.

use crate::checks::support::istio::schema::common::{Judge, client_tls, duration, nanos, port, proxy_address};
use crate::model::Field;

/// Judges `defaultConfig`.
pub(in crate::checks) fn proxy(judge: &mut Judge<'_, '_>, config: &Field<'_>) {
    for text in ["configPath", "binaryPath", "serviceCluster", "discoveryAddress"].into_iter().filter_map(|name| config.get(name)) {
        if text.str() == Some("") {
            judge.error(text.path(), "an empty text takes the default away", "Remove the field, or write a value.");
        }
    }
    let service = |name| config.get(name).and_then(|s| s.get("address"));
    let metrics = [service("envoyMetricsService"), service("envoyAccessLogService")];
    let plain = [config.get("discoveryAddress"), config.get("statsdUdpAddress"), config.get("envoyMetricsServiceAddress")];
    for address in plain.into_iter().chain(metrics).flatten().filter(|a| !a.is_empty()) {
        judge.judge(&address, proxy_address(address.str().unwrap_or_default()));
    }
    if let Some(tracing) = config.get("tracing") {
        self::tracing(judge, &tracing);
    }
    for number in ["proxyAdminPort", "statusPort"].into_iter().filter_map(|name| config.get(name)) {
        judge.judge(&number, port(number.int().unwrap_or_default()));
    }
    if let Some(drain) = config.get("drainDuration") {
        duration(judge, &drain);
        if drain.str().and_then(nanos).is_some_and(|n| n % 1_000_000_000 != 0) {
            judge.error(drain.path(), "drainDuration is finer than seconds", "Write whole seconds.");
        }
    }
    if let Some(old) = config.at(["proxyMetadata", "ISTIO_META_DNS_AUTO_ALLOCATE"]) {
        let hint = "Remove it: istiod has allocated addresses by itself since Istio 1.25.";
        judge.warn(old.path(), "ISTIO_META_DNS_AUTO_ALLOCATE is deprecated", hint);
    }
    if let Some(provider) = config.get("privateKeyProvider") {
        private_keys(judge, &provider);
    }
    if let Some(settings) = config.get("connectionSettings") {
        connections(judge, &settings);
    }
}

fn tracing(judge: &mut Judge<'_, '_>, tracing: &Field<'_>) {
    for name in ["zipkin", "lightstep", "datadog"] {
        let Some(tracer) = tracing.get(name) else { continue };
        let address = tracer.text("address");
        // Zipkin and Datadog may run on the proxy's own node.
        let node = if name == "lightstep" { address.to_owned() } else { address.replacen("$(HOST_IP)", "127.0.0.1", 1) };
        if let Err(fault) = proxy_address(&node) {
            judge.error(tracer.path_of("address"), fault.message, fault.hint);
        }
    }
    if let Some(lightstep) = tracing.get("lightstep").filter(|l| l.text("accessToken").is_empty()) {
        judge.error(lightstep.path_of("accessToken"), "accessToken is missing", "Write accessToken.");
    }
    if let Some(tls) = tracing.get("tlsSettings") {
        client_tls(judge, &tls);
    }
}

fn private_keys(judge: &mut Judge<'_, '_>, provider: &Field<'_>) {
    let known = ["cryptomb", "qat"].into_iter().find_map(|name| provider.get(name));
    match known.as_ref().map(|p| p.get("pollDelay").and_then(|d| nanos(d.str()?))) {
        None => judge.error(provider.path(), "no provider of private keys is named", "Write cryptomb or qat."),
        Some(None | Some(0)) => judge.error(provider.path(), "pollDelay is missing or 0", "Write pollDelay, for example 0.02s."),
        Some(Some(_)) => {}
    }
}

/// Durations that may be 0.
const TIMES: [&str; 7] = [
    "httpIdleTimeout",
    "httpMaxConnectionDuration",
    "httpDrainTimeout",
    "httpRequestTimeout",
    "httpRequestHeadersTimeout",
    "httpStreamIdleTimeout",
    "httpMaxStreamDuration",
];

/// Numbers and the least that each may be.
const NUMBERS: [(&str, i64); 7] = [
    ("listenerPerConnectionBufferLimitBytes", 0),
    ("clusterPerConnectionBufferLimitBytes", 0),
    ("httpMaxConcurrentStreams", 1),
    ("listenerConnectionLimit", 1),
    ("globalDownstreamConnectionLimit", 1),
    ("http2InitialStreamWindowSize", 65535),
    ("http2InitialConnectionWindowSize", 65535),
];

fn connections(judge: &mut Judge<'_, '_>, settings: &Field<'_>) {
    for (name, least) in NUMBERS {
        if let Some(number) = settings.get(name).filter(|n| n.int().is_some_and(|n| n < least)) {
            judge.error(number.path(), format!("{name} is {number}"), format!("Write {least} or more."));
        }
    }
    for time in TIMES.into_iter().filter_map(|name| settings.get(name)) {
        match time.str().and_then(nanos) {
            Some(nanos) if nanos < 0 => judge.error(time.path(), format!("the duration is {time}, less than nothing"), "Write 0s or more."),
            Some(_) => {}
            None => duration(judge, &time),
        }
    }
}
