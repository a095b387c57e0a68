//! What the rules of AuthorizationPolicies say, and for whom.

use crate::mesh::istio::policy;
use crate::model::Object;

/// The methods of HTTP that callers send.
pub(in crate::checks) const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"];

/// What a policy is for, in words.
pub(in crate::checks) fn reach(ap: &Object, root: &str) -> String {
    let targets = policy::targets(ap);
    let labels = policy::selector(ap).unwrap_or_default();
    let namespace = if ap.meta.namespace == root { "the mesh".to_owned() } else { format!("namespace {:?}", ap.meta.namespace) };
    match (targets.first(), labels.is_empty()) {
        (Some(target), _) => format!("{} {:?}", target.kind, target.name),
        (None, true) => format!("every workload of {namespace}"),
        (None, false) => {
            let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
            format!("workloads of {namespace} with {}", labels.join(","))
        }
    }
}
