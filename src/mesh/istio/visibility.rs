//! `exportTo`: from which namespaces something can be used.

use crate::model::{Object, Service, Str};

/// The annotation that Services carry instead of the field.
pub const EXPORT_TO: &str = "networking.istio.io/exportTo";

/// From where something is visible.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    /// From every namespace.
    Everyone,
    /// From these namespaces alone; from nowhere when there is none.
    Namespaces(Vec<Str>),
}

impl Visibility {
    /// What a list of `*`, `.`, `~` and names means in `namespace`; an empty one means everyone.
    pub fn of<'a>(list: impl IntoIterator<Item = &'a str>, namespace: &str) -> Self {
        let mut named = Vec::new();
        let mut empty = true;
        for entry in list {
            empty = false;
            match entry.trim() {
                "*" => return Self::Everyone,
                "." => named.push(Str::from(namespace)),
                "~" | "" => {}
                name => named.push(Str::from(name)),
            }
        }
        if empty { Self::Everyone } else { Self::Namespaces(named) }
    }

    /// What `spec.exportTo` of a resource says, `default` where it says nothing.
    pub fn of_object(object: &Object, default: &[Str]) -> Self {
        let written: Vec<&str> = object.spec().texts("exportTo").map(|(s, _)| s).collect();
        if written.is_empty() { Self::of(default.iter().map(Str::as_str), &object.meta.namespace) } else { Self::of(written, &object.meta.namespace) }
    }

    /// What the annotation of a Service says, `default` where it has none.
    pub fn of_service(service: &Service, default: &[Str]) -> Self {
        let namespace = &service.metadata.namespace;
        match service.metadata.annotations.get(EXPORT_TO).filter(|text| !text.trim().is_empty()) {
            Some(text) => Self::of(text.split(','), namespace),
            None => Self::of(default.iter().map(Str::as_str), namespace),
        }
    }

    /// Whether it is visible from `namespace`.
    pub fn includes(&self, namespace: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Namespaces(named) => named.iter().any(|n| *n == namespace),
        }
    }

    /// Whether some namespace that `users` are in sees it.
    pub fn meets(&self, users: &Self) -> bool {
        match (self, users) {
            (Self::Everyone, Self::Everyone) => true,
            (Self::Namespaces(named), Self::Everyone) | (Self::Everyone, Self::Namespaces(named)) => !named.is_empty(),
            (Self::Namespaces(named), users) => named.iter().any(|ns| users.includes(ns)),
        }
    }

    /// Whether it is visible from everywhere.
    pub fn is_everyone(&self) -> bool {
        *self == Self::Everyone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_have_their_meaning() {
        assert!(Visibility::of([], "shop").is_everyone());
        assert!(Visibility::of([".", "*"], "shop").is_everyone());
        let own = Visibility::of([".", "edge"], "shop");
        assert!(own.includes("shop") && own.includes("edge") && !own.includes("other"));
        assert_eq!(Visibility::of(["~"], "shop"), Visibility::Namespaces(vec![]));
    }
}
