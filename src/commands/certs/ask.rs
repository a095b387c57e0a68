//! Asking running processes for their certificates, over port-forwards.

use std::collections::BTreeSet;
use std::io::Read;

use clap::Args;
use futures::StreamExt as _;

use super::super::progress::Bar;
use super::super::proxy::Unasked;
use super::super::{Terminal, load};
use crate::cli::GlobalArgs;
use crate::cluster::live::{Bounds, Connection, PodPort, Unreached};
use crate::error::CliError;
use crate::mesh::shown::{self, Answer, Ask, Depth, Question, Shown};
use crate::model::Gap;
use crate::world::{SourceKind, World};

/// Questions under way at once; the connection lets fewer through.
const AT_ONCE: usize = 32;

/// Which processes are asked.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Running processes")]
pub struct AskArgs {
    /// Ask no running process: no port-forward, only objects are read
    #[arg(long, conflicts_with_all = ["deep", "pod"])]
    pub no_probe: bool,
    /// Also ask the proxies of workloads for theirs, and every node's ztunnel
    #[arg(long)]
    pub deep: bool,
    /// Pods of each workload that --deep asks: replicas rarely differ
    #[arg(long, value_name = "N", default_value_t = 1, requires = "deep", value_parser = clap::value_parser!(u16).range(1..))]
    pub sample: u16,
    /// Ask this pod's proxy and no other process: NAME, or NAMESPACE/NAME (can be repeated)
    #[arg(long, value_name = "POD", conflicts_with = "deep")]
    pub pod: Vec<String>,
}

impl AskArgs {
    fn depth(&self, world: &World, global: &GlobalArgs) -> Result<Depth, CliError> {
        let mut pods = BTreeSet::new();
        for named in &self.pod {
            let (namespace, name) = named.split_once('/').unwrap_or((global.cluster.default_namespace(), named));
            if world.index.pod(namespace, name).is_none() {
                return Err(CliError::usage(format!("there is no pod {name} in namespace {namespace}")).hint("name it as NAMESPACE/NAME"));
            }
            pods.insert((namespace.to_owned(), name.to_owned()));
        }
        Ok(Depth { sample: if self.deep { self.sample.into() } else { 0 }, pods })
    }
}

/// What they show, and what could not be asked.
pub(super) async fn all(args: &AskArgs, world: &World, global: &GlobalArgs, terminal: &mut Terminal) -> Result<(Vec<Shown>, Vec<Gap>), CliError> {
    if !matches!(world.source.kind, SourceKind::Cluster | SourceKind::Overlay) {
        if args.deep || !args.pod.is_empty() {
            return Err(CliError::usage("only a cluster has processes to ask").hint("leave out --deep and --pod"));
        }
        return Ok((Vec::new(), Vec::new()));
    }
    let questions = if args.no_probe { Vec::new() } else { shown::questions(world.view(), &args.depth(world, global)?, &|ns| world.in_scope(ns)) };
    if questions.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let connection = load::connection(global, global.cluster.context.as_deref()).await?;
    let bar = Bar::new(terminal.progress);
    bar.say(format!("asking {} ports for their certificates", questions.len()));
    let asked = futures::stream::iter(&questions).map(|question| answer(&connection, question)).buffered(AT_ONCE);
    let answers: Vec<Result<Vec<Shown>, (PodPort, Unreached)>> = asked.collect().await;
    bar.done();
    let (mut found, mut gaps, mut refused, mut unasked) = (Vec::new(), Vec::new(), BTreeSet::new(), Unasked::default());
    for answer in answers {
        match answer {
            Ok(shown) => found.extend(shown),
            // Into a namespace nothing may be forwarded at all: that is one gap.
            Err((at, Unreached::Forbidden { .. })) if !refused.insert(at.namespace.clone()) => {}
            Err((at, why)) => gaps.push(unasked.gap(&at, &why)),
        }
    }
    unasked.advise(terminal);
    Ok((found, gaps))
}

async fn answer(connection: &Connection, question: &Question) -> Result<Vec<Shown>, (PodPort, Unreached)> {
    let at = PodPort::new(&question.pod.namespace, &question.pod.name, question.port);
    let dump = |path: &'static str, decode: fn(&mut dyn Read) -> serde_json::Result<Answer>| {
        let at = &at;
        async move { connection.pod_http(at, Bounds::DUMP).await?.get(path).await?.ok().await?.decode(decode).await }
    };
    let answer = match &question.ask {
        Ask::Handshake(name) => connection.shown_by(&at, name).await.map(Answer::Chain),
        Ask::EnvoySecrets => dump("/config_dump?mask=dynamic_active_secrets,dynamic_warming_secrets", Answer::of_envoy).await,
        Ask::Ztunnel => dump("/config_dump", Answer::of_ztunnel).await,
    };
    answer.and_then(|answer| shown::read(question, answer).map_err(Unreached::Unreadable)).map_err(|why| (at.clone(), why))
}
