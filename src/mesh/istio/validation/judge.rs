//! What Istio's validation says of one document, as a list of judgements: each with its place, its reason and how to fix it.

use crate::model::Field;

/// What is wrong with a value, and how to fix it.
#[derive(Debug)]
pub(crate) struct Fault {
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub hint: String,
}

/// Nothing, or what is wrong.
pub(crate) type Verdict = Result<(), Fault>;

/// A verdict that something is wrong.
pub(crate) fn fault(message: impl Into<String>, hint: impl Into<String>) -> Verdict {
    Err(Fault { message: message.into(), hint: hint.into() })
}

/// How Istio takes what is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Istio's validation refuses it.
    Error,
    /// Istio's webhook refuses the object, or Istio cannot read it at all; istioctl gives no code for that.
    Refused,
    /// Istio takes it, and warns of it.
    Warning,
    /// Istio and istioctl take it without a word, and it is hardly what was meant.
    Doubt,
    /// Istio takes it and warns of it, although it is as bad as an error.
    Alarm,
    /// Worth knowing, and istioctl warns of it.
    Note,
}

/// One judgement.
#[derive(Debug)]
pub(crate) struct Judgement {
    pub sort: Sort,
    /// Where, inside the judged document; empty for the document as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub hint: String,
    /// The codes that istioctl and others give it.
    pub codes: &'static [&'static str],
    /// What tells it from others of its sort at the same field, in words that outlive those of the message.
    pub about: Option<String>,
}

/// Judges one document.
#[derive(Debug)]
pub(crate) struct Judge<'o> {
    /// The namespace of the object that is judged; a document that stands as text in another object has none.
    namespace: Option<&'o str>,
    judgements: Vec<Judgement>,
    errors: usize,
    /// Whether Istio's validation drops the warnings of the part that is being judged.
    quiet: bool,
    /// What tells the next judgement from others of its sort at the same field.
    about: Option<String>,
}

impl<'o> Judge<'o> {
    /// Judges an object of `namespace`.
    pub(crate) fn of(namespace: &'o str) -> Self {
        Self { namespace: Some(namespace), ..Self::inside() }
    }

    /// Judges a document that stands as text in an object, whose types nothing else looks at.
    pub(crate) fn inside() -> Self {
        Self { namespace: None, judgements: Vec::new(), errors: 0, quiet: false, about: None }
    }

    /// The judgements, in the order in which they were made.
    pub(crate) fn judgements(self) -> Vec<Judgement> {
        self.judgements
    }

    /// The namespace of the object.
    pub(crate) fn namespace(&self) -> &'o str {
        self.namespace.unwrap_or_default()
    }

    /// Whether the judged document is text in another object, whose types no other rule looks at.
    pub(crate) fn is_inside(&self) -> bool {
        self.namespace.is_none()
    }

    /// How many errors there are so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Says what tells the next judgement from others of its sort that the same field may get.
    pub(crate) fn about(&mut self, detail: impl Into<String>) -> &mut Self {
        self.about = Some(detail.into());
        self
    }

    /// Istio refuses what stands at `path`.
    pub(crate) fn error(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.errors += 1;
        self.add(Sort::Error, path, message, hint, &["IST0106"]);
    }

    /// Istio refuses what stands at `path`, and another tool than istioctl has a code for it too.
    pub(crate) fn error_as(&mut self, path: impl Into<String>, fault: Fault, codes: &'static [&'static str]) {
        self.errors += 1;
        self.add(Sort::Error, path, fault.message, fault.hint, codes);
    }

    /// Istio takes what stands at `path`, and warns of it.
    pub(crate) fn warn(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        let codes: &'static [&'static str] = if self.quiet { &[] } else { &["IST0133"] };
        self.add(Sort::Warning, path, message, hint, codes);
    }

    /// Judges a part of which Istio's validation passes on the errors alone: its warnings get no code.
    pub(crate) fn quietly(&mut self, part: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.quiet, true);
        part(self);
        self.quiet = outer;
    }

    /// Istio and istioctl take what stands at `path` without a word, and it is hardly what was meant.
    pub(crate) fn doubt(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Sort::Doubt, path, message, hint, &[]);
    }

    /// Istio takes what stands at `path` and warns of it, although it is as bad as an error.
    pub(crate) fn alarm(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Sort::Alarm, path, message, hint, &["IST0133"]);
    }

    /// Worth knowing, and istioctl warns of it.
    pub(crate) fn note(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Sort::Note, path, message, hint, &["IST0133"]);
    }

    /// Istio's webhook refuses the object, or Istio cannot read it at all; istioctl gives no code for that.
    pub(crate) fn refused(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Sort::Refused, path, message, hint, &[]);
    }

    /// An error at `field`, when the verdict is one.
    pub(crate) fn judge(&mut self, field: &Field<'_>, verdict: Verdict) {
        match verdict {
            Ok(()) => self.about = None,
            Err(Fault { message, hint }) => self.error(field.path(), message, hint),
        }
    }

    fn add(&mut self, sort: Sort, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>, codes: &'static [&'static str]) {
        let about = self.about.take();
        self.judgements.push(Judgement { sort, path: path.into(), message: message.into(), hint: hint.into(), codes, about });
    }
}
