//! How certificates look at a terminal.

use std::io::{self, Write};

use crate::model::{Gap, MeshId, ObjectRef};
use crate::output::{self, Page, Report, Table, clean};
use crate::views::{CertificateChain, CertificateReport, CertificateRow, Role, Stage, Validity};

impl Report for CertificateReport {
    const KIND: Option<&'static str> = Some("CertificateReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        if !page.wide {
            return vec![Table::new(["MESH", "WHAT", "SUBJECT", "LEFT", "STATE"], folded(&self.certificates))];
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
            let refused = row.refused.iter().map(|pair| format!("{} refuses {}", pair.by, pair.whose));
            refused.take(most).try_for_each(|pair| writeln!(out, "    {}", clean(&pair)))?;
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

/// Certificates of workloads are by the thousand: what is good stands in one line of each mesh, with the least that is left of any.
fn folded(rows: &[CertificateRow]) -> Vec<[String; 5]> {
    let good = |row: &&CertificateRow| {
        row.role == Role::Workload && row.state == Validity::Valid && row.chain != CertificateChain::Broken && row.problems.is_empty()
    };
    let mut cells: Vec<[String; 5]> = rows.iter().filter(|row| !good(row)).map(self::cells).collect();
    for mesh in [MeshId::Istio, MeshId::Linkerd] {
        let all: Vec<&CertificateRow> = rows.iter().filter(good).filter(|row| row.mesh == mesh.into()).collect();
        let Some(first) = all.iter().min_by_key(|row| row.seconds_left) else { continue };
        let number = if all.len() == 1 { "1 certificate".to_owned() } else { format!("{} certificates", all.len()) };
        let left = if all.len() == 1 { left(first) } else { format!("≥ {}", left(first)) };
        cells.push([mesh.name().to_owned(), Role::Workload.title().to_owned(), number, left, "✔".to_owned()]);
    }
    cells
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
        (Validity::Critical, _) => ('✖', vec!["has to be renewed now".to_owned()]),
        (Validity::Expiring, _) if row.renewal.is_none() => ('▲', vec!["ends soon".to_owned()]),
        (Validity::Expiring, _) => ('▲', Vec::new()),
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
