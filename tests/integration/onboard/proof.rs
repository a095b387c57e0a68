//! What is looked at once the pods are there: what they trust, who reaches them, what was warned of.

use serde_json::json;

use super::{behave, mesh, objects, shop};
use crate::apiserver::machinery::{Behaviour, Injector};
use crate::apiserver::{Act, Fault};

const CART: [&str; 6] = ["onboard", "-s", "cart", "-n", "shop", "--yes"];

/// The hash of `roots` and a newline.
const ROOTS: &str = "1456ac70d2e389fd48ff76ad0df790a99a15af203c19d4c553272ee5a5947b46";

#[test]
fn pods_that_trust_other_roots_are_a_failure() {
    let roots =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: linkerd-identity-trust-roots, namespace: linkerd}, data: {ca-bundle.crt: \"roots\\n\"}}";
    let cluster = shop(Injector::Linkerd, roots);
    behave(&cluster, Behaviour { injector: Injector::Linkerd, roots: Some("00"), ..Behaviour::default() });
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 1 && out.contains("trusts other roots than its control plane in namespace linkerd"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
    behave(&cluster, Behaviour { injector: Injector::Linkerd, roots: Some(ROOTS), ..Behaviour::default() });
    let (code, out, err) = mesh(&cluster, &CART);
    assert_eq!(code, 0, "{out}{err}");
}

#[test]
fn roots_that_cannot_be_read_are_unknown() {
    let cluster = shop(Injector::Linkerd, "");
    cluster.server().fault(Fault::new(Act::Forbidden).verb("get").resource("configmaps").namespace("linkerd"));
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 0 && out.contains("whether they trust the current roots is not known"), "{out}{err}");
}

#[test]
fn a_service_has_to_have_its_endpoints_again() {
    let cluster = shop(Injector::Istio, "");
    behave(&cluster, Behaviour { injector: Injector::Istio, revision: "default", loses_endpoints: true, ..Behaviour::default() });
    let before = objects(&cluster);
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 1 && out.contains("Service cart has 0 endpoints ready and had 2"), "{out}{err}");
    assert_eq!(objects(&cluster), before);
}

#[test]
fn warnings_of_the_way_are_told() {
    let cluster = shop(Injector::Istio, "");
    let event = |name: &str, of: &str, kind: &str, time: &str| {
        json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "shop"}, "type": kind, "reason": "Unhealthy",
            "involvedObject": {"kind": "Deployment", "name": of, "namespace": "shop"}, "message": "x", "lastTimestamp": time})
    };
    for (name, of, kind, time) in [
        ("late", "cart", "Warning", "2999-01-01T00:00:00Z"),
        ("early", "cart", "Warning", "2020-01-01T00:00:00Z"),
        ("usual", "cart", "Normal", "2999-01-01T00:00:00Z"),
        ("elsewhere", "other", "Warning", "2999-01-01T00:00:00Z"),
    ] {
        cluster.server().plant_as("", "events", event(name, of, kind, time));
    }
    let (code, out, err) = mesh(&cluster, &CART);
    assert!(code == 0 && out.contains("warned of meanwhile: Unhealthy (1)"), "{out}{err}");
    let (code, out, err) = mesh(&cluster, &["onboard", "-s", "other", "-n", "shop", "--mode", "ambient", "--yes"]);
    assert!(code == 0 && out.contains("ztunnel itself was not asked"), "{out}{err}");
}
