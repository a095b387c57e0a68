//! A set as files of a directory, which Kustomize builds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Set;

/// How a set is put to its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// Over a base, by the way there from the directory of the set.
    Overlay(String),
    /// As a Component, for whoever lists it.
    Component,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// What is in it.
    pub text: String,
}

/// In the order in which they are read.
const ORDER: [&str; 8] =
    [super::NAMESPACE, super::WORKLOAD, super::SERVICE, super::SECURITY, super::TRAFFIC, super::MONITORING, super::NETWORK, super::DENY];

/// The files of a set; `yaml` writes one object.
pub fn files<E>(set: &Set, form: &Form, (title, service): (&str, &str), yaml: impl Fn(&Value) -> Result<String, E>) -> Result<Vec<File>, E> {
    let mut files = Vec::new();
    let (mut resources, mut patches) = (BTreeSet::new(), BTreeSet::new());
    for (at, name) in ORDER.into_iter().enumerate() {
        let of = |list: &[(&'static str, Value)]| list.iter().filter(|(file, _)| *file == name).map(|(_, object)| object.clone()).collect::<Vec<_>>();
        let (patched, made) = (of(&set.patches), of(&set.objects));
        if patched.is_empty() && made.is_empty() {
            continue;
        }
        match name {
            // It would refuse calls that nobody has named yet.
            super::DENY => false,
            _ if patched.is_empty() => resources.insert((at, name)),
            _ => patches.insert((at, name)),
        };
        let mut text = String::new();
        for (n, object) in patched.iter().chain(&made).enumerate() {
            text.push_str(if n == 0 { "" } else { "---\n" });
            text.push_str(yaml(object)?.trim_end());
            text.push('\n');
        }
        for line in set.comments.iter().filter(|(file, _)| *file == name).flat_map(|(_, comment)| comment.lines()) {
            let _ = writeln!(text, "# {line}");
        }
        files.push(File { name, text });
    }
    let mut listed: Vec<String> = if let Form::Overlay(base) = form { vec![base.clone()] } else { Vec::new() };
    listed.extend(resources.iter().map(|(_, name)| (*name).to_owned()));
    let (api_version, kind) = match form {
        Form::Overlay(_) => ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
        Form::Component => ("kustomize.config.k8s.io/v1alpha1", "Component"),
    };
    let mut kustomization = json!({"apiVersion": api_version, "kind": kind});
    if !listed.is_empty() {
        kustomization["resources"] = listed.into();
    }
    if !patches.is_empty() {
        kustomization["patches"] = patches.iter().map(|(_, name)| json!({"path": name})).collect();
    }
    let mut text = yaml(&kustomization)?;
    if files.iter().any(|file| file.name == super::DENY) {
        let _ = writeln!(text, "# Once every call in and out stands in the policies, list under resources: {}", super::DENY);
    }
    files.insert(0, File { name: "kustomization.yaml", text });
    files.push(File { name: "README.md", text: readme(set, form, title, service) });
    Ok(files)
}

fn readme(set: &Set, form: &Form, title: &str, service: &str) -> String {
    let mut text = format!("# {title}\n\nMade by `kubectl mesh generate overlay`; make it anew rather than edit it, or keep what you edit.\n\n");
    text.push_str(&match form {
        Form::Overlay(_) => format!(
            "1. Look at it: `kubectl kustomize .`, `kubectl mesh validate -k .`\n\
             2. Apply it step by step, with proof and a way back: `kubectl mesh apply -s {service} -k .`; or let GitOps apply it.\n"
        ),
        Form::Component => format!(
            "1. List this directory under `components:` of the kustomization that holds the workloads.\n\
             2. Look at that: `kubectl kustomize DIR`, `kubectl mesh validate -k DIR`.\n\
             3. Apply it step by step, with proof and a way back: `kubectl mesh apply -s {service} -k DIR`; or let GitOps apply it.\n"
        ),
    });
    text.push_str("\nThe way back: take it out of the kustomization, and restart the workloads.\n");
    if !set.notes.is_empty() {
        text.push_str("\nLeft out, or to be known:\n\n");
        for note in &set.notes {
            let _ = writeln!(text, "- {note}");
        }
    }
    text
}
