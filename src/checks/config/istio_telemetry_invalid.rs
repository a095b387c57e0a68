use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{Judge, cel, either, has, one_target, required, selector, target_refs};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A Telemetry keeps to Istio's rules: providers have names, the sampling rate is a percentage, custom tags have values, overridden tags have a
    /// value exactly when they are set, filters of access logs are expressions in CEL, and the target is named in one way. Warnings are for more than
    /// one tracing entry or provider.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid Telemetry. Of several tracing entries or providers Istio uses one, so that the spans you look for are missing.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`; fields that exclude each other:
    /// Istio's CustomResourceDefinitions (`manifests/charts/base/files/crd-all.gen.yaml`).
    "istio-telemetry-invalid",
    summary: "Telemetry that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::Telemetry],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::Telemetry, |judge, spec, _| {
        one_target(judge, spec);
        selector(judge, spec, "selector");
        target_refs(judge, spec);
        for section in ["metrics", "tracing", "accessLogging"] {
            for provider in spec.list(section).flat_map(|entry| entry.list("providers").collect::<Vec<_>>()) {
                required(judge, &provider, "name", "the provider's name");
            }
        }
        for metric in spec.list("metrics").flat_map(|entry| entry.list("overrides").collect::<Vec<_>>()) {
            overrides(judge, &metric);
        }
        tracing(judge, spec);
        for filter in spec.list("accessLogging").filter_map(|entry| entry.get("filter")) {
            if !has(&filter, "expression") {
                judge.error(filter.path_of("expression"), "the filter has no expression", "Write expression, in CEL: response.code >= 400.");
            } else if let Err(problem) = cel(filter.text("expression")) {
                let hint = "Write CEL (https://github.com/google/cel-spec): ==, &&, ||, !, and texts in quotes.";
                judge.error(filter.path_of("expression"), format!("the expression is no CEL: {problem}"), hint);
            }
        }
    });
}

fn overrides(judge: &mut Judge<'_>, metric: &Field<'_>) {
    if let Some(condition) = metric.get("match") {
        either(judge, &condition, &["metric", "customMetric"]);
    }
    if let Some(custom) = metric.at(["match", "customMetric"]).filter(Field::is_empty) {
        judge.error(custom.path(), "customMetric is empty", "Write the metric's name, or match by metric.");
    }
    for (name, tag) in metric.get("tagOverrides").iter().flat_map(Field::entries) {
        if name.is_empty() {
            judge.warn(tag.path(), "the tag has no name", "Write the tag's name as key.");
        }
        let remove = tag.text("operation") == "REMOVE";
        if remove && has(&tag, "value") {
            judge.error(tag.path_of("value"), "a tag that is removed has no value", "Remove value, or write operation: UPSERT.");
        } else if !remove && !has(&tag, "value") {
            judge.error(tag.path_of("value"), "a tag that is set needs a value", "Write value, an expression in CEL, or operation: REMOVE.");
        }
    }
}

fn tracing(judge: &mut Judge<'_>, spec: &Field<'_>) {
    if spec.list("tracing").count() > 1 {
        judge.warn(spec.path_of("tracing"), "there is more than one tracing entry, and one is used", "Put everything into one entry.");
    }
    for entry in spec.list("tracing") {
        if entry.list("providers").count() > 1 {
            judge.warn(entry.path_of("providers"), "there is more than one tracing provider, and one is used", "Name one provider.");
        }
        if let Some(rate) = entry.get("randomSamplingPercentage").filter(|r| r.number().is_some_and(|n| !(0.0..=100.0).contains(&n))) {
            judge.error(rate.path(), format!("the sampling rate is {rate}, not between 0 and 100"), "Write a percentage from 0 to 100.");
        }
        for (name, tag) in entry.get("customTags").iter().flat_map(Field::entries) {
            if name.is_empty() {
                judge.error(tag.path(), "the tag has no name", "Write the tag's name as key.");
            }
            either(judge, &tag, &["literal", "environment", "header", "formatter"]);
            for (source, part) in [("literal", "value"), ("header", "name"), ("environment", "name")] {
                if let Some(source) = tag.get(source) {
                    required(judge, &source, part, &format!("the {part} of the tag"));
                }
            }
        }
    }
}
