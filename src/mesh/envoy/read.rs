//! Reads an answer as it comes, one element at a time: a dump of many megabytes is never held as text.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Answers, Section, Stage, Undecoded, bootstrap, cluster, endpoint, extension, listener, route, secret};
use crate::model::Str;

/// The lists that answers are made of. Their names tell them apart wherever they stand, whole section or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    StaticClusters,
    ActiveClusters,
    WarmingClusters,
    StaticListeners,
    DynamicListeners,
    StaticRoutes,
    DynamicRoutes,
    StaticAssignments,
    DynamicAssignments,
    StaticSecrets,
    ActiveSecrets,
    WarmingSecrets,
    Extensions,
    Hosts,
}

/// Each with its name, and the type of its elements, by which `resource=` gives them without it.
const LISTS: [(List, &str, &str); 14] = [
    (List::StaticClusters, "static_clusters", "ClustersConfigDump.StaticCluster"),
    (List::ActiveClusters, "dynamic_active_clusters", "ClustersConfigDump.DynamicCluster"),
    (List::WarmingClusters, "dynamic_warming_clusters", ""),
    (List::StaticListeners, "static_listeners", "ListenersConfigDump.StaticListener"),
    (List::DynamicListeners, "dynamic_listeners", "ListenersConfigDump.DynamicListener"),
    (List::StaticRoutes, "static_route_configs", "RoutesConfigDump.StaticRouteConfig"),
    (List::DynamicRoutes, "dynamic_route_configs", "RoutesConfigDump.DynamicRouteConfig"),
    (List::StaticAssignments, "static_endpoint_configs", "EndpointsConfigDump.StaticEndpointConfig"),
    (List::DynamicAssignments, "dynamic_endpoint_configs", "EndpointsConfigDump.DynamicEndpointConfig"),
    (List::StaticSecrets, "static_secrets", "SecretsConfigDump.StaticSecret"),
    (List::ActiveSecrets, "dynamic_active_secrets", "SecretsConfigDump.DynamicSecret"),
    (List::WarmingSecrets, "dynamic_warming_secrets", ""),
    (List::Extensions, "ecds_filters", "EcdsConfigDump.EcdsFilterConfig"),
    (List::Hosts, "cluster_statuses", ""),
];

/// Types of sections, which are there though they may hold nothing.
const SECTIONS: [(Section, &str); 7] = [
    (Section::Bootstrap, "BootstrapConfigDump"),
    (Section::Clusters, "ClustersConfigDump"),
    (Section::Listeners, "ListenersConfigDump"),
    (Section::Routes, "RoutesConfigDump"),
    (Section::Assignments, "EndpointsConfigDump"),
    (Section::Secrets, "SecretsConfigDump"),
    (Section::Extensions, "EcdsConfigDump"),
];

/// Known, and nothing that is shown.
const PASSED_OVER: [&str; 1] = ["ScopedRoutesConfigDump"];

const PREFIX: &str = "type.googleapis.com/envoy.admin.v3.";

impl List {
    /// Its name, as `resource=` takes it.
    pub(crate) fn name(self) -> &'static str {
        LISTS.iter().find(|(list, ..)| *list == self).map_or("", |(_, name, _)| name)
    }

    /// The part of an answer that it belongs to.
    pub(crate) fn section(self) -> Section {
        match self {
            Self::StaticClusters | Self::ActiveClusters | Self::WarmingClusters => Section::Clusters,
            Self::StaticListeners | Self::DynamicListeners => Section::Listeners,
            Self::StaticRoutes | Self::DynamicRoutes => Section::Routes,
            Self::StaticAssignments | Self::DynamicAssignments => Section::Assignments,
            Self::StaticSecrets | Self::ActiveSecrets | Self::WarmingSecrets => Section::Secrets,
            Self::Extensions => Section::Extensions,
            Self::Hosts => Section::Hosts,
        }
    }

    pub(super) fn stage(self) -> Stage {
        match self {
            Self::StaticClusters | Self::StaticListeners | Self::StaticRoutes | Self::StaticAssignments | Self::StaticSecrets => Stage::Static,
            Self::WarmingClusters | Self::WarmingSecrets => Stage::Warming,
            _ => Stage::Active,
        }
    }
}

impl Answers {
    /// Adds what an answer holds of the sections that are wanted. The elements of an answer to `resource=` are those of `asked`.
    pub(crate) fn read(&mut self, source: impl Read, wanted: &[Section], asked: Option<List>) -> serde_json::Result<()> {
        let mut source = serde_json::Deserializer::from_reader(source);
        Whole(&mut Reading { into: self, wanted, asked }).deserialize(&mut source)?;
        source.end()
    }

    /// Whether nothing was in it that an Envoy answers.
    pub(crate) fn is_foreign(&self) -> bool {
        !self.answered && self.sections.is_empty() && self.server.is_none()
    }
}

struct Reading<'r> {
    into: &'r mut Answers,
    wanted: &'r [Section],
    asked: Option<List>,
}

impl Reading<'_> {
    fn wants(&self, section: Section) -> bool {
        self.wanted.contains(&section)
    }

    /// One element. What makes no sense is noted, and the next one is read.
    fn element(&mut self, list: List, nth: usize, raw: &RawValue) {
        let into = &mut *self.into;
        let added = match list.section() {
            Section::Clusters => cluster::add(raw, list, into),
            Section::Listeners => listener::add(raw, list, into),
            Section::Routes => route::add(raw, list, into),
            Section::Assignments => endpoint::add(raw, into),
            Section::Secrets => secret::add(raw, list, into),
            Section::Extensions => extension::add(raw, into),
            Section::Hosts => endpoint::add_hosts(raw, into),
            Section::Bootstrap => Ok(()),
        };
        if let Err(error) = added {
            into.undecoded.push(Undecoded { section: list.section(), nth, why: error.to_string() });
        }
    }

    fn bootstrap(&mut self, raw: &RawValue) {
        self.into.sections.insert(Section::Bootstrap);
        match bootstrap::read(raw) {
            Ok(read) => self.into.bootstrap = Some(read),
            Err(error) => self.into.undecoded.push(Undecoded { section: Section::Bootstrap, nth: 1, why: error.to_string() }),
        }
    }

    /// By its type: the list whose element it is.
    fn kind(&mut self, kind: &str) -> Option<List> {
        let plain = kind.strip_prefix(PREFIX).unwrap_or(kind);
        if let Some((section, _)) = SECTIONS.iter().find(|(_, name)| *name == plain) {
            self.into.sections.insert(*section);
        } else if let Some((list, ..)) = LISTS.iter().find(|(.., element)| *element == plain && !plain.is_empty()) {
            return Some(*list);
        } else if !PASSED_OVER.contains(&plain) {
            self.into.strange.insert(Str::from(kind));
        }
        None
    }
}

/// A whole answer, one section of it, or one element.
struct Whole<'a, 'r>(&'a mut Reading<'r>);

impl<'de> DeserializeSeed<'de> for Whole<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of Envoy's admin interface")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reading = self.0;
        let (mut typed, mut element) = (false, None);
        // Fields of what may be an element, written anew as one.
        let mut fields = String::new();
        while let Some(key) = map.next_key::<String>()? {
            if let Some((list, ..)) = LISTS.iter().find(|(_, name, _)| *name == key) {
                reading.into.sections.insert(list.section());
                if reading.wants(list.section()) {
                    map.next_value_seed(Elements { reading, list: *list })?;
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
                continue;
            }
            match key.as_str() {
                "configs" => {
                    reading.into.answered = true;
                    map.next_value_seed(Configs(reading))?;
                }
                "bootstrap" if reading.wants(Section::Bootstrap) => reading.bootstrap(&map.next_value::<Box<RawValue>>()?),
                "@type" => (typed, element) = (true, reading.kind(&map.next_value::<String>()?)),
                "version" | "state" => {
                    let text = map.next_value::<Str>()?;
                    let server = reading.into.server.get_or_insert_default();
                    *if key == "version" { &mut server.version } else { &mut server.state } = text;
                }
                _ if !typed || element.is_some_and(|list| reading.wants(list.section())) => {
                    let key = serde_json::to_string(&key).map_err(A::Error::custom)?;
                    fields = format!("{fields}{}{key}:{}", if fields.is_empty() { "" } else { "," }, map.next_value::<Box<RawValue>>()?.get());
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let Some(list) = element {
            reading.into.sections.insert(list.section());
            if reading.wants(list.section()) {
                let raw = RawValue::from_string(format!("{{{fields}}}")).map_err(A::Error::custom)?;
                reading.element(list, 1, &raw);
            }
        }
        Ok(())
    }
}

/// `configs`.
struct Configs<'a, 'r>(&'a mut Reading<'r>);

impl<'de> DeserializeSeed<'de> for Configs<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0.asked {
            Some(list) => Elements { list, reading: self.0 }.deserialize(deserializer),
            None => deserializer.deserialize_seq(self),
        }
    }
}

impl<'de> Visitor<'de> for Configs<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of sections")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sections: A) -> Result<(), A::Error> {
        while sections.next_element_seed(Whole(self.0))?.is_some() {}
        Ok(())
    }
}

/// The elements of a list.
struct Elements<'a, 'r> {
    reading: &'a mut Reading<'r>,
    list: List,
}

impl<'de> DeserializeSeed<'de> for Elements<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list {}", self.list.name())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut nth = 0;
        while let Some(raw) = elements.next_element::<Box<RawValue>>()? {
            nth += 1;
            self.reading.element(self.list, nth, &raw);
        }
        Ok(())
    }
}
