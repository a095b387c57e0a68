//! `.kubectl-mesh.yaml`: what a repository or a person has settled for all runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::check::FailOn;
use super::{Terminal, arguments};
use crate::checks::{self, SuppressArg};
use crate::cli::GlobalArgs;
use crate::error::CliError;
use crate::model::did_you_mean;
use crate::report::Severity;

/// What it is called where it is looked for.
const NAME: &str = ".kubectl-mesh.yaml";

/// What the file holds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Config {
    /// What is to become of rules, by id or by another tool's code.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Findings that do not count.
    pub suppressions: Vec<ConfigSuppression>,
    /// The severity that makes `check` fail.
    pub fail_on: Option<FailOn>,
    /// What to leave out below the directories of -f, as lines of .gitignore.
    pub exclude: Vec<String>,
    /// Where it was read from.
    #[serde(skip)]
    pub file: Option<String>,
    /// The suppressions, ready for use.
    #[serde(skip)]
    pub(super) suppress: Vec<SuppressArg>,
}

/// What is to become of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RuleSetting {
    /// It does not run. Readers of old YAML take the word for a boolean.
    #[serde(alias = "false")]
    Off,
    /// It runs, be it one that runs only when it is asked for.
    #[serde(alias = "true")]
    On,
    /// It runs, and what it finds is an error.
    Error,
    /// It runs, and what it finds is a warning.
    Warning,
    /// It runs, and what it finds is a note.
    Info,
}

/// A finding that does not count.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfigSuppression {
    /// Id of the rule, or another tool's code.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub rule: String,
    /// The objects, as a glob over `Kind NAMESPACE/NAME`; all when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Why it does not count.
    #[cfg_attr(test, schemars(regex(pattern = r"\S")))]
    pub reason: String,
    /// The last day on which it holds, as `YYYY-MM-DD`.
    #[cfg_attr(test, schemars(regex(pattern = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl Config {
    /// The severity that a setting gives a rule's findings.
    pub(super) fn severities(&self) -> BTreeMap<&'static str, Severity> {
        let severity = |setting: &RuleSetting| match setting {
            RuleSetting::Error => Some(Severity::Error),
            RuleSetting::Warning => Some(Severity::Warning),
            RuleSetting::Info => Some(Severity::Info),
            RuleSetting::Off | RuleSetting::On => None,
        };
        let given = self.rules.iter().filter_map(|(name, setting)| Some((name, severity(setting)?)));
        let called = |name: &str| {
            let name = name.to_owned();
            checks::all().into_iter().filter(move |check| check.id == name || check.aliases.iter().any(|code| code.eq_ignore_ascii_case(&name)))
        };
        given.flat_map(|(name, severity)| called(name).map(move |check| (check.id, severity))).collect()
    }

    /// The rules that are on or off.
    pub(super) fn named(&self, on: bool) -> Vec<String> {
        self.rules.iter().filter(|(_, setting)| (**setting != RuleSetting::Off) == on).map(|(name, _)| name.clone()).collect()
    }
}

/// Reads the file that `--config` names, or the one that is found upwards from the files, or from where the command runs.
pub(super) fn load(global: &GlobalArgs, terminal: &mut Terminal) -> Result<Config, CliError> {
    let file = match &global.source.config {
        Some(file) => Some(file.clone()),
        None => find(global)?,
    };
    let Some(file) = file else { return Ok(Config::default()) };
    let shown = file.display().to_string();
    let text = std::fs::read_to_string(&file).map_err(|e| CliError::usage(format!("cannot read the configuration {shown}: {e}")))?;
    let config = read(&shown, &text)?;
    terminal.note(format!("settings of {shown}"));
    Ok(config)
}

/// The nearest file above what is looked at.
fn find(global: &GlobalArgs) -> Result<Option<PathBuf>, CliError> {
    let named: Vec<&PathBuf> = global.source.paths().iter().filter(|path| path.as_os_str() != "-").collect();
    let here = PathBuf::from(".");
    let starts = if named.is_empty() { vec![&here] } else { named };
    let mut found: Vec<PathBuf> = starts.into_iter().filter_map(|start| above(start)).collect();
    let real = |path: &PathBuf| std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    found.dedup_by_key(|path| real(path));
    match found.as_slice() {
        [first, second, ..] => Err(CliError::usage(format!("two configurations apply: {} and {}", first.display(), second.display()))
            .hint("name the one that is meant with --config")),
        _ => Ok(found.pop()),
    }
}

/// The nearest file in the directory of `start` or above it. A repository ends the search, and so does a directory that everybody shares: whoever puts a
/// file there would say which rules run here.
fn above(start: &Path) -> Option<PathBuf> {
    let start = std::fs::canonicalize(start).ok()?;
    let mut directory = if start.is_dir() { start.as_path() } else { start.parent()? };
    loop {
        if is_shared(directory) {
            return None;
        }
        let file = directory.join(NAME);
        if file.is_file() {
            return Some(shortest(&file));
        }
        if directory.join(".git").exists() {
            return None;
        }
        directory = directory.parent()?;
    }
}

#[cfg(unix)]
fn is_shared(directory: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    // Writable by all, each their own files, as /tmp is. A volume that one container may write to is not shared.
    std::fs::metadata(directory).is_ok_and(|meta| meta.permissions().mode() & 0o1002 == 0o1002)
}

#[cfg(not(unix))]
fn is_shared(_: &Path) -> bool {
    false
}

/// The path from where the command runs, where that is shorter.
fn shortest(file: &Path) -> PathBuf {
    let here = std::env::current_dir().ok().and_then(|here| std::fs::canonicalize(here).ok());
    here.and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf)).unwrap_or_else(|| file.to_path_buf())
}

fn read(file: &str, text: &str) -> Result<Config, CliError> {
    // A file with nothing in it, or comments only, settles nothing.
    let nothing = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    let mut config: Config = if nothing { Config::default() } else { parse(file, text)? };
    config.file = Some(file.to_owned());
    let line_of = |word: &str| text.lines().position(|line| line.contains(word)).map_or(1, |at| at + 1);
    for name in config.rules.keys() {
        arguments::rule(name, true).map_err(|e| CliError { message: format!("{file}:{}: {}", line_of(name), e.message), ..e })?;
    }
    for suppression in &config.suppressions {
        let at = line_of(&suppression.rule);
        let wrong = |what: String| CliError::usage(format!("{file}:{at}: {what}"));
        if suppression.reason.trim().is_empty() {
            return Err(wrong(format!("the suppression of {} gives no reason", suppression.rule)));
        }
        if suppression.until.as_ref().is_some_and(|until| until.len() != "YYYY-MM-DD".len() || until.parse::<jiff::civil::Date>().is_err()) {
            return Err(wrong(format!("{:?} is no date", suppression.until.as_deref().unwrap_or_default())).hint("write YYYY-MM-DD"));
        }
        let object = suppression.object.as_deref().unwrap_or("*");
        let made = SuppressArg::settled(format!("{file}:{at}"), &suppression.rule, object, &suppression.reason, suppression.until.as_deref());
        config.suppress.push(made.map_err(wrong)?);
    }
    for glob in &config.exclude {
        globset::Glob::new(glob).map_err(|e| CliError::usage(format!("{file}:{}: exclude: {e}", line_of(glob))))?;
    }
    Ok(config)
}

fn parse(file: &str, text: &str) -> Result<Config, CliError> {
    let options = serde_saphyr::options! { with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location().map_or(String::new(), |at| format!(":{}:{}", at.line(), at.column()));
        let said = error.to_string();
        let said = said.lines().next().unwrap_or_default();
        let said = said.split(" at line ").next().unwrap_or_default();
        // `unknown field `rulez`, expected one of rules, failOn`: what was typed, and what could have been.
        let typed = said.split('`').nth(1);
        let known = said.split_once("expected ").map_or("", |(_, known)| known.trim_start_matches("one of "));
        let near = typed.and_then(|typed| did_you_mean(typed, known.split(", ").map(|key| key.trim_matches('`'))));
        let error = CliError::usage(format!("{file}{place}: {said}"));
        near.into_iter()
            .fold(error, CliError::hint)
            .hint(format!("what it may hold: {}/blob/main/docs/config.schema.json", env!("CARGO_PKG_REPOSITORY")))
    })
}
