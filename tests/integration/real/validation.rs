//! What `check` calls invalid, and what the API server and istiod's webhook refuse: every object of the rules' fixtures is given to both.
//! The differences that remain stand in `tests/real/validation.md`, each with its reason; `BLESS=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};

use kubectl_mesh::checks::{self, Selection};
use kubectl_mesh::report::Severity;
use serde_json::{Value, json};

use super::{cluster, here};
use crate::cluster::TestCluster;
use crate::fixtures::{cases, stem, world};

/// Groups whose definitions this control plane has.
const GROUPS: [&str; 5] = ["networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io", "gateway.networking.k8s.io"];

/// Rules that say, of an object alone, that it is refused.
fn is_about_validation(rule: &str) -> bool {
    const OTHERS: [&str; 3] = ["istio-unknown-enum-value", "istio-wrong-field-type", "gateway-object-refused"];
    // These judge annotations, labels, Secrets and the mesh's own configuration, which nobody refuses.
    const NOT: [&str; 4] =
        ["istio-annotation-invalid", "istio-inject-value-invalid", "istio-gateway-credential-invalid", "istio-mesh-config-invalid"];
    OTHERS.contains(&rule) || (rule.starts_with("istio-") && rule.ends_with("-invalid") && !NOT.contains(&rule))
}

/// Fixtures of which istiod itself says one thing and another, as the entries of a map happen to come.
const BY_CHANCE: &[&str] = &["istio-destination-rule-invalid/fires-locality-inside-another-in-a-map"];

/// Why a difference stays: by the beginning of `rule/fixture kind/name`, or by words of the server.
const REASONS: &[(&str, &str)] = &[
    ("gateway-object-refused/silent-what-clusters-take", "by design: what `${HOST}` stands for is filled in before the manifest is applied"),
    (
        "Invalid value: \"boolean\"",
        "by design: kubectl reads a lone y or n as true or false (YAML 1.1), kustomize and most other readers as text (YAML 1.2), as files are read here",
    ),
    (
        "spec.rules[0].backendRefs: Required value",
        "by design: v1alpha2 asks for backendRefs since a late release of the Gateway API; what some releases take is not called refused",
    ),
    ("istio-request-authentication-invalid/fires-private-key", "ours right: the webhook does not look, and whoever reads the object can sign tokens"),
    (
        "istio-request-authentication-invalid/fires-symmetric-key",
        "ours right: the webhook does not look, and whoever reads the object can sign tokens",
    ),
    (
        "istio-wasm-plugin-invalid/fires-urls-that-istiod-drops-without-code",
        "ours right: the webhook takes them, and istiod leaves the plugin out of what it sends to proxies",
    ),
];

/// One object that both do not judge alike.
struct Difference {
    at: String,
    server: Option<String>,
    ours: Vec<String>,
}

impl Difference {
    fn reason(&self) -> Option<&'static str> {
        let server = self.server.as_deref().unwrap_or_default();
        REASONS.iter().find(|(words, _)| self.at.starts_with(words) || server.contains(words)).map(|(_, reason)| *reason)
    }

    fn row(&self) -> String {
        let clean = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let server = self.server.as_deref().map_or("accepts".to_owned(), |why| format!("refuses: {}", clean(&first(why))));
        let ours = if self.ours.is_empty() { "nothing".to_owned() } else { clean(&self.ours.join("; ")) };
        format!("| {} | {server} | {ours} | {} |\n", self.at, self.reason().unwrap_or("**not explained**"))
    }
}

/// What the server says of the first field; of several it speaks in an order of chance.
fn first(message: &str) -> String {
    let listed = message.split_once(" is invalid: ").map_or(message, |(_, fields)| fields.trim_start_matches('['));
    let mut fields: Vec<&str> = listed.split(", <nil>").next().unwrap().split(", spec.").map(|field| field.trim_start_matches("spec.")).collect();
    fields.sort_unstable();
    let more = if fields.len() > 1 { format!(" and {} more", fields.len() - 1) } else { String::new() };
    format!("{}{more}", fields[0])
}

/// The paths of the kinds that the server has, by `apiVersion` and kind.
fn paths(cluster: &TestCluster) -> BTreeMap<(String, String), (String, bool)> {
    let mut paths = BTreeMap::new();
    for group in GROUPS {
        let served = cluster.get(&format!("/apis/{group}")).unwrap();
        for version in served["versions"].as_array().unwrap() {
            let version = version["groupVersion"].as_str().unwrap();
            for resource in cluster.get(&format!("/apis/{version}")).unwrap()["resources"].as_array().unwrap() {
                let (name, kind) = (resource["name"].as_str().unwrap(), resource["kind"].as_str().unwrap());
                if !name.contains('/') {
                    paths.insert((version.to_owned(), kind.to_owned()), (format!("/apis/{version}|{name}"), resource["namespaced"] == true));
                }
            }
        }
    }
    paths
}

/// What the server says against an object that is created.
fn refusal(cluster: &TestCluster, namespaces: &mut BTreeSet<String>, (path, namespaced): &(String, bool), object: &Value) -> Option<String> {
    let (root, plural) = path.split_once('|').unwrap();
    let mut object = object.clone();
    let name = object["metadata"]["name"].clone();
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or("default").to_owned();
    object["metadata"] = json!({"name": name, "labels": object["metadata"]["labels"], "annotations": object["metadata"]["annotations"]});
    object.as_object_mut().unwrap().remove("status");
    let path = if *namespaced {
        if namespaces.insert(namespace.clone()) {
            cluster.apply_object(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}));
        }
        object["metadata"]["namespace"] = json!(namespace);
        format!("{root}/namespaces/{namespace}/{plural}")
    } else {
        format!("{root}/{plural}")
    };
    // Unknown fields are what istio-unknown-field tells: the server drops them, and kubectl's own flag decides whether they are refused.
    let answer = cluster.request("POST", &format!("{path}?dryRun=All&fieldValidation=Warn"), "application/json", &object);
    match answer {
        Ok(_) => None,
        Err(kube::Error::Api(status)) if status.code == 409 => None,
        Err(kube::Error::Api(status)) => Some(status.message.clone()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn what_check_calls_invalid_is_what_the_server_refuses() {
    let Some(cluster) = cluster("validation::what_check_calls_invalid") else { return };
    let mut namespaces = BTreeSet::new();
    let paths = paths(&cluster);
    let (mut seen, mut refused, mut agreed) = (BTreeSet::new(), 0, 0);
    let mut differences = Vec::new();
    for (rule, case) in checks::all().into_iter().flat_map(|check| cases(check.id).into_iter().map(|case| (check.id, case))) {
        let at = format!("{rule}/{}", stem(&case));
        if BY_CHANCE.contains(&at.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&case).unwrap();
        let objects = serde_saphyr::from_multiple::<Value>(&text).unwrap_or_default();
        let of_ours = |object: &&Value| {
            let word = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
            paths.contains_key(&(word("apiVersion"), word("kind")))
        };
        let objects: Vec<&Value> = objects.iter().filter(of_ours).filter(|object| seen.insert(object.to_string())).collect();
        if objects.is_empty() {
            continue;
        }
        let report = checks::run(&world(&case), &Selection { all_rules: true, ..Selection::default() });
        for object in objects {
            let word = |field: &str| object[field].as_str().unwrap_or_default();
            let of = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
            let (kind, name) = (word("kind"), of("name"));
            let is_it = |found: &&kubectl_mesh::report::Finding| {
                let at = &found.object;
                at.kind.name() == kind
                    && at.name == *name
                    && (at.namespace.is_empty() || of("namespace").is_empty() || at.namespace == *of("namespace"))
            };
            let found: Vec<_> = report.findings.iter().filter(is_it).collect();
            let server = refusal(&cluster, &mut namespaces, &paths[&(word("apiVersion").to_owned(), kind.to_owned())], object);
            let says = |about: bool| {
                let errors = found.iter().filter(|f| f.severity == Severity::Error && (!about || is_about_validation(f.rule)));
                errors.map(|f| format!("{}: {}", f.rule, f.message)).collect::<Vec<_>>()
            };
            let (claims, errors) = (says(true), says(false));
            refused += usize::from(server.is_some());
            // A refusal is told where any error is; what is called invalid has to be refused.
            if server.is_some() != claims.is_empty() || (server.is_some() && !errors.is_empty()) {
                agreed += 1;
                continue;
            }
            differences.push(Difference { at: format!("{at} {kind}/{name}"), server, ours: claims });
        }
    }
    differences.sort_by(|a, b| (a.server.is_none(), &a.at).cmp(&(b.server.is_none(), &b.at)));
    println!("{} objects, of which the server refuses {refused}; {agreed} are judged alike", seen.len());
    let mut page = "# Validation: ours and the server's\n\nEvery object of Istio and the Gateway API in the fixtures of the rules is given to a real API server, \
        which has Istio's and the Gateway API's definitions and istiod's webhook, and to `check -f`. They judge alike but for these:\n\n\
        | fixture and object | API server and istiod | check | why |\n|---|---|---|---|\n"
        .to_owned();
    page.extend(differences.iter().map(Difference::row));
    let path = here().join("validation.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert!(seen.len() > 1000 && refused > 200, "{} objects, {refused} refused", seen.len());
    let unexplained: String = differences.iter().filter(|d| d.reason().is_none()).map(Difference::row).collect();
    assert!(unexplained.is_empty(), "{unexplained}");
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "BLESS=1 writes it anew");
}
