//! Domains, DNS labels, ports, protocols and paths of sockets, as Istio understands them.

use crate::mesh::istio::validation::{Verdict, fault, is_ip};

/// Whether `text` is one label of a DNS name; Istio takes capitals too.
pub(crate) fn is_dns_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Judges a name that has to be one DNS label.
pub(crate) fn dns_label(what: &str, text: &str) -> Verdict {
    if is_dns_label(text) {
        return Ok(());
    }
    fault(format!("{what} {text:?} is not a DNS label"), "Use at most 63 letters, digits and '-', beginning and ending with a letter or digit.")
}

/// Judges a full domain name without wildcards.
pub(crate) fn fqdn(text: &str) -> Verdict {
    length(text)?;
    labels(text, text)
}

/// Judges a domain name whose first label may be `*` or begin with it.
pub(crate) fn wildcard_domain(text: &str) -> Verdict {
    length(text)?;
    let (first, rest) = text.split_once('.').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let bare = first.strip_prefix('*').map_or(first, |after| after.strip_prefix('-').unwrap_or(after));
    if first.len() > 63 || (first != "*" && !is_dns_label(bare)) {
        return invalid_label(text, first);
    }
    rest.map_or(Ok(()), |rest| labels(text, rest))
}

/// Judges a wildcard that is no whole label: `*foo.com`.
pub(crate) fn partial_wildcard(text: &str) -> Verdict {
    if text.contains('*') && text != "*" && !text.starts_with("*.") {
        return fault(format!("the wildcard of {text:?} is only a part of a label"), "Write the wildcard as a whole label: \"*.example.com\".");
    }
    Ok(())
}

fn length(text: &str) -> Verdict {
    match text.len() {
        0 => fault("the domain name is empty", "Write a domain name."),
        1..=255 => Ok(()),
        n => fault(format!("the domain name has {n} characters, at most 255 are allowed"), "Shorten the name."),
    }
}

fn labels(whole: &str, text: &str) -> Verdict {
    let last = text.rsplit('.').next().unwrap_or_default();
    if last.parse::<i64>().is_ok() {
        return fault(format!("domain name {whole:?} ends with the number {last:?}"), "A top-level domain cannot be all digits.");
    }
    // A name may end with a dot, to say that it is complete.
    match text.strip_suffix('.').unwrap_or(text).split('.').find(|label| !is_dns_label(label)) {
        Some(label) if !(text.is_empty() && label.is_empty()) => invalid_label(whole, label),
        _ => Ok(()),
    }
}

fn invalid_label(domain: &str, label: &str) -> Verdict {
    let hint = if is_ip(domain) {
        "Write a domain name: IP addresses are not allowed here."
    } else if label.contains('*') {
        "A wildcard can only stand at the beginning: \"*.example.com\"."
    } else {
        "Use letters, digits and '-' between the dots, without a scheme, port or path."
    };
    fault(format!("{domain:?} is not a valid domain name: {label:?} is not a DNS label"), hint)
}

/// Judges a port number.
pub(crate) fn port(number: i64) -> Verdict {
    if (1..=65535).contains(&number) { Ok(()) } else { fault(format!("port {number} is not between 1 and 65535"), "Write a port from 1 to 65535.") }
}

/// Judges the name of a port.
pub(crate) fn port_name(name: &str) -> Verdict {
    dns_label("port name", name)
}

/// What a port carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Protocol {
    /// HTTP in the clear, in any version.
    pub http: bool,
    /// TLS, or HTTP over it.
    pub tls: bool,
    /// TCP or what Istio treats as a form of it.
    pub tcp: bool,
    /// Known at all.
    pub known: bool,
}

impl Protocol {
    /// Reads a protocol, ignoring case.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let http = ["http", "http2", "http_proxy", "grpc", "grpc-web"].contains(&text.as_str());
        let tls = ["https", "tls"].contains(&text.as_str());
        let tcp = tls || ["tcp", "mongo", "redis", "mysql"].contains(&text.as_str());
        Self { http, tls, tcp, known: http || tcp || text == "udp" }
    }
}

/// Judges a protocol that may be left out.
pub(crate) fn protocol(text: &str) -> Verdict {
    if text.is_empty() || Protocol::parse(text).known {
        return Ok(());
    }
    fault(format!("Istio knows no protocol {text:?}"), "Write one of HTTP, HTTP2, GRPC, GRPC-WEB, HTTPS, TLS, TCP, UDP, MONGO, REDIS, MYSQL.")
}

/// Judges the path of a Unix domain socket, without `unix://`.
pub(crate) fn unix_address(path: &str) -> Verdict {
    if path.starts_with('@') || (path.starts_with('/') && !path.ends_with('/')) {
        return Ok(());
    }
    fault(format!("{path:?} is not the absolute path of a socket"), "Write unix:///absolute/path, or unix://@name for an abstract socket.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_at_the_beginning_or_nowhere() {
        for good in ["a", "*", "*.a.com", "*a.com", "*-a.com", "A.b", "a.com.", "a.1b", "svc.ns"] {
            assert!(wildcard_domain(good).is_ok(), "{good}");
        }
        for bad in ["", "a.*", "*.*", "**", "a..b", "-a.b", "10.0.0.1", "a b", "a/b", "*-", "http://a"] {
            assert!(wildcard_domain(bad).is_err(), "{bad}");
        }
        assert!(fqdn("*.a.com").is_err() && fqdn("a.b").is_ok() && fqdn("1.2.3.4").is_err());
        assert!(partial_wildcard("*a.com").is_err() && partial_wildcard("*.a.com").is_ok() && partial_wildcard("*").is_ok());
    }
}
