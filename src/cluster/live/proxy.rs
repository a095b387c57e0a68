//! Which proxy leads to a server, by the environment, read as Go programs read it: kubectl is one.
//!
//! kube's own reading compares `NO_PROXY` with the proxy's address instead of the server's, so it is not used.

use std::net::IpAddr;

use http::Uri;
use ipnet::IpNet;

/// The environment, as a function so that tests need not change the real one.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The proxy that the environment names for `server`: text that is yet to be read as a URL.
pub(super) fn from_env(server: &Uri, env: Env<'_>) -> Option<String> {
    let either = |upper: &str, lower: &str| [upper, lower].iter().find_map(|name| env(name).filter(|value| !value.is_empty()));
    let proxy = match server.scheme_str() {
        Some("https") => either("HTTPS_PROXY", "https_proxy"),
        _ => either("HTTP_PROXY", "http_proxy"),
    }?;
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("https") { 443 } else { 80 });
    let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    let direct = is_local(&host) || excepted(&host, port, &either("NO_PROXY", "no_proxy").unwrap_or_default());
    (!direct).then_some(proxy)
}

/// Reads a proxy's URL; without a scheme it is `http`. `socks5h` differs from `socks5` only in name here: names are resolved by the proxy.
pub(super) fn parse(proxy: &str) -> Result<Uri, String> {
    let full = if proxy.contains("://") { proxy.replacen("socks5h://", "socks5://", 1) } else { format!("http://{proxy}") };
    let uri: Uri = full.parse().map_err(|error| format!("{error}"))?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") if uri.host().is_some_and(|host| !host.is_empty()) => Ok(uri),
        Some(scheme @ ("http" | "https" | "socks5")) => Err(format!("there is no host after {scheme}://")),
        _ => Err("it is none of http, https and socks5".to_owned()),
    }
}

fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// Whether `NO_PROXY` excepts the host: by address, network, domain (with its subdomains), `.domain` (subdomains only), each with or without a port.
fn excepted(host: &str, port: u16, list: &str) -> bool {
    let ip: Option<IpAddr> = host.parse().ok();
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        if let Ok(net) = entry.parse::<IpNet>() {
            return ip.is_some_and(|ip| net.contains(&ip));
        }
        let (name, entry_port) = split_port(&entry);
        if entry_port.is_some_and(|wanted| wanted != port) {
            return false;
        }
        if let Ok(address) = name.parse::<IpAddr>() {
            return ip == Some(address);
        }
        match name.strip_prefix("*.").or_else(|| name.strip_prefix('.')) {
            Some(domain) => is_below(host, domain),
            None => host == name || is_below(host, name),
        }
    })
}

fn is_below(host: &str, domain: &str) -> bool {
    !domain.is_empty() && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// `host:port`, `[address]:port`, or neither.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    if let Some((address, port)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (address, port.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match entry.rsplit_once(':') {
        // More colons make an IPv6 address.
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()),
        _ => (entry, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(server: &str, env: &[(&str, &str)]) -> Option<String> {
        from_env(&server.parse().unwrap(), &|name| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_scheme_of_the_server_chooses_the_variable() {
        let env = [("HTTPS_PROXY", "p:1"), ("http_proxy", "p:2")];
        assert_eq!(proxy("https://api.example", &env).as_deref(), Some("p:1"));
        assert_eq!(proxy("http://api.example", &env).as_deref(), Some("p:2"));
        assert_eq!(proxy("https://api.example", &[]), None);
    }

    #[test]
    fn loopback_is_never_proxied() {
        for server in ["https://localhost:6443", "https://127.0.0.1:6443", "https://[::1]:6443"] {
            assert_eq!(proxy(server, &[("HTTPS_PROXY", "p:1")]), None, "{server}");
        }
    }

    #[test]
    fn exceptions_are_read_as_go_reads_them() {
        let direct = |server: &str, list: &str| proxy(server, &[("HTTPS_PROXY", "p:1"), ("NO_PROXY", list)]).is_none();
        for (server, list) in [
            ("https://10.1.2.3:6443", "10.1.2.3"),
            ("https://10.1.2.3:6443", "10.0.0.0/8"),
            ("https://10.1.2.3:6443", "x, ,10.1.2.3:6443"),
            ("https://[fd00::1]:6443", "fd00::/8"),
            ("https://[fd00::1]:6443", "[fd00::1]:6443"),
            ("https://api.corp.example", "corp.example"),
            ("https://API.corp.example", ".CORP.example"),
            ("https://api.corp.example", "*.corp.example"),
            ("https://corp.example", "corp.example:443"),
            ("https://anything", "*"),
        ] {
            assert!(direct(server, list), "{server} {list}");
        }
        for (server, list) in [
            ("https://10.1.2.3:6443", "10.1.2.4,11.0.0.0/8"),
            ("https://10.1.2.3:6443", "10.1.2.3:443"),
            ("https://corp.example", ".corp.example"),
            ("https://notcorp.example", "corp.example"),
            ("https://corp.example", "corp.example:6443"),
            ("https://corp.example", ""),
        ] {
            assert!(!direct(server, list), "{server} {list}");
        }
    }

    #[test]
    fn a_proxy_without_a_scheme_is_http() {
        assert_eq!(parse("proxy.example:3128").unwrap().to_string(), "http://proxy.example:3128/");
        assert_eq!(parse("socks5h://proxy.example").unwrap().scheme_str(), Some("socks5"));
        assert!(parse("ftp://proxy.example").is_err() && parse("http://").is_err());
    }
}
