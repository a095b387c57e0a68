//! `version`: this program's, the control planes' and the proxies'.

use std::io::{self, Write};

use clap::Args;

use super::{Terminal, Wish, load, status, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::facts::{self, VersionReport};
use crate::model::Kind;
use crate::output::{self, ListFormat};
use crate::world::World;

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
    let wish = Wish { kinds: [Kind::ConfigMap].into_iter().collect(), ..Wish::default() };
    let loaded = load::load(global, &wish, terminal).await?;
    let world = &loaded.world;
    let report = facts::versions(world, global.source.mesh.id());
    if report.meshes.is_empty() {
        words::no_mesh(world, terminal);
    }
    let out = &mut terminal.out;
    match args.output {
        ListFormat::Json => output::report_json("VersionReport", &report, world, out)?,
        ListFormat::Yaml => output::report_yaml("VersionReport", &report, world, out)?,
        ListFormat::Name => report.meshes.iter().filter_map(|p| p.version.as_ref()).try_for_each(|v| writeln!(out, "{}", output::clean(v)))?,
        ListFormat::Table | ListFormat::Wide => table(&report, world, args.output == ListFormat::Wide, out)?,
    }
    out.flush()?;
    let kinds = [Kind::Pod, Kind::Deployment, Kind::ConfigMap, Kind::MutatingWebhookConfiguration];
    Ok(words::judged(world, &kinds, report.meshes.is_empty(), terminal))
}

fn table(report: &VersionReport, world: &World, wide: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "client: {}", report.client)?;
    if !report.meshes.is_empty() {
        writeln!(out)?;
        status::control_planes(&report.meshes, wide, out)?;
    }
    if !report.components.is_empty() {
        writeln!(out)?;
        status::components(&report.components, out)?;
    }
    if words::pods_unread(world, "") {
        writeln!(out, "\nproxies: ?")?;
    } else if !report.data_plane.is_empty() {
        writeln!(out)?;
        let rows = report.data_plane.iter().map(|r| [r.mesh.to_string(), r.version.to_string(), r.pods.to_string()]);
        output::table(["PROXIES OF", "VERSION", "PODS"], rows, out)?;
    }
    output::gaps(&report.gaps, out)
}
