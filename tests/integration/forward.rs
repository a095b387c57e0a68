//! Streams to ports of pods. Only the stand-in can forward: where a real API server is tested against there is no kubelet behind it.

use crate::apiserver::ws::Port;
use crate::apiserver::{Act, Fault};
use crate::cluster::{ADMIN, TestCluster, rules};
use http::Method;
use kubectl_mesh::cluster::live::{Bounds, ConnectOptions, Connection, PodPort, Unreached, connect};
use serde_json::{Value, json};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SHORT: Bounds = Bounds { within: Duration::from_millis(300), most: 1 << 20 };

fn cluster(who: Port) -> TestCluster {
    let cluster = TestCluster::standin();
    cluster.apply("{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: cart}, spec: {containers: [{name: a, image: a}]}}");
    cluster.server().script(|scripts| scripts.set_port("shop", "cart", 15000, who));
    cluster
}

fn connection_of(cluster: &TestCluster, user: &str) -> Connection {
    let options = ConnectOptions { kubeconfig: Some(cluster.kubeconfig_for(user)), cache: None, ..ConnectOptions::default() };
    cluster.wait(connect(&options)).unwrap()
}

fn admin() -> PodPort {
    PodPort::new("shop", "cart", 15000)
}

fn get(cluster: &TestCluster, at: &PodPort, path: &str, bounds: Bounds) -> Result<String, Unreached> {
    let connection = connection_of(cluster, ADMIN);
    cluster.wait(connection.pod_get(at, path, bounds)).map(|body| String::from_utf8(body).unwrap())
}

fn pages(pages: &[(&str, u16, &str)]) -> Port {
    Port::Http(pages.iter().map(|(path, status, body)| ((*path).to_owned(), (*status, (*body).to_owned()))).collect())
}

fn raw(text: &str) -> Port {
    Port::Raw(text.as_bytes().to_vec())
}

/// Hands every connection to `serve`, on a thread of its own.
pub fn listener(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || serve(stream));
        }
    });
    address
}

#[test]
fn several_questions_go_over_one_stream() {
    let cluster = cluster(pages(&[("/ready", 200, "LIVE\n"), ("/version?short", 200, "1.36")]));
    let connection = connection_of(&cluster, ADMIN);
    let answers = cluster.wait(async {
        let mut http = connection.pod_http(&admin(), Bounds::QUESTION).await.unwrap();
        let ready = http.get("/ready").await.unwrap().ok().await.unwrap().bytes().await.unwrap();
        let level = http.send(Method::POST, "/version?short", "x").await.unwrap();
        let status = level.status;
        (ready, status, level.bytes().await.unwrap(), http.get("/else").await.unwrap().ok().await.err())
    });
    assert_eq!(answers, (b"LIVE\n".to_vec(), 200, b"1.36".to_vec(), Some(Unreached::Status { status: 404, said: "not found".to_owned() })));
    let upgrades = cluster.server().requests().into_iter().filter(|request| request.path.ends_with("/portforward")).count();
    assert_eq!(upgrades, 1);
}

#[test]
fn bodies_in_chunks_are_put_together_and_decoded_as_they_come() {
    let body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2,\r\n3\r\n3,4\r\n2\r\n5]\r\n0\r\n\r\n";
    let cluster = cluster(raw(body));
    assert_eq!(get(&cluster, &admin(), "/x", Bounds::QUESTION).unwrap(), "[1,2,3,45]");
    let connection = connection_of(&cluster, ADMIN);
    let numbers: Vec<u32> = cluster.wait(async {
        let answer = connection.pod_http(&admin(), Bounds::DUMP).await.unwrap().get("/x").await.unwrap();
        answer.decode(|body| serde_json::from_reader(body)).await.unwrap()
    });
    assert_eq!(numbers, [1, 2, 3, 45]);
    let strange = cluster.wait(async {
        let answer = connection.pod_http(&admin(), Bounds::DUMP).await.unwrap().get("/x").await.unwrap();
        answer.decode(|body| serde_json::from_reader::<_, Vec<String>>(body)).await.unwrap_err()
    });
    assert!(matches!(strange, Unreached::Unreadable(_)), "{strange:?}");
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    for begun in
        ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", "HTTP/1.1 2", ""]
    {
        let why = get(&cluster(raw(begun)), &admin(), "/x", Bounds::QUESTION).unwrap_err();
        assert!(matches!(why, Unreached::Ended(_)), "{begun}: {why:?}");
    }
    let cluster = cluster(raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1,"));
    let connection = connection_of(&cluster, ADMIN);
    let why = cluster.wait(async {
        let answer = connection.pod_http(&admin(), Bounds::DUMP).await.unwrap().get("/x").await.unwrap();
        answer.decode(|body| serde_json::from_reader::<_, Vec<u8>>(body)).await.unwrap_err()
    });
    assert!(matches!(why, Unreached::Ended(_)), "{why:?}");
}

#[test]
fn silence_and_size_have_bounds() {
    let why = get(&cluster(Port::Silent), &admin(), "/x", SHORT).unwrap_err();
    assert_eq!(why, Unreached::TimedOut(Duration::from_millis(300)));
    let large = "x".repeat(2000);
    let bounds = Bounds { most: 1024, ..Bounds::QUESTION };
    let why = get(&cluster(pages(&[("/x", 200, &large)])), &admin(), "/x", bounds).unwrap_err();
    assert_eq!(why, Unreached::Unreadable("it is larger than 1 KiB".to_owned()));
}

#[test]
fn a_port_without_a_listener_is_told_from_a_pod_that_is_not_there_or_not_running() {
    let cluster = cluster(pages(&[]));
    let at = |pod: &str, port: u16| get(&cluster, &PodPort::new("shop", pod, port), "/x", Bounds::QUESTION).unwrap_err();
    let refused = at("cart", 4191);
    assert!(matches!(&refused, Unreached::Refused(said) if said.contains("connection refused")), "{refused:?}");
    assert_eq!(at("gone", 15000), Unreached::PodGone);
    cluster.server().script(|scripts| scripts.set_port("shop", "cart", 1, Port::Refused("pod sandbox \"x\" is not running".to_owned())));
    assert!(matches!(at("cart", 1), Unreached::NotRunning(_)));
    let gap = PodPort::new("shop", "cart", 4191).gap(&refused).to_string();
    assert!(gap.starts_with("could not ask Pod shop/cart: port 4191: nothing listens on that port in the pod (error forwarding"), "{gap}");
}

#[test]
fn a_forbidden_port_forward_names_what_is_missing_and_is_not_tried_again() {
    let cluster = cluster(pages(&[("/x", 200, "ok")]));
    cluster.grant("eve", &rules(&["create"], &["pods/portforward"]));
    let connection = connection_of(&cluster, "eve");
    let ask = || cluster.wait(connection.pod_get(&admin(), "/x", Bounds::QUESTION)).unwrap_err();
    let why = ask();
    assert_eq!(why.to_string(), "may not port-forward to pods of namespace shop: get on pods/portforward is missing");
    assert_eq!(
        why.hint().as_deref(),
        Some("it takes a Role such as: kubectl create role mesh-portforward -n shop --resource=pods/portforward --verb=get,create")
    );
    let asked = || cluster.server().requests().into_iter().filter(|request| request.user == "eve").count();
    let before = asked();
    assert_eq!((ask(), asked()), (why, before));
}

#[test]
fn a_middle_box_that_drops_upgrades_is_named_once() {
    for (status, body) in [(400, "Upgrade request required"), (403, "<html>no</html>"), (200, "<html>log in</html>")] {
        let cluster = cluster(pages(&[("/x", 200, "ok")]));
        let act = Act::Raw { status, content_type: "text/html", body: body.into() };
        cluster.server().fault(Fault::new(act).path("/api/v1/namespaces/shop/pods/cart/portforward"));
        let connection = connection_of(&cluster, ADMIN);
        let ask = |pod: &str| cluster.wait(connection.pod_get(&PodPort::new("shop", pod, 15000), "/x", Bounds::QUESTION)).unwrap_err();
        let why = ask("cart");
        assert!(matches!(why, Unreached::NoUpgrade(_)), "{status}: {why:?}");
        let before = cluster.server().requests().len();
        assert_eq!((ask("other"), cluster.server().requests().len()), (why, before));
    }
}

#[test]
fn an_api_server_that_is_busy_is_asked_once_more() {
    let cluster = cluster(pages(&[("/x", 200, "ok")]));
    let path = "/api/v1/namespaces/shop/pods/cart/portforward";
    cluster.server().fault(Fault::new(Act::Unavailable).path(path).times(1));
    assert_eq!(get(&cluster, &admin(), "/x", Bounds::QUESTION).unwrap(), "ok");
    cluster.server().fault(Fault::new(Act::Internal).path(path));
    let why = get(&cluster, &admin(), "/x", Bounds::QUESTION).unwrap_err();
    assert!(matches!(why, Unreached::ApiServer(_)), "{why:?}");
}

#[test]
fn the_raw_stream_carries_bytes_both_ways_and_says_why_it_fails() {
    let address = listener(|mut stream| {
        let mut from = stream.try_clone().unwrap();
        let _ = std::io::copy(&mut from, &mut stream);
    });
    let cluster = cluster(Port::Forward(address));
    let connection = connection_of(&cluster, ADMIN);
    let (echo, why) = cluster.wait(async {
        let mut stream = connection.forward(&admin(), Bounds::QUESTION).await.unwrap();
        stream.write_all(b"\x16\x03\x01").await.unwrap();
        let mut echo = [0; 3];
        stream.read_exact(&mut echo).await.unwrap();
        let mut closed = connection.forward(&PodPort::new("shop", "cart", 1), Bounds::QUESTION).await.unwrap();
        let error = closed.read(&mut echo).await.unwrap_err();
        (echo, Unreached::behind(&error))
    });
    assert_eq!(&echo, b"\x16\x03\x01");
    assert!(matches!(why, Some(Unreached::Refused(_))), "{why:?}");
}

#[test]
fn few_streams_are_open_at_once() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (open, peak) = (now.clone(), most.clone());
    let address = listener(move |mut stream| {
        use std::io::{Read as _, Write as _};
        peak.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let _ = stream.read(&mut [0; 1024]);
        std::thread::sleep(Duration::from_millis(20));
        open.fetch_sub(1, Ordering::SeqCst);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let cluster = cluster(Port::Forward(address));
    let connection = connection_of(&cluster, ADMIN);
    let (here, asked) = (admin(), futures::future::join_all);
    let answers = cluster.wait(asked((0..24).map(|_| connection.pod_get(&here, "/x", Bounds::QUESTION))));
    assert!(answers.iter().all(|answer| answer.as_deref() == Ok(b"ok")), "{answers:?}");
    let most = most.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} at once");
}

#[test]
fn a_dump_of_megabytes_is_decoded_without_its_text() {
    let elements: Vec<Value> = (0..2000).map(|i| json!({"name": format!("c{i}"), "filler": "x".repeat(1000)})).collect();
    let cluster = cluster(pages(&[("/config_dump", 200, &json!(elements).to_string())]));
    let connection = connection_of(&cluster, ADMIN);
    #[derive(serde::Deserialize)]
    struct Named {
        name: String,
    }
    let names: Vec<Named> = cluster.wait(async {
        let answer = connection.pod_http(&admin(), Bounds::DUMP).await.unwrap().get("/config_dump").await.unwrap();
        answer.ok().await.unwrap().decode(|body| serde_json::from_reader(body)).await.unwrap()
    });
    assert_eq!((names.len(), names[1999].name.as_str()), (2000, "c1999"));
}
