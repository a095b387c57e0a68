//! The values that AuthorizationPolicies match by.

use crate::mesh::istio::validation::{Fault, Judge, Verdict, fault, ip_or_cidr};
use crate::model::Field;

/// No text of the list `name` may be empty.
pub(in crate::checks) fn not_empty(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    for (_, item) in field.texts(name).filter(|(text, _)| text.is_empty()) {
        let fault = Fault { message: format!("{name} holds an empty value"), hint: "Remove it, or write \"*\" to mean any value.".into() };
        let codes: &[&'static str] = match name {
            "methods" => &["IST0106", "KIA0102"],
            "namespaces" => &["IST0106", "KIA0101"],
            _ => &["IST0106"],
        };
        judge.error_as(item.path(), fault, codes);
    }
}

/// Ports are numbers up to 65535, written as text.
pub(in crate::checks) fn ports(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    for item in field.list(name) {
        let good = match item.str() {
            Some(text) => !text.starts_with('+') && text.parse::<u16>().is_ok(),
            None => item.int().is_some_and(|n| (0..=65535).contains(&n)),
        };
        if !good {
            judge.error(item.path(), format!("{item} is not a port"), "Write a number from 1 to 65535 in quotes: \"8080\".");
        }
    }
}

/// Service accounts: at most 16, each `name` or `namespace/name`, without wildcards.
pub(in crate::checks) fn service_accounts(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    let count = field.list(name).count();
    if count > 16 {
        judge.error(field.path_of(name), format!("{name} holds {count} values, at most 16 are allowed"), "Write another from entry for the rest.");
    }
    for (text, item) in field.texts(name) {
        judge.judge(&item, service_account(text));
    }
}

fn service_account(text: &str) -> Verdict {
    if text.contains('*') {
        return fault(format!("{text:?} has a wildcard, which service accounts do not know"), "Name the account, or match by principals.");
    }
    if text.len() > 320 {
        return fault(format!("the service account has {} characters, at most 320 are allowed", text.len()), "Shorten it.");
    }
    if text.is_empty() || text.matches('/').count() > 1 || text.starts_with('/') || text.ends_with('/') {
        return fault(format!("{text:?} is not a service account"), "Write name, or namespace/name.");
    }
    Ok(())
}

/// Trust domains: a wildcard at one end, and no path.
pub(in crate::checks) fn trust_domains(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    for (text, item) in field.texts(name) {
        judge.judge(&item, wildcard(text));
        if text.contains('/') {
            judge.error(
                item.path(),
                format!("{text:?} is not a trust domain: it holds a '/'"),
                "Write the trust domain alone, for example cluster.local.",
            );
        }
    }
}

fn wildcard(text: &str) -> Verdict {
    let stars = text.matches('*').count();
    if text.is_empty() {
        return fault("the value is empty", "Remove it, or write \"*\" to mean any value.");
    }
    if stars > 1 || (stars == 1 && !text.starts_with('*') && !text.ends_with('*')) {
        return fault(format!("{text:?} has a wildcard that is not at one end"), "Write the wildcard once, at the beginning or the end.");
    }
    Ok(())
}

/// Paths with templates: `{*}` for one segment, and `{**}` for any number of them as the last template.
pub(in crate::checks) fn path_templates(judge: &mut Judge<'_>, field: &Field<'_>, name: &'static str) {
    for (text, item) in field.texts(name) {
        judge.judge(&item, path_template(text));
    }
}

fn path_template(path: &str) -> Verdict {
    let templated = path.contains("{*}") || path.contains("{**}");
    let mut last = false;
    for segment in path.trim_matches('/').split('/') {
        if segment == "{*}" || segment == "{**}" {
            if last {
                return fault(format!("path {path:?} has a template after {{**}}"), "Write {**} as the last template of the path.");
            }
            last = segment == "{**}";
        } else if segment.contains(['{', '}']) {
            return fault(format!("path {path:?} has braces that are no template"), "Write {*} or {**} as whole segments.");
        } else if templated && !is_literal(segment) {
            let hint = "Use letters, digits and -._~%!$&'()+,;:@= beside templates; \"*\" cannot be mixed with them.";
            return fault(format!("segment {segment:?} of path {path:?} cannot stand beside templates"), hint);
        }
    }
    Ok(())
}

fn is_literal(segment: &str) -> bool {
    !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&b))
}

/// The values of a condition, by its key.
pub(in crate::checks) fn condition(judge: &mut Judge<'_>, condition: &Field<'_>, key: &str) {
    if let Err(fault) = known_key(key) {
        judge.error(condition.path_of("key"), fault.message, fault.hint);
        return;
    }
    for name in ["values", "notValues"] {
        match key {
            "source.ip" | "remote.ip" | "destination.ip" => {
                condition.texts(name).for_each(|(text, item)| judge.judge(&item, ip_or_cidr(text)));
            }
            "destination.port" => ports(judge, condition, name),
            "source.serviceAccount" => service_accounts(judge, condition, name),
            "source.trustDomain" => condition.texts(name).for_each(|(text, item)| judge.judge(&item, wildcard(text))),
            _ => not_empty(judge, condition, name),
        }
    }
}

fn known_key(key: &str) -> Verdict {
    const PLAIN: [&str; 12] = [
        "source.ip",
        "remote.ip",
        "source.namespace",
        "source.serviceAccount",
        "source.principal",
        "source.trustDomain",
        "request.auth.principal",
        "request.auth.audiences",
        "request.auth.presenter",
        "destination.ip",
        "destination.port",
        "connection.sni",
    ];
    const MAPS: [&str; 3] = ["request.headers", "request.auth.claims", "experimental.envoy.filters."];
    if MAPS.iter().any(|map| key.starts_with(map)) {
        let open = key.find('[').unwrap_or_default();
        if open > 0 && key.ends_with(']') && open + 2 < key.len() {
            return Ok(());
        }
        return fault(format!("condition {key:?} does not say which entry it means"), "Write the entry in brackets: request.headers[x-name].");
    }
    if PLAIN.contains(&key) {
        return Ok(());
    }
    match key {
        "destination.namespace" => {
            fault("destination.namespace is no condition", "Put the policy into the namespace instead: it applies there alone.")
        }
        _ if key.starts_with("destination.labels") => fault(format!("{key:?} is no condition"), "Write selector.matchLabels instead."),
        "destination.name" | "destination.user" => {
            fault(format!("{key:?} is a condition of Istio before 1.4"), "Select the workload with selector.matchLabels instead.")
        }
        _ => fault(
            format!("Istio knows no condition {key:?}"),
            format!("Write one of {}, request.headers[…], request.auth.claims[…].", PLAIN.join(", ")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_whole_segments() {
        for good in ["/a/{*}/b/{**}", "/a*", "*", "/{**}", "/", "/{**}/a.b"] {
            assert!(path_template(good).is_ok(), "{good}");
        }
        for bad in ["/{**}/{*}", "/a{*}", "/{a}", "/{*}/a*", "/{*}//b"] {
            assert!(path_template(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_of_maps_name_an_entry() {
        assert!(known_key("request.headers[a]").is_ok() && known_key("source.ip").is_ok());
        for bad in ["request.headers", "request.headers[]", "source.ips", "destination.labels[a]", ""] {
            assert!(known_key(bad).is_err(), "{bad}");
        }
    }
}
