//! What `check` answers, in all of its forms.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::document::CheckDocument;
use super::rows::{Page, Report, Writer};
use super::{Format, check_table, github, junit, markdown, sarif};
use crate::model::{Gap, ObjectRef};
use crate::report::CheckReport;
use crate::world::World;

/// The outcome of running rules on a world.
#[derive(Clone, Copy, Debug)]
pub struct CheckAnswer<'a> {
    report: &'a CheckReport,
    world: &'a World,
    show_passed: bool,
}

impl<'a> CheckAnswer<'a> {
    /// What `report` says of `world`; with `show_passed`, the table lists rules that found nothing as well.
    pub fn new(report: &'a CheckReport, world: &'a World, show_passed: bool) -> Self {
        Self { report, world, show_passed }
    }
}

impl Serialize for CheckAnswer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CheckDocument::new(self.report, self.world).serialize(serializer)
    }
}

impl Report for CheckAnswer<'_> {
    const KIND: Option<&'static str> = Some("CheckReport");

    fn gaps(&self) -> &[Gap] {
        &self.report.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        let folding = check_table::Folding { wide: page.wide, passed: self.show_passed };
        check_table::write(self.report, self.world, folding, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.report.findings.iter().map(|finding| finding.object.clone()).collect()
    }

    fn more_formats() -> Vec<(Format, Writer<Self>)> {
        vec![
            (Format::Sarif, |answer, _, out| sarif::write(answer.report, out)),
            (Format::Junit, |answer, _, out| junit::write(answer.report, out)),
            (Format::Github, |answer, _, out| github::write(answer.report, out)),
            (Format::Markdown, |answer, _, out| markdown::write(answer.report, out)),
        ]
    }
}
