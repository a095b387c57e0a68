//! Rules: one file each, named after its id, in the folder of its category; pure functions of the [`World`]. `support` holds what several share.

mod alternatives;
pub(crate) mod baseline;
mod certificates;
mod config;
mod control_plane;
mod data_plane;
mod findings;
mod gateway;
mod injection;
mod linkerd_checks;
mod mtls;
mod policy;
mod registry;
mod runner;
mod support;
mod suppress;
mod traffic;
mod unfilled;
mod versions;

pub use alternatives::{Worlds, run_alternatives, tell_sources_once};
pub use findings::Findings;
pub use linkerd_checks::{ANCHORS, Answer, linkerd_check};
pub use registry::{all, find};
pub use runner::{Selection, run};
pub use support::install::verdicts;
pub use suppress::{SuppressArg, apply as suppress};

use crate::model::Kind;
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

/// Which question a rule helps to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Runs {
    /// What is wrong here?
    #[default]
    Check,
    /// May a mesh be installed here? Asked by `check --pre`.
    Pre,
    /// Both.
    Both,
}

/// A rule and everything that is to be said about it.
#[derive(Debug)]
pub struct Check {
    /// Permanent, kebab-case; also the fixture folder, the anchor in the docs and the SARIF rule id.
    pub id: &'static str,
    /// One line for lists.
    pub summary: &'static str,
    /// Markdown with the headings *What it checks*, *Why it matters*, *How to fix it* (and, where it helps, *Example*).
    pub doc: &'static str,
    /// Codes of other tools for the situations this rule finds.
    pub aliases: &'static [&'static str],
    /// What a finding is, unless it says otherwise.
    pub severity: Severity,
    /// What it is about.
    pub category: Category,
    /// Which mesh it is about.
    pub mesh: MeshTag,
    /// Kinds it cannot judge without: when one of them could not be read, the rule is skipped and says so.
    pub needs: &'static [Kind],
    /// Whether it judges each of those kinds by itself, so that it leaves out a kind that could not be read and judges the others.
    pub kindwise: bool,
    /// Kinds it reads of other clusters, where any are given; of one that hides some of them it sees nothing.
    pub remote: &'static [Kind],
    /// Whether it compares clusters, so that one alone gives it nothing to judge.
    pub compares: bool,
    /// Whether it runs only with `--all-rules` or when named.
    pub opt_in: bool,
    /// Which question it helps to answer.
    pub runs: Runs,
    /// The version it came with.
    pub since: &'static str,
    /// The rule itself.
    pub run: fn(&World, &mut Findings<'_>),
}

impl Check {
    /// The optional parts of a rule.
    pub const DEFAULTS: Check = Check {
        id: "",
        summary: "",
        doc: "",
        aliases: &[],
        severity: Severity::Warning,
        category: Category::Config,
        mesh: MeshTag::Any,
        needs: &[],
        kindwise: false,
        remote: &[],
        compares: false,
        opt_in: false,
        runs: Runs::Check,
        since: "0.1.0",
        run: |_, _| {},
    };
}

/// A rule's documentation as Markdown: the doc comment without the space that follows `///`.
pub fn doc_text(check: &Check) -> String {
    let lines: Vec<&str> = check.doc.lines().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect();
    lines.join("\n").trim().to_owned() + "\n"
}

/// Declares a rule: its documentation as doc comment, its id, and the fields of [`Check`] that differ from the defaults.
///
/// ```text
/// check! {
///     /// # What it checks
///     /// …
///     "istio-gateway-not-found",
///     summary: "VirtualService names a Gateway that does not exist",
///     severity: Severity::Error,
///     run: run,
/// }
/// ```
#[macro_export]
macro_rules! check {
    ($(#[doc = $doc:literal])+ $id:literal, $($field:ident: $value:expr),+ $(,)?) => {
        $(#[doc = $doc])+
        pub(super) static CHECK: $crate::checks::Check = $crate::checks::Check {
            id: $id,
            doc: concat!($($doc, "\n"),+),
            $($field: $value,)+
            ..$crate::checks::Check::DEFAULTS
        };
    };
}
