//! Networks that policies name: CIDRs or single addresses, with exceptions.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::model::Field;

/// A range of addresses without its exceptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The range.
    pub cidr: IpNet,
    /// What is taken out of it.
    pub except: Vec<IpNet>,
}

/// What is wrong with a network; the text is the offending value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkFault {
    /// Neither a CIDR nor an address.
    Unreadable,
    /// An exception that lies outside the range.
    ExceptOutside,
    /// An exception that leaves nothing of the range.
    ExceptCoversAll,
}

impl Network {
    /// All addresses of both families.
    pub fn everywhere() -> Vec<Self> {
        [IpNet::V4(ipnet::Ipv4Net::default()), IpNet::V6(ipnet::Ipv6Net::default())].into_iter().map(Self::from).collect()
    }

    /// Reads `{cidr, except}`; nothing when a value cannot be read, since Linkerd then refuses the whole object.
    pub fn of(field: &Field<'_>) -> Option<Self> {
        let cidr = parse(field.text("cidr"))?;
        let except = field.texts("except").map(|(text, _)| parse(text)).collect::<Option<_>>()?;
        Some(Self { cidr, except })
    }

    /// Whether an address is in it.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.cidr.contains(address) && !self.except.iter().any(|e| e.contains(address))
    }

    /// Whether some address of `other` may be in it.
    pub fn overlaps(&self, other: &IpNet) -> bool {
        (self.cidr.contains(other) || other.contains(&self.cidr)) && !self.except.iter().any(|e| e.contains(other))
    }

    /// Whether it holds every address of its family.
    pub fn is_everything(&self) -> bool {
        self.cidr.prefix_len() == 0 && self.except.is_empty()
    }
}

impl From<IpNet> for Network {
    fn from(cidr: IpNet) -> Self {
        Self { cidr, except: Vec::new() }
    }
}

/// Whether networks hold every IPv4 address, which stands for "anywhere" in clusters of any family.
pub fn is_anywhere(networks: &[Network]) -> bool {
    networks.iter().any(|n| n.is_everything() && n.cidr.addr().is_ipv4())
}

/// Whether each of the `narrow` networks lies within a single one of the `wide`; neighbours are not put together.
pub fn covers(wide: &[Network], narrow: &[Network]) -> bool {
    let kept = |except: &IpNet, narrow: &Network| {
        let apart = !except.contains(&narrow.cidr) && !narrow.cidr.contains(except);
        apart || narrow.except.iter().any(|e| e.contains(except))
    };
    narrow.iter().all(|n| wide.iter().any(|w| w.cidr.contains(&n.cidr) && w.except.iter().all(|e| kept(e, n))))
}

/// Reads a CIDR or a single address.
pub fn parse(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The faults of a network as it is written, each with its place and the offending text.
pub fn faults<'a>(network: &Field<'a>) -> Vec<(NetworkFault, String, &'a str)> {
    let text = network.text("cidr");
    let cidr = parse(text);
    let mut found = Vec::new();
    if cidr.is_none() {
        found.push((NetworkFault::Unreadable, network.path_of("cidr"), text));
    }
    for (text, at) in network.texts("except") {
        let fault = match (cidr, parse(text)) {
            (_, None) => NetworkFault::Unreadable,
            (Some(cidr), Some(except)) if except.contains(&cidr) => NetworkFault::ExceptCoversAll,
            (Some(cidr), Some(except)) if !cidr.contains(&except) => NetworkFault::ExceptOutside,
            _ => continue,
        };
        found.push((fault, at.path(), text));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn exceptions_are_taken_out() {
        let value = json!({"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]});
        let network = Network::of(&crate::model::Json::from(value).root()).unwrap();
        assert!(network.contains(&"10.2.0.1".parse().unwrap()) && !network.contains(&"10.1.0.1".parse().unwrap()));
        assert!(network.overlaps(&"10.0.0.0/7".parse().unwrap()) && !network.overlaps(&"10.1.2.0/24".parse().unwrap()));
        assert!(!network.overlaps(&"192.168.0.0/16".parse().unwrap()));
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        let value = json!({"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8", "11.0.0.0/8", "x", "10.1.0.0/16"]});
        let value = crate::model::Json::from(value);
        let found = faults(&value.root());
        let kinds: Vec<_> = found.iter().map(|(fault, at, _)| (fault.clone(), at.as_str())).collect();
        assert_eq!(
            kinds,
            [(NetworkFault::ExceptCoversAll, "except[0]"), (NetworkFault::ExceptOutside, "except[1]"), (NetworkFault::Unreadable, "except[2]")]
        );
        assert_eq!(faults(&crate::model::Json::from(json!({"cidr": "10.0.0.0/33"})).root())[0].0, NetworkFault::Unreadable);
        assert!(faults(&crate::model::Json::from(json!({"cidr": "10.0.0.7"})).root()).is_empty(), "a single address is a network too");
    }

    #[test]
    fn a_network_covers_what_lies_in_it_and_not_in_its_exceptions() {
        let net = |cidr: &str, except: &[&str]| Network { cidr: parse(cidr).unwrap(), except: except.iter().filter_map(|e| parse(e)).collect() };
        let wide = [net("10.0.0.0/8", &["10.1.0.0/16"]), net("192.168.0.0/16", &[])];
        assert!(covers(&wide, &[net("10.2.0.0/16", &[]), net("192.168.0.7", &[])]));
        assert!(covers(&wide, &[net("10.0.0.0/8", &["10.0.0.0/12"])]), "the narrow one leaves out more");
        assert!(!covers(&wide, &[net("10.2.0.0/16", &[]), net("172.16.0.0/12", &[])]), "one is outside");
        assert!(!covers(&wide, &[net("10.0.0.0/8", &[])]) && !covers(&wide, &[net("10.1.2.0/24", &[])]), "exceptions");
        assert!(covers(&Network::everywhere(), &wide) && !covers(&wide, &Network::everywhere()));
    }

    #[test]
    fn anywhere_means_all_of_ipv4() {
        assert!(is_anywhere(&Network::everywhere()));
        assert!(!is_anywhere(&[Network::from("10.0.0.0/8".parse::<IpNet>().unwrap())]));
    }
}
