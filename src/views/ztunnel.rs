//! What ztunnels hold: their own account of workloads, services, policies, certificates and open connections.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::mesh::istio::ztunnel::{Capture, Certificate, ZtunnelDump};
use crate::model::{Gap, ObjectRef, Str, words};

words! {
    /// What of a ztunnel is shown.
    ZtunnelPart {
        /// Workloads of the mesh.
        Workloads = "workloads",
        /// Services of the mesh.
        Services = "services",
        /// Policies that ztunnels enforce.
        Policies = "policies",
        /// Certificates of the node's identities.
        Certificates = "certificates",
        /// Open connections of the node's pods.
        Connections = "connections",
    }
}

words! {
    /// Whether a pod's traffic goes through its node's ztunnel.
    Captured {
        /// It does.
        Yes = "captured",
        /// It is about to.
        Pending = "pending",
        /// It does not.
        No = "not-captured",
        /// That ztunnel does not say.
        Unknown = "unknown",
    }
}

/// What ztunnels hold.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ZtunnelReport {
    /// The ztunnels that answered.
    pub ztunnels: Vec<ZtunnelRow>,
    /// The pod that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<CaptureRow>,
    /// What was asked for.
    pub part: ZtunnelPart,
    /// With part `workloads`.
    pub workloads: Vec<ZtunnelWorkload>,
    /// With part `services`.
    pub services: Vec<ZtunnelService>,
    /// With part `policies`.
    pub policies: Vec<ZtunnelPolicy>,
    /// With part `certificates`.
    pub certificates: Vec<ZtunnelCertificate>,
    /// With part `connections`.
    pub connections: Vec<ZtunnelConnection>,
    /// What could not be read or asked.
    pub gaps: Vec<Gap>,
}

/// A ztunnel, with how much it knows: all should know as many workloads, services and policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ZtunnelRow {
    /// Its pod, or the file it was read from.
    pub name: Str,
    /// Its node.
    pub node: Str,
    /// Workloads of the mesh.
    pub workloads: usize,
    /// Services of the mesh.
    pub services: usize,
    /// Policies.
    pub policies: usize,
    /// Pods it captures.
    pub captured: usize,
}

/// Whether a pod is captured.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CaptureRow {
    /// The pod.
    pub object: ObjectRef,
    /// Whether its traffic goes through ztunnel.
    pub state: Captured,
}

/// A workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ZtunnelWorkload {
    /// Namespace.
    pub namespace: Str,
    /// Name of the pod.
    pub name: Str,
    /// Addresses.
    pub addresses: Vec<Str>,
    /// Node.
    pub node: Str,
    /// Waypoint; empty for none.
    pub waypoint: Str,
    /// `HBONE` or `TCP`.
    pub protocol: Str,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ZtunnelService {
    /// Namespace.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// Virtual addresses.
    pub addresses: Vec<Str>,
    /// Waypoint; empty for none.
    pub waypoint: Str,
    /// Healthy workloads behind it.
    pub healthy: usize,
    /// All workloads behind it.
    pub endpoints: usize,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ZtunnelPolicy {
    /// Namespace.
    pub namespace: Str,
    /// Name.
    pub name: Str,
    /// `Allow` or `Deny`.
    pub action: Str,
    /// `Global`, `Namespace` or `WorkloadSelector`.
    pub scope: Str,
    /// Whether it only counts.
    pub dry_run: bool,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ZtunnelCertificate {
    /// The ztunnel that has it.
    pub ztunnel: Str,
    /// SPIFFE id.
    pub identity: Str,
    /// `leaf`, `intermediate` or `root`; empty where there is no certificate.
    pub role: Str,
    /// `Available`, `Initializing`, or why there is none.
    pub status: Str,
    /// Whether it holds now.
    pub valid: bool,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// RFC 3339.
    pub not_after: Str,
    /// RFC 3339.
    pub not_before: Str,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ZtunnelConnection {
    /// Namespace of the pod.
    pub namespace: Str,
    /// The pod.
    pub pod: Str,
    /// `inbound` or `outbound`, as the pod sees it.
    pub direction: &'static str,
    /// Address of whoever opened it.
    pub source: Str,
    /// Where it goes.
    pub destination: Str,
    /// Where the client meant to go.
    pub target: Str,
    /// `HBONE` or `TCP`.
    pub protocol: Str,
}

/// A ztunnel that answered.
#[derive(Debug)]
pub struct ZtunnelAnswer {
    /// Its pod, or the file it was read from.
    pub name: Str,
    /// Its node.
    pub node: Str,
    /// What it holds.
    pub dump: ZtunnelDump,
}

/// Which part is wanted, and of whom.
pub struct ZtunnelWanted<'a> {
    /// The part.
    pub part: ZtunnelPart,
    /// Only what is about this pod, and what its identity ends with.
    pub pod: Option<(ObjectRef, String)>,
    /// Whether a namespace is wanted.
    pub in_scope: &'a dyn Fn(&str) -> bool,
    /// The time by which certificates are judged.
    pub now: Timestamp,
}

/// What they hold.
pub fn ztunnel(answers: &[ZtunnelAnswer], wanted: &ZtunnelWanted<'_>, gaps: Vec<Gap>) -> ZtunnelReport {
    let pod = wanted.pod.as_ref().map(|(object, _)| CaptureRow { object: object.clone(), state: capture(answers, object) });
    let mut report = ZtunnelReport {
        ztunnels: answers.iter().map(row).collect(),
        pod,
        part: wanted.part,
        workloads: Vec::new(),
        services: Vec::new(),
        policies: Vec::new(),
        certificates: Vec::new(),
        connections: Vec::new(),
        gaps,
    };
    // What is the mesh's is the same in each.
    let first = answers.first();
    match wanted.part {
        ZtunnelPart::Workloads => report.workloads = first.map(|answer| workloads(&answer.dump, wanted)).unwrap_or_default(),
        ZtunnelPart::Services => report.services = first.map(|answer| services(&answer.dump, wanted)).unwrap_or_default(),
        ZtunnelPart::Policies => report.policies = first.map(|answer| policies(&answer.dump, wanted)).unwrap_or_default(),
        ZtunnelPart::Certificates => report.certificates = answers.iter().flat_map(|answer| certificates(answer, wanted)).collect(),
        ZtunnelPart::Connections => report.connections = answers.iter().flat_map(|answer| connections(&answer.dump, wanted)).collect(),
    }
    report.workloads.sort();
    report.services.sort();
    report.policies.sort();
    report.certificates.sort();
    report.connections.sort();
    report
}

fn row(answer: &ZtunnelAnswer) -> ZtunnelRow {
    let dump = &answer.dump;
    let captured = dump.workload_state.values().filter(|captured| captured.state == "Up").count();
    let (workloads, services, policies) = (dump.workloads.len(), dump.services.len(), dump.policies.len());
    ZtunnelRow { name: answer.name.clone(), node: answer.node.clone(), workloads, services, policies, captured }
}

fn capture(answers: &[ZtunnelAnswer], pod: &ObjectRef) -> Captured {
    match answers.first().map(|answer| answer.dump.capture(&pod.namespace, &pod.name)) {
        Some(Capture::Captured) => Captured::Yes,
        Some(Capture::Pending) => Captured::Pending,
        Some(Capture::NotCaptured) => Captured::No,
        Some(Capture::Unknown) | None => Captured::Unknown,
    }
}

impl ZtunnelWanted<'_> {
    fn is_about(&self, namespace: &str, name: &str) -> bool {
        match &self.pod {
            Some((pod, _)) => pod.namespace == namespace && pod.name == name,
            None => (self.in_scope)(namespace),
        }
    }
}

fn workloads(dump: &ZtunnelDump, wanted: &ZtunnelWanted<'_>) -> Vec<ZtunnelWorkload> {
    let about = dump.workloads.iter().filter(|one| wanted.is_about(&one.namespace, &one.name));
    let row = |one: &crate::mesh::istio::ztunnel::Workload| ZtunnelWorkload {
        namespace: one.namespace.clone(),
        name: one.name.clone(),
        addresses: one.workload_ips.clone(),
        node: one.node.clone(),
        waypoint: one.waypoint.clone(),
        protocol: one.protocol.clone(),
    };
    about.map(row).collect()
}

fn services(dump: &ZtunnelDump, wanted: &ZtunnelWanted<'_>) -> Vec<ZtunnelService> {
    let by_uid = dump.by_uid();
    let of_pod: Option<BTreeSet<&str>> = wanted.pod.as_ref().map(|(pod, _)| {
        dump.workloads.iter().filter(|one| one.namespace == pod.namespace && one.name == pod.name).map(|one| one.uid.as_str()).collect()
    });
    let about = dump.services.iter().filter(|service| match &of_pod {
        Some(uids) => service.endpoints.iter().any(|uid| uids.contains(uid.as_str())),
        None => (wanted.in_scope)(&service.namespace),
    });
    let row = |service: &crate::mesh::istio::ztunnel::Service| {
        let (healthy, endpoints) = dump.endpoints(&by_uid, service);
        // The network before the address tells nothing where there is one.
        let addresses = service.vips.iter().map(|vip| vip.rsplit('/').next().unwrap_or(vip).into()).collect();
        let (namespace, name, waypoint) = (service.namespace.clone(), service.name.clone(), service.waypoint.clone());
        ZtunnelService { namespace, name, addresses, waypoint, healthy, endpoints }
    };
    about.map(row).collect()
}

fn policies(dump: &ZtunnelDump, wanted: &ZtunnelWanted<'_>) -> Vec<ZtunnelPolicy> {
    let namespace = wanted.pod.as_ref().map(|(pod, _)| pod.namespace.as_str());
    let about = dump.policies.iter().filter(|policy| match namespace {
        Some(namespace) => policy.scope == "Global" || policy.namespace == namespace,
        None => (wanted.in_scope)(&policy.namespace),
    });
    let row = |policy: &crate::mesh::istio::ztunnel::Policy| ZtunnelPolicy {
        namespace: policy.namespace.clone(),
        name: policy.name.clone(),
        action: policy.action.clone(),
        scope: policy.scope.clone(),
        dry_run: policy.dry_run,
    };
    about.map(row).collect()
}

fn certificates(answer: &ZtunnelAnswer, wanted: &ZtunnelWanted<'_>) -> Vec<ZtunnelCertificate> {
    let is_about = |certificate: &&Certificate| match &wanted.pod {
        Some((_, identity)) => certificate.identity.ends_with(identity.as_str()),
        None => namespace_of(&certificate.identity).is_none_or(|namespace| (wanted.in_scope)(namespace)),
    };
    let mut rows = Vec::new();
    for certificate in answer.dump.certificates.iter().filter(is_about) {
        let row = |role: &str, part: &crate::mesh::istio::ztunnel::CertificatePart| {
            let at = |time: &Str| time.parse::<Timestamp>().ok();
            let valid = at(&part.valid_from).zip(at(&part.expiration_time)).is_some_and(|(from, to)| from <= wanted.now && wanted.now < to);
            ZtunnelCertificate {
                ztunnel: answer.name.clone(),
                identity: certificate.identity.clone(),
                role: role.into(),
                status: certificate.state.clone(),
                valid,
                serial: hexadecimal(&part.serial_number),
                not_after: part.expiration_time.clone(),
                not_before: part.valid_from.clone(),
            }
        };
        let last = certificate.cert_chain.len().saturating_sub(1);
        let role = |nth: usize| match nth {
            0 => "leaf",
            nth if nth == last && certificate.root_certs.is_empty() => "root",
            _ => "intermediate",
        };
        rows.extend(certificate.cert_chain.iter().enumerate().map(|(nth, part)| row(role(nth), part)));
        rows.extend(certificate.root_certs.iter().map(|part| row("root", part)));
        if certificate.cert_chain.is_empty() {
            rows.push(row("", &Default::default()));
        }
    }
    rows
}

/// The namespace in a SPIFFE id.
fn namespace_of(identity: &str) -> Option<&str> {
    identity.split_once("/ns/")?.1.split('/').next()
}

fn connections(dump: &ZtunnelDump, wanted: &ZtunnelWanted<'_>) -> Vec<ZtunnelConnection> {
    let about = dump.workload_state.values().filter(|captured| wanted.is_about(&captured.info.namespace, &captured.info.name));
    let mut rows = Vec::new();
    for captured in about {
        let both = [("inbound", &captured.connections.inbound), ("outbound", &captured.connections.outbound)];
        for (direction, open) in both {
            rows.extend(open.iter().map(|one| ZtunnelConnection {
                namespace: captured.info.namespace.clone(),
                pod: captured.info.name.clone(),
                direction,
                source: one.src.clone(),
                destination: one.actual_dst.clone(),
                target: one.original_dst.clone(),
                protocol: one.protocol.clone(),
            }));
        }
    }
    rows
}

/// A decimal number of any length in hexadecimal; what is no number, as it is.
fn hexadecimal(decimal: &str) -> String {
    if decimal.is_empty() || !decimal.bytes().all(|digit| digit.is_ascii_digit()) {
        return decimal.to_owned();
    }
    // The last digit first.
    let mut digits: Vec<u8> = Vec::new();
    for digit in decimal.bytes() {
        let mut carry = u32::from(digit - b'0');
        for hex in &mut digits {
            carry += u32::from(*hex) * 10;
            *hex = (carry % 16) as u8;
            carry /= 16;
        }
        while carry > 0 {
            digits.push((carry % 16) as u8);
            carry /= 16;
        }
    }
    digits.iter().rev().filter_map(|digit| char::from_digit(u32::from(*digit), 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_are_written_as_others_write_them() {
        assert_eq!(hexadecimal("255"), "ff");
        assert_eq!(hexadecimal("340282366920938463463374607431768211456"), "100000000000000000000000000000000");
        assert_eq!((hexadecimal(""), hexadecimal("x7")), (String::new(), "x7".to_owned()));
    }
}
