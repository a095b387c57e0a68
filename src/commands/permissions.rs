//! The rights that each command takes of a cluster, by what it declares to read and its plans to write. `docs/permissions.md` is made of this.

use std::collections::BTreeSet;

use super::load::Reading;
use super::plan::{calls, rights};
use super::policy::words;
use super::{ReadRequest, certs, check, explain_log, mtls, proxy, snapshot, status, version, why};
use crate::checks::Selection;
use crate::mesh::install::Install;
use crate::model::{Access, Kind};

/// A command as it is typed, and its rights.
#[derive(Clone, Debug)]
pub struct Permissions {
    /// Without `kubectl mesh`.
    pub command: &'static str,
    /// A right that names a namespace is needed there alone.
    pub rights: BTreeSet<Access>,
}

/// Commands that ask no cluster for anything, or only for the names that complete a line.
pub const WITHOUT: &[&str] = &["completion", "explain", "inject", "options", "rules", "uninject"];

/// Every other command, and the flags that take more or less.
pub fn permissions() -> Vec<Permissions> {
    let plan = || Reading::rights(&ReadRequest::of(&calls::kinds()));
    let for_one = Selection::default();
    let pre = Selection { pre: true, ..Selection::default() };
    let pre = ReadRequest { install: Some(Install::usual()), ..check::request(&pre) };
    let membership = || Reading::rights(&ReadRequest::membership());
    let status = Reading::rights(&status::request(None));
    let mtls = Reading::rights(&mtls::request());
    let policy = Reading::rights(&words::read_request());
    let requests = Reading::rights(&words::read_for_requests());
    let all = [
        ("apply", join([plan(), rights::of_workloads(), rights::of_waypoints(), rights::of_sets(), prometheus(), forwarded()])),
        ("certs", Reading::rights(&certs::request(false))),
        ("certs --read-secrets", Reading::rights(&certs::request(true))),
        ("check", Reading::rights(&check::request(&Selection::default()))),
        ("check --pre", Reading::rights(&pre)),
        ("explain log", Reading::rights(&explain_log::request())),
        ("generate overlay", join([plan(), rights::of_objects()])),
        ("injection", membership()),
        ("injection --watch", watched(membership())),
        ("mtls", mtls.clone()),
        ("mtls --observed", join([mtls, prometheus()])),
        ("namespace disable", join([membership(), rights::of_namespaces()])),
        ("namespace enable", join([membership(), rights::of_namespaces()])),
        ("namespace status", membership()),
        ("offboard", join([plan(), rights::of_workloads()])),
        ("onboard", join([plan(), rights::of_workloads(), rights::of_waypoints(), prometheus(), forwarded()])),
        ("policy can", requests.clone()),
        ("policy generate", policy.clone()),
        ("policy generate --observed", join([policy.clone(), prometheus()])),
        ("policy list", policy.clone()),
        ("policy matrix", policy.clone()),
        ("policy simulate", policy),
        ("policy test", requests),
        ("proxy config", pods_asked()),
        ("proxy diff", join([Reading::rights(&proxy::diff::request()), pods_asked()])),
        ("proxy stats", pods_asked()),
        ("proxy status", join([membership(), pods_asked()])),
        ("proxy ztunnel", join([membership(), pods_asked()])),
        ("snapshot", Reading::rights(&snapshot::request(false))),
        ("snapshot --pre", Reading::rights(&snapshot::request(true))),
        ("status", status.clone()),
        ("status --watch", watched(status)),
        ("status WORKLOAD", Reading::rights(&status::request(Some(&for_one)))),
        ("version", Reading::rights(&version::request())),
        ("why", Reading::rights(&why::request(false))),
        ("why gateway/NAME", Reading::rights(&why::request(true))),
    ];
    all.into_iter().map(|(command, rights)| Permissions { command, rights: once(&rights) }).collect()
}

fn join<const N: usize>(parts: [BTreeSet<Access>; N]) -> BTreeSet<Access> {
    parts.into_iter().flatten().collect()
}

/// What is listed is also watched.
fn watched(mut rights: BTreeSet<Access>) -> BTreeSet<Access> {
    let watch = |access: &Access| Access { verb: "watch".into(), ..access.clone() };
    let more: Vec<Access> = rights.iter().filter(|access| access.verb == "list").map(watch).collect();
    rights.extend(more);
    rights
}

/// A stream to a port of a pod.
fn forwarded() -> BTreeSet<Access> {
    ["get", "create"].map(|verb| Access { resource: "pods/portforward".into(), ..Access::of(verb, Kind::Pod, "") }).into()
}

/// A pod, found by its name or by that of its workload, and a stream to one of its ports.
fn pods_asked() -> BTreeSet<Access> {
    let workloads = [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet].map(|kind| Access::of("get", kind, ""));
    workloads.into_iter().chain(forwarded()).chain([Access::of("list", Kind::Pod, "")]).collect()
}

/// A Prometheus of the cluster, through the API server.
fn prometheus() -> BTreeSet<Access> {
    [Access { resource: "services/proxy".into(), ..Access::of("get", Kind::Service, "") }].into()
}

/// Without what a right in all namespaces holds already.
fn once(rights: &BTreeSet<Access>) -> BTreeSet<Access> {
    let everywhere = |access: &Access| Access { namespace: crate::model::Str::default(), ..access.clone() };
    rights.iter().filter(|access| access.namespace.is_empty() || !rights.contains(&everywhere(access))).cloned().collect()
}
