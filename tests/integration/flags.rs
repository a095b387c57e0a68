//! Flags that people know from kubectl, and what every flag that is named anywhere must be: there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use kubectl_mesh::cli::Cli;
use regex::Regex;
use serde_json::Value;

use crate::cluster::{TestCluster, rules};
use crate::kubeconfig::{Credentials, Kubeconfig};
use crate::mesh::{mesh, run, said};

const OBJECTS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop, labels: {team: a}}
spec: {selector: {matchLabels: {app: cart}}, template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pay, namespace: bank}
spec: {selector: {matchLabels: {app: pay}}, template: {metadata: {labels: {app: pay}}, spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: other, namespace: tools}
spec: {selector: {matchLabels: {app: other}}, template: {metadata: {labels: {app: other}}, spec: {containers: [{name: a, image: a}]}}}
";

/// Names of the workloads that `injection` lists with these arguments.
fn listed(cluster: &TestCluster, args: &[&str]) -> (i32, Vec<String>, String) {
    let all: Vec<&str> = ["injection", "-o", "name"].iter().chain(args).copied().collect();
    let (code, out, err) = said(&cluster.mesh(all).output().unwrap());
    (code, out.lines().map(str::to_owned).collect(), err)
}

#[test]
fn several_namespaces_are_named_with_commas_or_by_repeating_the_flag() {
    let cluster = TestCluster::start();
    cluster.apply(OBJECTS);
    let both = vec!["bank/deployment.apps/pay".to_owned(), "shop/deployment.apps/cart".to_owned()];
    for args in [&["-n", "shop,bank"][..], &["-n", "shop", "-n", "bank"], &["--namespace=bank,shop"]] {
        assert_eq!(listed(&cluster, args), (0, both.clone(), String::new()), "{args:?}");
    }
    let (code, _, err) = listed(&cluster, &["-n", "shop,bnak"]);
    assert!(code == 2 && err.contains("did you mean bank?"), "{err}");
    for empty in ["", "shop,"] {
        let (code, _, err) = listed(&cluster, &["-n", empty]);
        assert!(code == 2 && err.contains("--namespace is empty"), "{empty:?}: {err}");
    }
    // Who may read those two only is not asked to read more.
    cluster.grant_in("dev", "shop", &rules(&["get", "list"], &["*", "*.apps", "*.batch", "*.networking.istio.io", "*.gateway.networking.k8s.io"]));
    cluster.grant_in("dev", "bank", &rules(&["get", "list"], &["*", "*.apps", "*.batch", "*.networking.istio.io", "*.gateway.networking.k8s.io"]));
    let (_, out, _) = said(&cluster.mesh_as("dev", ["injection", "-n", "shop,bank", "-o", "json"]).output().unwrap());
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["workloads"].as_array().unwrap().len(), 2, "{out}");
    assert_eq!(report["source"]["namespaces"], serde_json::json!(["bank", "shop"]));
    let (code, _, err) = run(&[("a.yaml", b"{}")], &["check", "-f", "a.yaml", "-n", "a,b"]);
    assert!(code == 2 && err.contains("that is one"), "{err}");
}

#[test]
fn several_namespaces_hold_in_the_demo_and_in_snapshots() {
    let (_, out, _) = run(&[], &["injection", "--demo", "-n", "shop,billing", "-o", "name"]);
    assert!(out.contains("shop/") && out.contains("billing/") && !out.contains("orders/"), "{out}");
    let (_, out, _) = run(&[], &["check", "--demo", "-n", "shop,billing"]);
    assert!(out.contains("namespaces billing, shop"), "{out}");
}

#[test]
fn labels_choose_objects() {
    let cluster = TestCluster::start();
    cluster.apply(OBJECTS);
    // By labels of its own, and by those of its pods.
    for selector in ["team=a", "app=cart", "app in (cart, nope)", "team"] {
        assert_eq!(listed(&cluster, &["-l", selector]).1, ["shop/deployment.apps/cart"], "{selector}");
    }
    let (_, some, _) = listed(&cluster, &["--selector", "app!=cart"]);
    assert!(!some.contains(&"shop/deployment.apps/cart".to_owned()) && some.len() > 1, "{some:?}");
    for command in ["check", "status", "injection", "mtls"] {
        let none = said(&cluster.mesh([command, "-l", "app=crat"]).output().unwrap());
        assert!(none.0 == 2 && none.2.contains("has these labels"), "{command}: {}", none.2);
        let wrong = said(&cluster.mesh([command, "-l", "app>1"]).output().unwrap());
        assert!(wrong.0 == 2 && wrong.2.contains("is no condition"), "{command}: {}", wrong.2);
        let both = said(&cluster.mesh([command, "deploy/cart", "-l", "app"]).output().unwrap());
        assert!(both.0 == 2 && both.2.contains("do not go together"), "{command}: {}", both.2);
    }
    let (_, all, _) = run(&[], &["check", "--demo", "-o", "name", "--fail-on", "never"]);
    let (_, cart, _) = run(&[], &["check", "--demo", "-l", "app=cart", "-o", "name", "--fail-on", "never"]);
    assert!(cart.lines().all(|name| all.contains(name)) && cart.lines().count() < all.lines().count(), "{cart}");
    let (_, out, _) = run(&[], &["status", "--demo", "-l", "app=cart"]);
    assert!(out.contains("shop") && !out.contains("billing "), "{out}");
    let (_, out, _) = run(&[], &["mtls", "--demo", "-l", "app=cart"]);
    assert!(out.contains("deployment/cart ") && !out.contains("deployment/frontend "), "{out}");
}

#[test]
fn another_server_user_and_credential_take_the_place_of_the_kubeconfigs() {
    let cluster = TestCluster::standin();
    cluster.apply(OBJECTS);
    let (admin, dev) = (cluster.token("admin"), cluster.token("dev"));
    let config = cluster.context(Kubeconfig::default(), "good", &Credentials::Token(admin.clone()), None);
    let config = cluster.context(config, "poor", &Credentials::Token(dev.clone()), None);
    let config = config.context("wrong", "https://127.0.0.1:1", None, &Credentials::None, None);
    let file = cluster.home().join("several");
    config.write(&file);
    let with = |args: &[&str]| {
        let all: Vec<&str> = ["injection", "-n", "shop", "-o", "name"].iter().chain(args).copied().collect();
        said(&cluster.command(env!("CARGO_BIN_EXE_kubectl-mesh"), &file, all).output().unwrap())
    };
    let fine = |args: &[&str]| {
        let (code, out, err) = with(args);
        assert_eq!((code, out.as_str()), (0, "deployment.apps/cart\n"), "{args:?}: {err}");
    };
    let url = cluster.url().to_owned();
    fine(&["--context", "wrong", "--cluster", "good", "--user", "good"]);
    fine(&["--context", "poor", "--user", "good"]);
    fine(&["--context", "poor", "--token", &admin]);
    fine(&["--context", "wrong", "--server", &url, "--insecure-skip-tls-verify", "--token", &admin]);
    let (code, _, err) = with(&["--context", "good", "--token", &dev]);
    assert!(code != 0, "the token of the command line counts: {err}");
    let (code, _, err) = with(&["--context", "wrong", "--server", &url, "--token", &admin]);
    assert!(code == 3 && !err.contains(&admin), "an unknown certificate is refused, and the token not shown: {err}");
    let (code, _, err) = with(&["--cluster", "god"]);
    assert!(code == 3 && err.contains("good"), "{err}");
    let empty = cluster.home().join("empty");
    std::fs::write(&empty, "").unwrap();
    let alone = ["injection", "-n", "shop", "-o", "name", "--server", &url, "--token", &admin, "--insecure-skip-tls-verify"];
    let (code, out, err) = said(&cluster.command(env!("CARGO_BIN_EXE_kubectl-mesh"), &empty, alone).output().unwrap());
    assert_eq!((code, out.as_str()), (0, "deployment.apps/cart\n"), "no kubeconfig is needed: {err}");
}

#[test]
fn a_user_id_is_impersonated_with_the_user() {
    let (code, _, err) = run(&[], &["injection", "--as-uid", "7"]);
    assert!(code == 2 && err.contains("--as"), "{err}");
    let cluster = TestCluster::standin();
    cluster.apply(OBJECTS);
    let (code, _, err) =
        said(&cluster.mesh(["injection", "-n", "shop", "--as", "admin", "--as-group", "system:masters", "--as-uid", "7"]).output().unwrap());
    assert!(code == 0, "{err}");
}

#[test]
fn tables_are_sorted_by_a_column_and_shown_without_headers() {
    let (_, out, _) = run(&[], &["injection", "--demo", "--sort-by", "workload", "--no-headers"]);
    assert!(!out.contains("NAMESPACE"), "{out}");
    let names: Vec<&str> = out.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    assert!(names.is_sorted() && names.len() > 5, "{names:?}");
    let (_, by_path, _) = run(&[], &["injection", "--demo", "--sort-by", "{.metadata.name}", "--no-headers"]);
    assert_eq!(by_path, out);
    let (code, _, err) = run(&[], &["mtls", "--demo", "--sort-by", "age"]);
    assert!(code == 2 && err.contains("no column \"age\"") && err.contains("WORKLOAD, PORT"), "{err}");
    let (code, _, err) = run(&[], &["status", "--demo", "--sort-by", "mode", "-o", "json"]);
    assert!(code == 2 && err.contains("--sort-by sorts tables"), "{err}");
    let (_, certs, _) = run(&[], &["certs", "--demo", "--sort-by", "what", "--no-headers"]);
    let roles: Vec<&str> = certs.lines().take_while(|line| !line.is_empty()).map(|line| line[9..].split("   ").next().unwrap().trim()).collect();
    assert!(!certs.contains("SUBJECT") && roles.is_sorted() && roles.first() != roles.last(), "{roles:?} {certs}");
    let (_, rules, _) = run(&[], &["rules", "gateway", "--sort-by", "severity", "--no-headers", "--width", "90"]);
    // The table and not the lines that a narrow terminal gets, and whole rows of it: errors come first.
    let severities = rules.lines().filter_map(|line| line.split_whitespace().nth(1)).filter(|word| ["error", "info", "warning"].contains(word));
    let severities: Vec<&str> = severities.collect();
    assert!(!rules.contains("SEVERITY") && severities.is_sorted() && severities.len() > 5, "{severities:?} {rules}");
    let (_, matrix, _) = run(&[], &["policy", "matrix", "--demo", "--sort-by", "port", "--no-headers"]);
    let ports: Vec<u16> = matrix.lines().filter_map(|line| line.split_whitespace().nth(2)?.parse().ok()).collect();
    assert!(ports.is_sorted() && ports.len() > 5, "{ports:?} {matrix}");
    for command in [&["status"][..], &["injection"], &["mtls"], &["policy", "list"], &["version"], &["certs"], &["rules"], &["policy", "matrix"]] {
        let (code, out, err) = run(&[], &[command, &["--demo", "--no-headers", "--sort-by", "version"]].concat());
        assert!(code == 0 || err.contains("its columns are"), "{command:?} {out} {err}");
    }
}

#[test]
fn variables_stand_for_flags_and_flags_come_first() {
    let home = tempfile::tempdir().unwrap();
    let with = |variables: &[(&str, &str)], args: &[&str]| said(&mesh(home.path()).args(args).envs(variables.iter().copied()).output().unwrap());
    let (_, out, _) = with(&[("KUBECTL_MESH_NAMESPACE", "shop")], &["injection", "--demo", "-o", "name"]);
    assert!(out.contains("deployment.apps/cart") && !out.contains("shop/") && !out.contains("billing"), "{out}");
    let (_, out, _) = with(&[("KUBECTL_MESH_NAMESPACE", "shop")], &["injection", "--demo", "-o", "name", "-n", "billing"]);
    assert!(out.contains("billing-api") && !out.contains("cart"), "{out}");
    let (code, ..) = with(&[("KUBECTL_MESH_FAIL_ON", "never")], &["check", "--demo"]);
    assert_eq!(code, 0);
    let (code, _, err) = with(&[("KUBECTL_MESH_FAIL_ON", "nevr")], &["check", "--demo"]);
    assert!(code == 2 && err.contains("never"), "{err}");
    let (_, out, _) = with(&[("KUBECTL_MESH_COLOR", "always")], &["status", "--demo"]);
    assert!(out.contains('\u{1b}'), "{out}");
}

#[test]
fn the_contract_names_every_variable() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/contract.md")).unwrap();
    let mut all = Cli::command();
    all.build();
    let mut variables = BTreeSet::new();
    fn collect(command: &clap::Command, into: &mut BTreeSet<String>) {
        into.extend(command.get_arguments().filter_map(|arg| Some(arg.get_env()?.to_str()?.to_owned())));
        command.get_subcommands().for_each(|sub| collect(sub, into));
    }
    collect(&all, &mut variables);
    assert!(variables.len() > 8, "{variables:?}");
    for variable in variables {
        assert!(page.contains(&format!("`{variable}`")), "docs/contract.md does not name {variable}");
    }
}

/// Every long flag of every command.
fn flags(command: &clap::Command) -> BTreeSet<String> {
    let own = command
        .get_arguments()
        .flat_map(|arg| arg.get_long().into_iter().chain(arg.get_all_aliases().unwrap_or_default()).map(str::to_owned).collect::<Vec<_>>());
    own.chain(command.get_subcommands().flat_map(flags)).collect()
}

fn sources(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs" || end == "md") && !path.ends_with("tests.rs") {
            into.push(path);
        }
    }
}

/// Other programs, as they are called on a line.
const OTHERS: [&str; 18] = [
    "control-plane up",
    "kubectl logs",
    "linkerd ",
    "istioctl ",
    "helm ",
    "kubectl create",
    "kubectl get",
    "kubectl kustomize",
    "kubectl krew",
    "git ",
    "cargo ",
    "openssl",
    "step ",
    "apt-get ",
    "curl ",
    "docker ",
    "gh attestation",
    "sha256sum ",
];

/// Flags of other programs that our texts name on a line without that program, and what tests make up.
const OF_OTHERS: [&str; 12] = [
    "default-policy",
    "domain",
    "dry-run",
    "help",
    "long",
    "name-only",
    "namespaces",
    "nope",
    "profile",
    "requestheader-client-ca-file",
    "revision",
    "shutdown",
];

/// Of two arguments with one id clap lets one value stand for both: a server named to `why` was taken for the API server.
#[test]
fn no_argument_of_a_command_is_called_like_one_of_all_commands() {
    fn clashing(command: &clap::Command, global: &BTreeSet<String>, into: &mut Vec<String>) {
        for sub in command.get_subcommands() {
            let same = sub.get_arguments().map(|arg| arg.get_id().to_string()).filter(|id| global.contains(id));
            into.extend(same.map(|id| format!("{} {id}", sub.get_name())));
            clashing(sub, global, into);
        }
    }
    let cli = Cli::command();
    let global: BTreeSet<String> = cli.get_arguments().filter(|arg| arg.is_global_set()).map(|arg| arg.get_id().to_string()).collect();
    let mut found = Vec::new();
    clashing(&cli, &global, &mut found);
    assert!(global.contains("server") && found.is_empty(), "{found:?}");
}

#[test]
fn every_flag_that_a_text_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Cli::command();
    all.build();
    let ours: BTreeSet<String> = flags(&all);
    let mut files = vec![root.join("README.md")];
    sources(&root.join("src"), &mut files);
    sources(&root.join("docs"), &mut files);
    let flag = Regex::new(r#"(?:^|[\s`("'\[])--([a-z][a-z0-9-]*[a-z0-9])"#).unwrap();
    let mut unknown = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines() {
            // What another program is called with is no flag of ours.
            if OTHERS.iter().any(|other| line.contains(other)) {
                continue;
            }
            for found in flag.captures_iter(line) {
                if !ours.contains(&found[1]) && !OF_OTHERS.contains(&&found[1]) {
                    unknown.insert(format!("{}: --{}", file.strip_prefix(root).unwrap().display(), &found[1]));
                }
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Every form that `-o` names for a command, as its help lists them.
fn formats(command: &[&str]) -> Vec<String> {
    let mut found = Cli::command();
    for word in command.iter().take_while(|word| word.chars().all(char::is_alphabetic)) {
        if let Some(below) = found.find_subcommand(word) {
            found = below.clone();
        }
    }
    let output = found.get_arguments().find(|arg| arg.get_id() == "output").unwrap();
    output.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}

#[test]
fn every_answer_is_written_in_every_form_that_its_command_names() {
    let tests: &[u8] = b"tests: [{plaintext: true, to: 'svc/cart.shop:80', tcp: true, expect: allow}]";
    let change: &[u8] = b"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: none, namespace: shop}\nspec: {}\n";
    let files: [(&str, &[u8]); 3] = [("tests.yaml", tests), ("change.yaml", change), ("base.yaml", include_bytes!("policy/shop.yaml"))];
    for line in [
        "certs --demo",
        "check --demo",
        "explain IST0101",
        "injection --demo",
        "mtls --demo",
        "mtls --plan strict --demo",
        "namespace status shop --demo",
        "namespace enable billing --mode sidecar -m istio --dry-run client --demo",
        "onboard --all -n billing -m istio --dry-run client --demo",
        "policy can --from deploy/frontend --to svc/cart:80 -n shop --demo",
        "policy generate -m istio -n shop --demo",
        "policy list --demo",
        "policy matrix --demo",
        "policy simulate --base base.yaml -f change.yaml",
        "policy test tests.yaml --demo",
        "rules retry",
        "status --demo",
        "version --demo",
        "version --client",
        "why deploy/frontend cart GET /items -n shop --demo",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let formats = formats(&words);
        assert!(["table", "wide", "json", "yaml", "name"].iter().all(|usual| formats.iter().any(|format| format == usual)), "{line}: {formats:?}");
        // Tables and JSON are what other tests look at.
        for format in formats.into_iter().filter(|format| format != "table" && format != "json") {
            let (code, out, err) = run(&files, &[words.clone(), vec!["-o", &format]].concat());
            assert!(matches!(code, 0 | 1 | 3), "{line} -o {format}: {code} {err}");
            match format.as_str() {
                "sarif" => drop(serde_json::from_str::<Value>(&out).unwrap_or_else(|e| panic!("{line} -o {format}: {e}: {out}"))),
                "yaml" => drop(serde_saphyr::from_str::<Value>(&out).unwrap_or_else(|e| panic!("{line} -o {format}: {e}: {out}"))),
                "name" | "github" => {}
                _ => assert!(!out.is_empty(), "{line} -o {format}"),
            }
        }
    }
}
