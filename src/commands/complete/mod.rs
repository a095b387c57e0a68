//! Completion for kubectl: `kubectl mesh <TAB>` runs `kubectl_complete-mesh` with the words so far and reads candidates from its output.

mod cluster;
mod offline;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;

use clap_complete::engine::{self, ArgValueCandidates, CompletionCandidate};
use kube::config::Kubeconfig;

use crate::checks;
use crate::report::Category;

/// The last line of an answer tells the shell how to go on; these are Cobra's bits.
const NO_SPACE: u8 = 2;
const NO_FILES: u8 = 4;

/// Writes the candidates for the last of `words`, one per line with a description after a TAB, and the directive that ends them.
///
/// `words` are what was typed after `kubectl mesh`; the last is empty when a new word begins. What cannot be completed has no candidates and is no
/// error: a shell that waits for a TAB is no place for messages.
pub fn answer(command: clap::Command, words: &[OsString], out: &mut dyn Write) -> io::Result<()> {
    let mut command = cluster::with_objects(with_contexts(command, words), words);
    let mut line = vec![OsString::from(command.get_name())];
    line.extend_from_slice(words);
    if words.is_empty() {
        line.push(OsString::new());
    }
    let last = line.len() - 1;
    let wants_flag = line[last].as_encoded_bytes().starts_with(b"-");
    let directory = std::env::current_dir().ok();
    let candidates = engine::complete(&mut command, line, last, directory.as_deref()).unwrap_or_default();

    let mut directive = NO_FILES;
    for candidate in &candidates {
        // A value that is not plain text cannot be inserted, and a line break in one would forge a candidate.
        let Some(value) = candidate.get_value().to_str().filter(|v| !v.contains(char::is_control)) else { continue };
        // Like kubectl: flags are offered once a dash is typed.
        if value.starts_with('-') && !wants_flag {
            continue;
        }
        if value.ends_with(['=', '/', std::path::MAIN_SEPARATOR]) {
            directive |= NO_SPACE;
        }
        match candidate.get_help().map(|help| description(&help.to_string())).filter(|text| !text.is_empty()) {
            Some(text) => writeln!(out, "{value}\t{text}")?,
            None => writeln!(out, "{value}")?,
        }
    }
    writeln!(out, ":{directive}")
}

/// The value that `words` give to the option `--long` (or `-s`) before the word that is being completed; the last one counts, as in clap.
pub fn typed<'w>(words: &'w [OsString], long: &str, short: Option<char>) -> Option<&'w str> {
    all_typed(words, long, short).pop()
}

/// All values that `words` give to an option.
fn all_typed<'w>(words: &'w [OsString], long: &str, short: Option<char>) -> Vec<&'w str> {
    let Some((_, before)) = words.split_last() else { return Vec::new() };
    let mut before = before.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--");
    let mut found = Vec::new();
    while let Some(word) = before.next() {
        let rest = match word.strip_prefix("--").map(|word| word.strip_prefix(long)) {
            Some(rest) => rest,
            None => short.and_then(|short| word.strip_prefix('-')?.strip_prefix(short)),
        };
        match rest {
            Some("") => found.extend(before.next()),
            Some(value) if word.starts_with("--") => found.extend(value.strip_prefix('=')),
            Some(value) => found.push(value.strip_prefix('=').unwrap_or(value)),
            None => {}
        }
    }
    found
}

/// The rules, with what each finds.
pub fn rules() -> Vec<CompletionCandidate> {
    checks::all().into_iter().map(|check| CompletionCandidate::new(check.id).help(Some(check.summary.into()))).collect()
}

/// The rules, and the codes of other tools that stand for them.
pub fn rules_and_codes() -> Vec<CompletionCandidate> {
    let mut codes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for check in checks::all() {
        check.aliases.iter().for_each(|code| codes.entry(code).or_default().push(check.id));
    }
    let code = |(code, ids): (&str, Vec<&str>)| CompletionCandidate::new(code).help(Some(ids.join(", ").into()));
    rules().into_iter().chain(codes.into_iter().map(code)).collect()
}

/// The categories of rules.
pub fn categories() -> Vec<CompletionCandidate> {
    Category::ALL.iter().map(|category| CompletionCandidate::new(category.name())).collect()
}

/// The contexts of the kubeconfig at `file`, or of the one that kubectl would read; none when it cannot be read.
pub fn contexts(file: Option<&Path>) -> Vec<CompletionCandidate> {
    let config = file.map_or_else(Kubeconfig::read, Kubeconfig::read_from).unwrap_or_default();
    let mut contexts: Vec<_> = config
        .contexts
        .into_iter()
        .map(|named| {
            let cluster = named.context.map(|context| format!("cluster {}", context.cluster).into());
            CompletionCandidate::new(named.name).help(cluster)
        })
        .collect();
    contexts.sort();
    contexts
}

fn has(command: &clap::Command, id: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == id)
}

/// Lets `--context` and `--remote-context` offer the contexts of the kubeconfig that is already on the line.
fn with_contexts(mut command: clap::Command, words: &[OsString]) -> clap::Command {
    let file = typed(words, "kubeconfig", None).map(OsStr::new).map(OsString::from);
    let candidates = || {
        ArgValueCandidates::new({
            let file = file.clone();
            move || contexts(file.as_deref().map(Path::new))
        })
    };
    if has(&command, "context") {
        command = command.mut_arg("context", |arg| arg.add(candidates()));
    }
    let comparing: Vec<String> = command.get_subcommands().filter(|c| has(c, "remote_context")).map(|c| c.get_name().to_owned()).collect();
    for name in comparing {
        command = command.mut_subcommand(name, |sub| sub.mut_arg("remote_context", |arg| arg.add(candidates())));
    }
    command
}

/// One line of plain text.
fn description(help: &str) -> String {
    let line = help.lines().next().unwrap_or_default().trim();
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command, ValueHint};

    use super::*;

    fn command() -> Command {
        Command::new("kubectl-mesh")
            .disable_help_subcommand(true)
            .arg(Arg::new("kubeconfig").long("kubeconfig").global(true))
            .arg(Arg::new("context").long("context").global(true))
            .arg(Arg::new("output").long("output").short('o').global(true).value_parser(["json", "junit", "yaml"]))
            .subcommand(
                Command::new("check")
                    .about("Find what is wrong\nand more")
                    .arg(Arg::new("file").long("filename").short('f').value_hint(ValueHint::AnyPath))
                    .arg(Arg::new("rule").long("rule").add(ArgValueCandidates::new(|| vec!["a\nb".into(), "\u{1b}[31m".into(), "plain".into()]))),
            )
            .subcommand(Command::new("status").about("Show\tthe mesh"))
    }

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    fn answered(line: &[&str]) -> String {
        let mut out = Vec::new();
        answer(command(), &words(line), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn subcommands_come_with_one_line_descriptions_and_no_flags() {
        assert_eq!(answered(&[""]), "check\tFind what is wrong\nstatus\tShow the mesh\n:4\n");
        assert_eq!(answered(&[]), answered(&[""]));
        assert_eq!(answered(&["st"]), "status\tShow the mesh\n:4\n");
    }

    #[test]
    fn a_dash_asks_for_flags() {
        let flags = answered(&["check", "--"]);
        assert!(flags.contains("--filename\n") && flags.contains("--context\n"), "{flags}");
        assert_eq!(answered(&["check", ""]), ":4\n");
    }

    #[test]
    fn values_are_offered_after_the_flag_and_after_its_equals_sign() {
        assert_eq!(answered(&["check", "-o", "j"]), "json\njunit\n:4\n");
        assert_eq!(answered(&["check", "--output=y"]), "--output=yaml\n:4\n");
    }

    #[test]
    fn nothing_to_offer_is_an_empty_answer() {
        assert_eq!(answered(&["status", "x", "y"]), ":4\n");
    }

    #[test]
    fn candidates_with_control_characters_are_left_out() {
        assert_eq!(answered(&["check", "--rule", ""]), "plain\n:4\n");
    }

    #[test]
    fn a_directory_is_completed_without_a_space_after_it() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("manifests")).unwrap();
        let start = format!("{}/", directory.path().display());
        assert_eq!(answered(&["check", "-f", &start]), format!("{start}manifests/\n:6\n"));
    }

    #[test]
    fn contexts_come_from_the_kubeconfig_on_the_line() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config");
        std::fs::write(&file, "contexts:\n- name: west\n  context: {cluster: b}\n- name: east\n  context: {cluster: a}\n").unwrap();
        let file = file.to_str().unwrap();
        assert_eq!(answered(&["--kubeconfig", file, "check", "--context", ""]), "east\tcluster a\nwest\tcluster b\n:4\n");
        assert_eq!(answered(&["check", &format!("--kubeconfig={file}"), "--context", "w"]), "west\tcluster b\n:4\n");
    }

    #[test]
    fn a_kubeconfig_that_cannot_be_read_is_silent() {
        assert_eq!(answered(&["--kubeconfig", "/no/such/file", "--context", ""]), ":4\n");
    }

    #[test]
    fn the_last_value_typed_for_an_option_counts() {
        let namespace = |line: &[&str]| typed(&words(line), "namespace", Some('n')).map(str::to_owned);
        assert_eq!(namespace(&["check", "-n", "shop", ""]).as_deref(), Some("shop"));
        assert_eq!(namespace(&["-nshop", "--namespace=bank", ""]).as_deref(), Some("bank"));
        assert_eq!(namespace(&["--namespace", "bank", "-n=shop", ""]).as_deref(), Some("shop"));
        assert_eq!(namespace(&["--namespaces", "bank", ""]), None);
        assert_eq!(namespace(&["check", "-n", "sho"]), None, "the word being completed is not typed yet");
        assert_eq!(namespace(&["check", "--", "-n", "shop", ""]), None);
    }
}
