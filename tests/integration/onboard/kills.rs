//! Killed after any write: what is left behind is resumed to its end, or taken back without a trace.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{behave, mesh, objects, pods, settle, shop};
use crate::apiserver::machinery::{Behaviour, Fate, Injector};
use crate::apiserver::{Act, Fault, Recorded};
use crate::cluster::{ADMIN, TestCluster};

/// What is run, in which cluster, and whether it comes to its end by itself.
struct Scenario {
    name: &'static str,
    injector: Injector,
    fate: Fate,
    /// Commands that were carried out before.
    before: &'static [&'static [&'static str]],
    args: &'static [&'static str],
    /// How many pods of the cart have a proxy before it and after it.
    proxied: (usize, usize),
    /// Whether everything is to be as before in the end, since the pods do not come up.
    undone: bool,
}

/// Both workloads in the mesh.
const IN: &[&str] = &["onboard", "-s", "cart", "-s", "other", "-n", "shop", "--yes"];
const STRICT: &[&str] = &["onboard", "-s", "cart", "-s", "other", "--mtls", "strict"];

const SCENARIOS: [Scenario; 10] = [
    Scenario {
        name: "istio sidecar",
        injector: Injector::Istio,
        fate: Fate::Ready,
        before: &[],
        args: &["onboard", "-s", "cart"],
        proxied: (0, 2),
        undone: false,
    },
    Scenario {
        name: "istio ambient",
        injector: Injector::Istio,
        fate: Fate::Ready,
        before: &[],
        args: &["onboard", "-s", "cart", "--mode", "ambient"],
        proxied: (0, 0),
        undone: false,
    },
    Scenario {
        name: "istio namespace",
        injector: Injector::Istio,
        fate: Fate::Ready,
        before: &[],
        args: &["onboard", "-s", "cart", "--scope", "namespace"],
        proxied: (0, 2),
        undone: false,
    },
    Scenario {
        name: "linkerd",
        injector: Injector::Linkerd,
        fate: Fate::Ready,
        before: &[],
        args: &["onboard", "-s", "cart"],
        proxied: (0, 2),
        undone: false,
    },
    Scenario {
        name: "linkerd namespace",
        injector: Injector::Linkerd,
        fate: Fate::Ready,
        before: &[],
        args: &["onboard", "-s", "cart", "--scope", "namespace"],
        proxied: (0, 2),
        undone: false,
    },
    Scenario {
        name: "istio, crash loop",
        injector: Injector::Istio,
        fate: Fate::CrashLoop,
        before: &[],
        args: &["onboard", "-s", "cart"],
        proxied: (0, 0),
        undone: true,
    },
    Scenario {
        name: "a canary first",
        injector: Injector::Istio,
        fate: Fate::Ready,
        before: &[],
        args: &["onboard", "-s", "cart", "--enable-canary"],
        proxied: (0, 2),
        undone: false,
    },
    Scenario {
        name: "a waypoint",
        injector: Injector::Istio,
        fate: Fate::Ready,
        before: &[],
        args: &["onboard", "-s", "cart", "--mode", "ambient", "--waypoint"],
        proxied: (0, 0),
        undone: false,
    },
    Scenario { name: "a policy is made", injector: Injector::Istio, fate: Fate::Ready, before: &[IN], args: STRICT, proxied: (2, 2), undone: false },
    Scenario {
        name: "a policy is deleted",
        injector: Injector::Istio,
        fate: Fate::Ready,
        before: &[IN, &["onboard", "-s", "cart", "-s", "other", "--mtls", "strict", "-n", "shop", "--yes"]],
        args: &["offboard", "-s", "cart"],
        proxied: (2, 0),
        undone: false,
    },
];

const FLAGS: [&str; 5] = ["-n", "shop", "--yes", "--rollout-timeout", "20s"];

impl Scenario {
    fn cluster(&self) -> TestCluster {
        let cluster = shop(self.injector, "");
        for args in self.before {
            let (code, out, err) = mesh(&cluster, args);
            assert_eq!(code, 0, "{}: {out}{err}", self.name);
        }
        behave(&cluster, Behaviour { injector: self.injector, fate: self.fate, revision: "default", ..Behaviour::default() });
        cluster
    }

    /// What the objects are when it has come to its end, and what it asks for meanwhile.
    fn whole(&self) -> (String, Vec<Recorded>) {
        let cluster = self.cluster();
        cluster.server().forget_requests();
        let (code, out, err) = mesh(&cluster, &[self.args, &FLAGS[..]].concat());
        assert_eq!(code, i32::from(self.undone), "{}: {out}{err}", self.name);
        (alike(&cluster), cluster.server().requests())
    }

    /// Runs it, and kills it when this request is done and not answered.
    fn killed(&self, cluster: &TestCluster, point: &Point) {
        cluster.server().forget_requests();
        let fault = Fault::new(Act::Hang).user(ADMIN).after(point.nth).times(1);
        cluster.server().fault(point.sort.as_ref().map_or(fault.clone(), |(verb, resource)| fault.verb(verb).resource(resource)));
        let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-mesh"))
            .env_clear()
            .env("HOME", cluster.home())
            .env("KUBECONFIG", cluster.kubeconfig_for(ADMIN))
            .args(self.args)
            .args(FLAGS)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        let reached = || cluster.server().requests().iter().filter(|r| r.status != 0 && point.is(r)).count() > point.nth;
        while Instant::now() < end && !reached() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        // How many requests a run makes depends on how its watches fall; its writes do not.
        assert!(point.sort.is_none() || reached(), "{}: {point:?} was never reached", self.name);
        // SIGKILL: nothing is cleaned up.
        child.kill().unwrap();
        child.wait().unwrap();
        cluster.server().clear_faults();
    }
}

/// A request after which a run is killed: the one of this number among those of a sort, or among all.
#[derive(Debug)]
struct Point {
    sort: Option<(&'static str, String)>,
    nth: usize,
}

impl Point {
    fn is(&self, request: &Recorded) -> bool {
        self.sort.as_ref().is_none_or(|(verb, resource)| request.verb == *verb && resource_of(request) == *resource)
    }

    /// The first or the last write of each sort.
    fn of_writes(requests: &[Recorded], last: bool) -> Vec<Self> {
        let mut counts: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
        for request in requests.iter().filter(|r| ["create", "update", "patch", "delete"].contains(&r.verb)) {
            let resource = resource_of(request);
            // Reviews and rehearsals change nothing.
            if request.param("dryRun").is_none() && !resource.contains("reviews.") {
                *counts.entry((request.verb, resource)).or_default() += 1;
            }
        }
        counts.into_iter().map(|(sort, count)| Self { sort: Some(sort), nth: if last { count - 1 } else { 0 } }).collect()
    }
}

/// `plural.group` of a request.
fn resource_of(request: &Recorded) -> String {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    let (group, rest) = if parts[0] == "apis" { (parts[1], &parts[3..]) } else { ("", &parts[2..]) };
    let rest = if rest.len() > 2 && rest[0] == "namespaces" { &rest[2..] } else { rest };
    if group.is_empty() { rest[0].to_owned() } else { format!("{}.{group}", rest[0]) }
}

/// The objects without what differs from one cluster to the next.
fn alike(cluster: &TestCluster) -> String {
    let own = ["\"uid\":", "\"creationTimestamp\":", "\"clusterIP", "\"10.96.", "restartedAt", "mesh.kubectl.dev/plan"];
    objects(cluster).lines().filter(|line| !own.iter().any(|word| line.contains(word))).collect::<Vec<_>>().join("\n")
}

/// Every request of the runs is a kill point when this is set; otherwise the first write of each sort when they are resumed, the last when undone.
fn everywhere() -> bool {
    std::env::var_os("KILL_EVERYWHERE").is_some()
}

#[allow(clippy::print_stdout, reason = "the number of runs is what the whole sweep is run for")]
fn from_any_point(undo: bool) {
    let (mut runs, mut sorts) = (0, BTreeSet::new());
    for scenario in &SCENARIOS {
        let (after, requests) = scenario.whole();
        let writes = Point::of_writes(&requests, undo);
        sorts.extend(writes.iter().filter_map(|point| point.sort.clone()));
        let points = if everywhere() { (0..requests.len()).map(|nth| Point { sort: None, nth }).collect() } else { writes };
        let then = if undo { "taken back" } else { "resumed" };
        println!("{}: {} kills, each {then}", scenario.name, points.len());
        for point in points {
            let cluster = scenario.cluster();
            let before = alike(&cluster);
            scenario.killed(&cluster, &point);
            let what = if undo { "--undo" } else { "--resume" };
            let (code, out, err) = mesh(&cluster, &["onboard", what, "-n", "shop", "--rollout-timeout", "20s"]);
            let at = format!("{} killed at {point:?}, {what}", scenario.name);
            assert!(code == 0 || (scenario.undone && code == 1), "{at}: {code} {out}{err}");
            let now = alike(&cluster);
            let (as_before, done) = (now == before, now == after);
            assert!(as_before || done, "{at}: neither done nor as before: {out}{err}\n{now}");
            assert!(!undo || as_before || out.is_empty(), "{at}: not taken back: {out}{err}");
            settle(&cluster);
            let proxied = pods(&cluster, "cart").iter().filter(|pod| pod.len() > 1).count();
            assert_eq!(proxied, if as_before { scenario.proxied.0 } else { scenario.proxied.1 }, "{at}: pods {out}{err}");
            runs += 1;
        }
        println!("{runs} runs so far ended well, {then}");
    }
    assert!(runs >= SCENARIOS.len(), "only {runs} runs were killed");
    let wanted = [
        ("create", "configmaps"),
        ("create", "deployments.apps"),
        ("create", "gateways.gateway.networking.k8s.io"),
        ("create", "peerauthentications.security.istio.io"),
        ("delete", "configmaps"),
        ("delete", "deployments.apps"),
        ("delete", "peerauthentications.security.istio.io"),
        ("patch", "deployments.apps"),
        ("patch", "namespaces"),
        ("patch", "services"),
        ("update", "configmaps"),
    ];
    assert_eq!(sorts.iter().map(|(verb, resource)| (*verb, resource.as_str())).collect::<Vec<_>>(), wanted, "every sort of write is a kill point");
}

#[test]
fn killed_and_resumed() {
    from_any_point(false);
}

#[test]
fn killed_and_taken_back() {
    from_any_point(true);
}

#[test]
fn ctrl_c_stops_between_two_steps() {
    let scenario = &SCENARIOS[0];
    let cluster = scenario.cluster();
    behave(&cluster, Behaviour { injector: Injector::Istio, fate: Fate::NeverReady, revision: "default", ..Behaviour::default() });
    let before = objects(&cluster);
    let child = Command::new(env!("CARGO_BIN_EXE_kubectl-mesh"))
        .env_clear()
        .env("HOME", cluster.home())
        .env("KUBECONFIG", cluster.kubeconfig_for(ADMIN))
        .args(scenario.args)
        .args(FLAGS)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..2000 {
        if super::template(&cluster, "cart")["labels"]["sidecar.istio.io/inject"] == "true" {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(300));
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("--resume -n shop") && said.contains("--undo -n shop"), "{said}");
    let (code, out, err) = mesh(&cluster, &["onboard", "--undo", "-n", "shop"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(objects(&cluster), before);
}
