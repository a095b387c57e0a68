//! `version`: this program's, the control planes' and the proxies'.

use std::io::{self, Write};

use clap::Args;

use super::{ReadRequest, Terminal, load, status, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::model::{Kind, ObjectRef};
use crate::output::{self, ListFormat, Page, Report};
use crate::views::{self, VersionReport};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh version            # client, control planes, proxies
  kubectl mesh version --client   # nothing is asked of a cluster
  kubectl mesh version -o json";

/// Show the versions of client, control planes and proxies
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VersionArgs {
    /// Only this program's version; reads nothing
    #[arg(long)]
    pub client: bool,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: ListFormat,
}

/// Runs the command.
pub async fn run(args: &VersionArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if args.client {
        writeln!(terminal.out, "client: {}", env!("CARGO_PKG_VERSION"))?;
        terminal.out.flush()?;
        return Ok(Exit::Ok);
    }
    let request = ReadRequest { kinds: [Kind::ConfigMap].into_iter().collect(), ..ReadRequest::default() };
    let loaded = load::load(global, &request, terminal).await?;
    let world = &loaded.world;
    let report = views::versions(world, global.source.mesh.id());
    if report.meshes.is_empty() {
        words::no_mesh(world, terminal);
    }
    output::report(&report, args.output, Some(world), &mut terminal.out)?;
    let kinds = [Kind::Pod, Kind::Deployment, Kind::ConfigMap, Kind::MutatingWebhookConfiguration];
    Ok(words::judged(world, &kinds, report.meshes.is_empty(), terminal))
}

impl Report for VersionReport {
    const KIND: &'static str = "VersionReport";

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "client: {}", self.client)?;
        if !self.meshes.is_empty() {
            writeln!(out)?;
            status::control_planes(&self.meshes, page.wide, out)?;
        }
        if !self.components.is_empty() {
            writeln!(out)?;
            status::components(&self.components, out)?;
        }
        if page.world.is_some_and(|world| words::pods_unread(world, "")) {
            writeln!(out, "\nproxies: ?")?;
        } else if !self.data_plane.is_empty() {
            writeln!(out)?;
            let rows = self.data_plane.iter().map(|r| [r.mesh.to_string(), r.version.to_string(), r.pods.to_string()]);
            output::table(["PROXIES OF", "VERSION", "PODS"], rows, out)?;
        }
        output::gaps(&self.gaps, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }

    /// The versions of the control planes.
    fn names(&self, _: Page<'_>) -> Vec<String> {
        self.meshes.iter().filter_map(|plane| plane.version.as_ref()).map(ToString::to_string).collect()
    }
}
