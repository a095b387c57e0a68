//! `proxy diff`: what a proxy has against what it should have by the objects of the cluster.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::config::{Asking, ask, saved};
use super::pod;
use crate::cli::GlobalArgs;
use crate::commands::{ReadRequest, Terminal, load, words};
use crate::error::{CliError, Exit};
use crate::mesh::envoy::{Answers, Section};
use crate::mesh::pod_proxy::ProxyKind;
use crate::mesh::proxy_diff::{DifferenceKind, PROXY_DIFF_KINDS};
use crate::model::{Gap, ObjectRef};
use crate::output::{self, Format, Page, Report, counted};
use crate::views::{self, ConfigFilter, MEMBERSHIP_KINDS, MTLS_KINDS, ProxyDiffReport, Target};

/// Of each way to differ so many are shown.
const SHOWN: usize = 10;
const SECTIONS: &[Section] = &[Section::Bootstrap, Section::Clusters, Section::Listeners, Section::Routes];

/// Compare what a sidecar has with what it should have
///
/// What it refused and what it waits for; for its ports the encryption that the effective PeerAuthentication asks for; the AuthorizationPolicies that it
/// enforces; clusters of the Services and ServiceEntries that it sees, and their subsets; objects that it was made of and that are gone. What istiod may
/// leave out for reasons that are not visible is not compared, and named. Exit code 1 when it differs, 3 when nothing could be compared.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  kubectl mesh proxy diff cart-6d5f-x2v9k -n shop
  kubectl mesh proxy diff --config-dump dump.json -f manifests/    # a saved dump against files")]
pub struct ProxyDiffArgs {
    /// The pod: POD, POD.NAMESPACE, or deploy/NAME for one of its pods; with --config-dump whose answers those are, where they do not say it
    #[arg(value_name = "POD", required_unless_present = "config_dump")]
    pub workload: Option<String>,
    /// Saved answers of the admin interface instead of a pod's, - for standard input (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub config_dump: Vec<PathBuf>,
    /// Port of the admin interface (default: what the pod says, else 15000)
    #[arg(long, value_name = "PORT")]
    pub proxy_admin_port: Option<u16>,
    /// Output format
    #[arg(short, long, value_parser = output::usual_formats(), default_value = "table")]
    pub output: Format,
}

/// What it reads besides.
pub(in crate::commands) fn request() -> ReadRequest {
    ReadRequest { everywhere: true, ..ReadRequest::of(MEMBERSHIP_KINDS.iter().chain(MTLS_KINDS).chain(PROXY_DIFF_KINDS)) }
}

/// Runs the command.
pub async fn run(args: &ProxyDiffArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let mut asked = None;
    let mut answers = if args.config_dump.is_empty() {
        let (pod, answers) = live(args, global, terminal).await?;
        asked = Some(pod);
        answers
    } else {
        saved::read(&args.config_dump, SECTIONS)?.0
    };
    let loaded = load::load(global, &request(), terminal).await?;
    let world = &loaded.world;
    let bootstrap = answers.bootstrap.take().unwrap_or_default();
    let of_pod = asked.as_ref().and_then(|pod| world.index.workload_of(world.index.pod(&pod.namespace, &pod.name)?));
    let named =
        || match &args.workload {
            Some(word) => match views::find(world, std::slice::from_ref(word), words::namespace(global)).map_err(words::not_found)? {
                Target::Workload(workload) => Ok(workload),
                Target::Service(service) => {
                    Err(CliError::usage(format!("Service {} has no proxy", service.metadata.name)).hint("name a pod or a workload"))
                }
            },
            None => Err(CliError::usage(format!("whose answers these are is not in {}", output::place(world)))
                .hint("name the workload: proxy diff deploy/NAME")),
        };
    let by_itself = || views::workload_of_node(world, &bootstrap.node, &bootstrap.workload).filter(|_| args.workload.is_none());
    let workload = match of_pod.or_else(by_itself) {
        Some(workload) => workload,
        None => named()?,
    };
    let mut report = views::proxy_diff(world, workload, &answers);
    report.pod = asked;
    terminal.show(&report, args.output, Some(world))?;
    Ok(match report.agrees {
        false => Exit::Findings,
        true if report.compared() => Exit::Ok,
        true => Exit::Unreadable,
    })
}

async fn live(args: &ProxyDiffArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<(ObjectRef, Answers), CliError> {
    if global.source.demo || global.source.snapshot.is_some() || (!global.source.paths().is_empty() && !global.source.with_cluster) {
        return Err(CliError::usage("manifests and snapshots hold no configuration of proxies").hint("--config-dump FILE reads a saved one"));
    }
    let connection = load::connection(global, global.cluster.context.as_deref()).await?;
    let pod::Found { pod, proxy } = pod::find(args.workload.as_deref().unwrap_or_default(), global, &connection).await?;
    if proxy.kind != ProxyKind::Envoy {
        return Err(CliError::usage(format!("{pod} has no Envoy, and other proxies dump no configuration"))
            .hint("kubectl mesh proxy status tells whether it has what its control plane holds"));
    }
    let asking = Asking { pod: &pod, port: args.proxy_admin_port.unwrap_or(proxy.admin_port), memory_limit: proxy.memory_limit };
    let answers = ask::ask(&connection, asking, SECTIONS, &ConfigFilter::default(), terminal).await?;
    Ok((pod, answers))
}

impl Report for ProxyDiffReport {
    const KIND: Option<&'static str> = Some("ProxyDiffReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let who = self.pod.as_ref().unwrap_or(&self.workload);
        page.line(&self.headline(who), out)?;
        let mut last = (None, 0);
        for row in &self.differences {
            last = if last.0 == Some(row.kind) { (last.0, last.1 + 1) } else { (Some(row.kind), 1) };
            if last.1 > SHOWN && !page.wide {
                continue;
            }
            let mark = if row.kind == DifferenceKind::Waiting { '▲' } else { '✖' };
            page.line(&format!("  {mark} {}   {}", row.at, row.text), out)?;
            for evidence in &row.because {
                let Some(object) = &evidence.object else { continue };
                let path = evidence.path.as_ref().map_or_else(String::new, |path| format!("  {path}"));
                let place = page.world.and_then(|world| views::place(world, object, evidence.path.as_deref()));
                page.line(&format!("      {object}{path}{}", place.map_or_else(String::new, |place| format!("  {place}"))), out)?;
            }
        }
        if !page.wide {
            let more: usize = ALL_KINDS.iter().map(|kind| self.differences.iter().filter(|d| d.kind == *kind).count().saturating_sub(SHOWN)).sum();
            if more > 0 {
                writeln!(out, "  {more} more (-o wide)")?;
            }
        }
        let agreed: Vec<String> = self.agreed.iter().filter(|row| row.count > 0).map(some).collect();
        if !agreed.is_empty() {
            page.line(&format!("  ✔ {} as expected", agreed.join(", ")), out)?;
        }
        for reason in &self.not_compared {
            page.line(&format!("  · not compared: {reason}"), out)?;
        }
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.differences.iter().flat_map(|row| &row.because).filter_map(|because| because.object.clone()).collect()
    }
}

const ALL_KINDS: [DifferenceKind; 5] =
    [DifferenceKind::Rejected, DifferenceKind::Missing, DifferenceKind::Unexpected, DifferenceKind::Encryption, DifferenceKind::Waiting];

fn some(row: &views::AgreedRow) -> String {
    if row.what == "policy" && row.count != 1 { format!("{} policies", row.count) } else { counted(row.count, row.what) }
}

impl ProxyDiffReport {
    fn headline(&self, who: &ObjectRef) -> String {
        let count = |kind: DifferenceKind| self.differences.iter().filter(|row| row.kind == kind).count();
        let (rejected, waiting) = (count(DifferenceKind::Rejected), count(DifferenceKind::Waiting));
        let differs = self.differences.len() - rejected - waiting;
        let mut parts = Vec::new();
        parts.extend((differs > 0).then(|| format!("differs in {}", counted(differs, "place"))));
        parts.extend((rejected > 0).then(|| format!("refused {}", counted(rejected, "update"))));
        parts.extend((waiting > 0).then(|| format!("waits for {waiting}")));
        match (parts.is_empty(), self.compared()) {
            (true, true) => format!("✔ The proxy of {who} has what it should, as far as that was compared."),
            (true, false) => format!("? Nothing of the proxy of {who} could be compared."),
            (false, _) => format!("✖ The proxy of {who} {}.", parts.join("; ")),
        }
    }
}
