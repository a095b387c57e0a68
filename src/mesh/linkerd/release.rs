//! Releases of Linkerd: which version 2.x one belongs to, so that it can be told how far apart two are.

/// The edge release with which each version 2.x came: year, month and number of `edge-25.4.4`, then the x. Releases between two belong to the
/// earlier version here, so two releases are at least as far apart as their versions say.
const EDGES: [([u32; 3], u32); 5] = [([24, 2, 4], 15), ([24, 8, 2], 16), ([24, 11, 8], 17), ([25, 4, 4], 18), ([25, 10, 7], 19)];

/// The x of the version 2.x that a release belongs to: 14 for `stable-2.14.10`, 18 for `edge-25.6.1`; nothing for a name of another form.
pub fn version(release: &str) -> Option<u32> {
    let (channel, rest) = release.split_once('-')?;
    let number = rest.split(['-', '+']).next()?;
    let parts: Vec<u32> = number.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match (channel, parts.as_slice()) {
        // Vendors' previews are numbered as the edge releases they are made from.
        ("edge" | "preview", [year, month, day]) => {
            Some(EDGES.iter().rev().find(|(first, _)| *first <= [*year, *month, *day]).map_or(14, |(_, version)| *version))
        }
        ("edge" | "preview", _) => None,
        (_, [2, version, ..]) => Some(*version),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn releases_of_every_channel_belong_to_a_version() {
        for (release, belongs) in [
            ("stable-2.14.10", Some(14)),
            ("enterprise-2.19.6", Some(19)),
            ("enterprise-2.17.1-2-hp", Some(17)),
            ("edge-25.4.3", Some(17)),
            ("edge-25.4.4", Some(18)),
            ("edge-26.8.1", Some(19)),
            ("preview-24.11.8", Some(17)),
            ("edge-23.1.1", Some(14)),
            ("git-1f4c2b", None),
            ("latest", None),
            ("edge-25", None),
        ] {
            assert_eq!(version(release), belongs, "{release}");
        }
    }
}
