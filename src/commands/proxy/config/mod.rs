//! `proxy config`: what an Envoy is configured with and what it really has, part by part.

pub(super) mod ask;
mod page;
pub(super) mod saved;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::pod;
use crate::cli::{GlobalArgs, ListArgs};
use crate::commands::{Terminal, load};
use crate::error::{CliError, Exit};
use crate::mesh::envoy::Section;
use crate::mesh::pod_proxy::ProxyKind;
use crate::views::{self, ConfigFilter, ProxyConfigReport};
pub(super) use ask::Asking;

/// Show what a proxy is configured with
///
/// The columns and filters of `istioctl proxy-config`, and below them what the proxy was sent and refused, what it waits for, and which of its hosts
/// it does not use. The smallest question is asked that answers: a dump of everything costs a large proxy seconds.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  kubectl mesh proxy config clusters cart-6d5f-x2v9k -n shop --fqdn db
  kubectl mesh proxy config endpoints deploy/cart -n shop --status unhealthy
  kubectl mesh proxy config secrets cart-6d5f-x2v9k.shop -o wide
  kubectl mesh proxy config endpoints --config-dump clusters.json    # from localhost:15000/clusters?format=json")]
pub struct ConfigArgs {
    /// Which part.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// Which part; the doc comments are the help.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Everything, one table after the other
    #[command(alias = "a")]
    All(AllArgs),
    /// Version and identity that the proxy began with
    #[command(alias = "b")]
    Bootstrap(BootstrapArgs),
    /// What the proxy can send to
    #[command(alias = "cluster", alias = "c")]
    Clusters(ClustersArgs),
    /// Filters that come by themselves, after the listeners that name them
    #[command(alias = "extensions")]
    Ecds(EcdsArgs),
    /// Endpoints as istiod assigned them
    #[command(alias = "assignments")]
    Eds(EdsArgs),
    /// Hosts as the proxy has them, with health and failures
    #[command(alias = "endpoint", alias = "ep")]
    Endpoints(EndpointsArgs),
    /// What the proxy accepts, and where that leads
    #[command(alias = "listener", alias = "l")]
    Listeners(ListenersArgs),
    /// Which requests go to which cluster
    #[command(alias = "route", alias = "r")]
    Routes(RoutesArgs),
    /// Certificates that the proxy shows and believes; never a key
    #[command(alias = "secret", alias = "s")]
    Secrets(SecretsArgs),
}

/// Whose configuration, and how it is shown.
#[derive(Clone, Debug, Args)]
pub struct OfArgs {
    /// The pod: POD, POD.NAMESPACE, or deploy/NAME for one of its pods
    #[arg(value_name = "POD", required_unless_present = "config_dump", conflicts_with = "config_dump")]
    pub workload: Option<String>,
    /// Saved answers of the admin interface instead of a pod, - for standard input (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub config_dump: Vec<PathBuf>,
    /// Port of the admin interface (default: what the pod says, else 15000)
    #[arg(long, value_name = "PORT")]
    pub proxy_admin_port: Option<u16>,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Args)]
        pub struct $name {
            /// Whose.
            #[command(flatten)]
            pub of: OfArgs,
            $($(#[$field_doc])* #[arg(long)] pub $field: Option<$kind>,)*
        }
    };
}

part!(
    /// Of all parts.
    AllArgs {}
);
part!(
    /// Of the bootstrap.
    BootstrapArgs {}
);
part!(
    /// Of filters.
    EcdsArgs {}
);
part!(
    /// Of secrets.
    SecretsArgs {}
);
part!(
    /// Of clusters.
    ClustersArgs {
        /// Only clusters whose name holds this
        fqdn: String,
        /// Only clusters of this port
        port: u32,
        /// Only clusters of this direction, inbound or outbound
        direction: String,
        /// Only clusters of this subset
        subset: String,
    }
);
part!(
    /// Of hosts.
    EndpointsArgs {
        /// Only this address
        address: String,
        /// Only this port
        port: u32,
        /// Only hosts of this cluster
        cluster_name: String,
        /// Only this status, such as healthy or unhealthy
        status: String,
    }
);
part!(
    /// Of assignments.
    EdsArgs {
        /// Only this address
        address: String,
        /// Only this port
        port: u32,
        /// Only endpoints of this cluster
        cluster_name: String,
        /// Only this status, such as healthy or unhealthy
        status: String,
    }
);

/// Of listeners.
#[derive(Clone, Debug, Args)]
pub struct ListenersArgs {
    /// Whose.
    #[command(flatten)]
    pub of: OfArgs,
    /// Only this address
    #[arg(long)]
    pub address: Option<String>,
    /// Only this port
    #[arg(long)]
    pub port: Option<u32>,
    /// Only this type: HTTP, TCP, HTTP+TCP or UNKNOWN
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: Option<String>,
    /// One row for each listener
    #[arg(long)]
    pub short: bool,
}

/// Of routes.
#[derive(Clone, Debug, Args)]
pub struct RoutesArgs {
    /// Whose.
    #[command(flatten)]
    pub of: OfArgs,
    /// Only the table of this name
    #[arg(long)]
    pub name: Option<String>,
    /// One row for each table
    #[arg(long)]
    pub short: bool,
}

/// What is asked, of what was typed.
struct Question<'a> {
    of: &'a OfArgs,
    sections: &'static [Section],
    filter: ConfigFilter,
    short: bool,
}

impl ConfigCommand {
    fn question(&self) -> Question<'_> {
        use Section::{Assignments, Bootstrap, Clusters, Extensions, Hosts, Listeners, Routes, Secrets};
        let plain = |of, sections| Question { of, sections, filter: ConfigFilter::default(), short: false };
        match self {
            Self::All(args) => plain(&args.of, &[Bootstrap, Clusters, Listeners, Routes, Secrets, Extensions, Hosts]),
            Self::Bootstrap(args) => plain(&args.of, &[Bootstrap]),
            Self::Ecds(args) => plain(&args.of, &[Extensions]),
            Self::Secrets(args) => plain(&args.of, &[Secrets]),
            Self::Clusters(ClustersArgs { of, fqdn, port, direction, subset }) => Question {
                filter: ConfigFilter {
                    fqdn: fqdn.clone(),
                    port: *port,
                    direction: direction.clone(),
                    subset: subset.clone(),
                    ..ConfigFilter::default()
                },
                ..plain(of, &[Clusters])
            },
            Self::Endpoints(EndpointsArgs { of, address, port, cluster_name, status }) => {
                Question { filter: endpoints(address, *port, cluster_name, status), ..plain(of, &[Hosts]) }
            }
            Self::Eds(EdsArgs { of, address, port, cluster_name, status }) => {
                Question { filter: endpoints(address, *port, cluster_name, status), ..plain(of, &[Assignments]) }
            }
            Self::Listeners(ListenersArgs { of, address, port, kind, short }) => Question {
                filter: ConfigFilter { address: address.clone(), port: *port, kind: kind.clone(), ..ConfigFilter::default() },
                short: *short,
                ..plain(of, &[Listeners])
            },
            Self::Routes(RoutesArgs { of, name, short }) => {
                Question { filter: ConfigFilter { name: name.clone(), ..ConfigFilter::default() }, short: *short, ..plain(of, &[Routes]) }
            }
        }
    }
}

fn endpoints(address: &Option<String>, port: Option<u32>, cluster: &Option<String>, status: &Option<String>) -> ConfigFilter {
    ConfigFilter { address: address.clone(), port, cluster: cluster.clone(), status: status.clone(), ..ConfigFilter::default() }
}

/// Runs the command.
pub async fn run(command: &ConfigCommand, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let question = command.question();
    let view = question.of.list.view()?;
    let report = if question.of.config_dump.is_empty() { live(&question, global, terminal).await? } else { saved(&question)? };
    terminal.show(&page::Shown { report: &report, short: question.short }, view, None)?;
    Ok(Exit::Ok)
}

fn saved(question: &Question<'_>) -> Result<ProxyConfigReport, CliError> {
    let files = &question.of.config_dump;
    let (answers, sections) = saved::read(files, question.sections)?;
    let mut report = views::proxy_config(answers, &sections, &question.filter, Timestamp::now());
    report.files = files.iter().map(|file| file.display().to_string()).collect();
    Ok(report)
}

async fn live(question: &Question<'_>, global: &GlobalArgs, terminal: &mut Terminal) -> Result<ProxyConfigReport, CliError> {
    if global.source.demo || global.source.snapshot.is_some() || !global.source.paths().is_empty() {
        return Err(CliError::usage("manifests and snapshots hold no configuration of proxies").hint("--config-dump FILE reads a saved one"));
    }
    let connection = load::connection(global, global.cluster.context.as_deref()).await?;
    let word = question.of.workload.as_deref().unwrap_or_default();
    let pod::Found { pod, proxy } = pod::find(word, global, &connection).await?;
    match proxy.kind {
        ProxyKind::Envoy => {}
        ProxyKind::Ztunnel => {
            return Err(CliError::usage(format!("{pod} is a ztunnel, which has workloads, policies and certificates and none of Envoy's parts"))
                .hint("kubectl mesh proxy ztunnel shows them"));
        }
        ProxyKind::Linkerd => {
            return Err(CliError::usage(format!("{pod} has Linkerd's proxy, whose admin interface dumps no configuration"))
                .hint("it has metrics, the environment it was started with, and a log level: kubectl mesh proxy stats shows the metrics")
                .hint("what the control plane tells it: kubectl mesh proxy diff"));
        }
    }
    let port = question.of.proxy_admin_port.unwrap_or(proxy.admin_port);
    let asking = Asking { pod: &pod, port, memory_limit: proxy.memory_limit };
    let answers = ask::ask(&connection, asking, question.sections, &question.filter, terminal).await?;
    let mut report = views::proxy_config(answers, question.sections, &question.filter, Timestamp::now());
    report.pod = Some(pod);
    Ok(report)
}
