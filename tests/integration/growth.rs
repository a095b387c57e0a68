//! What is said must not grow with the square of what is there: many objects that all meet each other are told with a few of the others and their number.

use crate::mesh::run;

const RELATIONS: [&str; 6] = [
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: NAME, namespace: shop}\nspec: {hosts: [cart], http: [{route: [{destination: {host: cart}}]}]}\n",
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: NAME, namespace: shop}\nspec: {hosts: [a.b], gateways: [g], http: [{route: [{destination: {host: cart}}]}]}\n",
    "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: NAME, namespace: shop}\nspec: {host: cart}\n",
    "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: NAME, namespace: shop}\nspec: {hosts: [a.example.com], ports: [{number: 443, name: tls, protocol: TLS}], resolution: DNS}\n",
    "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: NAME, namespace: shop}\nspec: {egress: [{hosts: [\"./*\"]}]}\n",
    "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: NAME, namespace: shop}\nspec: {mtls: {mode: STRICT}}\n",
];

/// Stops looking once five are known.
const NOT_COUNTED: [&str; 1] = ["istio-destination-rule-conflict"];

fn said(relation: &str, objects: usize) -> usize {
    let text: Vec<String> = (0..objects).map(|n| relation.replace("NAME", &format!("object-{n:04}"))).collect();
    let (_, out, _) = run(&[("a.yaml", text.join("---\n").as_bytes())], &["check", "-f", "a.yaml", "--all-rules", "-o", "json"]);
    assert!(out.matches("\"rule\":").count() >= objects, "each of them is told of: {}", &out[..out.len().min(500)]);
    // Whoever names five of the others says how many more there are; a rule may pair some of them only.
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    for finding in report["findings"].as_array().unwrap().iter().filter(|f| f["related"].as_array().is_some_and(|r| r.len() == 5)) {
        let counted = NOT_COUNTED.contains(&finding["rule"].as_str().unwrap()) || finding["relatedMore"] == objects - 1 - 5;
        assert!(counted, "{finding:#}");
    }
    out.len()
}

#[test]
fn twice_the_objects_are_told_in_twice_the_words() {
    for relation in RELATIONS {
        let (few, many) = (said(relation, 60), said(relation, 240));
        assert!(many < few * 5, "{few} bytes became {many}: {relation}");
    }
}
