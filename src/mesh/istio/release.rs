//! Istio's version numbers.

/// Major and minor of a version such as `1.27.1`; nothing for tags that are no version (`latest`, a commit).
pub fn minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split(['.', '-']);
    let number = |part: Option<&str>| part.filter(|p| p.len() <= 4)?.parse().ok();
    Some((number(parts.next())?, number(parts.next())?))
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn only_versions_are_read() {
        assert_eq!([minor("1.27.1"), minor("v1.26-alpha.2"), minor("1.28")], [Some((1, 27)), Some((1, 26)), Some((1, 28))]);
        assert_eq!([minor("latest"), minor("1"), minor("20261120.1")], [None, None, None]);
    }
}
