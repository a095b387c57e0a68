//! What the injector accepts as the value of an annotation (istio `pkg/kube/inject/validate.go`).

use ipnet::IpNet;

use crate::mesh::istio::validation::proxy_config;

/// What is wrong with the value of this annotation, if anything; annotations without a rule accept everything.
pub fn fault(name: &str, value: &str) -> Option<String> {
    let result = match name {
        "sidecar.istio.io/interceptionMode" => one_of(value, &["REDIRECT", "TPROXY", "NONE"]),
        "status.sidecar.istio.io/port" => port(value),
        "readiness.status.sidecar.istio.io/initialDelaySeconds"
        | "readiness.status.sidecar.istio.io/periodSeconds"
        | "readiness.status.sidecar.istio.io/failureThreshold" => count(value),
        "traffic.sidecar.istio.io/includeOutboundIPRanges" if value == "*" => Ok(()),
        "traffic.sidecar.istio.io/includeOutboundIPRanges" | "traffic.sidecar.istio.io/excludeOutboundIPRanges" => ranges(value),
        "traffic.sidecar.istio.io/includeInboundPorts" if value == "*" => Ok(()),
        "traffic.sidecar.istio.io/includeInboundPorts"
        | "traffic.sidecar.istio.io/excludeInboundPorts"
        | "traffic.sidecar.istio.io/excludeOutboundPorts" => ports(value),
        "traffic.sidecar.istio.io/excludeInterfaces" | "traffic.sidecar.istio.io/kubevirtInterfaces" | "istio.io/reroute-virtual-interfaces" => {
            interfaces(value)
        }
        "prometheus.istio.io/merge-metrics" => truth(value),
        "sidecar.istio.io/proxyCPU" | "sidecar.istio.io/proxyMemory" | "sidecar.istio.io/proxyCPULimit" | "sidecar.istio.io/proxyMemoryLimit" => {
            quantity(value)
        }
        "proxy.istio.io/config" => proxy_config::annotation_fault(value).map_or(Ok(()), Err),
        _ => Ok(()),
    };
    result.err()
}

type Verdict = Result<(), String>;

fn check(holds: bool, why: impl Into<String>) -> Verdict {
    if holds { Ok(()) } else { Err(why.into()) }
}

fn one_of(value: &str, allowed: &[&str]) -> Verdict {
    check(allowed.contains(&value), format!("must be one of {}", allowed.join(", ")))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn port(value: &str) -> Verdict {
    let text = value.trim();
    check(digits(text) && text.parse::<u16>().is_ok(), format!("{text:?} is not a port number"))
}

fn count(value: &str) -> Verdict {
    check(digits(value) && value.parse::<u32>().is_ok(), "must be a whole number of at least 0")
}

fn ports(value: &str) -> Verdict {
    if value.trim().is_empty() { Ok(()) } else { value.trim().split(',').try_for_each(port) }
}

fn ranges(value: &str) -> Verdict {
    if value.is_empty() {
        return Ok(());
    }
    value.split(',').try_for_each(|range| check(range.parse::<IpNet>().is_ok(), format!("{range:?} is not an address range such as 10.0.0.0/8")))
}

fn interfaces(value: &str) -> Verdict {
    if value.is_empty() {
        return Ok(());
    }
    value.split(',').map(str::trim).try_for_each(|name| {
        let letter = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let sound = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        check(letter && name.len() <= 15 && sound, format!("{name:?} is not the name of a network interface"))
    })
}

fn truth(value: &str) -> Verdict {
    check(
        matches!(value, "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False"),
        "must be \"true\" or \"false\"",
    )
}

fn quantity(value: &str) -> Verdict {
    check(crate::model::quantity(value).is_some(), "is not a quantity such as 100m or 128Mi")
}

#[cfg(test)]
mod tests {
    use super::fault;

    fn refused(name: &str, values: &[&str]) -> bool {
        values.iter().all(|v| fault(name, v).is_some())
    }

    fn accepted(name: &str, values: &[&str]) -> bool {
        values.iter().all(|v| fault(name, v).is_none())
    }

    #[test]
    fn quantities_are_read_as_kubernetes_does() {
        assert!(accepted("sidecar.istio.io/proxyCPU", &["100m", "1", "0.5", ".5", "2.", "1e3", "1E-2", "128Mi", "+1k"]));
        assert!(refused("sidecar.istio.io/proxyCPU", &["", "m", "1 m", "10mm", "1e3m", "1.2.3", "12\u{7}"]));
    }

    #[test]
    fn lists_are_read_item_by_item() {
        assert!(accepted("traffic.sidecar.istio.io/excludeInboundPorts", &["", "80", "80, 443", "0"]));
        assert!(refused("traffic.sidecar.istio.io/excludeInboundPorts", &["*", "80,", "http", "70000", "-1", "+1"]));
        assert!(accepted("traffic.sidecar.istio.io/includeInboundPorts", &["*", ""]));
        assert!(accepted("traffic.sidecar.istio.io/includeOutboundIPRanges", &["*", "", "10.0.0.0/8,fd00::/8"]));
        assert!(refused("traffic.sidecar.istio.io/excludeOutboundIPRanges", &["*", "10.0.0.1", "10.0.0.0/8, 11.0.0.0/8"]));
        let interfaces = "traffic.sidecar.istio.io/excludeInterfaces";
        assert!(accepted(interfaces, &["", "eth0", "eth0, net1", "br-1.2_3"]));
        assert!(refused(interfaces, &["eth0,", "much-too-long-name", "a b", "eth0:1", "eth@if3", "0eth", "_x", "-x"]));
    }

    #[test]
    fn a_proxy_config_has_sound_ports_and_fields_that_nobody_knows_are_passed_over() {
        let name = "proxy.istio.io/config";
        let sound = ["concurrency: 2", "{status_port: 15020}", "statusPort: '15020'", "statusPort:", "concurency: 2", "statsdUdpAddress: ''", ""];
        assert!(accepted(name, &sound));
        let sound = ["tracing: {sampling: 10}", "tracing: {zipkin: {address: 'z:9411'}}", "interceptionMode: TPROXY", "drainDuration: 1m"];
        assert!(accepted(name, &sound));
        assert!(refused(name, &["tracing: 5", "tracing: {datadog: {address: $(HOST_IP)}}", "interceptionMode: FOO", "controlPlaneAuthPolicy: FOO"]));
        assert!(accepted(name, &["concurrency: -1", "terminationDrainDuration: 5s", "extraStatTags: [a]", "image: {imageType: debug}"]));
        assert!(refused(
            name,
            &["drainDuration: 500ms", "terminationDrainDuration: 5", "extraStatTags: a", "image: debug", "runtimeValues: {a: true}"]
        ));
        assert!(refused(name, &["drainDuration: 10", "binaryPath: ''", "serviceCluster: ''", "discoveryAddress: ''"]));
        assert!(refused(name, &["statusPort: 0", "statusPort: http", "- a", "proxyMetadata: {A: 1}", "discoveryAddress: istiod", "{"]));
    }
}
