//! A check report for people: by category, worst first, each with what to do.

use std::collections::BTreeMap;
use std::io::{self, Write};

use owo_colors::{OwoColorize, Style as Ink};

use super::document::docs_url;
use super::{Style, clean, counted, place, wrapped};
use crate::model::{Gap, MeshId};
use crate::report::{Category, CheckReport, Finding, Installable, MeshTag, Severity, Verdict};
use crate::world::{SourceKind, World};

/// After this many findings of one rule the rest are counted, unless everything is wanted.
const SHOWN_PER_RULE: usize = 5;

/// What a table leaves out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Folding {
    /// Show everything.
    pub(super) wide: bool,
    /// Also list rules that found nothing.
    pub(super) passed: bool,
}

/// Writes findings, what could not be judged, and what was looked at.
pub(super) fn write(report: &CheckReport, world: &World, folding: Folding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut by_category: BTreeMap<Category, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_category.entry(finding.category).or_default().push(finding);
    }
    for category in Category::ALL {
        let findings = by_category.remove(category).unwrap_or_default();
        let folded = |f: &&&Finding| f.severity == Severity::Info && !folding.wide && !report.fails(f);
        if findings.iter().filter(folded).count() == findings.len() {
            continue;
        }
        writeln!(out, "{}", paint(category.name(), Ink::new().bold(), style))?;
        write_category(&findings, report, folding, style, out)?;
    }
    if folding.passed {
        write_passed(report, style, out)?;
    }
    write_unknown(report, folding, style, out)?;
    write_suppressions(report, folding, style, out)?;
    report.verdicts.iter().try_for_each(|verdict| write_verdict(verdict, report, style, out))?;
    // Without advice only what is wrong is said; that includes what could not be judged.
    let wrong = report.worst().is_some_and(|worst| worst > Severity::Info || report.threshold == Some(Severity::Info));
    let unsure = report.rules_unjudged() > 0 || report.hiding_gaps().next().is_some() || !report.bad_input.is_empty() || !report.verdicts.is_empty();
    if style.advice || wrong || unsure || report.saw_nothing(world.index.inventory().len()) {
        write_summary(report, world, folding, style, out)?;
    }
    Ok(())
}

fn write_category(findings: &[&Finding], report: &CheckReport, folding: Folding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut per_rule: BTreeMap<(&str, Severity), usize> = BTreeMap::new();
    for f in findings {
        if f.severity == Severity::Info && !folding.wide && !report.fails(f) {
            continue;
        }
        let seen = per_rule.entry((f.rule, f.severity)).or_default();
        *seen += 1;
        if *seen <= SHOWN_PER_RULE || folding.wide {
            write_finding(f, style, out)?;
        }
    }
    for ((rule, severity), count) in per_rule {
        if count > SHOWN_PER_RULE && !folding.wide {
            let more = count - SHOWN_PER_RULE;
            writeln!(out, "  {} and {more} more of {rule} (-o wide shows all)", mark(severity, style))?;
        }
    }
    writeln!(out)
}

/// What stands below a finding's first line is as deep as this.
const INDENT: &str = "      ";

fn write_finding(f: &Finding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let dim = Ink::new().dimmed();
    let object = f.object.to_string();
    let path = f.path.as_deref().map_or(String::new(), |p| format!("  {}", clean(p)));
    let place = f.location.as_ref().map_or(String::new(), |l| format!("{}:{}:{}", l.file, l.span.line, l.span.column));
    let length = mark(f.severity, &Style { ascii: style.ascii, ..Style::default() }).chars().count()
        + [&object, &path, &place].iter().map(|part| part.chars().count()).sum::<usize>();
    let own_line = style.width.is_some_and(|width| length + 5 > width);
    let gap = if place.is_empty() {
        String::new()
    } else if own_line {
        format!("\n{INDENT}")
    } else {
        "  ".to_owned()
    };
    writeln!(out, "  {} {}{path}{gap}{}", mark(f.severity, style), paint(&object, Ink::new().bold(), style), paint(&place, dim, style))?;
    writeln!(out, "{}", wrapped(&clean(&f.message), INDENT, INDENT, style))?;
    for related in &f.related {
        let text = format!("see {}: {}", clean(&related.object.to_string()), clean(&related.text));
        writeln!(out, "{}", wrapped(&text, INDENT, "        ", style))?;
    }
    if f.related_more > 0 {
        writeln!(out, "{INDENT}and {} more", f.related_more)?;
    }
    let codes = if f.aliases.is_empty() { String::new() } else { format!(" ({})", f.aliases.join(", ")) };
    let arrow = if style.ascii { "->" } else { "→" };
    let text = wrapped(&format!("{}  {}{codes}", clean(&f.hint), f.rule), &format!("{INDENT}{arrow} "), "        ", style);
    // The rule's name stands last, before the codes; a hint may hold it too.
    let (hint, name) = text.rfind(f.rule).map_or((text.as_str(), ""), |at| text.split_at(at));
    let codes = name.strip_prefix(f.rule).unwrap_or_default();
    writeln!(out, "{hint}{}{}", rule_link(f.rule, style), paint_lines(codes, dim, style))
}

/// A rule's name that leads to its documentation, where the terminal knows links.
fn rule_link(rule: &str, style: &Style) -> String {
    let name = paint(rule, Ink::new().dimmed(), style);
    if style.links { format!("\u{1b}]8;;{}\u{1b}\\{name}\u{1b}]8;;\u{1b}\\", docs_url(rule)) } else { name }
}

/// Lines of our own making, each coloured by itself.
fn paint_lines(text: &str, ink: Ink, style: &Style) -> String {
    text.split('\n').map(|line| if line.is_empty() { String::new() } else { paint(line, ink, style) }).collect::<Vec<_>>().join("\n")
}

fn write_passed(report: &CheckReport, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", paint("passed", Ink::new().bold(), style))?;
    let tick = if style.ascii { "ok" } else { "✔" };
    for rule in report.evaluated.iter().filter(|r| report.findings.iter().all(|f| f.rule != **r)) {
        let summary = crate::checks::find(rule).map_or("", |c| c.summary);
        writeln!(
            out,
            "  {} {rule}  {}",
            paint(tick, Ink::new().green(), style),
            paint(&format!("not found: {summary}"), Ink::new().dimmed(), style)
        )?;
    }
    writeln!(out)
}

fn write_unknown(report: &CheckReport, folding: Folding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if !report.bad_input.is_empty() {
        writeln!(out, "{}", paint("not understood", Ink::new().bold(), style))?;
        report.bad_input.iter().try_for_each(|bad| writeln!(out, "  ? {}", clean(&bad.to_string())))?;
        writeln!(out)?;
    }
    let hiding: Vec<_> = report.gaps.iter().filter(|g| g.hides_objects() || folding.wide).collect();
    if hiding.is_empty() && report.rules_unjudged() == 0 {
        return write_not_applicable(report, style, out);
    }
    writeln!(out, "{}", paint("not judged", Ink::new().bold(), style))?;
    write_gaps(&hiding, folding, out)?;
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut refused = 0;
    for skipped in report.unjudged() {
        // The lists stand above already.
        if skipped.because.starts_with("may not ") && !folding.wide {
            refused += 1;
        } else {
            by_reason.entry(&skipped.because).or_default().push(skipped.rule);
        }
    }
    if refused > 0 {
        let need = if refused == 1 { "1 rule needs".to_owned() } else { format!("{refused} rules need") };
        writeln!(out, "  ? {need} what may not be listed (-o wide names them)")?;
    }
    let total = by_reason.len();
    for (reason, rules) in by_reason.into_iter().take(if folding.wide { usize::MAX } else { 10 }) {
        let named = if rules.len() > 3 && !folding.wide { format!("{} rules", rules.len()) } else { rules.join(", ") };
        writeln!(out, "{}", wrapped(&format!("{named}: {}", clean(reason)), "  ? ", "    ", style))?;
    }
    if total > 10 && !folding.wide {
        writeln!(out, "  ? and {} more reasons (-o wide shows all)", total - 10)?;
    }
    writeln!(out)?;
    write_not_applicable(report, style, out)
}

/// A mesh that is not there leaves its rules nothing to judge: worth a line, and no gap.
fn write_not_applicable(report: &CheckReport, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if !style.advice {
        return Ok(());
    }
    let mut by_reason: BTreeMap<&str, usize> = BTreeMap::new();
    report.not_applicable().for_each(|skipped| *by_reason.entry(&skipped.because).or_default() += 1);
    by_reason.iter().try_for_each(|(reason, rules)| {
        let line = format!("{reason} ({} had nothing to judge)", counted(*rules, "rule"));
        writeln!(out, "{}", paint(&line, Ink::new().dimmed(), style))
    })
}

/// Refusals come by the dozen, one for each kind: a line for each namespace is enough to ask for the right.
fn write_gaps(gaps: &[&Gap], folding: Folding, out: &mut dyn Write) -> io::Result<()> {
    let mut refused: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for gap in gaps {
        match gap {
            Gap::Forbidden { kind, namespace, .. } if !folding.wide => {
                refused.entry((gap.verb(), namespace)).or_default().push(kind.resource());
            }
            gap => writeln!(out, "  ? {}", clean(&gap.to_string()))?,
        }
    }
    for ((verb, namespace), mut kinds) in refused {
        kinds.dedup();
        let place = if namespace.is_empty() { "cluster-wide".to_owned() } else { format!("in namespace {}", clean(namespace)) };
        let more = if kinds.len() > 4 { format!(" and {} more kinds (-o wide names them)", kinds.len() - 4) } else { String::new() };
        writeln!(out, "  ? may not {verb} {place}: {}{more}", kinds.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

fn write_suppressions(report: &CheckReport, folding: Folding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for s in report.suppressions.iter().filter(|s| folding.wide || s.void.is_some() || s.used == 0) {
        let on = s.object.as_ref().map_or(String::new(), |o| format!(" on {o}"));
        let what = match &s.void {
            Some(why) => format!("has no effect: {why}"),
            None if s.used == 0 => "suppresses nothing: remove it".to_owned(),
            None => format!("suppresses {}", counted(s.used, "finding")),
        };
        writeln!(out, "{}", wrapped(&clean(&format!("suppression {}{on} of {} {what}", s.source, s.names.join(", "))), "", "  ", style))?;
    }
    Ok(())
}

fn write_verdict(verdict: &Verdict, report: &CheckReport, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mesh = verdict.mesh.title();
    let concerns = |f: &&Finding| f.mesh == MeshTag::Any || f.mesh == verdict.mesh.into();
    let count = |severity| report.findings.iter().filter(|f| f.severity == severity).filter(concerns).count();
    // Linkerd is upgraded by other rules than it is installed by: that it is here already is an error.
    let (done, doing) = if verdict.installed && verdict.mesh == MeshId::Istio { ("upgraded", "upgrade") } else { ("installed", "installation") };
    let place = clean(&verdict.namespace);
    let (line, ink) = match verdict.installable {
        Installable::Yes => (format!("{} {mesh} can be {done} in namespace {place}", if style.ascii { "ok" } else { "✔" }), Ink::new().green()),
        Installable::No => (format!("{} {mesh} cannot be {done} in namespace {place}", if style.ascii { "FAIL" } else { "✖" }), Ink::new().red()),
        Installable::Unknown => (format!("? {mesh}: not enough could be read to tell whether its {doing} will succeed"), Ink::new().yellow()),
    };
    let warnings = match count(Severity::Warning) {
        0 => String::new(),
        1 => " (1 warning)".to_owned(),
        n => format!(" ({n} warnings)"),
    };
    writeln!(out, "{}{warnings}", paint(&line, ink, style))?;
    if !verdict.checked.is_empty() {
        writeln!(out, "    {}", paint(&format!("in order: {}", verdict.checked.join(", ")), Ink::new().dimmed(), style))?;
    }
    Ok(())
}

fn write_summary(report: &CheckReport, world: &World, folding: Folding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (errors, warnings, notes) = (report.count(Severity::Error), report.count(Severity::Warning), report.count(Severity::Info));
    let unjudged = report.rules_unjudged();
    let gaps = report.hiding_gaps().count();
    let verdict = match (errors, warnings) {
        (0, 0) if report.saw_nothing(world.index.inventory().len()) => paint("nothing judged", Ink::new().yellow(), style),
        (0, 0) if !report.bad_input.is_empty() => paint("nothing found, but not everything was understood", Ink::new().yellow(), style),
        (0, 0) if unjudged > 0 => paint(&format!("nothing found, but {} could not be judged", counted(unjudged, "rule")), Ink::new().yellow(), style),
        (0, 0) if gaps > 0 => paint("nothing found, but not everything could be read", Ink::new().yellow(), style),
        (0, 0) => paint("nothing wrong", Ink::new().green(), style),
        (0, _) => paint(&counted(warnings, "warning"), Ink::new().yellow(), style),
        (_, 0) => paint(&counted(errors, "error"), Ink::new().red(), style),
        _ => paint(&format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")), Ink::new().red(), style),
    };
    let mut extra = String::new();
    if notes > 0 {
        let shown = folding.wide || report.threshold == Some(Severity::Info);
        extra += &format!(", {}{}", counted(notes, "note"), if shown { "" } else { " (-o wide shows them)" });
    }
    for (n, what) in [(report.suppressed.len(), "suppressed"), (report.known, "known from the baseline")] {
        if n > 0 {
            extra += &format!(", {n} {what}");
        }
    }
    let inventory = world.index.inventory();
    let place = place(world);
    let others: Vec<&str> = world.remotes.iter().map(|remote| remote.source.name.as_str()).collect();
    let place = if others.is_empty() { place } else { format!("{place}, compared with {}", others.join(", ")) };
    let looked = format!("{} over {} {}", counted(report.evaluated.len(), "rule"), counted(inventory.len(), "object"), clean(&place));
    let unjudged =
        if unjudged == 0 || (errors, warnings) == (0, 0) { String::new() } else { format!("; {} not fully judged", counted(unjudged, "rule")) };
    let off = report.settings.as_ref().filter(|settings| !settings.off.is_empty());
    let off = off.map_or(String::new(), |settings| format!("; {} off by {}", counted(settings.off.len(), "rule"), clean(&settings.file)));
    writeln!(out, "{}", wrapped(&format!("{verdict}{extra}: {looked}{unjudged}{off}"), "", "", style))?;
    write_next(report, world, style, out)
}

/// What to do about it.
fn write_next(report: &CheckReport, world: &World, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let worst = report.findings.iter().filter(|f| f.severity > Severity::Info).max_by(|a, b| a.severity.cmp(&b.severity).then(b.rule.cmp(a.rule)));
    let Some(worst) = worst.filter(|_| style.advice) else { return Ok(()) };
    writeln!(out, "next: kubectl mesh explain {}", worst.rule)?;
    let fixes = report.findings.iter().filter(|f| f.fix.is_some()).count();
    if fixes > 0 && world.source.kind == SourceKind::Files {
        writeln!(
            out,
            "      the same with --fix shows {} that {} no judgement",
            counted(fixes, "change"),
            if fixes == 1 { "needs" } else { "need" }
        )?;
    }
    Ok(())
}

fn mark(severity: Severity, style: &Style) -> String {
    let (symbol, word, ink) = match severity {
        Severity::Error => ("✖ error", "FAIL error", Ink::new().red()),
        Severity::Warning => ("▲ warning", "warn warning", Ink::new().yellow()),
        Severity::Info => ("· info", "note info", Ink::new().blue()),
    };
    paint(if style.ascii { word } else { symbol }, ink, style)
}

fn paint(text: &str, ink: Ink, style: &Style) -> String {
    let text = clean(text);
    if style.color { text.style(ink).to_string() } else { text.into_owned() }
}
