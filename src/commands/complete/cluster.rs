//! Candidates that only the cluster knows: namespaces, workloads, Services. A TAB waits a second at most and never shows an error.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use futures::future::join_all;

use super::{has, offline, typed};
use crate::cluster::live::{ConnectOptions, connect};
use crate::model::Kind;

/// kubectl gives a completion some seconds; people give it less. A credential plugin gets twice the time.
const WITHIN: Duration = Duration::from_secs(1);
/// More candidates than this nobody reads; the typed beginning narrows them in the shell.
const AT_MOST: usize = 500;

/// What workload arguments offer.
const WORKLOADS: [Kind; 7] = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::CronJob, Kind::Rollout, Kind::Service, Kind::Pod];
/// Those of them that are worth asking a cluster for at a TAB; pods are too many.
const ASKED_FOR: [Kind; 4] = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::Service];

/// Arguments that name workloads or Services.
const ABOUT_WORKLOADS: [&str; 5] = ["workload", "client", "server", "from", "to"];

/// Lets `--namespace` and the arguments that name objects offer what is there: in the cluster, the files or the snapshot on the line.
pub(super) fn with_objects(mut command: clap::Command, words: &[OsString]) -> clap::Command {
    if has(&command, "namespace") {
        let line = words.to_vec();
        command = command.mut_arg("namespace", |arg| arg.add(ArgValueCandidates::new(move || candidates(namespaces(&line)))));
    }
    of_arguments(command, words)
}

fn of_arguments(mut command: clap::Command, words: &[OsString]) -> clap::Command {
    for id in ABOUT_WORKLOADS.into_iter().filter(|id| has(&command, id)).collect::<Vec<_>>() {
        let line = words.to_vec();
        command = command.mut_arg(id, |arg| arg.add(ArgValueCandidates::new(move || candidates(names(&line, true)))));
    }
    if has(&command, "objects") {
        let line = words.to_vec();
        command = command.mut_arg("objects", |arg| arg.add(ArgValueCandidates::new(move || candidates(names(&line, false)))));
    }
    let below: Vec<String> =
        command.get_subcommands().filter(|sub| words.iter().any(|word| word == sub.get_name())).map(|sub| sub.get_name().to_owned()).collect();
    below.into_iter().fold(command, |command, name| command.mut_subcommand(name, |sub| of_arguments(sub, words)))
}

fn candidates(names: BTreeSet<String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn namespaces(words: &[OsString]) -> BTreeSet<String> {
    match offline::inventory(words) {
        Some(inventory) => offline::namespaces(&inventory),
        None => ask(words, &[Kind::Namespace]).into_iter().map(|(_, name)| name).collect(),
    }
}

/// `deploy/cart` for workloads and Services, or for objects of any kind; a kind that is typed already is the one that is meant.
fn names(words: &[OsString], workloads: bool) -> BTreeSet<String> {
    let begun = words.last().and_then(|word| word.to_str()).and_then(|word| word.split_once('/')).map_or("", |(kind, _)| kind);
    let meant = Kind::called(begun);
    match offline::inventory(words) {
        Some(inventory) => {
            let kinds = if workloads { &WORKLOADS[..] } else { &[] };
            let written = |name: String| match name.split_once('/') {
                Some((_, name)) if !meant.is_empty() => format!("{begun}/{name}"),
                _ => name,
            };
            let kinds = if meant.is_empty() { kinds } else { &meant };
            offline::names(&inventory, kinds, typed(words, "namespace", Some('n'))).into_iter().map(written).collect()
        }
        None => {
            let kinds = if meant.is_empty() { &ASKED_FOR[..] } else { &meant };
            let written = |(kind, name): (Kind, String)| {
                if meant.is_empty() { format!("{}/{name}", offline::short(kind)) } else { format!("{begun}/{name}") }
            };
            ask(words, kinds).into_iter().map(written).collect()
        }
    }
}

/// The objects of these kinds that the cluster has, in the namespace on the line or the context's.
fn ask(words: &[OsString], kinds: &[Kind]) -> Vec<(Kind, String)> {
    let options = ConnectOptions {
        kubeconfig: typed(words, "kubeconfig", None).map(PathBuf::from),
        context: typed(words, "context", None).map(str::to_owned),
        impersonate: typed(words, "as", None).map(str::to_owned),
        request_timeout: Some(WITHIN),
        plugin_timeout: WITHIN * 2,
        ..ConnectOptions::default()
    };
    let namespace = typed(words, "namespace", Some('n')).map(str::to_owned);
    let ask = async {
        let connection = tokio::time::timeout(WITHIN * 2, connect(&options)).await.ok()?.ok()?;
        let namespace = namespace.unwrap_or_else(|| connection.namespace().to_owned());
        let lists = kinds.iter().map(async |kind| {
            let within = kind.namespaced().then_some(namespace.as_str());
            let names = connection.names(*kind, within, AT_MOST, WITHIN).await;
            names.into_iter().map(|name| (*kind, name)).collect::<Vec<_>>()
        });
        Some(join_all(lists).await.concat())
    };
    // On a thread of its own, since the hidden command `__complete` runs inside of a runtime already.
    let on_its_own = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        let found = runtime.block_on(ask);
        // A credential plugin may still be at work; the shell does not wait for it.
        runtime.shutdown_background();
        found
    };
    let found = std::thread::scope(|scope| scope.spawn(on_its_own).join().ok().flatten());
    found.unwrap_or_default()
}
