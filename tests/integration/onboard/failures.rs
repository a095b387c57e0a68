//! Whatever fails, the objects are as they were.

use serde_json::json;

use super::{behave, mesh, objects, pods, settle, shop, template};
use crate::apiserver::machinery::{Behaviour, Fate, Injector};
use crate::apiserver::{Act, Fault};
use crate::cluster::TestCluster;

/// The runs that fail when the pods do, each with what it says of it.
const RUNS: [(Injector, &[&str]); 4] = [
    (Injector::Istio, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--rollout-timeout", "2s"]),
    (Injector::Istio, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--rollout-timeout", "2s", "--scope", "namespace"]),
    (Injector::Linkerd, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--rollout-timeout", "2s"]),
    (Injector::Linkerd, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--rollout-timeout", "2s", "--scope", "namespace"]),
];

fn fails(cluster: &TestCluster, args: &[&str], says: &str) {
    let before = objects(cluster);
    let (code, out, err) = mesh(cluster, args);
    assert_eq!(code, 1, "{args:?}: {out}{err}");
    assert!(out.contains(says) || err.contains(says), "{says}: {out}{err}");
    assert!(out.contains("everything is as it was before"), "{out}{err}");
    assert_eq!(objects(cluster), before, "{args:?}: {says}");
    settle(cluster);
    assert!(pods(cluster, "cart").iter().all(|pod| pod == &["app"]), "{args:?}: a pod kept its proxy");
}

#[test]
fn pods_that_do_not_come_up_take_everything_back() {
    for (injector, args) in RUNS {
        for (fate, says) in [(Fate::ImageError, "ImagePullBackOff"), (Fate::CrashLoop, "exits 255"), (Fate::NeverReady, "not ready in time")] {
            let cluster = shop(injector, "");
            behave(&cluster, Behaviour { injector, fate, revision: "default", ..Behaviour::default() });
            fails(&cluster, args, says);
        }
    }
}

#[test]
fn the_last_lines_of_the_failing_container_are_shown() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, fate: Fate::CrashLoop, revision: "default", ..Behaviour::default() });
    cluster.server().script(|scripts| scripts.log_of_all("no such revision"));
    let (code, out, _) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
    assert!(code == 1 && out.contains("| no such revision"), "{out}");
}

#[test]
fn what_admission_refuses_fails_fast_and_restarts_nothing() {
    for (refuses, says) in [
        ("exceeded quota: mem, requested: 1, used: 1, limited: 1", "exceeded quota"),
        ("violates PodSecurity \"baseline:latest\"", "violates PodSecurity"),
        ("denied the request: no", "denied the request"),
        ("failed calling webhook \"namespace.sidecar-injector.istio.io\": context deadline exceeded", "context deadline exceeded"),
    ] {
        for (injector, args) in RUNS {
            let cluster = shop(injector, "");
            let names = |cluster: &TestCluster| {
                cluster.get("/api/v1/namespaces/shop/pods?labelSelector=app%3Dcart").unwrap()["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|p| p["metadata"]["name"].to_string())
                    .collect::<Vec<_>>()
            };
            let serving = names(&cluster);
            behave(&cluster, Behaviour { injector, refuses: Some(refuses), revision: "default", ..Behaviour::default() });
            fails(&cluster, args, says);
            assert_eq!(names(&cluster), serving, "no pod was replaced");
        }
    }
}

#[test]
fn a_refusal_is_found_by_the_rehearsal_before_anything_changes() {
    for (refuses, id) in
        [("exceeded quota: mem", "quota"), ("violates PodSecurity \"restricted:latest\"", "pod-security"), ("denied the request", "rehearsal")]
    {
        let cluster = shop(Injector::Istio, "");
        behave(
            &cluster,
            Behaviour { injector: Injector::Istio, refuses: Some(refuses), refuses_rehearsed: true, revision: "default", ..Behaviour::default() },
        );
        let before = objects(&cluster);
        let (code, out, err) = mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes"]);
        assert!(code == 1 && out.contains(&format!("✖ {id}")) && err.contains(&format!("--force {id}")), "{out}{err}");
        assert_eq!(objects(&cluster), before);
    }
}

#[test]
fn a_pod_that_starts_without_a_proxy_is_a_failure() {
    for (injector, args) in RUNS {
        let cluster = shop(injector, "");
        behave(&cluster, Behaviour { injector, ignored: true, revision: "default", ..Behaviour::default() });
        let forced = [args, &["--force", "rehearsal"]].concat();
        fails(&cluster, &forced, "is new and ready, and not in the mesh");
    }
}

#[test]
fn a_right_that_goes_in_the_middle_takes_everything_back() {
    let cluster = shop(Injector::Istio, "");
    cluster.server().fault(Fault::new(Act::Forbidden).verb("patch").resource("deployments.apps").times(1));
    fails(&cluster, RUNS[0].1, "forbidden");
}

#[test]
fn answers_that_are_lost_are_looked_for() {
    for verb in ["create", "update", "patch", "delete"] {
        for act in [Act::Mute, Act::Drop] {
            for (injector, args) in RUNS {
                let cluster = shop(injector, "");
                for resource in ["configmaps", "services", "namespaces", "deployments.apps"] {
                    cluster.server().fault(Fault::new(act.clone()).verb(verb).resource(resource).times(1));
                }
                let patient: Vec<&str> = args.iter().map(|word| if *word == "2s" { "20s" } else { word }).collect();
                let (code, out, err) = mesh(&cluster, &patient);
                assert_eq!(code, 0, "{verb} {act:?} {args:?}: {out}{err}");
                assert!(pods(&cluster, "cart").iter().all(|pod| pod.len() == 2));
                assert!(cluster.get("/api/v1/namespaces/shop/configmaps/kubectl-mesh").is_err());
            }
        }
    }
}

#[test]
fn what_somebody_else_changes_meanwhile_is_left_alone() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, fate: Fate::NeverReady, revision: "default", ..Behaviour::default() });
    let (code, out, _) = std::thread::scope(|scope| {
        let run = scope.spawn(|| mesh(&cluster, &["onboard", "-s", "cart", "-n", "shop", "--yes", "--rollout-timeout", "2s"]));
        for _ in 0..1000 {
            if template(&cluster, "cart")["labels"]["sidecar.istio.io/inject"] == "true" {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let path = "/apis/apps/v1/namespaces/shop/deployments/cart?fieldManager=somebody";
        let theirs = json!({"spec": {"template": {"metadata": {"labels": {"sidecar.istio.io/inject": "maybe"}}}}});
        cluster.request("PATCH", path, "application/merge-patch+json", &theirs).unwrap();
        run.join().unwrap()
    });
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("left alone, since somebody else changed it"), "{out}");
    assert_eq!(template(&cluster, "cart")["labels"]["sidecar.istio.io/inject"], "maybe");
}

#[test]
fn a_stateful_set_is_replaced_in_order_and_brought_back() {
    let set = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {serviceAccountName: db, containers: [{name: app, image: 'shop/db:1'}]}}
";
    let cluster = shop(Injector::Linkerd, set);
    let before = objects(&cluster);
    behave(&cluster, Behaviour { injector: Injector::Linkerd, fate: Fate::CrashLoop, ..Behaviour::default() });
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "sts/db", "-n", "shop", "--yes", "--rollout-timeout", "5s"]);
    assert_eq!(code, 1, "{out}{err}");
    assert_eq!(objects(&cluster), before);
    settle(&cluster);
    assert!(pods(&cluster, "db").iter().all(|pod| pod == &["app"]), "{out}");
    behave(&cluster, Behaviour { injector: Injector::Linkerd, ..Behaviour::default() });
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "sts/db", "-n", "shop", "--yes", "--rollout-timeout", "5s"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(pods(&cluster, "db").iter().all(|pod| pod.len() == 2), "{out}");
}
