//! What a running proxy is asked: of each part the least that answers, one question after the other, since each takes the proxy's main thread.

use crate::cluster::live::{Bounds, Connection, PodHttp, PodPort, Unreached};
use crate::commands::Terminal;
use crate::error::CliError;
use crate::mesh::envoy::{Answers, List, Memory, Section};
use crate::model::ObjectRef;
use crate::views::ConfigFilter;

/// Part of the limit of a container from which on a large answer is dangerous to it.
const NEARLY_FULL: f64 = 0.8;

/// Who is asked.
pub(in crate::commands::proxy) struct Asking<'a> {
    pub(in crate::commands::proxy) pod: &'a ObjectRef,
    /// Port of the admin interface.
    pub(in crate::commands::proxy) port: u16,
    /// Bytes that the proxy's container may use.
    pub(in crate::commands::proxy) memory_limit: Option<u64>,
}

/// A question: the path, and the list whose elements the answer has, if it is one.
#[derive(Debug, PartialEq)]
struct Ask {
    path: String,
    list: Option<List>,
    /// Whether the answer grows with the mesh.
    large: bool,
}

/// Asks for the parts that are wanted.
pub(in crate::commands::proxy) async fn ask(
    connection: &Connection,
    asking: Asking<'_>,
    sections: &[Section],
    filter: &ConfigFilter,
    terminal: &mut Terminal,
) -> Result<Answers, CliError> {
    let Asking { pod, port, memory_limit } = asking;
    let at = PodPort::new(&pod.namespace, &pod.name, port);
    let unreached = |why: Unreached| {
        let refused = matches!(why, Unreached::Refused(_));
        let error = why.hint().into_iter().fold(CliError::unreadable(format!("{at}: {why}")), CliError::hint);
        if refused { error.hint("--proxy-admin-port names the port where the proxy's admin interface listens") } else { error }
    };
    let mut http = connection.pod_http(&at, Bounds::DUMP).await.map_err(unreached)?;
    let asks = questions(sections, filter);
    if asks.iter().any(|ask| ask.large)
        && let Some(limit) = memory_limit
    {
        let memory = memory(&mut http).await.map_err(unreached)?;
        if memory.total_physical_bytes as f64 > NEARLY_FULL * limit as f64 {
            terminal.problem(format!(
                "{pod} uses {} of the {} MiB that its proxy may: a large answer can end it",
                memory.total_physical_bytes >> 20,
                limit >> 20
            ));
        }
    }
    let mut answers = Answers::default();
    for Ask { path, list, .. } in asks {
        let answer = http.get(&path).await.map_err(unreached)?;
        answers.sections.extend(list.map(List::section));
        if answer.status == 404 && list.is_some() {
            // The section is not there: nothing uses it.
            answer.bytes().await.map_err(unreached)?;
            continue;
        }
        let (mut read, wanted) = (answers, sections.to_vec());
        let answer = answer.ok().await.map_err(unreached)?;
        answers = answer.decode(move |body| read.read(body, &wanted, list).map(|()| read)).await.map_err(unreached)?;
    }
    Ok(answers)
}

async fn memory(http: &mut PodHttp) -> Result<Memory, Unreached> {
    let body = http.get("/memory").await?.ok().await?.bytes().await?;
    // What cannot be told is no reason not to go on.
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}

fn questions(sections: &[Section], filter: &ConfigFilter) -> Vec<Ask> {
    let mut asks = Vec::new();
    let mut masks = Vec::new();
    let list = |list: List, more: &str, large| Ask { path: format!("/config_dump?resource={}{more}", list.name()), list: Some(list), large };
    for section in sections {
        match section {
            Section::Bootstrap => masks.push("bootstrap"),
            Section::Listeners => masks.extend(["dynamic_listeners", "static_listeners"]),
            Section::Secrets => masks.extend(["dynamic_active_secrets", "dynamic_warming_secrets", "static_secrets"]),
            Section::Routes => match &filter.name {
                Some(name) => {
                    let regex = format!("&name_regex={}", escaped(&quoted(name)));
                    asks.extend([List::DynamicRoutes, List::StaticRoutes].map(|one| list(one, &regex, false)));
                }
                None => masks.extend(["dynamic_route_configs", "static_route_configs"]),
            },
            Section::Clusters => {
                // The rest of a cluster, most of it, is not shown; a field that only entries of one of the lists have is refused for the others.
                let mut more = "&mask=cluster.name,cluster.type,cluster.cluster_type,cluster.metadata,last_updated".to_owned();
                if let Some(part) = &filter.fqdn {
                    more += &format!("&name_regex={}", escaped(&format!(".*{}.*", quoted(part))));
                }
                asks.extend([List::ActiveClusters, List::WarmingClusters, List::StaticClusters].map(|one| list(one, &more, filter.fqdn.is_none())));
            }
            Section::Assignments => {
                let regex = filter.cluster.as_ref().map(|name| format!("&name_regex={}", escaped(&quoted(name)))).unwrap_or_default();
                let more = format!("&include_eds{regex}");
                asks.extend([List::DynamicAssignments, List::StaticAssignments].map(|one| list(one, &more, regex.is_empty())));
            }
            Section::Extensions => asks.push(list(List::Extensions, "", false)),
            // Some versions ignore the filter; what else they send is left out when it is shown.
            Section::Hosts => {
                let only = filter.cluster.as_ref().map(|name| format!("&filter=%5E{}%24", escaped(&quoted(name)))).unwrap_or_default();
                asks.push(Ask { path: format!("/clusters?format=json{only}"), list: None, large: true });
            }
        }
    }
    if !masks.is_empty() {
        let large = masks.iter().any(|mask| mask.contains("listeners") || mask.contains("route_configs"));
        asks.insert(0, Ask { path: format!("/config_dump?mask={}", masks.join(",")), list: None, large });
    }
    asks
}

/// As RE2 takes it literally.
fn quoted(text: &str) -> String {
    regex::escape(text)
}

/// As a value in a query.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_part_the_least_is_asked_that_answers() {
        let paths = |sections: &[Section], filter: ConfigFilter| questions(sections, &filter).into_iter().map(|ask| ask.path).collect::<Vec<_>>();
        assert_eq!(paths(&[Section::Bootstrap], ConfigFilter::default()), ["/config_dump?mask=bootstrap"]);
        let named = ConfigFilter { name: Some("8080".to_owned()), ..ConfigFilter::default() };
        assert_eq!(
            paths(&[Section::Routes], named),
            ["/config_dump?resource=dynamic_route_configs&name_regex=8080", "/config_dump?resource=static_route_configs&name_regex=8080"]
        );
        let cluster = ConfigFilter { cluster: Some("outbound|80||a.b".to_owned()), ..ConfigFilter::default() };
        assert_eq!(paths(&[Section::Hosts], cluster), ["/clusters?format=json&filter=%5Eoutbound%5C%7C80%5C%7C%5C%7Ca%5C.b%24"]);
        let all = [Section::Bootstrap, Section::Clusters, Section::Listeners, Section::Routes, Section::Secrets, Section::Extensions, Section::Hosts];
        let paths = paths(&all, ConfigFilter::default());
        assert_eq!(paths.len(), 6, "{paths:?}");
        assert!(paths.iter().all(|path| *path != "/config_dump" && !path.contains("include_eds")), "never all of it: {paths:?}");
    }
}
