//! A plan on paper.

use std::borrow::Cow;
use std::io::{self, Write};

use owo_colors::{OwoColorize as _, Style as Ink};
use serde_json::Value;

use super::PlanArgs;
use crate::commands::Terminal;
use crate::error::CliError;
use crate::model::{Gap, ObjectRef, first_of};
use crate::output::{self, Page, Report, clean, marked, wrapped};
use crate::plan::{Action, Outcome, Plan, PlanReport, Status, Step, made, patch, path_text};

/// Writes the plan, or what became of it, in the form that is wanted.
pub(super) fn plan(plan: &Plan, steps: &[Step], outcome: Outcome, args: &PlanArgs, terminal: &mut Terminal) -> Result<(), CliError> {
    terminal.show(&Paper { report: PlanReport::new(plan, steps, outcome), plan, steps }, args.output, None)
}

#[derive(serde::Serialize)]
pub(crate) struct Paper<'p> {
    #[serde(flatten)]
    report: PlanReport<'p>,
    #[serde(skip)]
    plan: &'p Plan,
    #[serde(skip)]
    steps: &'p [Step],
}

impl Report for Paper<'_> {
    const KIND: Option<&'static str> = Some("PlanReport");

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        text(self.plan, page, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.steps.iter().filter_map(|step| step.object.reference()).collect()
    }
}

fn text(plan: &Plan, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
    let style = page.style;
    let first = if plan.changes() {
        format!("Plan: {}; nothing has changed yet", clean(&plan.title))
    } else if plan.blocks(&[]).next().is_some() {
        format!("✖ Cannot {}", clean(&plan.title))
    } else {
        format!("✔ Nothing to do: {}", clean(&plan.title))
    };
    writeln!(out, "{}", marked(&first, style))?;
    if !plan.preflight.is_empty() {
        writeln!(out, "\npre-flight")?;
    }
    let several = plan.preflight.iter().filter_map(|row| row.object.as_ref()).collect::<std::collections::BTreeSet<_>>().len() > 1;
    for row in &plan.preflight {
        let of = row.object.as_ref().filter(|_| several).map_or(String::new(), |object| format!("{}: ", object.short_name()));
        let first = format!("  {} {:<19} ", row.verdict.mark(), row.id);
        writeln!(out, "{}", marked(&wrapped(&clean(&format!("{of}{}", row.text)), &first, &" ".repeat(24), style), style))?;
    }
    if !plan.steps.is_empty() {
        writeln!(out, "\nsteps")?;
    }
    for step in &plan.steps {
        let object = format!("{} {}", step.object.kind, step.object.name);
        let first = format!("{:>3} {object:<24} ", step.id);
        for (n, line) in lines(step).iter().enumerate() {
            let first = if n == 0 { clean(&first).into_owned() } else { " ".repeat(29) };
            writeln!(out, "{}", wrapped(&signed(&clean(line), style), &first, &" ".repeat(31), style))?;
        }
        if let Some(owner) = &step.owner {
            let words = format!("managed by {} ({})", owner.title(), owner.evidence);
            writeln!(out, "{}", marked(&wrapped(&clean(&words), "      ▲ ", "        ", style), style))?;
        }
    }
    if plan.changes() {
        let undo = "the same fields back to what they are now, in reverse; what somebody else changes meanwhile is left alone";
        writeln!(out, "{}", wrapped(undo, "undo: ", "      ", style))?;
    }
    for note in &plan.notes {
        writeln!(out, "{}", wrapped(&clean(note), "note: ", "      ", style))?;
    }
    Ok(())
}

/// A line of a step, with what it does to a field in colour.
fn signed<'t>(line: &'t str, style: &output::Style) -> Cow<'t, str> {
    let ink = match line.as_bytes() {
        [b'+', b' ', ..] => Ink::new().green(),
        [b'-', b' ', ..] => Ink::new().red(),
        [b'~', b' ', ..] => Ink::new().yellow(),
        _ => return line.into(),
    };
    if style.color { format!("{}{}", (&line[..1]).style(ink), &line[1..]).into() } else { line.into() }
}

/// What a step does, a line each.
fn lines(step: &Step) -> Vec<String> {
    let value = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    match (step.action, &step.expect) {
        (Action::Wait, Some(expect)) => {
            let what = match (expect.inside, expect.ambient, &expect.revision) {
                (true, true, _) => "new pods, ready and taken in by ztunnel".to_owned(),
                (true, false, Some(revision)) => format!("new pods, ready with a proxy of revision {revision}"),
                (true, false, None) => "new pods, ready with a proxy".to_owned(),
                (false, ..) => "new pods, ready without a proxy".to_owned(),
            };
            vec![format!("wait for {what}")]
        }
        (Action::Wait, None) => vec!["wait until it is programmed".to_owned()],
        (Action::Verify, _) => vec!["verify every pod once more".to_owned()],
        (Action::Calls, _) => {
            let calls: Vec<String> = step.calls.iter().map(|call| format!("{} → {}", call.client, call.server)).collect();
            vec![format!("verify that known calls fare as before: {}", first_of(&calls, 3))]
        }
        (Action::Create, _) => of_manifest(step, "+"),
        (Action::Delete, _) => of_manifest(step, "-"),
        _ => step
            .changes
            .iter()
            .map(|change| match (&change.before, &change.after) {
                (None, _) => format!("+ {}: {}", path_text(&change.path), value(&change.after)),
                (Some(_), None) => format!("- {}: {}", path_text(&change.path), value(&change.before)),
                (Some(_), Some(_)) => format!("~ {}: {} becomes {}", path_text(&change.path), value(&change.before), value(&change.after)),
            })
            .collect(),
    }
}

/// How many fields of a whole object are shown.
const FIELDS: usize = 6;

/// What an object says that is made, or goes.
fn of_manifest(step: &Step, sign: &str) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(manifest) = &step.manifest {
        leaves(&manifest["spec"], "spec", &mut fields);
    }
    let more = fields.len().saturating_sub(FIELDS);
    let mut lines: Vec<String> = fields.into_iter().take(FIELDS).map(|field| format!("{sign} {field}")).collect();
    if more > 0 {
        lines.push(format!("{sign} {more} more fields; -o yaml shows them"));
    }
    lines
}

fn leaves(value: &Value, path: &str, fields: &mut Vec<String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let path = if key.contains(['.', '/']) { format!("{path}{}", crate::model::key(key)) } else { format!("{path}.{key}") };
                leaves(value, &path, fields);
            }
        }
        Value::Array(list) if !list.is_empty() => list.iter().enumerate().for_each(|(n, value)| leaves(value, &format!("{path}[{n}]"), fields)),
        leaf => fields.push(format!("{path}: {leaf}")),
    }
}

/// The plan as patches for whoever owns the objects.
pub(in crate::commands) fn files(plan: &Plan, terminal: &mut Terminal) -> Result<(), CliError> {
    writeln!(terminal.out, "\nNothing is written: a tool owns these objects. What belongs into its source:")?;
    for step in plan.steps.iter().filter(|step| step.action.writes()) {
        if let (Action::Create, Some(manifest)) = (step.action, &step.manifest) {
            writeln!(terminal.out, "\n# {} is new", clean(&step.object.to_string()))?;
            output::yaml(&made::anew(manifest), &mut terminal.out)?;
        }
        let Some(owner) = &step.owner else { continue };
        writeln!(terminal.out, "\n# {} is managed by {}", clean(&step.object.to_string()), clean(&owner.title()))?;
        writeln!(terminal.out, "# {}", owner.advice())?;
        writeln!(terminal.out, "# --direct writes it now: {}", owner.consequence())?;
        let mut target = step.object.clone();
        target.uid.clear();
        let body = patch::apply_body(&target, &step.changes);
        output::yaml(&body, &mut terminal.out)?;
        for gone in step.changes.iter().filter(|change| change.after.is_none()) {
            writeln!(terminal.out, "# and take away {}", clean(&path_text(&gone.path)))?;
        }
    }
    terminal.out.flush()?;
    Ok(())
}

/// One line about a step that is over.
pub(super) fn outcome(step: &Step, detail: &str) -> String {
    let mark = match step.status {
        Status::Done => "✔",
        Status::Failed => "✖",
        Status::Undone => "↩",
        Status::Planned => "·",
    };
    let what = match step.status {
        Status::Undone => "taken back",
        _ => step.action.name(),
    };
    format!("  {mark} {} {what} {}{}", step.id, step.object, if detail.is_empty() { String::new() } else { format!("  {detail}") })
}
