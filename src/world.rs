//! What every command and rule reads: the index, what the meshes make of it, and how much of a cluster was seen.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use jiff::Timestamp;

pub use crate::index::Sight;
use crate::index::{Index, Workload};
use crate::mesh::gateway_api::routes::backends;
use crate::mesh::install::Install;
use crate::mesh::istio::Istio;
use crate::mesh::linkerd::{Linkerd, routes};
use crate::mesh::{Cache, ControlPlane, Mesh, MeshView};
use crate::model::{ExtensionRun, Gap, InjectionFact, Kind, LabelSelector, Membership, MeshId, Object, ObjectRef, Str, words};

words! {
    /// Where the objects came from.
    SourceKind {
        /// A live cluster.
        Cluster = "cluster",
        /// Manifests alone.
        Files = "files",
        /// A saved snapshot.
        Snapshot = "snapshot",
        /// The built-in demo.
        Demo = "demo",
        /// Manifests laid over a live cluster.
        Overlay = "overlay",
    }
}

/// Where the objects came from, with the name of it.
#[derive(Clone, Debug)]
pub struct SourceInfo {
    /// What kind of source.
    pub kind: SourceKind,
    /// Context, file or directory.
    pub name: Str,
}

/// Everything that is known.
#[derive(Debug)]
pub struct World {
    /// Objects, arranged.
    pub index: Index,
    /// Istio, as far as it is here.
    pub(crate) istio: Istio,
    /// Linkerd, as far as it is here.
    pub(crate) linkerd: Linkerd,
    /// Where the objects came from.
    pub source: SourceInfo,
    /// The time that certificate and age rules reckon with.
    pub now: Timestamp,
    /// Other clusters to compare with, each under a name of its own (`source.name`), with as much of it as rules ask for.
    pub remotes: Vec<World>,
    /// What is to be installed, when that is the question.
    pub install: Install,
    /// What the programs of Linkerd's extensions say, where they were run.
    pub extensions: Vec<ExtensionRun>,
    /// The labels that workloads have to carry to be shown; nothing where any are.
    pub selector: Option<LabelSelector>,
    /// What rules and commands found out already.
    cache: Cache,
    /// Namespaces of whose Services the files hold the smaller part.
    partial: OnceLock<HashSet<Str>>,
}

impl World {
    /// Opens the meshes on an index; there are no other clusters yet.
    pub fn new(index: Index, source: SourceInfo, now: Timestamp) -> Self {
        let index = index.of_files(source.kind == SourceKind::Files);
        let istio = Istio::open(&index);
        let linkerd = Linkerd::open(&index);
        Self {
            index,
            istio,
            linkerd,
            source,
            now,
            remotes: Vec::new(),
            install: Install::default(),
            extensions: Vec::new(),
            selector: None,
            cache: Cache::default(),
            partial: OnceLock::new(),
        }
    }

    /// What the engines in `mesh/` read.
    pub fn view(&self) -> MeshView<'_> {
        MeshView { index: &self.index, istio: &self.istio, linkerd: &self.linkerd, cache: &self.cache }
    }

    /// Membership of a workload in a mesh; found out once, since many rules ask.
    pub fn injection(&self, mesh: MeshId, workload: &Workload) -> &InjectionFact {
        self.view().injection(mesh, workload)
    }

    /// How a workload is in a mesh; the gap where what decides was not read.
    pub fn membership(&self, mesh: MeshId, workload: &Workload) -> Result<Membership, Gap> {
        self.view().membership(mesh, workload)
    }

    /// Both meshes, whether or not they are here.
    pub fn meshes(&self) -> [&dyn Mesh; 2] {
        [&self.istio, &self.linkerd]
    }

    /// The cluster itself, as something to point at.
    pub fn cluster(&self) -> ObjectRef {
        ObjectRef { kind: Kind::Cluster, namespace: Str::default(), name: self.source.name.clone(), api_version: Str::default() }
    }

    /// Whether anything of a mesh is visible.
    pub fn has_mesh(&self, mesh: MeshId) -> bool {
        self.meshes().iter().any(|m| m.id() == mesh && m.is_present())
    }

    /// How clearly objects of `kind` in `namespace` are seen (an empty namespace means all of them).
    pub fn sight(&self, kind: Kind, namespace: &str) -> Sight {
        match self.index.sight(kind, namespace) {
            Sight::Clear if self.is_unnamed(kind, namespace) => Sight::NotInFiles,
            Sight::Clear if self.source.kind == SourceKind::Files && self.is_beyond_files(kind, namespace) => Sight::NotInFiles,
            sight => sight,
        }
    }

    /// Whether objects of a kind are among the files whose names are still to be filled in, so that any may be there.
    fn is_unnamed(&self, kind: Kind, namespace: &str) -> bool {
        self.index.inventory().unfilled.iter().any(|value| {
            let here = || value.path == "metadata.name" && (namespace.is_empty() || value.object.namespace == namespace);
            value.object.kind == kind && (value.path == "metadata.namespace" || here())
        })
    }

    /// Whether files that hold some objects of a kind do not show the others: those of all namespaces, and what a platform put into its own, to
    /// which users add theirs.
    fn is_beyond_files(&self, kind: Kind, namespace: &str) -> bool {
        let of_platform = || matches!(kind.group(), "" | "apps" | "batch") && self.is_of_platform(namespace) && !self.installs(namespace);
        kind.namespaced() && (namespace.is_empty() || of_platform())
    }

    /// Whether somebody else's installation fills this namespace.
    fn is_of_platform(&self, namespace: &str) -> bool {
        const PLATFORMS: [&str; 8] =
            ["istio-system", "istio-ingress", "istio-egress", "linkerd", "linkerd-viz", "linkerd-multicluster", "kube-system", "cert-manager"];
        PLATFORMS.contains(&namespace) || namespace == self.istio.root_namespace()
    }

    /// Whether the installation that fills this namespace was read: a control plane, its configuration, or an extension with its parts.
    fn installs(&self, namespace: &str) -> bool {
        let extension = || self.index.namespace(namespace).is_some_and(|n| n.metadata.labels.has("linkerd.io/extension"));
        self.control_planes().any(|plane| plane.namespace == namespace)
            || self.istio.config.object.as_ref().is_some_and(|config| config.namespace == namespace)
            || (extension() && !self.index.controllers_in(namespace).is_empty())
    }

    /// Whether some other tool makes this object of what the files hold: cert-manager a Secret, Flagger a Service, a Link's controller its mirrors.
    pub fn is_made(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.index.is_made(kind, namespace, name)
            || (kind == Kind::Service && self.source.kind == SourceKind::Files && self.is_mirror(namespace, name))
    }

    /// Whether a Service is called as Linkerd calls the copies of another cluster's Services: `cart-federated`, or `cart-west` beside `cart`. A
    /// suffix that tells releases apart names no cluster.
    fn is_mirror(&self, namespace: &str, name: &str) -> bool {
        const OF_RELEASES: [&str; 16] = [
            "canary", "stable", "primary", "preview", "active", "blue", "green", "new", "old", "next", "test", "dev", "beta", "alpha", "headless",
            "service",
        ];
        let links = self.index.objects(Kind::Link);
        let linked = links.iter().any(|link| name.strip_suffix(link.spec().text("targetClusterName")).is_some_and(|base| base.ends_with('-')));
        let version = |suffix: &str| suffix.trim_start_matches('v').bytes().all(|b| b.is_ascii_digit());
        let of_cluster = |suffix: &str| !OF_RELEASES.contains(&suffix) && !version(suffix);
        let mut parts = name.match_indices('-').map(|(at, _)| (&name[..at], &name[at + 1..]));
        let mut beside = || parts.any(|(base, suffix)| of_cluster(suffix) && self.index.service(namespace, base).is_some());
        linked || (self.has_trace_of(MeshId::Linkerd) && (name.ends_with("-federated") || beside()))
    }

    /// Whether the files hold the smaller part of a namespace's Services: routes lead to more that are not there than there are.
    pub(crate) fn lacks_most_services(&self, namespace: &str) -> bool {
        self.partial.get_or_init(|| self.partial()).contains(namespace)
    }

    fn partial(&self) -> HashSet<Str> {
        let index = &self.index;
        let mut absent: HashMap<&str, HashSet<&str>> = HashMap::new();
        let mut note = |namespace, name| {
            if index.service(namespace, name).is_none() && !self.is_made(Kind::Service, namespace, name) {
                absent.entry(namespace).or_default().insert(name);
            }
        };
        for route in routes::all(index) {
            routes::parents(route).iter().filter(|p| p.kind == Kind::Service).for_each(|p| note(p.namespace, p.name));
            backends(route).iter().filter(|b| !b.mirror).for_each(|b| note(b.namespace, b.name));
        }
        absent.retain(|namespace, names| names.len() > index.services_in(namespace).len());
        absent.into_keys().map(Str::from).collect()
    }

    /// All control planes of both meshes.
    pub fn control_planes(&self) -> impl Iterator<Item = &ControlPlane> {
        self.istio.control_planes.iter().chain(&self.linkerd.control_planes)
    }

    /// Whether anything shows that a mesh is here or meant to be: a control plane, one of its objects, a namespace that asks for it.
    pub fn has_trace_of(&self, mesh: MeshId) -> bool {
        let (planes, domain) = match mesh {
            MeshId::Istio => (&self.istio.control_planes, "istio.io"),
            MeshId::Linkerd => (&self.linkerd.control_planes, "linkerd.io"),
        };
        let inventory = self.index.inventory();
        let asks = |meta: &crate::model::Meta| {
            let mut keys = meta.labels.iter().chain(meta.annotations.iter());
            keys.any(|(k, _)| k.contains(domain) || (mesh == MeshId::Istio && *k == "istio-injection"))
        };
        !planes.is_empty()
            || inventory.objects.iter().any(|o| o.kind.group().ends_with(domain) || (mesh == MeshId::Istio && is_istio_gateway(o)))
            || inventory.namespaces.iter().any(|n| asks(&n.metadata))
            || inventory.controllers.iter().any(|c| c.template().is_some_and(|t| asks(&t.metadata)))
            || inventory.pods.iter().any(|p| asks(&p.metadata))
    }

    /// Whether something that would show a mesh could not be read, so that its absence means nothing.
    pub fn traces_may_be_hidden(&self) -> bool {
        let telling = [Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::MutatingWebhookConfiguration];
        self.index.inventory().gaps.iter().any(|g| g.hides_objects() && telling.contains(&g.kind()))
    }

    /// The namespaces that answers are wanted for; all when there are none.
    pub fn scope(&self) -> &BTreeSet<Str> {
        let inventory = self.index.inventory();
        if inventory.scope.is_empty() { &inventory.focus } else { &inventory.scope }
    }

    /// The one namespace that answers are wanted for, if it is one.
    pub fn only_namespace(&self) -> Option<&Str> {
        self.scope().first().filter(|_| self.scope().len() == 1)
    }

    /// Whether a workload is one that answers are wanted for: by its namespace, and by labels of its own or of its pods.
    pub fn shows(&self, workload: &Workload) -> bool {
        let selected = |selector: &LabelSelector| self.selects(selector, workload);
        self.in_scope(&workload.reference.namespace) && self.selector.as_ref().is_none_or(selected)
    }

    /// Whether a workload has these labels, itself or on its pods.
    pub fn selects(&self, selector: &LabelSelector, workload: &Workload) -> bool {
        selector.matches_either(&self.index.workload_meta(workload).labels, &workload.labels)
    }

    /// Whether something in `namespace` (empty for cluster-scoped) is to be reported on.
    pub fn in_scope(&self, namespace: &str) -> bool {
        let planned = || self.install.targets.iter().any(|t| t.namespace == namespace);
        self.scope().is_empty() || namespace.is_empty() || self.scope().contains(namespace) || planned()
    }
}

/// Whether a Gateway is of a class that istiod serves.
fn is_istio_gateway(object: &Object) -> bool {
    object.kind == Kind::Gateway && object.spec().text("gatewayClassName").starts_with("istio")
}
