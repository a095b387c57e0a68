use std::collections::BTreeMap;

use crate::checks::Findings;
use crate::model::{Kind, Object, Subject};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// Two Gateways ask for the same address.
    ///
    /// # Why it matters
    ///
    /// Unless their controller merges Gateways, only one of them gets the address; the other stays without (AddressNotUsable), and what is attached
    /// to it is not reached.
    ///
    /// # How to fix it
    ///
    /// Give each an address of its own, or put the listeners into one Gateway.
    ///
    /// Sources: KIA1502; kiali `checkers/k8sgateways/multi_match_checker.go` (which asks for an explicit type, and takes Gateways of one name in two
    /// namespaces for one).
    "gateway-address-in-two-gateways",
    summary: "Two Gateways ask for the same address",
    aliases: &["KIA1502"],
    severity: Severity::Warning,
    category: Category::Gateway,
    mesh: MeshTag::Any,
    needs: &[Kind::Gateway],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    let mut sites: BTreeMap<(&str, &str), Vec<(&Object, String, bool)>> = BTreeMap::new();
    for gateway in world.index.objects(Kind::Gateway) {
        for address in gateway.spec().list("addresses") {
            let (kind, value) = (address.text("type"), address.text("value"));
            if !value.is_empty() {
                let key = (if kind.is_empty() { "IPAddress" } else { kind }, value);
                sites.entry(key).or_default().push((gateway, address.path_of("value"), !kind.is_empty()));
            }
        }
    }
    for ((_, value), sites) in sites {
        for (gateway, path, typed) in &sites {
            let mut others = sites.iter().filter(|(other, ..)| !std::ptr::eq(*other, *gateway)).peekable();
            let Some((other, ..)) = others.peek().copied() else { continue };
            let kiali = *typed && others.any(|(.., typed)| *typed);
            findings
                .add(
                    *gateway,
                    path.as_str(),
                    format!("address {value:?} is asked for by {} too", other.reference()),
                    "Give each Gateway an address of its own, or put the listeners into one Gateway.",
                )
                .related(other.reference(), "asks for the same address")
                .codes(if kiali { &["KIA1502"] } else { &[] });
        }
    }
}
