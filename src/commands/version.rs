//! `version`: this program's, the control planes' and the proxies'.

use std::io::{self, Write};

use clap::Args;

use super::{ReadRequest, Terminal, load, status, words};
use crate::cli::{GlobalArgs, ListArgs};
use crate::error::{CliError, Exit};
use crate::model::{Gap, Kind, ObjectRef};
use crate::output::{self, Page, Report, Table};
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
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
}

/// What it reads.
pub(super) fn request() -> ReadRequest {
    ReadRequest::of(&[Kind::ConfigMap])
}

/// Runs the command.
pub async fn run(args: &VersionArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    if args.client {
        terminal.show(&views::client_version(), view, None)?;
        return Ok(Exit::Ok);
    }
    let loaded = load::load(global, &request(), terminal).await?;
    let world = &loaded.world;
    let report = views::versions(world, global.source.mesh.id());
    if report.meshes.is_empty() {
        words::no_mesh(world, terminal);
    }
    terminal.show(&report, view, Some(world))?;
    let kinds = [Kind::Pod, Kind::Deployment, Kind::ConfigMap, Kind::MutatingWebhookConfiguration];
    Ok(words::judged(world, &kinds, report.meshes.is_empty(), terminal))
}

impl Report for VersionReport {
    const KIND: Option<&'static str> = Some("VersionReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        let planes = (!self.meshes.is_empty()).then(|| status::control_planes(&self.meshes, page.wide));
        let beside = (!self.components.is_empty()).then(|| status::components(&self.components));
        let unread = page.world.is_some_and(|world| words::pods_unread(world, ""));
        let proxies = (!self.data_plane.is_empty() && !unread).then(|| {
            let rows = self.data_plane.iter().map(|r| [r.mesh.to_string(), r.version.to_string(), r.pods.to_string()]);
            Table::new(["PROXIES OF", "VERSION", "PODS"], rows)
        });
        planes.into_iter().chain(beside).chain(proxies).collect()
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "client: {}", self.client)?;
        for table in self.tables(page) {
            writeln!(out)?;
            page.table(&table, out)?;
        }
        if page.world.is_some_and(|world| words::pods_unread(world, "")) {
            writeln!(out)?;
            page.line("? proxies: their pods could not be read", out)?;
        }
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        Vec::new()
    }

    /// The versions of the control planes.
    fn names(&self, _: Page<'_>) -> Vec<String> {
        self.meshes.iter().filter_map(|plane| plane.version.as_ref()).map(ToString::to_string).collect()
    }
}
