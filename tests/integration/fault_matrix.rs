//! What a server can do wrong, against six commands that read: whatever was not read is no success, nothing panics, nothing goes on without end.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::apiserver::{Act, Fault};
use crate::cluster::TestCluster;
use crate::mesh::said;

const COMMANDS: [&[&str]; 6] = [
    &["check", "-A", "--fail-on", "never"],
    &["check", "-n", "shop", "--fail-on", "never", "-o", "name", "--strict"],
    &["status", "-A"],
    &["injection", "-A"],
    &["mtls", "-A"],
    &["why", "deploy/cart", "cart", "GET", "/", "-n", "shop"],
];
const OBJECTS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart, security.istio.io/tlsMode: istio}, annotations: {sidecar.istio.io/status: '{}'}}
    spec: {containers: [{name: a, image: a, ports: [{containerPort: 8080}]}, {name: istio-proxy, image: 'proxyv2:1.27.1'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cart-1, namespace: shop, labels: {app: cart, security.istio.io/tlsMode: istio}, annotations: {sidecar.istio.io/status: '{}'}}
spec: {containers: [{name: a, image: a, ports: [{containerPort: 8080}]}, {name: istio-proxy, image: 'proxyv2:1.27.1'}]}
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: 'True'}]}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
";
/// No command of these may take longer than its own limits; far beyond them it is ended, and that is a failure.
const ENDED: Duration = Duration::from_secs(120);
/// Requests that one command may make of a server at which everything fails: about fifty kinds in several places and versions.
const REQUESTS: usize = 320;

/// What a fault leaves to be said.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leaves {
    /// Not enough for any of the commands.
    TooLittle,
    /// Not enough for those that read policies.
    NoPolicies,
    /// What the user may not read is missing: an answer about the rest is allowed where nothing was named and `--strict` not asked for.
    Refused,
    /// Everything: it is only slow, or heals.
    All,
}

struct Case {
    name: String,
    faults: Vec<Fault>,
    leaves: Leaves,
}

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
const PEERS: &str = "peerauthentications.security.istio.io";

fn raw(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Act {
    Act::Raw { status, content_type, body: body.into() }
}

fn reply(status: u16, headers: &[(&'static str, &str)], body: impl Into<Vec<u8>>) -> Act {
    Act::Reply { status, headers: headers.iter().map(|(n, v)| (*n, (*v).to_owned())).collect(), body: body.into() }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

const NO_PODS: &str = r#"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}"#;

/// Answers to a list of pods that are none.
fn wrong_answers() -> Vec<(&'static str, Act)> {
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let mut found: Vec<(&'static str, Act)> = vec![
        ("login page", raw(200, "text/html", "<html>log in</html>")),
        ("login page as JSON", raw(200, JSON, r#"{"error":"log in"}"#)),
        ("right list as text", raw(200, "text/plain", NO_PODS)),
        ("right list without a type", reply(200, &[], NO_PODS)),
        ("list without a kind", raw(200, JSON, r#"{"items":[]}"#)),
        ("list without items", raw(200, JSON, r#"{"kind":"PodList","apiVersion":"v1","metadata":{}}"#)),
        ("items as a map", raw(200, JSON, r#"{"kind":"PodList","apiVersion":"v1","items":{}}"#)),
        ("items as text", raw(200, JSON, r#"{"kind":"PodList","apiVersion":"v1","items":"none"}"#)),
        ("a pod", raw(200, JSON, r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p"}}"#)),
        ("another kind", raw(200, JSON, r#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":[]}"#)),
        ("Status of success", raw(200, JSON, r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#)),
        ("Status of failure", raw(200, JSON, r#"{"kind":"Status","apiVersion":"v1","status":"Failure","code":500}"#)),
        ("empty body", raw(200, JSON, "")),
        ("blanks", raw(200, JSON, "  \n ")),
        ("NUL", raw(200, JSON, vec![0; 64])),
        ("no UTF-8", raw(200, JSON, b"{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\"\xff\xfe\"}}]".to_vec())),
        ("garbage", raw(200, JSON, "\u{1}\u{2}{[")),
        ("list and garbage", raw(200, JSON, format!("{NO_PODS}\u{1}"))),
        ("nested without end", raw(200, JSON, nested)),
        ("empty protobuf", raw(200, PROTOBUF, "k8s\0")),
        ("protobuf cut off", raw(200, PROTOBUF, b"k8s\0\x0a\x10\x0a\x02v1".to_vec())),
        ("protobuf without its mark", raw(200, PROTOBUF, b"\x0a\x03abc".to_vec())),
        ("JSON called protobuf", raw(200, PROTOBUF, NO_PODS)),
        ("protobuf called JSON", raw(200, JSON, b"k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList".to_vec())),
        ("garbage called gzip", reply(200, &[("content-type", JSON), ("content-encoding", "gzip")], "\u{1}{")),
        ("gzip cut off", reply(200, &[("content-type", JSON), ("content-encoding", "gzip")], &gzip(NO_PODS.as_bytes())[..20])),
        ("gzip of garbage", reply(200, &[("content-type", JSON), ("content-encoding", "gzip")], gzip(b"{[\x01"))),
        ("another compression", reply(200, &[("content-type", JSON), ("content-encoding", "br")], gzip(NO_PODS.as_bytes()))),
        ("nothing new", reply(304, &[], "")),
        ("nothing at all", reply(204, &[], "")),
        ("a part", reply(206, &[("content-type", JSON)], &NO_PODS[..20])),
        ("cut off at once", Act::Cut { bytes: 0 }),
        ("cut off", Act::Cut { bytes: 10 }),
        ("ends early", Act::Truncate { bytes: 10 }),
        ("ends at its last byte", Act::Truncate { bytes: 400 }),
        ("dropped", Act::Drop),
        ("silent", Act::Delay(Duration::from_secs(30))),
        ("stops coming", Act::Drip { bytes: 10, pause: Duration::from_secs(3) }),
    ];
    for (name, value) in [("{}", "{}"), ("[]", "[]"), ("null", "null"), ("a word", "\"no\""), ("7", "7"), ("true", "true")] {
        found.push((name, raw(200, JSON, value)));
    }
    for (name, status, to) in [
        ("301 to itself", 301, "/api/v1/pods"),
        ("302 elsewhere", 302, "https://login.example.com/"),
        ("303 nowhere", 303, ""),
        ("307 elsewhere", 307, "http://127.0.0.1:1/"),
        ("308 to garbage", 308, "::"),
    ] {
        found.push((name, reply(status, &[("location", to)], "")));
    }
    for (name, wait) in [
        ("429 for an hour", "3600"),
        ("429 for ages", "18446744073709551615"),
        ("429 until a day", "Fri, 31 Dec 2100 23:59:59 GMT"),
        ("429 soon", "soon"),
    ] {
        found.push((name, reply(429, &[("retry-after", wait)], "")));
    }
    found
}

/// The first item of a list that has any; a new one to be thrown away otherwise.
fn first(list: &mut Value) -> &mut Value {
    if list["items"].get(0).is_none() {
        list["unused"] = json!({"spec": {}});
        return &mut list["unused"];
    }
    &mut list["items"][0]
}

fn next_page(list: &mut Value) {
    list["metadata"]["continue"] = json!("more");
}

fn lists() -> Vec<Case> {
    let pods = |act: Act| Fault::new(act).verb("list").resource("pods");
    let peers = |act: Act| Fault::new(act).verb("list").resource(PEERS);
    let second = |act: Act| pods(act).query("continue", "");
    let more = || pods(Act::Edit(next_page));
    let case = |name: &str, faults: Vec<Fault>, leaves| Case { name: name.to_owned(), faults, leaves };
    vec![
        case("token refused", vec![second(raw(400, JSON, "{}")), more()], Leaves::TooLittle),
        case("second page 500", vec![second(Act::Internal), more()], Leaves::TooLittle),
        case("second page of another kind", vec![second(raw(200, JSON, r#"{"kind":"NodeList","items":[]}"#)), more()], Leaves::TooLittle),
        case("second page empty", vec![second(raw(200, JSON, "")), more()], Leaves::TooLittle),
        case("the same token for ever", vec![more()], Leaves::TooLittle),
        case("expired for ever", vec![pods(Act::Expired { fresh: None })], Leaves::TooLittle),
        case("expired in the middle, once", vec![second(Act::Expired { fresh: None }).times(1), more().times(1)], Leaves::All),
        case("a negative count of what remains", vec![pods(Act::Edit(|list| list["metadata"]["remainingItemCount"] = json!(-1)))], Leaves::All),
        case("items null", vec![peers(Act::Edit(|list| list["items"] = Value::Null)).namespace("istio-system")], Leaves::All),
        case("items that are numbers", vec![pods(Act::Edit(|list| list["items"] = json!([1, 2])))], Leaves::TooLittle),
        case("items without metadata", vec![pods(Act::Edit(|list| list["items"] = json!([{"spec": {}}])))], Leaves::TooLittle),
        case("items of another kind", vec![peers(Act::Edit(|list| first(list)["kind"] = json!("Gateway")))], Leaves::NoPolicies),
        case("pods whose spec is a word", vec![pods(Act::Edit(|list| first(list)["spec"] = json!("none")))], Leaves::TooLittle),
        case("pods whose containers are a map", vec![pods(Act::Edit(|list| first(list)["spec"]["containers"] = json!({})))], Leaves::TooLittle),
        case("busy once", vec![Fault::new(reply(429, &[("retry-after", "0")], "")).times(1)], Leaves::All),
        case("down once", vec![pods(Act::Unavailable).times(1)], Leaves::All),
        case("slow", vec![Fault::new(Act::Delay(Duration::from_millis(30)))], Leaves::All),
        case("in pieces", vec![pods(Act::Drip { bytes: 512, pause: Duration::from_millis(1) })], Leaves::All),
    ]
}

fn discovery() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add =
        |name: &str, path: &str, act: Act, leaves| cases.push(Case { name: name.to_owned(), faults: vec![Fault::new(act).path(path)], leaves });
    add("/api is 404 and /apis too", "/api", raw(404, JSON, "{}"), Leaves::TooLittle);
    add("/apis is 500", "/apis", Act::Internal, Leaves::TooLittle);
    add("/apis is 403", "/apis", Act::Forbidden, Leaves::Refused);
    add("/apis is a page", "/apis", raw(200, "text/html", "<html>"), Leaves::TooLittle);
    add("/apis is {}", "/apis", raw(200, JSON, "{}"), Leaves::TooLittle);
    add("/apis names nothing", "/apis", raw(200, JSON, r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"#), Leaves::TooLittle);
    add("/apis is silent", "/apis", Act::Delay(Duration::from_secs(30)), Leaves::TooLittle);
    cases
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let statuses =
        [400, 401, 403, 404, 405, 406, 408, 409, 410, 413, 415, 418, 421, 422, 425, 429, 431, 451, 500, 501, 502, 503, 504, 507, 511, 520, 599];
    for status in statuses {
        let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no", "code": status}).to_string();
        let fault = Fault::new(raw(status, JSON, body)).verb("list").resource("pods");
        cases.push(Case { name: format!("{status} for pods"), faults: vec![fault], leaves: Leaves::TooLittle });
    }
    for status in [400, 401, 403, 404, 429, 500, 502, 503, 599] {
        cases.push(Case { name: format!("{status} for everything"), faults: vec![Fault::new(raw(status, JSON, "{}"))], leaves: Leaves::TooLittle });
    }
    for (status, leaves) in [(400, Leaves::NoPolicies), (403, Leaves::Refused), (409, Leaves::NoPolicies)] {
        let fault = Fault::new(raw(status, JSON, "{}")).verb("list").resource(PEERS);
        cases.push(Case { name: format!("{status} for policies"), faults: vec![fault], leaves });
    }
    for (name, act) in wrong_answers() {
        cases.push(Case { name: name.to_owned(), faults: vec![Fault::new(act).verb("list").resource("pods")], leaves: Leaves::TooLittle });
    }
    cases.extend(lists());
    cases.extend(discovery());
    cases
}

/// Exit codes of all commands, and what is wrong with them.
fn judge(cluster: &TestCluster, case: &Case, healthy: &[i32]) -> (Vec<i32>, String) {
    cluster.server().clear_faults();
    let mut wrong = String::new();
    let mut codes = Vec::new();
    for (at, command) in COMMANDS.iter().enumerate() {
        cluster.server().clear_faults();
        case.faults.iter().for_each(|fault| cluster.server().fault(fault.clone()));
        cluster.server().forget_requests();
        // Where the answer has to come, a busy machine must not spoil it.
        let limits: &[&str] = match case.leaves {
            Leaves::TooLittle => &["--request-timeout", "1s", "--timeout", "8s"],
            _ => &["--request-timeout", "30s", "--timeout", "60s"],
        };
        let args = [command, limits].concat();
        let output = cluster.mesh(args).timeout(ENDED).output().unwrap();
        if output.status.code().is_none() {
            writeln!(wrong, "{}: {}: ended by force", case.name, command.join(" ")).unwrap();
            codes.push(-1);
            continue;
        }
        let (code, out, err) = said(&output);
        codes.push(code);
        let as_ever = code == healthy.get(at).copied().unwrap_or(code);
        let right = match case.leaves {
            Leaves::All => as_ever,
            Leaves::NoPolicies if command[0] == "injection" => as_ever,
            Leaves::TooLittle | Leaves::NoPolicies => code == 3,
            Leaves::Refused if command.contains(&"--strict") => code == 3,
            Leaves::Refused => code == 3 || as_ever,
        };
        let fine = case.leaves != Leaves::All && out.contains("nothing wrong") || case.leaves == Leaves::TooLittle && err.contains("No mesh found");
        if !right || fine || err.contains("panicked") {
            writeln!(wrong, "{}: {}: {code}\n{out}{err}", case.name, command.join(" ")).unwrap();
        }
        let asked = cluster.server().requests().len();
        if asked > REQUESTS {
            writeln!(wrong, "{}: {}: {asked} requests", case.name, command.join(" ")).unwrap();
        }
    }
    (codes, wrong)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn no_fault_of_a_server_is_a_success() {
    let cases = cases();
    assert!(cases.len() > 90, "{} faults", cases.len());
    let start = || {
        let cluster = TestCluster::standin();
        cluster.apply(OBJECTS);
        cluster
    };
    let sound = Case { name: "none".to_owned(), faults: Vec::new(), leaves: Leaves::All };
    let first = start();
    let (healthy, wrong) = judge(&first, &sound, &[]);
    assert!(wrong.is_empty() && !healthy.contains(&3), "{healthy:?} {wrong}");
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        // Most of the time is spent waiting for servers that do not answer.
        for _ in 0..8 {
            scope.spawn(|| {
                let cluster = start();
                while let Some((at, case)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    cases.get(at).map(|case| (at, case))
                } {
                    let judged = judge(&cluster, case, &healthy);
                    lock(&found).push((at, judged));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(at, _)| *at);
    let row = |name: &str, codes: &[i32]| format!("{name:<34} {}\n", codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    let table: String = std::iter::once(row("no fault", &healthy)).chain(found.iter().map(|(at, (codes, _))| row(&cases[*at].name, codes))).collect();
    let wrong: String = found.iter().map(|(_, (_, wrong))| wrong.as_str()).collect();
    assert!(wrong.is_empty(), "{table}\n{wrong}");
    insta::assert_snapshot!(table);
}
