//! Which questions a cluster is asked for what a command wants to know: some from the start, others once it is known where control planes live.

use std::collections::BTreeSet;

use super::{
    ALWAYS, AUTHORITIES, CONTROL_PLANES, METADATA_ONLY, OF_PLANES, ReadRequest, SEEN_IN_PODS, SYSTEM, merge_coverage, once_each, secrets, strings,
};
use crate::cli::GlobalArgs;
use crate::cluster::live::{Connection, Progress, Question, Scope, Wanted};
use crate::error::CliError;
use crate::mesh::istio;
use crate::model::{Access, Coverage, Inventory, Kind, Str};

/// Questions that come out of the answers to others, in turn: control planes that live elsewhere, and what their configuration names.
const TURNS: usize = 4;

/// What is asked of a cluster.
#[derive(Debug)]
pub(crate) struct Reading {
    kinds: BTreeSet<Kind>,
    /// Kinds that are wanted and that pods tell of.
    through_pods: Vec<Kind>,
    /// Kinds that control planes alone are asked for.
    of_planes: Vec<Kind>,
    labelled: Vec<(Kind, &'static str)>,
    scope: Scope,
    asked: BTreeSet<Question>,
}

impl Reading {
    /// By what was typed.
    pub(crate) fn new(global: &GlobalArgs, request: &ReadRequest) -> Self {
        let only = strings(global.cluster.namespaces());
        let scope = if only.is_empty() || request.everywhere { Scope::All } else { Scope::Some(only) };
        Self::of(scope, with_usual(request), request.labelled.clone())
    }

    /// In these namespaces only.
    pub(crate) fn within(namespaces: BTreeSet<Str>, request: &ReadRequest) -> Self {
        Self::of(Scope::Some(namespaces), with_usual(request), request.labelled.clone())
    }

    /// These kinds and no others.
    pub(super) fn of(scope: Scope, mut kinds: BTreeSet<Kind>, labelled: Vec<(Kind, &'static str)>) -> Self {
        let through_pods = SEEN_IN_PODS.iter().copied().filter(|kind| kinds.remove(kind)).collect();
        kinds.insert(Kind::ConfigMap);
        let of_planes = OF_PLANES.iter().copied().filter(|kind| kinds.remove(kind)).collect();
        kinds.retain(|kind| labelled.iter().all(|(by_label, _)| kind != by_label));
        Self { kinds, through_pods, of_planes, labelled, scope, asked: BTreeSet::new() }
    }

    /// The rights that reading all of it takes.
    pub(crate) fn rights(request: &ReadRequest) -> BTreeSet<Access> {
        let mut rights: BTreeSet<Access> =
            Self::of(Scope::All, with_usual(request), request.labelled.clone()).first().questions().iter().map(Question::access).collect();
        if request.kinds.contains(&Kind::Secret) {
            // Gateways name them, wherever they are.
            rights.insert(Access::of("get", Kind::Secret, ""));
        }
        if request.install.is_some() {
            rights.insert(Access::of("get", Kind::ConfigMap, "kube-system"));
        }
        rights
    }

    pub(crate) fn is_everywhere(&self) -> bool {
        self.scope == Scope::All
    }

    /// The namespaces that it is limited to.
    pub(crate) fn namespaces(&self) -> Option<&BTreeSet<Str>> {
        if let Scope::Some(namespaces) = &self.scope { Some(namespaces) } else { None }
    }

    /// What was asked so far; before anything is read, what will be asked first.
    pub(crate) fn questions(&self) -> BTreeSet<Question> {
        if self.asked.is_empty() { self.first().questions() } else { self.asked.clone() }
    }

    /// Whether an inventory asks for what was not asked: a control plane came, or its configuration names another place.
    pub(crate) fn misses_some_of(&self, inventory: &Inventory) -> bool {
        !self.rest(inventory).questions().is_empty()
    }

    /// Reads these kinds and the ConfigMaps of control planes, then those of control planes that turned out to live elsewhere and the Secrets that
    /// objects name.
    pub(crate) async fn read(&mut self, connection: &Connection, progress: &dyn Progress) -> Result<Inventory, CliError> {
        let first = self.first();
        let mut inventory = connection.read(&first, progress).await?;
        self.asked = first.questions();
        for _ in 0..TURNS {
            let more = self.rest(&inventory);
            let questions = more.questions();
            if questions.is_empty() {
                break;
            }
            self.asked.extend(questions);
            let mut found = connection.read(&more, progress).await?;
            merge_coverage(&mut found.coverage, &inventory.coverage);
            inventory.append(found);
        }
        once_each(&mut inventory);
        inventory.by_label = self.labelled.iter().map(|(kind, _)| *kind).filter(|kind| !self.of_planes.contains(kind)).collect();
        for kind in &self.through_pods {
            if let Some(pods) = inventory.coverage.get(&Kind::Pod).copied() {
                inventory.coverage.insert(*kind, pods);
            }
        }
        Ok(inventory)
    }

    fn first(&self) -> Wanted {
        let mut wanted = Wanted::new(self.scope.clone(), self.kinds.iter().copied());
        wanted.metadata_only = METADATA_ONLY.iter().copied().filter(|kind| self.kinds.contains(kind)).collect();
        for plane in CONTROL_PLANES {
            wanted.extra.extend(self.of_control_plane(plane));
        }
        if self.of_planes.contains(&Kind::Lease) {
            wanted.extra.push((Kind::Lease, SYSTEM.into(), None));
        }
        let namespaces = self.namespaces().cloned().unwrap_or_else(|| BTreeSet::from([Str::default()]));
        for (kind, label) in &self.labelled {
            wanted.labelled.extend(namespaces.iter().map(|namespace| (*kind, namespace.clone(), *label)));
        }
        if let Scope::Some(namespaces) = &self.scope {
            wanted.extra.extend(namespaces.iter().map(|namespace| (Kind::Namespace, Str::default(), Some(namespace.clone()))));
        }
        wanted
    }

    /// What the answers so far show to be wanted too.
    fn rest(&self, inventory: &Inventory) -> Wanted {
        let places = control_planes(inventory).into_iter().chain(istio::root_namespaces(inventory));
        let elsewhere: BTreeSet<Str> = places.filter(|place| !CONTROL_PLANES.contains(&place.as_str())).collect();
        let mut more = Wanted::new(self.scope.clone(), []);
        more.extra = elsewhere.iter().flat_map(|place| self.of_control_plane(place)).collect();
        if inventory.coverage.get(&Kind::Secret) == Some(&Coverage::Complete) {
            let remote = secrets::of_registries(inventory).into_iter().chain(elsewhere);
            more.labelled = remote.map(|namespace| (Kind::Secret, namespace, secrets::REMOTE)).collect();
            more.extra.extend(secrets::named(inventory).into_iter().map(|(namespace, name)| (Kind::Secret, namespace, Some(name))));
        }
        more.without(&self.asked);
        more
    }

    /// What a control plane's namespace holds that rules about other namespaces read.
    fn of_control_plane(&self, namespace: &str) -> Vec<(Kind, Str, Option<Str>)> {
        let mut extra: Vec<_> = self.of_planes.iter().map(|kind| (*kind, Str::from(namespace), None)).collect();
        if self.kinds.contains(&Kind::Secret) {
            extra.extend(AUTHORITIES.map(|name| (Kind::Secret, Str::from(namespace), Some(Str::from(name)))));
        }
        if self.namespaces().is_some_and(|some| !some.contains(namespace)) {
            let own = self.kinds.iter().filter(|kind| kind.namespaced() && **kind != Kind::Secret);
            extra.extend(own.map(|kind| (*kind, Str::from(namespace), None)));
        }
        extra
    }
}

/// The kinds that are wanted, and those by which meshes are found.
fn with_usual(request: &ReadRequest) -> BTreeSet<Kind> {
    request.kinds.iter().chain(ALWAYS).copied().collect()
}

/// Namespaces in which control planes run, by their pods' labels and their webhooks' Services.
fn control_planes(inventory: &Inventory) -> BTreeSet<Str> {
    let labels = |pod: &&crate::model::Pod| {
        let labels = &pod.metadata.labels;
        labels.is("app", "istiod") || labels.has("linkerd.io/control-plane-component")
    };
    let mut found: BTreeSet<Str> = inventory.pods.iter().filter(labels).map(|p| p.metadata.namespace.clone()).collect();
    let webhooks = inventory.objects.iter().filter(|o| o.kind == Kind::MutatingWebhookConfiguration);
    for webhook in webhooks.flat_map(|o| o.root().list("webhooks").collect::<Vec<_>>()) {
        let ours = ["istio.io", "linkerd.io"].iter().any(|suffix| webhook.text("name").ends_with(suffix));
        if let Some(namespace) = webhook.at(["clientConfig", "service", "namespace"]).and_then(|n| n.str()).filter(|_| ours) {
            found.insert(namespace.into());
        }
    }
    found
}
