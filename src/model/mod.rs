//! Mesh-neutral words: what was read, where it stands, what could not be read. Only std, serde and plain data here.

/// Gives a type that writes itself in another's form the schema of that form, under its own name.
macro_rules! written_as {
    ($name:ident, $form:ty) => {
        #[cfg(test)]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                <$form as schemars::JsonSchema>::inline_schema()
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$form as schemars::JsonSchema>::json_schema(generator)
            }
        }
    };
}
pub(crate) use written_as;

mod words;
pub(crate) use words::words;

mod controller;
mod duration;
mod extension;
mod fact;
mod few;
mod field;
mod gap;
mod injection;
mod intern;
mod inventory;
mod item;
mod json;
mod kept;
mod kind;
mod kind_words;
mod map;
mod meta;
mod named;
mod near;
mod object;
mod observed;
mod origin;
mod path;
pub mod placeholder;
mod pod;
mod quantity;
mod selector;
mod server;
mod service;
mod shared;
mod text;
mod trace;

pub use controller::{Controller, ControllerCondition, ControllerSpec, ControllerStatus, JobTemplate, PodTemplate};
pub use duration::{go_duration, go_nanos, go_truth};
pub use extension::{ExtensionCheck, ExtensionRun};
pub use fact::{Evidence, Fact};
pub use few::{FEW, few, first_of};
pub use field::Field;
pub use gap::Gap;
pub use injection::{Actual, Drift, DriftCode, InjectionFact, Intent, Membership, MeshId, Mode, PodState};
pub use inventory::{Coverage, Inventory, Unfilled};
pub use item::Item;
pub(crate) use item::may_say;
pub use json::{Data, Json};
pub use kept::{arg_matters, ends_proxy, env_matters};
pub use kind::Kind;
pub(crate) use kind::typed_kinds;
pub use map::Map;
pub use meta::{IGNORE, Meta, ObjectRef, OwnerReference, annotation_matters};
pub use named::{FORMS, Misnamed, Named, did_you_mean_kind, unknown_kind};
pub use near::{did_you_mean, nearest};
pub use object::{Object, Subject};
pub use observed::{Encryption, Observed, ObservedCall, Party, Sample};
pub use origin::{Origin, Span, Spans};
pub use path::{Path, Seg, key};
pub use pod::{
    Container, ContainerPort, ContainerStatus, EnvVar, HttpGet, Pod, PodCondition, PodIp, PodSpec, PodStatus, Probe, SecurityContext, SocketProbe,
};
pub use quantity::quantity;
pub use selector::{LabelSelector, Requirement, label_query};
pub use server::{Access, Review, ServerFacts, ServerVersion, YesNo};
pub use service::{
    Condition, Namespace, Node, NodeCondition, NodeInfo, NodeSpec, NodeStatus, Port, Service, ServicePort, ServiceSpec, ServiceStatus,
};
pub use shared::Shared;
pub use text::Str;
pub use trace::{Step, StepKind, StepPlace, StepResult, Trace};
