//! Kubernetes' binary encoding, written from JSON: by a table of the API's own definitions that is kept apart from the decoder's, with fields the
//! model drops among them.

#![allow(dead_code, unreachable_pub, reason = "used by the stand-in API server and by unit tests, each in part")]

use serde_json::Value;

/// How a field is written in both encodings.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    Text,
    Int,
    Bool,
    /// Left out of both when absent; everything else is written as its zero in binary.
    Pointer(&'static Type),
    /// Left out of JSON when zero.
    NonZero,
    /// Written in JSON even when zero.
    Always,
    Texts,
    Map,
    Time,
    Port,
    Message(&'static str),
    Messages(&'static str),
    /// A message in binary whose fields stand in the outer object in JSON.
    Inline(&'static str),
    /// Any JSON, kept as its text in a message of one field.
    Raw,
}

pub fn fields(message: &str) -> &'static [(&'static str, u64, Type)] {
    use Type::*;
    match message {
        "ObjectMeta" => &[
            ("name", 1, Text),
            ("namespace", 3, Text),
            ("uid", 5, Text),
            ("resourceVersion", 6, Text),
            ("generation", 7, Int),
            ("creationTimestamp", 8, Time),
            ("deletionTimestamp", 9, Time),
            ("labels", 11, Map),
            ("annotations", 12, Map),
            ("ownerReferences", 13, Messages("OwnerReference")),
            ("finalizers", 14, Texts),
            ("managedFields", 17, Messages("ManagedFieldsEntry")),
        ],
        "ManagedFieldsEntry" => {
            &[("manager", 1, Text), ("operation", 2, Text), ("apiVersion", 3, Text), ("time", 4, Time), ("fieldsType", 6, Text), ("fieldsV1", 7, Raw)]
        }
        "OwnerReference" => &[
            ("apiVersion", 5, Text),
            ("kind", 1, Text),
            ("name", 3, Text),
            ("uid", 4, Text),
            ("controller", 6, Pointer(&Bool)),
            ("blockOwnerDeletion", 7, Pointer(&Bool)),
        ],
        "LabelSelector" => &[("matchLabels", 1, Map), ("matchExpressions", 2, Messages("LabelSelectorRequirement"))],
        "LabelSelectorRequirement" => &[("key", 1, Text), ("operator", 2, Text), ("values", 3, Texts)],
        "Condition" => &[
            ("type", 1, Text),
            ("status", 2, Text),
            ("observedGeneration", 3, Int),
            ("lastTransitionTime", 4, Time),
            ("reason", 5, Text),
            ("message", 6, Text),
        ],
        "Pod" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("PodSpec")), ("status", 3, Message("PodStatus"))],
        "PodSpec" => &[
            ("volumes", 1, Messages("Volume")),
            ("initContainers", 20, Messages("Container")),
            ("containers", 2, Messages("Container")),
            ("restartPolicy", 3, Text),
            ("terminationGracePeriodSeconds", 4, Pointer(&Int)),
            ("nodeSelector", 7, Map),
            ("serviceAccountName", 8, Text),
            ("serviceAccount", 9, Text),
            ("automountServiceAccountToken", 21, Pointer(&Bool)),
            ("nodeName", 10, Text),
            ("hostNetwork", 11, Bool),
            ("hostPID", 12, Bool),
            ("securityContext", 14, Message("PodSecurityContext")),
            ("hostname", 16, Text),
            ("schedulerName", 19, Text),
            ("priority", 25, Pointer(&Int)),
        ],
        "PartialObjectMetadata" => &[("metadata", 1, Message("ObjectMeta"))],
        "Volume" => &[("name", 1, Text), ("source", 2, Inline("VolumeSource"))],
        "VolumeSource" => &[("projected", 26, Message("ProjectedVolumeSource"))],
        "ProjectedVolumeSource" => &[("sources", 1, Messages("VolumeProjection")), ("defaultMode", 2, Int)],
        "VolumeProjection" => &[("configMap", 3, Message("ConfigMapProjection"))],
        "ConfigMapProjection" => &[("reference", 1, Inline("LocalObjectReference")), ("items", 2, Messages("KeyToPath"))],
        "LocalObjectReference" => &[("name", 1, Text)],
        "KeyToPath" => &[("key", 1, Text), ("path", 2, Text)],
        "VolumeMount" => &[("name", 1, Text), ("readOnly", 2, Bool), ("mountPath", 3, Text)],
        "PodSecurityContext" => {
            &[("runAsUser", 2, Pointer(&Int)), ("runAsGroup", 6, Pointer(&Int)), ("fsGroup", 5, Pointer(&Int)), ("runAsNonRoot", 3, Pointer(&Bool))]
        }
        "Container" => &[
            ("name", 1, Text),
            ("image", 2, Text),
            ("command", 3, Texts),
            ("args", 4, Texts),
            ("workingDir", 5, Text),
            ("ports", 6, Messages("ContainerPort")),
            ("env", 7, Messages("EnvVar")),
            ("volumeMounts", 9, Messages("VolumeMount")),
            ("restartPolicy", 24, Text),
            ("livenessProbe", 10, Message("Probe")),
            ("readinessProbe", 11, Message("Probe")),
            ("startupProbe", 22, Message("Probe")),
            ("imagePullPolicy", 14, Text),
            ("securityContext", 15, Message("SecurityContext")),
            ("tty", 18, Bool),
        ],
        "ContainerPort" => &[("name", 1, Text), ("hostPort", 2, Int), ("containerPort", 3, Int), ("protocol", 4, Text), ("hostIP", 5, Text)],
        "EnvVar" => &[("name", 1, Text), ("value", 2, Text)],
        "Probe" => &[("handler", 1, Inline("ProbeHandler")), ("initialDelaySeconds", 2, Int), ("periodSeconds", 4, Int)],
        "ProbeHandler" => {
            &[("httpGet", 2, Message("HTTPGetAction")), ("tcpSocket", 3, Message("TCPSocketAction")), ("grpc", 4, Message("GRPCAction"))]
        }
        "HTTPGetAction" => &[("path", 1, Text), ("port", 2, Port), ("host", 3, Text), ("scheme", 4, Text)],
        "TCPSocketAction" => &[("port", 1, Port), ("host", 2, Text)],
        "GRPCAction" => &[("port", 1, Int), ("service", 2, Pointer(&Text))],
        "SecurityContext" => &[
            ("privileged", 2, Pointer(&Bool)),
            ("runAsUser", 4, Pointer(&Int)),
            ("runAsGroup", 8, Pointer(&Int)),
            ("runAsNonRoot", 5, Pointer(&Bool)),
        ],
        "PodStatus" => &[
            ("phase", 1, Text),
            ("conditions", 2, Messages("PodCondition")),
            ("message", 3, Text),
            ("reason", 4, Text),
            ("hostIP", 5, Text),
            ("podIP", 6, Text),
            ("podIPs", 12, Messages("PodIP")),
            ("startTime", 7, Time),
            ("initContainerStatuses", 10, Messages("ContainerStatus")),
            ("containerStatuses", 8, Messages("ContainerStatus")),
            ("qosClass", 9, Text),
        ],
        "PodIP" => &[("ip", 1, Text)],
        "ContainerStatus" => &[("name", 1, Text), ("ready", 4, Bool), ("restartCount", 5, Int), ("image", 6, Text), ("started", 9, Pointer(&Bool))],
        "PodCondition" => &[("type", 1, Text), ("status", 2, Text), ("lastTransitionTime", 4, Time), ("reason", 5, Text), ("message", 6, Text)],
        "PodTemplateSpec" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("PodSpec"))],
        "Service" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("ServiceSpec")), ("status", 3, Message("ServiceStatus"))],
        "ServiceSpec" => &[
            ("ports", 1, Messages("ServicePort")),
            ("selector", 2, Map),
            ("clusterIP", 3, Text),
            ("clusterIPs", 18, Texts),
            ("type", 4, Text),
            ("externalIPs", 5, Texts),
            ("sessionAffinity", 7, Text),
            ("externalName", 10, Text),
        ],
        "ServicePort" => &[
            ("name", 1, Text),
            ("protocol", 2, Text),
            ("appProtocol", 6, Pointer(&Text)),
            ("port", 3, Int),
            ("targetPort", 4, Port),
            ("nodePort", 5, Int),
        ],
        "ServiceStatus" => &[("conditions", 2, Messages("Condition"))],
        "Namespace" => &[("metadata", 1, Message("ObjectMeta"))],
        "Node" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("NodeSpec")), ("status", 3, Message("NodeStatus"))],
        "NodeSpec" => &[("podCIDR", 1, Text), ("podCIDRs", 7, Texts), ("providerID", 3, Text), ("unschedulable", 4, Bool)],
        "NodeStatus" => &[("phase", 3, Text), ("conditions", 4, Messages("NodeCondition")), ("nodeInfo", 7, Message("NodeSystemInfo"))],
        "NodeSystemInfo" => &[
            ("machineID", 1, Text),
            ("kernelVersion", 4, Text),
            ("containerRuntimeVersion", 6, Text),
            ("kubeletVersion", 7, Text),
            ("architecture", 10, Text),
        ],
        "NodeCondition" => &[
            ("type", 1, Text),
            ("status", 2, Text),
            ("lastHeartbeatTime", 3, Time),
            ("lastTransitionTime", 4, Time),
            ("reason", 5, Text),
            ("message", 6, Text),
        ],
        "Deployment" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("DeploymentSpec")), ("status", 3, Message("DeploymentStatus"))],
        "DeploymentSpec" => &[
            ("replicas", 1, Pointer(&Int)),
            ("selector", 2, Message("LabelSelector")),
            ("template", 3, Message("PodTemplateSpec")),
            ("minReadySeconds", 5, Int),
            ("paused", 7, Bool),
        ],
        "DeploymentStatus" => &[
            ("replicas", 2, NonZero),
            ("availableReplicas", 4, NonZero),
            ("unavailableReplicas", 5, NonZero),
            ("conditions", 6, Messages("DeploymentCondition")),
            ("readyReplicas", 7, NonZero),
        ],
        "DeploymentCondition" => &[
            ("type", 1, Text),
            ("status", 2, Text),
            ("reason", 4, Text),
            ("message", 5, Text),
            ("lastUpdateTime", 6, Time),
            ("lastTransitionTime", 7, Time),
        ],
        "ReplicaSet" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("ReplicaSetSpec")), ("status", 3, Message("ReplicaSetStatus"))],
        "ReplicaSetSpec" => &[("replicas", 1, Pointer(&Int)), ("selector", 2, Message("LabelSelector")), ("template", 3, Message("PodTemplateSpec"))],
        "ReplicaSetStatus" => &[("replicas", 1, NonZero), ("readyReplicas", 4, NonZero), ("availableReplicas", 5, NonZero)],
        "ReplicationController" => {
            &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("ReplicationControllerSpec")), ("status", 3, Message("ReplicaSetStatus"))]
        }
        "ReplicationControllerSpec" => &[("replicas", 1, Pointer(&Int)), ("selector", 2, Map), ("template", 3, Message("PodTemplateSpec"))],
        "StatefulSet" => {
            &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("StatefulSetSpec")), ("status", 3, Message("StatefulSetStatus"))]
        }
        "StatefulSetSpec" => &[
            ("replicas", 1, Pointer(&Int)),
            ("selector", 2, Message("LabelSelector")),
            ("template", 3, Message("PodTemplateSpec")),
            ("serviceName", 5, Text),
        ],
        "StatefulSetStatus" => &[("replicas", 2, Int), ("readyReplicas", 3, NonZero), ("currentReplicas", 4, Int), ("availableReplicas", 11, Always)],
        "DaemonSet" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("DaemonSetSpec")), ("status", 3, Message("DaemonSetStatus"))],
        "DaemonSetSpec" => &[("selector", 1, Message("LabelSelector")), ("template", 2, Message("PodTemplateSpec")), ("minReadySeconds", 4, Int)],
        "DaemonSetStatus" => &[
            ("currentNumberScheduled", 1, Always),
            ("desiredNumberScheduled", 3, Always),
            ("numberReady", 4, Always),
            ("numberAvailable", 7, Always),
        ],
        "Job" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("JobSpec"))],
        "JobSpec" => &[("parallelism", 1, Pointer(&Int)), ("selector", 4, Message("LabelSelector")), ("template", 6, Message("PodTemplateSpec"))],
        "CronJob" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("CronJobSpec"))],
        "CronJobSpec" => &[("schedule", 1, Text), ("suspend", 4, Pointer(&Bool)), ("jobTemplate", 5, Message("JobTemplateSpec"))],
        "JobTemplateSpec" => &[("metadata", 1, Message("ObjectMeta")), ("spec", 2, Message("JobSpec"))],
        other => panic!("no message {other}"),
    }
}

fn varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn number(field: u64, n: i64, out: &mut Vec<u8>) {
    varint(field << 3, out);
    varint(n as u64, out);
}

pub fn bytes(field: u64, content: &[u8], out: &mut Vec<u8>) {
    varint(field << 3 | 2, out);
    varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

fn built(build: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    build(&mut out);
    out
}

/// Encodes an object that is given as the API's JSON.
pub fn encode(message: &str, object: &Value) -> Vec<u8> {
    built(|out| {
        for (name, field, kind) in fields(message) {
            encode_field(*field, *kind, object, object.get(name), out);
        }
    })
}

fn encode_field(field: u64, kind: Type, object: &Value, value: Option<&Value>, out: &mut Vec<u8>) {
    match kind {
        Type::Pointer(inner) if value.is_some() => encode_field(field, *inner, object, value, out),
        Type::Pointer(_) => {}
        Type::Text => bytes(field, value.and_then(Value::as_str).unwrap_or_default().as_bytes(), out),
        Type::Int | Type::NonZero | Type::Always => number(field, value.and_then(Value::as_i64).unwrap_or_default(), out),
        Type::Bool => number(field, i64::from(value == Some(&Value::Bool(true))), out),
        Type::Texts => value.and_then(Value::as_array).into_iter().flatten().for_each(|text| bytes(field, text.as_str().unwrap().as_bytes(), out)),
        Type::Map => {
            for (key, value) in value.and_then(Value::as_object).into_iter().flatten() {
                let entry = built(|entry| {
                    bytes(1, key.as_bytes(), entry);
                    bytes(2, value.as_str().unwrap().as_bytes(), entry);
                });
                bytes(field, &entry, out);
            }
        }
        Type::Time => {
            let time = value.and_then(Value::as_str).map(|text| {
                let seconds = text.parse::<jiff::Timestamp>().unwrap().as_second();
                built(|time| {
                    number(1, seconds, time);
                    number(2, 0, time);
                })
            });
            bytes(field, &time.unwrap_or_default(), out);
        }
        Type::Port => {
            let port = built(|port| {
                number(1, i64::from(value.is_some_and(Value::is_string)), port);
                number(2, value.and_then(Value::as_i64).unwrap_or_default(), port);
                bytes(3, value.and_then(Value::as_str).unwrap_or_default().as_bytes(), port);
            });
            bytes(field, &port, out);
        }
        Type::Message(message) => value.into_iter().for_each(|value| bytes(field, &encode(message, value), out)),
        Type::Messages(message) => {
            value.and_then(Value::as_array).into_iter().flatten().for_each(|value| bytes(field, &encode(message, value), out));
        }
        Type::Inline(message) => bytes(field, &encode(message, object), out),
        Type::Raw => {
            let text = value.map(Value::to_string).unwrap_or_default();
            bytes(field, &built(|raw| bytes(1, text.as_bytes(), raw)), out);
        }
    }
}

/// An answer as a server writes it: envelope, list metadata, items.
pub fn answer(kind: &str, next: &str, remaining: i64, items: &[Vec<u8>]) -> Vec<u8> {
    let list = built(|list| {
        let head = built(|head| {
            bytes(1, b"", head);
            bytes(2, b"123", head);
            bytes(3, next.as_bytes(), head);
            number(4, remaining, head);
        });
        bytes(1, &head, list);
        items.iter().for_each(|item| bytes(2, item, list));
    });
    envelope(kind, &list)
}

fn envelope(kind: &str, content: &[u8]) -> Vec<u8> {
    let types = built(|types| {
        bytes(1, b"v1", types);
        bytes(2, kind.as_bytes(), types);
    });
    built(|out| {
        out.extend_from_slice(b"k8s\0");
        bytes(1, &types, out);
        bytes(2, content, out);
        bytes(3, b"", out);
        bytes(4, b"", out);
    })
}

/// The answer of a server that has this object or list, where the table knows its kind.
pub fn kubernetes_protobuf(object: &Value) -> Option<Vec<u8>> {
    let kind = object["kind"].as_str()?;
    let item = kind.strip_suffix("List").unwrap_or(kind);
    if !KINDS.contains(&item) {
        return None;
    }
    if item == kind {
        return Some(envelope(kind, &encode(item, object)));
    }
    let metadata = &object["metadata"];
    let remaining = metadata["remainingItemCount"].as_i64().unwrap_or_default();
    let mut items = object["items"].as_array()?.iter().cloned();
    list(kind, metadata["continue"].as_str().unwrap_or_default(), remaining, &mut items)
}

/// A list whose items need not be held all at once.
pub fn list(kind: &str, next: &str, remaining: i64, items: &mut dyn Iterator<Item = Value>) -> Option<Vec<u8>> {
    let item = kind.strip_suffix("List").filter(|item| KINDS.contains(item))?;
    let items: Vec<Vec<u8>> = items.map(|object| encode(item, &object)).collect();
    Some(answer(kind, next, remaining, &items))
}

const KINDS: &[&str] =
    &["Pod", "Service", "Namespace", "Node", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "PartialObjectMetadata"];
