//! `certs`: trust anchors, issuers, and what webhooks, gateways and workloads show.

mod ask;
mod pem;
mod table;

use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::{ReadRequest, Terminal, load, words};
use crate::cli::{GlobalArgs, ListArgs};
use crate::error::{CliError, Exit};
use crate::model::Kind;
use crate::views::{self, CERTIFICATE_KINDS, CertificateReport, CertificateRow, Limit, Stage};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh certs                       # without reading a Secret
  kubectl mesh certs --read-secrets        # also what stands in Secrets: public certificates alone
  kubectl mesh certs --deep -n shop        # also what the workloads' proxies show
  kubectl mesh certs --expiry-within 30d   # exit code 1 when something ends sooner
  kubectl mesh certs ca.pem issuer.pem     # files instead of a cluster";

/// Show the certificates of the meshes, their chains and how long they hold
///
/// Trust anchors as sets, by place, so that a change of root shows in which stage it stands and who has to be restarted. Control planes, webhooks and
/// gateways are asked in a TLS handshake over a port-forward, where that is allowed; it ends when they have shown their certificates. Secrets are read
/// only with --read-secrets, and of those only certificates. What "soon" is depends on who renews a certificate and when. Exit code 1 when a certificate does
/// not hold or has to be renewed now, a chain is broken, or something ends within --expiry-within; a time there is about what people renew, not about
/// what proxies and cert-manager renew by themselves.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CertsArgs {
    /// Certificates to look at instead of a cluster or manifests: PEM or DER files, or directories of them
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Read Secrets as well: of each only the certificates, never a key
    #[arg(long)]
    pub read_secrets: bool,
    /// Fail when something ends within this time (30d, 12h) or has less than this share of its time left (20%)
    #[arg(long, value_name = "TIME|SHARE", value_parser = limit)]
    pub expiry_within: Option<Limit>,
    /// How it is shown.
    #[command(flatten)]
    pub list: ListArgs,
    /// Which processes are asked.
    #[command(flatten)]
    pub ask: ask::AskArgs,
}

fn limit(text: &str) -> Result<Limit, String> {
    if let Some(share) = text.strip_suffix('%') {
        return share.parse().ok().filter(|share| (1..=100).contains(share)).map(Limit::Percent).ok_or_else(|| "a share is 1% to 100%".to_owned());
    }
    let days = text.strip_suffix('d').and_then(|days| days.parse::<i64>().ok()).and_then(|days| days.checked_mul(86_400));
    let other = || text.parse::<SignedDuration>().ok().map(|duration| duration.as_secs());
    days.or_else(other).filter(|seconds| *seconds > 0).map(Limit::Seconds).ok_or_else(|| "write 30d, 12h or 20%".to_owned())
}

/// Runs the command.
pub async fn run(args: &CertsArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let view = args.list.view()?;
    let files = pem::named(&args.files, &global.source.filename)?;
    if !files.is_empty() {
        let report = views::certificates_of_files(&files, Timestamp::now()).map_err(CliError::usage)?;
        terminal.show(&report, view, None)?;
        return Ok(verdict(&report, args.expiry_within));
    }
    let loaded = load::load(global, &request(args.read_secrets), terminal).await?;
    let world = &loaded.world;
    let (shown, unanswered) = ask::all(&args.ask, world, global, terminal).await?;
    let mut report = views::certificates(world, args.read_secrets, &shown);
    report.gaps.extend(unanswered);
    if report.certificates.is_empty() {
        words::nothing("certificate of a mesh", world, terminal);
    }
    terminal.show(&report, view, Some(world))?;
    let judged = words::judged(world, &[Kind::ConfigMap, Kind::MutatingWebhookConfiguration], report.certificates.is_empty(), terminal);
    Ok(match verdict(&report, args.expiry_within) {
        Exit::Ok => judged,
        bad => bad,
    })
}

/// What it reads.
pub(super) fn request(secrets: bool) -> ReadRequest {
    let kinds = CERTIFICATE_KINDS.iter().chain(secrets.then_some(&Kind::Secret)).copied().collect();
    ReadRequest { kinds, labelled: vec![load::ROOTS], ..ReadRequest::default() }
}

fn verdict(report: &CertificateReport, limit: Option<Limit>) -> Exit {
    let bad = |row: &CertificateRow| row.is_broken() || limit.is_some_and(|limit| row.is_below(limit));
    let stages = report.rotations.iter().any(|r| r.stage == Stage::Broken);
    if stages || report.certificates.iter().any(bad) { Exit::Findings } else { Exit::Ok }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_times_or_shares() {
        assert_eq!(limit("30d"), Ok(Limit::Seconds(30 * 86_400)));
        assert_eq!((limit("12h"), limit("20%")), (Ok(Limit::Seconds(43_200)), Ok(Limit::Percent(20))));
        for wrong in ["", "d", "0d", "-1d", "30", "0%", "101%", "x%", "9223372036854775807d"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
