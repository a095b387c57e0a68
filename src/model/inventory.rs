//! All that a source yields: objects, gaps, and what was looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::{Controller, ControllerBody, Gap, Kind, Map, Meta, Namespace, Node, Object, ObjectRef, Pod, ServerFacts, Service, Str};

/// How completely a kind was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All there is, in the scope that was asked for.
    Complete,
    /// Files hold none of this kind: absence from the files says nothing about a cluster.
    Absent,
    /// A gap hides objects of this kind.
    Hidden,
    /// It was not asked for.
    Unread,
}

/// One decoded object, in the form its kind is kept in.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A pod.
    Pod(Pod),
    /// A Service.
    Service(Service),
    /// A Namespace.
    Namespace(Namespace),
    /// A Node.
    Node(Node),
    /// Anything that makes pods.
    Controller(Controller),
    /// Anything else.
    Object(Object),
}

impl Item {
    /// Decodes one object of `kind` from JSON text, leniently: unknown fields are skipped, missing ones are empty.
    pub fn from_json(kind: Kind, json: &str) -> Result<Self, serde_json::Error> {
        Ok(match kind {
            Kind::Pod => Self::Pod(serde_json::from_str(json)?),
            Kind::Service => Self::Service(serde_json::from_str(json)?),
            Kind::Namespace => Self::Namespace(serde_json::from_str(json)?),
            Kind::Node => Self::Node(serde_json::from_str(json)?),
            kind if kind.is_controller() => Self::controller(kind, serde_json::from_str(json)?),
            kind => Self::object(kind, serde_json::from_str(json)?)?,
        })
    }

    /// Decodes one object of `kind` from a parsed document; nulls count as absent where a struct is filled.
    pub fn from_value(kind: Kind, mut value: Value) -> Result<Self, serde_json::Error> {
        if !kind.is_whole() {
            strip_nulls(&mut value);
        }
        Ok(match kind {
            Kind::Pod => Self::Pod(Pod::deserialize(value)?),
            Kind::Service => Self::Service(Service::deserialize(value)?),
            Kind::Namespace => Self::Namespace(Namespace::deserialize(value)?),
            Kind::Node => Self::Node(Node::deserialize(value)?),
            kind if kind.is_controller() => Self::controller(kind, ControllerBody::deserialize(value)?),
            kind => Self::object(kind, value)?,
        })
    }

    fn controller(kind: Kind, body: ControllerBody) -> Self {
        Self::Controller(Controller { kind, metadata: body.metadata, spec: body.spec, status: body.status })
    }

    fn object(kind: Kind, mut body: Value) -> Result<Self, serde_json::Error> {
        let mut meta = Value::Object(serde_json::Map::new());
        if let Some(fields) = body.as_object_mut() {
            fields.remove("apiVersion");
            // Items of a list may leave it out; one that says otherwise is something else.
            if let Some(found) = fields.remove("kind").filter(|found| ![Some(kind.name()), Some("PartialObjectMetadata")].contains(&found.as_str())) {
                return Err(serde::de::Error::custom(format!("it is a {found}")));
            }
            if let Some(found) = fields.remove("metadata") {
                meta = found;
            }
        }
        strip_nulls(&mut meta);
        Ok(Self::Object(Object { kind, meta: Meta::deserialize(meta)?, body: body.into() }))
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Pod(_) => Kind::Pod,
            Self::Service(_) => Kind::Service,
            Self::Namespace(_) => Kind::Namespace,
            Self::Node(_) => Kind::Node,
            Self::Controller(c) => c.kind,
            Self::Object(o) => o.kind,
        }
    }

    /// Its metadata.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Pod(o) => &o.metadata,
            Self::Service(o) => &o.metadata,
            Self::Namespace(o) => &o.metadata,
            Self::Node(o) => &o.metadata,
            Self::Controller(o) => &o.metadata,
            Self::Object(o) => &o.meta,
        }
    }

    /// Its metadata, to be completed.
    pub fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::Pod(o) => &mut o.metadata,
            Self::Service(o) => &mut o.metadata,
            Self::Namespace(o) => &mut o.metadata,
            Self::Node(o) => &mut o.metadata,
            Self::Controller(o) => &mut o.metadata,
            Self::Object(o) => &mut o.meta,
        }
    }
}

fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, v| !v.is_null());
            map.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

/// A value of a file that somebody has still to fill in ([`super::placeholder`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfilled {
    /// The object it stands in.
    pub object: ObjectRef,
    /// The field.
    pub path: String,
    /// The whole value.
    pub text: String,
    /// File and line.
    pub place: String,
}

/// Objects by the form they are kept in, and what could not be read.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Pods.
    pub pods: Vec<Pod>,
    /// Services.
    pub services: Vec<Service>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Deployments and their like.
    pub controllers: Vec<Controller>,
    /// Everything else.
    pub objects: Vec<Object>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// How completely each kind was read; a kind that is not here was not asked for.
    pub coverage: BTreeMap<Kind, Coverage>,
    /// The namespaces that were read, when it was not all of them.
    pub scope: BTreeSet<Str>,
    /// The namespaces that answers are wanted for, although more was read.
    pub focus: BTreeSet<Str>,
    /// Kinds and namespaces that were read besides `scope`; of a kind read nowhere else, all that was.
    pub also_read: BTreeSet<(Kind, Str)>,
    /// Kind, namespace and name of what other tools will make of files, which do not hold it themselves; an empty text stands for any.
    pub made: BTreeSet<(Kind, Str, Str)>,
    /// Mesh configurations of Istio that stand in what it is installed with rather than in its ConfigMap.
    pub mesh_configs: Vec<serde_json::Value>,
    /// Namespaces of which only a part is among the files: a kustomization that fills them could not be followed.
    pub partial: BTreeSet<Str>,
    /// Directories in which a Helm chart or its values lie, so that more is installed than the manifests beside it show.
    pub helm_directories: BTreeSet<Str>,
    /// The namespace that objects without one were taken for, where others name theirs: nobody knows whether it is meant.
    pub assumed_namespace: Option<Str>,
    /// Namespace, kind and name of objects of kinds that are not read: their operators make pods of their own.
    pub foreign: BTreeSet<(Str, Str, Str)>,
    /// Values of files that are still to be filled in.
    pub unfilled: Vec<Unfilled>,
    /// Single objects that were asked for by name and are not there.
    pub absent: BTreeSet<(Kind, Str, Str)>,
    /// Namespace and labels of pods that kinds make which are not read otherwise: a template is a template, whatever its kind.
    pub made_pods: Vec<(Str, Map)>,
    /// What the API server said of itself, where it was asked.
    pub server: Option<ServerFacts>,
}

impl Inventory {
    /// Adds one object.
    pub fn push(&mut self, item: Item) {
        match item {
            Item::Pod(o) => self.pods.push(o),
            Item::Service(o) => self.services.push(o),
            Item::Namespace(o) => self.namespaces.push(o),
            Item::Node(o) => self.nodes.push(o),
            Item::Controller(o) => self.controllers.push(o),
            Item::Object(o) => self.objects.push(o),
        }
    }

    /// Adds all of another inventory.
    pub fn append(&mut self, mut other: Inventory) {
        self.pods.append(&mut other.pods);
        self.services.append(&mut other.services);
        self.namespaces.append(&mut other.namespaces);
        self.nodes.append(&mut other.nodes);
        self.controllers.append(&mut other.controllers);
        self.objects.append(&mut other.objects);
        self.gaps.append(&mut other.gaps);
        self.coverage.append(&mut other.coverage);
        self.also_read.append(&mut other.also_read);
        self.made.append(&mut other.made);
        self.mesh_configs.append(&mut other.mesh_configs);
        self.made_pods.append(&mut other.made_pods);
        self.unfilled.append(&mut other.unfilled);
        self.partial.append(&mut other.partial);
        self.helm_directories.append(&mut other.helm_directories);
        self.foreign.append(&mut other.foreign);
        self.assumed_namespace = self.assumed_namespace.take().or(other.assumed_namespace);
        self.absent.append(&mut other.absent);
    }

    /// Kind and metadata of all objects.
    pub fn metas(&self) -> impl Iterator<Item = (Kind, &Meta)> {
        let typed = self.pods.iter().map(|o| (Kind::Pod, &o.metadata)).chain(self.services.iter().map(|o| (Kind::Service, &o.metadata)));
        let more = self.namespaces.iter().map(|o| (Kind::Namespace, &o.metadata)).chain(self.nodes.iter().map(|o| (Kind::Node, &o.metadata)));
        let rest = self.controllers.iter().map(|o| (o.kind, &o.metadata)).chain(self.objects.iter().map(|o| (o.kind, &o.meta)));
        typed.chain(more).chain(rest)
    }

    /// Metadata of all objects, to be changed.
    pub fn metas_mut(&mut self) -> impl Iterator<Item = &mut Meta> {
        let typed = self.pods.iter_mut().map(|o| &mut o.metadata).chain(self.services.iter_mut().map(|o| &mut o.metadata));
        let more = self.namespaces.iter_mut().map(|o| &mut o.metadata).chain(self.nodes.iter_mut().map(|o| &mut o.metadata));
        let rest = self.controllers.iter_mut().map(|o| &mut o.metadata).chain(self.objects.iter_mut().map(|o| &mut o.meta));
        typed.chain(more).chain(rest)
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.pods.len() + self.services.len() + self.namespaces.len() + self.nodes.len() + self.controllers.len() + self.objects.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
