//! Rulings in words: the steps of a request, and the rules that decided.

use serde::Serialize;

use super::ruling::{DefaultFrom, NearMiss, Reason, RuleRef, Ruling, Unenforced, Verdict};
use crate::model::{Evidence, Object, ObjectRef, Step, StepResult, Subject};

/// An object that decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Because {
    /// The object; nothing for defaults that stand nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// The field that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What it does.
    pub effect: Verdict,
    /// In words.
    pub text: String,
}

/// The steps that these rulings are.
pub fn steps(rulings: &[Ruling<'_>]) -> Vec<Step> {
    rulings.iter().map(step).collect()
}

fn step(ruling: &Ruling<'_>) -> Step {
    let words = Words::of(ruling);
    let result = match (ruling.verdict, &ruling.reason) {
        (Verdict::Allow, _) => StepResult::Ok,
        (Verdict::Deny | Verdict::NotFound, _) => StepResult::Fails,
        (Verdict::Unknown, Reason::Hidden(gap)) => StepResult::Unknown(Some(gap.clone())),
        (Verdict::Unknown, _) => StepResult::Unknown(None),
    };
    Step { step: ruling.step, at: ruling.at, result, text: words.text, because: words.evidence, hint: words.hint }
}

/// What decided, of all rulings that lead to the verdict.
pub fn because(rulings: &[Ruling<'_>]) -> Vec<Because> {
    let telling = |r: &&Ruling<'_>| !matches!(r.reason, Reason::NoNetworkPolicy);
    let all = rulings.iter().filter(telling).flat_map(|ruling| {
        let words = Words::of(ruling);
        let effect = ruling.verdict;
        if words.evidence.is_empty() {
            return vec![Because { object: None, rule: None, effect, text: words.text }];
        }
        words.evidence.into_iter().map(|e| Because { object: e.object, rule: e.path, effect, text: e.text }).collect()
    });
    all.collect()
}

/// One ruling in words.
struct Words {
    text: String,
    evidence: Vec<Evidence>,
    hint: Option<String>,
}

fn at(rule: &RuleRef<'_>, text: impl Into<String>) -> Evidence {
    Evidence::field(rule.policy.reference(), rule.rule.path(), text)
}

fn whole(policy: &Object, text: impl Into<String>) -> Evidence {
    Evidence::object(policy.reference(), text)
}

/// `spec.rules[2]` as people count.
fn ordinal(rule: &RuleRef<'_>) -> String {
    let path = rule.rule.path();
    let number = path.rsplit_once('[').and_then(|(_, n)| n.trim_end_matches(']').parse::<usize>().ok());
    number.map_or_else(String::new, |n| format!(", rule {}", n + 1))
}

fn list<'a>(policies: impl IntoIterator<Item = &'a ObjectRef>) -> String {
    let names: Vec<String> = policies.into_iter().map(ToString::to_string).collect();
    match names.as_slice() {
        [one] => one.clone(),
        [first, rest @ ..] if rest.len() > 2 => format!("{first} and {} more", rest.len()),
        many => many.join(", "),
    }
}

impl Words {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), evidence: Vec::new(), hint: None }
    }

    fn because(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn by_rule(rule: &RuleRef<'_>, text: &str, does: &str) -> Self {
        let what = format!("{text} {}{}", rule.policy.reference(), ordinal(rule));
        Self::new(what).because(at(rule, does))
    }

    fn of(ruling: &Ruling<'_>) -> Self {
        match &ruling.reason {
            Reason::NotEnforced(Unenforced::Outside) => Self::new("the workload is in no mesh: no policy of a mesh is enforced"),
            Reason::NotEnforced(Unenforced::Excluded(object, annotation)) => {
                let text = "takes the port past the proxy: no policy is enforced on it";
                let path = format!("metadata.annotations{}", crate::model::key(annotation));
                Self::new(format!("{annotation} {text}")).because(Evidence::field(object.clone(), path, text))
            }
            Reason::NoAllowPolicy { denies: 0 } => Self::new("no policy applies: everything is allowed"),
            Reason::NoAllowPolicy { denies } => {
                let what = if *denies == 1 { "the one DENY policy".to_owned() } else { format!("none of the {denies} DENY policies") };
                let matches = if *denies == 1 { "does not match" } else { "matches" };
                Self::new(format!("{what} {matches}, and no ALLOW policy applies: the rest is allowed"))
            }
            Reason::Allowed(rule) => Self::by_rule(rule, "allowed by", "admits it"),
            Reason::Denied(rule) => Self::by_rule(rule, "denied by", "refuses it").hint(format!("Exempt this request in {}.", rule.rule.path())),
            Reason::NoneAdmits { policies, near } => none_admits(policies, near),
            Reason::Waypoint(identity) => {
                let who = if ruling.verdict == Verdict::Allow { "it is the waypoint" } else { "it comes past the waypoint" };
                Self::new(format!("PILOT_AUTO_ALLOW_WAYPOINT_POLICY of istiod admits {identity} and nobody else: {who}"))
                    .hint("Call the Service by its name, so that the waypoint is passed, or write an ALLOW policy for the client.")
            }
            Reason::AsksProvider(rule, name) => {
                let text = format!("the external authorizer {name} decides");
                Self::new(format!("{text}, asked by {}", rule.policy.reference())).because(at(rule, text))
            }
            Reason::BadProvider(rule, why) => {
                let text = format!("the external authorizer cannot be asked ({why}), so istiod refuses what the rule matches");
                Self::new(text.clone())
                    .because(at(rule, text))
                    .hint("Name a provider that MeshConfig's extensionProviders define, with a service of the mesh.")
            }
            Reason::SeveralProviders(rule) => {
                let text = "several external authorizers apply to one workload, so istiod refuses what their rules match";
                Self::new(text).because(at(rule, text)).hint("Let all CUSTOM policies of the workload name the same provider.")
            }
            Reason::TriedCustom(rule) => {
                let text = "a CUSTOM policy with istio.io/dry-run refuses what it matches: istiod puts its rules where Envoy enforces them";
                Self::new(text).because(at(rule, text)).hint("Take the annotation or the policy away: CUSTOM policies cannot be tried out.")
            }
            Reason::TokenInvalid(policy) => {
                let text = "the token does not verify: 401";
                Self::new(text).because(whole(policy, text)).hint("Send a token that is signed by a known issuer and has not expired.")
            }
            Reason::TokenOfUnknownIssuer(policy) => {
                let text = "no jwtRule knows the token's issuer: 401";
                Self::new(text).because(whole(policy, text)).hint("Add a jwtRule for the issuer, or send a token of a known one.")
            }
            Reason::TokenForOthers(policy, rule) => {
                let text = "the token's audience is none that the jwtRule takes: 403";
                let evidence = Evidence::field(policy.reference(), rule.path_of("audiences"), text);
                Self::new(text).because(evidence).hint("Ask for a token with one of these audiences.")
            }
            Reason::NotHttp => Self::new("the port speaks HTTP, and this is no HTTP it takes"),
            Reason::Fragment => Self::new("Envoy answers 400 to a path with a fragment (#)"),
            Reason::Depends(missing) => Self::new(format!("depends on {}", missing.text())),
            Reason::Hidden(gap) => Self::new(gap.to_string()),
            Reason::PlaintextRefused(policy) => {
                let text = "only mutual TLS is accepted (STRICT), and the client speaks plaintext";
                Self::new(text).because(Evidence::field(policy.reference(), "spec.mtls.mode", text)).hint("Bring the client into the mesh.")
            }
            Reason::TlsNotExpected(policy) => {
                let text = "mutual TLS arrives on an HTTP port where only plaintext is expected (DISABLE)";
                Self::new(text).because(Evidence::field(policy.reference(), "spec", text)).hint("Set the port's mode to PERMISSIVE or STRICT.")
            }
            Reason::ForeignTrustDomain(domain) => Self::new(format!("the handshake fails: trust domain {domain:?} is not the mesh's own"))
                .hint("List it in MeshConfig's trustDomainAliases; ztunnel takes no aliases."),
            Reason::Granted { by, limit } => {
                let text = "granted by";
                let mut words = Self::new(format!("{text} {by}")).because(Evidence::object(by.clone(), "grants it"));
                if let Some(limit) = limit {
                    words = words.because(Evidence::object(limit.clone(), "answers 429 to what exceeds its rate"));
                }
                words
            }
            Reason::NoGrant { server, grants, ineffective } => {
                let who = match (grants.is_empty(), ineffective.first().and_then(|v| v.object.as_ref())) {
                    (true, Some(policy)) => format!("{policy}, which is for it, grants nothing"),
                    (true, None) => "nothing grants access to it".to_owned(),
                    (false, _) => format!("{} grants it to others", list(grants)),
                };
                let text = format!("{} governs the port, and {who}", server.reference());
                let words = Self::new(text).because(whole(server, "governs the port; what nothing grants is refused"));
                let grants = grants.iter().map(|g| Evidence::object(g.clone(), "does not grant it to this client"));
                let words = ineffective.iter().cloned().fold(grants.fold(words, Self::because), Self::because);
                words.hint(if ineffective.is_empty() {
                    "Grant it with an AuthorizationPolicy for the Server."
                } else {
                    "Correct what the policy requires, or add what it names."
                })
            }
            Reason::DefaultPolicy { policy, from, authenticated } => {
                let required = if *authenticated { ", and the port asks for an identity" } else { "" };
                let verb = if ruling.verdict == Verdict::Allow { "admits" } else { "refuses" };
                let text = format!("no Server governs the port: the default policy {policy} {verb} it{required}");
                let words = Self::new(text.clone());
                match from {
                    DefaultFrom::Annotation(object) => {
                        let path = format!("metadata.annotations{}", crate::model::key("config.linkerd.io/default-inbound-policy"));
                        words.because(Evidence::field(object.clone(), path, text))
                    }
                    DefaultFrom::Installation => words.because(Evidence::default(format!("{text} (proxy.defaultInboundPolicy of the installation)"))),
                }
            }
            Reason::Localhost => Self::new("the client is in the pod itself: always allowed"),
            Reason::Probe => Self::new("the path of a health probe is open to everybody in the probe networks"),
            Reason::NoRoute(server) => {
                let text = format!("no route of {} takes the request: 404, no policy is asked", server.reference());
                Self::new(text).because(whole(server, "no route takes the request")).hint("Add a rule for it to a route of the Server.")
            }
            Reason::UnreadableRoute(rule) => {
                let text = "a match without method is nothing that the proxy can read: it refuses all that comes to the Server";
                Self::new(text).because(at(rule, text)).hint("Name a service or a method in each match of the GRPCRoute.")
            }
            Reason::NoNetworkPolicy => Self::new("no NetworkPolicy selects the pods"),
            Reason::NetworkOpen { rule, port } => {
                let text = format!("let through on port {port}");
                Self::new(format!("{text} by {}{}", rule.policy.reference(), ordinal(rule))).because(at(rule, text))
            }
            Reason::NetworkClosed { policies, field, port } => {
                let references: Vec<ObjectRef> = policies.iter().map(|p| p.reference()).collect();
                let way = if *field == "ingress" { "to the server" } else { "from the client" };
                let words = Self::new(format!("{} let nothing of this client through {way} on port {port}", list(&references)));
                let text = format!("lets nothing of this client through on port {port}");
                let evidence = policies.iter().map(|p| Evidence::field(p.reference(), format!("spec.{field}"), text.clone()));
                evidence.fold(words, Self::because).hint(format!("Let TCP port {port} through for this client."))
            }
            Reason::NetworkUnclear { policies, missing } => {
                let references: Vec<ObjectRef> = policies.iter().map(|p| p.reference()).collect();
                let words = Self::new(format!("{} select the pods; whether they let it through depends on {}", list(&references), missing.text()));
                policies.iter().fold(words, |w, p| w.because(whole(p, "selects the pods")))
            }
            Reason::NotSent(text, evidence) => {
                let words = Self::new(text.clone()).hint("Add a rule that sends the request on, or correct the one that takes it.");
                evidence.iter().cloned().fold(words, Self::because)
            }
            Reason::SentOutside(host) => {
                Self::new(format!("a route sends it to {host}, which is no Service of the cluster: what decides there is not known"))
            }
            Reason::RouteOpen => Self::new("depends on the route that takes it: say what is sent (--method, --path)"),
            Reason::NoSuchPort(service, port) => {
                let text = format!("{service} has no port {port}");
                Self::new(text.clone()).because(Evidence::field(service.clone(), "spec.ports", text)).hint("Call one of the Service's ports.")
            }
            Reason::NoWorkload(service) => {
                let text = format!("{service} leads to no workload that was read");
                Self::new(text.clone()).because(Evidence::field(service.clone(), "spec.selector", text))
            }
            Reason::Differs(each) => {
                let each: Vec<String> = each.iter().map(|(who, verdict)| format!("{who}: {}", verdict.name())).collect();
                Self::new(format!("pods that may answer decide differently ({})", each.join(", ")))
            }
        }
    }
}

fn none_admits(policies: &[&Object], near: &[NearMiss<'_>]) -> Words {
    let references: Vec<ObjectRef> = policies.iter().map(|p| p.reference()).collect();
    let words = Words::new(format!("no rule of {} admits it", list(&references)));
    if near.is_empty() {
        return policies.iter().fold(words, |w, p| w.because(whole(p, "no rule admits it")));
    }
    let hint = near.iter().find_map(|n| n.add.as_ref().map(|add| format!("Add {add:?} to {} of {}.", n.field, n.policy.reference())));
    let words = near.iter().fold(words, |w, n| w.because(Evidence::field(n.policy.reference(), n.field.clone(), n.text.clone())));
    match hint {
        Some(hint) => words.hint(hint),
        None => words.hint("Add a rule that admits the request."),
    }
}

/// A ruling in one sentence.
pub fn sentence(ruling: &Ruling<'_>) -> String {
    Words::of(ruling).text
}
