//! What was typed. Nothing is resolved here; commands do that.

mod help;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::cluster::files::Search;
use crate::cluster::live::Overrides;
use crate::commands::apply::ApplyArgs;
use crate::commands::certs::CertsArgs;
use crate::commands::check::CheckArgs;
use crate::commands::completion::CompletionArgs;
use crate::commands::config::Config;
use crate::commands::explain::ExplainArgs;
use crate::commands::generate::GenerateArgs;
use crate::commands::inject::{InjectArgs, UninjectArgs};
use crate::commands::injection::InjectionArgs;
use crate::commands::mtls::MtlsArgs;
use crate::commands::namespace::NamespaceArgs;
use crate::commands::offboard::OffboardArgs;
use crate::commands::onboard::OnboardArgs;
use crate::commands::options::OptionsArgs;
use crate::commands::policy::PolicyArgs;
use crate::commands::proxy::ProxyArgs;
use crate::commands::rules::RulesArgs;
use crate::commands::snapshot::SnapshotArgs;
use crate::commands::status::StatusArgs;
use crate::commands::version::VersionArgs;
use crate::commands::why::WhyArgs;
use crate::error::CliError;
use crate::model::{LabelSelector, MeshId};
use crate::output::{self, Format, View};
use crate::report::MeshTag;

pub use help::{options, parse, tell};

/// Check, explain and fix Istio and Linkerd
///
/// One vocabulary for both meshes: what is in the mesh and why, what is wrong and how to fix it. Everything that reads a cluster also reads
/// manifests (-f), a saved snapshot (--snapshot) or the built-in demo (--demo).
#[derive(Debug, Parser)]
#[command(name = "kubectl mesh", bin_name = "kubectl mesh", version, arg_required_else_help = true, max_term_width = 120)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// What to do; the doc comments of the arguments are the help.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "the arguments' doc comments are the documentation")]
pub enum Command {
    Apply(Box<ApplyArgs>),
    Certs(CertsArgs),
    #[command(visible_alias = "validate")]
    Check(Box<CheckArgs>),
    #[command(name = "__complete", hide = true, disable_help_flag = true)]
    Complete {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    Completion(CompletionArgs),
    Explain(ExplainArgs),
    Generate(GenerateArgs),
    Inject(InjectArgs),
    Injection(InjectionArgs),
    Mtls(MtlsArgs),
    #[command(visible_alias = "ns")]
    Namespace(NamespaceArgs),
    Offboard(Box<OffboardArgs>),
    Onboard(Box<OnboardArgs>),
    Options(OptionsArgs),
    Policy(PolicyArgs),
    Proxy(ProxyArgs),
    Rules(RulesArgs),
    Snapshot(SnapshotArgs),
    Status(StatusArgs),
    Uninject(UninjectArgs),
    Version(VersionArgs),
    Why(WhyArgs),
}

/// Flags that every command takes, before or after its name.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// Which cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,
    /// Which objects.
    #[command(flatten)]
    pub source: SourceArgs,
    /// How it looks.
    #[command(flatten)]
    pub display: DisplayArgs,
    /// What a file has settled, once it is read.
    #[arg(skip)]
    pub config: Config,
}

/// Which cluster, as whom; the same words as kubectl's.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// Kubeconfig file (default: $KUBECONFIG, then ~/.kube/config, then the pod's own account)
    #[arg(long, global = true, value_name = "FILE", env = "KUBECTL_MESH_KUBECONFIG", hide_env = true)]
    pub kubeconfig: Option<PathBuf>,
    /// Kubeconfig context
    #[arg(long, global = true, env = "KUBECTL_MESH_CONTEXT", hide_env = true)]
    pub context: Option<String>,
    /// Only these namespaces (default: all; can be repeated, or a list with commas); with -f, the namespace of objects that name none
    #[arg(short, long, global = true, value_delimiter = ',', value_name = "NAMESPACE", env = "KUBECTL_MESH_NAMESPACE", hide_env = true)]
    pub namespace: Vec<String>,
    /// All namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub as_user: Option<String>,
    /// Group to impersonate (can be repeated)
    #[arg(long, global = true, value_name = "GROUP")]
    pub as_group: Vec<String>,
    /// What of the kubeconfig does not hold.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// Time allowed for one request, such as 10s or 1m; 0 means no limit
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", env = "KUBECTL_MESH_REQUEST_TIMEOUT", hide_env = true)]
    pub request_timeout: String,
    /// Time allowed for all requests of the command together; 0 means no limit
    #[arg(long, global = true, value_name = "DURATION", default_value = "2m", env = "KUBECTL_MESH_TIMEOUT", hide_env = true)]
    pub timeout: String,
}

impl ClusterArgs {
    /// The namespaces that are named; none for all.
    pub(crate) fn namespaces(&self) -> &[String] {
        if self.all_namespaces { &[] } else { &self.namespace }
    }

    /// The one namespace that is named, if it is one.
    pub(crate) fn namespace(&self) -> Option<&str> {
        match self.namespaces() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The namespace of objects that name none.
    pub(crate) fn default_namespace(&self) -> &str {
        self.namespace.first().map_or("default", String::as_str)
    }
}

/// What takes the place of what the kubeconfig says; the same words as kubectl's.
#[derive(Clone, Debug, Default, Args)]
pub struct ConnectArgs {
    /// Cluster of the kubeconfig, instead of the context's
    #[arg(long, global = true)]
    pub cluster: Option<String>,
    /// User of the kubeconfig, instead of the context's
    #[arg(long, global = true)]
    pub user: Option<String>,
    /// Address of the API server
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Bearer token
    #[arg(long, global = true, env = "KUBECTL_MESH_TOKEN", hide_env = true)]
    pub token: Option<String>,
    /// User id to impersonate
    #[arg(long, global = true, value_name = "UID", requires = "as_user")]
    pub as_uid: Option<String>,
    /// Do not check the server's certificate: whoever is in between reads everything, credentials too
    #[arg(long, global = true)]
    pub insecure_skip_tls_verify: bool,
    /// Certificates to check the server's with
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "insecure_skip_tls_verify")]
    pub certificate_authority: Option<PathBuf>,
    /// Certificate to log in with
    #[arg(long, global = true, value_name = "FILE", requires = "client_key")]
    pub client_certificate: Option<PathBuf>,
    /// Key of that certificate
    #[arg(long, global = true, value_name = "FILE", requires = "client_certificate")]
    pub client_key: Option<PathBuf>,
}

impl ConnectArgs {
    /// As a connection takes them.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            cluster: self.cluster.clone(),
            user: self.user.clone(),
            server: self.server.clone(),
            token: self.token.clone(),
            insecure: self.insecure_skip_tls_verify,
            certificate_authority: self.certificate_authority.clone(),
            client_certificate: self.client_certificate.clone().zip(self.client_key.clone()),
        }
    }
}

/// Which objects to read instead of a live cluster's.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Source")]
pub struct SourceArgs {
    /// Manifest file or directory, - for standard input (can be repeated)
    #[arg(short, long, global = true, value_name = "FILE")]
    pub filename: Vec<PathBuf>,
    /// Directory of a kustomization to build: what it makes, and nothing else
    #[arg(
        short = 'k',
        long,
        global = true,
        value_name = "DIR",
        value_hint = ValueHint::DirPath,
        conflicts_with_all = ["filename", "recursive", "exclude"]
    )]
    pub kustomize: Option<PathBuf>,
    /// Look into the directories below -f too
    #[arg(short = 'R', long, global = true)]
    pub recursive: bool,
    /// Leave out what a glob matches below the directories of -f, as a line of .gitignore would (can be repeated)
    #[arg(long, global = true, value_name = "GLOB", requires = "filename")]
    pub exclude: Vec<String>,
    /// Lay the files over the live cluster: what it would be after `kubectl apply -f`
    #[arg(long, global = true)]
    pub with_cluster: bool,
    /// Saved cluster state, from `kubectl mesh snapshot`
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["filename", "kustomize"])]
    pub snapshot: Option<PathBuf>,
    /// The built-in demo cluster
    #[arg(long, global = true, conflicts_with_all = ["filename", "kustomize", "snapshot"])]
    pub demo: bool,
    /// Configuration file (default: .kubectl-mesh.yaml, looked for upwards from the files of -f or from here)
    #[arg(long, global = true, value_name = "FILE", env = "KUBECTL_MESH_CONFIG", hide_env = true)]
    pub config: Option<PathBuf>,
    /// Only this mesh
    #[arg(short, long, global = true, value_enum, default_value_t, env = "KUBECTL_MESH_MESH", hide_env = true)]
    pub mesh: MeshArg,
}

impl SourceArgs {
    /// The files and directories that are named, be it one whose kustomization is to be built.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        if self.kustomize.is_some() { self.kustomize.as_slice() } else { &self.filename }
    }

    /// What to look for there.
    pub(crate) fn search<'a>(&'a self, namespace: &'a str) -> Search<'a> {
        Search { paths: self.paths(), recursive: self.recursive, excludes: &self.exclude, namespace, build: self.kustomize.is_some() }
    }
}

/// How results look.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Display")]
pub struct DisplayArgs {
    /// Colour
    #[arg(long, global = true, value_enum, default_value_t, env = "KUBECTL_MESH_COLOR", hide_env = true)]
    pub color: ColorArg,
    /// Break lines at this width (default: the terminal's; results that go elsewhere keep their lines)
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..), env = "KUBECTL_MESH_WIDTH", hide_env = true)]
    pub width: Option<u16>,
    /// Say what is read and from where; -vv also every request with its answer
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say only what is wrong: no advice, no progress, and nothing at all where check finds nothing
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// Which objects of those that were read.
#[derive(Clone, Debug, Default, Args)]
pub struct SelectArgs {
    /// Only objects with these labels, such as app=cart,tier!=db; workloads also by the labels of their pods
    #[arg(short = 'l', long, value_name = "LABELS")]
    pub selector: Option<LabelSelector>,
}

/// How a list is wanted.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    /// Output format
    #[arg(short, long, value_parser = output::usual_formats(), default_value = "table")]
    pub output: Format,
    /// How its tables are wanted.
    #[command(flatten)]
    pub table: TableArgs,
}

impl ListArgs {
    /// What is wanted of a list.
    pub(crate) fn view(&self) -> Result<View<'_>, CliError> {
        self.table.view(self.output)
    }
}

/// How tables are wanted.
#[derive(Clone, Debug, Default, Args)]
pub struct TableArgs {
    /// Leave out the headers of tables
    #[arg(long)]
    pub no_headers: bool,
    /// Sort the rows of tables by this column, such as NAME or PODS
    #[arg(long, value_name = "COLUMN")]
    pub sort_by: Option<String>,
}

impl TableArgs {
    /// What is wanted of an answer in this form; sorting is a matter of tables, since other forms have an order that programs rely on.
    pub(crate) fn view(&self, format: Format) -> Result<View<'_>, CliError> {
        if self.sort_by.is_some() && !format.is_text() {
            return Err(CliError::usage("--sort-by sorts tables").hint("other forms are always sorted by namespace, kind and name"));
        }
        Ok(View { format, no_headers: self.no_headers, sort_by: self.sort_by.as_deref() })
    }
}

/// Which mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum MeshArg {
    /// Whatever is there
    #[default]
    Auto,
    /// Istio
    Istio,
    /// Linkerd
    Linkerd,
}

impl MeshArg {
    /// The mesh it names; nothing means both.
    pub fn id(self) -> Option<MeshId> {
        match self {
            Self::Auto => None,
            Self::Istio => Some(MeshId::Istio),
            Self::Linkerd => Some(MeshId::Linkerd),
        }
    }

    /// As a filter: nothing means both.
    pub fn only(self) -> Option<MeshTag> {
        match self {
            Self::Auto => None,
            Self::Istio => Some(MeshTag::Istio),
            Self::Linkerd => Some(MeshTag::Linkerd),
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
