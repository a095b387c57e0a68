//! `why`: one request, step by step, and where it ends.

use std::io::{self, Write};

use clap::Args;

use super::{ReadRequest, Terminal, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::model::{Kind, Step, StepKind, StepPlace, StepResult};
use crate::output::{self, ListFormat, Style, clean};
use crate::views::{self, WhyReport};
use crate::world::World;

/// Follow one request from a client to a server, and tell where it ends and why
///
/// Through both proxies: what the name stands for, the endpoints, the route that takes the request, NetworkPolicies, encryption and authorization.
/// The first step that fails is shown with its object, field and line, and with what to do. Exit code 0: it works; 1: it fails; 3: cannot be known.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  kubectl mesh why deploy/frontend cart:8080 GET /items -n shop
  kubectl mesh why web.front https://api.example.com/v1 -H x-user=7
  kubectl mesh why gateway/public https://shop.example.com/cart -n istio-ingress
  kubectl mesh why deploy/frontend cart -n shop -f manifests/ -o wide")]
pub struct WhyArgs {
    /// Who calls: deploy/NAME, NAME.NAMESPACE, or gateway/NAME for requests from outside
    #[arg(value_name = "CLIENT")]
    pub client: String,
    /// Whom: HOST or HOST:PORT as the client types it, or a URL
    #[arg(value_name = "SERVER[:PORT]")]
    pub destination: String,
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
    // Certificates matter where clients from outside are shown them.
    let of_gateway: &[Kind] = if views::is_gateway(&args.client) { &[Kind::Secret] } else { &[] };
    let kinds = views::MEMBERSHIP_KINDS.iter().chain(views::POLICY_KINDS).chain(views::DECISION_KINDS).chain(views::WHY_KINDS).chain(of_gateway);
    // The namespace is where names are looked up, not all there is to read: a request crosses namespaces.
    if global.cluster.namespaces().len() > 1 {
        return Err(CliError::usage("names are looked up in one namespace").hint("name one with -n, and others as NAME.NAMESPACE"));
    }
    let request = ReadRequest { kinds: kinds.copied().collect(), everywhere: true, ..ReadRequest::default() };
    let loaded = load::load(global, &request, terminal).await?;
    let world = &loaded.world;
    let asked: Vec<String> = [&args.client, &args.destination].into_iter().chain(&args.method).chain(&args.path).cloned().collect();
    let asked = views::ask(world, &asked, &args.header, words::namespace(global)).map_err(words::not_found)?;
    let report = views::why(world, &asked);
    let style = terminal.style.clone();
    let out = &mut terminal.out;
    match args.output {
        ListFormat::Json => output::report_json("WhyReport", &report, world, out)?,
        ListFormat::Yaml => output::report_yaml("WhyReport", &report, world, out)?,
        ListFormat::Name => {
            let objects = report.steps.steps.iter().flat_map(|s| &s.because).filter_map(|e| e.object.as_ref());
            output::names(objects, world, out)?;
        }
        ListFormat::Table | ListFormat::Wide => text(&report, args.output == ListFormat::Wide, world, &style, out)?,
    }
    out.flush()?;
    Ok(match report.outcome {
        "works" => Exit::Ok,
        "fails" => Exit::Findings,
        _ => Exit::Unreadable,
    })
}

/// The answer first, then one line a step; what fails or is not known is unfolded.
fn text(report: &WhyReport, wide: bool, world: &World, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mark = match report.outcome {
        "works" => '✔',
        "unknown" => '?',
        _ => '✖',
    };
    writeln!(out, "{}\n", output::line(&format!("{mark} {}", clean(&report.headline)), style))?;
    for step in &report.steps.steps {
        step_lines(step, report, wide, world, style, out)?;
    }
    if wide {
        for loser in &report.route.losers {
            let line = clean(&format!("{}  {}: {}", loser.object, loser.path, loser.text)).into_owned();
            writeln!(out, "{}", output::marked(&output::wrapped(&line, "  · not taken       ", UNDER, style), style))?;
        }
    }
    output::gaps(&report.gaps, style, out)?;
    writeln!(out, "\nnext: {}", clean(&next(report)))
}

/// Below the text of a step.
const UNDER: &str = "                    ";

fn step_lines(step: &Step, report: &WhyReport, wide: bool, world: &World, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (mark, unfold) = match step.result {
        StepResult::Ok => ('✔', wide),
        StepResult::Fails => ('✖', true),
        StepResult::Unknown(_) => ('?', true),
        StepResult::Skipped => ('·', wide),
    };
    // What the server's side is made of is said where it matters.
    if !wide && step.step == StepKind::Capture && step.at == StepPlace::Server && step.result == StepResult::Ok {
        return Ok(());
    }
    let label = match (step.step, step.at) {
        (StepKind::Capture, StepPlace::Server) => "server",
        (StepKind::Capture, _) => &report.client,
        (StepKind::Service, _) => &report.server,
        (StepKind::Endpoints, _) => "endpoints",
        (StepKind::Route, _) => "route",
        (StepKind::Egress, _) => "egress",
        (StepKind::NetworkPolicy, _) => "network",
        (StepKind::Mtls, _) => "encryption",
        (StepKind::Authorization, _) => "authorization",
    };
    let label = clean(label).into_owned();
    let first = if label.chars().count() > 15 { format!("  {mark} {label}  ") } else { format!("  {mark} {label:<16}") };
    writeln!(out, "{}", output::marked(&output::wrapped(&clean(&step.text), &first, UNDER, style), style))?;
    for evidence in step.because.iter().filter(|_| unfold) {
        let Some(object) = &evidence.object else { continue };
        let path = evidence.path.as_ref().filter(|p| !p.is_empty()).map_or(String::new(), |p| format!("  {p}"));
        let place = views::place(world, object, evidence.path.as_deref());
        let place = place.map_or(String::new(), |p| format!("  {p}"));
        writeln!(out, "{}", output::wrapped(&clean(&format!("{object}{path}{place}")), UNDER, UNDER, style))?;
        if !evidence.text.is_empty() && !step.text.contains(&evidence.text) {
            let under = format!("{UNDER}  ");
            writeln!(out, "{}", output::wrapped(&clean(&evidence.text), &under, &under, style))?;
        }
    }
    match &step.hint {
        Some(hint) if unfold => writeln!(out, "{}", output::line(&format!("{UNDER}→ {}", clean(hint)), style)),
        _ => Ok(()),
    }
}

/// Where to look next.
fn next(report: &WhyReport) -> String {
    let decided = report.steps.steps.iter().find(|s| matches!(s.result, StepResult::Fails | StepResult::Unknown(_)));
    let namespace = &report.namespace;
    match decided.map(|s| (s.step, s.at)) {
        None => format!("kubectl mesh mtls -n {namespace}    what else is encrypted there"),
        Some((StepKind::Mtls, StepPlace::Client | StepPlace::Server)) => {
            format!("kubectl mesh mtls -n {namespace}    what every port accepts and who decides that")
        }
        Some(_) => format!("kubectl mesh check -n {namespace}    everything else that is wrong there"),
    }
}
