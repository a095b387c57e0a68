//! What an API server refuses of the Gateway API's objects: by the types, patterns and rules of their CustomResourceDefinitions, in a form of ours.
//! Only what every release since 1.0 refuses stands here, or every release that has the field.

mod filters;
mod gateway;
mod route;
mod values;

use crate::model::{Data, Field, Kind, Object};

/// The kinds that are judged.
pub(in crate::checks) const KINDS: [Kind; 10] = [
    Kind::GatewayClass,
    Kind::Gateway,
    Kind::ListenerSet,
    Kind::HttpRoute,
    Kind::GrpcRoute,
    Kind::TlsRoute,
    Kind::TcpRoute,
    Kind::UdpRoute,
    Kind::ReferenceGrant,
    Kind::BackendTlsPolicy,
];

/// Something that is refused.
pub(in crate::checks) struct Fault {
    /// Where it stands, or should.
    pub(in crate::checks) path: String,
    /// What is wrong.
    pub(in crate::checks) message: String,
    /// How to fix it.
    pub(in crate::checks) hint: String,
    /// What tells it from others at the same place.
    pub(in crate::checks) detail: &'static str,
}

/// Collects what is refused.
#[derive(Default)]
struct Faults(Vec<Fault>);

/// Everything of an object that is refused.
pub(in crate::checks) fn faults(object: &Object) -> Vec<Fault> {
    let mut faults = Faults::default();
    let spec = object.spec();
    match object.kind {
        Kind::GatewayClass => gateway::class(&spec, &mut faults),
        Kind::Gateway => gateway::gateway(&spec, &mut faults),
        Kind::ListenerSet => gateway::listeners(&spec, &mut faults),
        Kind::ReferenceGrant => gateway::grant(&spec, &mut faults),
        Kind::BackendTlsPolicy => gateway::backend_tls(&spec, &mut faults),
        kind => route::route(kind, object, &spec, &mut faults),
    }
    faults.0
}

impl Faults {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.add_about("", path, message, hint);
    }

    /// The same where another fault may be told of the same place.
    fn add_about(&mut self, detail: &'static str, path: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) {
        self.0.push(Fault { path: path.into(), message: message.into(), hint: hint.into(), detail });
    }

    /// A field that has to be there.
    fn required<'f>(&mut self, item: &Field<'f>, name: &'static str) -> Option<Field<'f>> {
        let found = item.get(name);
        if found.is_none() {
            self.add_about(name, item.path(), format!("{name} is missing"), format!("Add {name}."));
        }
        found
    }

    /// A text that has to be of a certain form, where it is there; templates that are still to be filled in are another rule's.
    fn text(&mut self, item: &Field<'_>, name: &str, form: &values::Form) {
        let Some(field) = item.get(name) else { return };
        match field.data() {
            Data::Text(text) if values::is_template(text) || (form.fits)(text) => {}
            Data::Text(text) => self.add(field.path(), format!("{text:?} is no {}", form.what), form.hint),
            _ => self.add(field.path(), format!("{field} is no text"), "Put the value in quotes."),
        }
    }

    /// The same for every item of a list.
    fn texts(&mut self, item: &Field<'_>, name: &'static str, form: &values::Form) {
        for (text, field) in item.texts(name).filter(|(text, _)| !values::is_template(text) && !(form.fits)(text)) {
            self.add(field.path(), format!("{text:?} is no {}", form.what), form.hint);
        }
    }

    /// One of a few words, where it is there.
    fn choice(&mut self, item: &Field<'_>, name: &str, words: &[&str]) {
        if let Some(field) = item.get(name).filter(|f| f.str().is_some_and(|text| !words.contains(&text) && !values::is_template(text))) {
            self.add(field.path(), format!("{field} is none of {}", words.join(", ")), format!("Write one of {}.", words.join(", ")));
        }
    }

    /// A whole number within bounds, where it is there.
    fn number(&mut self, item: &Field<'_>, name: &str, (low, high): (i64, i64)) {
        let Some(field) = item.get(name) else { return };
        match (field.data(), field.int()) {
            (Data::Number(_), Some(n)) if (low..=high).contains(&n) => {}
            (Data::Text(text), _) if values::is_template(text) => {}
            (Data::Text(_), Some(_)) => {
                self.add(field.path(), format!("{field} is a text, and a number is wanted"), "Write the number without quotes.")
            }
            _ => self.add(field.path(), format!("{field} is not between {low} and {high}"), format!("Write a number from {low} to {high}.")),
        }
    }

    /// A port, where it is there.
    fn port(&mut self, item: &Field<'_>) {
        self.number(item, "port", (1, 65535));
    }

    /// No two items of a list may be alike in what `key` says of them.
    fn unique<'f>(&mut self, items: impl Iterator<Item = Field<'f>>, what: &str, key: impl Fn(&Field<'f>) -> Option<String>) {
        let mut seen = std::collections::HashSet::new();
        for item in items {
            if key(&item).is_some_and(|key| !seen.insert(key)) {
                self.add_about("twice", item.path(), format!("{what} is given twice"), "Remove one of the two, or make them one.");
            }
        }
    }
}
