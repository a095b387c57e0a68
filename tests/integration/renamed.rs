//! The plugin under another name, as krew installs it when `mesh` is refused: nothing that it prints, completes or advises says the old one.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use clap::CommandFactory as _;
use kubectl_mesh::cli::Cli;
use regex::Regex;
use tempfile::TempDir;

/// krew puts an underscore where the plugin's name has a dash, and kubectl takes it back.
const FILE: &str = "kubectl-service_mesh";

/// What keeps its name: the repository, the file of settings, what tells the objects and reports of this program from others'.
const KEPT: &str =
    r#"github\.com/kubectl-mesh/kubectl-mesh|\.kubectl-mesh\.yaml|"name": ?"kubectl-mesh"|"kubectl-mesh/check/|<testsuites name="kubectl-mesh""#;

struct Installed {
    home: TempDir,
}

impl Installed {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        symlink(env!("CARGO_BIN_EXE_kubectl-mesh"), home.path().join(FILE)).unwrap();
        let installed = Self { home };
        assert!(installed.said(&["completion", "kubectl", "--install", "."]).contains("kubectl_complete-service_mesh written"));
        installed
    }

    fn command(&self, program: &str, args: &[&str]) -> Output {
        let path =
            std::env::join_paths(std::iter::once(self.home.path().to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())));
        Command::new(program)
            .args(args)
            .env_clear()
            .env("PATH", path.unwrap())
            .env("HOME", self.home.path())
            .env("COLUMNS", "120")
            .current_dir(self.home.path())
            .output()
            .unwrap()
    }

    /// What is said, be it a failure: it may be what is asked for. It says this name and no other.
    fn said(&self, args: &[&str]) -> String {
        let output = self.command(self.home.path().join(FILE).to_str().unwrap(), args);
        let said = format!("{}{}", String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(!said.is_empty(), "{args:?} says nothing");
        says_no_other_name(&args.join(" "), &said);
        said
    }
}

fn says_no_other_name(what: &str, said: &str) {
    let rest = Regex::new(KEPT).unwrap().replace_all(said, "");
    let other: Vec<&str> = rest.lines().filter(|line| Regex::new("kubectl[-_ ]mesh|_complete-mesh").unwrap().is_match(line)).collect();
    assert!(other.is_empty(), "{what} says another name: {other:#?}");
}

/// The words of each command, of its hidden ones too.
fn commands(command: &clap::Command, above: &[String]) -> Vec<Vec<String>> {
    let below = command.get_subcommands().filter(|c| c.get_name() != "help").flat_map(|sub| {
        let words: Vec<String> = above.iter().cloned().chain([sub.get_name().to_owned()]).collect();
        commands(sub, &words)
    });
    std::iter::once(above.to_vec()).chain(below).collect()
}

#[test]
fn the_help_of_every_command_says_the_name_of_the_file() {
    let installed = Installed::new();
    let all = commands(&Cli::command(), &[]);
    assert!(all.len() > 25, "{all:?}");
    for words in all.iter().filter(|words| words.first().is_none_or(|word| word != "__complete")) {
        let args: Vec<&str> = words.iter().map(String::as_str).chain((words != &["options"]).then_some("--help")).collect();
        let help = installed.said(&args);
        assert!(help.contains("kubectl service-mesh") || words == &["options"], "{words:?}: {help}");
    }
}

#[test]
fn answers_hints_and_mistakes_say_the_name_of_the_file() {
    let installed = Installed::new();
    std::fs::write(installed.home.path().join("values.yaml"), "a: {{ x }}\n").unwrap();
    let next = installed.said(&["check", "--demo"]);
    assert!(next.contains("next: kubectl service-mesh explain "), "{next}");
    let examples = installed.said(&["completion", "--help"]);
    assert!(["kubectl_complete-service_mesh", "_kubectl-service_mesh", "`kubectl-service_mesh`"].iter().all(|n| examples.contains(n)), "{examples}");
    assert!(installed.said(&["analyze"]).contains("`kubectl service-mesh check` answers that here"));
    for line in [
        "check --demo -o json",
        "check --demo -o sarif",
        "check --demo -o junit",
        "check --demo -o markdown",
        "check --demo -n shopp",
        "check --demo --rule istio-gateway-not-foun",
        "check -f values.yaml",
        "check -f nothing.yaml",
        "check -k .",
        "check",
        "chek",
        "status --demo",
        "status --demo deploy/crat -n shop",
        "injection --demo deploy/crat",
        "mtls --demo --plan strict -n shop",
        "mtls --demo deploy/crat",
        "why a",
        "why deploy/frontend cart -n shop --demo",
        "policy matrix --demo -n shop -o markdown",
        "policy simulate",
        "policy test -f nothing.yaml",
        "onboard",
        "onboard -s payment -n shop --demo --dry-run=client",
        "namespace enable shop --demo",
        "offboard -s cart --demo",
        "inject -f -",
        "explain IST0101",
        "explain IST010",
        "explain istio-revision-not-found",
        "rules -o markdown",
        "version --demo",
        "snapshot --demo -o json",
        "--version",
    ] {
        installed.said(&line.split(' ').collect::<Vec<_>>());
    }
}

#[test]
fn completion_is_that_of_the_file() {
    let installed = Installed::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = installed.said(&["completion", shell]);
        assert!(["kubectl-service_mesh __complete", "'kubectl-service_mesh' __complete"].iter().any(|call| script.contains(call)), "{script}");
    }
    assert!(installed.said(&["completion", "kubectl"]).contains("exec kubectl-service_mesh __complete"));
    // Written again over a link, it takes the place of the link and not of what that leads to.
    let helper = installed.home.path().join("kubectl_complete-service_mesh");
    std::fs::remove_file(&helper).unwrap();
    symlink(env!("CARGO_BIN_EXE_kubectl-mesh"), &helper).unwrap();
    installed.said(&["completion", "kubectl", "--install", "."]);
    assert!(helper.symlink_metadata().unwrap().is_file() && !std::fs::read(env!("CARGO_BIN_EXE_kubectl-mesh")).unwrap().starts_with(b"#!"));
    let line = "COMP_LINE='kubectl-service_mesh sta'; COMP_POINT=${#COMP_LINE}";
    let script = format!("source <(kubectl-service_mesh completion bash); {line}; _kubectl_service_mesh; echo \"${{COMPREPLY[@]}}\"");
    let output = installed.command("bash", &["--norc", "--noprofile", "-c", &script]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "status", "{output:?}");
}

#[test]
fn kubectl_finds_and_completes_it() {
    let installed = Installed::new();
    let version = installed.command("kubectl", &["service-mesh", "--version"]);
    assert!(String::from_utf8_lossy(&version.stdout).starts_with("kubectl service-mesh "), "{version:?}");
    for (words, offered) in [(&["sta"][..], "status"), (&["check", "--"], "--snapshot")] {
        let completed = installed.command("kubectl", &[&["__complete", "service-mesh"], words].concat());
        let answer = String::from_utf8(completed.stdout).unwrap();
        assert!(answer.lines().any(|line| line.split('\t').next() == Some(offered)), "{answer}");
        says_no_other_name("completion", &answer);
    }
}

#[test]
fn what_others_wrote_and_what_is_no_text_pass_as_they_are() {
    let installed = Installed::new();
    let binary = installed.home.path().join(FILE);
    let manifest = "# kubectl mesh made this\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, annotations: {by: kubectl mesh}}\n";
    std::fs::write(installed.home.path().join("a.yaml"), manifest).unwrap();
    let run = |args: &[&str]| installed.command(binary.to_str().unwrap(), args);
    assert_eq!(String::from_utf8(run(&["inject", "-m", "istio", "-f", "a.yaml"]).stdout).unwrap(), manifest);
    let saved = run(&["snapshot", "--demo", "-o", "-"]).stdout;
    std::fs::write(installed.home.path().join("state.tar.zst"), saved).unwrap();
    let status = run(&["status", "--snapshot", "state.tar.zst"]);
    assert!(status.status.success(), "{status:?}");
}

/// What is written past the streams of the terminal keeps the old name: whoever adds such a place has to think of it.
#[test]
fn everything_is_written_through_the_streams_that_know_the_name() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let writes = Regex::new(r"\bstd(out|err)\(\)(\.is_terminal\(\))?").unwrap();
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                if writes.captures_iter(&text).any(|place| place.get(2).is_none()) {
                    found.push(path.strip_prefix(&src).unwrap().display().to_string());
                }
            }
        }
    }
    found.sort();
    // Beside the terminal: help, which renames it itself, and the trace of requests, which names no command.
    assert_eq!(found, ["cli/help.rs", "commands/load/mod.rs", "commands/terminal.rs"]);
}
