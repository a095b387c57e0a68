//! Which security policies apply where: by selector, by target, and by who enforces them. What a policy then decides is not asked here.
//!
//! Istio sources: `pilot/pkg/model/{authorization,policyattachment}.go`, `pilot/pkg/serviceregistry/ambient/workloads.go`.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::labels::GATEWAY_NAME;
use super::{MeshConfig, ambient};
use crate::index::{Index, Workload};
use crate::mesh::MeshView;
use crate::model::{Field, Kind, Map, Membership, MeshId, Object, Str, go_truth};

/// An entry of `targetRefs`, or `targetRef` standing alone.
#[derive(Clone, Debug)]
pub struct Target<'a> {
    /// The entry itself.
    pub field: Field<'a>,
    /// API group; empty for core (also when it is written as `core`).
    pub group: &'a str,
    /// Kind.
    pub kind: &'a str,
    /// Name.
    pub name: &'a str,
}

impl<'a> Target<'a> {
    fn of(field: Field<'a>) -> Self {
        let group = Some(field.text("group")).filter(|g| *g != "core").unwrap_or_default();
        Self { group, kind: field.text("kind"), name: field.text("name"), field }
    }

    /// The kind it means, among those that a policy can target.
    pub fn known_kind(&self) -> Option<Kind> {
        match (self.group, self.kind) {
            ("", "Service") => Some(Kind::Service),
            ("networking.istio.io", "ServiceEntry") => Some(Kind::ServiceEntry),
            ("gateway.networking.k8s.io", "Gateway") => Some(Kind::Gateway),
            ("gateway.networking.k8s.io", "GatewayClass") => Some(Kind::GatewayClass),
            _ => None,
        }
    }
}

/// What a policy names as its targets: `targetRefs`, or the older `targetRef` when that list is empty.
pub fn targets(policy: &Object) -> Vec<Target<'_>> {
    let spec = policy.spec();
    let many: Vec<Target<'_>> = spec.list("targetRefs").map(Target::of).collect();
    if many.is_empty() { spec.get("targetRef").map(Target::of).into_iter().collect() } else { many }
}

/// The labels of `spec.selector`; nothing when there is no selector, an empty map when it has no labels.
pub fn selector(policy: &Object) -> Option<Map> {
    let selector = policy.spec().get("selector")?;
    Some(labels(selector.get("matchLabels")))
}

/// A map of labels as it stands in a custom resource; values that are no text are passed over.
pub fn labels(field: Option<Field<'_>>) -> Map {
    field.into_iter().flat_map(|f| f.entries().collect::<Vec<_>>()).filter_map(|(k, v)| Some((k, v.str()?))).collect()
}

/// What an AuthorizationPolicy does with the traffic its rules match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Lets it through, and with it nothing else.
    Allow,
    /// Refuses it.
    Deny,
    /// Marks it for audit.
    Audit,
    /// Asks an external authorizer.
    Custom,
    /// A word that Istio does not know: it refuses the policy, and nothing enforces it.
    Unknown,
}

impl Action {
    /// The action of a policy; none is ALLOW.
    pub fn of(policy: &Object) -> Self {
        match policy.spec().get("action").map(|action| action.str()) {
            None | Some(Some("ALLOW" | "")) => Self::Allow,
            Some(Some("DENY")) => Self::Deny,
            Some(Some("AUDIT")) => Self::Audit,
            Some(Some("CUSTOM")) => Self::Custom,
            Some(_) => Self::Unknown,
        }
    }

    /// The word in manifests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "ALLOW",
            Self::Deny => "DENY",
            Self::Audit => "AUDIT",
            Self::Custom => "CUSTOM",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a policy is only tried out: its decisions are logged, not enforced.
pub fn is_dry_run(policy: &Object) -> bool {
    policy.meta.annotations.get("istio.io/dry-run").and_then(go_truth) == Some(true)
}

/// Who enforces policies for a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcer {
    /// Its sidecar, or the proxy of a classic gateway.
    Sidecar,
    /// The ztunnel of its node.
    Ztunnel,
    /// It is a waypoint and enforces what targets it.
    Waypoint,
    /// It is a Gateway API gateway.
    Gateway,
    /// Nobody: it is not in the mesh.
    Nobody,
    /// Whether it is in the mesh is not known.
    Unknown,
}

/// Who enforces policies for a workload: it follows from its membership.
pub fn enforcer(view: MeshView<'_>, workload: &Workload) -> Enforcer {
    view.membership(MeshId::Istio, workload).map_or(Enforcer::Unknown, |membership| enforcer_of(membership, &workload.labels))
}

/// Who enforces policies for pods that are in the mesh like this.
pub fn enforcer_of(membership: Membership, labels: &Map) -> Enforcer {
    match membership {
        Membership::None => Enforcer::Nobody,
        Membership::Ambient => Enforcer::Ztunnel,
        Membership::Waypoint => Enforcer::Waypoint,
        Membership::Gateway if labels.has(GATEWAY_NAME) => Enforcer::Gateway,
        Membership::Sidecar | Membership::Gateway => Enforcer::Sidecar,
    }
}

/// Policies of one kind by where they attach, as positions among the index's.
#[derive(Debug, Default)]
pub(in crate::mesh) struct Attached {
    /// Without selector and target, by namespace.
    plain: HashMap<Str, Vec<u32>>,
    /// With a selector, by namespace and the selector's first pair.
    selecting: HashMap<(Str, Str, Str), Vec<(Map, u32)>>,
    /// With targets, by kind, namespace and name.
    targeting: HashMap<(Kind, Str, Str), Vec<u32>>,
}

impl Attached {
    /// Arranges those of the namespaces that istiod looks into.
    fn read(index: &Index, kind: Kind, config: &MeshConfig) -> Self {
        let mut all = Self::default();
        let counts = |policy: &Object| index.namespace(&policy.meta.namespace).is_none_or(|n| config.discovers(n));
        for (at, policy) in (0..).zip(index.objects(kind)).filter(|(_, policy)| counts(policy)) {
            let namespace = &policy.meta.namespace;
            let targets = targets(policy);
            for target in &targets {
                // A Gateway of another namespace is never attached to; of the others istiod does not read the namespace.
                let elsewhere =
                    |kind: Kind| kind == Kind::Gateway && !matches!(target.field.text("namespace"), ns if ns.is_empty() || *namespace == ns);
                if let Some(kind) = target.known_kind().filter(|kind| !elsewhere(*kind)) {
                    all.targeting.entry((kind, namespace.clone(), target.name.into())).or_default().push(at);
                }
            }
            if !targets.is_empty() {
                continue;
            }
            let labels = selector(policy).unwrap_or_default();
            let first = labels.iter().next().map(|(k, v)| (k.clone(), v.clone()));
            match first {
                Some((k, v)) => all.selecting.entry((namespace.clone(), k, v)).or_default().push((labels, at)),
                None => all.plain.entry(namespace.clone()).or_default().push(at),
            }
        }
        all
    }
}

/// Policies of one kind, arranged by where they attach.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'a> {
    objects: &'a [Object],
    root: &'a str,
    attached: &'a Attached,
}

impl<'a> MeshView<'a> {
    /// AuthorizationPolicies, arranged once for a run.
    pub fn authorization_policies(self) -> Policies<'a> {
        self.policies(Kind::AuthorizationPolicy, &self.cache.authorization_policies)
    }

    /// RequestAuthentications, arranged once for a run.
    pub fn request_authentications(self) -> Policies<'a> {
        self.policies(Kind::RequestAuthentication, &self.cache.request_authentications)
    }

    fn policies(self, kind: Kind, place: &'a OnceLock<Attached>) -> Policies<'a> {
        let attached = place.get_or_init(|| Attached::read(self.index, kind, &self.istio.config));
        Policies { objects: self.index.objects(kind), root: self.istio.root_namespace(), attached }
    }
}

impl<'a> Policies<'a> {
    fn at(self, positions: Option<&'a Vec<u32>>) -> impl Iterator<Item = &'a Object> + use<'a> {
        positions.into_iter().flatten().map(move |at| &self.objects[*at as usize])
    }

    /// Policies without a target that hold for pods of `namespace` with these labels: mesh-wide first, then the namespace's, then by selector.
    pub fn selecting(&self, namespace: &str, labels: &Map) -> Vec<&'a Object> {
        let namespaces: &[&str] = if namespace == self.root { &[self.root] } else { &[self.root, namespace] };
        let plain = namespaces.iter().flat_map(|ns| self.at(self.attached.plain.get(*ns)));
        let under = |ns: &str, (k, v): (&Str, &Str)| self.attached.selecting.get(&(ns.into(), k.clone(), v.clone()));
        let selected = namespaces.iter().flat_map(|ns| labels.iter().filter_map(move |pair| under(ns, pair)));
        let selected = selected.flatten().filter(|(wanted, _)| wanted.is_subset_of(labels)).map(|(_, at)| &self.objects[*at as usize]);
        plain.chain(selected).collect()
    }

    /// Policies that target one object.
    pub fn targeting(&self, kind: Kind, namespace: &str, name: &str) -> impl Iterator<Item = &'a Object> + use<'a> {
        self.at(self.attached.targeting.get(&(kind, namespace.into(), name.into())))
    }

    /// Policies that `enforcer` enforces for a workload. What a waypoint enforces for single Services is asked by
    /// [`Policies::targeting`].
    pub fn applying(&self, workload: &Workload, enforcer: Enforcer) -> Vec<&'a Object> {
        self.applying_to(&workload.reference.namespace, &workload.labels, &workload.reference.name, enforcer)
    }

    /// The same for pods of `namespace` with these labels, which a workload of this name makes.
    pub fn applying_to(&self, namespace: &str, labels: &Map, name: &str, enforcer: Enforcer) -> Vec<&'a Object> {
        let own_gateway = || {
            let name = labels.get(GATEWAY_NAME).unwrap_or(name);
            self.targeting(Kind::Gateway, namespace, name)
        };
        match enforcer {
            Enforcer::Nobody | Enforcer::Unknown => Vec::new(),
            Enforcer::Sidecar => self.selecting(namespace, labels),
            Enforcer::Ztunnel => {
                let mut all = self.selecting(namespace, labels);
                // istiod takes `selector: {}` for a selector and attaches the policy nowhere.
                let attached = |policy: &Object| selector(policy).is_none_or(|labels| !labels.is_empty());
                all.retain(|policy| matches!(Action::of(policy), Action::Allow | Action::Deny) && attached(policy));
                all
            }
            Enforcer::Gateway => own_gateway().chain(self.selecting(namespace, labels)).collect(),
            Enforcer::Waypoint => own_gateway().chain(self.targeting(Kind::GatewayClass, self.root, ambient::WAYPOINT_CLASS)).collect(),
        }
    }
}

/// Workloads that a policy without a target picks: of its own namespace, or of all of them when it stands in the root namespace.
pub fn picked<'a>(index: &'a Index, policy: &Object, root: &str) -> Vec<&'a Workload> {
    if !targets(policy).is_empty() {
        return Vec::new();
    }
    let namespace = Some(policy.meta.namespace.as_str()).filter(|ns| *ns != root);
    index.select(namespace, &selector(policy).unwrap_or_default()).collect()
}

/// A rule by the name that istiod gives it in a proxy, `ns[shop]-policy[cart]-rule[0]`: namespace, policy, number.
pub fn named_rule(name: &str) -> Option<(&str, &str, &str)> {
    let (namespace, rest) = name.strip_prefix("ns[")?.split_once("]-policy[")?;
    let (policy, number) = rest.rsplit_once("]-rule[")?;
    Some((namespace, policy, number.strip_suffix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::istio::test::index;
    use crate::mesh::testing::World;

    const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"shop","name":"cart","labels":{"app":"cart","v":"1"}}}"#;

    fn policy(namespace: &str, name: &str, spec: &str) -> String {
        format!(
            r#"{{"apiVersion":"security.istio.io/v1","kind":"AuthorizationPolicy","metadata":{{"namespace":"{namespace}","name":"{name}"}},"spec":{spec}}}"#
        )
    }

    fn names(policies: &[&Object]) -> Vec<String> {
        policies.iter().map(|p| p.meta.name.to_string()).collect()
    }

    #[test]
    fn an_action_that_istio_does_not_know_allows_nothing() {
        let action = |spec: &str| {
            let index = index(&[&policy("shop", "p", spec)]);
            Action::of(&index.objects(Kind::AuthorizationPolicy)[0])
        };
        assert_eq!([action("{}"), action(r#"{"action":"DENY"}"#)], [Action::Allow, Action::Deny]);
        assert_eq!([action(r#"{"action":"Deny"}"#), action(r#"{"action":1}"#)], [Action::Unknown, Action::Unknown]);
    }

    #[test]
    fn root_policies_select_everywhere_and_others_at_home() {
        let world = World::new(&[
            POD,
            &policy("istio-system", "mesh", "{}"),
            &policy("istio-system", "mesh-cart", r#"{"selector":{"matchLabels":{"app":"cart"}}}"#),
            &policy("shop", "all", "{}"),
            &policy("shop", "cart", r#"{"selector":{"matchLabels":{"app":"cart","v":"1"}}}"#),
            &policy("shop", "cart-2", r#"{"selector":{"matchLabels":{"app":"cart","v":"2"}}}"#),
            &policy("bank", "cart", r#"{"selector":{"matchLabels":{"app":"cart"}}}"#),
        ]);
        let (index, policies) = (world.view().index, world.view().authorization_policies());
        let labels = index.workloads()[0].labels.clone();
        assert_eq!(names(&policies.selecting("shop", &labels)), ["mesh", "all", "mesh-cart", "cart"]);
        assert_eq!(picked(index, policies.selecting("shop", &labels)[2], "istio-system").len(), 1);
    }

    #[test]
    fn each_enforcer_takes_its_own_share() {
        let world = World::new(&[
            POD,
            &policy("istio-system", "mesh", "{}"),
            &policy(
                "istio-system",
                "class",
                r#"{"targetRefs":[{"group":"gateway.networking.k8s.io","kind":"GatewayClass","name":"istio-waypoint"}]}"#,
            ),
            &policy("shop", "audit", r#"{"action":"AUDIT"}"#),
            &policy("shop", "way", r#"{"targetRef":{"group":"gateway.networking.k8s.io","kind":"Gateway","name":"cart"}}"#),
            &policy("shop", "service", r#"{"targetRefs":[{"group":"core","kind":"Service","name":"cart"}]}"#),
        ]);
        let (index, policies) = (world.view().index, world.view().authorization_policies());
        let cart = &index.workloads()[0];
        let applying = |enforcer| names(&policies.applying(cart, enforcer));
        assert_eq!(applying(Enforcer::Sidecar), ["mesh", "audit"]);
        assert_eq!(applying(Enforcer::Ztunnel), ["mesh"]);
        assert_eq!(applying(Enforcer::Waypoint), ["way", "class"]);
        assert_eq!(applying(Enforcer::Gateway), ["way", "mesh", "audit"]);
        assert!(applying(Enforcer::Nobody).is_empty());
        assert_eq!(names(&policies.targeting(Kind::Service, "shop", "cart").collect::<Vec<_>>()), ["service"]);
    }

    #[test]
    fn the_names_of_rules_in_a_proxy_lead_to_policies() {
        assert_eq!(named_rule("ns[shop]-policy[a-rule[b]-rule[12]"), Some(("shop", "a-rule[b", "12")));
        assert_eq!((named_rule("istio-ext-authz-ns[shop]-policy[a]-rule[0]"), named_rule("mine")), (None, None));
    }
}
