//! Which field number means what, for every message that the model keeps something of.
//!
//! Where JSON leaves a zero out and this encoding writes it (`omitempty`), zero is read as absent, so that both yield the same object.

use super::super::page::Head;
use super::reader::{Malformed, Message, Wire, each};
use crate::model::{
    Condition, Container, ContainerPort, ContainerStatus, Controller, ControllerCondition, ControllerSpec, ControllerStatus, EnvVar, HttpGet,
    JobTemplate, Kind, LabelSelector, Map, Meta, Namespace, Node, NodeCondition, NodeInfo, NodeSpec, NodeStatus, OwnerReference, Pod, PodCondition,
    PodIp, PodSpec, PodStatus, PodTemplate, Port, Probe, Requirement, SecurityContext, Service, ServicePort, ServiceSpec, ServiceStatus, SocketProbe,
    Str, annotation_matters, arg_matters, ends_proxy, env_matters,
};

type Pairs = Vec<(Str, Str)>;

/// Implements [`Message`] for a type: a field number, then what to do with the value `wire` of the message `it`.
macro_rules! message {
    ($type:ty, $it:ident, $wire:ident, { $($number:literal $(if $wanted:expr)? => $take:expr,)+ }) => {
        impl Message for $type {
            fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
                let mut message = Self::default();
                let $it = &mut message;
                each(bytes, |field, $wire: Wire<'_>| {
                    match field {
                        $($number $(if $wanted)? => $take,)+
                        _ => {}
                    }
                    Ok(())
                })?;
                Ok(message)
            }
        }
    };
}

/// `runtime.Unknown`, which wraps every answer.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    /// The kind inside, where it is told.
    pub(super) kind: &'a str,
    pub(super) raw: &'a [u8],
}

impl<'a> Envelope<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut envelope = Self::default();
        each(bytes, |field, wire| {
            match field {
                1 => each(wire.bytes()?, |field, wire| {
                    if field == 2 {
                        envelope.kind = wire.text()?;
                    }
                    Ok(())
                })?,
                2 => envelope.raw = wire.bytes()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(envelope)
    }
}

/// `meta/v1.ListMeta`.
#[derive(Default)]
pub(super) struct ListMeta(pub(super) Head);

message!(ListMeta, it, wire, {
    3 => it.0.next = Some(wire.text()?.to_owned()).filter(|token| !token.is_empty()),
    4 => it.0.remaining = u64::try_from(wire.int()?).ok(),
});

/// `meta/v1.Status`, the form of errors.
#[derive(Default)]
pub(in super::super) struct Status {
    pub(in super::super) message: String,
}

message!(Status, it, wire, {
    3 => it.message = wire.text()?.to_owned(),
});

impl Message for Meta {
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut it = Self::default();
        let (mut labels, mut annotations, mut owners) = (Pairs::new(), Pairs::new(), Vec::new());
        each(bytes, |field, wire| {
            match field {
                1 => it.name = wire.str()?,
                3 => it.namespace = wire.str()?,
                8 => it.creation_timestamp = time(wire)?,
                9 => it.deletion_timestamp = time(wire)?,
                11 => labels.push(entry(wire)?),
                12 if annotation_matters(entry_key(wire)?) => annotations.push(entry(wire)?),
                13 => owners.push(wire.message()?),
                _ => {}
            }
            Ok(())
        })?;
        it.labels = map(labels);
        it.annotations = map(annotations);
        it.owner_references = owners.into();
        Ok(it)
    }
}

message!(OwnerReference, it, wire, {
    1 => it.kind = wire.str()?,
    3 => it.name = wire.str()?,
    5 => it.api_version = wire.str()?,
    6 => it.controller = Some(wire.bool()?),
});

message!(Pod, it, wire, {
    1 => it.metadata = wire.message()?,
    2 => it.spec = wire.message()?,
    3 => it.status = wire.message()?,
});

impl Message for PodSpec {
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut it = Self::default();
        let (mut containers, mut init_containers) = (Vec::new(), Vec::new());
        each(bytes, |field, wire| {
            match field {
                2 => containers.push(wire.message()?),
                8 => it.service_account_name = wire.str()?,
                10 => it.node_name = wire.str()?,
                11 => it.host_network = wire.bool()?,
                14 => it.security_context = Some(wire.message::<PodSecurity>()?.0),
                20 => init_containers.push(wire.message()?),
                21 => it.automount_service_account_token = Some(wire.bool()?),
                _ => {}
            }
            Ok(())
        })?;
        it.containers = containers.into();
        it.init_containers = init_containers.into();
        Ok(it)
    }
}

/// `core/v1.PodSecurityContext`, whose numbers differ from a container's.
#[derive(Default)]
struct PodSecurity(SecurityContext);

message!(PodSecurity, it, wire, {
    2 => it.0.run_as_user = Some(wire.int()?),
});

message!(SecurityContext, it, wire, {
    4 => it.run_as_user = Some(wire.int()?),
});

message!(Container, it, wire, {
    1 => it.name = wire.str()?,
    2 => it.image = wire.str()?,
    3 if ends_proxy(wire.text()?).is_some() => it.command.extend(ends_proxy(&wire.str()?).map(Str::from)),
    4 if arg_matters(&it.args, wire.text()?) => it.args.push(wire.str()?),
    4 if ends_proxy(wire.text()?).is_some() => it.args.extend(ends_proxy(&wire.str()?).map(Str::from)),
    6 => it.ports.push(wire.message()?),
    7 if env_matters(entry_key(wire)?) => it.env.push(wire.message()?),
    10 => it.liveness_probe = Some(wire.message()?),
    11 => it.readiness_probe = Some(wire.message()?),
    15 => it.security_context = Some(wire.message()?),
    22 => it.startup_probe = Some(wire.message()?),
    24 => it.restart_policy = wire.str()?,
});

message!(ContainerPort, it, wire, {
    1 => it.name = wire.str()?,
    3 => it.container_port = wire.int32()?,
    4 => it.protocol = wire.str()?,
});

message!(EnvVar, it, wire, {
    1 => it.name = wire.str()?,
    2 => it.value = wire.str()?,
});

impl Message for Probe {
    /// The handler is a message of its own here and part of the probe in JSON.
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut it = Self::default();
        each(bytes, |field, wire| {
            if field == 1 {
                each(wire.bytes()?, |field, wire| {
                    match field {
                        2 => it.http_get = Some(wire.message()?),
                        3 => it.tcp_socket = Some(wire.message()?),
                        4 => it.grpc = Some(wire.message::<GrpcProbe>()?.0),
                        _ => {}
                    }
                    Ok(())
                })?;
            }
            Ok(())
        })?;
        Ok(it)
    }
}

message!(HttpGet, it, wire, {
    1 => it.path = wire.str()?,
    2 => it.port = port(wire)?,
    4 => it.scheme = wire.str()?,
});

message!(SocketProbe, it, wire, {
    1 => it.port = port(wire)?,
});

/// `core/v1.GRPCAction`, whose port is a plain number.
#[derive(Default)]
struct GrpcProbe(SocketProbe);

message!(GrpcProbe, it, wire, {
    1 => it.0.port = Port::Number(wire.int32()?),
});

impl Message for PodStatus {
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut it = Self::default();
        let (mut containers, mut init_containers) = (Vec::new(), Vec::new());
        each(bytes, |field, wire| {
            match field {
                1 => it.phase = wire.str()?,
                2 => {
                    let condition: PodCondition = wire.message()?;
                    if condition.status != "True" {
                        it.conditions.push(condition);
                    }
                }
                4 => it.reason = wire.str()?,
                6 => it.pod_ip = wire.str()?,
                8 => containers.push(wire.message()?),
                10 => init_containers.push(wire.message()?),
                12 => it.pod_ips.push(wire.message()?),
                _ => {}
            }
            Ok(())
        })?;
        it.container_statuses = containers.into();
        it.init_container_statuses = init_containers.into();
        Ok(it)
    }
}

message!(PodCondition, it, wire, {
    1 => it.kind = wire.str()?,
    2 => it.status = wire.str()?,
    5 => it.reason = wire.str()?,
});

message!(ContainerStatus, it, wire, {
    1 => it.name = wire.str()?,
    4 => it.ready = wire.bool()?,
});

message!(PodIp, it, wire, {
    1 => it.ip = wire.str()?,
});

message!(PodTemplate, it, wire, {
    1 => it.metadata = wire.message()?,
    2 => it.spec = wire.message()?,
});

message!(Service, it, wire, {
    1 => it.metadata = wire.message()?,
    2 => it.spec = wire.message()?,
    3 => it.status = wire.message()?,
});

impl Message for ServiceSpec {
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut it = Self::default();
        let mut selector = Pairs::new();
        each(bytes, |field, wire| {
            match field {
                1 => it.ports.push(wire.message()?),
                2 => selector.push(entry(wire)?),
                3 => it.cluster_ip = wire.str()?,
                4 => it.kind = wire.str()?,
                10 => it.external_name = wire.str()?,
                18 => it.cluster_ips.push(wire.str()?),
                _ => {}
            }
            Ok(())
        })?;
        it.selector = map(selector);
        Ok(it)
    }
}

message!(ServicePort, it, wire, {
    1 => it.name = wire.str()?,
    2 => it.protocol = wire.str()?,
    3 => it.port = wire.int32()?,
    4 => it.target_port = port(wire)?,
    5 => it.node_port = wire.int32()?,
    6 => it.app_protocol = Some(wire.str()?),
});

message!(ServiceStatus, it, wire, {
    2 => it.conditions.push(wire.message()?),
});

message!(Condition, it, wire, {
    1 => it.kind = wire.str()?,
    2 => it.status = wire.str()?,
    5 => it.reason = wire.str()?,
    6 => it.message = wire.str()?,
});

message!(Namespace, it, wire, {
    1 => it.metadata = wire.message()?,
});

message!(Node, it, wire, {
    1 => it.metadata = wire.message()?,
    2 => it.spec = wire.message()?,
    3 => it.status = wire.message()?,
});

message!(NodeSpec, it, wire, {
    1 => it.pod_cidr = wire.str()?,
    7 => it.pod_cidrs.push(wire.str()?),
});

message!(NodeStatus, it, wire, {
    4 => it.conditions.push(wire.message()?),
    7 => it.node_info = wire.message()?,
});

message!(NodeInfo, it, wire, {
    6 => it.container_runtime_version = wire.str()?,
    7 => it.kubelet_version = wire.str()?,
});

message!(NodeCondition, it, wire, {
    1 => it.kind = wire.str()?,
    2 => it.status = wire.str()?,
    3 => it.last_heartbeat_time = time(wire)?,
});

message!(ControllerCondition, it, wire, {
    1 => it.kind = wire.str()?,
    2 => it.status = wire.str()?,
    4 => it.reason = wire.str()?,
    5 => it.message = wire.str()?,
});

/// Everything that makes pods. Each kind numbers the same few fields in its own way.
pub(super) fn controller(kind: Kind, bytes: &[u8]) -> Result<Controller, Malformed> {
    let mut it = Controller { kind, metadata: Meta::default(), spec: ControllerSpec::default(), status: ControllerStatus::default() };
    each(bytes, |field, wire| {
        match field {
            1 => it.metadata = wire.message()?,
            2 => it.spec = controller_spec(kind, wire)?,
            3 => it.status = controller_status(kind, wire)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(it)
}

fn controller_spec(kind: Kind, wire: Wire<'_>) -> Result<ControllerSpec, Malformed> {
    let mut it = ControllerSpec::default();
    let mut plain = Pairs::new();
    each(wire.bytes()?, |field, wire| {
        match (kind, field) {
            (Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController, 1) => it.replicas = Some(wire.int32()?),
            (Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet, 2) | (Kind::DaemonSet, 1) | (Kind::Job, 4) => it.selector = wire.message()?,
            (Kind::Deployment | Kind::ReplicaSet | Kind::StatefulSet | Kind::ReplicationController, 3) | (Kind::DaemonSet, 2) | (Kind::Job, 6) => {
                it.template = Some(wire.message()?);
            }
            (Kind::ReplicationController, 2) => plain.push(entry(wire)?),
            (Kind::CronJob, 5) => {
                let mut job = JobTemplate::default();
                each(wire.bytes()?, |field, wire| {
                    match field {
                        1 => job.metadata = wire.message()?,
                        2 => job.spec = controller_spec(Kind::Job, wire)?,
                        _ => {}
                    }
                    Ok(())
                })?;
                it.job_template = Some(Box::new(job));
            }
            _ => {}
        }
        Ok(())
    })?;
    if !plain.is_empty() {
        it.selector.match_labels = map(plain);
    }
    Ok(it)
}

fn controller_status(kind: Kind, wire: Wire<'_>) -> Result<ControllerStatus, Malformed> {
    let mut it = ControllerStatus::default();
    let some = |wire: Wire<'_>| wire.int32().map(|n| Some(n).filter(|n| *n != 0));
    each(wire.bytes()?, |field, wire| {
        match (kind, field) {
            (Kind::Deployment, 7) | (Kind::ReplicaSet | Kind::ReplicationController, 4) | (Kind::StatefulSet, 3) => it.ready_replicas = some(wire)?,
            (Kind::Deployment, 4) | (Kind::ReplicaSet | Kind::ReplicationController, 5) => it.available_replicas = some(wire)?,
            // These three are written by JSON even when they are zero.
            (Kind::StatefulSet, 11) => it.available_replicas = Some(wire.int32()?),
            (Kind::DaemonSet, 3) => it.desired_number_scheduled = Some(wire.int32()?),
            (Kind::DaemonSet, 4) => it.number_ready = Some(wire.int32()?),
            (Kind::Deployment, 6) => it.conditions.extend(Some(wire.message::<ControllerCondition>()?).filter(ControllerCondition::is_refusal)),
            _ => {}
        }
        Ok(())
    })?;
    Ok(it)
}

impl Message for LabelSelector {
    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut it = Self::default();
        let mut labels = Pairs::new();
        each(bytes, |field, wire| {
            match field {
                1 => labels.push(entry(wire)?),
                2 => it.match_expressions.push(wire.message()?),
                _ => {}
            }
            Ok(())
        })?;
        it.match_labels = map(labels);
        Ok(it)
    }
}

message!(Requirement, it, wire, {
    1 => it.key = wire.str()?,
    2 => it.operator = wire.str()?,
    3 => it.values.push(wire.str()?),
});

/// An entry of a map of texts.
fn entry(wire: Wire<'_>) -> Result<(Str, Str), Malformed> {
    let mut pair = (Str::default(), Str::default());
    each(wire.bytes()?, |field, wire| {
        match field {
            1 => pair.0 = wire.str()?,
            2 => pair.1 = wire.str()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(pair)
}

/// The first field of a map entry or environment variable, looked at before anything of it is copied.
fn entry_key<'a>(wire: Wire<'a>) -> Result<&'a str, Malformed> {
    let mut key = "";
    each(wire.bytes()?, |field, wire| {
        if field == 1 {
            key = wire.text()?;
        }
        Ok(())
    })?;
    Ok(key)
}

fn map(pairs: Pairs) -> Map {
    if pairs.is_empty() { Map::default() } else { Map::new(pairs) }
}

/// `intstr.IntOrString`; a number written as text is the number, as in JSON.
fn port(wire: Wire<'_>) -> Result<Port, Malformed> {
    let (mut is_text, mut number, mut text) = (false, 0, "");
    each(wire.bytes()?, |field, wire| {
        match field {
            1 => is_text = wire.int()? == 1,
            2 => number = wire.int32()?,
            3 => text = wire.text()?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(if is_text { text.parse().map_or_else(|_| Port::Name(text.into()), Port::Number) } else { Port::Number(number) })
}

/// `meta/v1.Time` as JSON writes it: RFC 3339 in UTC, without fractions; an empty one is null.
fn time(wire: Wire<'_>) -> Result<Option<Str>, Malformed> {
    let bytes = wire.bytes()?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut seconds = 0;
    each(bytes, |field, wire| {
        if field == 1 {
            seconds = wire.int()?;
        }
        Ok(())
    })?;
    let time = jiff::Timestamp::from_second(seconds).map_err(|_| Malformed("a time is out of range"))?;
    Ok(Some(time.to_string().into()))
}
