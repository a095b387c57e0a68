//! Names of mesh clients, and the patterns that policies match them with.

use super::ClusterInfo;

const SPIFFE: &str = "spiffe://";

/// A pattern for client identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityMatch {
    /// Exactly this name.
    Exact(String),
    /// Any DNS-like name that ends with `.<suffix>`; an empty suffix is any DNS-like name.
    Suffix(String),
}

impl IdentityMatch {
    /// Reads a pattern: `*`, `*.suffix`, or a name; wildcards anywhere else are part of a name.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix("*.") {
            Some(suffix) => Self::Suffix(suffix.to_owned()),
            None if text == "*" => Self::Suffix(String::new()),
            None => Self::Exact(text.to_owned()),
        }
    }

    /// Whether a client that goes by `identity` matches. SPIFFE names match exact patterns alone.
    pub fn matches(&self, identity: &str) -> bool {
        match self {
            Self::Exact(name) => name == identity,
            Self::Suffix(_) if identity.starts_with(SPIFFE) => false,
            Self::Suffix(suffix) if suffix.is_empty() => true,
            Self::Suffix(suffix) => identity.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.ends_with('.')),
        }
    }

    /// Whether every client that matches `narrow` matches this too.
    pub fn covers(&self, narrow: &Self) -> bool {
        match (self, narrow) {
            (_, Self::Exact(name)) => self.matches(name),
            (Self::Exact(_), Self::Suffix(_)) => false,
            (Self::Suffix(_), Self::Suffix(suffix)) => self == narrow || !suffix.is_empty() && self.matches(suffix),
        }
    }
}

/// Why no client can ever go by an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityFault {
    /// A `*` anywhere but as the first label.
    InnerWildcard,
    /// A `*` in a SPIFFE name.
    SpiffeWildcard,
    /// A SPIFFE name that breaks the SPIFFE standard.
    BadSpiffe,
    /// Neither a DNS-like name nor a SPIFFE name.
    NotAName,
}

impl IdentityFault {
    /// What it means, as the end of a sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Self::InnerWildcard => "a * counts only as the whole first label",
            Self::SpiffeWildcard => "SPIFFE identities are compared exactly, so a * in one matches nothing",
            Self::BadSpiffe => "it is not a valid SPIFFE identity",
            Self::NotAName => "it is neither a DNS-like name nor a SPIFFE identity",
        }
    }
}

/// Checks an entry of `identities` as Linkerd's admission webhook does.
pub fn validate(identity: &str) -> Result<(), IdentityFault> {
    if let Some(rest) = identity.strip_prefix(SPIFFE) {
        if rest.contains('*') {
            return Err(IdentityFault::SpiffeWildcard);
        }
        let (domain, path) = rest.split_once('/').map_or((rest, None), |(d, p)| (d, Some(p)));
        let word = |text: &str, upper: bool| {
            text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || (upper && c.is_ascii_uppercase()) || matches!(c, '-' | '.' | '_'))
        };
        let segment = |s: &str| !matches!(s, "" | "." | "..") && word(s, true);
        let sound = !domain.is_empty() && word(domain, false) && path.is_none_or(|p| p.split('/').all(segment));
        return if sound { Ok(()) } else { Err(IdentityFault::BadSpiffe) };
    }
    let pattern = identity.strip_prefix("*.").unwrap_or(identity);
    if identity == "*" || pattern.split('.').all(is_label) {
        return Ok(());
    }
    Err(if pattern.contains('*') { IdentityFault::InnerWildcard } else { IdentityFault::NotAName })
}

fn is_label(label: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(inner)
}

/// The name a service account's pods go by.
pub fn of_service_account(cluster: &ClusterInfo, namespace: &str, account: &str) -> String {
    format!("{account}.{namespace}.{}", suffix(cluster))
}

/// The pattern for everybody of a namespace.
pub fn of_namespace(cluster: &ClusterInfo, namespace: &str) -> IdentityMatch {
    IdentityMatch::Suffix(format!("{namespace}.{}", suffix(cluster)))
}

fn suffix(cluster: &ClusterInfo) -> String {
    format!("serviceaccount.identity.{}.{}", cluster.namespace, cluster.trust_domain)
}

/// A service account's name taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountIdentity<'a> {
    /// The account, `*` for all.
    pub account: &'a str,
    pub namespace: &'a str,
    /// Namespace of the control plane that issues it.
    pub control_plane: &'a str,
    pub trust_domain: &'a str,
}

impl<'a> AccountIdentity<'a> {
    /// Takes `<account>.<namespace>.serviceaccount.identity.<control plane>.<trust domain>` apart; nothing for names of another form.
    pub fn parse(identity: &'a str) -> Option<Self> {
        let (who, issuer) = identity.split_once(".serviceaccount.identity.")?;
        let (account, namespace) = who.rsplit_once('.')?;
        let (control_plane, trust_domain) = issuer.split_once('.')?;
        Some(Self { account, namespace, control_plane, trust_domain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_leading_star_is_a_wildcard() {
        let matches = |pattern: &str, identity: &str| IdentityMatch::parse(pattern).matches(identity);
        assert!(matches("*", "web.shop.serviceaccount.identity.linkerd.cluster.local"));
        assert!(matches("*.shop.x", "web.shop.x") && !matches("*.shop.x", "shop.x") && !matches("*.hop.x", "web.shop.x"));
        assert!(!matches("web.*.x", "web.shop.x"));
        assert!(!matches("*.*.x", "web.shop.x"));
    }

    #[test]
    fn spiffe_names_match_exactly_or_not_at_all() {
        let matches = |pattern: &str, identity: &str| IdentityMatch::parse(pattern).matches(identity);
        assert!(!matches("*", "spiffe://root/vm"));
        assert!(matches("spiffe://root/vm", "spiffe://root/vm"));
    }

    #[test]
    fn a_wider_pattern_covers_a_narrower_one() {
        let covers = |wide: &str, narrow: &str| IdentityMatch::parse(wide).covers(&IdentityMatch::parse(narrow));
        assert!(
            covers("*", "*")
                && covers("*", "*.shop.x")
                && covers("*.x", "*.shop.x")
                && covers("*.shop.x", "*.shop.x")
                && covers("*.shop.x", "web.shop.x")
        );
        assert!(!covers("*.shop.x", "*") && !covers("*.shop.x", "*.x") && !covers("*.hop.x", "*.shop.x") && !covers("web.shop.x", "*.shop.x"));
        assert!(!covers("*", "spiffe://root/vm"), "no wildcard takes a SPIFFE name");
    }

    #[test]
    fn names_that_no_client_can_have_are_told_apart() {
        for sound in ["*", "*.shop.x", "web.shop.x", "spiffe://root", "spiffe://root/a/B"] {
            assert_eq!(validate(sound), Ok(()), "{sound}");
        }
        for (identity, fault) in [
            ("web.*.x", IdentityFault::InnerWildcard),
            ("*.*.x", IdentityFault::InnerWildcard),
            ("web.shop.*", IdentityFault::InnerWildcard),
            ("spiffe://root/*", IdentityFault::SpiffeWildcard),
            ("spiffe://", IdentityFault::BadSpiffe),
            ("spiffe://root/", IdentityFault::BadSpiffe),
            ("spiffe://root:80/a", IdentityFault::BadSpiffe),
            ("web.shop.x.", IdentityFault::NotAName),
            ("Web.shop", IdentityFault::NotAName),
            ("", IdentityFault::NotAName),
        ] {
            assert_eq!(validate(identity), Err(fault), "{identity}");
        }
    }

    #[test]
    fn an_account_identity_is_put_together_and_taken_apart() {
        let cluster = ClusterInfo::default();
        let name = of_service_account(&cluster, "shop", "web.v1");
        assert_eq!(name, "web.v1.shop.serviceaccount.identity.linkerd.cluster.local");
        assert!(of_namespace(&cluster, "shop").matches(&name) && !of_namespace(&cluster, "other").matches(&name));
        let parts = AccountIdentity::parse(&name).unwrap();
        assert_eq!((parts.account, parts.namespace, parts.control_plane, parts.trust_domain), ("web.v1", "shop", "linkerd", "cluster.local"));
        assert!(AccountIdentity::parse("web.example.org").is_none());
    }
}
