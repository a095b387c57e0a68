use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Found, Id, Known, Rehearsal, Subject, Verdict, in_order, refusal, rehearsed_pod, run};
use crate::index::Index;
use crate::model::{Coverage, Inventory, Item, Kind, MeshId, Mode, ObjectRef};
use crate::plan::onboard::services;
use crate::plan::way::Intention;
use crate::world::{SourceInfo, SourceKind, World};

/// What the pre-flight finds of `shop/cart`, with this template and beside these objects.
fn judged(mesh: MeshId, mode: Mode, template: &Value, more: &[Value], known: &Known) -> Found {
    let spec = json!({"replicas": 2, "selector": {"matchLabels": {"app": "cart"}}});
    judged_as(Kind::Deployment, &spec, (mesh, mode), template, more, known)
}

/// The same of another kind, or with another spec.
fn judged_as(kind: Kind, spec: &Value, (mesh, mode): (MeshId, Mode), template: &Value, more: &[Value], known: &Known) -> Found {
    let mut template = template.clone();
    template["metadata"]["labels"]["app"] = json!("cart");
    let mut spec = spec.clone();
    match kind {
        Kind::CronJob => spec["jobTemplate"]["spec"]["template"] = template.clone(),
        _ => spec["template"] = template.clone(),
    }
    let cart = json!({"apiVersion": kind.api_version(), "kind": kind.name(), "metadata": {"namespace": "shop", "name": "cart"}, "spec": spec});
    // One that a case brings along takes the place of this one.
    let labels = more.iter().find(|object| object["kind"] == "Namespace").map(|object| object["metadata"]["labels"].clone()).unwrap_or_default();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}});
    let more: Vec<Value> = more.iter().filter(|object| object["kind"] != "Namespace").cloned().collect();
    let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|k| (*k, Coverage::Complete)).collect(), ..Inventory::default() };
    for value in [&cart, &namespace].into_iter().chain(&more) {
        let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
        inventory.push(Item::from_value(kind, value.clone()).unwrap());
    }
    let source = SourceInfo { kind: SourceKind::Cluster, name: "test".into() };
    let world = World::new(Index::new(inventory), source, jiff::Timestamp::UNIX_EPOCH);
    let workload = world.index.workload("shop", "cart", Some(kind)).unwrap();
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
fn says(found: &Found, id: Id, verdict: Verdict) -> bool {
    found.rows.iter().any(|row| row.id == id && row.verdict == verdict)
}

/// That a check fires on one case and is silent on the other.
fn tells_apart(id: Id, verdict: Verdict, mesh: MeshId, mode: Mode, fires: (&Value, &[Value]), silent: (&Value, &[Value])) {
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
    let mut seen = BTreeSet::new();
    let mut case = |id, verdict, mesh, mode, fires: Value, more: Vec<Value>, silent: Value, beside: Vec<Value>| {
        tells_apart(id, verdict, mesh, mode, (&fires, &more), (&silent, &beside));
        seen.insert(id);
    };
    case(Id::PortUndeclared, Warn, Istio, Sidecar, plain(), vec![service(json!([{"name": "web", "port": 80}]))], plain(), http().to_vec());
    let probed = template(json!({"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 8080}}}]}));
    case(
        Id::PortUndeclared,
        Step,
        Istio,
        Sidecar,
        probed,
        vec![service(json!([{"name": "web", "port": 80, "targetPort": 8080}]))],
        plain(),
        http().to_vec(),
    );
    case(
        Id::PortUndeclared,
        Warn,
        Linkerd,
        Sidecar,
        plain(),
        vec![service(json!([{"name": "a", "port": 80, "appProtocol": "grpc"}]))],
        plain(),
        vec![service(json!([{"name": "a", "port": 80, "appProtocol": "http"}]))],
    );
    case(
        Id::ServerFirst,
        Step,
        Istio,
        Sidecar,
        plain(),
        vec![service(json!([{"name": "db", "port": 5432}]))],
        plain(),
        vec![service(json!([{"name": "tcp-db", "port": 5432}]))],
    );
    case(Id::ServerFirst, Step, Linkerd, Sidecar, with_port(27017, "mongo:7"), vec![], with_port(5432, "postgres:16"), vec![]);
    case(
        Id::OpaqueReplaces,
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
    case(Id::PortTwoProtocols, Block, Istio, Sidecar, plain(), vec![http()[0].clone(), other], plain(), http().to_vec());
    case(Id::ReservedPort, Block, Istio, Sidecar, with_port(15006, "x"), vec![], with_port(4143, "x"), vec![]);
    case(Id::ReservedPort, Block, Linkerd, Sidecar, with_port(4143, "x"), vec![], with_port(15006, "x"), vec![]);
    case(
        Id::ProxyUid,
        Block,
        Istio,
        Sidecar,
        template(json!({"securityContext": {"runAsUser": 1337}})),
        vec![],
        template(json!({"securityContext": {"runAsUser": 2102}})),
        vec![],
    );
    case(Id::ProxyUid, Block, Linkerd, Sidecar, template(json!({"securityContext": {"runAsUser": 2102}})), vec![], plain(), vec![]);
    let bound = |host: &str| template(json!({"containers": [{"name": "app", "args": [format!("--bind={host}:8080")]}]}));
    case(Id::LocalhostBind, Unknown, Istio, Sidecar, bound("127.0.0.1"), vec![], bound("0.0.0.0"), vec![]);
    case(
        Id::UdpSctp,
        Warn,
        Istio,
        Sidecar,
        plain(),
        vec![service(json!([{"name": "dns", "port": 53, "protocol": "UDP"}]))],
        plain(),
        http().to_vec(),
    );
    case(Id::AppTls, Warn, Istio, Sidecar, plain(), vec![service(json!([{"name": "https", "port": 9000}]))], plain(), http().to_vec());
    let open = || {
        let mut open = http()[0].clone();
        open["spec"]["type"] = json!("LoadBalancer");
        vec![open]
    };
    case(Id::SourceIp, Warn, Istio, Sidecar, plain(), open(), plain(), http().to_vec());
    case(Id::ClientOutside, Unknown, Istio, Sidecar, plain(), open(), plain(), http().to_vec());
    let addressed = |ip: &str| {
        let mut service = http()[0].clone();
        service["spec"]["clusterIP"] = json!(ip);
        service["spec"]["clusterIPs"] = json!([ip]);
        vec![service]
    };
    case(Id::ClusterNetworks, Block, Linkerd, Sidecar, plain(), addressed("8.8.8.8"), plain(), addressed("10.1.2.3"));
    case(Id::Ipv6, Warn, Linkerd, Sidecar, plain(), addressed("fd00::1"), plain(), addressed("10.1.2.3"));
    case(
        Id::InitNeedsNetwork,
        Warn,
        Istio,
        Sidecar,
        template(json!({"initContainers": [{"name": "init"}]})),
        vec![],
        template(json!({"initContainers": [{"name": "init", "restartPolicy": "Always"}]})),
        vec![],
    );
    case(
        Id::ProbeRewrite,
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
    case(Id::Drain, Warn, Linkerd, Sidecar, hook(28, 30), vec![], hook(5, 30), vec![]);
    case(Id::ProxyResourcesReplace, Block, Istio, Sidecar, annotated("sidecar.istio.io/proxyMemory", "64Mi"), vec![], plain(), vec![]);
    case(
        Id::LiveConnections,
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
        Id::RwoSurge,
        Warn,
        Istio,
        Sidecar,
        template(json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]})),
        vec![],
        plain(),
        vec![],
    );
    case(Id::HostNetwork, Block, Istio, Sidecar, template(json!({"hostNetwork": true})), vec![], plain(), vec![]);
    case(Id::Image, Warn, Istio, Sidecar, template(json!({"imagePullSecrets": [{"name": "pull"}]})), vec![], plain(), vec![]);
    case(Id::OtherMesh, Block, Istio, Sidecar, template(json!({"containers": [{"name": "app"}, {"name": "daprd"}]})), vec![], plain(), vec![]);
    case(Id::OtherMesh, Block, Linkerd, Sidecar, annotated("consul.hashicorp.com/connect-inject", "true"), vec![], plain(), vec![]);
    let twin = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "twin"}, "spec": {"template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "a"}]}}}});
    case(Id::SharedSa, Warn, Istio, Sidecar, plain(), vec![twin.clone()], plain(), vec![]);
    case(Id::SharedPods, Warn, Istio, Sidecar, plain(), vec![twin, http()[0].clone()], plain(), http().to_vec());
    let plane = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "istio-system", "name": "istiod", "labels": {"app": "istiod"}},
        "spec": {"template": {"metadata": {"labels": {"app": "istiod"}}, "spec": {"containers": [{"name": "discovery", "image": "istio/pilot:1.27.1"}]}}}});
    case(Id::InjectorDown, Block, Istio, Sidecar, plain(), vec![], plain(), vec![plane.clone()]);
    case(
        Id::InjectorDown,
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
        Id::Egress,
        Warn,
        Istio,
        Sidecar,
        plain(),
        mesh_config("outboundTrafficPolicy: {mode: REGISTRY_ONLY}"),
        plain(),
        mesh_config("outboundTrafficPolicy: {mode: ALLOW_ANY}"),
    );
    case(
        Id::Discovery,
        Block,
        Istio,
        Sidecar,
        plain(),
        mesh_config("discoverySelectors: [{matchLabels: {mesh: 'yes'}}]"),
        plain(),
        mesh_config("{}"),
    );
    case(Id::KnownSoftware, Warn, Istio, Sidecar, with_port(9092, "bitnami/kafka:3"), vec![], with_port(9092, "kafka-exporter:1"), vec![]);
    let calls = |address: &str| template(json!({"containers": [{"name": "app", "env": [{"name": "SELF", "value": format!("http://{address}/x")}]}]}));
    case(Id::UndeclaredServicePort, Warn, Linkerd, Sidecar, calls("cart:9999"), http().to_vec(), calls("cart:80"), http().to_vec());
    case(Id::UndeclaredServicePort, Warn, Linkerd, Sidecar, calls("cart.shop:9999"), http().to_vec(), calls("elsewhere:9999"), http().to_vec());
    let headless = || {
        let mut service = http()[0].clone();
        service["spec"]["clusterIP"] = json!("None");
        vec![service]
    };
    case(Id::PodIpClients, Warn, Istio, Sidecar, plain(), headless(), plain(), http().to_vec());
    let named = || {
        let mut service = http()[0].clone();
        service["spec"]["type"] = json!("ExternalName");
        vec![service]
    };
    case(Id::ExternalName, Warn, Linkerd, Sidecar, plain(), named(), plain(), http().to_vec());
    let tcp_probed = |policy: &str| {
        let mut template = template(json!({"containers": [{"name": "app", "readinessProbe": {"tcpSocket": {"port": 80}}}]}));
        template["metadata"]["annotations"]["config.linkerd.io/default-inbound-policy"] = json!(policy);
        template
    };
    case(Id::ProbeLinkerd, Warn, Linkerd, Sidecar, tcp_probed("all-authenticated"), vec![], tcp_probed("all-unauthenticated"), vec![]);
    let network = |labels: Value, spec: Value| {
        let mut spec = spec;
        spec["podSelector"] = json!({"matchLabels": labels});
        vec![json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": "shop", "name": "n"}, "spec": spec})]
    };
    let ingress = || json!({"policyTypes": ["Ingress"]});
    let probed_by_http = || template(json!({"containers": [{"name": "app", "readinessProbe": {"httpGet": {"port": 80}}}]}));
    case(
        Id::ProbeAmbient,
        Warn,
        Istio,
        Ambient,
        probed_by_http(),
        network(json!({"app": "cart"}), ingress()),
        probed_by_http(),
        network(json!({"app": "other"}), ingress()),
    );
    let egress = || json!({"policyTypes": ["Egress"], "egress": [{"ports": [{"port": 5432}]}]});
    case(Id::Dns, Warn, Linkerd, Sidecar, plain(), network(json!({"app": "cart"}), egress()), plain(), network(json!({"app": "other"}), egress()));
    let autoscaler = || {
        vec![json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "kube-system", "name": "cluster-autoscaler"},
            "spec": {"template": {"metadata": {"labels": {"app": "ca"}}, "spec": {"containers": [{"name": "a"}]}}}})]
    };
    case(
        Id::Autoscaler,
        Warn,
        Istio,
        Sidecar,
        plain(),
        autoscaler(),
        annotated("cluster-autoscaler.kubernetes.io/safe-to-evict", "true"),
        autoscaler(),
    );
    let enforced = |level: &str| {
        vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"pod-security.kubernetes.io/enforce": level}}})]
    };
    case(Id::PodSecurity, Block, Istio, Sidecar, plain(), enforced("baseline"), plain(), enforced("privileged"));
    let webhook = |service: &str| {
        vec![
            http()[0].clone(),
            json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "w"},
                "webhooks": [{"name": "w.example.com", "clientConfig": {"service": {"namespace": "shop", "name": service}}}]}),
        ]
    };
    case(Id::ApiServerCaller, Warn, Istio, Sidecar, plain(), webhook("cart"), plain(), webhook("other"));
    case(Id::Scrape, Warn, Istio, Sidecar, annotated("prometheus.io/scrape", "true"), vec![], annotated("prometheus.io/scrape", "false"), vec![]);
    let demands = |mode: &str| json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "metadata": {"namespace": "shop", "name": "default"}, "spec": {"mtls": {"mode": mode}}});
    case(Id::ClientOutside, Warn, Istio, Sidecar, plain(), vec![demands("STRICT")], plain(), vec![demands("PERMISSIVE")]);
    let caller = |mode: &str| {
        let labels = json!({"app": "front"});
        let from = json!({"policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {"matchLabels": labels}}]}]});
        let mut all = network(json!({"app": "cart"}), from);
        all.extend([
            demands(mode),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "shop", "name": "front"},
                "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a"}]}}}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "front-1", "labels": labels}, "spec": {"containers": [{"name": "a"}]}, "status": {"phase": "Running"}}),
        ]);
        all
    };
    case(Id::ClientOutside, Block, Istio, Sidecar, plain(), caller("STRICT"), plain(), caller("PERMISSIVE"));
    let admits = |policy: &str| annotated("config.linkerd.io/default-inbound-policy", policy);
    case(Id::ClientOutside, Warn, Linkerd, Sidecar, admits("all-authenticated"), vec![], admits("audit"), vec![]);
    // The rest is told apart by what a cluster was asked besides, by the kind of the workload, or where the plan is made.
    seen.extend([
        Id::Rehearsal,
        Id::HeadlessPeers,
        Id::JobNeverEnds,
        Id::StartOrder,
        Id::AwaitDeadlock,
        Id::ToolReadsContainers,
        Id::HpaCpu,
        Id::Quota,
        Id::SingleReplica,
        Id::Pdb,
    ]);
    let of_plans = [
        Id::Kind,
        Id::NotTaken,
        Id::Revision,
        Id::Depends,
        Id::Calls,
        Id::StrictRefuses,
        Id::StrictUnproven,
        Id::DenyRefuses,
        Id::DenyUnproven,
        Id::Waypoint,
    ];
    let untested: Vec<&Id> = Id::ALL.iter().filter(|id| !seen.contains(id) && !of_plans.contains(id)).collect();
    assert!(untested.is_empty(), "{untested:?}");
}

/// What the API server would say to a pod of the cart.
fn rehearsed(native: bool) -> Known {
    let accepted = Rehearsal::Accepted { proxy: Some("proxy:1".into()), native: Some(native), asks: None, warnings: Vec::new() };
    let cart = |kind| ObjectRef { kind, namespace: "shop".into(), name: "cart".into(), api_version: "".into() };
    Known { rehearsals: [(cart(Kind::Deployment), accepted.clone()), (cart(Kind::CronJob), accepted)].into(), ..Known::default() }
}

#[test]
fn a_rehearsed_pod_tells_how_it_starts() {
    use MeshId::{Istio, Linkerd};
    let (plain, sidecar) = (template(json!({})), Mode::Sidecar);
    let of = |mesh, template: &Value, more: &[Value], native| judged(mesh, sidecar, template, more, &rehearsed(native));
    assert!(says(&of(Istio, &plain, &[], true), Id::Rehearsal, Verdict::Ok));
    assert!(says(&of(Istio, &plain, &[], true), Id::ToolReadsContainers, Verdict::Warn));
    assert!(!says(&of(Istio, &plain, &[], false), Id::ToolReadsContainers, Verdict::Warn));
    assert!(says(&of(Istio, &plain, &[], false), Id::StartOrder, Verdict::Warn));
    assert!(!says(&of(Istio, &plain, &[], true), Id::StartOrder, Verdict::Warn));
    let holds = annotated("proxy.istio.io/config", "holdApplicationUntilProxyStarts: true");
    assert!(!says(&of(Istio, &holds, &[], false), Id::StartOrder, Verdict::Warn));
    let cni = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"namespace": "linkerd-cni", "name": "linkerd-cni", "labels": {"k8s-app": "linkerd-cni"}},
        "spec": {"template": {"metadata": {"labels": {"k8s-app": "linkerd-cni"}}, "spec": {"containers": [{"name": "install-cni", "image": "cr.l5d.io/linkerd/cni-plugin:v1.6.0"}]}}}});
    assert!(says(&of(Linkerd, &plain, std::slice::from_ref(&cni), false), Id::AwaitDeadlock, Verdict::Warn));
    assert!(!says(&of(Linkerd, &plain, &[], false), Id::AwaitDeadlock, Verdict::Warn));
    let job = |template: &Value, known: &Known| judged_as(Kind::CronJob, &json!({}), (Istio, sidecar), template, &[], known);
    assert!(says(&job(&plain, &rehearsed(false)), Id::JobNeverEnds, Verdict::Block));
    assert!(says(&job(&plain, &Known::default()), Id::JobNeverEnds, Verdict::Warn));
    let native = annotated("sidecar.istio.io/nativeSidecar", "true");
    for found in [job(&plain, &rehearsed(true)), job(&native, &Known::default())] {
        assert!(!found.rows.iter().any(|row| row.id == Id::JobNeverEnds), "{:?}", found.rows);
    }
}

#[test]
fn what_scales_and_interrupts_the_workload_is_looked_at() {
    let of = |mesh, object: Value| {
        let mut object = object;
        object["metadata"] = json!({"namespace": "shop", "name": "x"});
        judged(mesh, Mode::Sidecar, &template(json!({})), &[], &Known { objects: vec![object], ..Known::default() })
    };
    let scaler = |kind: &str| {
        json!({"kind": "HorizontalPodAutoscaler", "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "cart"},
            "metrics": [{"type": kind, "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]}})
    };
    assert!(says(&of(MeshId::Istio, scaler("Resource")), Id::HpaCpu, Verdict::Warn));
    assert!(!says(&of(MeshId::Istio, scaler("ContainerResource")), Id::HpaCpu, Verdict::Warn));
    let linkerd = of(MeshId::Linkerd, scaler("Resource"));
    assert!(says(&linkerd, Id::HpaCpu, Verdict::Step) && linkerd.annotations.len() == 1);
    let budget = |allowed: i64| json!({"kind": "PodDisruptionBudget", "spec": {"selector": {"matchLabels": {"app": "cart"}}}, "status": {"disruptionsAllowed": allowed}});
    assert!(says(&of(MeshId::Istio, budget(0)), Id::Pdb, Verdict::Warn));
    assert!(!says(&of(MeshId::Istio, budget(1)), Id::Pdb, Verdict::Warn));
    let with = |replicas: i64| {
        judged_as(Kind::Deployment, &json!({"replicas": replicas}), (MeshId::Istio, Mode::Sidecar), &template(json!({})), &[], &Known::default())
    };
    assert!(says(&with(1), Id::SingleReplica, Verdict::Warn) && !says(&with(2), Id::SingleReplica, Verdict::Warn));
}

#[test]
fn peers_of_a_stateful_set_are_to_be_named() {
    let peers = template(json!({"containers": [{"name": "app", "ports": [{"containerPort": 7000}]}]}));
    let of = |kind, ports: Value| {
        let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "shop", "name": "cart"},
            "spec": {"clusterIP": "None", "selector": {"app": "cart"}, "ports": ports}});
        judged_as(kind, &json!({"replicas": 2}), (MeshId::Istio, Mode::Sidecar), &peers, &[service], &Known::default())
    };
    assert!(says(&of(Kind::StatefulSet, json!([{"name": "tcp-x", "port": 1}])), Id::HeadlessPeers, Verdict::Warn));
    assert!(!says(&of(Kind::StatefulSet, json!([{"name": "tcp-peers", "port": 7000}])), Id::HeadlessPeers, Verdict::Warn));
    assert!(!says(&of(Kind::Deployment, json!([{"name": "tcp-x", "port": 1}])), Id::HeadlessPeers, Verdict::Warn));
}

#[test]
fn what_only_a_cluster_tells_is_unknown_without_one() {
    let unread = vec![
        ("ResourceQuota", "forbidden".to_owned()),
        ("HorizontalPodAutoscaler", "forbidden".to_owned()),
        ("PodDisruptionBudget", "forbidden".to_owned()),
    ];
    let found = judged(MeshId::Istio, Mode::Sidecar, &template(json!({})), &[], &Known { unread, ..Known::default() });
    for id in [Id::Rehearsal, Id::Quota, Id::HpaCpu, Id::Pdb] {
        assert!(says(&found, id, Verdict::Unknown), "{id}: {:#?}", found.rows);
    }
}

#[test]
fn a_quota_has_to_hold_the_proxies_of_all_pods() {
    let quota = |used: &str| json!({"kind": "ResourceQuota", "metadata": {"namespace": "shop", "name": "q"}, "status": {"hard": {"requests.cpu": "2"}, "used": {"requests.cpu": used}}});
    let of = |used| judged(MeshId::Istio, Mode::Sidecar, &template(json!({})), &[], &Known { objects: vec![quota(used)], ..Known::default() });
    assert!(says(&of("1900m"), Id::Quota, Verdict::Block));
    assert!(!says(&of("1"), Id::Quota, Verdict::Block));
}

#[test]
fn the_servers_words_are_told_by_what_they_are_about() {
    let id = |message: &str| match refusal(message) {
        Rehearsal::Refused { id, .. } => id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id("pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\""), Id::PodSecurity);
    assert_eq!(id("exceeded quota: q"), Id::Quota);
    assert_eq!(id("failed calling webhook \"x\""), Id::InjectorDown);
    assert_eq!(id("admission webhook \"x\" denied the request: no"), Id::Rehearsal);
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
fn what_stands_against_the_plan_comes_first() {
    let found = judged(
        MeshId::Istio,
        Mode::Sidecar,
        &template(json!({"hostNetwork": true})),
        &[service(json!([{"name": "web", "port": 80}]))],
        &Known::default(),
    );
    let rows = in_order(found.rows);
    assert_eq!(rows[0].verdict, Verdict::Block);
    assert!(rows.windows(2).all(|pair| pair[0].verdict <= pair[1].verdict));
}
