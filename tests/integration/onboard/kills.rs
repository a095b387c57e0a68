//! Killed after any request: what is left behind is resumed to its end, or taken back without a trace.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{behave, mesh, objects, pods, settle, shop};
use crate::apiserver::machinery::{Behaviour, Fate, Injector};
use crate::apiserver::{Act, Fault};
use crate::cluster::{ADMIN, TestCluster};

/// What is run, in which cluster, and whether it comes to its end by itself.
struct Scenario {
    name: &'static str,
    injector: Injector,
    fate: Fate,
    args: &'static [&'static str],
    /// Whether everything is to be as before in the end, since the pods do not come up.
    undone: bool,
}

const SCENARIOS: [Scenario; 6] = [
    Scenario { name: "istio sidecar", injector: Injector::Istio, fate: Fate::Ready, args: &["onboard", "-s", "cart"], undone: false },
    Scenario {
        name: "istio ambient",
        injector: Injector::Istio,
        fate: Fate::Ready,
        args: &["onboard", "-s", "cart", "--mode", "ambient"],
        undone: false,
    },
    Scenario {
        name: "istio namespace",
        injector: Injector::Istio,
        fate: Fate::Ready,
        args: &["onboard", "-s", "cart", "--scope", "namespace"],
        undone: false,
    },
    Scenario { name: "linkerd", injector: Injector::Linkerd, fate: Fate::Ready, args: &["onboard", "-s", "cart"], undone: false },
    Scenario {
        name: "linkerd namespace",
        injector: Injector::Linkerd,
        fate: Fate::Ready,
        args: &["onboard", "-s", "cart", "--scope", "namespace"],
        undone: false,
    },
    Scenario { name: "istio, crash loop", injector: Injector::Istio, fate: Fate::CrashLoop, args: &["onboard", "-s", "cart"], undone: true },
];

const FLAGS: [&str; 5] = ["-n", "shop", "--yes", "--rollout-timeout", "20s"];

impl Scenario {
    fn cluster(&self) -> TestCluster {
        let cluster = shop(self.injector, "");
        behave(&cluster, Behaviour { injector: self.injector, fate: self.fate, revision: "default", ..Behaviour::default() });
        cluster
    }

    /// What the objects are when it has come to its end, and how many requests that takes.
    fn whole(&self) -> (String, usize, usize) {
        let cluster = self.cluster();
        let (code, out, err) = mesh(&cluster, &[self.args, &FLAGS[..]].concat());
        assert_eq!(code, i32::from(self.undone), "{}: {out}{err}", self.name);
        let requests = cluster.server().requests();
        let begins = requests.iter().position(|r| r.verb == "create" && r.path.ends_with("/configmaps")).unwrap();
        (alike(&cluster), begins, requests.len())
    }

    /// Runs it, and kills it when its request of this number is done and not answered.
    fn killed(&self, cluster: &TestCluster, request: usize) {
        cluster.server().forget_requests();
        cluster.server().fault(Fault::new(Act::Hang).user(ADMIN).after(request));
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
        while Instant::now() < end {
            let requests = cluster.server().requests();
            if requests.iter().filter(|r| r.status != 0).count() > request || child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // SIGKILL: nothing is cleaned up.
        child.kill().unwrap();
        child.wait().unwrap();
        cluster.server().clear_faults();
    }
}

/// The objects without what differs from one cluster to the next.
fn alike(cluster: &TestCluster) -> String {
    let own = ["\"uid\":", "\"creationTimestamp\":", "\"clusterIP", "\"10.96.", "restartedAt"];
    objects(cluster).lines().filter(|line| !own.iter().any(|word| line.contains(word))).collect::<Vec<_>>().join("\n")
}

/// Every kill point of the runs is tried when this is set; otherwise a few of each.
fn everywhere() -> bool {
    std::env::var_os("KILL_EVERYWHERE").is_some()
}

fn from_any_point(undo: bool) {
    let mut runs = 0;
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        let (after, begins, requests) = scenario.whole();
        // Before the journal nothing is written; one point of that stands for all, unless all are wanted.
        let points: Vec<usize> =
            if everywhere() { (0..requests).collect() } else { (begins + (number * 2 + usize::from(undo)) % 7..requests).step_by(7).collect() };
        for point in points {
            let cluster = scenario.cluster();
            let before = objects(&cluster);
            scenario.killed(&cluster, point);
            let what = if undo { "--undo" } else { "--resume" };
            let (code, out, err) = mesh(&cluster, &["onboard", what, "-n", "shop", "--rollout-timeout", "20s"]);
            let now = objects(&cluster);
            assert!(code == 0 || (scenario.undone && code == 1), "{} killed at request {point}, {what}: {code} {out}{err}", scenario.name);
            let as_before = now == before;
            let done = alike(&cluster) == after;
            assert!(as_before || done, "{} killed at request {point}, {what}: neither done nor as before: {out}{err}\n{now}", scenario.name);
            assert!(!undo || as_before || out.is_empty(), "{} killed at request {point}: not taken back: {out}{err}", scenario.name);
            settle(&cluster);
            let proxied = pods(&cluster, "cart").iter().filter(|pod| pod.len() > 1).count();
            let ambient = scenario.args.contains(&"ambient");
            assert_eq!(proxied, if as_before || ambient { 0 } else { 2 }, "{} killed at request {point}, {what}: pods {out}{err}", scenario.name);
            runs += 1;
        }
    }
    assert!(runs >= SCENARIOS.len(), "only {runs} runs were killed");
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
