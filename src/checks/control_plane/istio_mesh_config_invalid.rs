use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::inside;
use crate::mesh::istio::validation::proxy_config::{camel_cased, proxy};
use crate::mesh::istio::validation::{
    Judge, Verdict, connection_pool, dns_label, duration, fault, fqdn, has, ip_or_cidr, is_dns_label, is_ip, locality_lb, outlier_detection, port,
    retry, wildcard_domain, zone_aware_lb,
};
use crate::model::{Field, Json, Kind, Object, Subject, go_nanos};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// The MeshConfig and MeshNetworks in istiod's ConfigMap (`istio` or `istio-<revision>`, keys `mesh` and `meshNetworks`) can be read and keep to
    /// Istio's rules: ports, addresses, durations, limits, trust domains, hosts, localities and retries hold values that istiod takes.
    ///
    /// # Why it matters
    ///
    /// istiod keeps the last configuration it understood, or the default after a restart, and says so in its log alone: what you wrote is not in force,
    /// and comes into force in another form when istiod restarts.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field inside the document, what is allowed there and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/agent/validation.go`.
    "istio-mesh-config-invalid",
    summary: "MeshConfig or MeshNetworks that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::ControlPlane,
    mesh: MeshTag::Istio,
    needs: &[Kind::ConfigMap],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    for map in world.index.objects(Kind::ConfigMap) {
        if map.meta.name == "istio" || map.meta.name.starts_with("istio-") {
            document(world, findings, map, "mesh", "data.mesh", mesh);
            document(world, findings, map, "meshNetworks", "data.meshNetworks", networks);
        }
    }
}

fn document(world: &World, findings: &mut Findings<'_>, map: &Object, key: &'static str, path: &'static str, rule: fn(&mut Judge<'_>, &Field<'_>)) {
    let Some(text) = map.root().at(["data", key]).and_then(|f| f.str()) else { return };
    let mut judge = Judge::inside();
    match serde_saphyr::from_str::<serde_json::Value>(text) {
        // The names of networks are the user's own.
        Ok(document) if document.is_object() && key == "meshNetworks" => rule(&mut judge, &Json::from(document).root()),
        Ok(document) if document.is_object() => rule(&mut judge, &Json::from(camel_cased(document)).root()),
        Ok(document) if document.is_null() => {}
        Ok(_) => judge.refused("", "the document is no map", "Write fields and values, in YAML."),
        // Of the configuration that is in force istio-mesh-config-unreadable says so.
        Err(_) if key == "mesh" && world.istio.config.object.as_ref() == Some(&map.reference()) => {}
        Err(error) => {
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            judge.refused("", format!("the document cannot be read: {}", line.strip_prefix("error: ").unwrap_or(line)), "Correct the YAML.");
        }
    }
    inside(findings, map, path, judge);
}

/// Judges what is written; everything else has defaults, which are valid.
fn mesh(judge: &mut Judge<'_>, mesh: &Field<'_>) {
    if let Some(number) = mesh.get("proxyListenPort").filter(|p| p.int().is_some()) {
        judge.judge(&number, port(number.int().unwrap_or_default()));
    }
    if let Some(timeout) = mesh.get("connectTimeout") {
        duration(judge, &timeout);
        if timeout.str().and_then(go_nanos).is_some_and(|n| n > 3_600_000_000_000) {
            judge.about("length").error(timeout.path(), "the timeout is longer than an hour", "Write at most 1h.");
        }
    }
    if let Some(timeout) = mesh.get("protocolDetectionTimeout") {
        // Istio looks at the precision alone.
        match timeout.str().and_then(go_nanos) {
            Some(time) if time % 1_000_000 != 0 => {
                judge.error(timeout.path(), "the duration is finer than milliseconds", "Write whole milliseconds.")
            }
            Some(_) => {}
            None => duration(judge, &timeout),
        }
    }
    if let Some(config) = mesh.get("defaultConfig") {
        proxy(judge, &config);
    }
    if let Some(lb) = mesh.get("localityLbSetting") {
        locality_lb(judge, &lb, true);
    }
    if let Some(lb) = mesh.get("zoneAwareLbSetting") {
        zone_aware_lb(judge, &lb, true);
    }
    for settings in mesh.list("serviceSettings") {
        settings.texts("hosts").for_each(|(text, host)| judge.judge(&host, wildcard_domain(text)));
    }
    for (text, domain) in mesh.get("trustDomain").and_then(|d| Some((d.str()?, d))).into_iter().chain(mesh.texts("trustDomainAliases")) {
        judge.judge(&domain, trust_domain(text));
    }
    tls(judge, mesh);
    if let Some(policy) = mesh.get("defaultTrafficPolicy") {
        policy.get("connectionPool").iter().for_each(|pool| connection_pool(judge, pool));
        // Here Istio does not warn of what is deprecated.
        policy.get("outlierDetection").iter().for_each(|outlier| judge.quietly(|judge| outlier_detection(judge, outlier)));
    }
    if let Some(retries) = mesh.get("defaultInboundHttpRetryPolicy") {
        inbound_retries(judge, &retries);
    }
}

fn inbound_retries(judge: &mut Judge<'_>, retries: &Field<'_>) {
    retry(judge, retries);
    if retries.get("attempts").and_then(|a| a.int()).unwrap_or_default() == 0 && retries.get("backoff").is_some() {
        judge.error(retries.path_of("backoff"), "backoff is set, but with 0 attempts there are no retries", "Write attempts, or remove it.");
    }
    for name in ["perTryTimeout", "retryRemoteLocalities", "retryIgnorePreviousHosts"] {
        if let Some(field) = retries.get(name) {
            judge.warn(field.path(), format!("{name} does nothing for inbound retries"), "Remove it.");
        }
    }
}

fn tls(judge: &mut Judge<'_>, mesh: &Field<'_>) {
    const CURVES: [&str; 7] = ["P-224", "P-256", "P-521", "P-384", "X25519", "X25519Kyber768Draft00", "X25519MLKEM768"];
    if let Some(curves) = mesh.at(["meshMTLS", "ecdhCurves"]).filter(|curves| !curves.is_empty()) {
        judge.error(curves.path(), "curves cannot be chosen for traffic inside the mesh", "Move them to tlsDefaults.");
    }
    let listed: Vec<_> = mesh.get("tlsDefaults").into_iter().flat_map(|tls| tls.texts("ecdhCurves")).collect();
    for (i, (curve, field)) in listed.iter().enumerate() {
        if !curve.is_empty() && !CURVES.contains(curve) {
            judge.warn(field.path(), format!("Envoy knows no curve {curve:?}"), format!("Use some of {}.", CURVES.join(", ")));
        } else if listed[..i].iter().any(|(other, _)| other == curve) {
            judge.warn(field.path(), format!("curve {curve:?} is listed twice"), "Remove one of the two.");
        }
    }
}

fn trust_domain(text: &str) -> Verdict {
    let labels = text.strip_suffix('.').unwrap_or(text);
    if labels.split('.').all(is_dns_label) {
        return Ok(());
    }
    fault(format!("{text:?} is not a trust domain"), "Write DNS labels with dots between them, for example cluster.local.")
}

fn networks(judge: &mut Judge<'_>, document: &Field<'_>) {
    for (_, network) in document.get("networks").iter().flat_map(Field::entries) {
        for endpoint in network.list("endpoints") {
            if let Some(cidr) = endpoint.get("fromCidr") {
                judge.judge(&cidr, ip_or_cidr(cidr.str().unwrap_or_default()));
            }
            if let Some(registry) = endpoint.get("fromRegistry") {
                judge.judge(&registry, dns_label("registry", registry.str().unwrap_or_default()));
            }
        }
        for gateway in network.list("gateways") {
            if let Some(service) = gateway.get("registryServiceName") {
                judge.judge(&service, fqdn(service.str().unwrap_or_default()));
            }
            if let Some(address) = gateway.get("address").filter(|a| !a.str().is_some_and(is_ip)) {
                judge.judge(&address, fqdn(address.str().unwrap_or_default()));
            }
            let number = gateway.get("port").and_then(|p| p.int()).unwrap_or_default();
            if let Err(fault) = port(number) {
                let path = if has(&gateway, "port") { gateway.path_of("port") } else { gateway.path() };
                judge.error(path, fault.message, fault.hint);
            }
        }
    }
}
