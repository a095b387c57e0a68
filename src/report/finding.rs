//! One thing that is wrong, and what tells it from others.

use serde::Serialize;
use sha2::Digest;

use super::{Category, MeshTag, Severity};
use crate::model::{ObjectRef, Span, Str};

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// Path as given on the command line.
    pub file: Str,
    /// The field.
    pub span: Span,
}

/// Another object that a finding cannot be understood without: the one it conflicts with, the one that wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Related {
    /// The object.
    pub object: ObjectRef,
    /// What it has to do with it.
    pub text: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// Codes that other tools give this very situation.
    pub aliases: Vec<&'static str>,
    /// How bad.
    pub severity: Severity,
    /// What it is about.
    pub category: Category,
    /// Which mesh.
    pub mesh: MeshTag,
    /// The object that has to change.
    pub object: ObjectRef,
    /// The field.
    pub path: Option<String>,
    /// Where that field stands, for manifests.
    pub location: Option<Location>,
    /// What is wrong, with the values that make it so.
    pub message: String,
    /// How to fix it.
    pub hint: String,
    /// What tells it from other findings of the rule at the same field: a port, a host, the object it conflicts with.
    pub detail: Option<String>,
    /// How many findings of the report that even share this come before it.
    pub namesakes_before: usize,
    /// Other objects involved, the first few.
    pub related: Vec<Related>,
    /// How many more there are.
    pub related_more: usize,
    /// A change that certainly fixes it, where there is one.
    pub fix: Option<Fix>,
}

/// A change that needs no judgement: one scalar of the object becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// The scalar.
    pub path: String,
    /// What it has to be.
    pub value: String,
}

impl Finding {
    /// Sets the severity of this one finding.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Sets which mesh this one finding is about.
    pub fn about(&mut self, mesh: MeshTag) -> &mut Self {
        self.mesh = mesh;
        self
    }

    /// Sets which of other tools' codes name this very situation; without this call all of the rule's do.
    pub fn codes(&mut self, codes: &[&'static str]) -> &mut Self {
        self.aliases = codes.to_vec();
        self
    }

    /// Names another object that is involved. More than five nobody reads, and a finding for each of many objects that names all others grows with
    /// their square: the rest is counted.
    pub fn related(&mut self, object: ObjectRef, text: impl Into<String>) -> &mut Self {
        if self.related.len() < 5 {
            self.related.push(Related { object, text: text.into() });
        } else {
            self.related_more += 1;
        }
        self
    }

    /// Says how many such objects there are, where only the first of them were handed over.
    pub fn related_of(&mut self, total: usize) -> &mut Self {
        self.related_more = total.saturating_sub(self.related.len());
        self
    }

    /// Says what tells this finding from others of the rule at the same field, in words that stay as they are when the message is reworded.
    pub fn detail(&mut self, detail: impl Into<String>) -> &mut Self {
        self.detail = Some(detail.into());
        self
    }

    /// Offers a certain fix: the scalar at `path` has to be `value`.
    pub fn fix(&mut self, path: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.fix = Some(Fix { path: path.into(), value: value.into() });
        self
    }

    /// Whether this finding answers to `name`: its rule's id or one of the codes other tools give it.
    pub fn is_called(&self, name: &str) -> bool {
        self.rule.eq_ignore_ascii_case(name) || self.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
    }

    /// A name that stays the same when files are edited around the fault: rule, object, field and detail, never the message.
    pub fn fingerprint(&self) -> String {
        let object = &self.object;
        let parts = [self.rule, object.kind.group(), object.kind.name(), &object.namespace, &object.name, self.path.as_deref().unwrap_or_default()];
        let place = (self.namesakes_before > 0).then(|| self.namesakes_before.to_string());
        let parts = parts.into_iter().chain(self.detail.as_deref()).chain(place.as_deref()).collect::<Vec<_>>();
        let digest = sha2::Sha256::digest(parts.join("\0").as_bytes());
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What reports are sorted by: worst first, then by object, rule and field.
    pub fn sort_key(&self) -> (std::cmp::Reverse<Severity>, &ObjectRef, &str, &Option<String>, &str) {
        (std::cmp::Reverse(self.severity), &self.object, self.rule, &self.path, &self.message)
    }
}
