//! Which of the names that are read was probably meant by one that nothing reads.

use std::collections::BTreeSet;

use super::linkerd::annotations::nearest;

/// The known annotation (`host/name`) that was probably meant: the same name under another host, in another notation, a letter or two off, or with a
/// word left out or added. Nothing when none or several fit.
pub fn meant<'k>(annotation: &str, known: &[&'k str]) -> Option<&'k str> {
    let name = of(annotation);
    only(known.iter().filter(|key| plain(of(key)) == plain(name)))
        .or_else(|| {
            let names: Vec<&str> = known.iter().map(|key| of(key)).collect();
            let near = nearest(name, &names).filter(|_| name.len() > 4)?;
            only(known.iter().filter(|key| of(key) == near))
        })
        .or_else(|| {
            let own = words(name);
            let fits = |key: &&&str| {
                let theirs = words(of(key));
                own.len() > 1 && (own.is_subset(&theirs) && theirs.len() == own.len() + 1 || theirs.is_subset(&own) && own.len() == theirs.len() + 1)
            };
            only(known.iter().filter(fits))
        })
}

/// The one name among candidates; of one name under several hosts the first.
fn only<'a, 'k: 'a>(candidates: impl Iterator<Item = &'a &'k str>) -> Option<&'k str> {
    let found: Vec<&'k str> = candidates.copied().collect();
    let first = found.first()?;
    found.iter().all(|other| plain(of(other)) == plain(of(first))).then_some(*first)
}

/// The name without its host.
fn of(key: &str) -> &str {
    key.split_once('/').map_or(key, |(_, name)| name)
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The words of `skip-inbound-ports` and `excludeInboundPorts`; a plural is its singular.
fn words(name: &str) -> BTreeSet<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '-' || c == '_' || c == '.' || c.is_ascii_uppercase() {
            words.push(String::new());
        }
        if let (true, Some(last)) = (c.is_ascii_alphanumeric(), words.last_mut()) {
            last.push(c.to_ascii_lowercase());
        }
    }
    words.into_iter().map(|word| word.trim_end_matches('s').to_owned()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn names_are_recognised_one_step_away() {
        let known = [
            "config.linkerd.io/skip-outbound-ports",
            "config.linkerd.io/skip-inbound-ports",
            "config.linkerd.io/proxy-enable-native-sidecar",
            "config.beta.linkerd.io/proxy-enable-native-sidecar",
            "linkerd.io/inject",
            "traffic.sidecar.istio.io/excludeOutboundPorts",
        ];
        for (written, name) in [
            ("linkerd.io/skip-outbound-ports", Some("config.linkerd.io/skip-outbound-ports")),
            ("config.linkerd.io/inject", Some("linkerd.io/inject")),
            ("config.linkerd.io/proxy-native-sidecar", Some("config.linkerd.io/proxy-enable-native-sidecar")),
            ("sidecar.istio.io/exclude-outbound-ports", Some("traffic.sidecar.istio.io/excludeOutboundPorts")),
            ("config.linkerd.io/skip-outbound-port", Some("config.linkerd.io/skip-outbound-ports")),
            ("config.linkerd.io/skip-ports", None),
            ("linkerd.io/team", None),
        ] {
            assert_eq!(meant(written, &known), name, "{written}");
        }
    }
}
