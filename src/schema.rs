//! The JSON Schemas of the machine contract and of the settings, made from the types that are written and read. Only tests need them, so no program pays
//! for them.

use std::path::Path;

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::commands::config::Config;
use crate::commands::proxy::stats::ProxyStatsReport;
use crate::commands::{Paper, explain, rules};
use crate::output::{API_VERSION, CheckAnswer, CheckDocument, Document, Report};
use crate::plan::{PlanReport, RunReport};
use crate::views::{
    CertificateReport, DecisionReport, GeneratedReport, InjectionReport, LogLineReport, MatrixReport, MtlsPlanReport, MtlsReport, NamespaceReport,
    PolicyReport, PolicyTestReport, ProxyConfigReport, ProxyDiffReport, ProxyStatusReport, ServicePage, SimulationReport, StatusReport,
    VersionReport, WhyReport, WorkloadPage, ZtunnelReport,
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
        self.written_as::<R, R>();
    }

    /// The document of a report that writes itself in the form of another type.
    fn written_as<R: Report, F: JsonSchema + 'static>(&mut self) {
        let kind = R::KIND.unwrap();
        let description = F::json_schema(&mut self.generator).to_value()["description"].take();
        self.add::<Document<'static, F>>(kind);
        self.found[kind]["description"] = description;
    }
}

/// Documents about files that are no manifests, this program, or one plan.
const WITHOUT_SOURCE: [&str; 8] =
    ["CertificateReport", "LogLineReport", "ProxyStatsReport", "PlanReport", "ProxyConfigReport", "RunReport", "VersionReport", "ZtunnelReport"];

/// All others always say where their objects came from.
fn source_is_required(documents: &mut Map<String, Value>) {
    for (kind, schema) in documents {
        if let Some(required) = schema["required"].as_array_mut()
            && !WITHOUT_SOURCE.contains(&kind.as_str())
        {
            required.insert(2, "source".into());
        }
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
    documents.written_as::<CheckAnswer<'static>, CheckDocument<'static>>();
    documents.report::<CertificateReport>();
    documents.report::<StatusReport>();
    documents.report::<WorkloadPage>();
    documents.report::<ServicePage>();
    documents.report::<InjectionReport>();
    documents.report::<MtlsReport>();
    documents.report::<MtlsPlanReport>();
    documents.report::<DecisionReport>();
    documents.report::<PolicyReport>();
    documents.report::<NamespaceReport>();
    documents.report::<MatrixReport<'static>>();
    documents.report::<SimulationReport<'static>>();
    documents.report::<GeneratedReport<'static>>();
    documents.report::<PolicyTestReport>();
    documents.add::<Document<'static, ProxyConfigReport>>("ProxyConfigReport");
    documents.report::<ProxyDiffReport>();
    documents.report::<LogLineReport>();
    documents.report::<ProxyStatsReport>();
    documents.report::<ProxyStatusReport>();
    documents.report::<ZtunnelReport>();
    documents.report::<WhyReport>();
    documents.written_as::<Paper<'static>, PlanReport<'static>>();
    documents.report::<RunReport<'static>>();
    documents.report::<VersionReport>();
    source_is_required(&mut documents.found);
    documents.add::<checks::baseline::Document>("Baseline");
    documents.add::<cluster::snapshot::Header>("Snapshot");
    let kinds: Vec<Value> = documents.found.keys().map(|kind| json!({"$ref": format!("#/$defs/{kind}")})).collect();
    // These two tell of the program and not of a cluster, and say neither version nor kind.
    let plain = [
        ("RuleList", rules::RuleList::json_schema(&mut documents.generator)),
        ("RulePages", explain::RulePages::json_schema(&mut documents.generator)),
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
