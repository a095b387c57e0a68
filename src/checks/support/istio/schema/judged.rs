//! How the rules of this family report what Istio's validation says (`mesh/istio/validation`).

use crate::checks::Findings;
use crate::mesh::istio::validation::{Judge, Judgement, Sort, annotations};
use crate::model::{Field, Kind, Object};
use crate::report::Severity;
use crate::world::World;

/// Judges every object of a kind: its annotations, then its spec with `spec`.
pub(in crate::checks) fn each(world: &World, findings: &mut Findings<'_>, kind: Kind, spec: impl for<'o> Fn(&mut Judge<'_>, &Field<'o>, &'o Object)) {
    for object in world.index.objects(kind) {
        let mut judge = Judge::of(&object.meta.namespace);
        annotations(&mut judge, object);
        spec(&mut judge, &object.spec(), object);
        for judgement in judge.judgements() {
            add(findings, object, None, judgement);
        }
    }
}

/// Reports what was judged of a document that `object` holds as text in the field `inside`.
pub(in crate::checks) fn inside(findings: &mut Findings<'_>, object: &Object, inside: &'static str, judge: Judge<'_>) {
    for judgement in judge.judgements() {
        add(findings, object, Some(inside), judgement);
    }
}

fn add(findings: &mut Findings<'_>, object: &Object, inside: Option<&'static str>, judgement: Judgement) {
    let Judgement { sort, path, message, hint, codes, about } = judgement;
    let place = inside.map_or("", |_| path.as_str());
    let (severity, word) = weight(sort);
    let detail = [place, word, about.as_deref().unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let finding = match inside {
        None => findings.add(object, path, message, hint),
        Some(field) if path.is_empty() => findings.add(object, field, message, hint),
        Some(field) => findings.add(object, field, format!("{path}: {message}"), hint),
    };
    finding.severity(severity).codes(codes);
    if !detail.is_empty() {
        finding.detail(detail);
    }
}

/// How grave a judgement is, and the word that tells its sort from others at the same field.
fn weight(sort: Sort) -> (Severity, &'static str) {
    match sort {
        Sort::Error => (Severity::Error, ""),
        Sort::Refused => (Severity::Error, "refused"),
        Sort::Alarm => (Severity::Error, "alarm"),
        Sort::Warning => (Severity::Warning, "warning"),
        Sort::Doubt => (Severity::Warning, "doubt"),
        Sort::Note => (Severity::Info, "note"),
    }
}
