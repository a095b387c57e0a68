//! Answers about the world, before they are rendered: pure functions from a [`World`] to documents.

mod certs;
mod decision;
mod encryption;
mod generate;
mod injection;
mod log_line;
mod matrix;
mod mtls;
mod mtls_plan;
mod namespace;
mod observed;
mod page;
mod policies;
mod policy_test;
mod proxy_config;
mod proxy_diff;
mod proxy_status;
mod simulation;
mod status;
mod target;
mod versions;
mod why;
mod ztunnel;

pub use certs::{
    CERTIFICATE_KINDS, CertificateReport, CertificateRow, Chain as CertificateChain, Limit, RefusedRow, Role, RotationRow, Stage, Validity,
    certificates, of_files as certificates_of_files,
};
pub use decision::{DECISION_KINDS, DecisionReport, REQUEST_KINDS, decision, gaps as decision_gaps};
pub use generate::{
    Edge, Generated, GeneratedReport, behind, for_workload as generate_for, from_edges as generate_from_edges, from_today as generate_from_today,
};
pub use injection::{InjectionReport, InjectionRow, Intended, MeshOrNone, injection, injection_of};
pub use log_line::{CauseState, LOG_LINE_KINDS, LogCause, LogFact, LogLineReport, LogSign, log_line};
pub use matrix::{ANYONE, MatrixReport, MatrixRow, matrix};
pub use mtls::{CLIENT_KINDS, ClientRow, EdgeRow, MTLS_KINDS, ModeRow, MtlsReport, MtlsRow, Wanted, mtls, mtls_edge};
pub use mtls_plan::{MtlsPlanReport, PlanItem, PlanItemKind, mtls_plan};
pub use namespace::{NamespaceMesh, NamespaceReport, namespace};
pub use observed::{add_observed, caller, observed_edges, observed_of};
pub use page::{FindingRow, PortRow, ServicePage, ServiceRow, WorkloadPage, objects_of_page, service_page, workload_page};
pub use policies::{Enforced, EnforcedAt, PolicyEntry, PolicyReport, policies};
pub use policy_test::{Assertion, Assertions, PolicyTestReport, TestRow};
pub(crate) use proxy_config::proxy_config;
pub use proxy_config::{ConfigFilter, ListenerRow, ProxyConfigReport, RouteTableRow, domain_words};
pub(crate) use proxy_diff::proxy_diff;
pub use proxy_diff::{AgreedRow, ProxyDiffReport, workload_of_node};
pub use proxy_status::{Asked as AskedIstiod, IstiodRow, ProxyRow, ProxyState, ProxyStatusReport, TypeRow, istiods, outside, proxy_status};
pub use simulation::{ChangedRow, Effect, SimulationReport, simulation};
pub use status::{Accepted, ComponentRow, ControlPlaneRow, NamespaceMode, NamespaceRow, ProxyCount, StatusReport, status};
pub use target::{NotFound, Target, find, objects, selected};
pub use versions::{VersionReport, client_version, versions};
pub use why::{Asked, WHY_KINDS, WhyOutcome, WhyReport, ask, is_gateway, why};
pub use ztunnel::{CaptureRow, Captured, ZtunnelAnswer, ZtunnelPart, ZtunnelReport, ZtunnelRow, ZtunnelWanted, ztunnel};

use crate::model::MeshId;
use crate::world::World;

/// File and line of a field, for objects from manifests.
pub fn place(world: &World, object: &crate::model::ObjectRef, path: Option<&str>) -> Option<String> {
    let found = world.index.object(object.kind, &object.namespace, &object.name)?;
    let (file, span) = found.meta.locate(path.unwrap_or_default())?;
    Some(format!("{file}:{}", span.line))
}

/// What stands where an answer is unknown.
pub const UNKNOWN: &str = "<unknown>";

/// Kinds that finding meshes and membership takes.
pub const MEMBERSHIP_KINDS: &[crate::model::Kind] = {
    use crate::model::Kind::{
        ConfigMap, CronJob, DaemonSet, Deployment, DeploymentConfig, GatewayClass, Job, MutatingWebhookConfiguration, Namespace, Pod, ReplicaSet,
        ReplicationController, Rollout, Service, StatefulSet,
    };
    &[
        Namespace,
        Pod,
        Service,
        Deployment,
        StatefulSet,
        DaemonSet,
        ReplicaSet,
        ReplicationController,
        Job,
        CronJob,
        Rollout,
        DeploymentConfig,
        ConfigMap,
        MutatingWebhookConfiguration,
        GatewayClass,
    ]
};

/// Kinds that decide who may call whom, and how.
pub const POLICY_KINDS: &[crate::model::Kind] = {
    use crate::model::Kind::{
        AuthorizationPolicy, HttpLocalRateLimitPolicy, LinkerdAuthorizationPolicy, PeerAuthentication, RequestAuthentication, Server,
        ServerAuthorization,
    };
    &[
        AuthorizationPolicy,
        PeerAuthentication,
        RequestAuthentication,
        Server,
        ServerAuthorization,
        LinkerdAuthorizationPolicy,
        HttpLocalRateLimitPolicy,
    ]
};

/// Whether a filter of the command line lets a mesh through.
fn wanted(only: Option<MeshId>, mesh: MeshId) -> bool {
    only.is_none_or(|only| only == mesh)
}

/// Gaps that hide something an answer rests on.
pub fn gaps(world: &World, kinds: &[crate::model::Kind]) -> Vec<crate::model::Gap> {
    let all = world.index.inventory().gaps.iter();
    all.filter(|gap| gap.hides_objects() && kinds.contains(&gap.kind())).cloned().collect()
}
