//! What a server can do wrong, against every command that reads: never a success, never a panic, never asked without end.

use std::fmt::Write as _;
use std::time::Duration;

use crate::apiserver::{Act, Fault};
use crate::cluster::TestCluster;
use crate::mesh::said;

const COMMANDS: [&[&str]; 5] = [&["check"], &["check", "-n", "shop", "-o", "name"], &["status"], &["injection"], &["version"]];

fn raw(status: u16, content_type: &'static str, body: &str) -> Act {
    Act::Raw { status, content_type, body: body.as_bytes().to_vec() }
}

fn acts() -> Vec<(&'static str, Act)> {
    let json = "application/json";
    vec![
        ("401", Act::Unauthorized),
        ("403", Act::Forbidden),
        ("404", Act::NotServed),
        ("429", Act::TooManyRequests { seconds: 0 }),
        ("500", Act::Internal),
        ("503", Act::Unavailable),
        ("redirect", raw(302, "text/html", "")),
        ("login page", raw(200, "text/html", "<html>log in</html>")),
        ("login page as JSON", raw(200, json, r#"{"error":"log in"}"#)),
        ("nothing as JSON", raw(200, json, "{}")),
        ("another kind", raw(200, json, r#"{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":[]}"#)),
        ("a Status", raw(200, json, r#"{"kind":"Status","apiVersion":"v1","status":"Success"}"#)),
        ("empty protobuf", raw(200, "application/vnd.kubernetes.protobuf", "k8s\0")),
        ("empty body", raw(200, json, "")),
        ("garbage", raw(200, json, "\u{1}\u{2}{[")),
        ("cut off", Act::Cut { bytes: 10 }),
        ("ends early", Act::Truncate { bytes: 10 }),
        ("dropped", Act::Drop),
        ("silent", Act::Delay(Duration::from_secs(30))),
    ]
}

#[test]
fn no_fault_of_a_server_is_a_success() {
    let cluster = TestCluster::standin();
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: [{name: a, image: a}]}}");
    let mut table = String::new();
    let mut wrong = String::new();
    for (name, act) in acts() {
        for (place, fault) in [("everything", Fault::new(act.clone())), ("pods", Fault::new(act.clone()).resource("pods"))] {
            cluster.server().clear_faults();
            cluster.server().fault(fault);
            cluster.server().forget_requests();
            let mut codes = Vec::new();
            for command in COMMANDS {
                let args = [command, &["--request-timeout", "1s", "--timeout", "20s"]].concat();
                let (code, out, err) = said(&cluster.mesh(args).output().unwrap());
                codes.push(code.to_string());
                if code != 3 || err.contains("panicked") || out.contains("nothing wrong") || err.contains("No mesh found") {
                    writeln!(wrong, "{name} on {place}, {}: {code}\n{out}{err}", command.join(" ")).unwrap();
                }
            }
            let asked = cluster.server().requests().len();
            if asked > 150 * COMMANDS.len() {
                writeln!(wrong, "{name} on {place}: asked {asked} times").unwrap();
            }
            writeln!(table, "{name:<20} {place:<11} {}", codes.join(" ")).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{table}\n{wrong}");
    insta::assert_snapshot!(table);
}
