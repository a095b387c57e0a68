//! Which fields Istio's kinds have, of which types: facts of Istio's CustomResourceDefinitions in a form of ours.

pub(in crate::checks) mod extensions;
pub(in crate::checks) mod networking;
pub(in crate::checks) mod security;
pub(in crate::checks) mod shared;
pub(in crate::checks) mod telemetry;
pub(in crate::checks) mod traffic_policy;

use crate::model::{Data, Field, Kind, Object};

/// What a value looks like.
#[derive(Debug)]
pub(in crate::checks) enum Shape {
    Text,
    /// A whole number.
    Integer,
    Number,
    /// True or false.
    Bool,
    /// Anything.
    Any,
    /// One of a few words.
    Choice(&'static [&'static str]),
    List(&'static Shape),
    /// A map whose keys are free.
    Dict(&'static Shape),
    /// A map with these fields.
    Fields(&'static [(&'static str, &'static Shape)]),
}

/// Where an object departs from the shape of its kind.
pub(in crate::checks) enum Departure<'f> {
    /// The kind has no such field; these are the ones it has there.
    UnknownField(&'f str, Field<'f>, &'static [(&'static str, &'static Shape)]),
    /// The word is none of those allowed.
    UnknownValue(&'f str, Field<'f>, &'static [&'static str]),
    /// The value is of another type.
    WrongType(Field<'f>, &'static Shape),
}

/// The kinds whose shapes are known.
pub(in crate::checks) const KINDS: [Kind; 15] = [
    Kind::VirtualService,
    Kind::DestinationRule,
    Kind::IstioGateway,
    Kind::ServiceEntry,
    Kind::Sidecar,
    Kind::WorkloadEntry,
    Kind::WorkloadGroup,
    Kind::EnvoyFilter,
    Kind::ProxyConfig,
    Kind::AuthorizationPolicy,
    Kind::PeerAuthentication,
    Kind::RequestAuthentication,
    Kind::Telemetry,
    Kind::WasmPlugin,
    Kind::TrafficExtension,
];

fn of(kind: Kind) -> &'static Shape {
    match kind {
        Kind::VirtualService => &networking::VIRTUAL_SERVICE,
        Kind::DestinationRule => &traffic_policy::DESTINATION_RULE,
        Kind::IstioGateway => &networking::GATEWAY,
        Kind::ServiceEntry => &networking::SERVICE_ENTRY,
        Kind::Sidecar => &networking::SIDECAR,
        Kind::WorkloadEntry => &networking::WORKLOAD_ENTRY,
        Kind::WorkloadGroup => &networking::WORKLOAD_GROUP,
        Kind::EnvoyFilter => &networking::ENVOY_FILTER,
        Kind::ProxyConfig => &networking::PROXY_CONFIG,
        Kind::AuthorizationPolicy => &security::AUTHORIZATION_POLICY,
        Kind::PeerAuthentication => &security::PEER_AUTHENTICATION,
        Kind::RequestAuthentication => &security::REQUEST_AUTHENTICATION,
        Kind::Telemetry => &telemetry::TELEMETRY,
        Kind::WasmPlugin => &extensions::WASM_PLUGIN,
        Kind::TrafficExtension => &extensions::TRAFFIC_EXTENSION,
        _ => &Shape::Any,
    }
}

/// Every departure of `object` from the shape of its kind, in the order of the document.
pub(in crate::checks) fn departures<'f>(object: &'f Object, found: &mut impl FnMut(Departure<'f>)) {
    static NOTHING: Shape = Shape::Any;
    static TOP: &[(&str, &Shape)] = &[("spec", &NOTHING), ("status", &NOTHING)];
    for (name, field) in object.root().entries() {
        match name {
            "spec" => walk(&field, of(object.kind), found),
            "status" => {}
            _ => found(Departure::UnknownField(name, field, TOP)),
        }
    }
}

fn walk<'f>(field: &Field<'f>, shape: &'static Shape, found: &mut impl FnMut(Departure<'f>)) {
    match (shape, field.data()) {
        (_, Data::Null) | (Shape::Any, _) | (Shape::Text, Data::Text(_)) | (Shape::Number, Data::Number(_)) | (Shape::Bool, Data::Bool(_)) => {}
        (Shape::Integer, Data::Number(_)) if field.int().is_some() => {}
        (Shape::Choice(allowed), Data::Text(word)) => {
            if !allowed.contains(&word) {
                found(Departure::UnknownValue(word, *field, allowed));
            }
        }
        (Shape::List(item), Data::List) => field.items().for_each(|f| walk(&f, item, found)),
        (Shape::Dict(value), Data::Map) => field.entries().for_each(|(_, f)| walk(&f, value, found)),
        (Shape::Fields(known), Data::Map) => {
            for (name, inner) in field.entries() {
                match known.binary_search_by(|(k, _)| (*k).cmp(name)) {
                    Ok(at) => walk(&inner, known[at].1, found),
                    Err(_) => found(Departure::UnknownField(name, inner, known)),
                }
            }
        }
        _ => found(Departure::WrongType(*field, shape)),
    }
}

impl Shape {
    /// What it is, for people.
    pub(in crate::checks) fn describe(&self) -> &'static str {
        match self {
            Self::Text | Self::Choice(_) => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Any => "anything",
            Self::List(_) => "a list",
            Self::Dict(_) | Self::Fields(_) => "a map",
        }
    }

    /// How to write such a value.
    pub(in crate::checks) fn advice(&self) -> &'static str {
        match self {
            Self::Text | Self::Choice(_) => "Put the value in quotes.",
            Self::Integer | Self::Number => "Write the number without quotes.",
            Self::Bool => "Write true or false without quotes.",
            Self::Any => "Write any value.",
            Self::List(_) => "Write a list: begin each item with \"- \".",
            Self::Dict(_) | Self::Fields(_) => "Write fields and values: name: value.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(shape: &Shape) -> bool {
        match shape {
            Shape::Fields(known) => known.windows(2).all(|w| w[0].0 < w[1].0) && known.iter().all(|(_, inner)| sorted(inner)),
            Shape::List(inner) | Shape::Dict(inner) => sorted(inner),
            _ => true,
        }
    }

    #[test]
    fn fields_are_sorted_for_the_search() {
        for kind in KINDS {
            assert!(sorted(of(kind)) && matches!(of(kind), Shape::Fields(_)), "{kind}");
        }
    }
}
