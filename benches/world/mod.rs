//! Generated worlds: pods in the proportions of a large cluster, with one custom resource for every five pods.

use kubectl_mesh::index::Index;
use kubectl_mesh::model::{Coverage, Inventory, Item, Kind};
use kubectl_mesh::world::{SourceInfo, SourceKind, World};

/// Pods per workload, workloads per namespace.
const REPLICAS: usize = 10;
const WORKLOADS: usize = 20;

/// What a cluster with `pods` pods holds, read completely, and in the order in which an API server lists it: kind by kind, sorted by name.
/// Objects that are listed together lie together in memory, which is much of what a hundred thousand of them cost.
pub fn inventory(pods: usize) -> Inventory {
    let mut listed = Listed::default();
    let workloads = (pods / REPLICAS).max(1);
    for namespace in 0..workloads.div_ceil(WORKLOADS) {
        let labels = if namespace % 2 == 0 { r#""istio-injection":"enabled""# } else { r#""team":"a""# };
        let annotations = if namespace % 2 == 0 { "" } else { r#","annotations":{"linkerd.io/inject":"enabled"}"# };
        add(&mut listed, Kind::Namespace, format!(r#"{{"metadata":{{"name":"ns-{namespace}","labels":{{{labels}}}{annotations}}}}}"#));
        namespaced(&mut listed, namespace);
    }
    for workload in 0..workloads {
        of_workload(&mut listed, workload);
    }
    listed.sort();
    let mut inventory = Inventory::default();
    for (kind, json) in listed {
        inventory.push(Item::from_json(kind, &json).unwrap_or_else(|e| panic!("{kind}: {e}: {json}")));
    }
    for kind in Kind::ALL {
        inventory.coverage.insert(*kind, Coverage::Complete);
    }
    inventory
}

/// The world on top of it.
pub fn world(inventory: Inventory) -> World {
    let source = SourceInfo { kind: SourceKind::Cluster, name: "bench".into() };
    World::new(Index::new(inventory), source, jiff::Timestamp::UNIX_EPOCH)
}

/// Objects as JSON, whose first words are the namespace and the name.
type Listed = Vec<(Kind, String)>;

fn add(listed: &mut Listed, kind: Kind, json: String) {
    listed.push((kind, json));
}

fn namespaced(listed: &mut Listed, n: usize) {
    let meta = |name: &str| format!(r#""metadata":{{"namespace":"ns-{n}","name":"{name}","creationTimestamp":"2026-01-01T00:00:00Z"}}"#);
    add(listed, Kind::PeerAuthentication, format!(r#"{{{},"spec":{{"mtls":{{"mode":"STRICT"}}}}}}"#, meta("default")));
    add(listed, Kind::Sidecar, format!(r#"{{{},"spec":{{"egress":[{{"hosts":["./*","istio-system/*"]}}]}}}}"#, meta("default")));
    let tls = r#"{"identities":["*"]}"#;
    add(listed, Kind::MeshTlsAuthentication, format!(r#"{{{},"spec":{tls}}}"#, meta("meshed")));
}

fn of_workload(listed: &mut Listed, w: usize) {
    let namespace = format!("ns-{}", w / WORKLOADS);
    let app = format!("app-{w}");
    let labels = format!(r#""app":"{app}","version":"v1""#);
    let meta = |name: &str| {
        format!(r#""metadata":{{"namespace":"{namespace}","name":"{name}","creationTimestamp":"2026-01-01T00:00:00Z","labels":{{{labels}}}}}"#)
    };
    let containers = r#"[{"name":"app","image":"shop/app:1","ports":[{"name":"http","containerPort":8080}]},{"name":"istio-proxy","image":"istio/proxyv2:1.27.1"}]"#;
    let template = format!(r#"{{"metadata":{{"labels":{{{labels}}}}},"spec":{{"containers":{containers},"serviceAccountName":"{app}"}}}}"#);
    let selector = format!(r#"{{"matchLabels":{{"app":"{app}"}}}}"#);
    add(listed, Kind::Deployment, format!(r#"{{{},"spec":{{"selector":{selector},"template":{template}}}}}"#, meta(&app)));
    let ports = r#"[{"name":"http","port":80,"targetPort":8080}]"#;
    add(listed, Kind::Service, format!(r#"{{{},"spec":{{"selector":{{"app":"{app}"}},"clusterIP":"10.0.0.1","ports":{ports}}}}}"#, meta(&app)));
    for replica in 0..REPLICAS {
        let pod = format!(
            r#"{{"metadata":{{"namespace":"{namespace}","name":"{app}-{replica}","labels":{{{labels},"pod-template-hash":"x{w}"}},"annotations":{{"sidecar.istio.io/status":"{{\"containers\":[\"istio-proxy\"]}}"}},
            "ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{app}-x{w}","controller":true}}]}},
            "spec":{{"containers":{containers},"serviceAccountName":"{app}"}},"status":{{"phase":"Running","podIP":"10.1.0.1"}}}}"#
        );
        add(listed, Kind::Pod, pod);
    }
    // Two resources for each workload of ten pods: of every kind that rules look at, in turn.
    let host = format!("{app}.{namespace}.svc.cluster.local");
    let other = format!("app-{}", w.saturating_sub(1));
    let route = format!(
        r#"{{"hosts":["{app}"],"http":[{{"match":[{{"uri":{{"prefix":"/v1"}}}}],"route":[{{"destination":{{"host":"{app}","subset":"v1","port":{{"number":80}}}}}}]}},{{"route":[{{"destination":{{"host":"{host}"}}}}]}}]}}"#
    );
    let rule =
        format!(r#"{{"host":"{host}","subsets":[{{"name":"v1","labels":{{"version":"v1"}}}}],"trafficPolicy":{{"tls":{{"mode":"ISTIO_MUTUAL"}}}}}}"#);
    let from = format!(
        r#"[{{"from":[{{"source":{{"principals":["cluster.local/ns/{namespace}/sa/{other}"],"namespaces":["{namespace}"]}}}}],"to":[{{"operation":{{"methods":["GET"],"paths":["/v1/*"],"ports":["8080"]}}}}]}}]"#
    );
    let policy = format!(r#"{{"selector":{selector},"rules":{from}}}"#);
    let server = format!(r#"{{"podSelector":{selector},"port":8080,"proxyProtocol":"HTTP/1"}}"#);
    let grant = format!(
        r#"{{"targetRef":{{"group":"policy.linkerd.io","kind":"Server","name":"{app}"}},"requiredAuthenticationRefs":[{{"group":"policy.linkerd.io","kind":"MeshTLSAuthentication","name":"meshed"}}]}}"#
    );
    let http = format!(
        r#"{{"parentRefs":[{{"group":"","kind":"Service","name":"{app}","port":80}}],"rules":[{{"matches":[{{"path":{{"type":"PathPrefix","value":"/"}}}}],"backendRefs":[{{"name":"{app}","port":80}}]}}]}}"#
    );
    let network = format!(
        r#"{{"podSelector":{selector},"policyTypes":["Ingress"],"ingress":[{{"ports":[{{"port":8080}},{{"port":15008}},{{"port":4143}}]}}]}}"#
    );
    let entry = format!(r#"{{"hosts":["{app}.example.com"],"resolution":"DNS","ports":[{{"number":443,"name":"tls","protocol":"TLS"}}]}}"#);
    let pair = match w % 4 {
        0 => [(Kind::VirtualService, route), (Kind::DestinationRule, rule)],
        1 => [(Kind::AuthorizationPolicy, policy), (Kind::ServiceEntry, entry)],
        2 => [(Kind::Server, server), (Kind::LinkerdAuthorizationPolicy, grant)],
        _ => [(Kind::HttpRoute, http), (Kind::NetworkPolicy, network)],
    };
    for (kind, spec) in pair {
        add(listed, kind, format!(r#"{{{},"spec":{spec}}}"#, meta(&app)));
    }
}
