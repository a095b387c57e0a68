//! Texts as AuthorizationPolicies write them: exact, with a `*` at one end, path templates.

use regex::Regex;

/// What a text of a policy matches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::mesh) enum Pattern {
    /// `*` where presence is enough.
    Present,
    /// `*` where something must stand.
    NotEmpty,
    /// Exactly this.
    Exact(String),
    /// Begins with this.
    Prefix(String),
    /// Ends with this.
    Suffix(String),
}

impl Pattern {
    /// Reads a text; a `*` alone asks for at least one character, a `*` inside is literal.
    pub(in crate::mesh::authorization) fn of(text: &str) -> Self {
        match (text, text.strip_prefix('*'), text.strip_suffix('*')) {
            ("*", ..) => Self::NotEmpty,
            (_, Some(end), _) => Self::Suffix(end.to_owned()),
            (_, _, Some(start)) => Self::Prefix(start.to_owned()),
            _ => Self::Exact(text.to_owned()),
        }
    }

    /// Reads a text that stands for a header: for `*` an empty value is enough.
    pub(super) fn of_header(text: &str) -> Self {
        if text == "*" { Self::Present } else { Self::of(text) }
    }

    /// Reads a text that is compared without regard to case; what it is compared with must be in lower case.
    pub(super) fn of_host(text: &str) -> Self {
        Self::of_header(&text.to_ascii_lowercase())
    }

    /// Whether a text that is there matches.
    pub(in crate::mesh::authorization) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Present => true,
            Self::NotEmpty => !text.is_empty(),
            Self::Exact(exact) => text == exact,
            Self::Prefix(start) => text.starts_with(start.as_str()),
            Self::Suffix(end) => text.ends_with(end.as_str()),
        }
    }
}

/// A namespace as Envoy compares it: anywhere behind `/ns/`, each `*` standing for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamespaceGlob(Vec<String>);

impl NamespaceGlob {
    pub(super) fn of(text: &str) -> Self {
        Self(format!("/ns/{text}/").split('*').map(str::to_owned).collect())
    }

    /// Whether an identity without its scheme matches.
    pub(super) fn matches(&self, identity: &str) -> bool {
        let mut rest = identity;
        self.0.iter().all(|part| match rest.find(part.as_str()) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

/// Whether an identity without its scheme is that of a service account, with whatever else stands between and behind the two.
pub(super) fn is_account(identity: &str, namespace: &str, account: &str) -> bool {
    let (home, name) = (format!("/ns/{namespace}/"), format!("sa/{account}"));
    let of_rest = |rest: &str| {
        rest.match_indices(&name).any(|(at, _)| {
            let behind = &rest[at + name.len()..];
            let starts = at == 0 || (at > 1 && rest[..at].ends_with('/'));
            starts && (behind.is_empty() || (behind.starts_with('/') && behind.len() > 1))
        })
    };
    identity.match_indices(&home).any(|(at, _)| at > 0 && of_rest(&identity[at + home.len()..]))
}

/// A trust domain as Envoy compares it: one `*` stands for anything without a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TrustDomain {
    Any,
    Exact(String),
    Around(String, String),
}

impl TrustDomain {
    pub(super) fn of(text: &str) -> Self {
        match text.split_once('*') {
            _ if text == "*" => Self::Any,
            Some((start, end)) => Self::Around(start.to_owned(), end.to_owned()),
            None => Self::Exact(text.to_owned()),
        }
    }

    /// Whether an identity without its scheme is of this trust domain.
    pub(super) fn matches(&self, identity: &str) -> bool {
        let Some((domain, _)) = identity.split_once('/') else { return *self == Self::Any };
        match self {
            Self::Any => true,
            Self::Exact(exact) => domain == exact,
            Self::Around(start, end) => domain.strip_prefix(start.as_str()).is_some_and(|rest| rest.ends_with(end.as_str())),
        }
    }
}

/// Whether a path is written as a template, with `{*}` or `{**}`.
pub(super) fn is_template(text: &str) -> bool {
    text.contains("{*}") || text.contains("{**}")
}

/// A path template as Envoy's URI templates understand it: `*` is one segment, `**` any number of them; nothing for what Envoy cannot read.
pub(in crate::mesh::authorization) fn template(text: &str) -> Option<Regex> {
    const SEGMENT: &str = "[a-zA-Z0-9._~%!$&'()+,;:@=-]+";
    const REST: &str = "[a-zA-Z0-9._~%!$&'()+,;:@=/-]*";
    let text = text.replace("{**}", "**").replace("{*}", "*");
    let mut pattern = String::from("^");
    let mut rest = text.as_str();
    while let Some(at) = rest.find('*') {
        pattern.push_str(&regex::escape(&rest[..at]));
        let many = rest[at..].starts_with("**");
        pattern.push_str(if many { REST } else { SEGMENT });
        rest = &rest[at + if many { 2 } else { 1 }..];
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    Regex::new(&pattern).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_counts_at_one_end_only() {
        let matches = |pattern: &str, text: &str| Pattern::of(pattern).matches(text);
        assert!(matches("a*", "ab") && matches("*b", "ab") && matches("*", "a") && matches("a*c", "a*c"));
        assert!(!matches("*", "") && !matches("a*c", "abc") && !matches("", "a") && matches("", ""));
        assert!(Pattern::of_header("*").matches("") && Pattern::of_host("API.*").matches("api.example"));
    }

    #[test]
    fn namespaces_take_stars_anywhere() {
        let matches = |pattern: &str, namespace: &str| NamespaceGlob::of(pattern).matches(&format!("td/ns/{namespace}/sa/a"));
        assert!(matches("web", "web") && matches("prod-*", "prod-") && matches("*-ops", "dev-ops") && matches("a*z", "az"));
        assert!(!matches("web", "web2") && !matches("web", "xweb") && !matches("a*z", "abc") && !matches("", "web"));
    }

    #[test]
    fn an_account_may_stand_among_other_pairs() {
        assert!(is_account("td/ns/web/sa/a", "web", "a") && is_account("td/ns/web/x/y/sa/a/z/1", "web", "a"));
        assert!(!is_account("td/ns/web/sa/ab", "web", "a") && !is_account("/ns/web/sa/a", "web", "a") && !is_account("td/ns/web/xsa/a", "web", "a"));
    }

    #[test]
    fn trust_domains_end_at_the_first_slash() {
        let matches = |pattern: &str, identity: &str| TrustDomain::of(pattern).matches(identity);
        assert!(matches("td", "td/ns/a/sa/b") && matches("*", "x/ns/a/sa/b") && matches("t*d", "tx.d/ns/a") && matches("*d", "d/ns"));
        assert!(!matches("td", "td2/ns/a/sa/b") && !matches("t*d", "tx/d"));
    }

    #[test]
    fn templates_are_segments() {
        let matches = |pattern: &str, path: &str| template(pattern).unwrap().is_match(path);
        assert!(
            matches("/docs/{**}", "/docs/")
                && matches("/docs/{**}", "/docs/a/b")
                && matches("/f/{*}/x", "/f/1/x")
                && matches("/a/{**}/z", "/a/b/c/z")
        );
        assert!(!matches("/docs/{**}", "/docs") && !matches("/f/{*}/x", "/f//x") && !matches("/f/{*}", "/f/1/2"));
    }
}
