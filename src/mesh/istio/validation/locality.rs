//! Load balancing by locality and zone.

use std::collections::{BTreeMap, BTreeSet};

use crate::mesh::istio::validation::{Judge, has};
use crate::model::Field;

const TOPOLOGY: [&str; 3] = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"];

/// Judges `localityLbSetting`; `outlier` says whether ejection is configured beside it.
pub(crate) fn locality_lb(judge: &mut Judge<'_>, lb: &Field<'_>, outlier: bool) {
    if has(lb, "distribute") && has(lb, "failover") {
        judge.error(lb.path_of("failover"), "distribute and failover are used together", "Keep one of the two.");
        return;
    }
    if has(lb, "failover")
        && let Some((label, field)) = lb.texts("failoverPriority").find(|(label, _)| TOPOLOGY.contains(label))
    {
        let message = format!("failover and the topology label {label:?} in failoverPriority are used together");
        judge.error(field.path(), message, "Keep failover, or order by failoverPriority alone.");
        return;
    }
    for share in lb.list("distribute") {
        let mut to: Vec<_> = share.get("to").iter().flat_map(Field::entries).collect();
        let weights: Vec<i64> = to.iter().map(|(_, weight)| weight.int().unwrap_or_default()).collect();
        if let Some(((_, field), weight)) = to.iter().zip(&weights).find(|(_, weight)| !(1..=100).contains(*weight)) {
            judge.error(field.path(), format!("weight {weight} is not between 1 and 100"), "Write a weight from 1 to 100.");
            return;
        }
        let total = weights.iter().fold(0_i64, |sum, weight| sum.saturating_add(*weight));
        if total != 100 {
            judge.error(share.path_of("to"), format!("the weights add up to {total}"), "Make the weights add up to 100.");
            return;
        }
        // A map has no order: what is wrong in every order is wrong, what is wrong in one is so by chance.
        to.sort_by_key(|(locality, _)| (locality.ends_with('*'), std::cmp::Reverse(locality.matches('/').count())));
        let mut seen = Localities::new();
        if localities(judge, &to)
            && let Some((locality, field)) = to.iter().rev().find(|(locality, _)| !insert(&mut seen, &parts(locality)))
        {
            let message = format!("locality {locality:?} lies inside another: Istio's webhook refuses that or not, as the entries happen to come");
            judge.warn(field.path(), message, "Write localities that exclude each other.");
        }
    }
    // A place of origin that is not written is one without a name.
    let origins = lb.list("distribute").map(|share| share.get("from").unwrap_or(share));
    let origins: Vec<_> = origins.filter_map(|from| if from.is_map() { Some(("", from)) } else { Some((from.str()?, from)) }).collect();
    localities(judge, &origins);
    failover(judge, lb, outlier);
}

/// Judges `zoneAwareLbSetting`.
pub(crate) fn zone_aware_lb(judge: &mut Judge<'_>, lb: &Field<'_>, outlier: bool) {
    for (label, field) in lb.texts("failoverPriority").filter(|(label, _)| TOPOLOGY.contains(label)) {
        let message = format!("{label:?} cannot be a failover priority: zone-aware balancing goes by region and zone already");
        judge.error(field.path(), message, "Remove the label; order regions with failover.");
    }
    failover(judge, lb, outlier);
}

fn failover(judge: &mut Judge<'_>, lb: &Field<'_>, outlier: bool) {
    for name in ["failover", "failoverPriority"] {
        if has(lb, name) && !outlier {
            let hint = "Add outlierDetection to the same policy, so that failing endpoints are noticed.";
            judge.warn(lb.path_of(name), "failover does nothing without outlierDetection", hint);
            break;
        }
    }
    for pair in lb.list("failover") {
        let (from, to) = (pair.text("from"), pair.text("to"));
        if from == to {
            judge.error(pair.path(), format!("traffic of region {from:?} fails over to the same region"), "Write two different regions.");
        }
        if from.contains('/') || to.contains('/') {
            judge.about("zones").error(pair.path(), "failover names more than a region", "Write regions alone, without zones.");
        }
        if from.contains('*') || to.contains('*') {
            judge.about("wildcards").error(pair.path(), "failover knows no wildcards", "Write the names of regions.");
        }
    }
}

/// Region, zone and subzone of a locality.
fn parts(locality: &str) -> Vec<&str> {
    locality.splitn(3, '/').collect()
}

/// Judges localities `region/zone/subzone`: no empty parts, a wildcard only at the end, and none inside one that came before it. Whether they are sound.
fn localities(judge: &mut Judge<'_>, listed: &[(&str, Field<'_>)]) -> bool {
    let mut seen = Localities::new();
    for (locality, field) in listed {
        let wildcards = locality.matches('*').count();
        let parts = parts(locality);
        if wildcards > 1 || (wildcards == 1 && !locality.ends_with('*')) {
            judge.error(field.path(), format!("locality {locality:?} has a wildcard that is not at its end"), "Write the wildcard once, at the end.");
            return false;
        }
        if parts.iter().any(|part| part.is_empty()) {
            judge.error(field.path(), format!("locality {locality:?} has an empty part"), "Write region, region/zone or region/zone/subzone.");
            return false;
        }
        if !insert(&mut seen, &parts) {
            judge.error(field.path(), format!("locality {locality:?} overlaps with an earlier one"), "Write localities that exclude each other.");
            return false;
        }
    }
    true
}

/// Regions, zones and subzones that came up; `*` stands for all of a level.
type Localities<'a> = BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<&'a str>>>;

/// Adds a locality unless it overlaps with what is there. A wildcard after narrower ones takes the rest and overlaps with none.
fn insert<'a>(seen: &mut Localities<'a>, parts: &[&'a str]) -> bool {
    let [region, rest @ ..] = parts else { return true };
    let (zone, subzone) = (rest.first().copied(), rest.get(1).copied());
    let zones = seen.get(region);
    let subzones = zone.and_then(|zone| zones?.get(zone));
    let taken = match (zone, subzone) {
        _ if seen.contains_key("*") => true,
        (None, _) => zones.is_some(),
        (Some(_), None) => zones.is_some_and(|z| z.contains_key("*")) || subzones.is_some(),
        (Some(_), Some(subzone)) => zones.is_some_and(|z| z.contains_key("*")) || subzones.is_some_and(|s| s.contains("*") || s.contains(subzone)),
    };
    if !taken {
        seen.entry(region).or_default().entry(zone.unwrap_or("*")).or_default().insert(subzone.unwrap_or("*"));
    }
    !taken
}

#[cfg(test)]
mod tests {
    use super::{Localities, insert};

    fn accepted(localities: &[&'static str]) -> bool {
        let mut seen = Localities::new();
        localities.iter().all(|l| insert(&mut seen, &l.split('/').collect::<Vec<_>>()))
    }

    #[test]
    fn a_wildcard_may_follow_narrower_localities() {
        assert!(accepted(&["a/b", "a/*"]) && accepted(&["a", "*"]) && accepted(&["a/b/c", "a/b/*"]) && accepted(&["a/b", "a/c"]));
        for bad in [&["a/*", "a/b"][..], &["*", "a"], &["a", "a/b"], &["a/b", "a"], &["a/b/c", "a/b"], &["a/b", "a/b/c"], &["a", "a"]] {
            assert!(!accepted(bad), "{bad:?}");
        }
    }
}
