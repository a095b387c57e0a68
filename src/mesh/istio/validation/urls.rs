//! URLs, as Go's `net/url` understands them.

use crate::mesh::istio::validation::is_ip;

/// Whether Go's `url.Parse` takes `text`.
pub(crate) fn go_url(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let scheme = scheme(text);
    let rest = scheme.map_or(text, |scheme| &text[scheme.len() + 1..]);
    let rest = rest.split('?').next().unwrap_or_default();
    if text.starts_with(':') || [text, fragment].iter().any(|part| part.bytes().any(|b| b.is_ascii_control())) || !escaped(fragment) {
        return false;
    }
    if !rest.starts_with('/') {
        // After a scheme this may be anything; without one a colon would be taken for the end of a scheme.
        return scheme.is_some() || (escaped(rest) && !rest.split('/').next().is_some_and(|first| first.contains(':')));
    }
    match rest.strip_prefix("//").filter(|rest| scheme.is_some() || !rest.starts_with('/')) {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            is_authority(authority) && escaped(path)
        }
        None => escaped(rest),
    }
}

/// What stands before the first colon, when it can be a scheme.
pub(crate) fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let good = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(good)).then_some(scheme)
}

/// `user@host:port`, of which the host alone is needed, and not even that.
fn is_authority(text: &str) -> bool {
    let (user, place) = text.rsplit_once('@').unwrap_or(("", text));
    let (host, port) = match place.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((ip, port)) if ip.contains(':') && is_ip(ip) => ("", port),
            _ => return false,
        },
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let named = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
    // Of ASCII only a percent sign is escaped in a host.
    let high = |code: &str| code.starts_with("25") || !code.starts_with(|c: char| ('0'..='7').contains(&c));
    user.bytes().all(named)
        && escaped(user)
        && !host.contains([' ', '\\', '^', '`', '{', '|', '}', '?'])
        && escaped(host)
        && host.split('%').skip(1).all(high)
        && (port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())))
}

/// Whether two hexadecimal digits follow each percent sign.
fn escaped(text: &str) -> bool {
    text.split('%').skip(1).all(|code| code.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
}

#[cfg(test)]
mod tests {
    use super::go_url;

    #[test]
    fn urls_are_taken_as_go_takes_them() {
        let users = ["https://u:p@foo.com:8443/jwks", "https://u@p@foo.com", "https://@foo.com"];
        let hosts =
            ["https://foo.com:/x", "https:///x", "http://[::1]:80/", "http://[fe80::1%25eth0]/", "http://b\u{fc}ro.de", "http://b%c3%bcro.de"];
        let paths = ["https://foo.com/a b", "https://foo.com/%20", "https://foo.com?a=%zz", "https://foo.com#a", "a/b:c", "/a", "///a:b", "*", ""];
        let opaque = ["localhost:5000/a", "mailto:a%zz"];
        for good in users.iter().chain(&hosts).chain(&paths).chain(&opaque) {
            assert!(go_url(good), "{good}");
        }
        let hosts =
            ["https://a b.com/x", "http://foo.com:abc", "http://a:80:80/", "http://[::1", "http://[::1]80", "http://[a]/", "http://a%20b/", "//a:b"];
        let others = ["https://foo.com/%zz", "https://foo.com/%2", "oci://a#%zz", "https://a\t/x", "10.0.0.1:latest", ":x", "http://a b@foo.com"];
        for bad in hosts.iter().chain(&others) {
            assert!(!go_url(bad), "{bad}");
        }
    }
}
