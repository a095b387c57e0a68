//! `mtls --plan`: what would break.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::commands::{Terminal, words};
use crate::error::{CliError, Exit};
use crate::mesh::mtls::ServerMode;
use crate::model::{Gap, ObjectRef};
use crate::output::{self, Page, Report, View};
use crate::views::{self, MtlsPlanReport, PlanItem, PlanItemKind};
use crate::world::World;

/// Items that are about somebody who calls.
const CALLERS: [PlanItemKind; 4] = [PlanItemKind::Client, PlanItemKind::Ingress, PlanItemKind::ApiServer, PlanItemKind::Observed];

/// How many clients of one namespace are listed one by one.
const LISTED: usize = 5;

/// Writes the plan; the exit code says whether something would break.
pub(super) fn show(report: &MtlsPlanReport, world: &World, view: View<'_>, terminal: &mut Terminal) -> Result<Exit, CliError> {
    if report.servers.is_empty() {
        words::nothing("workloads in a mesh", world, terminal);
    }
    terminal.show(report, view, Some(world))?;
    if !report.breaks.is_empty() {
        return Ok(Exit::Findings);
    }
    if let Some(why) = report.observed.as_ref().and_then(|o| o.missing.first()) {
        terminal.problem(format!("what really happened was not seen: {why}"));
        return Ok(Exit::Unreadable);
    }
    let kinds = [views::MEMBERSHIP_KINDS, views::MTLS_KINDS].concat();
    let unread = report.unknown.iter().any(|item| item.kind == PlanItemKind::Unread);
    Ok(words::judged(world, &kinds, unread, terminal))
}

impl Report for MtlsPlanReport {
    const KIND: Option<&'static str> = Some("MtlsPlanReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        text(self, page, out)?;
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.servers.clone()
    }
}

fn text(report: &MtlsPlanReport, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.servers.is_empty() {
        return Ok(());
    }
    let word = report.mode.name().to_ascii_uppercase();
    let count = |kinds: &[PlanItemKind], one: &str, more: &str| {
        let clients = report
            .breaks
            .iter()
            .filter(|i| kinds.contains(&i.kind))
            .map(|i| (&i.client, if i.client.is_none() { Some((&i.server, &i.text)) } else { None }));
        match clients.collect::<std::collections::BTreeSet<_>>().len() {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {more}")),
        }
    };
    let counts: Vec<String> =
        [count(&CALLERS, "client", "clients"), count(&[PlanItemKind::Probe], "probe", "probes")].into_iter().flatten().collect();
    if counts.is_empty() {
        let unsure = if report.unknown.is_empty() { "" } else { ", as far as can be known from here" };
        page.line(&format!("✔ {word} would refuse nobody{unsure}."), out)?;
    } else {
        page.line(&format!("✖ Not yet: {word} would refuse {}.", counts.join(" and ")), out)?;
    }
    for (item, more) in folded(&report.breaks, page.wide) {
        page.line(&format!("  ✖ {}", line(item, more)), out)?;
    }
    for item in &report.unknown {
        page.line(&format!("  ? {}", line(item, 0)), out)?;
    }
    for item in &report.kept {
        page.line(&format!("  ▲ {}:{} {}", item.server.name, item.server.port, item.text), out)?;
    }
    if report.encrypted > 0 {
        let (noun, verb) = if report.encrypted == 1 { ("workload", "goes") } else { ("workloads", "go") };
        page.line(&format!("  ✔ {} {noun} with a proxy {verb} on in mutual TLS", report.encrypted), out)?;
    }
    next(report, page, out)
}

/// Items one by one; of many clients of one namespace without a proxy the first few, the last with the number of the rest.
fn folded(items: &[PlanItem], wide: bool) -> Vec<(&PlanItem, usize)> {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    let key = |item: &PlanItem| item.client.as_ref().map(|c| (c.namespace.to_string(), item.text.clone()));
    items.iter().filter_map(key).for_each(|k| *seen.entry(k).or_default() += 1);
    let mut shown: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for item in items {
        let Some(key) = key(item).filter(|_| !wide) else {
            lines.push((item, 0));
            continue;
        };
        let all = seen.get(&key).copied().unwrap_or_default();
        let count = shown.entry(key).or_default();
        *count += 1;
        if *count < LISTED || all == LISTED && *count == LISTED {
            lines.push((item, 0));
        } else if *count == LISTED {
            lines.push((item, all - LISTED));
        }
    }
    lines
}

fn line(item: &PlanItem, more: usize) -> String {
    let server = &item.server;
    let place = if server.namespace.is_empty() { String::new() } else { format!(".{}", server.namespace) };
    let place = if matches!(item.kind, PlanItemKind::Probe | PlanItemKind::Port | PlanItemKind::Unread) { String::new() } else { place };
    let port = if server.port == 0 { String::new() } else { format!(":{}", server.port) };
    let target = if server.name.is_empty() { String::new() } else { format!("{}{place}{port}", server.name) };
    let more = if more == 0 { String::new() } else { format!("  (and {more} more such calls from there: -o wide)") };
    match &item.client {
        Some(client) => {
            let from = if client.namespace.is_empty() { client.text() } else { format!("{} (namespace {})", client.text(), client.namespace) };
            let because = item.because.as_ref().map(|b| format!(" ({b})")).unwrap_or_default();
            format!("{from} → {target}   {}{because}{more}", item.text)
        }
        None if target.is_empty() => item.text.clone(),
        None => format!("{target}   {}", item.text),
    }
}

fn next(report: &MtlsPlanReport, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    // Bringing a client in is the first thing to do; exceptions are for those that cannot be.
    let clients = report.breaks.iter().filter(|i| i.kind == PlanItemKind::Client);
    let hint = clients.chain(&report.breaks).map(|i| i.hint.as_str()).find(|h| !h.is_empty());
    let hint = match hint {
        Some(hint) => hint,
        None if report.mode == ServerMode::Strict && report.breaks.is_empty() => {
            "set it with a PeerAuthentication (Istio) or config.linkerd.io/default-inbound-policy: all-authenticated (Linkerd)"
        }
        None => return Ok(()),
    };
    writeln!(out)?;
    page.line(&format!("next: {hint}"), out)
}
