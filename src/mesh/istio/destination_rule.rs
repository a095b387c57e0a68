//! DestinationRules as they are written: their traffic policies, for whom those are, and the fields that they stand in.

use std::fmt;

use super::policy::labels;
use crate::model::{Field, Map, Object};

/// A DestinationRule.
#[derive(Clone, Copy, Debug)]
pub struct DestinationRule<'a> {
    pub object: &'a Object,
}

impl<'a> DestinationRule<'a> {
    pub fn of(object: &'a Object) -> Self {
        Self { object }
    }

    /// The host as it is written.
    pub fn host(&self) -> &'a str {
        self.object.spec().text("host")
    }

    /// The traffic policy for everything that is not in a subset.
    pub fn policy(&self) -> Option<TrafficPolicy<'a>> {
        self.object.spec().get("trafficPolicy").map(|field| TrafficPolicy { field })
    }

    pub fn subsets(&self) -> impl Iterator<Item = Subset<'a>> + use<'a> {
        self.object.spec().list("subsets").map(|field| Subset { field, name: field.text("name") })
    }

    /// A subset; of two with one name the first counts.
    pub fn subset(&self, name: &str) -> Option<Subset<'a>> {
        self.subsets().find(|subset| subset.name == name)
    }

    /// A mode of `tls` that Istio does not know, wherever it stands: istiod cannot read the object for it.
    pub fn unknown_mode(&self) -> Option<&'a str> {
        let policies = self.policy().into_iter().chain(self.subsets().filter_map(|subset| subset.policy()));
        let all = policies.flat_map(|policy| std::iter::once(policy).chain(policy.ports().map(|(_, settings)| settings)));
        all.filter_map(|settings| settings.tls()).find_map(|tls| if let TlsMode::Unknown(word) = tls.mode { Some(word) } else { None })
    }

    /// The labels of the clients that it is for; nothing where it is for all.
    pub fn client_selector(&self) -> Option<Map> {
        self.object.spec().get("workloadSelector").map(|selector| labels(selector.get("matchLabels")))
    }

    /// Whether it is for the clients that its selector picks only.
    pub fn selects_clients(&self) -> bool {
        self.object.spec().get("workloadSelector").is_some()
    }
}

/// A part of the endpoints of a host.
#[derive(Clone, Copy, Debug)]
pub struct Subset<'a> {
    pub field: Field<'a>,
    pub name: &'a str,
}

impl<'a> Subset<'a> {
    /// The labels of its endpoints.
    pub fn labels(&self) -> Map {
        labels(self.field.get("labels"))
    }

    /// What it puts over the rule's own traffic policy.
    pub fn policy(&self) -> Option<TrafficPolicy<'a>> {
        self.field.get("trafficPolicy").map(|field| TrafficPolicy { field })
    }
}

/// A traffic policy, or the settings of one port in it.
#[derive(Clone, Copy, Debug)]
pub struct TrafficPolicy<'a> {
    pub field: Field<'a>,
}

impl<'a> TrafficPolicy<'a> {
    /// How clients encrypt, where it says so.
    pub fn tls(&self) -> Option<ClientTls<'a>> {
        self.field.get("tls").map(ClientTls::of)
    }

    /// Whether connections keep the address that was dialled.
    pub fn is_passthrough(&self) -> bool {
        self.field.at(["loadBalancer", "simple"]).is_some_and(|lb| lb.str() == Some("PASSTHROUGH"))
    }

    /// The settings of single ports, each with its number where that can be read.
    pub fn ports(&self) -> impl Iterator<Item = (Option<i64>, TrafficPolicy<'a>)> + use<'a> {
        self.field.list("portLevelSettings").map(|field| (field.at(["port", "number"]).and_then(|number| number.int()), TrafficPolicy { field }))
    }

    /// The settings of one port.
    pub fn of_port(&self, port: i64) -> impl Iterator<Item = TrafficPolicy<'a>> + use<'a> {
        self.ports().filter(move |(number, _)| *number == Some(port)).map(|(_, settings)| settings)
    }
}

/// How clients encrypt.
#[derive(Clone, Copy, Debug)]
pub struct ClientTls<'a> {
    /// `tls`; `validation` of a BackendTLSPolicy.
    pub field: Field<'a>,
    pub mode: TlsMode<'a>,
    /// Whether it is a BackendTLSPolicy's, where no mode stands.
    backend: bool,
}

impl<'a> ClientTls<'a> {
    fn of(field: Field<'a>) -> Self {
        Self { field, mode: TlsMode::of(field), backend: false }
    }

    /// What a BackendTLSPolicy asks for.
    pub fn of_backend(validation: Field<'a>) -> Self {
        Self { field: validation, mode: TlsMode::Simple, backend: true }
    }

    /// Where it says so.
    pub fn path(&self) -> String {
        if self.backend { self.field.path() } else { self.field.path_of("mode") }
    }
}

/// A mode of `tls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode<'a> {
    /// Also where `tls` is there without a mode.
    Disable,
    Simple,
    Mutual,
    IstioMutual,
    /// A word that Istio does not know.
    Unknown(&'a str),
}

impl<'a> TlsMode<'a> {
    fn of(tls: Field<'a>) -> Self {
        match tls.text("mode") {
            "" | "DISABLE" => Self::Disable,
            "SIMPLE" => Self::Simple,
            "MUTUAL" => Self::Mutual,
            "ISTIO_MUTUAL" => Self::IstioMutual,
            word => Self::Unknown(word),
        }
    }

    /// Whether it is mutual TLS, with Istio's certificates or with others.
    pub fn is_mutual(self) -> bool {
        matches!(self, Self::Mutual | Self::IstioMutual)
    }

    /// The word in manifests.
    pub const fn name(self) -> &'a str {
        match self {
            Self::Disable => "DISABLE",
            Self::Simple => "SIMPLE",
            Self::Mutual => "MUTUAL",
            Self::IstioMutual => "ISTIO_MUTUAL",
            Self::Unknown(word) => word,
        }
    }
}

impl fmt::Display for TlsMode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::istio::test::index;
    use crate::model::Kind;

    #[test]
    fn policies_are_read_with_the_fields_they_stand_in() {
        let index = index(&[r#"{"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"r"},"spec":{"host":"cart",
            "trafficPolicy":{"tls":{},"portLevelSettings":[{"port":{"number":80},"tls":{"mode":"Simple"}},{"tls":{"mode":"MUTUAL"}}]},
            "subsets":[{"name":"v1","labels":{"v":"1"},"trafficPolicy":{"tls":{"mode":"ISTIO_MUTUAL"}}},{"name":"v2"}]}}"#]);
        let rule = DestinationRule::of(&index.objects(Kind::DestinationRule)[0]);
        let policy = rule.policy().unwrap();
        assert_eq!((rule.host(), policy.tls().unwrap().mode), ("cart", TlsMode::Disable));
        let ports: Vec<_> = policy.ports().map(|(number, settings)| (number, settings.tls().unwrap().mode)).collect();
        assert_eq!(ports, [(Some(80), TlsMode::Unknown("Simple")), (None, TlsMode::Mutual)], "a word that Istio does not know is none of its modes");
        assert_eq!(policy.of_port(80).next().unwrap().tls().unwrap().field.path(), "spec.trafficPolicy.portLevelSettings[0].tls");
        let v1 = rule.subset("v1").unwrap();
        assert_eq!((v1.labels().get("v"), v1.policy().unwrap().tls().unwrap().mode), (Some("1"), TlsMode::IstioMutual));
        assert!(rule.subset("v2").unwrap().policy().is_none() && !rule.selects_clients() && rule.client_selector().is_none());
    }
}
