//! Port lists as Linkerd's annotations write them: `25,3306,8000-8100`.

use std::fmt;

use crate::model::PodSpec;

/// Ports as ascending, disjoint ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortSet(Vec<(u16, u16)>);

/// An item of a port list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortListFault {
    /// The item.
    pub token: String,
    /// What is wrong with it.
    pub why: Fault,
}

/// What is wrong with an item of a port list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A port name where a number is expected.
    Name,
    /// Port 0, or beyond 65535.
    OutOfRange,
    /// A range whose end comes before its beginning.
    Decreasing,
    /// Neither a number, a range nor a name.
    Unreadable,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "is a port name, and only numbers are read here",
            Self::OutOfRange => "is not between 1 and 65535",
            Self::Decreasing => "is a range that ends before it begins",
            Self::Unreadable => "is neither a port nor a range of ports",
        })
    }
}

impl PortSet {
    /// The ports of ranges in any order.
    fn of(mut ranges: Vec<(u16, u16)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged)
    }

    /// Reads a list as the policy controller does: numbers and ranges only, and the first fault spoils the whole list.
    pub fn strict(text: &str) -> Result<Self, PortListFault> {
        let ranges = items(text).map(|token| range(token).map_err(|why| PortListFault { token: token.to_owned(), why }));
        ranges.collect::<Result<_, _>>().map(Self::of)
    }

    /// Reads a list as the injector and the destination controller do: names of `spec`'s ports count too, and faulty items are passed over.
    pub fn lenient(text: &str, spec: Option<&PodSpec>) -> (Self, Vec<PortListFault>) {
        let (mut ranges, mut faults) = (Vec::new(), Vec::new());
        for token in items(text) {
            match named(spec, token).map_or_else(|| range(token), |port| Ok((port, port))) {
                Ok(range) => ranges.push(range),
                Err(why) => faults.push(PortListFault { token: token.to_owned(), why }),
            }
        }
        (Self::of(ranges), faults)
    }

    /// Whether `port` is one of them.
    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&port))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ports that are in both.
    pub fn intersection(&self, other: &Self) -> Self {
        let both = self.0.iter().flat_map(|(low, high)| other.0.iter().map(move |(l, h)| (*low.max(l), *high.min(h))));
        Self::of(both.filter(|(low, high)| low <= high).collect())
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (low, high)) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if low == high { write!(f, "{comma}{low}")? } else { write!(f, "{comma}{low}-{high}")? }
        }
        Ok(())
    }
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|token| !token.is_empty())
}

fn range(token: &str) -> Result<(u16, u16), Fault> {
    let Some((low, high)) = token.split_once('-') else { return number(token).map(|port| (port, port)) };
    let looks_like_a_name = || token.chars().any(|c| c.is_ascii_alphabetic());
    let bound = |text: &str| number(text.trim()).map_err(|why| if looks_like_a_name() { Fault::Name } else { why });
    let (low, high) = (bound(low)?, bound(high)?);
    if low <= high { Ok((low, high)) } else { Err(Fault::Decreasing) }
}

fn number(text: &str) -> Result<u16, Fault> {
    match text.parse::<u64>() {
        Ok(port) => u16::try_from(port).ok().filter(|p| *p > 0).ok_or(Fault::OutOfRange),
        Err(_) if is_port_name(text) => Err(Fault::Name),
        Err(_) => Err(Fault::Unreadable),
    }
}

/// Kubernetes' rule for port names, as far as it tells a name from a mistyped number.
fn is_port_name(text: &str) -> bool {
    text.len() <= 15 && text.chars().any(|c| c.is_ascii_lowercase()) && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn named(spec: Option<&PodSpec>, name: &str) -> Option<u16> {
    // Of several ports of a name the last one counts, and regular containers come after init containers.
    let mut ports = spec.into_iter().flat_map(|s| s.init_containers.iter().chain(&s.containers)).flat_map(|c| &c.ports);
    ports.rfind(|p| p.name == name).and_then(|p| u16::try_from(p.container_port).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_read_and_merged() {
        let set = PortSet::strict(" 8080, 10-12 ,11-20,").unwrap();
        assert_eq!(set.to_string(), "10-20,8080");
        assert!(set.contains(15) && set.contains(8080) && !set.contains(21));
        assert!(PortSet::strict("").unwrap().is_empty());
    }

    #[test]
    fn one_bad_item_spoils_a_strict_list_and_only_itself_in_a_lenient_one() {
        let why = |text: &str| PortSet::strict(text).unwrap_err().why;
        assert_eq!(why("80,http"), Fault::Name);
        assert_eq!(why("grpc-web"), Fault::Name);
        assert_eq!(why("0"), Fault::OutOfRange);
        assert_eq!(why("65536"), Fault::OutOfRange);
        assert_eq!(why("9-8"), Fault::Decreasing);
        assert_eq!(why("8-"), Fault::Unreadable);
        assert_eq!(why("80;443"), Fault::Unreadable);
        let (set, faults) = PortSet::lenient("80,9-8,443", None);
        assert_eq!((set.to_string().as_str(), faults.len()), ("80,443", 1));
    }

    #[test]
    fn names_are_looked_up_where_they_are_read() {
        let spec: PodSpec = serde_json::from_str(r#"{"containers":[{"ports":[{"name":"db","containerPort":5432}]}]}"#).unwrap();
        assert_eq!(PortSet::lenient("db", Some(&spec)).0.to_string(), "5432");
        assert_eq!(PortSet::lenient("other", Some(&spec)).1[0].why, Fault::Name);
    }

    #[test]
    fn intersections_keep_what_both_hold() {
        let set = |text| PortSet::strict(text).unwrap();
        assert_eq!(set("1-10,20").intersection(&set("5-25")).to_string(), "5-10,20");
        assert!(set("1").intersection(&set("2")).is_empty());
    }
}
