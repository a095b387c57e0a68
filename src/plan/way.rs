//! Which label or annotation takes a workload or a namespace into a mesh, as the mesh reads it; and what keeps it out of reach.

use std::collections::BTreeSet;

use super::preflight::Id;
use crate::index::{Index, Workload};
use crate::mesh::istio::labels::{DATAPLANE_MODE, INJECT, INJECTION, REV};
use crate::mesh::istio::{DEFAULT, labels};
use crate::mesh::linkerd;
use crate::model::{Kind, Map, MeshId, Mode, Str};
use crate::world::World;

/// Where workloads are to be.
#[derive(Clone, Debug)]
pub struct Intention {
    /// In which mesh.
    pub mesh: MeshId,
    /// By a proxy of their own, or by ztunnel.
    pub mode: Mode,
    /// By which revision or tag; nothing for the default one.
    pub revision: Option<Str>,
}

impl Intention {
    /// By a proxy of Istio's in each pod.
    pub fn istio_sidecar(&self) -> bool {
        self.mesh == MeshId::Istio && self.mode == Mode::Sidecar
    }

    /// By ztunnel.
    pub fn ambient(&self) -> bool {
        self.mode == Mode::Ambient
    }

    /// By a proxy of Linkerd's in each pod.
    pub fn linkerd(&self) -> bool {
        self.mesh == MeshId::Linkerd
    }
}

/// A label or annotation; without a value it is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// `labels` or `annotations`.
    pub field: &'static str,
    /// Its name.
    pub key: &'static str,
    /// Its value.
    pub value: Option<Str>,
}

impl Word {
    fn label(key: &'static str, value: &str) -> Self {
        Self { field: "labels", key, value: Some(value.into()) }
    }

    fn annotation(key: &'static str, value: &str) -> Self {
        Self { field: "annotations", key, value: Some(value.into()) }
    }

    fn gone(field: &'static str, key: &'static str) -> Self {
        Self { field, key, value: None }
    }
}

/// Why there is no way, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The check of the pre-flight that it is.
    pub id: Id,
    /// Why.
    pub text: String,
}

fn refused(id: Id, text: impl Into<String>) -> Refusal {
    Refusal { id, text: text.into() }
}

/// What a workload's template has to say; nothing when it, or its namespace, says so already.
pub fn of_workload(world: &World, workload: &Workload, intention: &Intention) -> Result<Vec<Word>, Refusal> {
    let namespace = &workload.reference.namespace;
    let none = Map::default();
    let meta = world.index.namespace(namespace).map(|ns| &ns.metadata);
    let (ns_labels, ns_annotations) = meta.map_or((&none, &none), |meta| (&meta.labels, &meta.annotations));
    match (intention.mesh, intention.mode) {
        (MeshId::Linkerd, _) => linkerd_template(&workload.annotations, ns_annotations, namespace),
        (MeshId::Istio, Mode::Ambient) => ambient_template(&workload.labels, ns_labels, namespace),
        (MeshId::Istio, _) => sidecar_template(world, workload, ns_labels, intention),
    }
}

fn linkerd_template(template: &Map, namespace: &Map, name: &str) -> Result<Vec<Word>, Refusal> {
    let asks = |map: &Map| matches!(map.get(linkerd::INJECT), Some("enabled" | "ingress"));
    if let Some(value) = namespace.get(linkerd::INJECT).filter(|value| !matches!(*value, "" | "enabled" | "disabled" | "ingress")) {
        return Err(refused(
            Id::Revision,
            format!("annotation {} of namespace {name} is {value:?}, which keeps every pod out: correct it first", linkerd::INJECT),
        ));
    }
    let opted_out = template.is(linkerd::INJECT, "disabled");
    if asks(template) || (asks(namespace) && !opted_out) { Ok(Vec::new()) } else { Ok(vec![Word::annotation(linkerd::INJECT, "enabled")]) }
}

fn ambient_template(template: &Map, namespace: &Map, name: &str) -> Result<Vec<Word>, Refusal> {
    if labels::namespace_injects(namespace) {
        let text = format!("the labels of namespace {name} ask for sidecars, and a sidecar wins: take {INJECTION} or {REV} away first");
        return Err(refused(Id::OtherMesh, text));
    }
    let of_namespace = namespace.is(DATAPLANE_MODE, "ambient") && template.get(DATAPLANE_MODE).is_none();
    if template.is(DATAPLANE_MODE, "ambient") || of_namespace { Ok(Vec::new()) } else { Ok(vec![Word::label(DATAPLANE_MODE, "ambient")]) }
}

fn sidecar_template(world: &World, workload: &Workload, namespace: &Map, intention: &Intention) -> Result<Vec<Word>, Refusal> {
    let (template, name) = (&workload.labels, &workload.reference.namespace);
    let opted_out = template.is(INJECT, "false") || (!template.has(INJECT) && workload.annotations.is(INJECT, "false"));
    // A template that opted out of its namespace's injection is in again with the opposite.
    let again = || if opted_out { vec![Word::label(INJECT, "true")] } else { Vec::new() };
    match (namespace.get(INJECTION), namespace.get(REV).filter(|rev| !rev.is_empty())) {
        (Some("enabled"), _) => match intention.revision.as_deref().filter(|wanted| *wanted != DEFAULT) {
            Some(wanted) => Err(refused(
                Id::Revision,
                format!("namespace {name} is labelled {INJECTION}, which decides for the default revision: {wanted:?} needs --scope namespace"),
            )),
            None => Ok(again()),
        },
        (Some(value), _) => {
            let text = format!(
                "label {INJECTION}: {value:?} of namespace {name} keeps every webhook away, whatever pods ask for: `kubectl mesh namespace enable {name}` changes it"
            );
            Err(refused(Id::Revision, text))
        }
        (None, Some(rev)) => match intention.revision.as_deref().filter(|wanted| *wanted != rev) {
            Some(wanted) => {
                Err(refused(Id::Revision, format!("label {REV}: {rev} of namespace {name} decides for its pods: {wanted:?} needs --scope namespace")))
            }
            None => Ok(again()),
        },
        (None, None) => {
            let wanted = revision(world, intention)?;
            let own = template.get(REV).filter(|rev| !rev.is_empty());
            let mut words = Vec::new();
            if wanted == DEFAULT && own.is_none() {
                if !template.is(INJECT, "true") {
                    words.push(Word::label(INJECT, "true"));
                }
                return Ok(words);
            }
            if own != Some(&*wanted) {
                words.push(Word::label(REV, &wanted));
            }
            words.extend(again());
            Ok(words)
        }
    }
}

/// The revision or tag that is meant.
pub fn revision(world: &World, intention: &Intention) -> Result<Str, Refusal> {
    let names: BTreeSet<&Str> = world.istio.injectors.iter().map(|i| i.tag.as_ref().unwrap_or(&i.revision)).collect();
    let known = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    if let Some(asked) = &intention.revision {
        return match names.contains(asked) || names.is_empty() {
            true => Ok(asked.clone()),
            false => Err(refused(Id::Revision, format!("no revision or tag is called {asked:?}; there are: {known}"))),
        };
    }
    let mut all = names.iter();
    match (names.iter().any(|name| **name == DEFAULT), all.next(), all.next()) {
        (true, ..) => Ok(DEFAULT.into()),
        (false, Some(only), None) => Ok((*only).clone()),
        (false, None, _) => Err(refused(Id::InjectorDown, "no injection webhook of Istio is there: is Istio installed?")),
        _ => Err(refused(Id::Revision, format!("there is no default revision or tag: choose one with --revision: {known}"))),
    }
}

/// What a namespace has to say so that its pods are taken in, and what it must not say beside it.
pub fn of_namespace(world: &World, namespace: &str, intention: &Intention) -> Result<Vec<Word>, Refusal> {
    let meta = world.index.namespace(namespace).map(|ns| &ns.metadata);
    let none = Map::default();
    let (ns_labels, ns_annotations) = meta.map_or((&none, &none), |meta| (&meta.labels, &meta.annotations));
    let mut words = Vec::new();
    match (intention.mesh, intention.mode) {
        (MeshId::Linkerd, _) => {
            if matches!(namespace, "kube-system" | "cert-manager") || ns_labels.is("config.linkerd.io/admission-webhooks", "disabled") {
                return Err(refused(Id::OtherMesh, format!("Linkerd's injector passes over namespace {namespace}")));
            }
            words.push(Word::annotation(linkerd::INJECT, "enabled"));
        }
        (MeshId::Istio, Mode::Ambient) => {
            words.extend([INJECTION, REV].into_iter().filter(|key| ns_labels.has(key)).map(|key| Word::gone("labels", key)));
            words.push(Word::label(DATAPLANE_MODE, "ambient"));
        }
        (MeshId::Istio, _) => {
            if labels::SYSTEM_NAMESPACES.contains(&namespace) {
                return Err(refused(Id::OtherMesh, format!("istiod never injects namespace {namespace}")));
            }
            let wanted = revision(world, intention)?;
            let (key, loser) = if wanted == DEFAULT { (INJECTION, REV) } else { (REV, INJECTION) };
            let value = if wanted == DEFAULT { "enabled" } else { &wanted };
            words.extend([loser, DATAPLANE_MODE].into_iter().filter(|key| ns_labels.has(key)).map(|key| Word::gone("labels", key)));
            words.push(Word::label(key, value));
        }
    }
    words.retain(|word| {
        let map = if word.field == "labels" { ns_labels } else { ns_annotations };
        map.get(word.key) != word.value.as_deref()
    });
    Ok(words)
}

/// What takes a namespace out again.
pub fn out_of_namespace(index: &Index, namespace: &str, mesh: MeshId) -> Vec<Word> {
    let Some(meta) = index.namespace(namespace).map(|ns| &ns.metadata) else { return Vec::new() };
    match mesh {
        MeshId::Istio => {
            [INJECTION, REV, DATAPLANE_MODE].into_iter().filter(|key| meta.labels.has(key)).map(|key| Word::gone("labels", key)).collect()
        }
        MeshId::Linkerd if meta.annotations.has(linkerd::INJECT) => vec![Word::gone("annotations", linkerd::INJECT)],
        MeshId::Linkerd => Vec::new(),
    }
}

/// What keeps a template out of its namespace's injection.
pub fn opt_out(intention: &Intention) -> Word {
    match (intention.mesh, intention.mode) {
        (MeshId::Linkerd, _) => Word::annotation(linkerd::INJECT, "disabled"),
        (MeshId::Istio, Mode::Ambient) => Word::label(DATAPLANE_MODE, "none"),
        (MeshId::Istio, _) => Word::label(INJECT, "false"),
    }
}

/// What a template says that asks for a mesh by itself, whatever its namespace says.
pub fn alone(intention: &Intention) -> Word {
    match (intention.mesh, intention.mode, &intention.revision) {
        (MeshId::Linkerd, ..) => Word::annotation(linkerd::INJECT, "enabled"),
        (MeshId::Istio, Mode::Ambient, _) => Word::label(DATAPLANE_MODE, "ambient"),
        (MeshId::Istio, _, Some(revision)) => Word::label(REV, revision),
        (MeshId::Istio, _, None) => Word::label(INJECT, "true"),
    }
}

/// The word by which a template has decided the matter already: for or against the mesh.
pub fn decided(template_labels: &Map, template_annotations: &Map, mesh: MeshId) -> Option<&'static str> {
    match mesh {
        MeshId::Istio if template_annotations.has(INJECT) => Some(INJECT),
        MeshId::Istio => [INJECT, REV, DATAPLANE_MODE].into_iter().find(|key| template_labels.has(key)),
        MeshId::Linkerd => template_annotations.has(linkerd::INJECT).then_some(linkerd::INJECT),
    }
}

/// What of a template asks to be in a mesh, to be taken out.
pub fn asking(template_labels: &Map, template_annotations: &Map, mesh: Option<MeshId>) -> Vec<Word> {
    let mut words = Vec::new();
    if mesh != Some(MeshId::Linkerd) {
        let asks = |key: &str, value: Option<&str>| match key {
            REV => value.is_some(),
            INJECT => value == Some("true"),
            _ => value == Some("ambient"),
        };
        words
            .extend([INJECT, REV, DATAPLANE_MODE].into_iter().filter(|key| asks(key, template_labels.get(key))).map(|key| Word::gone("labels", key)));
    }
    if mesh != Some(MeshId::Istio) && matches!(template_annotations.get(linkerd::INJECT), Some("enabled" | "ingress")) {
        words.push(Word::gone("annotations", linkerd::INJECT));
    }
    words
}

/// Where the template of a kind stands; nothing for kinds without one.
pub fn template_path(kind: Kind) -> Option<&'static [&'static str]> {
    Some(match kind {
        Kind::Pod => &[],
        Kind::CronJob => &["spec", "jobTemplate", "spec", "template"],
        kind if kind.is_controller() => &["spec", "template"],
        _ => return None,
    })
}

/// The world as it is with the words said: by templates and by namespaces.
pub fn after(world: &World, templates: &[(&Workload, Vec<Word>)], namespaces: &[(&str, Vec<Word>)]) -> World {
    let mut inventory = world.index.inventory().clone();
    let turned = |map: &Map, words: &[Word], field: &str| {
        let ours: Vec<&Word> = words.iter().filter(|word| word.field == field).collect();
        let kept = map.iter().filter(|(key, _)| !ours.iter().any(|word| word.key == key.as_str())).map(|(key, value)| (key.clone(), value.clone()));
        let said = ours.iter().filter_map(|word| Some((Str::from(word.key), word.value.clone()?)));
        Map::new(kept.chain(said).collect())
    };
    for (workload, words) in templates {
        let at = &workload.reference;
        let found =
            inventory.controllers.iter_mut().find(|c| c.kind == at.kind && c.metadata.namespace == at.namespace && c.metadata.name == at.name);
        let Some(spec) = found.map(|controller| &mut controller.spec) else { continue };
        let template = match &mut spec.job_template {
            Some(job) => job.spec.template.as_mut(),
            None => spec.template.as_mut(),
        };
        if let Some(meta) = template.map(|template| &mut template.metadata) {
            (meta.labels, meta.annotations) = (turned(&meta.labels, words, "labels"), turned(&meta.annotations, words, "annotations"));
        }
    }
    for (name, words) in namespaces {
        if let Some(meta) = inventory.namespaces.iter_mut().find(|ns| ns.metadata.name.as_str() == *name).map(|ns| &mut ns.metadata) {
            (meta.labels, meta.annotations) = (turned(&meta.labels, words, "labels"), turned(&meta.annotations, words, "annotations"));
        }
    }
    World::new(Index::new(inventory), world.source.clone(), world.now)
}
