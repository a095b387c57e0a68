//! The JSON Schemas of the machine contract and of the settings, made from the types that are written and read. Only tests need them, so no program pays
//! for them.

use std::path::Path;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::commands::config::Config;
use crate::commands::{explain, rules};
use crate::output::{API_VERSION, CheckDocument, Document, Report};
use crate::plan::PlanReport;
use crate::views::{
    CertificateReport, DecisionReport, InjectionReport, MatrixReport, MtlsPlanReport, MtlsReport, PolicyReport, PolicyTestReport, ServicePage,
    SimulationReport, StatusReport, VersionReport, WhyReport, WorkloadPage,
};
use crate::{checks, cluster};

/// Documents by their kind.
struct Documents {
    generator: SchemaGenerator,
    found: Map<String, Value>,
}

impl Documents {
    /// A document that says its kind and version.
    fn add<T: JsonSchema>(&mut self, kind: &str) {
        let mut schema = T::json_schema(&mut self.generator).to_value();
        schema["properties"]["kind"]["const"] = kind.into();
        schema["properties"]["apiVersion"]["const"] = API_VERSION.into();
        self.found.insert(kind.to_owned(), schema);
    }

    /// The document of a report.
    fn report<R: Report + JsonSchema + 'static>(&mut self) {
        self.other::<R>(R::KIND);
    }

    /// The document of a report whose command has forms of its own.
    fn other<R: JsonSchema + 'static>(&mut self, kind: &str) {
        let description = R::json_schema(&mut self.generator).to_value()["description"].take();
        self.add::<Document<'static, R>>(kind);
        self.found[kind]["description"] = description;
    }
}

/// A field without a value is absent, so none that may be absent is null.
fn absent_is_not_null(schema: &mut Value) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object).cloned() {
        let required: Vec<Value> = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        for name in properties.keys().filter(|name| !required.contains(&Value::from(name.as_str()))) {
            let property = &mut schema["properties"][name];
            if let Some([one, null]) = property["type"].as_array().map(Vec::as_slice) {
                assert_eq!(null, "null");
                property["type"] = one.clone();
            }
            if let Some([one, null]) = property["anyOf"].as_array().map(Vec::as_slice) {
                assert_eq!(null, &json!({"type": "null"}));
                let one = one.as_object().unwrap().clone();
                let property = property.as_object_mut().unwrap();
                property.remove("anyOf");
                property.extend(one);
            }
        }
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(absent_is_not_null),
        Value::Array(list) => list.iter_mut().for_each(absent_is_not_null),
        _ => {}
    }
}

/// Formats that say how wide a number is here mean nothing to anyone else.
fn no_width(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("format").and_then(Value::as_str).is_some_and(|format| format.contains("int") || format == "double") {
                map.remove("format");
            }
            map.values_mut().for_each(no_width);
        }
        Value::Array(list) => list.iter_mut().for_each(no_width),
        _ => {}
    }
}

fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut documents = Documents { generator, found: Map::new() };
    documents.add::<CheckDocument<'static>>("CheckReport");
    documents.report::<CertificateReport>();
    documents.report::<StatusReport>();
    documents.report::<WorkloadPage>();
    documents.report::<ServicePage>();
    documents.report::<InjectionReport>();
    documents.report::<MtlsReport>();
    documents.report::<MtlsPlanReport>();
    documents.report::<DecisionReport>();
    documents.report::<PolicyReport>();
    documents.other::<PlanReport<'static>>("PlanReport");
    documents.other::<MatrixReport<'static>>("MatrixReport");
    documents.other::<SimulationReport<'static>>("SimulationReport");
    documents.other::<PolicyTestReport>("PolicyTestReport");
    documents.other::<WhyReport>("WhyReport");
    documents.report::<VersionReport>();
    documents.add::<checks::baseline::Document>("Baseline");
    documents.add::<cluster::snapshot::Header>("Snapshot");
    let kinds: Vec<Value> = documents.found.keys().map(|kind| json!({"$ref": format!("#/$defs/{kind}")})).collect();
    // These two tell of the program and not of a cluster, and say neither version nor kind.
    let plain = [
        ("RuleList", rules::Document::json_schema(&mut documents.generator)),
        ("RulePages", explain::Document::json_schema(&mut documents.generator)),
    ];
    let mut definitions = documents.generator.take_definitions(true);
    definitions.extend(documents.found);
    definitions.extend(plain.map(|(name, schema)| (name.to_owned(), schema.to_value())));
    let mut all = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}/blob/main/docs/contract.schema.json", env!("CARGO_PKG_REPOSITORY")),
        "title": API_VERSION,
        "description": "The documents of kubectl mesh: what `-o json` writes, a baseline, and `snapshot.json` of a snapshot. `$defs/RuleList` and `$defs/RulePages` are those of `rules` and `explain`.",
        "oneOf": kinds,
        "$defs": definitions,
    });
    absent_is_not_null(&mut all);
    no_width(&mut all);
    all
}

/// Of `.kubectl-mesh.yaml`, which is read and not written.
fn settings() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut schema = Config::json_schema(&mut generator).to_value();
    let mut definitions = Value::from(generator.take_definitions(true));
    // `on` and `off` without quotes are booleans to many who read YAML.
    let words = definitions["RuleSetting"]["oneOf"].as_array_mut().unwrap();
    words.push(json!({"description": "On or off.", "type": "boolean"}));
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["$id"] = format!("{}/blob/main/docs/config.schema.json", env!("CARGO_PKG_REPOSITORY")).into();
    schema["title"] = ".kubectl-mesh.yaml".into();
    schema["description"] = "What a repository or a person has settled for all runs of kubectl mesh.".into();
    schema["$defs"] = definitions;
    schema
}

fn is_current(file: &str, schema: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let now = format!("{schema:#}\n");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "{file} is out of date: BLESS=1 cargo test --lib schema, and look at the difference");
}

#[test]
fn the_schema_of_the_contract_is_current() {
    is_current("docs/contract.schema.json", &schema());
}

#[test]
fn the_schema_of_the_settings_is_current() {
    is_current("docs/config.schema.json", &settings());
}
