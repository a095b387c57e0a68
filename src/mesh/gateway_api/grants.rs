//! ReferenceGrants: who may refer to what in another namespace.

use crate::index::Index;
use crate::model::{Field, Kind, Object};

/// A reference from one namespace into another.
#[derive(Clone, Copy, Debug)]
pub struct Crossing<'a> {
    /// Kind of the object that refers.
    pub from: Kind,
    pub from_namespace: &'a str,
    /// Kind of the object that is referred to.
    pub to: Kind,
    pub to_namespace: &'a str,
    pub name: &'a str,
}

impl<'a> Crossing<'a> {
    /// The reference of an object.
    pub fn of(from: &'a Object, to: Kind, to_namespace: &'a str, name: &'a str) -> Self {
        Self { from: from.kind, from_namespace: &from.meta.namespace, to, to_namespace, name }
    }

    /// Whether some grant of the target's namespace permits it.
    pub fn is_granted(&self, index: &Index) -> bool {
        self.grants(index).any(|grant| self.is_granted_by(grant))
    }

    /// Whether this grant permits it.
    pub fn is_granted_by(&self, grant: &Object) -> bool {
        let to = |to: &Field<'_>| {
            let name = to.text("name");
            group(to) == self.to.group() && to.text("kind") == self.to.name() && (name.is_empty() || name == self.name)
        };
        grant.meta.namespace == self.to_namespace
            && grant.spec().list("from").any(|from| self.comes_from(&from) && group(&from) == self.from.group())
            && grant.spec().list("to").any(|t| to(&t))
    }

    fn grants<'i>(&self, index: &'i Index) -> impl Iterator<Item = &'i Object> + use<'i> {
        index.objects_in(Kind::ReferenceGrant, self.to_namespace).iter()
    }

    fn comes_from(&self, from: &Field<'_>) -> bool {
        from.text("namespace") == self.from_namespace && from.text("kind") == self.from.name()
    }

    /// What to put into a ReferenceGrant.
    pub fn hint(&self) -> String {
        format!(
            "Create a ReferenceGrant in namespace {:?} from {} of namespace {:?} to {} {:?}.",
            self.to_namespace, self.from, self.from_namespace, self.to, self.name
        )
    }
}

/// A group as grants write it; manifests also say `core` for the unnamed one.
fn group<'a>(entry: &Field<'a>) -> &'a str {
    match entry.text("group") {
        "core" => "",
        group => group,
    }
}
