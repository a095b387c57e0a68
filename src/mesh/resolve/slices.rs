//! Endpoints that no selector makes: what EndpointSlices list for a Service, by hand, by a controller of one's own, or by Linkerd's mirror.

use crate::index::{Index, Sight};
use crate::model::{Evidence, Gap, Kind, Object, Pod, Service, Str, Subject};

/// The label that names the Service of an EndpointSlice.
pub const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The identity of the other cluster's gateway, on what Linkerd mirrors.
const GATEWAY_IDENTITY: &str = "mirror.linkerd.io/remote-gateway-identity";

/// An address that an EndpointSlice lists.
#[derive(Clone, Debug)]
pub struct Listed<'a> {
    pub slice: &'a Object,
    pub address: &'a str,
    /// The pod, where the slice names one that was read.
    pub pod: Option<&'a Pod>,
    /// Nothing when the slice has no port of that name.
    pub port: Option<u16>,
    pub ready: bool,
}

impl<'a> Listed<'a> {
    /// The identity that Linkerd's proxies expect, where the address is the gateway of another cluster.
    pub fn gateway_identity(&self) -> Option<&'a str> {
        self.slice.meta.annotations.get(GATEWAY_IDENTITY).filter(|identity| !identity.is_empty())
    }

    /// Where it stands.
    pub fn evidence(&self, text: impl Into<String>) -> Evidence {
        Evidence::object(self.slice.reference(), text)
    }
}

/// What is listed for the port `port` (its name, empty when it has none) of a Service; the gap where EndpointSlices were not read.
pub fn listed<'a>(index: &'a Index, service: &Service, port: &str) -> Result<Vec<Listed<'a>>, Gap> {
    let namespace = &service.metadata.namespace;
    let slices = index.objects_in(Kind::EndpointSlice, namespace).iter().filter(|s| s.meta.labels.is(SERVICE_NAME, &service.metadata.name));
    let mut found: Vec<Listed<'a>> = slices.flat_map(|slice| of_slice(index, slice, port)).collect();
    if found.is_empty()
        && let Some(gap) = unseen(index, service)
    {
        return Err(gap);
    }
    found.sort_by_key(|listed| listed.address);
    found.dedup_by_key(|listed| listed.address);
    Ok(found)
}

fn unseen(index: &Index, service: &Service) -> Option<Gap> {
    let namespace = &service.metadata.namespace;
    // Where only those of mirrors were read, others may be there.
    let elsewhere = index.inventory().by_label.contains(&Kind::EndpointSlice);
    match index.sight(Kind::EndpointSlice, namespace) {
        Sight::Clear if !elsewhere => None,
        Sight::Hidden(Some(gap)) => Some(gap),
        Sight::Clear | Sight::Hidden(None) | Sight::NotInFiles => {
            let detail: Str = format!("Service {} has no selector: its endpoints are written elsewhere", service.metadata.name).into();
            Some(Gap::Incomplete { kind: Kind::EndpointSlice, namespace: namespace.clone(), detail })
        }
    }
}

fn of_slice<'a>(index: &'a Index, slice: &'a Object, port: &str) -> Vec<Listed<'a>> {
    // Slices have their ports beside `spec`, which they lack.
    let root = slice.root();
    let mut ports = root.list("ports").filter(|p| p.text("name") == port && matches!(p.text("protocol"), "" | "TCP"));
    let port = ports.next().and_then(|p| p.get("port")?.int()).and_then(|n| u16::try_from(n).ok());
    let listed = root.list("endpoints").flat_map(|endpoint| {
        // What says nothing is ready.
        let ready = endpoint.at(["conditions", "ready"]).and_then(|r| r.bool()) != Some(false);
        let target = endpoint.get("targetRef").filter(|target| target.text("kind") == "Pod");
        let pod = target.and_then(|target| index.pod(&slice.meta.namespace, target.text("name")));
        let addresses: Vec<&'a str> = endpoint.texts("addresses").map(|(address, _)| address).take(1).collect();
        addresses.into_iter().map(move |address| Listed { slice, address, pod, port, ready })
    });
    listed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::testing::World;

    const SERVICE: &str =
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"db"},"spec":{"ports":[{"name":"sql","port":5432}]}}"#;

    fn rows(objects: &[&str]) -> Vec<(String, Option<u16>, bool)> {
        let world = World::new(objects);
        let index = world.view().index;
        let listed = listed(index, index.service("shop", "db").unwrap(), "sql").unwrap();
        listed.iter().map(|l| (l.address.to_owned(), l.port, l.ready)).collect()
    }

    #[test]
    fn addresses_have_the_port_of_the_name_and_are_ready_unless_they_say_no() {
        let slice = r#"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
            "metadata":{"namespace":"shop","name":"db-1","labels":{"kubernetes.io/service-name":"db"}},
            "ports":[{"name":"sql","port":6432},{"name":"admin","port":80}],
            "endpoints":[{"addresses":["10.1.0.9"]},{"addresses":["10.1.0.8"],"conditions":{"ready":false}}]}"#;
        let other = slice.replace("db-1", "other").replace(r#"service-name":"db""#, r#"service-name":"other""#);
        assert_eq!(rows(&[SERVICE, slice, &other]), [("10.1.0.8".to_owned(), Some(6432), false), ("10.1.0.9".to_owned(), Some(6432), true)]);
        assert!(rows(&[SERVICE]).is_empty());
    }

    #[test]
    fn slices_that_were_not_read_are_a_gap() {
        let world = World::without(&[SERVICE], Kind::EndpointSlice, "");
        let index = world.view().index;
        assert!(listed(index, index.service("shop", "db").unwrap(), "sql").is_err());
    }
}
