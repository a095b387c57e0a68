//! BackendTLSPolicies of the Gateway API: istiod makes rules of them that start TLS towards a Service, for sidecars as for gateways
//! (istio `pilot/pkg/config/kube/gateway/backend_policies.go`).

use std::collections::HashMap;

use super::destination_rule::ClientTls;
use super::policy::{self, Target};
use crate::index::Index;
use crate::model::{Kind, Object, Str};

/// Policies by what they target, oldest first.
#[derive(Debug, Default)]
pub struct BackendTlsPolicies<'a> {
    by_target: HashMap<(Kind, Str, Str), Vec<(&'a Object, Target<'a>)>>,
}

/// What policies say of TLS to a port: for all ports of the target, and for this one.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackendTls<'a> {
    pub all: Option<(&'a Object, ClientTls<'a>)>,
    pub of_port: Option<(&'a Object, ClientTls<'a>)>,
}

impl<'a> BackendTlsPolicies<'a> {
    /// Arranges them.
    pub fn read(index: &'a Index) -> Self {
        let mut all = Self::default();
        let ignored = |o: &Object| o.meta.annotations.get("istio.io/ignore-policy-attachment").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let mut objects: Vec<&Object> = index.objects(Kind::BackendTlsPolicy).iter().filter(|o| !ignored(o)).collect();
        objects.sort_by_key(|o| o.meta.age_key());
        for object in objects {
            for target in policy::targets(object) {
                if let Some(kind @ (Kind::Service | Kind::ServiceEntry)) = target.known_kind() {
                    all.by_target.entry((kind, object.meta.namespace.clone(), target.name.into())).or_default().push((object, target));
                }
            }
        }
        all
    }

    /// What the policies for a target say of its port of this name; of several for the same the oldest counts.
    pub fn of(&self, kind: Kind, namespace: &str, name: &str, port: &str) -> BackendTls<'a> {
        let all = self.by_target.get(&(kind, namespace.into(), name.into()));
        let find = |section: &str| {
            let (object, _) = all?.iter().find(|(_, target)| target.field.text("sectionName") == section)?;
            Some((*object, ClientTls::of_backend(object.spec().get("validation")?)))
        };
        BackendTls { all: find(""), of_port: if port.is_empty() { None } else { find(port) } }
    }
}
