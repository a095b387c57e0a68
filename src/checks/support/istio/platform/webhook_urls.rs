//! URLs under which Istio's webhooks call an external control plane.

use std::net::IpAddr;

use crate::model::{Field, Kind, Object};
use crate::world::World;

/// What a webhook's client configuration says.
pub(in crate::checks) enum Target<'a> {
    /// Neither a URL nor a Service.
    Nothing,
    /// A URL that cannot be read.
    Broken(&'a str),
    /// A URL with an address for a host.
    Address(&'a str),
    /// A Service, or a URL with a name for a host.
    Sound,
}

/// Webhooks of Istio's validation and injection, with their configuration.
pub(in crate::checks) fn all(world: &World) -> impl Iterator<Item = (&Object, Field<'_>)> {
    let validating = world.index.objects(Kind::ValidatingWebhookConfiguration).iter();
    let validating = validating.filter(|c| c.meta.name == "istiod-default-validator" || c.meta.name.starts_with("istio-validator"));
    let mutating = world.index.objects(Kind::MutatingWebhookConfiguration).iter().filter(|c| c.meta.name.starts_with("istio-sidecar-injector"));
    validating.chain(mutating).flat_map(|c| c.root().list("webhooks").map(move |w| (c, w)))
}

/// Reads a webhook's `clientConfig`.
pub(in crate::checks) fn target<'a>(webhook: &Field<'a>) -> Target<'a> {
    let config = webhook.get("clientConfig");
    let Some(url) = config.as_ref().and_then(|c| c.get("url")).and_then(|u| u.str()) else {
        return if config.is_some_and(|c| c.get("service").is_some()) { Target::Sound } else { Target::Nothing };
    };
    match host(url) {
        None => Target::Broken(url),
        Some(host) if host.parse::<IpAddr>().is_ok() => Target::Address(url),
        Some(_) => Target::Sound,
    }
}

/// The host of a URL; nothing when the URL cannot be read, empty when it has none.
fn host(url: &str) -> Option<&str> {
    let broken = url.chars().any(|c| c.is_control() || c == ' ') || !escapes_are_sound(url);
    if broken {
        return None;
    }
    let (scheme, rest) = match url.find(':') {
        // A colon in the first segment of a relative reference is no scheme.
        Some(0) => return None,
        Some(at) if url[..at].contains(['/', '?', '#']) => ("", url),
        Some(at) => (&url[..at], &url[at + 1..]),
        None => ("", url),
    };
    let sound_scheme = scheme.is_empty()
        || (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)));
    if !sound_scheme {
        return None;
    }
    let Some(authority) = rest.strip_prefix("//") else { return Some("") };
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_port.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?,
        None => host_port.find(':').map_or((host_port, ""), |at| host_port.split_at(at)),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    (port.is_empty() || port.starts_with(':')).then_some(())?;
    digits.chars().all(|c| c.is_ascii_digit()).then_some(host)
}

fn escapes_are_sound(url: &str) -> bool {
    url.match_indices('%').all(|(at, _)| url.get(at + 1..at + 3).is_some_and(|hex| hex.chars().all(|c| c.is_ascii_hexdigit())))
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_found_and_broken_urls_told() {
        assert_eq!(host("https://istiod.example.com:15017/inject"), Some("istiod.example.com"));
        assert_eq!(host("https://[fd00::1]:443/inject"), Some("fd00::1"));
        assert_eq!(host("https://user@10.0.0.1/inject"), Some("10.0.0.1"));
        assert_eq!(host("istiod.example.com/inject"), Some(""));
        for broken in ["https://a:b", "1http://x", ":x", "https://a b/", "https://[fd00::1", "https://a/%zz", "10.0.0.1:443/inject"] {
            assert_eq!(host(broken), None, "{broken}");
        }
    }
}
