//! `explain log`: one line of a proxy's log, and which of its causes are really there.

use std::io::{self, BufRead as _, Write};

use super::{ReadRequest, Terminal, load};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::mesh::log_line::LogLine;
use crate::model::{Gap, ObjectRef};
use crate::output::{self, Format, Page, Report};
use crate::views::{self, CauseState, LogLineReport};
use crate::world::World;

/// Runs it.
pub async fn run(line: Option<&str>, output: Format, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let missing = || {
        CliError::usage("no line to explain")
            .hint("give it in quotes, or - to read it from standard input: kubectl logs POD -c istio-proxy | tail -1")
    };
    let typed = match line {
        None => return Err(missing()),
        Some("-") => {
            let mut read = String::new();
            // A line of a log is short; what has no end is none.
            io::Read::take(io::stdin().lock(), 1 << 20).read_line(&mut read)?;
            read
        }
        Some(line) => line.to_owned(),
    };
    if typed.trim().is_empty() {
        return Err(missing());
    }
    let line = LogLine::parse(&typed).ok_or_else(|| {
        CliError::usage("this is no line of Istio's access log, ztunnel's log, or a log of linkerd-proxy")
            .hint("an access log in a format of its own is not understood: Istio's default text or JSON is")
    })?;
    let world = world(global, terminal).await?;
    let report = views::log_line(&line, world.as_ref());
    terminal.show(&report, output, world.as_ref())?;
    Ok(Exit::Ok)
}

/// What it reads.
pub(super) fn request() -> ReadRequest {
    ReadRequest { kinds: views::LOG_LINE_KINDS.iter().copied().collect(), everywhere: true, ..ReadRequest::default() }
}

/// What the causes are looked for in; nothing where no cluster can be read, since the line tells something by itself.
async fn world(global: &GlobalArgs, terminal: &mut Terminal) -> Result<Option<World>, CliError> {
    let source = &global.source;
    let named = source.demo || source.snapshot.is_some() || !source.paths().is_empty();
    match load::load(global, &request(), terminal).await {
        Ok(loaded) => Ok(Some(loaded.world)),
        Err(error) if named => Err(error),
        Err(error) => {
            terminal.note(format!("Without a cluster, only what the line says: {}", error.message));
            Ok(None)
        }
    }
}

impl Report for LogLineReport {
    const KIND: Option<&'static str> = Some("LogLineReport");

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        page.line(&self.summary, out)?;
        writeln!(out)?;
        for fact in &self.facts {
            page.line(&format!("  {:<18}{}", fact.name, fact.value), out)?;
        }
        for sign in &self.signs {
            writeln!(out)?;
            page.title(&sign.sign, &format!("  {}", sign.meaning), out)?;
            for cause in &sign.causes {
                let mark = match cause.state {
                    CauseState::Found => '✖',
                    CauseState::Excluded => '✔',
                    CauseState::Possible => '?',
                };
                let object = cause.object.as_ref().map_or(String::new(), |object| format!("  {object}"));
                page.line(&format!("  {mark} {}{object}", cause.text), out)?;
            }
        }
        if self.signs.iter().any(|sign| !sign.causes.is_empty()) {
            writeln!(out)?;
            page.line("✖ is so   ✔ is not so   ? cannot be told from the line or the objects", out)?;
        }
        output::gaps(&self.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.signs.iter().flat_map(|sign| &sign.causes).filter_map(|cause| cause.object.clone()).collect()
    }
}
