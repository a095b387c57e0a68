use serde_json::Value;

use crate::checks::Findings;
use crate::checks::support::istio::schema::judged::each;
use crate::mesh::istio::validation::{Judge, duration, go_url, has, one_target, scheme, selector, target_refs};
use crate::model::{Field, Kind};
use crate::report::{Category, MeshTag, Severity};
use crate::world::World;

crate::check! {
    /// # What it checks
    ///
    /// A RequestAuthentication keeps to Istio's rules: every JWT rule has an issuer or a JWKS URI, the URI is http or https, inline keys can be read,
    /// and no audience, header, parameter or cookie is empty. Private and symmetric keys among the inline ones count as errors, though Istio only
    /// warns of them.
    ///
    /// # Why it matters
    ///
    /// Istio's webhook refuses an invalid policy. Where it came in past the webhook, tokens are not checked, or every token is refused. A private key
    /// in a policy can be read by everybody who may read policies; whoever has it can make tokens.
    ///
    /// # How to fix it
    ///
    /// Each finding names the field, what is allowed there and what to write.
    ///
    /// Sources: IST0106, IST0133: istio `pkg/config/validation/validation.go`, `pkg/config/security/security.go`.
    "istio-request-authentication-invalid",
    summary: "RequestAuthentication that Istio refuses or warns of",
    aliases: &["IST0106", "IST0133"],
    severity: Severity::Error,
    category: Category::Config,
    mesh: MeshTag::Istio,
    needs: &[Kind::RequestAuthentication],
    run: run,
}

fn run(world: &World, findings: &mut Findings<'_>) {
    each(world, findings, Kind::RequestAuthentication, |judge, spec, _| {
        one_target(judge, spec);
        selector(judge, spec, "selector");
        target_refs(judge, spec);
        for rule in spec.list("jwtRules") {
            jwt_rule(judge, &rule);
        }
    });
}

fn jwt_rule(judge: &mut Judge<'_>, rule: &Field<'_>) {
    for (name, what) in [("audiences", "audience"), ("fromParams", "parameter"), ("fromCookies", "cookie")] {
        for (_, field) in rule.texts(name).filter(|(text, _)| text.is_empty()) {
            judge.error(field.path(), format!("the {what} is empty"), "Write its name, or remove the entry.");
        }
    }
    if !has(rule, "issuer") && !has(rule, "jwksUri") {
        judge.error(rule.path_of("issuer"), "the rule has neither issuer nor jwksUri", "Write issuer: the iss claim of the tokens.");
    }
    let uri = rule.text("jwksUri");
    if !uri.is_empty() && !is_http(uri) {
        judge.error(rule.path_of("jwksUri"), format!("{uri:?} is not an http or https URL"), "Write https://host/path.");
    }
    for location in rule.list("fromHeaders").filter(|l| !has(l, "name")) {
        judge.error(location.path_of("name"), "the header has no name", "Write name, for example Authorization.");
    }
    for output in rule.list("outputClaimToHeaders") {
        let header = output.text("header");
        if header.is_empty() || !has(&output, "claim") {
            judge.error(output.path(), "the header or the claim is missing", "Write header and claim.");
        } else if !header.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            judge.error(output.path_of("header"), format!("{header:?} is not the name of a header"), "Use letters, digits, '-' and '_'.");
        }
    }
    if let Some(timeout) = rule.get("timeout") {
        duration(judge, &timeout);
    }
    inline_keys(judge, rule);
}

fn is_http(uri: &str) -> bool {
    go_url(uri) && scheme(uri).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// Judges `jwks`: a key set or a single key as JSON. The keys themselves never go into a message.
fn inline_keys(judge: &mut Judge<'_>, rule: &Field<'_>) {
    let text = rule.text("jwks");
    if text.is_empty() {
        return;
    }
    let path = rule.path_of("jwks");
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        judge.error(path, "the inline keys are not JSON", "Write a JSON Web Key Set: {\"keys\": […]}.");
        return;
    };
    let single = std::slice::from_ref(&document);
    let keys = document.get("keys").map_or(Some(single), |keys| keys.as_array().map(Vec::as_slice));
    let Some(keys) = keys.filter(|keys| keys.iter().all(is_key)) else {
        judge.error(
            path,
            "the inline keys are not a JSON Web Key Set",
            "Write {\"keys\": […]} with kty and the parameters of each key in base64url.",
        );
        return;
    };
    for (i, key) in keys.iter().enumerate() {
        if key.get("d").is_some() || key.get("kty").and_then(Value::as_str) == Some("oct") {
            let hint = "Replace the key, since it has been seen, and list only the public part: without d, and never a symmetric one.";
            let name = key.get("kid").and_then(Value::as_str).map_or_else(|| format!("key {i}"), |kid| format!("key {kid:?}"));
            judge.about(name.as_str()).alarm(
                path.clone(),
                format!("{name} is private or symmetric: whoever reads this object can sign tokens"),
                hint,
            );
        }
    }
}

fn is_key(key: &Value) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let base64 = |v: &str| !v.is_empty() && v.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b));
    let binary = |name: &&str| text(name).is_some_and(base64);
    match text("kty") {
        Some("RSA") => ["n", "e"].iter().all(binary),
        Some("EC") => text("crv").is_some() && ["x", "y"].iter().all(binary),
        Some("OKP") => text("crv").is_some() && binary(&"x"),
        Some("oct") => binary(&"k"),
        _ => false,
    }
}
