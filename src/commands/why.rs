//! `why`: one request, step by step, and where it ends.

use clap::Args;

use super::{Terminal, Wish, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::facts;
use crate::output::{self, ListFormat};

/// Follow one request from a client to a server, and tell where it ends and why
///
/// Through both proxies: what the name stands for, the endpoints, the route that takes the request, NetworkPolicies, encryption and authorization.
/// The first step that fails is shown with its object, field and line, and with what to do. Exit code 0: it works; 1: it fails; 3: cannot be known.
#[derive(Clone, Debug, Args)]
pub struct WhyArgs {
    /// Who calls: deploy/NAME, NAME.NAMESPACE, or gateway/NAME for requests from outside
    #[arg(value_name = "CLIENT")]
    pub client: String,
    /// Whom: HOST[:PORT] as the client types it, or a URL
    #[arg(value_name = "SERVER[:PORT]")]
    pub server: String,
    /// HTTP method (default: GET)
    #[arg(value_name = "METHOD")]
    pub method: Option<String>,
    /// Path with its query (default: /)
    #[arg(value_name = "PATH")]
    pub path: Option<String>,
    /// A header of the request (can be repeated)
    #[arg(short = 'H', long, value_name = "NAME=VALUE")]
    pub header: Vec<String>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ListFormat,
}

/// Runs the command.
pub async fn run(args: &WhyArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let kinds = facts::MEMBERSHIP_KINDS.iter().chain(facts::POLICY_KINDS).chain(facts::WHY_KINDS);
    // The namespace is where names are looked up, not all there is to read: a request crosses namespaces.
    let mut everywhere = global.clone();
    let namespace = everywhere.cluster.namespace.take().filter(|_| !global.cluster.all_namespaces);
    let loaded = load::load(&everywhere, &Wish { kinds: kinds.copied().collect(), ..Wish::default() }, terminal).await?;
    let world = &loaded.world;
    let asked: Vec<String> = [&args.client, &args.server].into_iter().chain(&args.method).chain(&args.path).cloned().collect();
    let asked = facts::ask(world, &asked, &args.header, namespace.as_deref()).map_err(words::not_found)?;
    let report = facts::why(world, &asked);
    let out = &mut terminal.out;
    match args.output {
        ListFormat::Yaml => output::report_yaml("WhyReport", &report, world, out)?,
        _ => output::report_json("WhyReport", &report, world, out)?,
    }
    out.flush()?;
    Ok(match report.outcome {
        "works" => Exit::Ok,
        "fails" => Exit::Findings,
        _ => Exit::Unreadable,
    })
}
