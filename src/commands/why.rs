//! `why`: one request, step by step, and where it ends.

use std::io::{self, Write};

use clap::Args;

use super::{ReadRequest, Terminal, load, words};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::model::{Gap, Kind, ObjectRef, Step, StepKind, StepPlace, StepResult};
use crate::output::{self, Format, Page, Report, clean};
use crate::views::{self, WhyOutcome, WhyReport};

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
    #[arg(short, long, value_parser = output::usual_formats(), default_value = "table")]
    pub output: Format,
}

/// What it reads.
pub(super) fn request(from_gateway: bool) -> ReadRequest {
    // Certificates matter where clients from outside are shown them.
    let of_gateway: &[Kind] = if from_gateway { &[Kind::Secret] } else { &[] };
    let kinds = [views::MEMBERSHIP_KINDS, views::POLICY_KINDS, views::DECISION_KINDS, views::WHY_KINDS, of_gateway];
    ReadRequest { everywhere: true, ..ReadRequest::of(kinds.into_iter().flatten()) }
}

/// Runs the command.
pub async fn run(args: &WhyArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    // The namespace is where names are looked up, not all there is to read: a request crosses namespaces.
    if global.cluster.namespaces().len() > 1 {
        return Err(CliError::usage("names are looked up in one namespace").hint("name one with -n, and others as NAME.NAMESPACE"));
    }
    let loaded = load::load(global, &request(views::is_gateway(&args.client)), terminal).await?;
    let world = &loaded.world;
    let asked: Vec<String> = [&args.client, &args.destination].into_iter().chain(&args.method).chain(&args.path).cloned().collect();
    let asked = views::ask(world, &asked, &args.header, words::namespace(global)).map_err(words::not_found)?;
    let report = views::why(world, &asked);
    terminal.show(&report, args.output, Some(world))?;
    Ok(match report.outcome {
        WhyOutcome::Works => Exit::Ok,
        WhyOutcome::Fails => Exit::Findings,
        WhyOutcome::Unknown => Exit::Unreadable,
    })
}

impl Report for WhyReport {
    const KIND: Option<&'static str> = Some("WhyReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The answer first, then one line a step; what fails or is not known is unfolded.
    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mark = match self.outcome {
            WhyOutcome::Works => '✔',
            WhyOutcome::Unknown => '?',
            WhyOutcome::Fails => '✖',
        };
        page.line(&format!("{mark} {}", self.headline), out)?;
        writeln!(out)?;
        for step in &self.steps.steps {
            step_lines(step, self, page, out)?;
        }
        for loser in self.route.losers.iter().filter(|_| page.wide) {
            under(&format!("{}  {}: {}", loser.object, loser.path, loser.text), "  · not taken       ", page, out)?;
        }
        output::gaps(&self.gaps, page.style, out)?;
        writeln!(out, "\nnext: {}", clean(&next(self)))
    }

    /// Everything that led to the answer.
    fn objects(&self) -> Vec<ObjectRef> {
        self.steps.steps.iter().flat_map(|step| &step.because).filter_map(|because| because.object.clone()).collect()
    }
}

/// Below the text of a step.
const UNDER: &str = "                    ";

/// Writes text behind its beginning; its further lines begin below it.
fn under(text: &str, first: &str, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", output::marked(&output::wrapped(&clean(text), first, UNDER, page.style), page.style))
}

fn step_lines(step: &Step, report: &WhyReport, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (mark, unfold) = match step.result {
        StepResult::Ok => ('✔', page.wide),
        StepResult::Fails => ('✖', true),
        StepResult::Unknown(_) => ('?', true),
        StepResult::Skipped => ('·', page.wide),
    };
    // What the server's side is made of is said where it matters.
    if !page.wide && step.step == StepKind::Capture && step.at == StepPlace::Server && step.result == StepResult::Ok {
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
    under(&step.text, &first, page, out)?;
    for evidence in step.because.iter().filter(|_| unfold) {
        let Some(object) = &evidence.object else { continue };
        let path = evidence.path.as_ref().filter(|p| !p.is_empty()).map_or(String::new(), |p| format!("  {p}"));
        let place = page.world.and_then(|world| views::place(world, object, evidence.path.as_deref()));
        let place = place.map_or(String::new(), |p| format!("  {p}"));
        writeln!(out, "{}", output::wrapped(&clean(&format!("{object}{path}{place}")), UNDER, UNDER, page.style))?;
        if !evidence.text.is_empty() && !step.text.contains(&evidence.text) {
            let under = format!("{UNDER}  ");
            writeln!(out, "{}", output::wrapped(&clean(&evidence.text), &under, &under, page.style))?;
        }
    }
    match &step.hint {
        Some(hint) if unfold => page.line(&format!("{UNDER}→ {hint}"), out),
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
