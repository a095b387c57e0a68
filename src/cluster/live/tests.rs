//! Reading against a server that is a function.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::http::{HeaderMap, Request, Response};
use kube::client::Body;
use serde_json::{Value, json};

use super::*;
use crate::model::{Coverage, Gap, Inventory, Str};

/// What was asked, in order.
type Asked = Arc<Mutex<Vec<String>>>;

/// An answer: status, further headers, body.
struct Reply(u16, Vec<(&'static str, String)>, Vec<u8>);

impl Reply {
    fn json(body: &Value) -> Self {
        Self(200, vec![("content-type", "application/json".to_owned())], body.to_string().into_bytes())
    }

    fn status(code: u16, message: &str) -> Self {
        Self(code, vec![("content-type", "application/json".to_owned())], json!({"kind": "Status", "message": message}).to_string().into_bytes())
    }
}

/// A connection to `serve`, which gets path with query and headers.
fn connection(options: &ConnectOptions, serve: impl Fn(&str, &HeaderMap) -> Reply + Send + Sync + 'static) -> (Connection, Asked) {
    let asked = Asked::default();
    let log = asked.clone();
    let serve = Arc::new(serve);
    let service = tower::service_fn(move |request: Request<Body>| {
        let (serve, log) = (serve.clone(), log.clone());
        async move {
            let uri = request.uri().to_string();
            log.lock().unwrap().push(uri.clone());
            let Reply(status, headers, body) = serve(&uri, request.headers());
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok::<_, tower::BoxError>(response.body(Body::from(body)).unwrap())
        }
    });
    (Connection::over(kube::Client::new(service, "default"), "default".to_owned(), options), asked)
}

fn paged(size: usize) -> ConnectOptions {
    ConnectOptions { page_size: size, ..ConnectOptions::default() }
}

/// One page of `total` pods, by the query's `limit` and `continue`.
fn pods(uri: &str, total: usize) -> Reply {
    let query: BTreeMap<&str, &str> = uri.split_once('?').map_or("", |(_, q)| q).split('&').filter_map(|pair| pair.split_once('=')).collect();
    let start: usize = query.get("continue").map_or(0, |token| token.trim_start_matches('t').parse().unwrap());
    let end = query.get("limit").map_or(total, |limit| total.min(start + limit.parse::<usize>().unwrap()));
    let mut metadata = json!({"resourceVersion": "7"});
    if end < total {
        metadata["continue"] = json!(format!("t{end}"));
        metadata["remainingItemCount"] = json!(total - end);
    }
    let items: Vec<Value> = (start..end).map(|i| json!({"metadata": {"name": format!("p{i}"), "namespace": "shop"}})).collect();
    // Written by hand, because an API server writes the metadata before the items.
    let body = format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{metadata},"items":{}}}"#, Value::from(items));
    Reply(200, vec![("content-type", "application/json".to_owned())], body.into_bytes())
}

fn names(inventory: &Inventory) -> Vec<&str> {
    inventory.pods.iter().map(|pod| pod.metadata.name.as_str()).collect()
}

async fn read(connection: &Connection, kinds: &[Kind]) -> Inventory {
    connection.read(&Wanted::new(Scope::All, kinds.iter().copied()), &()).await.unwrap()
}

#[tokio::test]
async fn pages_of_any_size_yield_the_same_list_in_the_same_order() {
    let expected: Vec<String> = (0..23).map(|i| format!("p{i}")).collect();
    for size in [1, 7, 23, 500] {
        let (connection, asked) = connection(&paged(size), |uri, _| pods(uri, 23));
        let inventory = read(&connection, &[Kind::Pod]).await;
        assert_eq!(names(&inventory), expected, "pages of {size}");
        assert_eq!(asked.lock().unwrap().len(), 23usize.div_ceil(size));
        assert_eq!(inventory.coverage[&Kind::Pod], Coverage::Complete);
    }
}

#[tokio::test]
async fn progress_counts_up_and_remaining_counts_down() {
    struct Seen(Mutex<Vec<(usize, Option<u64>)>>);
    impl Progress for Seen {
        fn page(&self, _: Kind, read: usize, remaining: Option<u64>) {
            self.0.lock().unwrap().push((read, remaining));
        }
    }
    let (connection, _) = connection(&paged(10), |uri, _| pods(uri, 23));
    let seen = Seen(Mutex::default());
    connection.read(&Wanted::new(Scope::All, [Kind::Pod]), &seen).await.unwrap();
    assert_eq!(*seen.0.lock().unwrap(), [(10, Some(13)), (20, Some(3)), (23, None)]);
}

#[tokio::test]
async fn an_expired_token_begins_the_list_again_and_keeps_nothing_of_the_first_half() {
    let expired = Mutex::new(false);
    let (connection, _) = connection(&paged(5), move |uri, _| {
        let mut expired = expired.lock().unwrap();
        if uri.contains("continue=t10") && !*expired {
            *expired = true;
            return Reply::status(410, "too old resource version");
        }
        pods(uri, 23)
    });
    let inventory = read(&connection, &[Kind::Pod]).await;
    assert_eq!(names(&inventory), (0..23).map(|i| format!("p{i}")).collect::<Vec<_>>());
    assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps);
}

#[tokio::test]
async fn a_list_that_keeps_expiring_is_asked_for_in_one_piece() {
    let (connection, asked) = connection(&paged(5), |uri, _| if uri.contains("continue") { Reply::status(410, "expired") } else { pods(uri, 23) });
    assert_eq!(read(&connection, &[Kind::Pod]).await.pods.len(), 23);
    assert_eq!(asked.lock().unwrap().last().map(String::as_str), Some("/api/v1/pods"));
}

#[tokio::test]
async fn a_server_that_repeats_its_token_does_not_keep_us() {
    let (connection, _) = connection(&paged(5), |_, _| pods("?limit=5&continue=t5", 23));
    let inventory = read(&connection, &[Kind::Pod]).await;
    assert!(matches!(&inventory.gaps[..], [Gap::Incomplete { kind: Kind::Pod, detail, .. }] if detail.contains("repeats")));
}

#[tokio::test]
async fn forbidden_missing_and_empty_are_three_things() {
    let (connection, _) = connection(&paged(500), |uri, _| match uri.split('?').next().unwrap() {
        "/apis" => Reply::json(&json!({"kind": "APIGroupDiscoveryList", "items": [
            {"metadata": {"name": "networking.istio.io"}, "versions": [{"version": "v1alpha3", "resources": [{"resource": "virtualservices"}]}]},
        ]})),
        "/api/v1/pods" => Reply::status(403, "pods is forbidden: User \"eve\" cannot list"),
        "/api/v1/services" => Reply::json(&json!({"kind": "List", "items": []})),
        "/apis/networking.istio.io/v1alpha3/virtualservices" => Reply::json(&json!({"kind": "List", "items": [{"metadata": {"name": "cart"}}]})),
        other => panic!("{other} is not to be asked for"),
    });
    let inventory = read(&connection, &[Kind::Pod, Kind::Service, Kind::VirtualService, Kind::Server]).await;
    let gaps: Vec<String> = inventory.gaps.iter().map(ToString::to_string).collect();
    assert_eq!(gaps, ["servers.policy.linkerd.io is not served: its CRD is not installed", "may not list pods cluster-wide"]);
    assert_eq!(inventory.coverage[&Kind::Pod], Coverage::Hidden);
    assert_eq!(inventory.coverage[&Kind::Service], Coverage::Complete);
    assert_eq!(inventory.coverage[&Kind::Server], Coverage::Complete);
    assert_eq!(inventory.objects[0].meta.api_version, "networking.istio.io/v1alpha3");
}

#[tokio::test]
async fn older_servers_are_asked_group_by_group_and_only_for_groups_that_are_wanted() {
    let (connection, asked) = connection(&paged(500), |uri, _| match uri.split('?').next().unwrap() {
        "/apis" => Reply::json(&json!({"kind": "APIGroupList", "groups": [
            {"name": "security.istio.io", "versions": [{"version": "v1beta1"}]}, {"name": "other.io", "versions": [{"version": "v1"}]},
        ]})),
        "/apis/security.istio.io/v1beta1" => {
            Reply::json(&json!({"resources": [{"name": "peerauthentications"}, {"name": "peerauthentications/status"}]}))
        }
        "/apis/security.istio.io/v1beta1/peerauthentications" => Reply::json(&json!({"kind": "List", "items": [{"metadata": {"name": "default"}}]})),
        other => panic!("{other} is not to be asked for"),
    });
    let inventory = read(&connection, &[Kind::PeerAuthentication]).await;
    assert_eq!((inventory.objects.len(), asked.lock().unwrap().len()), (1, 3));
}

#[tokio::test]
async fn a_server_that_hides_discovery_is_asked_for_each_version_in_turn() {
    let (connection, _) = connection(&paged(500), |uri, _| match uri.split('?').next().unwrap() {
        "/apis" => Reply::status(403, "no"),
        "/apis/networking.istio.io/v1beta1/virtualservices" => Reply::json(&json!({"kind": "List", "items": [{"metadata": {"name": "cart"}}]})),
        _ => Reply::status(404, "no"),
    });
    let inventory = read(&connection, &[Kind::VirtualService, Kind::ServiceProfile]).await;
    assert_eq!(inventory.objects.len(), 1);
    assert_eq!(inventory.gaps, [Gap::NotServed(Kind::ServiceProfile)]);
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let tries = Mutex::new(0);
    let (connection, asked) = connection(&paged(500), move |uri, _| {
        let mut tries = tries.lock().unwrap();
        *tries += 1;
        match *tries {
            1 => Reply(429, vec![("retry-after", "0".to_owned())], Vec::new()),
            2 => Reply::status(503, "busy"),
            _ => pods(uri, 3),
        }
    });
    assert_eq!(read(&connection, &[Kind::Pod]).await.pods.len(), 3);
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_broken_server_costs_one_kind_and_not_for_ever() {
    let impatient = ConnectOptions { request_timeout: Some(Duration::from_millis(300)), ..ConnectOptions::default() };
    let (connection, asked) = connection(&impatient, |uri, _| {
        if uri.contains("pods") {
            Reply::status(500, "etcd is gone")
        } else {
            Reply::json(&json!({"kind": "List", "items": [{"metadata": {"name": "a"}}]}))
        }
    });
    let inventory = read(&connection, &[Kind::Pod, Kind::Service]).await;
    assert_eq!(inventory.services.len(), 1);
    assert_eq!(inventory.gaps[0].to_string(), "could not read pods cluster-wide: etcd is gone (HTTP 500)");
    assert!(asked.lock().unwrap().len() > 2, "it is asked again");
}

#[tokio::test]
async fn nobody_logged_in_is_an_error_and_one_refused_kind_is_not() {
    let (nobody, _) = connection(&paged(500), |_, _| Reply::status(401, "Unauthorized"));
    let wanted = Wanted::new(Scope::All, [Kind::Pod, Kind::VirtualService]);
    assert!(matches!(nobody.read(&wanted, &()).await, Err(ReadError::NotLoggedIn { .. })));
    let (one, _) = connection(&paged(500), |uri, _| if uri.contains("pods") { Reply::status(401, "Unauthorized") } else { Reply::status(404, "") });
    let inventory = one.read(&wanted, &()).await.unwrap();
    assert!(matches!(inventory.gaps[..], [Gap::NotServed(_), Gap::Incomplete { kind: Kind::Pod, .. }]), "{:?}", inventory.gaps);
}

#[tokio::test]
async fn redirects_and_login_pages_are_not_followed() {
    let (connection, asked) = connection(&paged(500), |uri, _| match uri.contains("pods") {
        true => Reply(302, vec![("location", "https://evil.example/".to_owned())], Vec::new()),
        false => Reply(200, vec![("content-type", "text/html".to_owned())], b"<html>log in</html>".to_vec()),
    });
    let inventory = read(&connection, &[Kind::Pod, Kind::Service]).await;
    let gaps: Vec<String> = inventory.gaps.iter().map(ToString::to_string).collect();
    assert!(gaps[0].contains("redirects to https://evil.example/") && gaps[1].contains("text/html"), "{gaps:?}");
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn garbage_is_asked_for_once_more_and_then_a_gap() {
    let (connection, asked) =
        connection(&paged(500), |_, _| Reply(200, vec![("content-type", "application/json".to_owned())], b"{\"items\":[{".to_vec()));
    let inventory = read(&connection, &[Kind::Pod]).await;
    assert!(matches!(&inventory.gaps[..], [Gap::Incomplete { detail, .. }] if detail.contains("no list in JSON")));
    assert_eq!(asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn one_namespace_is_read_as_such_and_single_objects_may_be_absent() {
    let (connection, asked) = connection(&paged(500), |uri, _| match uri.split('?').next().unwrap() {
        "/api/v1/namespaces/shop/pods" => pods(uri, 2),
        "/api/v1/namespaces/istio-system/configmaps/istio" => Reply::json(&json!({"metadata": {"name": "istio"}, "data": {"mesh": "x"}})),
        "/api/v1/namespaces/istio-system/configmaps/other" => Reply::status(404, "not found"),
        "/api/v1/namespaces/istio-system/services" => Reply::json(&json!({"kind": "List", "items": [{"metadata": {"name": "istiod"}}]})),
        other => panic!("{other} is not to be asked for"),
    });
    let mut wanted = Wanted::new(Scope::Some(["shop".into()].into()), [Kind::Pod]);
    let system = Str::from("istio-system");
    wanted.extra = vec![
        (Kind::ConfigMap, system.clone(), Some("istio".into())),
        (Kind::ConfigMap, system.clone(), Some("other".into())),
        (Kind::Service, system.clone(), None),
        (Kind::Service, system.clone(), Some("istiod".into())),
        (Kind::Pod, "shop".into(), Some("p0".into())),
    ];
    let inventory = connection.read(&wanted, &()).await.unwrap();
    assert_eq!((inventory.pods.len(), inventory.objects.len(), inventory.services.len()), (2, 1, 1));
    assert!(inventory.gaps.is_empty(), "{:?}", inventory.gaps);
    assert_eq!(asked.lock().unwrap().len(), 4, "what a list brings is not asked for by name");
    assert_eq!(inventory.scope, ["shop".into()].into());
    assert_eq!(inventory.also_read, [(Kind::ConfigMap, system.clone()), (Kind::Service, system)].into());
}

#[tokio::test]
async fn an_object_is_asked_for_by_name_when_the_list_that_would_bring_it_is_refused() {
    let (connection, _) = connection(&paged(500), |uri, _| match uri.split('?').next().unwrap() {
        "/api/v1/namespaces/shop/pods" => pods(uri, 2),
        "/api/v1/namespaces/shop" => Reply::json(&json!({"metadata": {"name": "shop"}})),
        _ => Reply::status(403, "no"),
    });
    let mut wanted = Wanted::new(Scope::Some(["shop".into()].into()), [Kind::Pod, Kind::Namespace]);
    wanted.extra = vec![(Kind::Namespace, Str::default(), Some("shop".into()))];
    let inventory = connection.read(&wanted, &()).await.unwrap();
    assert_eq!((inventory.pods.len(), inventory.namespaces.len()), (2, 1));
    assert!(matches!(inventory.gaps[..], [Gap::Forbidden { kind: Kind::Namespace, .. }]), "{:?}", inventory.gaps);
    assert_eq!(inventory.coverage, [(Kind::Pod, Coverage::Complete), (Kind::Namespace, Coverage::Hidden)].into());
}

#[tokio::test]
async fn names_for_completion_come_from_metadata_and_errors_are_silent() {
    let (connection, _) = connection(&paged(500), |uri, headers| match uri {
        "/api/v1/namespaces?limit=2" => {
            assert!(headers["accept"].to_str().unwrap().contains("PartialObjectMetadataList"));
            Reply::json(&json!({"kind": "List", "items": [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]}))
        }
        _ => Reply::status(403, "no"),
    });
    assert_eq!(connection.names(Kind::Namespace, None, 2, Duration::from_secs(1)).await, ["a", "b"]);
    assert!(connection.names(Kind::Pod, Some("shop"), 2, Duration::from_secs(1)).await.is_empty());
}

#[tokio::test]
async fn what_may_not_be_repeated_is_sent_again_only_when_the_server_turned_it_away() {
    for (status, repeatable, times) in [(503, true, 2), (503, false, 1), (429, false, 2)] {
        let first = std::sync::atomic::AtomicBool::new(true);
        let (connection, asked) = connection(&ConnectOptions::default(), move |_, _| match first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            true => Reply::status(status, "later"),
            false => Reply::json(&json!({})),
        });
        let answer = connection.http.read(super::http::Ask { repeatable, ..super::http::Ask::question("/change", "{}") }).await;
        assert_eq!((asked.lock().unwrap().len(), answer.is_ok()), (times, times == 2), "{status} {repeatable}");
    }
}

#[tokio::test]
async fn what_is_no_list_of_the_kind_is_a_failure_and_not_emptiness() {
    let body = |kind: &str| format!(r#"{{"kind":"{kind}","metadata":{{}},"items":[]}}"#);
    for answer in ["{}".to_owned(), r#"{"error":"log in"}"#.to_owned(), body("ServiceList"), r#"{"kind":"Status","status":"Success"}"#.to_owned()] {
        let sent = answer.clone();
        let (connection, _) =
            connection(&paged(500), move |_, _| Reply(200, vec![("content-type", "application/json".to_owned())], sent.clone().into_bytes()));
        let inventory = read(&connection, &[Kind::Pod]).await;
        assert!(matches!(&inventory.gaps[..], [Gap::Incomplete { kind: Kind::Pod, .. }]), "{answer}: {:?}", inventory.gaps);
        assert_eq!(inventory.coverage[&Kind::Pod], Coverage::Hidden);
    }
    let protobuf = |body: &'static [u8]| {
        move |_: &str, _: &HeaderMap| Reply(200, vec![("content-type", "application/vnd.kubernetes.protobuf".to_owned())], body.to_vec())
    };
    let (empty, _) = connection(&paged(500), protobuf(b"k8s\0"));
    assert!(read(&empty, &[Kind::Pod]).await.gaps[0].to_string().contains("envelope is empty"));
    let (other, _) = connection(&paged(500), protobuf(b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09NodeList\x20\x12\x02\x0a\x00"));
    assert!(read(&other, &[Kind::Pod]).await.gaps[0].to_string().contains("no list of pods"));
    let (fine, _) =
        connection(&paged(500), move |_, _| Reply(200, vec![("content-type", "application/json".to_owned())], body("PodList").into_bytes()));
    assert!(read(&fine, &[Kind::Pod]).await.gaps.is_empty());
}

#[tokio::test]
async fn items_answer_for_their_kind_and_name() {
    let (connection, _) = connection(&paged(500), |uri, _| match uri.split('?').next().unwrap() {
        "/apis" => Reply::status(403, "no"),
        "/apis/networking.istio.io/v1/virtualservices" => Reply::json(&json!({"kind": "VirtualServiceList", "items": [
            {"kind": "Gateway", "metadata": {"name": "a"}}, {"kind": "VirtualService", "metadata": {}}, {"metadata": {"name": "c"}},
        ]})),
        "/api/v1/namespaces/shop" => Reply::json(&json!({})),
        _ => Reply::status(403, "no"),
    });
    let mut wanted = Wanted::new(Scope::All, [Kind::VirtualService]);
    wanted.extra = vec![(Kind::Namespace, Str::default(), Some("shop".into()))];
    let inventory = connection.read(&wanted, &()).await.unwrap();
    assert_eq!((inventory.objects.len(), inventory.namespaces.len()), (1, 0));
    let gaps: Vec<String> = inventory.gaps.iter().map(ToString::to_string).collect();
    assert!(gaps.iter().any(|gap| gap.contains("it is a \"Gateway\"")) && gaps.iter().any(|gap| gap.contains("it has no name")), "{gaps:?}");
    assert!(gaps.iter().any(|gap| gap.contains("is not the object that was asked for")), "{gaps:?}");
}

#[tokio::test]
async fn items_of_every_kind_answer_for_it() {
    for kind in Kind::ALL.iter().copied() {
        let (connection, _) = connection(&ConnectOptions { protobuf: false, ..paged(500) }, move |uri, _| match uri.split('?').next().unwrap() {
            "/apis" => Reply::status(403, "no"),
            _ => Reply::json(&json!({"kind": format!("{}List", kind.name()), "items": [
                {"kind": "Impostor", "metadata": {"name": "a"}}, {"kind": kind.name(), "metadata": {"name": "b"}}, {"metadata": {"name": "c"}},
            ]})),
        });
        let inventory = read(&connection, &[kind]).await;
        let gaps: Vec<String> = inventory.gaps.iter().map(ToString::to_string).collect();
        assert!(inventory.len() == 2 && matches!(&gaps[..], [gap] if gap.contains("it is a \"Impostor\"")), "{kind}: {gaps:?}");
    }
}

#[tokio::test]
async fn a_server_without_pods_is_no_api_server() {
    let (connection, _) = connection(&paged(500), |_, _| Reply::status(404, "not found"));
    let inventory = read(&connection, &[Kind::Pod, Kind::Server]).await;
    assert!(matches!(inventory.gaps[..], [Gap::NotServed(Kind::Server), Gap::Incomplete { kind: Kind::Pod, .. }]), "{:?}", inventory.gaps);
}

#[tokio::test]
async fn an_empty_discovery_is_not_believed() {
    let (connection, _) = connection(&paged(500), |uri, _| match uri.split('?').next().unwrap() {
        "/apis" => Reply::json(&json!({"kind": "APIGroupDiscoveryList", "items": []})),
        "/apis/policy.linkerd.io/v1beta3/servers" => Reply::json(&json!({"kind": "ServerList", "items": [{"metadata": {"name": "a"}}]})),
        _ => Reply::status(404, "no"),
    });
    assert_eq!(read(&connection, &[Kind::Server]).await.objects.len(), 1);
}

#[tokio::test]
async fn tokens_that_go_in_circles_or_never_end_do_not_keep_us() {
    let page = |token: String| Reply::json(&json!({"kind": "PodList", "metadata": {"continue": token, "remainingItemCount": -1}, "items": []}));
    let (circle, asked) = connection(&paged(5), move |uri, _| page(if uri.contains("continue=a") { "b".into() } else { "a".into() }));
    let inventory = read(&circle, &[Kind::Pod]).await;
    assert!(matches!(&inventory.gaps[..], [Gap::Incomplete { detail, .. }] if detail.contains("repeats")), "{:?}", inventory.gaps);
    assert!(asked.lock().unwrap().len() < 8);
    let number = Mutex::new(0);
    let options = ConnectOptions { limits: Limits { pages: 20, ..Limits::default() }, ..paged(5) };
    let (endless, asked) = connection(&options, move |_, _| {
        let mut number = number.lock().unwrap();
        *number += 1;
        page(format!("t{number}"))
    });
    let inventory = read(&endless, &[Kind::Pod]).await;
    assert!(
        matches!(&inventory.gaps[..], [Gap::Incomplete { detail, .. }] if detail.contains("has not ended after 20 pages")),
        "{:?}",
        inventory.gaps
    );
    assert!(asked.lock().unwrap().len() < 30);
}

#[tokio::test]
async fn a_server_that_fails_at_everything_is_not_asked_for_ever() {
    for (status, wait) in [(500, None), (429, Some("0"))] {
        let (connection, asked) = connection(&ConnectOptions::default(), move |_, _| {
            Reply(status, wait.map(|seconds| ("retry-after", seconds.to_owned())).into_iter().collect(), Vec::new())
        });
        let inventory = read(&connection, Kind::ALL).await;
        assert!(inventory.is_empty() && !inventory.gaps.is_empty());
        let times = asked.lock().unwrap().len();
        assert!(times < 3 * Kind::ALL.len(), "{status}: asked {times} times");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off_and_a_wait_beyond_all_clocks_is_none() {
    let (huge, _) =
        connection(&ConnectOptions::default(), |_, _| Reply(200, vec![("content-type", "application/json".to_owned())], vec![b' '; (64 << 20) + 1]));
    assert!(huge.version().await.unwrap_err().contains("larger than 64 MiB"));
    let forever = ConnectOptions { request_timeout: Some(Duration::MAX), timeout: Some(Duration::MAX), ..ConnectOptions::default() };
    let (busy, asked) = connection(&forever, |_, _| Reply(429, vec![("retry-after", u64::MAX.to_string())], Vec::new()));
    assert!(busy.version().await.is_err());
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_that_names_no_time_to_wait_is_asked_by_our_own_and_a_long_one_is_not_waited_for() {
    for (wait, often) in [("9223372036854775808", false), ("3600", false), ("-1", true), ("1.5", true), ("soon", true), ("", true), ("0", true)] {
        let options = ConnectOptions { request_timeout: Some(Duration::from_millis(400)), ..ConnectOptions::default() };
        let (busy, asked) = connection(&options, move |_, _| Reply(429, vec![("retry-after", wait.to_owned())], Vec::new()));
        assert!(busy.version().await.is_err());
        assert_eq!(asked.lock().unwrap().len() > 1, often, "{wait:?}");
    }
}

#[tokio::test]
async fn when_the_time_of_the_command_is_over_nothing_more_is_asked() {
    let over = ConnectOptions { timeout: Some(Duration::ZERO), ..ConnectOptions::default() };
    let (connection, asked) = connection(&over, |uri, _| pods(uri, 3));
    assert!(connection.version().await.unwrap_err().contains("--timeout"));
    assert!(asked.lock().unwrap().is_empty());
}
