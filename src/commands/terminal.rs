//! Standard output and error, and what may be shown on them.

use std::io::{self, IsTerminal, Write};

use super::renamed;
use crate::cli::{ColorArg, DisplayArgs};
use crate::error::CliError;
use crate::output::{self, Report, Style, UnknownColumn, View};
use crate::world::World;

/// Where results, progress and hints go.
pub struct Terminal {
    /// Results.
    pub out: Box<dyn Write>,
    /// Everything else.
    pub err: Box<dyn Write>,
    /// Looks of the results.
    pub style: Style,
    /// Whether standard output is a terminal, on which results may be drawn anew.
    pub live: bool,
    /// Whether progress may be drawn on standard error.
    pub progress: bool,
    /// How much to say besides results: 0 hints, 1 what is read.
    pub verbose: u8,
    /// Only what is wrong.
    pub quiet: bool,
    /// Documents of the files that could not be understood, told already: then the run is no success.
    pub bad_input: usize,
}

impl Terminal {
    /// The process's own streams.
    pub fn real() -> Self {
        Self {
            out: renamed::stream(io::BufWriter::new(io::stdout())),
            err: renamed::stream(io::stderr()),
            style: Style::default(),
            live: false,
            progress: false,
            verbose: 0,
            quiet: false,
            bad_input: 0,
        }
    }

    /// Standard output for what others wrote (manifests) and for bytes (snapshots): nothing in it is renamed.
    pub fn verbatim() -> impl Write {
        io::BufWriter::new(io::stdout())
    }

    /// Applies the display flags; the order of decision is flag, NO_COLOR, CLICOLOR_FORCE, TERM, terminal.
    pub fn configure(&mut self, display: &DisplayArgs) {
        let set = |name: &str| std::env::var(name).is_ok_and(|v| !v.is_empty());
        let terminal = io::stdout().is_terminal();
        let forced = ["CLICOLOR_FORCE", "FORCE_COLOR"].iter().any(|n| std::env::var(n).is_ok_and(|v| !v.is_empty() && v != "0"));
        let refused = std::env::var("CLICOLOR").is_ok_and(|v| v == "0") || std::env::var("TERM").is_ok_and(|v| v == "dumb");
        self.style.color = match display.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => !set("NO_COLOR") && (forced || (terminal && !refused)),
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty())).unwrap_or_default();
        self.style.ascii = terminal && !locale.to_ascii_lowercase().replace('-', "").contains("utf8");
        let columns = terminal.then(terminal_size::terminal_size).flatten().map(|(width, _)| width.0);
        self.style.width = display.width.or(columns).map(usize::from);
        self.style.links = self.style.color && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
        self.style.advice = !display.quiet;
        self.live = terminal;
        self.progress = io::stderr().is_terminal() && !set("CI") && !display.quiet;
        self.verbose = display.verbose;
        self.quiet = display.quiet;
    }

    /// Writes one line of advice to standard error, unless only faults are wanted.
    pub fn note(&mut self, text: impl AsRef<str>) {
        if !self.quiet {
            // Advice that cannot be shown is not worth failing for.
            let _ = writeln!(self.err, "{}", crate::output::clean(text.as_ref()));
        }
    }

    /// Says what took the place of a verdict; also where only faults are wanted, since this is one.
    pub fn problem(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.err, "{}", crate::output::clean(text.as_ref()));
    }

    /// Writes a report in the form that is wanted.
    pub(crate) fn show<'a>(&mut self, report: &impl Report, view: impl Into<View<'a>>, world: Option<&'a World>) -> Result<(), CliError> {
        let style = self.style.clone();
        let view = view.into();
        output::report(report, &view, world, &style, &mut self.out).map_err(|error| {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<UnknownColumn>()) {
                Some(column) => CliError::usage(column).hint(format!("its columns are {}", column.known.join(", "))),
                None => error.into(),
            }
        })
    }

    /// Prints an error with its detail and hints.
    pub fn error(&mut self, error: &CliError) {
        if error.message.is_empty() {
            return;
        }
        let _ = writeln!(self.err, "error: {}", crate::output::clean(&error.message));
        if !error.detail.is_empty() {
            let _ = writeln!(self.err, "{}", crate::output::clean_lines(error.detail.trim_end()));
        }
        for hint in &error.hints {
            let _ = writeln!(self.err, "hint: {}", crate::output::clean(hint));
        }
    }
}
