//! IP addresses, address ranges, and addresses with a port.

use std::net::IpAddr;

use crate::mesh::istio::validation::{Verdict, fault, fqdn, port};

/// Whether `text` is an IP address.
pub(crate) fn is_ip(text: &str) -> bool {
    // Go takes a zone after an IPv6 address.
    let bare = text.split_once('%').filter(|(ip, zone)| ip.contains(':') && !zone.is_empty()).map_or(text, |(ip, _)| ip);
    bare.parse::<IpAddr>().is_ok()
}

/// Judges an IP address.
pub(crate) fn ip(text: &str) -> Verdict {
    if is_ip(text) { Ok(()) } else { fault(format!("{text:?} is not an IP address"), "Write an IPv4 or IPv6 address.") }
}

/// Judges an IP address or a range of them.
pub(crate) fn ip_or_cidr(text: &str) -> Verdict {
    let good = match text.split_once('/') {
        // Go takes no leading zeros in a length.
        Some((_, length)) => text.parse::<ipnet::IpNet>().is_ok() && (length == "0" || !length.starts_with('0')),
        None => is_ip(text),
    };
    if good {
        return Ok(());
    }
    fault(format!("{text:?} is neither an IP address nor a range"), "Write an address (10.1.2.3) or a CIDR range (10.1.0.0/16).")
}

/// Judges `host:port`.
pub(crate) fn proxy_address(text: &str) -> Verdict {
    let malformed = || fault(format!("{text:?} is not host:port"), "Write host:port, with brackets around an IPv6 address.");
    let Some((host, number)) = text.rsplit_once(':') else { return malformed() };
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let Ok(number) = number.parse() else { return malformed() };
    port(number)?;
    match bracketed {
        Some(inner) if is_ip(inner) => Ok(()),
        None if host.contains(':') => malformed(),
        None if is_ip(host) || fqdn(host).is_ok() => Ok(()),
        _ => fault(format!("{host:?} is neither a host name nor an IP address"), "Write a host name or an IP address before the port."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["10.0.0.1", "::1", "fe80::1%eth0", "10.0.0.0/8", "2001:db8::/32", "10.0.0.1/8", "0.0.0.0/0"] {
            assert!(ip_or_cidr(good).is_ok(), "{good}");
        }
        for bad in ["", "10.0.0", "10.0.0.0/33", "a", "10.0.0.0/", "10.0.0.0/08", "::/00", "010.0.0.1", "1.2.3.4/8/9"] {
            assert!(ip_or_cidr(bad).is_err(), "{bad}");
        }
        assert!(proxy_address("istiod.istio-system.svc:15012").is_ok() && proxy_address("[::1]:80").is_ok());
        assert!(proxy_address("istiod").is_err() && proxy_address("istiod:0").is_err() && proxy_address("::1:80").is_err());
    }
}
