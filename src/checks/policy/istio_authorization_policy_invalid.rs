use crate::checks::Findings;
use crate::checks::support::istio::schema::authorization_values as values;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{Judge, has, ip_or_cidr, one_target, selector, target_refs};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// An AuthorizationPolicy keeps to Istio's rules: the action has what it needs, no rule holds an empty `from`, `to` or `when`, and addresses, ports,
    /// paths, service accounts and the keys of conditions can be understood. A DENY rule whose operations hold only HTTP
    /// attributes is worth knowing: on a port that carries plain TCP a sidecar cannot match them and refuses more.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid policy. Where it came in past the webhook, the policy is not what it looks: a rule that is dropped denies
    /// nothing, or allows nothing.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// # Example
    ///
    /// ```yaml
    /// action: DENY
    /// rules:
    /// - to: [{operation: {methods: [POST]}}]                 # also closes every TCP port
    /// - to: [{operation: {methods: [POST], ports: ["80"]}}]  # only where HTTP is spoken
    /// ```
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`, `pkg/config/security/security.go`.
    "istio-authorization-policy-invalid",
    summary: "AuthorizationPolicy that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133", "KIA0101", "KIA0102"],
    severity: Severity::Error,
    category: Category::Policy,
    mesh: MeshTag::Istio,
    needs: &[Kind::AuthorizationPolicy],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::AuthorizationPolicy, |judge, spec, _| {
        one_target(judge, spec);
        selector(judge, spec, "selector");
        target_refs(judge, spec);
        let action = spec.text("action");
        if ["CUSTOM", "DENY"].contains(&action) && !has(spec, "rules") {
            let message = format!("action {action} without rules never applies");
            judge.error(spec.path_of("rules"), message, "Write rules; an empty one, rules: [{}], applies to every request.");
        }
        let named = spec.at(["provider", "name"]).is_some_and(|name| !name.is_empty());
        if action == "CUSTOM" && has(spec, "rules") && !named {
            let hint = "Write provider: {name: …} of an extensionProviders entry in MeshConfig.";
            judge.error(spec.path_of("provider"), "action CUSTOM names no provider", hint);
        }
        if let Some(provider) = spec.get("provider").filter(|_| action != "CUSTOM") {
            judge.error(provider.path(), "a provider is for action CUSTOM alone", "Remove provider, or write action: CUSTOM.");
        }
        for rule in spec.list("rules") {
            self::rule(judge, &rule, action);
        }
    });
}

fn rule(judge: &mut Judge<'_>, rule: &Field<'_>, action: &str) {
    for name in ["from", "to"] {
        if let Some(list) = rule.get(name).filter(Field::is_empty) {
            let hint = format!("Fill the list, or remove {name}, which means the same.");
            judge.doubt(list.path(), format!("an empty {name} restricts nothing"), hint);
        }
    }
    let mut sources = Vec::new();
    for from in rule.list("from") {
        match from.get("source") {
            None => judge.error(from.path_of("source"), "this entry has no source", "Write source with at least one field."),
            Some(source) => {
                self::source(judge, &source, action);
                sources.push(source);
            }
        }
    }
    let mut operations = Vec::new();
    for to in rule.list("to") {
        match to.get("operation") {
            None => judge.error(to.path_of("operation"), "this entry has no operation", "Write operation with at least one field."),
            Some(operation) => {
                self::operation(judge, &operation);
                operations.push(operation);
            }
        }
    }
    for condition in rule.list("when") {
        self::condition(judge, &condition, action);
    }
    if action == "DENY" {
        tcp_too(judge, rule, &sources, &operations);
    }
}

/// Fields that can be told of any connection, so that they hold a DENY rule back on TCP ports.
const CONNECTION: [&str; 10] = [
    "principals",
    "notPrincipals",
    "ipBlocks",
    "notIpBlocks",
    "namespaces",
    "notNamespaces",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
    "serviceAccounts",
    "notServiceAccounts",
];

fn tcp_too(judge: &mut Judge<'_>, rule: &Field<'_>, sources: &[Field<'_>], operations: &[Field<'_>]) {
    let by_source = sources.iter().any(|source| CONNECTION.iter().any(|name| has(source, name)));
    let by_port = operations.iter().any(|operation| has(operation, "ports") || has(operation, "notPorts"));
    let open = if operations.is_empty() { !sources.is_empty() && !by_source } else { !by_port };
    if open {
        // Whether it holds for such a port, and who enforces it there, `istio-policy-deny-on-tcp` finds out.
        let more = if by_source || rule.get("when").is_some() { "more than it says" } else { "every connection" };
        let message = format!("where a sidecar carries plain TCP, HTTP attributes fall away and this DENY rule refuses {more}");
        judge.note(rule.path(), message, "Add operation.ports with the HTTP ports that the rule is meant for, if there are others.");
    }
}

fn source(judge: &mut Judge<'_>, source: &Field<'_>, action: &str) {
    const KNOWN: [&str; 4] = ["requestPrincipals", "notRequestPrincipals", "trustDomains", "notTrustDomains"];
    if !CONNECTION.iter().chain(&KNOWN).any(|name| has(source, name)) {
        judge.error(source.path(), "the source is empty", "Write at least one field, or remove the entry.");
    }
    if action == "CUSTOM" {
        let identity = CONNECTION.iter().chain(&KNOWN).filter(|name| !name.to_ascii_lowercase().contains("ipblocks") && has(source, name));
        for name in identity {
            judge.error(source.path_of(name), format!("{name} cannot be used with action CUSTOM"), "Match by ipBlocks, or decide in the provider.");
        }
    }
    let identity = ["principals", "notPrincipals", "namespaces", "notNamespaces"].iter().any(|name| has(source, name));
    for name in ["serviceAccounts", "notServiceAccounts"] {
        if identity && has(source, name) {
            let message = format!("{name} cannot stand beside principals or namespaces");
            judge.about("serviceAccounts").error(source.path_of(name), message, "Write namespace/name in serviceAccounts, and remove the others.");
        }
        values::service_accounts(judge, source, name);
    }
    for name in ["trustDomains", "notTrustDomains"] {
        values::trust_domains(judge, source, name);
    }
    for name in ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"] {
        source.texts(name).for_each(|(text, block)| judge.judge(&block, ip_or_cidr(text)));
    }
    for name in ["principals", "notPrincipals", "requestPrincipals", "notRequestPrincipals", "namespaces", "notNamespaces"] {
        values::not_empty(judge, source, name);
    }
}

fn operation(judge: &mut Judge<'_>, operation: &Field<'_>) {
    const KNOWN: [&str; 8] = ["ports", "methods", "paths", "hosts", "notPorts", "notMethods", "notPaths", "notHosts"];
    if !KNOWN.iter().any(|name| has(operation, name)) {
        judge.error(operation.path(), "the operation is empty", "Write at least one field, or remove the entry.");
    }
    for name in ["methods", "notMethods", "paths", "notPaths", "hosts", "notHosts"] {
        values::not_empty(judge, operation, name);
    }
    for name in ["ports", "notPorts"] {
        values::ports(judge, operation, name);
    }
    for name in ["paths", "notPaths"] {
        values::path_templates(judge, operation, name);
    }
}

fn condition(judge: &mut Judge<'_>, condition: &Field<'_>, action: &str) {
    let key = condition.text("key");
    if key.is_empty() {
        judge.error(condition.path_of("key"), "the condition has no key", "Write key, for example request.headers[x-name].");
        return;
    }
    let identity = ["source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"].contains(&key);
    if action == "CUSTOM" && (identity || key.starts_with("request.auth.")) {
        let message = format!("condition {key:?} cannot be used with action CUSTOM");
        judge.error(condition.path_of("key"), message, "Decide by identity in the provider.");
    }
    if !has(condition, "values") && !has(condition, "notValues") {
        judge.error(condition.path_of("values"), format!("the condition on {key:?} has no values"), "Write values or notValues.");
    } else {
        values::condition(judge, condition, key);
    }
}
