//! `policy generate`: least privilege, shown as a simulation before anything else.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use super::words as policy_words;
use crate::cli::{GlobalArgs, MeshArg};
use crate::cluster::{files, overlay};
use crate::commands::observed::{self, ObservedArgs};
use crate::commands::{ReadRequest, Terminal, load, words};
use crate::error::{CliError, Exit};
use crate::index::{Index, Workload};
use crate::mesh::authorization::Server;
use crate::model::{Gap, Inventory, MeshId, ObjectRef, Observed, Subject};
use crate::output::{self, Format, Page, Report, Style};
use crate::views::{self, Edge, Generated, GeneratedReport, Target};
use crate::world::World;

/// Write policies that admit exactly those who are to call
///
/// From the edges of a file, from those that a Prometheus has seen (--observed), or from what is allowed today. The simulation of what would change stands above the manifests, as comments; nothing is
/// applied. Name the mesh with --mesh.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example of a file of edges:
  edges:
  - {from: deploy/frontend, to: 'deploy/cart:8080'}
  - {from: deploy/checkout.shop, to: 'svc/cart:80'}")]
pub struct GenerateArgs {
    /// A workload: deploy/NAME, NAME, NAME.NAMESPACE, or TYPE NAME (default: all in scope)
    #[arg(value_name = "WORKLOAD", num_args = 0..=2)]
    pub workload: Vec<String>,
    /// File that names who is to call whom (default: what is allowed today)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["workload", "observed"])]
    pub edges: Option<PathBuf>,
    /// Which metrics are asked.
    #[command(flatten)]
    pub observed: ObservedArgs,
    /// Output format
    #[arg(short, long, value_parser = output::usual_formats(), default_value = "table")]
    pub output: Format,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edges {
    edges: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    from: String,
    to: String,
}

/// Runs the command.
pub async fn run(args: &GenerateArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let loaded = load::load(global, &ReadRequest { everywhere: args.observed.observed, ..policy_words::read_request() }, terminal).await?;
    let world = &loaded.world;
    let mesh = mesh(global, world)?;
    let observed = observed::ask(&args.observed, world, global, terminal).await?;
    let made = match (&args.edges, observed) {
        (Some(file), _) => views::generate_from_edges(world, mesh, &edges(file, world, global)?),
        (None, seen) => {
            let only = match words::target(world, &args.workload, global)? {
                None => None,
                Some(Target::Workload(workload)) => Some(workload),
                Some(Target::Service(_)) => return Err(CliError::usage("policies are made for workloads").hint("name one: deploy/NAME")),
            };
            match seen {
                None => views::generate_from_today(world, mesh, only),
                Some(seen) => match seen.missing.first() {
                    // What was not seen would be cut off.
                    Some(why) => {
                        terminal.problem(format!("no policies are made, since not all that happened was seen: {why}"));
                        return Ok(Exit::Unreadable);
                    }
                    None => from_observed(world, mesh, &seen, only, terminal),
                },
            }
        }
    };
    for note in &made.notes {
        terminal.note(format!("left alone: {note}"));
    }
    if made.objects.is_empty() && made.notes.is_empty() {
        words::nothing("workloads to make policies for", world, terminal);
    }
    let documents: Vec<String> = made.objects.iter().map(|o| serde_saphyr::to_string(o).map_err(CliError::internal)).collect::<Result<_, _>>()?;
    let text = documents.join("---\n");
    let written: Inventory = files::parse("generated", &text, "default")?.inventory;
    let references = written.objects.iter().map(Subject::reference).collect();
    let after = after(written, world);
    let report = GeneratedReport { made, simulation: views::simulation(world, &after), text, references };
    terminal.show(&report, args.output, Some(world))?;
    Ok(Exit::Ok)
}

impl Report for GeneratedReport<'_> {
    const KIND: Option<&'static str> = Some("GeneratedReport");

    fn gaps(&self) -> &[Gap] {
        &self.simulation.gaps
    }

    /// A file for kubectl, so that what is for people stands in comments without colours and is not broken.
    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.made.objects.is_empty() {
            return Ok(());
        }
        let (mut shown, style) = (Vec::new(), Style::default());
        self.simulation.text(page.in_style(&style), &mut shown)?;
        String::from_utf8_lossy(&shown).lines().try_for_each(|line| writeln!(out, "# {line}"))?;
        out.write_all(self.text.as_bytes())
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.references.clone()
    }
}

/// Policies that admit those who were seen calling.
fn from_observed(world: &World, mesh: MeshId, seen: &Observed, only: Option<&Workload>, terminal: &mut Terminal) -> Generated {
    let (edges, notes) = views::observed_edges(world, mesh, seen, only);
    terminal.note(format!(
        "{} edges seen in the last {} by {}; who calls less often than that is not among them",
        edges.len(),
        seen.since,
        seen.source
    ));
    for what in &seen.not_shown {
        terminal.note(format!("metrics do not show {what}"));
    }
    let mut made = views::generate_from_edges(world, mesh, &edges);
    made.notes.extend(notes);
    made
}

/// The mesh that was named, or the only one that is here.
fn mesh(global: &GlobalArgs, world: &World) -> Result<MeshId, CliError> {
    let present = |mesh| world.has_trace_of(mesh);
    match (global.source.mesh, present(MeshId::Istio), present(MeshId::Linkerd)) {
        (MeshArg::Istio, ..) | (MeshArg::Auto, true, false) => Ok(MeshId::Istio),
        (MeshArg::Linkerd, ..) | (MeshArg::Auto, false, true) => Ok(MeshId::Linkerd),
        _ => Err(CliError::usage("for which mesh is not said").hint("add --mesh istio or --mesh linkerd")),
    }
}

fn edges(file: &std::path::Path, world: &World, global: &GlobalArgs) -> Result<BTreeSet<Edge>, CliError> {
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|e| CliError::usage(format!("cannot read {name}: {e}")))?;
    let read: Edges = serde_saphyr::from_str(&text).map_err(|e| CliError::usage(format!("{name}: {}", e.without_snippet())))?;
    let mut found = BTreeSet::new();
    for edge in read.edges {
        let client = policy_words::from_words(&edge.from, world, global)?;
        let client = client.workload.ok_or_else(|| CliError::usage(format!("{name}: {:?} is no workload", edge.from)))?;
        let server = policy_words::server(&edge.to, world, global)?;
        for (workload, port) in views::behind(world, server) {
            found.insert(Edge { client: client.reference.clone(), server: workload.reference.clone(), port });
        }
        if let Server::Service(service, _) = server
            && !found.iter().any(|e| e.client == client.reference)
        {
            return Err(CliError::usage(format!("{name}: Service {} leads to no workload", service.metadata.name)));
        }
    }
    Ok(found)
}

/// The world with the manifests applied.
fn after(written: Inventory, world: &World) -> World {
    let (inventory, _) = overlay::lay(written, world.index.inventory().clone());
    World::new(Index::new(inventory), world.source.clone(), world.now)
}
