//! `certs`: trust anchors, issuers, and what webhooks and gateways show.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::{ReadRequest, Terminal, load, words};
use crate::cli::{GlobalArgs, ListArgs};
use crate::error::{CliError, Exit};
use crate::model::{Gap, Kind, MeshId, ObjectRef};
use crate::output::{self, Page, Report, Table, clean};
use crate::views::{self, CERTIFICATE_KINDS, CertificateChain, CertificateReport, CertificateRow, Limit, Role, Stage, Validity};

const EXAMPLES: &str = "\
Examples:
  kubectl mesh certs                       # without reading a Secret
  kubectl mesh certs --read-secrets        # also issuers, gateways and what webhooks show
  kubectl mesh certs --expiry-within 30d   # exit code 1 when something ends sooner
  kubectl mesh certs ca.pem issuer.pem     # files instead of a cluster";

/// Show the certificates of the meshes, their chains and how long they hold
///
/// Trust anchors as sets, by place, so that a change of root shows in which stage it stands and who has to be restarted. Secrets are read only with
/// --read-secrets, and of those only certificates. Exit code 1 when a certificate does not hold, a chain is broken, or something ends within
/// --expiry-within.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CertsArgs {
    /// PEM files to look at instead of a cluster or manifests
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
    if !args.files.is_empty() {
        let read = |path: &PathBuf| {
            let text = std::fs::read(path).map_err(|error| CliError::usage(format!("cannot read {}: {error}", path.display())))?;
            Ok::<_, CliError>((path.display().to_string(), text))
        };
        let files: Vec<(String, Vec<u8>)> = args.files.iter().map(read).collect::<Result<_, _>>()?;
        let report = views::certificates_of_files(&files, Timestamp::now()).map_err(CliError::usage)?;
        terminal.show(&report, view, None)?;
        return Ok(verdict(&report, args.expiry_within));
    }
    let loaded = load::load(global, &request(args.read_secrets), terminal).await?;
    let world = &loaded.world;
    let report = views::certificates(world, args.read_secrets);
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

impl Report for CertificateReport {
    const KIND: Option<&'static str> = Some("CertificateReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        if !page.wide {
            return vec![Table::new(["MESH", "WHAT", "SUBJECT", "LEFT", "STATE"], self.certificates.iter().map(cells))];
        }
        let header = ["MESH", "WHAT", "SUBJECT", "LEFT", "STATE", "KEY", "ENDS", "SHA-256", "WHERE"];
        let rows = self.certificates.iter().map(|row| {
            let sha = row.sha256.as_deref().and_then(|sha| sha.get(..16)).unwrap_or("?");
            let [mesh, what, subject, left, state] = cells(row);
            let key = row.algorithm.clone().unwrap_or_else(|| "?".to_owned());
            [mesh, what, subject, left, state, key, row.not_after.clone().unwrap_or_else(|| "?".to_owned()), sha.to_owned(), places(row)]
        });
        vec![Table::new(header, rows)]
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        page.tables(&self.tables(page), out)?;
        self.anchor_sets(page.wide, out)?;
        if !self.rotations.is_empty() {
            writeln!(out)?;
        }
        for row in &self.rotations {
            let mark = match row.stage {
                Stage::Stable | Stage::Removable => '✔',
                Stage::Broken => '✖',
                Stage::Unknown => '?',
                _ => '▲',
            };
            page.line(&format!("{mark} {} roots ({}): {}", row.mesh, row.namespace, row.text), out)?;
            let names = row.restart.iter().map(ToString::to_string).chain(row.namespaces.iter().map(|ns| format!("namespace {ns}")));
            let most = if page.wide { usize::MAX } else { 10 };
            names.take(most).try_for_each(|name| writeln!(out, "    {}", clean(&name)))?;
        }
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.certificates.iter().flat_map(|row| &row.places).filter_map(|place| place.object.clone()).collect()
    }
}

impl CertificateReport {
    /// The sets of anchors, where a mesh has more than one.
    fn anchor_sets(&self, wide: bool, out: &mut dyn Write) -> io::Result<()> {
        for mesh in [MeshId::Istio, MeshId::Linkerd] {
            let sets: Vec<_> = self.anchors.iter().filter(|set| set.mesh == mesh).collect();
            if sets.len() < 2 {
                continue;
            }
            writeln!(out, "\n▲ {mesh}: trust anchors differ")?;
            for set in sets {
                let short: Vec<&str> = set.sha256.iter().filter_map(|sha| sha.get(..12)).collect();
                let most = if wide { usize::MAX } else { 3 };
                let mut places: Vec<String> = set.places.iter().filter_map(|p| p.object.as_ref()).take(most).map(ToString::to_string).collect();
                if set.places.len() > places.len() {
                    places.push(format!("{} more", set.places.len() - places.len()));
                }
                if set.pods > 0 {
                    places.push(if set.pods == 1 { "1 pod".to_owned() } else { format!("{} pods", set.pods) });
                }
                writeln!(out, "    {}  in {}", short.join(" + "), clean(&places.join(", ")))?;
            }
        }
        Ok(())
    }
}

fn cells(row: &CertificateRow) -> [String; 5] {
    [row.mesh.name().to_owned(), row.role.title().to_owned(), row.subject.clone(), left(row), state(row)]
}

/// `9 y 40 d`, `11 h of 48 h`: the two largest units, and the whole where that is short.
fn left(row: &CertificateRow) -> String {
    let Some(seconds) = row.seconds_left else { return "?".to_owned() };
    let span = |seconds: i64| match (seconds / 31_536_000, seconds / 86_400, seconds / 3600) {
        (0, 0, hours) => format!("{hours} h"),
        (0, days, _) => format!("{days} d"),
        (years, days, _) => format!("{years} y {} d", days % 365),
    };
    if seconds < 0 { format!("ended {} ago", span(-seconds)) } else { format!("{} ({} %)", span(seconds), row.percent_left.unwrap_or_default()) }
}

fn state(row: &CertificateRow) -> String {
    let (mark, mut words) = match (row.state, row.chain) {
        (Validity::Expired, _) => ('✖', vec!["expired".to_owned()]),
        (Validity::NotYetValid, _) => ('✖', vec!["does not hold yet".to_owned()]),
        (_, CertificateChain::Broken) => ('✖', vec!["issued by none of the anchors".to_owned()]),
        (Validity::Expiring, _) => ('▲', vec!["ends soon".to_owned()]),
        (Validity::Unknown, _) => ('?', vec!["not read".to_owned()]),
        (Validity::Valid, _) if !row.problems.is_empty() => ('▲', Vec::new()),
        (Validity::Valid, _) => ('✔', Vec::new()),
    };
    if row.chain == CertificateChain::Verified {
        words.push("chain verified".to_owned());
    }
    words.extend(row.problems.iter().cloned());
    if let Some(renewal) = &row.renewal {
        words.push(match (renewal.ready, renewal.overdue) {
            (Some(false), _) => format!("cert-manager: {} is not ready", renewal.certificate.name),
            (_, true) => "cert-manager: renewal is overdue".to_owned(),
            _ => "renewed by cert-manager".to_owned(),
        });
    }
    if row.places.len() > 1 {
        words.push(format!("in {} places", row.places.len()));
    }
    if row.role == Role::Gateway && row.state == Validity::Unknown && row.renewal.is_none() {
        words.push("--read-secrets".to_owned());
    }
    format!("{mark} {}", words.join("; ")).trim_end().to_owned()
}

/// Where it stands.
fn places(row: &CertificateRow) -> String {
    let name = |place: &crate::model::Evidence| place.object.as_ref().map_or_else(|| place.text.clone(), ToString::to_string);
    match row.places.as_slice() {
        [] => String::new(),
        [one] => name(one),
        [first, rest @ ..] => format!("{} and {} more", name(first), rest.len()),
    }
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
