//! The pages of `docs/`: screens are what the program prints, commands are ones that it takes, links lead somewhere, and recipes for CI do what they say.
//!
//! `BLESS=1 cargo test --test integration docs` writes the screens anew.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::Parser as _;
use kubectl_mesh::cli::Cli;
use regex::Regex;
use serde_json::Value;

use crate::mesh::run;

/// Pages that are generated as a whole, by other tests.
const GENERATED: [&str; 3] = ["commands.md", "rules.md", "permissions.md"];
const FAULTY: &str = include_str!("../../docs/examples/shop.yaml");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages_in(directory: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            pages_in(&path, into);
        } else if path.extension().is_some_and(|end| end == "md") {
            into.push(path);
        }
    }
}

fn pages() -> Vec<PathBuf> {
    let mut all = Vec::new();
    pages_in(&root().join("docs"), &mut all);
    all
}

/// The code blocks of a page: language, and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once("\n```") {
        let Some((language, after)) = after.split_once('\n') else { break };
        let (text, after) = match after.strip_prefix("```") {
            Some(after) => ("", after),
            None => {
                let Some(end) = after.find("\n```") else { break };
                (&after[..=end], &after[end + 4..])
            }
        };
        found.push((language, text));
        rest = after;
    }
    found
}

/// The words of a line as a shell makes them, without what is behind `#`.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut open) = (String::new(), None, false);
    for c in line.chars() {
        match (c, quote) {
            ('\'' | '"', None) => (quote, open) = (Some(c), true),
            (c, Some(q)) if c == q => quote = None,
            (' ', None) => {
                if open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            ('#', None) if word.is_empty() => break,
            (c, _) => word.push(c),
        }
    }
    if open || !word.is_empty() {
        words.push(word);
    }
    words
}

/// What is shown for a command that needs no cluster; nothing for others.
fn screen(line: &str) -> Option<String> {
    let words = words(line.strip_prefix("$ kubectl mesh ")?);
    let offline = words.iter().any(|word| word == "--demo")
        || matches!(words.first().map(String::as_str), Some("explain" | "rules"))
        || words.iter().any(|word| word == "shop.yaml");
    if !offline {
        return None;
    }
    let args: Vec<&str> = words.iter().map(String::as_str).chain(["--width", "100"]).collect();
    let (code, out, err) = run(&[("shop.yaml", FAULTY.as_bytes())], &args);
    assert!(matches!(code, 0 | 1), "{line}: {code} {err}");
    Some(out.trim_end().to_owned())
}

/// A block with the answers of now.
fn shown(block: &str) -> Option<String> {
    let commands: Vec<&str> = block.lines().filter(|line| line.starts_with("$ ")).collect();
    let screens: Option<Vec<String>> = commands.iter().map(|line| screen(line)).collect();
    let parts: Vec<String> = commands.iter().zip(screens?).map(|(line, screen)| format!("{line}\n{screen}\n")).collect();
    Some(parts.join("\n"))
}

#[test]
fn screens_are_what_the_program_prints() {
    let mut seen = 0;
    for path in pages().into_iter().filter(|path| !GENERATED.iter().any(|name| path.ends_with(name))) {
        let page = fs::read_to_string(&path).unwrap();
        let mut now = page.clone();
        for (_, block) in blocks(&page).into_iter().filter(|(language, _)| *language == "console") {
            if let Some(shown) = shown(block) {
                seen += 1;
                now = now.replace(&format!("```console\n{block}```"), &format!("```console\n{shown}```"));
            }
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &now).unwrap();
        }
        assert!(fs::read_to_string(&path).unwrap() == now, "{} is out of date: run this test with BLESS=1", path.display());
    }
    assert!(seen > 10, "{seen}");
}

/// Lines that call the plugin, from blocks of shells and from snippets of pipelines.
fn calls(page: &str) -> Vec<String> {
    let all = blocks(page).into_iter().filter(|(language, _)| ["console", "yaml", "sh", "bash"].contains(language));
    let call = Regex::new(r"(?:kubectl mesh|kubectl-mesh) ([^\n]*)").unwrap();
    let is_command = |line: &str| {
        let line = line.trim_start().trim_start_matches("- ").trim_start_matches("run: ").trim_start_matches("$ ");
        line.starts_with("kubectl mesh ") || line.starts_with("kubectl-mesh ")
    };
    all.flat_map(|(_, text)| text.lines()).filter(|line| is_command(line)).filter_map(|line| Some(call.captures(line)?[1].to_owned())).collect()
}

#[test]
fn every_command_of_a_page_is_one_that_the_program_takes() {
    let mut seen = 0;
    for path in pages().into_iter().filter(|path| !path.ends_with("commands.md")) {
        let page = fs::read_to_string(&path).unwrap();
        for call in calls(&page) {
            seen += 1;
            let typed = words(&call);
            let end =
                typed.iter().position(|word| [">", "|", "||", "&&", "2>"].contains(&word.as_str()) || word.starts_with('>')).unwrap_or(typed.len());
            let line = std::iter::once("kubectl-mesh".to_owned()).chain(typed[..end].iter().cloned());
            if let Err(error) = Cli::try_parse_from(line)
                && error.use_stderr()
            {
                panic!("{}: kubectl mesh {call}: {error}", path.display());
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#\s]+)(#[^)]*)?\)").unwrap();
    let mut dead = Vec::new();
    for path in pages().into_iter().chain([root().join("README.md")]).filter(|path| !path.ends_with("rules.md")) {
        let page = fs::read_to_string(&path).unwrap();
        for found in link.captures_iter(&page).map(|found| found[1].to_owned()).filter(|to| !to.contains("://")) {
            if !path.parent().unwrap().join(&found).exists() {
                dead.push(format!("{}: {found}", path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn the_first_page_names_every_other() {
    let index = fs::read_to_string(root().join("docs/index.md")).unwrap();
    let docs = root().join("docs");
    for path in pages().iter().filter(|path| !path.ends_with("index.md")) {
        let name = path.strip_prefix(&docs).unwrap().display().to_string();
        assert!(index.contains(&format!("({name})")), "docs/index.md does not name {name}");
    }
}

/// A pipeline's machine: a folder with manifests, the plugin's release where the recipe fetches it from, and what the runner gives.
struct Runner {
    home: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Runner {
    fn new(manifests: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        for folder in ["bin", "release/files", "deploy", "tmp"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("deploy/shop.yaml"), manifests).unwrap();
        // The binary itself would take long to pack; what is tried here is the recipe.
        let plugin = format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_kubectl-mesh"));
        script(&at("release/kubectl-mesh"), &plugin);
        let archive = "kubectl-mesh_v1.2.3_linux_amd64.tar.gz";
        let packed = Command::new("sh")
            .args(["-ec", "tar -czf files/$0 kubectl-mesh && cd files && sha256sum $0 >checksums.txt", archive])
            .current_dir(at("release"))
            .status()
            .unwrap();
        assert!(packed.success());
        // Every download is a file of the release.
        let files = at("release/files");
        script(&at("bin/curl"), &format!("#!/bin/bash\nfor url; do [[ $url == https://* ]] && cp {}/\"${{url##*/}}\" .; done\n", files.display()));
        let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());
        let mut environment = BTreeMap::from([("PATH".to_owned(), path), ("HOME".to_owned(), home.path().display().to_string())]);
        environment.insert("RUNNER_TEMP".to_owned(), at("tmp").display().to_string());
        environment.insert("GITHUB_PATH".to_owned(), at("github-path").display().to_string());
        Self { home, environment }
    }

    /// Runs a step as the runner would: bash, ending at the first failure.
    fn step(&mut self, text: &str, environment: &Value) -> Output {
        for (name, value) in environment.as_object().into_iter().flatten() {
            self.environment.insert(name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        let output = Command::new("bash")
            .args(["-eo", "pipefail", "-c", text])
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.home.path())
            .output()
            .unwrap();
        if let Ok(added) = fs::read_to_string(self.home.path().join("github-path")) {
            let path = format!("{}:{}", added.trim().replace('\n', ":"), self.environment["PATH"]);
            self.environment.insert("PATH".to_owned(), path);
        }
        output
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The YAML of the page about pipelines that has this key.
fn recipe(key: &str) -> Value {
    let page = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let all = blocks(&page).into_iter().filter(|(language, _)| *language == "yaml").map(|(_, text)| serde_saphyr::from_str::<Value>(text).unwrap());
    all.into_iter().find(|value| value.get(key).is_some()).unwrap_or_else(|| panic!("docs/ci.md has no snippet with {key}"))
}

const SOUND: &str =
    "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {selector: {app: cart}, ports: [{name: http, port: 80}]}\n";

#[test]
fn the_recipe_for_github_gates_and_leaves_a_report() {
    for (manifests, code) in [(FAULTY, 1), (SOUND, 0)] {
        let workflow = recipe("jobs");
        let mut runner = Runner::new(manifests);
        let steps = workflow["jobs"]["mesh"]["steps"].as_array().unwrap();
        let mut last = 0;
        for step in steps.iter().filter(|step| step["run"].is_string()) {
            let output = runner.step(step["run"].as_str().unwrap(), &workflow["env"]);
            last = output.status.code().unwrap();
            assert!(matches!(last, 0 | 1), "{step}: {output:?}");
            if last != 0 {
                break;
            }
        }
        assert_eq!(last, code);
        let sarif: Value = serde_json::from_str(&runner.file("mesh.sarif")).unwrap();
        let errors = sarif["runs"][0]["results"].as_array().unwrap().iter().filter(|result| result["level"] == "error").count();
        assert_eq!(errors > 0, code == 1, "{sarif}");
        let upload = steps.iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("upload-sarif"))).unwrap();
        assert_eq!((&upload["with"]["sarif_file"], upload["if"].as_str().unwrap()), (&Value::from("mesh.sarif"), "always()"));
    }
}

#[test]
fn the_recipe_for_gitlab_gates_and_leaves_a_report() {
    for (manifests, code) in [(FAULTY, 1), (SOUND, 0)] {
        let pipeline = recipe("mesh");
        let job = &pipeline["mesh"];
        let mut runner = Runner::new(manifests);
        let mut last = 0;
        for line in job["before_script"].as_array().unwrap().iter().chain(job["script"].as_array().unwrap()) {
            let line = line.as_str().unwrap();
            // The image's packages are the image's business.
            if line.starts_with("apt-get") {
                continue;
            }
            let output = runner.step(line, &pipeline["variables"]);
            last = output.status.code().unwrap();
            assert!(matches!(last, 0 | 1), "{line}: {output:?}");
            if last != 0 {
                break;
            }
        }
        assert_eq!(last, code);
        let report = job["artifacts"]["reports"]["junit"].as_str().unwrap();
        assert!(runner.file(report).contains("<testsuites"), "{report}");
        assert_eq!(job["artifacts"]["when"], "always");
    }
}

#[test]
fn the_hook_of_pre_commit_runs_as_it_is_declared() {
    let hooks: Value = serde_saphyr::from_str(&fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap()).unwrap();
    let hook = &hooks[0];
    let asked = recipe("repos");
    assert_eq!(asked["repos"][0]["hooks"][0]["id"], hook["id"], "the page names the hook");
    let words = hook["entry"]
        .as_str()
        .unwrap()
        .split(' ')
        .map(str::to_owned)
        .chain(hook["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap().to_owned()));
    let line: Vec<String> = words.collect();
    assert_eq!((&hook["pass_filenames"], &hook["language"], line[0].as_str()), (&Value::Bool(false), &Value::from("system"), "kubectl-mesh"));
    for (manifests, expected) in [(FAULTY, 1), (SOUND, 0)] {
        let files: [(&str, &[u8]); 1] = [("deploy/shop.yaml", manifests.as_bytes())];
        let args: Vec<&str> = line[1..].iter().map(String::as_str).collect();
        let (code, out, err) = run(&files, &args);
        assert_eq!(code, expected, "{out}{err}");
    }
    let files = Regex::new(hook["files"].as_str().unwrap()).unwrap();
    assert!(files.is_match("deploy/shop.yaml") && files.is_match("a.yml") && !files.is_match("main.rs"));
}
