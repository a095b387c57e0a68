//! The pods behind a Service's port one by one, the port they listen on, and whether they are ready. What only matters by kind is told once for all
//! that are alike by [`super::endpoints`].

use super::endpoints::number;
use crate::index::{Index, Workload};
use crate::model::{Pod, Service, ServicePort};

/// One place that traffic to a Service's port ends at.
#[derive(Clone, Copy, Debug)]
pub struct Backend<'a> {
    pub workload: &'a Workload,
    /// The pod; nothing in manifests that hold the workload alone.
    pub pod: Option<&'a Pod>,
    /// The container port; nothing when the pod has no port of that name.
    pub port: Option<u16>,
    /// Whether it is ready; nothing where no status tells.
    pub ready: Option<bool>,
}

/// All of them, in the order of the index.
#[derive(Clone, Debug, Default)]
pub struct Backends<'a>(pub Vec<Backend<'a>>);

impl<'a> Backends<'a> {
    /// What stands behind a port of a Service that selects its pods.
    pub fn of(index: &'a Index, service: &Service, port: &ServicePort) -> Self {
        let mut found = Vec::new();
        if service.spec.selector.is_empty() {
            return Self(found);
        }
        for workload in index.select(Some(&service.metadata.namespace), &service.spec.selector) {
            for pod in index.live_pods(workload).filter(|p| service.selects(&p.metadata.labels)) {
                let known = !pod.status.phase.is_empty();
                found.push(Backend { workload, pod: Some(pod), port: number(&port.target(), Some(&pod.spec)), ready: known.then(|| is_ready(pod)) });
            }
            let template = index.pod_spec(workload).filter(|_| index.pods_of(workload).next().is_none());
            found.extend(template.map(|spec| Backend { workload, pod: None, port: number(&port.target(), Some(spec)), ready: None }));
        }
        Self(found)
    }

    /// How many are ready, those included of which nothing is known.
    pub fn usable(&self) -> usize {
        self.0.iter().filter(|e| e.port.is_some() && e.ready != Some(false)).count()
    }

    /// The workloads, each once.
    pub fn workloads(&self) -> Vec<&'a Workload> {
        let mut found: Vec<&Workload> = Vec::new();
        for endpoint in &self.0 {
            if !found.iter().any(|w| std::ptr::eq(*w, endpoint.workload)) {
                found.push(endpoint.workload);
            }
        }
        found
    }
}

/// Whether a pod takes traffic: it runs and neither a condition nor a container says otherwise.
pub fn is_ready(pod: &Pod) -> bool {
    // Only conditions that are not `True` are kept.
    pod.is_ready() && !pod.status.conditions.iter().any(|c| c.kind == "Ready")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::testing::World;

    fn pod(name: &str, port_name: &str, status: &str) -> String {
        format!(
            r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"namespace":"shop","name":"{name}","labels":{{"app":"cart"}}}},
            "spec":{{"containers":[{{"name":"app","ports":[{{"name":"{port_name}","containerPort":8080}}]}}]}},"status":{status}}}"#
        )
    }

    #[test]
    fn ports_are_looked_up_by_name_and_readiness_by_status() {
        let service = r#"{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"cart"},
            "spec":{"selector":{"app":"cart"},"ports":[{"port":80,"targetPort":"web"}]}}"#;
        let (a, b) = (pod("a", "web", r#"{"phase":"Running"}"#), pod("b", "web", r#"{"phase":"Pending"}"#));
        let (c, d) = (pod("c", "api", r#"{"phase":"Running"}"#), pod("d", "web", "{}"));
        let not_ready = pod("e", "web", r#"{"phase":"Running","conditions":[{"type":"Ready","status":"False"}]}"#);
        let over = pod("f", "web", r#"{"phase":"Succeeded"}"#);
        let world = World::new(&[service, &a, &b, &c, &d, &not_ready, &over]);
        let index = world.view().index;
        let service = index.service("shop", "cart").unwrap();
        let found = Backends::of(index, service, &service.spec.ports[0]);
        let rows: Vec<_> = found.0.iter().map(|e| (e.port, e.ready)).collect();
        assert_eq!(
            rows,
            [(Some(8080), Some(true)), (Some(8080), Some(false)), (None, Some(true)), (Some(8080), None), (Some(8080), Some(false))],
            "a runs, b waits, c lacks the port, of d nothing is known, e says it is not ready"
        );
        assert_eq!((found.usable(), found.workloads().len()), (2, 5));
    }

    #[test]
    fn a_workload_without_pods_stands_for_itself() {
        let deployment = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"namespace":"shop","name":"cart"},
            "spec":{"template":{"metadata":{"labels":{"app":"cart"}},"spec":{"containers":[{"name":"app"}]}}}}"#;
        let service = r#"{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"cart"},"spec":{"selector":{"app":"cart"},"ports":[{"port":80}]}}"#;
        let world = World::new(&[deployment, service]);
        let index = world.view().index;
        let service = index.service("shop", "cart").unwrap();
        let found = Backends::of(index, service, &service.spec.ports[0]);
        assert_eq!(found.0.iter().map(|e| (e.port, e.ready, e.pod.is_some())).collect::<Vec<_>>(), [(Some(80), None, false)]);
    }
}
