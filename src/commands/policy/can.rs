//! `policy can`: one decision, with everything that led there.

use std::io::{self, Write};

use clap::Args;

use super::words::{self, CallArgs, ClientArgs};
use crate::cli::GlobalArgs;
use crate::commands::{Terminal, load};
use crate::error::{CliError, Exit};
use crate::mesh::authorization::Verdict;
use crate::model::{Gap, ObjectRef, Step, StepResult};
use crate::output::{self, Format, Page, Report, clean};
use crate::views::{self, DecisionReport};

/// Decide one request, and show what led there
///
/// Exit code 0 means allowed, 1 denied (or no route takes it), 3 that it cannot be known. What is not said of a request is not known: where it
/// matters, the answer names it.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  kubectl mesh policy can --from deploy/frontend --to svc/cart:8080 -n shop --method GET --path /items
  kubectl mesh policy can --from sa/tools/prometheus --to deploy/cart:9090 -n shop
  kubectl mesh policy can --plaintext --from-ip 10.1.2.3 --to svc/cart.shop:8080 --tcp -f manifests/")]
pub struct CanArgs {
    /// Who calls.
    #[command(flatten)]
    pub client: ClientArgs,
    /// What is called: svc/NAME:PORT, where the client's routes and rules count, or KIND/NAME:PORT for the pods themselves, past Services and what
    /// routes and rules say of those; NAME.NAMESPACE says where
    #[arg(long, value_name = "SERVER")]
    pub to: String,
    /// What is sent.
    #[command(flatten)]
    pub call: CallArgs,
    /// Output format
    #[arg(short, long, value_parser = output::usual_formats(), default_value = "table")]
    pub output: Format,
}

/// Runs the command.
pub async fn run(args: &CanArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let loaded = load::load(global, &words::read_for_requests(), terminal).await?;
    let world = &loaded.world;
    let server = words::server(&args.to, world, global)?;
    let request = words::request(words::client(&args.client, world, global)?, &args.call);
    let report = views::decision(world, server, &request);
    terminal.show(&report, args.output, Some(world))?;
    Ok(match report.decision {
        Verdict::Allow => Exit::Ok,
        Verdict::Unknown => Exit::Unreadable,
        Verdict::Deny | Verdict::NotFound => Exit::Findings,
    })
}

impl Report for DecisionReport {
    const KIND: Option<&'static str> = Some("DecisionReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The answer first, then one line a step; what fails or is not known is unfolded.
    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mark = match self.decision {
            Verdict::Allow => '✔',
            Verdict::Unknown => '?',
            Verdict::Deny | Verdict::NotFound => '✖',
        };
        page.line(&format!("{mark} {}", self.headline), out)?;
        writeln!(out)?;
        for step in &self.steps {
            step_lines(step, page, out)?;
        }
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.because.iter().filter_map(|because| because.object.clone()).collect()
    }
}

/// Below the text of a step.
const UNDER: &str = "                   ";

fn step_lines(step: &Step, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (mark, unfold) = match step.result {
        StepResult::Ok => ('✔', page.wide),
        StepResult::Fails => ('✖', true),
        StepResult::Unknown(_) => ('?', true),
        StepResult::Skipped => ('·', page.wide),
    };
    let name = match step.step {
        crate::model::StepKind::NetworkPolicy => "network",
        crate::model::StepKind::Mtls => "encryption",
        crate::model::StepKind::Service => "service",
        crate::model::StepKind::Route => "route",
        crate::model::StepKind::Capture => "membership",
        _ => "authorization",
    };
    let first = format!("  {mark} {name:<15}");
    writeln!(out, "{}", output::marked(&output::wrapped(&clean(&step.text), &first, UNDER, page.style), page.style))?;
    for evidence in step.because.iter().filter(|_| unfold) {
        let Some(object) = &evidence.object else { continue };
        let path = evidence.path.as_ref().map_or(String::new(), |p| format!("  {p}"));
        let place = page.world.and_then(|world| views::place(world, object, evidence.path.as_deref()));
        let place = place.map_or(String::new(), |p| format!("   {p}"));
        page.line(&format!("{UNDER}{object}{path}{place}"), out)?;
        if evidence.text != step.text {
            page.line(&format!("{UNDER}  {}", evidence.text), out)?;
        }
    }
    match &step.hint {
        Some(hint) if unfold => page.line(&format!("{UNDER}→ {hint}"), out),
        _ => Ok(()),
    }
}
