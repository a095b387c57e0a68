//! How the rules of this family report: errors with istioctl's code for them, warnings with its other one.

use crate::checks::Findings;
use crate::model::{Field, Kind, Object};
use crate::report::Severity;
use crate::world::World;

/// What is wrong with a value, and how to fix it.
#[derive(Debug)]
pub(in crate::checks) struct Fault {
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub hint: String,
}

/// Nothing, or what is wrong.
pub(in crate::checks) type Verdict = Result<(), Fault>;

/// A verdict that something is wrong.
pub(in crate::checks) fn fault(message: impl Into<String>, hint: impl Into<String>) -> Verdict {
    Err(Fault { message: message.into(), hint: hint.into() })
}

/// Judges one object.
pub(in crate::checks) struct Judge<'j, 'w> {
    sink: Sink<'j, 'w>,
    errors: usize,
    /// Whether Istio's validation drops the warnings of the part that is being judged.
    quiet: bool,
    /// What tells the next verdict from others of its sort at the same field.
    detail: Option<String>,
}

/// Where verdicts go.
enum Sink<'j, 'w> {
    /// Into findings about the object that is judged.
    Object(&'j mut Findings<'w>, &'j Object),
    /// Into findings about the field of an object that holds the judged document as text.
    Inside(&'j mut Findings<'w>, &'j Object, &'static str),
    /// Into a list of errors, each with its path: the document is a value of which another rule reports.
    List(&'j mut Vec<String>),
}

impl<'j, 'w> Judge<'j, 'w> {
    /// Judges `object` itself.
    pub(in crate::checks) fn new(findings: &'j mut Findings<'w>, object: &'j Object) -> Self {
        Self::into(Sink::Object(findings, object))
    }

    /// Judges a document that `object` holds as text in the field `inside`.
    pub(in crate::checks) fn inside(findings: &'j mut Findings<'w>, object: &'j Object, inside: &'static str) -> Self {
        Self::into(Sink::Inside(findings, object, inside))
    }

    /// Judges a document on its own; what Istio refuses is listed.
    pub(in crate::checks) fn list(errors: &'j mut Vec<String>) -> Self {
        Self::into(Sink::List(errors))
    }

    fn into(sink: Sink<'j, 'w>) -> Self {
        Self { sink, errors: 0, quiet: false, detail: None }
    }

    /// The namespace of the object.
    pub(in crate::checks) fn namespace(&self) -> &'j str {
        match self.sink {
            Sink::Object(_, object) | Sink::Inside(_, object, _) => &object.meta.namespace,
            Sink::List(_) => "",
        }
    }

    /// Whether the judged document is text in another object, whose types no other rule looks at.
    pub(in crate::checks) fn is_inside(&self) -> bool {
        !matches!(self.sink, Sink::Object(..))
    }

    /// How many errors were reported.
    pub(in crate::checks) fn errors(&self) -> usize {
        self.errors
    }

    /// Says what tells the next verdict from others of its sort that the same field may get, in words that outlive those of the message.
    pub(in crate::checks) fn about(&mut self, detail: impl Into<String>) -> &mut Self {
        self.detail = Some(detail.into());
        self
    }

    /// Istio refuses what stands at `path`.
    pub(in crate::checks) fn error(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.errors += 1;
        self.report("", path.into(), message.into(), hint.into(), (Severity::Error, &["IST0106"]));
    }

    /// Istio refuses what stands at `path`, and another tool than istioctl has a code for it too.
    pub(in crate::checks) fn error_as(&mut self, path: impl Into<String>, fault: Fault, codes: &[&'static str]) {
        self.errors += 1;
        self.report("", path.into(), fault.message, fault.hint, (Severity::Error, codes));
    }

    /// Istio takes what stands at `path`, and warns of it.
    pub(in crate::checks) fn warn(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        let codes: &[&'static str] = if self.quiet { &[] } else { &["IST0133"] };
        self.report("warning", path.into(), message.into(), hint.into(), (Severity::Warning, codes));
    }

    /// Judges a part of which Istio's validation passes on the errors alone: its warnings get no code.
    pub(in crate::checks) fn quietly(&mut self, part: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.quiet, true);
        part(self);
        self.quiet = outer;
    }

    /// Istio and istioctl take what stands at `path` without a word, and it is hardly what was meant.
    pub(in crate::checks) fn doubt(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.report("doubt", path.into(), message.into(), hint.into(), (Severity::Warning, &[]));
    }

    /// Istio takes what stands at `path` and warns of it, although it is as bad as an error.
    pub(in crate::checks) fn alarm(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.report("alarm", path.into(), message.into(), hint.into(), (Severity::Error, &["IST0133"]));
    }

    /// Worth knowing, and istioctl warns of it.
    pub(in crate::checks) fn note(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.report("note", path.into(), message.into(), hint.into(), (Severity::Info, &["IST0133"]));
    }

    /// Istio's webhook refuses the object, or Istio cannot read it at all; istioctl gives no code for that.
    pub(in crate::checks) fn refused(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.report("refused", path.into(), message.into(), hint.into(), (Severity::Error, &[]));
    }

    /// An error at `field`, when the verdict is one.
    pub(in crate::checks) fn judge(&mut self, field: &Field<'_>, verdict: Verdict) {
        match verdict {
            Ok(()) => self.detail = None,
            Err(Fault { message, hint }) => self.error(field.path(), message, hint),
        }
    }

    /// Reports a verdict; `sort` tells those of one sort from those of another at the same field.
    fn report(&mut self, sort: &str, path: String, message: String, hint: String, (severity, codes): (Severity, &[&'static str])) {
        let at = if path.is_empty() { message.clone() } else { format!("{path}: {message}") };
        let about = self.detail.take();
        let detail = |inside: &str| {
            [inside, sort, about.as_deref().unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        };
        let (finding, detail) = match &mut self.sink {
            Sink::Object(findings, object) => (findings.add(*object, path, message, hint), detail("")),
            Sink::Inside(findings, object, inside) => (findings.add(*object, *inside, at, hint), detail(&path)),
            Sink::List(errors) => {
                errors.extend((severity == Severity::Error).then_some(at));
                return;
            }
        };
        finding.severity(severity).codes(codes);
        if !detail.is_empty() {
            finding.detail(detail);
        }
    }
}

/// Judges every object of a kind: its annotations, then its spec with `spec`.
pub(in crate::checks) fn each(
    world: &World,
    findings: &mut Findings<'_>,
    kind: Kind,
    spec: impl for<'o> Fn(&mut Judge<'_, '_>, &Field<'o>, &'o Object),
) {
    for object in world.index.objects(kind) {
        let mut judge = Judge::new(findings, object);
        crate::checks::support::istio::schema::common::annotations(&mut judge, object);
        spec(&mut judge, &object.spec(), object);
    }
}
