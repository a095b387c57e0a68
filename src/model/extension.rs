//! What programs beside `linkerd` say of their extension, in the words of its own `check`.

use super::Str;

/// A program on PATH that speaks the protocol of Linkerd's extensions, or one that ought to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionRun {
    /// The program: `linkerd-buoyant`.
    pub program: Str,
    /// The namespace that is labelled as the extension's, where there is one.
    pub namespace: Option<Str>,
    /// What it checked; else why that is not known.
    pub outcome: Result<Vec<ExtensionCheck>, String>,
}

/// One of its checks that did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionCheck {
    /// The heading it stands under.
    pub category: String,
    /// What is checked.
    pub description: String,
    /// What is wrong.
    pub error: String,
    /// Where it is explained.
    pub hint: String,
    /// Whether it is a warning rather than an error.
    pub warning: bool,
}
