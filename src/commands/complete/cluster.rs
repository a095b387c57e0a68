//! Candidates that only the cluster knows: namespaces, workloads, Services. A TAB waits a second at most and never shows an error.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use futures::future::join_all;

use super::{has, typed};
use crate::cluster::live::{ConnectOptions, connect};
use crate::model::Kind;

/// kubectl gives a completion some seconds; people give it less. A credential plugin gets twice the time.
const WITHIN: Duration = Duration::from_secs(1);
/// More candidates than this nobody reads; the typed beginning narrows them in the shell.
const AT_MOST: usize = 500;

/// What workload arguments offer, with the short type kubectl users write.
const WORKLOADS: [(Kind, &str); 4] = [(Kind::Deployment, "deploy"), (Kind::StatefulSet, "sts"), (Kind::DaemonSet, "ds"), (Kind::Service, "svc")];

/// Lets `--namespace` and the workload arguments offer what the cluster on the line has.
pub(super) fn with_cluster(command: clap::Command, words: &[OsString]) -> clap::Command {
    let mut command = command;
    if has(&command, "namespace") {
        let line = words.to_vec();
        command = command.mut_arg("namespace", |arg| arg.add(ArgValueCandidates::new(move || names(&line, &[(Kind::Namespace, "")]))));
    }
    let with_workloads: Vec<String> = command.get_subcommands().filter(|c| has(c, "workload")).map(|c| c.get_name().to_owned()).collect();
    for name in with_workloads {
        let line = words.to_vec();
        let candidates = ArgValueCandidates::new(move || names(&line, &WORKLOADS));
        command = command.mut_subcommand(name, |sub| sub.mut_arg("workload", |arg| arg.add(candidates)));
    }
    command
}

/// `prefix/name` for the objects of these kinds, in the namespace on the line or the context's.
fn names(words: &[OsString], kinds: &[(Kind, &str)]) -> Vec<CompletionCandidate> {
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
        let lists = kinds.iter().map(async |(kind, prefix)| {
            let within = kind.namespaced().then_some(namespace.as_str());
            let names = connection.names(*kind, within, AT_MOST, WITHIN).await;
            names.into_iter().map(|name| if prefix.is_empty() { name } else { format!("{prefix}/{name}") }).collect::<Vec<_>>()
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
    found.unwrap_or_default().into_iter().map(CompletionCandidate::new).collect()
}
