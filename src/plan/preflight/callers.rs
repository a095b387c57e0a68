//! Who calls the workload, what it calls, and what it shares with others.

use super::{Id, Report, Subject};
use crate::mesh::istio::OutboundMode;
use crate::mesh::linkerd::annotations::DEFAULT_POLICY;
use crate::mesh::linkerd::server::InboundPolicy;
use crate::mesh::mtls::{Client, Declared, Mode};
use crate::model::{Gap, Kind, LabelSelector, first_of};
use crate::world::SourceKind;

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    clients(subject, report);
    scraped(subject, report);
    shared(subject, report);
    egress(subject, report);
    discovered(subject, report);
}

fn clients(subject: &Subject<'_>, report: &mut Report<'_>) {
    let world = subject.world;
    let declared = Declared::read(world.view());
    let (mut outside, mut server) = (Vec::new(), false);
    for client in declared.of(subject.workload) {
        match client.client {
            Client::Workload(workload) => {
                let fact = world.injection(subject.intention.mesh, workload);
                if fact.actual.pods() > 0 && fact.actual.inside() == 0 {
                    outside.push(workload.reference.short_name());
                }
            }
            Client::Tls => server = true,
            Client::Plain => outside.push(client.name.to_string()),
        }
    }
    outside.sort();
    outside.dedup();
    let strict = strict_by(subject).unwrap_or_else(|gap| {
        report.unknown(Id::ClientOutside, format!("whether plaintext would still be admitted: {gap}"));
        None
    });
    if let (Some(who), false) = (&strict, outside.is_empty()) {
        report.block(
            Id::ClientOutside,
            format!(
                "{who} demands mutual TLS: {} would be refused as soon as its pods are in the mesh; take its clients in first",
                first_of(&outside, 3)
            ),
        );
    } else if let Some(who) = &strict {
        report.warn(
            Id::ClientOutside,
            format!("{who} demands mutual TLS: clients without a proxy, of which no object tells, are refused as soon as its pods are in the mesh"),
        );
    } else if !outside.is_empty() {
        report.warn(
            Id::ClientOutside,
            format!(
                "{} {} it without a proxy: plaintext goes on, until something asks for mutual TLS",
                first_of(&outside, 3),
                if outside.len() == 1 { "calls" } else { "call" }
            ),
        );
    }
    if server {
        let avoid =
            if subject.intention.linkerd() { "config.linkerd.io/skip-inbound-ports for that port" } else { "portLevelMtls PERMISSIVE for that port" };
        report.warn(Id::ApiServerCaller, format!("the API server calls it and has no identity: before STRICT or deny it needs {avoid}"));
    }
    let open = subject.services.iter().any(|s| matches!(s.spec.kind.as_str(), "LoadBalancer" | "NodePort"));
    if open || world.source.kind == SourceKind::Files {
        report.unknown(Id::ClientOutside, "clients outside of this cluster cannot be seen");
    }
    let grpc = subject.services.iter().filter(|s| s.spec.cluster_ip == "None").count();
    if grpc > 0 && subject.intention.istio_sidecar() {
        report.warn(
            Id::PodIpClients,
            "a headless Service gives clients its pods' addresses: those that dial one go without mutual TLS unless the port is declared",
        );
    }
}

/// Who demands mutual TLS of the workload from the moment at which it is in the mesh.
fn strict_by(subject: &Subject<'_>) -> Result<Option<String>, Gap> {
    let world = subject.world;
    if world.injection(subject.intention.mesh, subject.workload).actual.inside() > 0 {
        // Whoever is refused is so by now.
        return Ok(None);
    }
    if !subject.intention.linkerd() {
        let accepts = world.view().istio_accepts(subject.workload)?;
        let mut all = std::iter::once(&accepts.any).chain(accepts.ports.values());
        let Some(strict) = all.find(|decision| decision.mode == Mode::Strict) else { return Ok(None) };
        return Ok(Some(strict.decider()));
    }
    let of_namespace = world.index.namespace(subject.namespace()).and_then(|namespace| namespace.metadata.annotations.get(DEFAULT_POLICY));
    let written = subject.annotation(DEFAULT_POLICY).or(of_namespace).and_then(InboundPolicy::parse);
    let policy = written.unwrap_or(world.linkerd.cluster.default_policy);
    let open = matches!(policy, InboundPolicy::AllUnauthenticated | InboundPolicy::ClusterUnauthenticated | InboundPolicy::Audit);
    Ok((!open).then(|| format!("its default policy {}", policy.name())))
}

fn scraped(subject: &Subject<'_>, report: &mut Report<'_>) {
    let annotated = subject.annotation("prometheus.io/scrape") == Some("true");
    let selects = |monitor: &serde_json::Value| {
        let labels = monitor["spec"]["selector"]["matchLabels"].as_object();
        let service =
            subject.services.iter().any(|s| labels.is_some_and(|l| !l.is_empty() && l.iter().all(|(k, v)| s.metadata.labels.get(k) == v.as_str())));
        let pod = labels.is_some_and(|l| !l.is_empty() && l.iter().all(|(k, v)| subject.workload.labels.get(k) == v.as_str()));
        if monitor["kind"] == "PodMonitor" { pod } else { service }
    };
    let monitored = subject.objects("ServiceMonitor").chain(subject.objects("PodMonitor")).any(selects);
    if annotated && subject.intention.istio_sidecar() {
        report.warn(Id::Scrape, "Istio serves its metrics on port 15020 from now on and writes its prometheus.io annotations: prometheus.istio.io/merge-metrics: \"false\" leaves them");
    }
    if monitored || (annotated && !subject.intention.istio_sidecar()) {
        report.warn(Id::Scrape, "Prometheus reads its application port: that works while plaintext is admitted; before STRICT or deny Prometheus needs the mesh or a grant");
    }
}

fn shared(subject: &Subject<'_>, report: &mut Report<'_>) {
    let index = &subject.world.index;
    let account = |w: &crate::index::Workload| index.pod_spec(w).map(|spec| spec.service_account().to_owned());
    let own = account(subject.workload);
    let others = index.workloads_in(subject.namespace()).iter().filter(|w| w.reference != subject.workload.reference && account(w) == own).count();
    if others > 0 {
        let own = own.unwrap_or_default();
        let (noun, verb) = if others == 1 { ("workload", "uses") } else { ("workloads", "use") };
        report.warn(Id::SharedSa, format!("{others} other {noun} {verb} its ServiceAccount {own}: policies by identity cannot tell them apart"));
    }
    for service in subject.services {
        let behind = index.select(Some(subject.namespace()), &service.spec.selector).filter(|w| w.reference != subject.workload.reference);
        let names: Vec<String> = behind.map(|w| w.reference.short_name()).collect();
        if !names.is_empty() {
            report.warn(
                Id::SharedPods,
                format!(
                    "Service {} leads to {} as well: its endpoints are in the mesh in part, which is fine while plaintext is admitted",
                    service.metadata.name,
                    names.join(", ")
                ),
            );
        }
    }
}

fn egress(subject: &Subject<'_>, report: &mut Report<'_>) {
    let world = subject.world;
    if !subject.intention.linkerd() && world.istio.config.outbound == OutboundMode::RegistryOnly && !subject.intention.ambient() {
        report.warn(Id::Egress, "the mesh lets calls out to registered hosts only (REGISTRY_ONLY): what it calls outside needs ServiceEntries first");
    }
    if subject.intention.linkerd()
        && let Some(network) = world.index.objects(Kind::EgressNetwork).iter().find(|n| n.spec().text("trafficPolicy") == "Deny")
    {
        report.warn(Id::Egress, format!("EgressNetwork {} denies what no route of it admits", network.meta.name));
    }
    for policy in world.index.objects_in(Kind::NetworkPolicy, subject.namespace()) {
        let selects = policy.spec().get("podSelector").and_then(|s| LabelSelector::read(s)).is_some_and(|s| s.matches(&subject.workload.labels));
        let out = policy.spec().get("policyTypes").is_some_and(|types| types.items().any(|t| t.str() == Some("Egress")));
        if !selects || !out {
            continue;
        }
        let opens_dns = policy
            .spec()
            .list("egress")
            .any(|rule| rule.get("ports").is_none() || rule.list("ports").any(|p| p.get("port").is_some_and(|port| port.int() == Some(53))));
        if !opens_dns {
            report.warn(
                Id::Dns,
                format!("NetworkPolicy {} limits what it calls and opens no port 53: its proxy needs names as well", policy.meta.name),
            );
        }
        let ports = if subject.intention.linkerd() {
            "8086, 8090 and 8080 of the control plane and 4143 of its peers"
        } else if subject.intention.ambient() {
            "15008 of its peers"
        } else {
            "15012 of istiod"
        };
        report.warn(Id::Dns, format!("NetworkPolicy {} limits what it calls: the proxy needs {ports}", policy.meta.name));
    }
}

fn discovered(subject: &Subject<'_>, report: &mut Report<'_>) {
    if subject.intention.linkerd() {
        return;
    }
    if let Some(namespace) = subject.world.index.namespace(subject.namespace())
        && !subject.world.istio.config.discovers(namespace)
    {
        report.block(Id::Discovery, "its namespace matches no discoverySelector of MeshConfig: proxies there get no configuration; label it first");
    }
}
