//! What a proxy starts from, wherever it stands: `defaultConfig` of MeshConfig, and the annotation `proxy.istio.io/config`.
//!
//! Istio sources: `pkg/config/validation/agent/validation.go`; for the types of fields `mesh/v1alpha1/proxy.proto` of istio/api.

use serde_json::Value;

use crate::checks::support::istio::schema::common::{Judge, client_tls, duration, port, proxy_address};
use crate::mesh::istio::annotation_values::camel_case;
use crate::model::{Data, Field, Json, go_nanos};

/// Fields of ProxyConfig, in the spelling of its JSON.
const FIELDS: &[&str] = &[
    "availabilityZone",
    "binaryPath",
    "caCertificatesPem",
    "concurrency",
    "configPath",
    "connectionSettings",
    "controlPlaneAuthPolicy",
    "customConfigFile",
    "discoveryAddress",
    "discoveryRefreshDelay",
    "drainDuration",
    "envoyAccessLogService",
    "envoyMetricsService",
    "envoyMetricsServiceAddress",
    "extraStatTags",
    "fileFlushInterval",
    "fileFlushMinSizeKb",
    "gatewayTopology",
    "holdApplicationUntilProxyStarts",
    "image",
    "interceptionMode",
    "meshId",
    "parentShutdownDuration",
    "privateKeyProvider",
    "proxyAdminPort",
    "proxyBootstrapTemplatePath",
    "proxyHeaders",
    "proxyMetadata",
    "proxyStatsMatcher",
    "readinessProbe",
    "runtimeValues",
    "sds",
    "serviceCluster",
    "statNameLength",
    "statsCompression",
    "statsdUdpAddress",
    "statusPort",
    "terminationDrainDuration",
    "tracing",
    "tracingServiceName",
    "zipkinAddress",
];

/// Maps whose keys are the user's own.
const FREE_KEYS: [&str; 4] = ["proxyMetadata", "runtimeValues", "extraStatTags", "customTags"];

/// A document as protobuf reads it from YAML: fields in snake case are those in camel case.
pub(in crate::checks) fn camel_cased(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let name = camel_case(&name);
                let value = if FREE_KEYS.contains(&name.as_str()) { value } else { camel_cased(value) };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(camel_cased).collect()),
        other => other,
    }
}

/// What is wrong with the ProxyConfig that an annotation holds: the first error, of those that keep the injector from reading it.
pub(in crate::checks) fn annotation_fault(text: &str) -> Option<String> {
    let config = match serde_saphyr::from_str::<Value>(text) {
        Ok(Value::Null) => return None,
        Ok(config) if config.is_object() => Json::from(camel_cased(config)),
        Ok(_) => return Some("is not a ProxyConfig: it must be a map".to_owned()),
        Err(error) => return Some(format!("is not YAML: {}", error.without_snippet())),
    };
    let mut errors = Vec::new();
    proxy(&mut Judge::list(&mut errors), &config.root());
    errors.into_iter().next()
}

/// A field of an annotation's ProxyConfig that no ProxyConfig has. The injector reads past it (`ApplyYAML` in istio
/// `pkg/util/protomarshal/protomarshal.go`).
pub(in crate::checks) fn ignored_field(text: &str) -> Option<String> {
    let config: Value = serde_saphyr::from_str(text).ok()?;
    config.as_object()?.keys().find(|field| !FIELDS.contains(&camel_case(field).as_str())).cloned()
}

/// Fields that hold one of several words, which protobuf also takes as numbers.
const WORDS: [(&str, &[&str]); 2] = [("interceptionMode", &["REDIRECT", "TPROXY", "NONE"]), ("controlPlaneAuthPolicy", &["NONE", "MUTUAL_TLS"])];

/// Values of a type that protobuf does not take.
fn types(judge: &mut Judge<'_, '_>, config: &Field<'_>) {
    for (name, words) in WORDS {
        if let Some(word) = config.get(name).filter(|w| w.str().map_or(!matches!(w.data(), Data::Number(_)), |w| !words.contains(&w))) {
            judge.refused(word.path(), format!("must be one of {}", words.join(", ")), "Write one of them, or remove the field.");
        }
    }
    if let Some(number) = config.get("concurrency").filter(|n| n.int().is_none()) {
        judge.refused(number.path(), "must be a whole number", "Write a number without a unit.");
    }
    for flag in ["holdApplicationUntilProxyStarts"].into_iter().filter_map(|name| config.get(name)) {
        if !matches!(flag.data(), Data::Bool(_)) {
            judge.refused(flag.path(), "must be true or false", "Write true or false, without quotes.");
        }
    }
    for map in ["tracing", "proxyMetadata"].into_iter().filter_map(|name| config.get(name)) {
        if !map.is_map() {
            judge.refused(map.path(), "must be a map", "Write fields and values.");
        }
    }
    for (_, value) in config.get("proxyMetadata").iter().flat_map(Field::entries).filter(|(_, value)| value.str().is_none()) {
        judge.refused(value.path(), "values of proxyMetadata must be quoted texts", "Put the value in quotes.");
    }
}

/// Judges a ProxyConfig.
pub(in crate::checks) fn proxy(judge: &mut Judge<'_, '_>, config: &Field<'_>) {
    types(judge, config);
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
        if drain.str().and_then(go_nanos).is_some_and(|n| n % 1_000_000_000 != 0) {
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
    match known.as_ref().map(|p| p.get("pollDelay").and_then(|d| go_nanos(d.str()?))) {
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
        match time.str().and_then(go_nanos) {
            Some(nanos) if nanos < 0 => judge.error(time.path(), format!("the duration is {time}, less than nothing"), "Write 0s or more."),
            Some(_) => {}
            None => duration(judge, &time),
        }
    }
}
