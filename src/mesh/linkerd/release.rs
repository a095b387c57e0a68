//! Releases of Linkerd: which version 2.x one belongs to, so that it can be told how far apart two are.

use std::cmp::Ordering;

/// The edge release with which each version 2.x came: year, month and number of `edge-25.4.4`, then the x. Releases between two belong to the
/// earlier version here, so two releases are at least as far apart as their versions say.
const EDGES: [([u32; 3], u32); 6] = [([24, 2, 4], 15), ([24, 8, 2], 16), ([24, 11, 8], 17), ([25, 4, 4], 18), ([25, 10, 7], 19), ([26, 6, 3], 20)];

/// Whether a release has what came with an edge release; nothing where its name does not tell: a numbered release may have got a later change as
/// a fix, when the change came while that version was the newest.
pub fn has(release: &str, edge: [u32; 3]) -> Option<bool> {
    if let Some(own) = edge_number(release) {
        return Some(own >= edge);
    }
    let own = version(release)?;
    let came_with = EDGES.iter().rev().find(|(first, _)| *first <= edge);
    let newest = came_with.map_or(14, |(_, version)| *version);
    if came_with.is_some_and(|(first, _)| *first == edge) {
        return Some(own >= newest);
    }
    match own.cmp(&newest) {
        Ordering::Greater => Some(true),
        Ordering::Equal => None,
        Ordering::Less => Some(false),
    }
}

/// Year, month and number of an edge release, or of a vendor's preview, which is numbered as the edge release it is made from.
fn edge_number(release: &str) -> Option<[u32; 3]> {
    let rest = release.strip_prefix("edge-").or_else(|| release.strip_prefix("preview-"))?;
    let mut parts = rest.split(['-', '+']).next()?.split('.').map(str::parse);
    let mut next = || parts.next()?.ok();
    Some([next()?, next()?, next()?])
}

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
    use super::{has, version};

    #[test]
    fn a_numbered_release_has_what_came_before_its_version() {
        let since = [25, 11, 3];
        let answers = ["edge-25.11.2", "edge-25.11.3", "edge-26.1.1", "stable-2.18.0", "enterprise-2.19.2", "enterprise-2.20.0", "latest"];
        let told = answers.map(|release| has(release, since));
        assert_eq!(told, [Some(false), Some(true), Some(true), Some(false), None, Some(true), None]);
        assert_eq!((has("stable-2.15.0", [24, 2, 4]), has("stable-2.14.10", [24, 2, 4])), (Some(true), Some(false)));
    }

    #[test]
    fn releases_of_every_channel_belong_to_a_version() {
        for (release, belongs) in [
            ("stable-2.14.10", Some(14)),
            ("enterprise-2.19.6", Some(19)),
            ("enterprise-2.17.1-2-hp", Some(17)),
            ("edge-25.4.3", Some(17)),
            ("edge-25.4.4", Some(18)),
            ("edge-26.5.2", Some(19)),
            ("edge-26.8.1", Some(20)),
            ("enterprise-2.20.2", Some(20)),
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
