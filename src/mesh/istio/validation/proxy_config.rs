//! What a proxy starts from, wherever it stands: `defaultConfig` of MeshConfig, and the annotation `proxy.istio.io/config`.
//!
//! Istio sources: `pkg/config/validation/agent/validation.go`; for the types of fields `mesh/v1alpha1/proxy.proto` of istio/api.

use serde_json::Value;

use crate::mesh::istio::validation::{Judge, Sort, client_tls, duration, port, proxy_address};
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

/// The name of a field in camel case, which protobuf also takes in snake case.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut camel = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        camel.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

/// A document as protobuf reads it from YAML: fields in snake case are those in camel case.
pub(crate) fn camel_cased(value: Value) -> Value {
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
pub(crate) fn annotation_fault(text: &str) -> Option<String> {
    let config = match serde_saphyr::from_str::<Value>(text) {
        Ok(Value::Null) => return None,
        Ok(config) if config.is_object() => Json::from(camel_cased(config)),
        Ok(_) => return Some("is not a ProxyConfig: it must be a map".to_owned()),
        Err(error) => return Some(format!("is not YAML: {}", error.without_snippet())),
    };
    let mut judge = Judge::inside();
    proxy(&mut judge, &config.root());
    let refused = judge.judgements().into_iter().find(|judgement| matches!(judgement.sort, Sort::Error | Sort::Refused))?;
    Some(format!("{}: {}", refused.path, refused.message))
}

/// A field of an annotation's ProxyConfig that no ProxyConfig has. The injector reads past it (`ApplyYAML` in istio
/// `pkg/util/protomarshal/protomarshal.go`).
pub(crate) fn ignored_field(text: &str) -> Option<String> {
    let config: Value = serde_saphyr::from_str(text).ok()?;
    config.as_object()?.keys().find(|field| !FIELDS.contains(&camel_case(field).as_str())).cloned()
}

/// Fields that hold one of several words, which protobuf also takes as numbers.
const WORDS: [(&str, &[&str]); 2] = [("interceptionMode", &["REDIRECT", "TPROXY", "NONE"]), ("controlPlaneAuthPolicy", &["NONE", "MUTUAL_TLS"])];
const TEXTS: [&str; 4] = ["configPath", "binaryPath", "serviceCluster", "discoveryAddress"];
const NUMBERS: [&str; 3] = ["concurrency", "proxyAdminPort", "statusPort"];
const FLAGS: [&str; 1] = ["holdApplicationUntilProxyStarts"];
const DURATIONS: [&str; 3] = ["parentShutdownDuration", "terminationDrainDuration", "fileFlushInterval"];
const LISTS_OF_TEXTS: [&str; 2] = ["extraStatTags", "caCertificatesPem"];
const MAPS_OF_TEXTS: [&str; 2] = ["proxyMetadata", "runtimeValues"];
const MAPS: [&str; 7] =
    ["tracing", "image", "readinessProbe", "gatewayTopology", "proxyStatsMatcher", "envoyAccessLogService", "envoyMetricsService"];

/// Values of a type that protobuf does not take.
fn types(judge: &mut Judge<'_>, config: &Field<'_>) {
    let mut refuse = |names: &[&str], holds: fn(&Field<'_>) -> bool, message: &str, hint: &str| {
        for field in names.iter().filter_map(|name| config.get(name)).filter(|field| !holds(field)) {
            judge.refused(field.path(), message, hint);
        }
    };
    refuse(&TEXTS, |field| field.str().is_some(), "must be a text", "Put the value in quotes.");
    refuse(&NUMBERS, |field| number(field).is_some(), "must be a whole number", "Write a number without a unit.");
    refuse(&FLAGS, |field| field.bool().is_some(), "must be true or false", "Write true or false, without quotes.");
    refuse(&DURATIONS, |field| field.str().and_then(go_nanos).is_some(), "must be a duration with a unit", "Write one such as 10s.");
    refuse(&MAPS, is_map, "must be a map", "Write fields and values.");
    refuse(&MAPS_OF_TEXTS, is_map, "must be a map", "Write names and values.");
    refuse(&LISTS_OF_TEXTS, is_list_of_texts, "must be a list of texts", "Write a list, each item in quotes.");
    for (name, words) in WORDS {
        if let Some(word) = config.get(name).filter(|w| w.str().map_or(!matches!(w.data(), Data::Number(_)), |w| !words.contains(&w))) {
            judge.refused(word.path(), format!("must be one of {}", words.join(", ")), "Write one of them, or remove the field.");
        }
    }
    for name in MAPS_OF_TEXTS {
        for (_, value) in config.get(name).iter().flat_map(Field::entries).filter(|(_, value)| value.str().is_none()) {
            judge.refused(value.path(), format!("values of {name} must be quoted texts"), "Put the value in quotes.");
        }
    }
}

fn is_map(field: &Field<'_>) -> bool {
    field.is_map()
}

fn is_list_of_texts(field: &Field<'_>) -> bool {
    matches!(field.data(), Data::List) && field.items().all(|item| item.str().is_some())
}

/// A whole number as protobuf reads it from JSON, where it may stand in quotes.
fn number(field: &Field<'_>) -> Option<i64> {
    field.int().or_else(|| field.str()?.parse().ok())
}

/// Judges a ProxyConfig.
pub(crate) fn proxy(judge: &mut Judge<'_>, config: &Field<'_>) {
    types(judge, config);
    for text in TEXTS.into_iter().filter_map(|name| config.get(name)) {
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
    for (at, number) in ["proxyAdminPort", "statusPort"].into_iter().filter_map(|name| config.get(name)).filter_map(|at| Some((at, number(&at)?))) {
        judge.judge(&at, port(number));
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

fn tracing(judge: &mut Judge<'_>, tracing: &Field<'_>) {
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

fn private_keys(judge: &mut Judge<'_>, provider: &Field<'_>) {
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
const LEAST: [(&str, i64); 7] = [
    ("listenerPerConnectionBufferLimitBytes", 0),
    ("clusterPerConnectionBufferLimitBytes", 0),
    ("httpMaxConcurrentStreams", 1),
    ("listenerConnectionLimit", 1),
    ("globalDownstreamConnectionLimit", 1),
    ("http2InitialStreamWindowSize", 65535),
    ("http2InitialConnectionWindowSize", 65535),
];

fn connections(judge: &mut Judge<'_>, settings: &Field<'_>) {
    for (name, least) in LEAST {
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
