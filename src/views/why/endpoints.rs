//! What is ready behind a Service.

use std::collections::{BTreeMap, BTreeSet};

use super::hops::Hops;
use super::steps::{fails, ok, unknown};
use super::words;
use crate::index::Workload;
use crate::mesh::resolve::{Backends, slices};
use crate::model::{Evidence, Kind, Service, ServicePort, Step, StepKind, StepPlace, Subject};
use crate::world::Sight;

impl<'w> Hops<'w> {
    /// What is ready behind a Service, and one of the workloads there.
    pub(super) fn endpoints(&self, service: &'w Service, port: &'w ServicePort, subset: Option<&str>, host: &str) -> (Step, Option<&'w Workload>) {
        let (kind, at) = (StepKind::Endpoints, StepPlace::Network);
        let reference = service.metadata.reference(Kind::Service);
        let namespace = &service.metadata.namespace;
        if service.spec.selector.is_empty() {
            return self.listed(service, port);
        }
        let mut all = Backends::of(self.view.index, service, port);
        let selector = || Evidence::field(reference.clone(), "spec.selector", words::labels(&service.spec.selector));
        if all.0.is_empty() {
            let text = format!("{reference} selects no pod ({})", words::labels(&service.spec.selector));
            let seen = [Kind::Pod, Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet].map(|kind| self.world.sight(kind, namespace));
            let hidden = seen.iter().find_map(|s| if let Sight::Hidden(gap) = s { Some(gap.clone()) } else { None });
            let step = match hidden {
                Some(gap) => unknown(kind, at, format!("{text} that was read"), gap),
                None if seen.iter().all(|s| *s == Sight::NotInFiles) => unknown(kind, at, format!("{text} among the files"), None),
                None => fails(kind, at, text, vec![selector()], "Make the Service's selector and the pods' labels agree, or start the pods."),
            };
            return (step, None);
        }
        // Whatever is known of pods, those that were not read may fare otherwise.
        let hidden = match self.world.sight(Kind::Pod, namespace) {
            Sight::Hidden(gap) => Some(gap),
            _ => self.view.index.undecoded(Kind::Pod, namespace).map(|gap| Some(gap.clone())),
        };
        let mut of_subset = String::new();
        if let Some((name, wanted)) = subset.and_then(|s| Some((s, self.subset(s, host, namespace)?))) {
            let labels: Vec<(String, String)> = wanted.1;
            all.0.retain(|e| {
                let have = e.pod.map_or(&e.workload.labels, |p| &p.metadata.labels);
                labels.iter().all(|(k, v)| have.is(k, v))
            });
            of_subset = format!(" of subset {name}");
            if all.0.is_empty() {
                let asks: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
                let text = format!("no pod of {reference} is in subset {name} ({})", asks.join(", "));
                if let Some(gap) = hidden {
                    return (unknown(kind, at, format!("{text} among those that were read"), gap), None);
                }
                return (fails(kind, at, text, vec![wanted.0], "Correct the subset's labels, or start pods that have them."), None);
            }
        }
        let behind = all.workloads().first().copied();
        let total = all.0.len();
        if all.0.iter().all(|e| e.port.is_none()) {
            let text = format!("no pod of {reference} has a port called {:?}", port.target().to_string());
            let index = service.spec.ports.iter().position(|p| std::ptr::eq(p, port)).unwrap_or_default();
            let because = vec![Evidence::field(reference.clone(), format!("spec.ports[{index}].targetPort"), text.clone())];
            return (fails(kind, at, text, because, "Name a port that the containers declare, or write its number."), behind);
        }
        let usable = all.usable();
        let seen = all.0.iter().any(|e| e.ready.is_some());
        let target = all.0.iter().find_map(|e| e.port).map_or_else(String::new, |p| format!(" on port {p}"));
        let step = match (usable, seen) {
            _ if hidden.is_some() => {
                unknown(kind, at, format!("{usable} of {total} endpoints{of_subset} that were read can be used{target}"), hidden.flatten())
            }
            (0, _) => {
                let because = all.0.iter().filter_map(|e| e.pod).take(3).map(|p| Evidence::object(p.metadata.reference(Kind::Pod), "is not ready"));
                let because: Vec<Evidence> = because.chain([selector()]).collect();
                let text = format!("none of {total} endpoints{of_subset} is ready");
                match all.workloads().iter().find_map(|w| self.mtls.refused_probes(w).into_iter().next()) {
                    Some(probe) => {
                        let text = format!("{text}: {}", probe.text);
                        fails(kind, at, text, because.into_iter().chain([probe.because]).collect(), format!("{}.", sentence(&probe.hint)))
                    }
                    None => fails(kind, at, text, because, "Look why the pods are not ready: kubectl describe pod."),
                }
            }
            (_, true) => ok(kind, at, format!("{usable} of {total} endpoints{of_subset} ready{target}{}", self.localities(&all))),
            (_, false) => {
                let names: Vec<String> = all.workloads().iter().map(|w| w.reference.to_string()).collect();
                ok(kind, at, format!("{}{of_subset}{target} (manifests: nothing runs yet)", names.join(", ")))
            }
        };
        (step, behind)
    }

    /// The same where no selector makes them.
    fn listed(&self, service: &'w Service, port: &'w ServicePort) -> (Step, Option<&'w Workload>) {
        let (kind, at) = (StepKind::Endpoints, StepPlace::Network);
        let reference = service.metadata.reference(Kind::Service);
        let listed = match slices::listed(self.view.index, service, &port.name) {
            Ok(listed) => listed,
            Err(gap) => return (unknown(kind, at, format!("{reference} has no selector, and who answers for it was not read"), Some(gap)), None),
        };
        let behind = listed.iter().find_map(|l| self.view.index.workload_of(l.pod?));
        let usable = listed.iter().filter(|l| l.ready && l.port.is_some()).count();
        let because: Vec<Evidence> = listed.iter().take(3).map(|l| l.evidence(format!("lists {}", l.address))).collect();
        let total = listed.len();
        let step = if total == 0 {
            let because = vec![Evidence::field(reference.clone(), "spec", "has no selector")];
            let text = format!("no EndpointSlice lists an address for {reference}");
            fails(kind, at, text, because, "Give the Service a selector, or write an EndpointSlice for it.")
        } else if listed.iter().all(|l| l.port.is_none()) {
            let text = format!("no EndpointSlice of {reference} has a port called {:?}", port.name.as_str());
            fails(kind, at, text, because, "Name the port in the EndpointSlice as in the Service.")
        } else if usable == 0 {
            fails(
                kind,
                at,
                format!("none of {total} addresses that are listed for {reference} is ready"),
                because,
                "Look why whoever lists them holds none for ready.",
            )
        } else {
            ok(kind, at, format!("{usable} of {total} listed addresses ready"))
        };
        (step, behind)
    }

    /// Where the ready endpoints are, in words, where Nodes tell; and where the client is.
    fn localities(&self, all: &Backends<'w>) -> String {
        let ready = all.0.iter().filter(|e| e.port.is_some() && e.ready != Some(false)).filter_map(|e| e.pod);
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for pod in ready {
            *places.entry(self.view.index.zone(pod).unwrap_or("a zone that is not known")).or_default() += 1;
        }
        let known = places.keys().any(|place| !place.contains(' '));
        let own: BTreeSet<&str> = self.view.index.live_pods(self.asked.client.workload).filter_map(|p| self.view.index.zone(p)).collect();
        let zones: Vec<String> = places.iter().map(|(zone, pods)| format!("{pods} in {zone}")).collect();
        let client = if own.is_empty() { String::new() } else { format!("; the client is in {}", own.into_iter().collect::<Vec<_>>().join(", ")) };
        if known { format!(" ({}{client})", zones.join(", ")) } else { String::new() }
    }

    /// The labels of a subset, and where they stand.
    fn subset(&self, subset: &str, host: &str, namespace: &str) -> Option<(Evidence, Vec<(String, String)>)> {
        let client = self.asked.client.workload;
        let (index, istio) = (self.view.index, self.view.istio);
        let applied = istio.registry.rules.for_client(index, &istio.config, (&client.reference.namespace, &client.labels), host, namespace)?;
        let (object, subset_of) = applied.subset(subset)?;
        let field = subset_of.field;
        let labels = field.get("labels").map(|l| l.entries().map(|(k, v)| (k.to_owned(), v.str().unwrap_or_default().to_owned())).collect());
        Some((Evidence::field(object.reference(), field.path(), format!("subset {subset}")), labels.unwrap_or_default()))
    }
}

/// A hint as a sentence begins.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
