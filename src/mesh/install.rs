//! What installing a mesh takes of a cluster: its version, and rights to create what the default installation consists of.

use crate::model::{Access, MeshId, Str};

/// A mesh that is to be installed, and the namespace its control plane is to live in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The mesh.
    pub mesh: MeshId,
    /// The control plane's namespace.
    pub namespace: Str,
}

/// What is to be installed; nothing unless that is the question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Install {
    /// The meshes.
    pub targets: Vec<Target>,
    /// Major and minor version of the Istio that is replaced, where the user names it.
    pub from_version: Option<(u32, u32)>,
}

/// Kubernetes versions (major, minor) that a mesh's current releases support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supported {
    /// The oldest.
    pub minimum: (u32, u32),
    /// The newest that those releases are tested with.
    pub tested: (u32, u32),
}

/// A right: verb, API group, resource, and whether it is needed in the control plane's namespace alone.
type Right = (&'static str, &'static str, &'static str, bool);

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";

/// Cluster-scoped objects of both meshes, and what it takes to give away more rights than one has.
const CLUSTER: [Right; 8] = [
    ("create", "", "namespaces", false),
    ("create", RBAC, "clusterroles", false),
    ("create", RBAC, "clusterrolebindings", false),
    ("create", "apiextensions.k8s.io", "customresourcedefinitions", false),
    ("create", ADMISSION, "mutatingwebhookconfigurations", false),
    ("create", ADMISSION, "validatingwebhookconfigurations", false),
    ("escalate", RBAC, "clusterroles", false),
    ("bind", RBAC, "clusterroles", false),
];

/// Objects of both in the control plane's namespace.
const INSIDE: [Right; 6] = [
    ("create", RBAC, "roles", true),
    ("create", RBAC, "rolebindings", true),
    ("create", "", "serviceaccounts", true),
    ("create", "", "services", true),
    ("create", "apps", "deployments", true),
    ("create", "", "configmaps", true),
];

const ISTIO: [Right; 2] = [("create", "autoscaling", "horizontalpodautoscalers", true), ("create", "policy", "poddisruptionbudgets", true)];
const LINKERD: [Right; 3] = [("create", "batch", "cronjobs", true), ("create", "", "secrets", true), ("get", "", "secrets", true)];

impl Target {
    /// A mesh with its control plane where its own installer puts it.
    pub fn usual(mesh: MeshId) -> Self {
        let namespace = match mesh {
            MeshId::Istio => "istio-system",
            MeshId::Linkerd => "linkerd",
        };
        Self { mesh, namespace: namespace.into() }
    }

    /// The Kubernetes versions that it supports.
    pub fn supported(&self) -> Supported {
        match self.mesh {
            MeshId::Istio => Supported { minimum: (1, 32), tested: (1, 36) },
            MeshId::Linkerd => Supported { minimum: (1, 31), tested: (1, 36) },
        }
    }

    /// The rights that installing it takes.
    pub fn rights(&self) -> Vec<Access> {
        let own = match self.mesh {
            MeshId::Istio => ISTIO.as_slice(),
            MeshId::Linkerd => LINKERD.as_slice(),
        };
        let access = |&(verb, group, resource, inside): &Right| Access {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            namespace: if inside { self.namespace.clone() } else { Str::default() },
        };
        CLUSTER.iter().chain(&INSIDE).chain(own).map(access).collect()
    }
}

impl Install {
    /// Both meshes, where their own installers put them.
    pub fn usual() -> Self {
        Self { targets: [MeshId::Istio, MeshId::Linkerd].map(Target::usual).into(), from_version: None }
    }

    /// The rights that all of it takes, each once.
    pub fn rights(&self) -> Vec<Access> {
        let mut rights: Vec<Access> = self.targets.iter().flat_map(Target::rights).collect();
        rights.sort();
        rights.dedup();
        rights
    }
}
