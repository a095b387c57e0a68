//! `check --extensions`: programs `linkerd-*` on PATH, asked in the protocol of Linkerd's extensions. They are other people's: each has a deadline, an
//! end to what it may write, and nothing to read from.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use futures::future::join_all;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use crate::cli::GlobalArgs;
use crate::model::{ExtensionCheck, ExtensionRun, MeshId, Str};
use crate::output;
use crate::world::World;

const EXTENSION: &str = "linkerd.io/extension";
/// What `linkerd` itself brings along; rules of this tool say what they would.
const BUILT_IN: [&str; 2] = ["viz", "multicluster"];
/// Time to say what one is.
const METADATA: Duration = Duration::from_secs(5);
/// Time to check.
const CHECK: Duration = Duration::from_secs(60);
/// The most that one may write.
const OUTPUT: u64 = 1 << 20;
/// The most programs, and the most of each one's words, that are taken.
const PROGRAMS: usize = 32;
const WORDS: usize = 400;

/// What a program says of itself.
#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    checks: String,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    categories: Vec<AnsweredCategory>,
}

#[derive(Deserialize)]
struct AnsweredCategory {
    #[serde(default, rename = "categoryName")]
    name: String,
    #[serde(default)]
    checks: Vec<AnsweredCheck>,
}

#[derive(Deserialize)]
struct AnsweredCheck {
    #[serde(default)]
    description: String,
    #[serde(default)]
    hint: String,
    #[serde(default)]
    error: String,
    result: String,
}

/// Runs them.
pub(super) async fn run(world: &World, global: &GlobalArgs) -> Vec<ExtensionRun> {
    if global.source.mesh.id() == Some(MeshId::Istio) {
        return Vec::new();
    }
    let programs = on_path(env::var_os("PATH").unwrap_or_default().as_os_str());
    let namespaces: BTreeMap<String, Str> = world
        .index
        .namespaces()
        .iter()
        .filter_map(|namespace| Some((format!("linkerd-{}", namespace.metadata.labels.get(EXTENSION)?), namespace.metadata.name.clone())))
        .collect();
    let always = join_all(programs.iter().map(async |(name, path)| asks_to_run(name, path).await)).await;
    let wanted: BTreeMap<&String, &PathBuf> =
        programs.iter().zip(always).filter(|((name, _), always)| *always || namespaces.contains_key(*name)).map(|(program, _)| program).collect();
    let arguments = arguments(global);
    let mut runs = join_all(wanted.iter().map(async |(name, path)| ExtensionRun {
        program: Str::from(name.as_str()),
        namespace: namespaces.get(*name).cloned(),
        outcome: check(path, &arguments).await,
    }))
    .await;
    let is_missing = |name: &&String| !wanted.contains_key(*name) && !BUILT_IN.iter().any(|built_in| name.strip_prefix("linkerd-") == Some(built_in));
    runs.extend(namespaces.keys().filter(is_missing).map(|name| ExtensionRun {
        program: Str::from(name.as_str()),
        namespace: namespaces.get(name).cloned(),
        outcome: Err("its namespace is here, and no program of this name is on PATH".to_owned()),
    }));
    runs
}

/// Programs by name, the first on PATH of each.
fn on_path(path: &std::ffi::OsStr) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for directory in env::split_paths(path).filter(|directory| directory.is_absolute()) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = name.strip_suffix(env::consts::EXE_SUFFIX).unwrap_or(&name).to_owned();
            let plain = name.starts_with("linkerd-") && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            if plain && found.len() < PROGRAMS && is_executable(&entry.path()) {
                found.entry(name).or_insert_with(|| entry.path());
            }
        }
    }
    found
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Whether a program speaks the protocol and wants to be run whatever namespaces there are.
async fn asks_to_run(name: &str, path: &Path) -> bool {
    let answer = output_of(path, &["_extension-metadata".to_owned()], METADATA).await.ok();
    let said = answer.and_then(|(out, _)| serde_json::from_slice::<Metadata>(&out).ok());
    said.is_some_and(|said| said.checks == "always" && said.name.eq_ignore_ascii_case(name))
}

async fn check(path: &Path, arguments: &[String]) -> Result<Vec<ExtensionCheck>, String> {
    let (out, err) = output_of(path, arguments, CHECK).await?;
    let answer: Answer = serde_json::from_slice(&out).map_err(|_| match words(&String::from_utf8_lossy(&err)) {
        said if said.is_empty() => "it did not answer in JSON".to_owned(),
        said => format!("it did not answer in JSON: {said}"),
    })?;
    let failed = |check: &AnsweredCheck| check.result != "success";
    let one = |category: &str, check: AnsweredCheck| ExtensionCheck {
        category: words(category),
        description: words(&check.description),
        error: words(&check.error),
        hint: words(&check.hint),
        warning: check.result == "warning",
    };
    let each = answer.categories.into_iter().flat_map(|AnsweredCategory { name, checks }| {
        let checks: Vec<ExtensionCheck> = checks.into_iter().filter(failed).map(|check| one(&name, check)).collect();
        checks
    });
    Ok(each.collect())
}

/// One line of what somebody else wrote, as long as it may be.
fn words(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(WORDS).collect();
    output::clean(&short).into_owned()
}

/// What a program writes within its time and measure.
async fn output_of(path: &Path, arguments: &[String], within: Duration) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mut child = Command::new(path)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("it does not start: {error}"))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let both = async { tokio::try_join!(limited(out), limited(err)) };
    tokio::time::timeout(within, both).await.map_err(|_| format!("it did not answer within {} s", within.as_secs()))?
}

async fn limited(stream: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, String> {
    let mut read = Vec::new();
    if let Some(stream) = stream {
        stream.take(OUTPUT + 1).read_to_end(&mut read).await.map_err(|error| format!("it was lost: {error}"))?;
    }
    if read.len() as u64 > OUTPUT { Err(format!("it answered with more than {} KiB", OUTPUT >> 10)) } else { Ok(read) }
}

/// What `linkerd check` hands on to them, in the words of its own flags.
fn arguments(global: &GlobalArgs) -> Vec<String> {
    let cluster = &global.cluster;
    let mut arguments = vec!["check".to_owned(), "--output=json".to_owned(), "--wait=30s".to_owned()];
    let kubeconfig = cluster.kubeconfig.as_ref().map(|path| path.display().to_string());
    let single = [("kubeconfig", kubeconfig.as_ref()), ("context", cluster.context.as_ref()), ("as", cluster.as_user.as_ref())];
    arguments.extend(single.into_iter().filter_map(|(flag, value)| Some(format!("--{flag}={}", value?))));
    arguments.extend(cluster.as_group.iter().map(|group| format!("--as-group={group}")));
    arguments
}
