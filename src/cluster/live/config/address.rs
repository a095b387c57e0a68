//! Where a server is: its URL, the proxy before it, and whether it is near.

use std::net::{IpAddr, SocketAddr, UdpSocket};

use http::Uri;
use kube::config::Cluster;

use super::{ConnectError, proxy};

pub(super) fn server_url(cluster: &Cluster) -> Result<Uri, String> {
    let server = cluster.server.as_deref().map(str::trim).filter(|server| !server.is_empty()).ok_or("it has no server")?;
    let full = match server.contains("://") {
        true => server.to_owned(),
        false if cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some() => format!("https://{server}"),
        false => format!("http://{server}"),
    };
    let server = without_user(server);
    let url: Uri = full.parse().map_err(|error| format!("server {server:?} is no URL: {error}"))?;
    match url.scheme_str() {
        Some("http" | "https") if url.host().is_some_and(|host| !host.is_empty()) => Ok(url),
        _ => Err(format!("server {server:?} is no http or https URL")),
    }
}

/// A URL without user and password, as it may be shown.
pub(super) fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") }
}

pub(super) fn read_proxy(text: &str, from: &str) -> Result<Uri, ConnectError> {
    proxy::parse(text).map_err(|detail| {
        // A password may stand before the @.
        let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
        ConnectError::Proxy { proxy: shown.to_owned(), from: from.to_owned(), detail }
    })
}

/// Whether the server is this machine or on the same network, where compression costs more than it saves: a server packs some 150 MB/s on one
/// core, a local network carries as much and loopback ten times that. Everywhere else the wire is the limit, and lists shrink to a tenth.
pub(super) fn is_near(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if host == "localhost" {
        return true;
    }
    // Names are not resolved for this: a server that has one is taken for far.
    let Ok(ip) = host.parse::<IpAddr>() else { return false };
    if ip.is_loopback() {
        return true;
    }
    // Connecting a datagram socket sends nothing; it only asks the routing table which address of ours faces the server.
    let local = || {
        let any: SocketAddr = if ip.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect((ip, 443)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    match (local(), ip) {
        (Some(IpAddr::V4(here)), IpAddr::V4(there)) => here.octets()[..3] == there.octets()[..3],
        (Some(IpAddr::V6(here)), IpAddr::V6(there)) => here.segments()[..4] == there.segments()[..4],
        _ => false,
    }
}
