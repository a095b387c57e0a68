//! What is written, by the kind of the workload.

use serde_json::{Value, json};

use super::onboard::{Extras, Material, Wanted, plan};
use super::preflight::{Id, Verdict};
use super::way::Intention;
use super::{Action, Plan, path_text};
use crate::index::Index;
use crate::model::{Coverage, Inventory, Item, Kind, MeshId, Mode};
use crate::world::{SourceInfo, SourceKind, World};

/// The plan for one object of this kind, whose template says nothing yet.
fn of(api_version: &str, kind: &str, spec: &Value, mesh: MeshId) -> Plan {
    let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"namespace": "shop", "name": "cart"}, "spec": spec});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
    let linkerd = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "linkerd", "name": "linkerd-config", "labels": {"linkerd.io/control-plane-ns": "linkerd"}},
        "data": {"values": "clusterNetworks: 10.0.0.0/8"}});
    let mut inventory = Inventory { coverage: Kind::ALL.iter().map(|k| (*k, Coverage::Complete)).collect(), ..Inventory::default() };
    for value in [&object, &namespace, &linkerd] {
        let kind = Kind::of(value["apiVersion"].as_str().unwrap(), value["kind"].as_str().unwrap()).unwrap();
        inventory.push(Item::from_value(kind, value.clone()).unwrap());
    }
    let source = SourceInfo { kind: SourceKind::Files, name: "test".into() };
    let world = World::new(Index::new(inventory), source, jiff::Timestamp::UNIX_EPOCH);
    let workload = world.index.workload("shop", "cart", Kind::of(api_version, kind)).unwrap();
    let material = Material { raw: [(workload.reference.clone(), object)].into(), ..Material::default() };
    let wanted = Wanted { workloads: vec![workload], namespace: "shop".into(), whole_namespace: false, extras: Extras::default() };
    plan(&world, &wanted, &Intention { mesh, mode: Mode::Sidecar, revision: None }, &material)
}

fn template() -> Value {
    json!({"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "app", "image": "shop/cart:1"}]}})
}

fn actions(plan: &Plan) -> Vec<Action> {
    plan.steps.iter().map(|step| step.action).collect()
}

#[test]
fn each_kind_is_written_where_its_template_is() {
    let rolling = json!({"selector": {"matchLabels": {"app": "cart"}}, "template": template()});
    let job = json!({"jobTemplate": {"spec": {"template": template()}}});
    for (api_version, kind, spec, path, waits) in [
        ("apps/v1", "Deployment", &rolling, "spec.template", true),
        ("apps/v1", "StatefulSet", &rolling, "spec.template", true),
        ("apps/v1", "DaemonSet", &rolling, "spec.template", true),
        ("argoproj.io/v1alpha1", "Rollout", &rolling, "spec.template", true),
        ("batch/v1", "CronJob", &job, "spec.jobTemplate.spec.template", false),
    ] {
        let plan = of(api_version, kind, spec, MeshId::Linkerd);
        let first = &plan.steps[0];
        assert_eq!(path_text(&first.changes[0].path), format!("{path}.metadata.annotations[\"linkerd.io/inject\"]"), "{kind}");
        let expected: &[Action] = if waits { &[Action::Annotate, Action::Wait, Action::Verify] } else { &[Action::Annotate] };
        assert_eq!(actions(&plan), expected, "{kind}");
        assert!(waits || plan.notes.iter().any(|note| note.contains("next run")), "{kind}: {:?}", plan.notes);
    }
}

#[test]
fn what_cannot_be_restarted_is_not_written() {
    let selector = json!({"selector": {"matchLabels": {"app": "cart"}}, "template": template()});
    let pod = json!({"containers": [{"name": "app", "image": "x"}]});
    for (api_version, kind, spec, says) in [
        ("v1", "Pod", &pod, "cannot be restarted safely"),
        ("batch/v1", "Job", &json!({"template": template()}), "written anew"),
        ("apps/v1", "ReplicaSet", &selector, "make it a Deployment"),
        ("apps.openshift.io/v1", "DeploymentConfig", &json!({"selector": {"app": "cart"}, "template": template()}), "oc rollout latest"),
    ] {
        let plan = of(api_version, kind, spec, MeshId::Linkerd);
        let row = plan.preflight.iter().find(|row| row.id == Id::Kind).unwrap_or_else(|| panic!("{kind}: {:?}", plan.preflight));
        assert!(row.verdict == Verdict::Block && row.text.contains(says), "{kind}: {}", row.text);
        assert!(!plan.changes(), "{kind}");
    }
}

#[test]
fn a_rollout_that_would_not_reach_all_pods_is_known_beforehand() {
    let with = |more: Value| {
        let mut spec = json!({"selector": {"matchLabels": {"app": "cart"}}, "template": template()});
        more.as_object().unwrap().iter().for_each(|(key, value)| spec[key] = value.clone());
        spec
    };
    let blocks = |plan: &Plan| plan.preflight.iter().any(|row| row.id == Id::Kind && row.verdict == Verdict::Block);
    assert!(blocks(&of("apps/v1", "Deployment", &with(json!({"paused": true})), MeshId::Linkerd)));
    assert!(!blocks(&of("apps/v1", "Deployment", &with(json!({"paused": false})), MeshId::Linkerd)));
    let partition = |n: u64| with(json!({"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": n}}}));
    assert!(blocks(&of("apps/v1", "StatefulSet", &partition(1), MeshId::Linkerd)));
    assert!(!blocks(&of("apps/v1", "StatefulSet", &partition(0), MeshId::Linkerd)));
    for kind in ["StatefulSet", "DaemonSet"] {
        let plan = of("apps/v1", kind, &with(json!({"updateStrategy": {"type": "OnDelete"}})), MeshId::Linkerd);
        assert_eq!(actions(&plan), [Action::Annotate], "{kind}: nobody waits for pods that nobody replaces");
        assert!(plan.notes.iter().any(|note| note.contains("OnDelete")), "{kind}");
    }
}
