//! ServiceProfiles: which Service one is for, and what makes one unreadable.

use regex::Regex;

use super::ClusterInfo;
use crate::model::{Field, go_duration};

/// The Service that a profile's name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileName<'a> {
    /// `<service>.<namespace>.svc.<cluster domain>`.
    Service { namespace: &'a str, name: &'a str },
    /// A name that was meant for a Service and is short of it.
    Incomplete,
    /// A host outside of the cluster.
    External,
}

/// Reads a profile's name.
pub fn name<'a>(text: &'a str, cluster: &ClusterInfo) -> ProfileName<'a> {
    let suffix = format!(".svc.{}", cluster.domain);
    if let Some((service, namespace)) = text.strip_suffix(suffix.as_str()).and_then(|rest| rest.split_once('.'))
        && !namespace.contains('.')
    {
        return ProfileName::Service { namespace, name: service };
    }
    let labels: Vec<&str> = text.split('.').collect();
    let short = labels.len() < 2 || labels.get(2) == Some(&"svc");
    if short { ProfileName::Incomplete } else { ProfileName::External }
}

/// A fault of a profile: where, and what.
pub type Fault = (String, String);

/// Faults of a profile's routes.
pub fn route_faults(spec: &Field<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for route in spec.list("routes") {
        if route.text("name").is_empty() {
            faults.push((route.path(), "the route has no name".to_owned()));
        }
        match route.get("condition") {
            Some(condition) => request(&condition, &mut faults),
            None => faults.push((route.path(), "the route has no condition, so nothing takes it".to_owned())),
        }
        if let Some(timeout) = route.get("timeout").filter(|t| t.str().is_none_or(|s| !s.is_empty() && go_duration(s).is_none())) {
            faults.push((timeout.path(), format!("{timeout} is no duration")));
        }
        for class in route.list("responseClasses") {
            match class.get("condition") {
                Some(condition) => response(&condition, &mut faults),
                None => faults.push((class.path(), "the response class has no condition".to_owned())),
            }
        }
    }
    faults
}

fn request(condition: &Field<'_>, faults: &mut Vec<Fault>) {
    let known = ["all", "any", "not", "method", "pathRegex"];
    if !known.iter().any(|name| condition.get(name).is_some_and(|f| f.str() != Some(""))) {
        faults.push((condition.path(), format!("the condition has none of {}", known.join(", "))));
    }
    if let Some(pattern) = condition.get("pathRegex")
        && let Some(Err(_)) = pattern.str().map(Regex::new)
    {
        faults.push((pattern.path(), format!("{pattern} is no valid regular expression")));
    }
    nested(condition).for_each(|inner| request(&inner, faults));
}

fn response(condition: &Field<'_>, faults: &mut Vec<Fault>) {
    if !["all", "any", "not", "status"].iter().any(|name| condition.get(name).is_some()) {
        faults.push((condition.path(), "the condition has none of all, any, not, status".to_owned()));
    }
    if let Some(status) = condition.get("status") {
        let bound = |name| status.get(name).and_then(|f| f.int()).filter(|code| *code != 0);
        let outside = |code: &i64| !(100..=599).contains(code);
        let (min, max) = (bound("min"), bound("max"));
        if min.iter().chain(&max).any(outside) {
            faults.push((status.path(), "status codes are between 100 and 599".to_owned()));
        } else if min.zip(max).is_some_and(|(min, max)| max < min) {
            faults.push((status.path(), "max is smaller than min".to_owned()));
        }
    }
    nested(condition).for_each(|inner| response(&inner, faults));
}

fn nested<'a>(condition: &Field<'a>) -> impl Iterator<Item = Field<'a>> + use<'a> {
    condition.list("all").chain(condition.list("any")).chain(condition.get("not"))
}

/// Faults of a profile's retry budget.
pub fn budget_faults(spec: &Field<'_>) -> Vec<Fault> {
    let Some(budget) = spec.get("retryBudget") else { return Vec::new() };
    let mut faults = Vec::new();
    if let Some(ratio) = budget.get("retryRatio").filter(|r| r.number().is_none_or(|n| !(0.0..=1000.0).contains(&n))) {
        faults.push((ratio.path(), "retryRatio must be a number between 0 and 1000".to_owned()));
    }
    match budget.get("ttl") {
        None => faults.push((budget.path(), "ttl is missing".to_owned())),
        Some(ttl) => match ttl.str().and_then(go_duration) {
            None => faults.push((ttl.path(), format!("{ttl} is no duration"))),
            Some((length, negative)) if negative || !(1..=60).contains(&length.as_secs()) => {
                faults.push((ttl.path(), "ttl must be between 1s and 60s".to_owned()));
            }
            Some(_) => {}
        },
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_profile_is_named_after_a_service() {
        let cluster = ClusterInfo::default();
        assert_eq!(name("web.shop.svc.cluster.local", &cluster), ProfileName::Service { namespace: "shop", name: "web" });
        for short in ["web", "web.shop.svc", "web.shop.svc.other.domain"] {
            assert_eq!(name(short, &cluster), ProfileName::Incomplete, "{short}");
        }
        assert_eq!(name("api.example.org", &cluster), ProfileName::External);
    }

    #[test]
    fn conditions_are_checked_all_the_way_down() {
        let faults = |condition| {
            let value = json!({"routes": [{"name": "r", "condition": condition}]});
            route_faults(&crate::model::Json::from(value).root()).into_iter().map(|(at, _)| at).collect::<Vec<_>>()
        };
        assert!(faults(json!({"all": [{"method": "GET"}, {"not": {"pathRegex": "/x/[^/]*"}}]})).is_empty());
        assert_eq!(faults(json!({"any": [{"pathRegex": "/("}]})), ["routes[0].condition.any[0].pathRegex"]);
        assert_eq!(faults(json!({"not": {}})), ["routes[0].condition.not"]);
    }

    #[test]
    fn a_budget_needs_a_ttl_of_a_minute_at_most() {
        let count = |budget| budget_faults(&crate::model::Json::from(json!({"retryBudget": budget})).root()).len();
        assert_eq!(count(json!({"retryRatio": 0.2, "minRetriesPerSecond": 10, "ttl": "10s"})), 0);
        for bad in [json!({"retryRatio": 0.2}), json!({"ttl": "10"}), json!({"ttl": "2m"}), json!({"ttl": "10s", "retryRatio": -1})] {
            assert_eq!(count(bad.clone()), 1, "{bad}");
        }
    }
}
