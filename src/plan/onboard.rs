//! The plan that takes workloads into a mesh.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::patch::{change, keys};
use super::preflight::{self, Id, Row, Subject, Verdict};
use super::way::{self, Intention, Refusal, Word};
use super::{Action, Change, Expect, Plan, Seg, Step, Target, canary, made, overlay, owners, waypoint};
use crate::index::Workload;
use crate::mesh::mtls::{Client, Declared};
use crate::model::{Fact, Intent, Kind, Mode, ObjectRef, Service, Str};
use crate::world::World;

/// What a plan is made of besides the world.
#[derive(Debug, Default)]
pub struct Material {
    /// The objects that may be changed, whole, as they were read.
    pub raw: BTreeMap<ObjectRef, Value>,
    /// Those that could not be read, and why.
    pub refused: BTreeMap<ObjectRef, String>,
    /// The same of kinds that nothing else reads.
    pub others: BTreeMap<Target, Value>,
    /// What was learnt for the pre-flight.
    pub known: preflight::Known,
    /// The time of a restart, RFC 3339.
    pub now: String,
}

impl Material {
    /// What could not be read stands against a plan: nobody knows what would have to change there.
    pub(super) fn unread(&self) -> impl Iterator<Item = Row> {
        let row = |(object, why): (&ObjectRef, &String)| Row {
            id: Id::Kind,
            verdict: Verdict::Block,
            object: Some(object.clone()),
            text: format!("it could not be read whole: {why}"),
        };
        self.refused.iter().map(row)
    }

    /// The same without namespaces, which only some plans change.
    pub(super) fn unread_inside(&self) -> impl Iterator<Item = Row> {
        self.unread().filter(|row| row.object.as_ref().is_none_or(|object| object.kind != Kind::Namespace))
    }
}

/// Which workloads, and how far a label reaches.
#[derive(Clone, Debug)]
pub struct Wanted<'w> {
    /// The workloads, in no order.
    pub workloads: Vec<&'w Workload>,
    /// Their one namespace.
    pub namespace: Str,
    /// Whether the namespace is labelled and not each template.
    pub whole_namespace: bool,
    /// What is wanted besides.
    pub extras: Extras,
}

/// What is wanted besides the mesh itself.
#[derive(Clone, Copy, Debug)]
pub struct Extras {
    /// How many workloads are replaced at the same time.
    pub at_once: usize,
    /// Whether one pod comes into the mesh before the others.
    pub canary: bool,
    /// Whether their Services are called through a waypoint.
    pub waypoint: bool,
}

impl Default for Extras {
    fn default() -> Self {
        Self { at_once: 1, canary: false, waypoint: false }
    }
}

/// The Services that select a workload.
pub fn services<'w>(world: &'w World, workload: &'w Workload) -> Vec<&'w Service> {
    world.index.services_selecting(&workload.reference.namespace, &workload.labels).collect()
}

/// Makes the plan.
pub fn plan(world: &World, wanted: &Wanted<'_>, intention: &Intention, material: &Material) -> Plan {
    let mut draft = Draft::new(world, intention, material, wanted.extras);
    let order = fan_in(world, &wanted.workloads);
    let (said_by_namespace, words) = draft.words(wanted, &order);
    let after = {
        let namespaces = [(wanted.namespace.as_str(), said_by_namespace.clone())];
        way::after(world, &words, &namespaces)
    };
    let mut names = Vec::new();
    let restarts_all = !said_by_namespace.is_empty();
    if restarts_all {
        draft.namespace(&wanted.namespace, &said_by_namespace);
    }
    for (workload, words) in &words {
        if words.iter().any(|word| *word == way::opt_out(intention)) {
            continue;
        }
        names.push(super::report::short(&workload.reference));
        draft.workload(workload, words, &after, restarts_all);
        if draft.waiting.iter().filter(|step| step.action == Action::Wait).count() >= wanted.extras.at_once {
            draft.wait();
        }
    }
    draft.wait();
    if wanted.extras.waypoint {
        let (mut steps, mut rows) = waypoint::steps(world, &order, &wanted.namespace, material);
        draft.steps.append(&mut steps);
        draft.rows.append(&mut rows);
    }
    if wanted.extras.canary {
        draft.versions(&order);
    }
    let mut last = std::mem::take(&mut draft.last);
    draft.steps.append(&mut last);
    let how = intention.mode.name();
    let title = match names.len() {
        1..=3 => format!("bring {} into {} ({how})", names.join(", "), intention.mesh.title()),
        n => format!("bring {n} workloads of namespace {} into {} ({how})", wanted.namespace, intention.mesh.title()),
    };
    let Draft { rows, steps, notes, .. } = draft;
    Plan::new(title, &wanted.namespace, intention.mesh, preflight::in_order(rows), steps, notes)
}

/// Leaf servers before their clients: those that call nobody of the plan first, then by name.
fn fan_in<'w>(world: &'w World, workloads: &[&'w Workload]) -> Vec<&'w Workload> {
    let declared = Declared::read(world.view());
    let mut order: BTreeMap<&ObjectRef, (usize, &'w Workload)> = workloads.iter().map(|w| (&w.reference, (0, *w))).collect();
    let servers: Vec<&Workload> = if order.len() > 1 { order.values().map(|(_, workload)| *workload).collect() } else { Vec::new() };
    for server in servers {
        let clients = declared.of(server).into_iter().filter_map(|d| if let Client::Workload(w) = d.client { Some(&w.reference) } else { None });
        for client in clients.collect::<BTreeSet<_>>() {
            if let Some((calls, _)) = order.get_mut(client) {
                *calls += 1;
            }
        }
    }
    let mut order: Vec<_> = order.into_iter().map(|(reference, (calls, workload))| (calls, reference, workload)).collect();
    order.sort_by_key(|(calls, reference, _)| (*calls, *reference));
    order.into_iter().map(|(_, _, workload)| workload).collect()
}

struct Draft<'w> {
    world: &'w World,
    intention: &'w Intention,
    material: &'w Material,
    extras: Extras,
    rows: Vec<Row>,
    steps: Vec<Step>,
    /// Steps that wait for workloads that are written, until enough of them are.
    waiting: Vec<Step>,
    /// Steps that come after all others.
    last: Vec<Step>,
    notes: Vec<String>,
}

/// What each workload's template is to say.
type Words<'w> = Vec<(&'w Workload, Vec<Word>)>;

impl<'w> Draft<'w> {
    fn new(world: &'w World, intention: &'w Intention, material: &'w Material, extras: Extras) -> Self {
        Self {
            world,
            intention,
            material,
            extras,
            rows: material.unread_inside().collect(),
            steps: Vec::new(),
            waiting: Vec::new(),
            last: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// What was written is waited for.
    fn wait(&mut self) {
        self.steps.append(&mut self.waiting);
    }

    fn words(&mut self, wanted: &Wanted<'w>, order: &[&'w Workload]) -> (Vec<Word>, Words<'w>) {
        if wanted.whole_namespace {
            let said = match way::of_namespace(self.world, &wanted.namespace, self.intention) {
                Ok(said) => said,
                Err(refusal) => {
                    self.refuse(None, &refusal);
                    return (Vec::new(), Vec::new());
                }
            };
            let mut words: Words<'w> = order.iter().map(|workload| (*workload, Vec::new())).collect();
            // Those that are not meant are kept out before the namespace asks.
            let others = self.world.index.workloads_in(&wanted.namespace).iter().filter(|w| !order.iter().any(|o| o.reference == w.reference));
            for other in others {
                let out = way::opt_out(self.intention);
                let said = if out.field == "labels" { &other.labels } else { &other.annotations };
                if said.get(out.key) != out.value.as_deref() && way::template_path(other.reference.kind).is_some_and(|path| !path.is_empty()) {
                    words.push((other, vec![out]));
                }
            }
            words.sort_by_key(|(_, words)| words.is_empty());
            for (workload, words) in words.iter().filter(|(_, words)| !words.is_empty()) {
                if let Some(step) = self.template_step(workload, words, None) {
                    self.steps.push(step);
                    self.notes.push(format!(
                        "{} is not selected: it is kept out before the namespace asks, which replaces its pods once",
                        workload.reference
                    ));
                }
            }
            return (said, words);
        }
        let mut words = Vec::new();
        for workload in order {
            match way::of_workload(self.world, workload, self.intention) {
                Ok(said) => words.push((*workload, said)),
                Err(refusal) => self.refuse(Some(workload), &refusal),
            }
        }
        (Vec::new(), words)
    }

    fn refuse(&mut self, workload: Option<&Workload>, refusal: &Refusal) {
        let object = workload.map(|w| w.reference.clone());
        self.rows.push(Row { id: refusal.id, verdict: Verdict::Block, object, text: refusal.text.clone() });
    }

    /// The labels of the namespace: what loses is taken away first, in a step of its own.
    fn namespace(&mut self, name: &str, words: &[Word]) {
        let object = ObjectRef { kind: Kind::Namespace, namespace: Str::default(), name: name.into(), api_version: Str::default() };
        let Some(raw) = self.material.raw.get(&object) else {
            let why = self.material.refused.get(&object).map_or_else(String::new, |why| format!(": {why}"));
            self.rows.push(Row {
                id: Id::Revision,
                verdict: Verdict::Block,
                object: Some(object),
                text: format!("the namespace could not be read{why}"),
            });
            return;
        };
        self.steps.extend(super::namespace::steps(&object, raw, words));
    }

    fn workload(&mut self, workload: &'w Workload, words: &[Word], after: &World, restarts: bool) {
        let at = &workload.reference;
        let services = services(self.world, workload);
        let Some(template) = self.template(at) else {
            if self.material.refused.contains_key(at) {
                return;
            }
            self.rows.push(Row { id: Id::Kind, verdict: Verdict::Block, object: Some(at.clone()), text: cannot_be_written(at.kind) });
            return;
        };
        if let Some(text) = self.held_back(at) {
            self.rows.push(Row { id: Id::Kind, verdict: Verdict::Block, object: Some(at.clone()), text });
            return;
        }
        let subject = Subject { world: self.world, intention: self.intention, workload, template, services: &services, known: &self.material.known };
        let mut found = preflight::run(&subject);
        let opaque = std::mem::take(&mut found.opaque);
        let protocols = std::mem::take(&mut found.protocols);
        self.rows.append(&mut found.rows);
        let fact = after.index.workload(&at.namespace, &at.name, Some(at.kind)).map(|w| after.injection(self.intention.mesh, w));
        let (revision, inside) = match fact.map(|fact| &fact.intended) {
            Some(Fact::Known { value: Intent::In { mode, revision }, .. }) if *mode == self.intention.mode => (revision.clone(), true),
            Some(Fact::Known { because, .. }) => {
                let why = because.last().map_or("the mesh does not take it", |evidence| evidence.text.as_str());
                self.rows.push(Row {
                    id: Id::NotTaken,
                    verdict: Verdict::Block,
                    object: Some(at.clone()),
                    text: format!("a new pod would still not be in the mesh: {why}"),
                });
                return;
            }
            Some(Fact::Unknown(gap)) => {
                self.rows.push(Row {
                    id: Id::NotTaken,
                    verdict: Verdict::Unknown,
                    object: Some(at.clone()),
                    text: format!("whether a new pod would be in the mesh: {gap}"),
                });
                (None, true)
            }
            _ => (None, true),
        };
        let pods = &self.world.injection(self.intention.mesh, workload).actual;
        let drifts = self.world.injection(self.intention.mesh, workload).restart_needed();
        let all_inside = pods.pods() > 0 && pods.inside() == pods.pods() && !drifts;
        let of_files = self.world.source.kind == crate::world::SourceKind::Files;
        if words.is_empty() && !restarts && (all_inside || of_files || pods.pods() == 0) {
            self.notes.push(format!("{at} is in {} already: nothing is changed", self.intention.mesh.title()));
            return;
        }
        for service in &services {
            let changes = self.service_changes(service, &protocols, &opaque);
            if let Some(step) = self.step(Action::Patch, &service.metadata.reference(Kind::Service), changes) {
                self.steps.push(step);
            }
        }
        let mut said = words.to_vec();
        if let Some(list) = &opaque {
            said.push(Word { field: "annotations", key: preflight::OPAQUE, value: Some(list.as_str().into()) });
        }
        said.extend(found.annotations.iter().map(|(key, value)| Word { field: "annotations", key, value: Some((*value).into()) }));
        let restart = words.is_empty().then(|| self.material.now.clone());
        let Some(step) = self.template_step(workload, &said, restart.as_deref()) else { return };
        let object = step.object.clone();
        if self.extras.canary && inside {
            self.canary(workload, &said, revision.as_ref().map(ToString::to_string));
        }
        self.steps.push(step);
        if inside && rolls(at.kind) && self.is_on_delete(at) {
            self.notes.push(format!("{at} replaces its pods only when they are deleted (OnDelete): each is in the mesh from then on"));
        } else if inside && rolls(at.kind) {
            let expect = Expect::inside(self.intention.mesh, self.intention.mode, revision.map(|r| r.to_string()));
            self.waiting.push(watching(Action::Wait, &object, expect.clone()));
            self.waiting.push(watching(Action::Verify, &object, expect));
        } else if at.kind == Kind::CronJob {
            self.notes.push(format!("{at}: the pods of its next run are in the mesh; those of the present one are left alone"));
        }
    }

    /// Calls are split between versions where there are some: what they are sent to is made before what sends them there.
    fn versions(&mut self, order: &[&'w Workload]) {
        let mut seen = BTreeSet::new();
        for workload in order {
            for service in services(self.world, workload).into_iter().filter(|service| seen.insert(service.metadata.reference(Kind::Service))) {
                let (objects, mut notes) = overlay::canary(self.world, service, self.intention, &self.steps);
                let signed = objects.into_iter().map(|object| made::signed(self.world, object, &workload.reference, self.intention.mesh));
                self.steps.extend(signed.map(made::create));
                self.notes.append(&mut notes);
            }
        }
        if self.intention.mode == Mode::Ambient && !seen.is_empty() && !self.extras.waypoint {
            self.notes.push("in ambient a waypoint tells versions apart: --waypoint makes one".to_owned());
        }
    }

    /// One pod comes first, where its controller does not see to that.
    fn canary(&mut self, workload: &'w Workload, said: &[Word], revision: Option<String>) {
        let at = &workload.reference;
        if at.kind != Kind::Deployment {
            self.notes
                .push(format!("{at} replaces its pods one after the other, and stops at the first that does not become ready: it has no canary"));
            return;
        }
        let Some(raw) = self.material.raw.get(at) else { return };
        let name = canary::name(&at.name);
        if self.world.index.workload(&at.namespace, &name, Some(at.kind)).is_some() {
            let text = format!("Deployment {name} is there already: it would be the canary");
            self.rows.push(Row { id: Id::Kind, verdict: Verdict::Block, object: Some(at.clone()), text });
            return;
        }
        let expect = Expect::inside(self.intention.mesh, self.intention.mode, revision);
        let (mut first, last) = canary::steps(self.world, workload, raw, said, self.intention.mesh, expect);
        self.steps.append(&mut first);
        self.last.push(last);
    }

    fn is_on_delete(&self, object: &ObjectRef) -> bool {
        self.material.raw.get(object).is_some_and(|raw| raw["spec"]["updateStrategy"]["type"] == "OnDelete")
    }

    /// Why a new template would not reach all pods.
    fn held_back(&self, object: &ObjectRef) -> Option<String> {
        let spec = &self.material.raw.get(object)?["spec"];
        let partition = spec["updateStrategy"]["rollingUpdate"]["partition"].as_u64().unwrap_or(0);
        if spec["paused"] == true {
            Some("it is paused, and rolls nothing out: resume it first (`kubectl rollout resume`)".to_owned())
        } else if partition > 0 {
            Some(format!("its rollout stops at partition {partition}: the pods below it would stay outside; set it to 0 first"))
        } else {
            None
        }
    }

    /// The whole template, where the kind may be written.
    fn template(&self, object: &ObjectRef) -> Option<&'w Value> {
        let path = way::template_path(object.kind).filter(|path| !path.is_empty())?;
        if matches!(object.kind, Kind::Job | Kind::ReplicaSet | Kind::DeploymentConfig) {
            return None;
        }
        path.iter().try_fold(self.material.raw.get(object)?, |at, key| at.get(key))
    }

    fn template_step(&self, workload: &Workload, words: &[Word], restarted_at: Option<&str>) -> Option<Step> {
        let at = &workload.reference;
        let raw = self.material.raw.get(at)?;
        let path = way::template_path(at.kind)?;
        let mut changes: Vec<Change> = words.iter().map(|word| said(raw, path, word)).filter(|change| change.before != change.after).collect();
        if let Some(time) = restarted_at {
            let key = [path, &["metadata", "annotations", "kubectl.kubernetes.io/restartedAt"]].concat();
            changes.push(change(raw, keys(&key), Some(json!(time))));
        }
        let action = match (restarted_at, words.first()) {
            (Some(_), _) => Action::Restart,
            (None, Some(word)) if word.field == "labels" => Action::Label,
            _ => Action::Annotate,
        };
        self.step(action, at, changes)
    }

    fn service_changes(&self, service: &Service, protocols: &BTreeMap<(String, i32), &'static str>, opaque: &Option<String>) -> Vec<Change> {
        let Some(raw) = self.material.raw.get(&service.metadata.reference(Kind::Service)) else { return Vec::new() };
        let mut changes = Vec::new();
        for port in &service.spec.ports {
            if let Some(protocol) = protocols.get(&(service.metadata.name.to_string(), port.port)) {
                let transport = if port.protocol.is_empty() { "TCP".to_owned() } else { port.protocol.to_string() };
                let at = Seg::Port { port: i64::from(port.port), protocol: transport };
                let path = [keys(&["spec", "ports"]), vec![at], keys(&["appProtocol"])].concat();
                changes.push(change(raw, path, Some(json!(protocol))));
            }
        }
        if let Some(list) = opaque {
            changes.push(change(raw, keys(&["metadata", "annotations", preflight::OPAQUE]), Some(json!(list))));
        }
        changes.retain(|change| change.before != change.after);
        changes
    }

    fn step(&self, action: Action, object: &ObjectRef, changes: Vec<Change>) -> Option<Step> {
        let raw = self.material.raw.get(object)?;
        (!changes.is_empty()).then(|| write(action, object, raw, changes))
    }
}

/// What a word changes of an object, below a path.
pub(super) fn said(raw: &Value, path: &[&str], word: &Word) -> Change {
    let key = [path, &["metadata", word.field, word.key]].concat();
    change(raw, keys(&key), word.value.as_deref().map(Value::from))
}

/// A step that writes fields of an object.
pub(super) fn write(action: Action, object: &ObjectRef, raw: &Value, changes: Vec<Change>) -> Step {
    Step { changes, owner: owners(raw).into_iter().next(), ..Step::of(action, Target::of(object, raw)) }
}

/// A step that waits for pods or looks at them.
pub(super) fn watching(action: Action, object: &Target, expect: Expect) -> Step {
    Step { expect: Some(expect), ..Step::of(action, object.clone()) }
}

/// Whether a change of the template replaces the pods.
pub fn rolls(kind: Kind) -> bool {
    matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::Rollout)
}

fn cannot_be_written(kind: Kind) -> String {
    match kind {
        Kind::Pod => "a pod without a controller cannot be restarted safely: write it anew, with the label or annotation".to_owned(),
        Kind::Job => "a Job's template cannot be changed: it is in the mesh when it is written anew".to_owned(),
        Kind::ReplicaSet => "a ReplicaSet without a Deployment does not replace its pods: make it a Deployment".to_owned(),
        Kind::DeploymentConfig => "a DeploymentConfig is not written: `oc rollout latest` after labelling its template".to_owned(),
        _ => "the object could not be read whole".to_owned(),
    }
}
