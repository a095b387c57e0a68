//! Kinds by the words that people type for them: singular, plural, short, with or without the group.

use super::Kind;

impl Kind {
    /// Every kind that `word` may stand for: two where Istio, Linkerd and the Gateway API have namesakes (`gateway`, `httproute`), none where it is no
    /// kind's word. A group after the first dot chooses (`gateway.networking.istio.io`), a version before it is passed over (`deployments.v1.apps`).
    pub fn called(word: &str) -> Vec<Self> {
        let lower = word.to_ascii_lowercase();
        let (resource, group) = match lower.split_once('.') {
            Some((resource, group)) => (resource, Some(without_version(group))),
            None => (lower.as_str(), None),
        };
        let named = |kind: &Self| resource == kind.plural() || resource == kind.name().to_ascii_lowercase() || kind.short_names().contains(&resource);
        Self::ALL.iter().copied().filter(|kind| named(kind) && group.is_none_or(|group| group == kind.group())).collect()
    }

    /// `deployment.apps`, `pod`: the word of `kubectl get -o name`, which kubectl takes back.
    pub fn singular_resource(self) -> String {
        let name = self.name().to_ascii_lowercase();
        if self.group().is_empty() { name } else { format!("{name}.{}", self.group()) }
    }
}

fn without_version(group: &str) -> &str {
    let (first, rest) = group.split_once('.').unwrap_or((group, ""));
    let is_version = first.strip_prefix('v').is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    if is_version { rest } else { group }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_word_of_kubectl_and_the_crds_is_known() {
        for (word, kind) in [
            ("vs", Kind::VirtualService),
            ("dr", Kind::DestinationRule),
            ("ap", Kind::AuthorizationPolicy),
            ("pa", Kind::PeerAuthentication),
            ("se", Kind::ServiceEntry),
            ("gw", Kind::IstioGateway),
            ("netpol", Kind::NetworkPolicy),
            ("deploy", Kind::Deployment),
            ("sts", Kind::StatefulSet),
            ("ds", Kind::DaemonSet),
            ("cj", Kind::CronJob),
            ("svc", Kind::Service),
            ("ns", Kind::Namespace),
            ("Deployment", Kind::Deployment),
            ("deployments.apps", Kind::Deployment),
            ("deployment.v1.apps", Kind::Deployment),
            ("gateway.networking.istio.io", Kind::IstioGateway),
            ("gateways.v1beta1.gateway.networking.k8s.io", Kind::Gateway),
        ] {
            assert_eq!(Kind::called(word), [kind], "{word}");
        }
        assert_eq!(Kind::called("gateway"), [Kind::IstioGateway, Kind::Gateway]);
        assert_eq!(Kind::called("deploymnt"), []);
        assert_eq!(Kind::called("deployment.networking.istio.io"), []);
    }

    #[test]
    fn the_word_of_dash_o_name_means_one_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::called(&kind.singular_resource()), [*kind]);
            assert_eq!(Kind::called(&kind.resource()), [*kind]);
        }
    }

    #[test]
    fn no_short_name_means_two_kinds() {
        let mut by_word: BTreeMap<&str, Kind> = BTreeMap::new();
        for kind in Kind::ALL {
            for word in kind.short_names() {
                assert_eq!(by_word.insert(word, *kind), None, "{word}");
            }
        }
    }
}
