//! What the words of a command line ask: who calls, whom, and with what request.

use crate::index::Workload;
use crate::mesh::resolve::{self, StandsFor};
use crate::mesh::routes::Request;
use crate::model::{Kind, Str};
use crate::views::{NotFound, Target, find};
use crate::world::{Sight, World};

/// A question about one request.
#[derive(Clone, Debug)]
pub struct Asked<'w> {
    /// Who calls.
    pub client: Client<'w>,
    /// What it sends.
    pub request: Request,
    /// Whether method and path were given, so that it is HTTP.
    pub http: bool,
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub struct Client<'w> {
    /// The workload; of an ingress gateway, its proxy.
    pub workload: &'w Workload,
    /// The Gateway, where the request comes through one.
    pub gateway: bool,
}

/// Reads `CLIENT SERVER [METHOD] [PATH]` with headers.
pub fn ask<'w>(world: &'w World, words: &[String], headers: &[String], namespace: Option<&str>) -> Result<Asked<'w>, NotFound> {
    let [client, server, rest @ ..] = words else {
        return Err(not_found("a client and a server are needed", "for instance: kubectl mesh why deploy/frontend cart:8080 GET /items -n shop"));
    };
    let client = client_of(world, client, namespace)?;
    let place = &client.workload.reference.namespace;
    let (mut request, url_path) = server_of(world, server, place)?;
    if !client.gateway {
        known(world, &request.host, place)?;
    }
    let (method, path) = match rest {
        [] => (None, None),
        [one] if one.starts_with('/') => (None, Some(one.clone())),
        [method] => (Some(method.clone()), None),
        [method, path] => (Some(method.clone()), Some(path.clone())),
        _ => return Err(not_found("too many words", "write CLIENT SERVER[:PORT] [METHOD] [PATH]")),
    };
    let http = method.is_some() || path.is_some() || url_path.is_some() || !headers.is_empty();
    request.method = method.map_or_else(|| "GET".to_owned(), |m| m.to_ascii_uppercase());
    request.path = path.or(url_path).unwrap_or_else(|| "/".to_owned());
    if !request.path.starts_with('/') && request.path != "*" {
        request.path.insert(0, '/');
    }
    for header in headers {
        let Some((name, value)) = header.split_once('=').or_else(|| header.split_once(": ")) else {
            return Err(not_found(format!("--header {header:?} has no value"), "write --header NAME=VALUE"));
        };
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "host" | ":authority" => request.authority = Some(value.to_owned()),
            _ => request.headers.push((name, value.to_owned())),
        }
    }
    Ok(Asked { client, request, http })
}

fn not_found(message: impl Into<String>, hint: impl Into<String>) -> NotFound {
    NotFound { message: message.into(), hint: hint.into(), unread: None, empty: false }
}

/// The name of the Gateway that a word stands for, if it is one.
fn gateway_name(word: &str) -> Option<&str> {
    ["gateway/", "gateways/", "gw/"].iter().find_map(|kind| word.strip_prefix(kind))
}

/// Whether a client is a Gateway, as it is typed.
pub fn is_gateway(client: &str) -> bool {
    gateway_name(client).is_some()
}

fn client_of<'w>(world: &'w World, word: &str, namespace: Option<&str>) -> Result<Client<'w>, NotFound> {
    if let Some(name) = gateway_name(word) {
        return gateway_of(world, name, namespace);
    }
    let found = find(world, &[word.to_owned()], namespace);
    // `-n` is where names without a namespace are looked for; NAME.NAMESPACE says it itself.
    let elsewhere = word.rsplit_once('.').filter(|_| found.is_err() && namespace.is_some());
    let found = match elsewhere.map(|(name, namespace)| find(world, &[name.to_owned()], Some(namespace))) {
        Some(Ok(target)) => Ok(target),
        _ => found,
    };
    match found? {
        Target::Workload(workload) => Ok(Client { workload, gateway: false }),
        Target::Service(service) => {
            let selector = &service.spec.selector;
            let mut behind = world.index.select(Some(&service.metadata.namespace), selector).filter(|_| !selector.is_empty());
            match (behind.next(), behind.next()) {
                (Some(workload), None) => Ok(Client { workload, gateway: false }),
                _ => {
                    Err(not_found(format!("{word:?} is a Service, and no single workload is behind it"), "name the workload that calls: deploy/NAME"))
                }
            }
        }
    }
}

/// The proxy of a Gateway, of Istio's kind or of the Gateway API's.
fn gateway_of<'w>(world: &'w World, name: &str, namespace: Option<&str>) -> Result<Client<'w>, NotFound> {
    let (place, name) = name.split_once('/').map_or((namespace, name), |(ns, name)| (Some(ns), name));
    let here = |ns: &Str| place.is_none_or(|wanted| *ns == *wanted);
    let objects = [Kind::Gateway, Kind::IstioGateway].into_iter().flat_map(|kind| world.index.objects(kind));
    let named: Vec<_> = objects.clone().filter(|g| g.meta.name == name && here(&g.meta.namespace)).collect();
    let Some(gateway) = named.first() else {
        let known: Vec<&str> = objects.map(|g| g.meta.name.as_str()).collect();
        let near = nearest(name, &known).map_or_else(|| "`kubectl get gateways -A` lists all".to_owned(), |n| format!("did you mean gateway/{n}?"));
        return Err(not_found(format!("no Gateway called {name:?}"), near));
    };
    let proxy = world.index.workloads().iter().find(|w| match gateway.kind {
        Kind::Gateway => w.reference.namespace == gateway.meta.namespace && w.labels.is(crate::mesh::istio::labels::GATEWAY_NAME, &gateway.meta.name),
        _ => crate::mesh::istio::policy::labels(gateway.spec().get("selector")).is_subset_of(&w.labels) && w.is_live(),
    });
    match proxy {
        Some(workload) => Ok(Client { workload, gateway: true }),
        None => Err(not_found(format!("no proxy runs for Gateway {name:?}"), "its selector picks no workload, or its Deployment was not read")),
    }
}

/// Host and port of `HOST[:PORT]`, of a URL, or of `svc/NAME[.NS][:PORT]`; of a URL also its path.
fn server_of(world: &World, word: &str, client: &Str) -> Result<(Request, Option<String>), NotFound> {
    let (scheme, rest) = match word.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, word),
    };
    let (authority, path) = match (scheme, rest.find('/')) {
        (Some(_), Some(at)) => (&rest[..at], Some(rest[at..].to_owned())),
        (Some(_), None) => (rest, Some("/".to_owned())),
        (None, _) => (rest, None),
    };
    let authority = ["svc/", "service/", "services/", "host/"].iter().find_map(|kind| authority.strip_prefix(kind)).unwrap_or(authority);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let port = match (port, scheme) {
        (Some(text), _) => Some(port_of(world, host, text, client)?),
        (None, Some("https")) => Some(443),
        (None, Some(_)) => Some(80),
        (None, None) => None,
    };
    let port = match port {
        Some(port) => port,
        None => only_port(world, host, client)?,
    };
    Ok((Request { host: host.to_owned(), port, ..Request::default() }, path))
}

/// A port by number, or by the name that the Service gives it.
fn port_of(world: &World, host: &str, text: &str, client: &Str) -> Result<u16, NotFound> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let service = resolve::name(world.view(), client, host).service();
    let named = service.and_then(|s| s.spec.ports.iter().find(|p| p.name == text)).and_then(|p| u16::try_from(p.port).ok());
    named.ok_or_else(|| not_found(format!("{host} has no port called {text:?}"), "write a port's number, or one of the Service's names for it"))
}

/// The port of a Service that has one; 80 of anything else.
fn only_port(world: &World, host: &str, client: &Str) -> Result<u16, NotFound> {
    let name = resolve::name(world.view(), client, host);
    match name.stands_for {
        StandsFor::Service(service) => match &service.spec.ports[..] {
            [only] => Ok(u16::try_from(only.port).unwrap_or_default()),
            ports if ports.iter().any(|p| p.port == 80) => Ok(80),
            ports => {
                let numbers: Vec<String> = ports.iter().map(|p| p.port.to_string()).collect();
                Err(not_found(format!("Service {host:?} has several ports"), format!("write {host}:PORT with one of {}", numbers.join(", "))))
            }
        },
        _ => Ok(80),
    }
}

/// A name without a dot is one of a Service beside the client, and nothing else.
fn known(world: &World, host: &str, client: &Str) -> Result<(), NotFound> {
    if host.contains('.') || !matches!(resolve::name(world.view(), client, host).stands_for, StandsFor::Outside) {
        return Ok(());
    }
    let known: Vec<&str> = world.index.services_in(client).iter().map(|s| s.metadata.name.as_str()).collect();
    let near = nearest(host, &known).map_or_else(|| "write NAME.NAMESPACE, or a full name".to_owned(), |n| format!("did you mean {n}?"));
    let message = format!("no Service called {host:?} in namespace {client:?}");
    let unread = match world.sight(Kind::Service, client) {
        Sight::Hidden(gap) => Some(gap.map_or_else(|| "Services were not read".to_owned(), |g| g.to_string())),
        Sight::Clear | Sight::NotInFiles => None,
    };
    Err(NotFound { message, hint: near, unread, empty: false })
}

/// The name that is closest to what was typed, if one is close.
pub(super) fn nearest<'n>(typed: &str, known: &[&'n str]) -> Option<&'n str> {
    crate::mesh::linkerd::annotations::nearest(typed, known)
}
