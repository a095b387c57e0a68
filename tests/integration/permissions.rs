//! `docs/permissions.md`: the least role for each command, tried against what authorises: with it a command misses nothing, and without one of its verbs
//! it says which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::CommandFactory as _;
use kubectl_mesh::cli::Cli;
use kubectl_mesh::commands::permissions::{Permissions, WITHOUT, permissions};
use kubectl_mesh::model::Access;
use serde_json::{Value, json};

use crate::apiserver::machinery::Injector;
use crate::apiserver::route::{Route, Target};
use crate::cluster::TestCluster;
use crate::generated::is_current;
use crate::mesh::said;
use crate::onboard::{ISTIO, LINKERD, SHOP, shop};

/// Namespaces of control planes: what is needed there alone is a role of its own.
const CONTROL_PLANES: [&str; 2] = ["istio-system", "linkerd"];
/// Commands that change a cluster.
const WRITING: [&str; 5] = ["apply", "namespace disable", "namespace enable", "offboard", "onboard"];
/// Commands of a pipeline.
const CI: [&str; 8] = ["check", "mtls", "policy can", "policy list", "policy matrix", "policy simulate", "policy test", "version"];

/// A right as a role has it.
fn right(access: &Access) -> (String, String, String) {
    (access.verb.to_string(), access.group.to_string(), access.resource.to_string())
}

type Rights = BTreeSet<(String, String, String)>;

/// What of the rights counts everywhere.
fn everywhere(permissions: &Permissions) -> Rights {
    permissions.rights.iter().filter(|access| access.namespace.is_empty()).map(right).collect()
}

/// What counts in the namespaces of control planes.
fn of_control_planes(permissions: &Permissions) -> Rights {
    permissions.rights.iter().filter(|access| CONTROL_PLANES.contains(&access.namespace.as_str())).map(right).collect()
}

/// Rules of a role: resources of one group with the same verbs stand together.
fn rules(rights: &Rights) -> Vec<(String, BTreeSet<String>, BTreeSet<String>)> {
    let mut verbs: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for (verb, group, resource) in rights {
        verbs.entry((group, resource)).or_default().insert(verb.clone());
    }
    let mut rules: BTreeMap<(String, BTreeSet<String>), BTreeSet<String>> = BTreeMap::new();
    for ((group, resource), verbs) in verbs {
        rules.entry((group.to_owned(), verbs)).or_default().insert(resource.to_owned());
    }
    rules.into_iter().map(|((group, verbs), resources)| (group, resources, verbs)).collect()
}

fn role(name: &str, rights: &Rights) -> String {
    let list = |words: &BTreeSet<String>| words.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let rule = |(group, resources, verbs): (String, BTreeSet<String>, BTreeSet<String>)| {
        format!("- apiGroups: [\"{group}\"]\n  resources: [{}]\n  verbs: [{}]\n", list(&resources), list(&verbs))
    };
    let rules: String = rules(rights).into_iter().map(rule).collect();
    format!("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:\n{rules}")
}

/// The same as objects.
fn rules_json(rights: &Rights) -> Vec<Value> {
    rules(rights).into_iter().map(|(group, resources, verbs)| json!({"apiGroups": [group], "resources": resources, "verbs": verbs})).collect()
}

fn union<'p>(all: impl IntoIterator<Item = &'p Permissions>, of: fn(&Permissions) -> Rights) -> Rights {
    all.into_iter().flat_map(of).collect()
}

/// What one grants with care, apart: whoever may list Secrets or ConfigMaps reads those of all applications, and a Service's proxy reaches whatever listens
/// there.
fn is_delicate((verb, group, resource): &(String, String, String)) -> bool {
    let reaches = ["secrets", "services/proxy", "pods/portforward"].contains(&resource.as_str());
    group.is_empty() && (reaches || (verb == "list" && resource == "configmaps"))
}

struct Bundles {
    read_only: Rights,
    ci: Rights,
    onboarding: Rights,
    secrets: Rights,
    metrics: Rights,
    proxies: Rights,
    control_plane: Rights,
}

fn bundles() -> Bundles {
    let all = permissions();
    let reading = union(all.iter().filter(|p| !WRITING.contains(&p.command)), everywhere);
    let writing = union(all.iter().filter(|p| WRITING.contains(&p.command)), everywhere);
    let of = |resource: &str| reading.iter().filter(|right| right.2 == resource).cloned().collect::<Rights>();
    let plain = |rights: Rights| rights.into_iter().filter(|right| !is_delicate(right)).collect::<Rights>();
    let read_only = plain(reading.clone());
    Bundles {
        ci: plain(union(all.iter().filter(|p| CI.contains(&p.command)), everywhere)),
        onboarding: plain(writing.difference(&read_only).cloned().collect()),
        secrets: of("secrets"),
        metrics: of("services/proxy"),
        proxies: of("pods/portforward"),
        control_plane: union(&all, of_control_planes),
        read_only,
    }
}

fn slug(command: &str) -> String {
    let words: String = command.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    format!("kubectl-mesh-{}", words.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-"))
}

/// Commands that take the same, together.
fn groups() -> Vec<(Vec<&'static str>, Permissions)> {
    let mut groups: Vec<(Vec<&'static str>, Permissions)> = Vec::new();
    for one in permissions() {
        match groups.iter_mut().find(|(_, known)| known.rights == one.rights) {
            Some((names, _)) => names.push(one.command),
            None => groups.push((vec![one.command], one)),
        }
    }
    groups
}

fn page() -> String {
    let block = |role: String| format!("```yaml\n{role}```\n");
    let bundles = bundles();
    let mut page = include_str!("permissions.md").to_owned();
    for (name, rights) in [
        ("read-only", &bundles.read_only),
        ("ci", &bundles.ci),
        ("onboarding", &bundles.onboarding),
        ("control-plane", &bundles.control_plane),
        ("secrets", &bundles.secrets),
        ("metrics", &bundles.metrics),
        ("proxies", &bundles.proxies),
    ] {
        page = page.replace(&format!("{{{{{name}}}}}\n"), &block(role(&format!("kubectl-mesh-{name}"), rights)));
    }
    for (commands, one) in groups() {
        let title = commands.iter().map(|command| format!("`{command}`")).collect::<Vec<_>>().join(", ");
        page += &format!("\n### {title}\n\n{}", block(role(&slug(commands[0]), &everywhere(&one))));
        if !of_control_planes(&one).is_empty() {
            page += "\nAnd `kubectl-mesh-control-plane` in the namespaces of control planes.\n";
        }
        let system: Vec<String> =
            one.rights.iter().filter(|access| access.namespace == "kube-system").map(|a| format!("{} {}", a.verb, a.full_resource())).collect();
        if !system.is_empty() {
            page += &format!("\nAnd in `kube-system`: `{}`.\n", system.join("`, `"));
        }
    }
    page
}

#[test]
fn the_page_of_permissions_is_current() {
    let page = page();
    assert!(!page.contains("{{"), "a place without a role");
    is_current("docs/permissions.md", &page);
}

/// The commands that end a line, as they are typed after `kubectl mesh`.
fn leaves(command: &clap::Command, before: &str, into: &mut Vec<String>) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let name = format!("{before}{}", sub.get_name());
        if sub.has_subcommands() { leaves(sub, &format!("{name} "), into) } else { into.push(name) }
    }
}

#[test]
fn every_command_says_what_it_takes() {
    let mut leaves = Vec::new();
    self::leaves(&Cli::command(), "", &mut leaves);
    let known: BTreeSet<&str> = permissions().iter().map(|p| p.command).chain(WITHOUT.iter().copied()).collect();
    // What is said of a command is said of those below it.
    let told = |leaf: &str| known.iter().any(|command| leaf.strip_prefix(command).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
    let silent: Vec<&String> = leaves.iter().filter(|leaf| !told(leaf)).collect();
    assert!(silent.is_empty(), "src/commands/permissions.rs says nothing of {silent:?}");
    let typed = |command: &&str| {
        leaves.iter().any(|leaf| {
            let words = command.split(" --").next().unwrap();
            words.starts_with(leaf.as_str()) || leaf.starts_with(&format!("{words} "))
        })
    };
    let gone: Vec<&str> = known.iter().copied().filter(|command| !typed(command)).collect();
    assert!(gone.is_empty(), "no such commands: {gone:?}");
}

/// A way to type each command that reads.
const LINES: [(&str, &str); 16] = [
    ("certs", "certs"),
    ("certs --read-secrets", "certs --read-secrets"),
    ("check", "check"),
    ("check --pre", "check --pre"),
    ("generate overlay", "generate overlay --service cart -n shop --mesh istio --output overlay"),
    ("injection", "injection"),
    ("mtls", "mtls"),
    ("policy can", "policy can --from deploy/other -n shop --to svc/cart:80"),
    ("policy list", "policy list"),
    ("snapshot", "snapshot -o saved.tar.zst --force"),
    ("snapshot --pre", "snapshot --pre -o saved.tar.zst --force"),
    ("status", "status"),
    ("status WORKLOAD", "status deploy/cart -n shop"),
    ("version", "version"),
    ("why", "why deploy/other cart -n shop"),
    ("why gateway/NAME", "why gateway/edge cart -n shop"),
];

/// Gateways whose certificates are named and not of the type that is listed.
const EDGE: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec: {gatewayClassName: istio, listeners: [{name: https, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: edge-cert}]}}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: edge-istio, namespace: shop}
spec:
  selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: edge}}
  template:
    metadata: {labels: {gateway.networking.k8s.io/gateway-name: edge}}
    spec: {containers: [{name: istio-proxy, image: 'istio/proxyv2:1.27.1'}]}
";

fn reading_cluster() -> TestCluster {
    let cluster = TestCluster::start();
    [ISTIO, LINKERD, SHOP, EDGE].iter().for_each(|yaml| cluster.apply(yaml));
    cluster
}

/// Grants a user a command's role as the page says, but for the rights of `without`.
fn grant(cluster: &TestCluster, user: &str, one: &Permissions, without: Option<&(String, String, String)>) {
    let kept = |rights: Rights| rights.into_iter().filter(|right| Some(right) != without).collect::<Rights>();
    cluster.grant(user, &rules_json(&kept(everywhere(one))));
    let planes = kept(of_control_planes(one));
    if !planes.is_empty() {
        CONTROL_PLANES.iter().for_each(|plane| cluster.grant_in(user, plane, &rules_json(&planes)));
    }
    let system: Rights = one.rights.iter().filter(|access| access.namespace == "kube-system").map(right).collect();
    if !system.is_empty() {
        cluster.grant_in(user, "kube-system", &rules_json(&kept(system)));
    }
}

fn of(command: &str) -> Permissions {
    permissions().into_iter().find(|one| one.command == command).unwrap()
}

/// What was asked for and refused, by the answer.
fn refused(out: &str, err: &str) -> Vec<String> {
    let told = ["may not list", "may not get", "may not ask", "is forbidden: "];
    out.lines().chain(err.lines()).filter(|line| told.iter().any(|words| line.contains(words))).map(str::to_owned).collect()
}

#[test]
fn each_command_that_reads_misses_nothing_with_its_role() {
    let cluster = reading_cluster();
    for (at, (command, line)) in LINES.iter().enumerate() {
        let user = format!("reader-{at}");
        let one = of(command);
        grant(&cluster, &user, &one, None);
        let (code, out, err) = said(&cluster.mesh_as(&user, line.split(' ')).output().unwrap());
        assert!(matches!(code, 0 | 1) && refused(&out, &err).is_empty(), "{command}: {code} {out}{err}");
        if cluster.is_real() {
            continue;
        }
        // Nothing is in the role that is not asked for; what is asked for by its name depends on what lists bring.
        let asked: Rights = asked(&cluster, &user);
        let idle: Vec<_> = everywhere(&one).difference(&asked).filter(|right| right.0 != "get").cloned().collect();
        assert!(idle.is_empty(), "{command} does not take {idle:?}");
        let declared: Rights = one.rights.iter().map(right).collect();
        let more: Vec<_> = asked.difference(&declared).filter(|right| !right.2.ends_with("reviews")).collect();
        assert!(more.is_empty(), "{command} asks for {more:?} too");
        cluster.server().forget_requests();
    }
}

/// What a user asked the stand-in for.
fn asked(cluster: &TestCluster, user: &str) -> Rights {
    let requests = cluster.server().requests();
    let of = |target: Target| {
        let sub = target.subresource.map_or_else(String::new, |sub| format!("/{sub}"));
        (target.group, format!("{}{sub}", target.resource))
    };
    let all = requests.iter().filter(|request| request.user == user);
    all.filter_map(|request| match Route::of(&request.path) {
        Route::Resource(target) => Some((request.verb, of(target))),
        Route::Path => None,
    })
    .map(|(verb, (group, resource))| (verb.to_owned(), group, resource))
    .collect()
}

/// One verb is missing at a time, another one for each command; with MISSING=all each of each.
#[test]
fn without_one_of_its_verbs_a_command_says_which() {
    let cluster = reading_cluster();
    let every = std::env::var_os("MISSING").is_some();
    for (at, (command, line)) in LINES.iter().enumerate() {
        let one = of(command);
        let rights: Vec<_> = everywhere(&one).into_iter().collect();
        let some = if every { (0..rights.len()).collect() } else { vec![(at * 5 + 3) % rights.len()] };
        for k in some {
            let missing = &rights[k];
            // Asked for only where something names it.
            if missing.0 == "get" && missing.2 != "secrets" && !line.contains("overlay") {
                continue;
            }
            let user = format!("short-{at}-{k}");
            grant(&cluster, &user, &one, Some(missing));
            let (_, out, err) = said(&cluster.mesh_as(&user, line.split(' ')).output().unwrap());
            let (verb, group, resource) = missing;
            let full = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
            let said = refused(&out, &err);
            assert!(
                said.iter().any(|line| line.contains(&format!("may not {verb}")) && line.contains(&full)),
                "{command} without {verb} {full}: {out}{err}"
            );
        }
    }
}

#[test]
fn who_may_nothing_is_told_every_list() {
    let cluster = reading_cluster();
    for command in ["check", "mtls", "policy list"] {
        let (code, out, err) =
            said(&cluster.mesh_as("nobody", [command, "-A", "-o", "json"].iter().flat_map(|word| word.split(' '))).output().unwrap());
        assert_eq!(code, 3, "{command}: {out}{err}");
        for (verb, group, resource) in everywhere(&of(command)).iter().filter(|right| right.0 == "list") {
            let full = if group.is_empty() { resource.clone() } else { format!("{resource}.{group}") };
            assert!(out.contains(&format!("may not {verb} {full} cluster-wide")), "{command}: {full} in {out}");
        }
    }
}

/// The bundles are what the page says that they are: reading in the whole cluster, writing where one is let.
#[test]
fn a_service_is_onboarded_with_the_bundles_and_in_one_namespace_only() {
    let cluster = shop(Injector::Istio, "");
    let bundles = bundles();
    cluster.grant("carol", &rules_json(&bundles.read_only));
    cluster.grant_in("carol", "shop", &rules_json(&bundles.onboarding));
    CONTROL_PLANES.iter().for_each(|plane| cluster.grant_in("carol", plane, &rules_json(&bundles.control_plane)));
    for line in [
        "onboard -s cart -n shop --yes",
        "onboard -s cart -n shop --yes --mtls strict --force strict-unproven --force strict-refuses",
        "offboard -s cart -n shop --yes --force-conflicts",
        "namespace enable shop --mode ambient --yes",
        "namespace disable shop --yes",
        "onboard -s other -n shop --mode ambient --waypoint --dry-run=server",
    ] {
        let (code, out, err) = said(&cluster.mesh_as("carol", line.split(' ')).output().unwrap());
        assert!(code == 0 && refused(&out, &err).is_empty() && !out.contains("not known"), "{line}: {code} {out}{err}");
    }
    let (code, _, err) = said(&cluster.mesh_as("carol", ["namespace", "enable", "linkerd", "--yes"]).output().unwrap());
    assert!(code == 1 && err.contains("patch namespaces in namespace linkerd"), "{code} {err}");
}

#[test]
fn a_plan_names_the_rights_that_it_lacks_and_changes_nothing() {
    let cluster = shop(Injector::Istio, "");
    let bundles = bundles();
    let planes = |user: &str| CONTROL_PLANES.iter().for_each(|plane| cluster.grant_in(user, plane, &rules_json(&bundles.control_plane)));
    // Lists alone: nothing is seen whole.
    cluster.grant("reader", &rules_json(&bundles.ci));
    planes("reader");
    let args = ["onboard", "-s", "cart", "-n", "shop", "--yes"];
    let (code, out, err) = said(&cluster.mesh_as("reader", args).output().unwrap());
    assert_eq!(code, 1, "{out}{err}");
    for (resource, group) in [("deployments", "apps"), ("services", "")] {
        assert!(out.contains(&format!("cannot get resource \"{resource}\" in API group \"{group}\" in the namespace \"shop\"")), "{out}");
    }
    let reads = |right: &&(String, String, String)| ["get", "list", "watch"].contains(&right.0.as_str());
    cluster.grant("erin", &rules_json(&bundles.read_only));
    cluster.grant_in("erin", "shop", &rules_json(&bundles.onboarding.iter().filter(reads).cloned().collect()));
    planes("erin");
    let (code, out, err) = said(&cluster.mesh_as("erin", args).output().unwrap());
    assert_eq!(code, 1, "{out}{err}");
    for missing in ["create configmaps", "update configmaps", "delete configmaps", "patch deployments.apps", "patch services"] {
        assert!(err.contains(&format!("{missing} in namespace shop")), "{missing}: {err}");
    }
    let without = |right: &(String, String, String)| !(right.0 == "patch" && right.2 == "deployments");
    cluster.grant("dave", &rules_json(&bundles.read_only));
    cluster.grant_in("dave", "shop", &rules_json(&bundles.onboarding.iter().filter(|right| without(right)).cloned().collect()));
    planes("dave");
    let (code, out, err) = said(&cluster.mesh_as("dave", args).output().unwrap());
    assert_eq!(code, 1, "{out}{err}");
    let lines: Vec<&str> = err.lines().filter(|line| line.contains("in namespace shop")).collect();
    assert!(matches!(lines.as_slice(), [only] if only.contains("patch deployments.apps")), "{err}");
    assert!(err.contains("nothing has changed"), "{err}");
}

/// What stands on the page is YAML that a server takes.
#[test]
fn every_role_of_the_page_can_be_applied() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/permissions.md")).unwrap();
    let blocks: Vec<&str> = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(blocks.len() > 15, "{}", blocks.len());
    let cluster = TestCluster::bare();
    let mut names = BTreeSet::new();
    for block in blocks {
        cluster.apply(block);
        let role: Value = serde_saphyr::from_str(block).unwrap();
        assert!(names.insert(role["metadata"]["name"].as_str().unwrap().to_owned()), "two roles of one name: {block}");
    }
}
