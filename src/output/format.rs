//! The forms of answers: each report is written in the first five, some in others as well.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::Report;

/// A form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    #[value(alias = "text")]
    Table,
    /// For people, with everything that the table folds or leaves out
    Wide,
    /// The machine contract, mesh.kubectl.dev/v1
    Json,
    /// The same document as json
    Yaml,
    /// Names only, one a line
    Name,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML
    Junit,
    /// GitHub workflow annotations
    Github,
    /// For comments, step summaries and pages
    Markdown,
    /// For spreadsheets, a line for each row of the document
    Csv,
}

impl Format {
    /// Those of every report.
    const ALL_REPORTS: [Self; 5] = [Self::Table, Self::Wide, Self::Json, Self::Yaml, Self::Name];

    /// Whether it is for people.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }

    /// Whether it is the document for programs.
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Json | Self::Yaml)
    }
}

/// What `-o` takes where a report has the usual forms.
pub fn usual_formats() -> impl TypedValueParser<Value = Format> {
    parser(&Format::ALL_REPORTS)
}

/// What `-o` takes for a report that is written in further forms.
pub fn formats<R: Report>() -> impl TypedValueParser<Value = Format> {
    let all: Vec<Format> = Format::ALL_REPORTS.into_iter().chain(R::more_formats().iter().map(|(format, _)| *format)).collect();
    parser(&all)
}

fn parser(formats: &[Format]) -> impl TypedValueParser<Value = Format> + use<> {
    let words = formats.iter().filter_map(Format::to_possible_value);
    PossibleValuesParser::new(words).try_map(|word| Format::from_str(&word, false))
}
