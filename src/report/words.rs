//! The words that findings are sorted by.

use crate::model::{MeshId, words};

words! {
    /// How bad a finding is.
    Severity {
        /// Worth knowing.
        Info = "info",
        /// Probably not meant, or will hurt later.
        Warning = "warning",
        /// Broken or insecure now.
        Error = "error",
    }
}

words! {
    /// What a finding is about, in the order reports list them.
    Category {
        /// Whether control planes run, and as what they are configured.
        ControlPlane = "control-plane",
        /// Proxies, ztunnel and the networks they stand in.
        DataPlane = "data-plane",
        /// Who gets a proxy.
        Injection = "injection",
        /// Who speaks mutual TLS to whom.
        Mtls = "mtls",
        /// Who may call whom.
        Policy = "policy",
        /// Where requests go.
        Traffic = "traffic",
        /// What comes in and goes out.
        Gateway = "gateway",
        /// Certificates and trust anchors.
        Certificates = "certificates",
        /// Versions that fit each other.
        Versions = "versions",
        /// Objects that are not what their mesh reads.
        Config = "config",
    }
}

words! {
    /// Which mesh a rule or a finding is about.
    MeshTag {
        /// Both, or neither: Kubernetes and Gateway API.
        Any = "any",
        /// Istio.
        Istio = "istio",
        /// Linkerd.
        Linkerd = "linkerd",
    }
}

impl From<MeshId> for MeshTag {
    fn from(mesh: MeshId) -> Self {
        match mesh {
            MeshId::Istio => Self::Istio,
            MeshId::Linkerd => Self::Linkerd,
        }
    }
}
