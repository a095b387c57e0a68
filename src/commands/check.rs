//! `check`: everything that is wrong.

use clap::{Args, ValueEnum};

use super::{Terminal, Wish, load};
use crate::checks::{self, Selection};
use crate::cli::GlobalArgs;
use crate::error::{CliError, Exit};
use crate::output::{self, CheckFormat};
use crate::report::{Category, Severity};

/// Find everything that is wrong with the mesh and its configuration
///
/// Runs all rules over the live cluster, or over manifests (-f), a snapshot or the demo. `rules` lists them, `explain RULE` tells all about one.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    pub output: CheckFormat,
    /// Only rules of this category (can be repeated)
    #[arg(long, value_parser = parse_category)]
    pub category: Vec<Category>,
    /// Only this rule, by id or by another tool's code such as IST0101 (can be repeated)
    #[arg(long, value_name = "RULE")]
    pub rule: Vec<String>,
    /// Not this rule (can be repeated)
    #[arg(long, value_name = "RULE")]
    pub skip_rule: Vec<String>,
    /// Opt-in rules too
    #[arg(long)]
    pub all_rules: bool,
    /// Exit with 1 when there are findings of this severity or worse
    #[arg(long, value_enum, default_value_t)]
    pub fail_on: FailOn,
}

/// The severity that makes `check` fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    #[default]
    Error,
    /// Warnings and errors
    Warning,
    /// Anything
    Info,
    /// Nothing
    Never,
}

impl FailOn {
    fn reached(self, worst: Option<Severity>) -> bool {
        let threshold = match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
            Self::Never => return false,
        };
        worst.is_some_and(|w| w >= threshold)
    }
}

fn parse_category(text: &str) -> Result<Category, String> {
    let known = || Category::ALL.iter().map(|c| c.name()).collect::<Vec<_>>().join(", ");
    Category::ALL.iter().copied().find(|c| c.name() == text).ok_or_else(|| format!("known categories: {}", known()))
}

/// Runs the command.
pub async fn run(args: &CheckArgs, global: &GlobalArgs, terminal: &mut Terminal) -> Result<Exit, CliError> {
    let selection = Selection {
        categories: args.category.clone(),
        rules: args.rule.clone(),
        skip: args.skip_rule.clone(),
        all_rules: args.all_rules,
        mesh: global.source.mesh.only(),
    };
    let wish = Wish { kinds: selection.checks().iter().flat_map(|c| c.needs.iter().copied()).collect() };
    let loaded = load::load(global, &wish, terminal).await?;
    let report = checks::run(&loaded.world, &selection);
    output::check(args.output, &report, &loaded.world, &terminal.style, &mut terminal.out)?;
    terminal.out.flush()?;
    Ok(if args.fail_on.reached(report.worst()) { Exit::Findings } else { Exit::Ok })
}
