//! The pods that stand for a workload: what policies select and what proxies of theirs listen on.

use std::net::IpAddr;

use crate::index::{Index, Workload};
use crate::mesh::linkerd::server::{declared_ports, tcp_ports};
use crate::model::{Map, ObjectRef, Pod, PodSpec, Port};

/// Pods that are alike; the pods that a template makes, where none runs.
#[derive(Clone, Debug)]
pub struct PodGroup<'a> {
    /// The workload.
    pub reference: ObjectRef,
    /// Its namespace.
    pub namespace: &'a str,
    /// Labels of the pods.
    pub labels: &'a Map,
    /// Annotations of the pods.
    pub annotations: &'a Map,
    /// The pods' specification; nothing for a machine outside of the cluster.
    pub spec: Option<&'a PodSpec>,
    /// TCP ports with their names.
    pub ports: Vec<(&'a str, u16)>,
    /// The pods' addresses, as far as they are known.
    pub addresses: Vec<IpAddr>,
}

impl<'a> PodGroup<'a> {
    /// The groups of a workload: one for all pods that are alike, or its template.
    pub fn of(index: &'a Index, workload: &'a Workload) -> Vec<Self> {
        let namespace = workload.reference.namespace.as_str();
        let addresses = addresses(index, workload);
        let of_pod = |pod: &'a Pod| Self {
            reference: workload.reference.clone(),
            namespace,
            labels: &pod.metadata.labels,
            annotations: &pod.metadata.annotations,
            spec: Some(&pod.spec),
            ports: tcp_ports(&pod.spec).collect(),
            addresses: addresses.clone(),
        };
        let groups: Vec<Self> = index.pod_variants(workload).map(|(pod, _)| of_pod(pod)).collect();
        if !groups.is_empty() {
            return groups;
        }
        vec![Self {
            reference: workload.reference.clone(),
            namespace,
            labels: &workload.labels,
            annotations: &workload.annotations,
            spec: index.pod_spec(workload),
            ports: declared_ports(index, workload),
            addresses,
        }]
    }

    /// The number of a port that may be written as a name.
    pub fn number(&self, port: &Port) -> Option<u16> {
        match port {
            Port::Number(number) => u16::try_from(*number).ok(),
            Port::Name(name) => self.ports.iter().find(|(n, _)| *n == name.as_str()).map(|(_, number)| *number),
        }
    }
}

/// Addresses of a workload's pods.
pub fn addresses(index: &Index, workload: &Workload) -> Vec<IpAddr> {
    // Of the two families of a pod the first one is what its neighbours use.
    let of = |pod: &Pod| match pod.status.pod_ip.as_str() {
        "" => pod.status.pod_ips.first()?.ip.parse().ok(),
        first => first.parse().ok(),
    };
    let mut found: Vec<IpAddr> = index.live_pods(workload).filter_map(of).collect();
    found.sort_unstable();
    found.dedup();
    found
}
