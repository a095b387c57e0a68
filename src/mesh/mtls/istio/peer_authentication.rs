//! PeerAuthentications as they are written: the modes that they set, and the fields that those stand in.

use super::peers::Mode;
use crate::model::{Field, Object};

/// A PeerAuthentication.
#[derive(Clone, Copy, Debug)]
pub struct PeerAuthentication<'a> {
    pub object: &'a Object,
}

impl<'a> PeerAuthentication<'a> {
    pub fn of(object: &'a Object) -> Self {
        Self { object }
    }

    /// `mtls`, where it is there.
    pub fn own(&self) -> Option<Setting<'a>> {
        self.object.spec().get("mtls").map(Setting::of)
    }

    /// The ports of `portLevelMtls`, as they are written.
    pub fn ports(&self) -> impl Iterator<Item = (&'a str, Setting<'a>)> + use<'a> {
        self.object
            .spec()
            .get("portLevelMtls")
            .into_iter()
            .flat_map(|ports| ports.entries().collect::<Vec<_>>())
            .map(|(port, field)| (port, Setting::of(field)))
    }

    /// A mode that Istio does not know, wherever it stands: istiod cannot read the object for it.
    pub fn unknown_mode(&self) -> Option<&'a str> {
        let mut words = self.settings().map(|setting| setting.field.text("mode"));
        words.find(|word| !matches!(*word, "" | "UNSET") && Mode::of(word).is_none())
    }

    /// The same by number; what is no port is left out.
    pub fn port_modes(&self) -> impl Iterator<Item = (u16, Option<Mode>)> + use<'a> {
        self.ports().filter_map(|(port, setting)| Some((port.parse().ok()?, setting.mode)))
    }

    /// All that it sets: for all ports, then for single ones.
    pub fn settings(&self) -> impl Iterator<Item = Setting<'a>> + use<'a> {
        self.own().into_iter().chain(self.ports().map(|(_, setting)| setting))
    }
}

/// `mtls`, or the settings of one port.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    pub field: Field<'a>,
    /// Nothing where it inherits.
    pub mode: Option<Mode>,
}

impl<'a> Setting<'a> {
    fn of(field: Field<'a>) -> Self {
        Self { field, mode: Mode::of(field.text("mode")) }
    }

    /// Where the mode stands, or would.
    pub fn path(&self) -> String {
        self.field.path_of("mode")
    }
}
