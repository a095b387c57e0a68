use serde_json::{Value, json};

use super::{Found, Known, Rehearsal, Subject, Verdict, in_order, refusal, rehearsed_pod, run};
use crate::index::Index;
use crate::model::{Coverage, Inventory, Item, Kind, MeshId, Mode};
use crate::plan::onboard::services;
use crate::plan::way::Intention;
use crate::world::{SourceInfo, SourceKind, World};

/// What the pre-flight finds of `shop/cart`, with this template and beside these objects.
fn judged(mesh: MeshId, mode: Mode, template: &Value, more: &[Value], known: &Known) -> Found {
    let mut template = template.clone();
    template["metadata"]["labels"]["app"] = json!("cart");
    let cart = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "cart"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "cart"}}, "template": template}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|k| (*k, Coverage::Complete)).collect(), ..Inventory::default() };
    for value in [&cart, &namespace].into_iter().chain(more) {
        let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
        inventory.push(Item::from_value(kind, value.clone()).unwrap());
    }
    let source = SourceInfo { kind: SourceKind::Cluster, name: "test".into() };
    let world = World::new(Index::new(inventory), source, jiff::Timestamp::UNIX_EPOCH);
    let workload = world.index.workload("shop", "cart", Some(Kind::Deployment)).unwrap();
    let services = services(&world, workload);
    let intention = Intention { mesh, mode, revision: None };
    run(&Subject { world: &world, intention: &intention, workload, template: &template, services: &services, known })
}

fn template(spec: Value) -> Value {
    let mut template = json!({"metadata": {}, "spec": {"containers": [{"name": "app", "image": "shop/cart:1"}]}});
    for (key, value) in spec.as_object().unwrap() {
        template["spec"][key] = value.clone();
    }
    template
}

fn annotated(key: &str, value: &str) -> Value {
    let mut template = template(json!({}));
    template["metadata"]["annotations"][key] = json!(value);
    template
}

fn service(ports: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "cart"}, "spec": {"selector": {"app": "cart"}, "ports": ports}})
}

/// Whether a check answers so.
fn says(found: &Found, id: &str, verdict: Verdict) -> bool {
    found.rows.iter().any(|row| row.id == id && row.verdict == verdict)
}

/// That a check fires on one case and is silent on the other.
fn tells_apart(id: &str, verdict: Verdict, mesh: MeshId, mode: Mode, fires: (&Value, &[Value]), silent: (&Value, &[Value])) {
    let known = Known::default();
    let found = judged(mesh, mode, fires.0, fires.1, &known);
    assert!(says(&found, id, verdict), "{id} is silent: {:#?}", found.rows);
    let found = judged(mesh, mode, silent.0, silent.1, &known);
    assert!(!found.rows.iter().any(|row| row.id == id && row.verdict == verdict), "{id} fires: {:#?}", found.rows);
}

#[test]
fn each_check_fires_and_stays_silent() {
    use MeshId::{Istio, Linkerd};
    use Mode::{Ambient, Sidecar};
    use Verdict::{Block, Step, Unknown, Warn};
    let plain = || template(json!({}));
    let with_port = |port: i64, image: &str| template(json!({"containers": [{"name": "app", "image": image, "ports": [{"containerPort": port}]}]}));
    let http = || [service(json!([{"name": "http", "port": 80}]))];
    let case = |id, verdict, mesh, mode, fires: Value, more: Vec<Value>, silent: Value, beside: Vec<Value>| {
        tells_apart(id, verdict, mesh, mode, (&fires, &more), (&silent, &beside))
    };
    case("port-undeclared", Warn, Istio, Sidecar, plain(), vec![service(json!([{"name": "web", "port": 80}]))], plain(), http().to_vec());
    let probed = template(json!({"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 8080}}}]}));
    case(
        "port-undeclared",
        Step,
        Istio,
        Sidecar,
        probed,
        vec![service(json!([{"name": "web", "port": 80, "targetPort": 8080}]))],
        plain(),
        http().to_vec(),
    );
    case(
        "port-undeclared",
        Warn,
        Linkerd,
        Sidecar,
        plain(),
        vec![service(json!([{"name": "a", "port": 80, "appProtocol": "grpc"}]))],
        plain(),
        vec![service(json!([{"name": "a", "port": 80, "appProtocol": "http"}]))],
    );
    case(
        "server-first",
        Step,
        Istio,
        Sidecar,
        plain(),
        vec![service(json!([{"name": "db", "port": 5432}]))],
        plain(),
        vec![service(json!([{"name": "tcp-db", "port": 5432}]))],
    );
    case("server-first", Step, Linkerd, Sidecar, with_port(27017, "mongo:7"), vec![], with_port(5432, "postgres:16"), vec![]);
    case(
        "opaque-replaces",
        Warn,
        Linkerd,
        Sidecar,
        {
            let mut template = with_port(5432, "postgres:16");
            template["metadata"]["annotations"]["config.linkerd.io/opaque-ports"] = json!("9000");
            template
        },
        vec![],
        with_port(5432, "postgres:16"),
        vec![],
    );
    let other = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "raw"}, "spec": {"selector": {"app": "cart"}, "ports": [{"name": "tcp", "port": 80}]}});
    case("port-two-protocols", Block, Istio, Sidecar, plain(), vec![http()[0].clone(), other], plain(), http().to_vec());
    case("reserved-port", Block, Istio, Sidecar, with_port(15006, "x"), vec![], with_port(4143, "x"), vec![]);
    case("reserved-port", Block, Linkerd, Sidecar, with_port(4143, "x"), vec![], with_port(15006, "x"), vec![]);
    case(
        "proxy-uid",
        Block,
        Istio,
        Sidecar,
        template(json!({"securityContext": {"runAsUser": 1337}})),
        vec![],
        template(json!({"securityContext": {"runAsUser": 2102}})),
        vec![],
    );
    case("proxy-uid", Block, Linkerd, Sidecar, template(json!({"securityContext": {"runAsUser": 2102}})), vec![], plain(), vec![]);
    let bound = |host: &str| template(json!({"containers": [{"name": "app", "args": [format!("--bind={host}:8080")]}]}));
    case("localhost-bind", Unknown, Istio, Sidecar, bound("127.0.0.1"), vec![], bound("0.0.0.0"), vec![]);
    case("udp-sctp", Warn, Istio, Sidecar, plain(), vec![service(json!([{"name": "dns", "port": 53, "protocol": "UDP"}]))], plain(), http().to_vec());
    case("app-tls", Warn, Istio, Sidecar, plain(), vec![service(json!([{"name": "https", "port": 9000}]))], plain(), http().to_vec());
    let open = || {
        let mut open = http()[0].clone();
        open["spec"]["type"] = json!("LoadBalancer");
        vec![open]
    };
    case("source-ip", Warn, Istio, Sidecar, plain(), open(), plain(), http().to_vec());
    case("client-outside", Unknown, Istio, Sidecar, plain(), open(), plain(), http().to_vec());
    let addressed = |ip: &str| {
        let mut service = http()[0].clone();
        service["spec"]["clusterIP"] = json!(ip);
        service["spec"]["clusterIPs"] = json!([ip]);
        vec![service]
    };
    case("cluster-networks", Block, Linkerd, Sidecar, plain(), addressed("8.8.8.8"), plain(), addressed("10.1.2.3"));
    case("ipv6", Warn, Linkerd, Sidecar, plain(), addressed("fd00::1"), plain(), addressed("10.1.2.3"));
    case(
        "init-needs-network",
        Warn,
        Istio,
        Sidecar,
        template(json!({"initContainers": [{"name": "init"}]})),
        vec![],
        template(json!({"initContainers": [{"name": "init", "restartPolicy": "Always"}]})),
        vec![],
    );
    case(
        "probe-rewrite",
        Warn,
        Istio,
        Sidecar,
        {
            let mut template = template(json!({"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 80}}}]}));
            template["metadata"]["annotations"]["sidecar.istio.io/rewriteAppHTTPProbers"] = json!("false");
            template
        },
        vec![],
        plain(),
        vec![],
    );
    let hook = |seconds: i64, grace: i64| {
        template(
            json!({"terminationGracePeriodSeconds": grace, "containers": [{"name": "app", "lifecycle": {"preStop": {"exec": {"command": ["sh", "-c", format!("sleep {seconds}")]}}}}]}),
        )
    };
    case("drain", Warn, Linkerd, Sidecar, hook(28, 30), vec![], hook(5, 30), vec![]);
    case("proxy-resources-replace", Block, Istio, Sidecar, annotated("sidecar.istio.io/proxyMemory", "64Mi"), vec![], plain(), vec![]);
    case(
        "live-connections",
        Warn,
        Istio,
        Ambient,
        plain(),
        vec![
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "cart-1", "labels": {"app": "cart"}}, "status": {"phase": "Running"}}),
        ],
        plain(),
        vec![],
    );
    case(
        "rwo-surge",
        Warn,
        Istio,
        Sidecar,
        template(json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]})),
        vec![],
        plain(),
        vec![],
    );
    case("host-network", Block, Istio, Sidecar, template(json!({"hostNetwork": true})), vec![], plain(), vec![]);
    case("image", Warn, Istio, Sidecar, template(json!({"imagePullSecrets": [{"name": "pull"}]})), vec![], plain(), vec![]);
    case("other-mesh", Block, Istio, Sidecar, template(json!({"containers": [{"name": "app"}, {"name": "daprd"}]})), vec![], plain(), vec![]);
    case("other-mesh", Block, Linkerd, Sidecar, annotated("consul.hashicorp.com/connect-inject", "true"), vec![], plain(), vec![]);
    let twin = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "twin"}, "spec": {"template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "a"}]}}}});
    case("shared-sa", Warn, Istio, Sidecar, plain(), vec![twin.clone()], plain(), vec![]);
    case("shared-pods", Warn, Istio, Sidecar, plain(), vec![twin, http()[0].clone()], plain(), http().to_vec());
    let plane = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "istio-system", "name": "istiod", "labels": {"app": "istiod"}},
        "spec": {"template": {"metadata": {"labels": {"app": "istiod"}}, "spec": {"containers": [{"name": "discovery", "image": "istio/pilot:1.27.1"}]}}}});
    case("injector-down", Block, Istio, Sidecar, plain(), vec![], plain(), vec![plane.clone()]);
    case(
        "injector-down",
        Block,
        Istio,
        Ambient,
        plain(),
        vec![plane.clone()],
        plain(),
        vec![
            plane,
            json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"namespace": "istio-system", "name": "ztunnel", "labels": {"app": "ztunnel"}},
        "spec": {"template": {"metadata": {"labels": {"app": "ztunnel"}}, "spec": {"containers": [{"name": "istio-proxy", "image": "istio/ztunnel:1.27.1"}]}}}}),
        ],
    );
    let mesh_config = |text: &str| {
        vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "istio-system", "name": "istio"}, "data": {"mesh": text}})]
    };
    case(
        "egress",
        Warn,
        Istio,
        Sidecar,
        plain(),
        mesh_config("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"),
        plain(),
        mesh_config("outboundTrafficPolicy: {mode: ALLOW_ANY}"),
    );
    case("discovery", Block, Istio, Sidecar, plain(), mesh_config("discoverySelectors: [{matchLabels: {mesh: 'yes'}}]"), plain(), mesh_config("{}"));
    case("known-software", Warn, Istio, Sidecar, with_port(9092, "bitnami/kafka:3"), vec![], with_port(9092, "kafka-exporter:1"), vec![]);
}

#[test]
fn what_only_a_cluster_tells_is_unknown_without_one() {
    let unread = vec![
        ("ResourceQuota", "forbidden".to_owned()),
        ("HorizontalPodAutoscaler", "forbidden".to_owned()),
        ("PodDisruptionBudget", "forbidden".to_owned()),
    ];
    let found = judged(MeshId::Istio, Mode::Sidecar, &template(json!({})), &[], &Known { unread, ..Known::default() });
    for id in ["rehearsal", "quota", "hpa-cpu", "pdb"] {
        assert!(says(&found, id, Verdict::Unknown), "{id}: {:#?}", found.rows);
    }
}

#[test]
fn a_quota_has_to_hold_the_proxies_of_all_pods() {
    let quota = |used: &str| json!({"kind": "ResourceQuota", "metadata": {"namespace": "shop", "name": "q"}, "status": {"hard": {"requests.cpu": "2"}, "used": {"requests.cpu": used}}});
    let of = |used| judged(MeshId::Istio, Mode::Sidecar, &template(json!({})), &[], &Known { objects: vec![quota(used)], ..Known::default() });
    assert!(says(&of("1900m"), "quota", Verdict::Block));
    assert!(!says(&of("1"), "quota", Verdict::Block));
}

#[test]
fn the_servers_words_are_told_by_what_they_are_about() {
    let id = |message: &str| match refusal(message) {
        Rehearsal::Refused { id, .. } => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id("pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\""), "pod-security");
    assert_eq!(id("exceeded quota: q"), "quota");
    assert_eq!(id("failed calling webhook \"x\""), "injector-down");
    assert_eq!(id("admission webhook \"x\" denied the request: no"), "rehearsal");
}

#[test]
fn the_rehearsed_pod_asks_for_the_mesh_by_itself() {
    let template = json!({"metadata": {"labels": {"app": "x"}}, "spec": {"containers": []}});
    let of = |mesh, labels: Value, revision: Option<&str>| {
        rehearsed_pod(&template, "shop", "x", &labels, &Intention { mesh, mode: Mode::Sidecar, revision: None }, revision)
    };
    assert_eq!(of(MeshId::Istio, json!({}), Some("default")).unwrap()["metadata"]["labels"]["sidecar.istio.io/inject"], "true");
    assert_eq!(of(MeshId::Istio, json!({}), Some("prod")).unwrap()["metadata"]["labels"]["istio.io/rev"], "prod");
    assert_eq!(of(MeshId::Linkerd, json!({}), None).unwrap()["metadata"]["annotations"]["linkerd.io/inject"], "enabled");
    assert!(of(MeshId::Istio, json!({"istio-injection": "disabled"}), None).is_err());
    assert!(of(MeshId::Istio, json!({"istio.io/rev": "old"}), Some("new")).is_err(), "the namespace decides");
    assert_eq!(of(MeshId::Istio, json!({}), None).unwrap()["metadata"]["name"], Value::Null, "the server names it");
}

#[test]
fn what_stands_against_the_plan_comes_first_and_ids_are_known() {
    let found = judged(
        MeshId::Istio,
        Mode::Sidecar,
        &template(json!({"hostNetwork": true})),
        &[service(json!([{"name": "web", "port": 80}]))],
        &Known::default(),
    );
    assert!(found.rows.iter().all(|row| super::IDS.contains(&row.id)), "{:?}", found.rows);
    let rows = in_order(found.rows);
    assert_eq!(rows[0].verdict, Verdict::Block);
    assert!(rows.windows(2).all(|pair| pair[0].verdict <= pair[1].verdict));
}
