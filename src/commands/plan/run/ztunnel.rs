//! Whether the ztunnels of their nodes carry the traffic of pods. The annotation that istio-cni wrote on them may outlive that: after a node has
//! restarted it is there and the traffic goes past (istio#60882, istio#57285).

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::{Run, Stop};
use crate::cluster::live::{PodPort, Resource};
use crate::commands::proxy::dump_of;
use crate::mesh::istio::ztunnel::{ADMIN_PORT, Capture};
use crate::model::{Kind, first_of};
use crate::output::counted;

/// Nodes that are asked about one workload: a dump holds the whole mesh.
const NODES: usize = 5;
/// How often one that does not capture a pod yet is asked, and how long is waited between.
const LOOKS: usize = 5;
const PAUSE: Duration = Duration::from_secs(1);

impl Run<'_> {
    /// What the ztunnels say of the pods; a pod that its node's ztunnel does not carry ends the run.
    pub(super) async fn captured(&self, pods: &[Value]) -> Result<String, Stop> {
        let unasked = |why: String| format!("by what the node's agent wrote on them: ztunnel was not asked ({why})");
        let all = Resource::of(Kind::Pod, "v1", "", "");
        let ztunnels = match self.connection.all(&all, &[("labelSelector", "app=ztunnel")]).await {
            Ok(ztunnels) => ztunnels,
            Err(refused) => return Ok(unasked(refused.to_string())),
        };
        let node = |pod: &Value| pod["spec"]["nodeName"].as_str().map(str::to_owned);
        let text = |pod: &Value, field: &str| pod["metadata"][field].as_str().unwrap_or_default().to_owned();
        let running = ztunnels.iter().filter(|pod| pod["status"]["phase"] == "Running");
        let of_node: BTreeMap<String, PodPort> =
            running.filter_map(|pod| Some((node(pod)?, PodPort::new(&text(pod, "namespace"), &text(pod, "name"), ADMIN_PORT)))).collect();
        let mut wanted: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for pod in pods {
            let Some(node) = node(pod) else { return Ok(unasked(format!("pod {} is on no node", text(pod, "name")))) };
            wanted.entry(node).or_default().push((text(pod, "namespace"), text(pod, "name")));
        }
        let nodes = wanted.len();
        let asked = join_all(wanted.into_iter().take(NODES).map(async |(node, pods)| match of_node.get(&node) {
            Some(at) => self.captures(at, &node, &pods).await,
            None => Ok(Some(format!("no ztunnel runs on node {node}"))),
        }));
        let answers: Vec<Option<String>> = asked.await.into_iter().collect::<Result<_, _>>()?;
        let unknown: Vec<String> = answers.iter().flatten().cloned().collect();
        let whole = answers.len() - unknown.len();
        Ok(match (whole, unknown.as_slice()) {
            (0, unknown) => unasked(first_of(unknown, 1)),
            (whole, []) if whole == nodes => "their ztunnels carry them".to_owned(),
            (whole, []) => format!("the ztunnels of {} carry them, of {nodes}", counted(whole, "node")),
            (whole, unknown) => format!("the ztunnels of {} carry them, of {nodes}; {}", counted(whole, "node"), first_of(unknown, 1)),
        })
    }

    /// Whether one ztunnel carries these pods; otherwise why it did not tell.
    async fn captures(&self, at: &PodPort, node: &str, pods: &[(String, String)]) -> Result<Option<String>, Stop> {
        let mut missing = String::new();
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let dump = match dump_of(self.connection, at).await {
                Ok(dump) => dump,
                Err(why) => return Ok(Some(format!("ztunnel of node {node}: {why}"))),
            };
            match pods.iter().find(|(namespace, name)| dump.capture(namespace, name) != Capture::Captured) {
                None => return Ok(None),
                Some((namespace, name)) if dump.capture(namespace, name) == Capture::Unknown => {
                    return Ok(Some(format!("ztunnel of node {node} is too old to say whom it captures")));
                }
                Some((_, name)) => missing.clone_from(name),
            }
        }
        Err(Stop::Failed(
            format!("pod {missing}: the ztunnel of its node {node} does not carry its traffic, whatever its annotation says"),
            Vec::new(),
        ))
    }
}
