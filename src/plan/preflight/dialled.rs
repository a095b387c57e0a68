//! What the workload's own settings say it calls.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Id, Report, Subject};
use crate::mesh::resolve;

/// Ports that it calls and their Services do not name: Linkerd's policy controller knows nothing of them.
pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    if !subject.intention.linkerd() {
        return;
    }
    let view = subject.world.view();
    for (host, port) in subject.containers().flat_map(addresses).collect::<BTreeSet<_>>() {
        let name = resolve::name(view, subject.namespace(), &host);
        let Some(service) = name.service().filter(|service| !service.spec.ports.is_empty()) else { continue };
        if !service.spec.ports.iter().any(|known| known.port == i32::from(port)) {
            report.warn(
                Id::UndeclaredServicePort,
                format!(
                    "its settings name {host}:{port}, a port that Service {} does not declare: Linkerd resets such connections; declare it there",
                    service.metadata.name
                ),
            );
        }
    }
}

/// `HOST:PORT` wherever it stands in arguments, commands and literal variables.
fn addresses(container: &Value) -> Vec<(String, u16)> {
    let lists = ["args", "command"].iter().flat_map(|field| container[*field].as_array().into_iter().flatten());
    let variables = container["env"].as_array().into_iter().flatten().map(|variable| &variable["value"]);
    let words = lists.chain(variables).filter_map(Value::as_str);
    let parts = words.flat_map(|word| word.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))));
    parts.filter_map(|part| part.split_once(':')).filter_map(|(host, port)| Some((host.to_owned(), port.parse().ok()?))).collect()
}
