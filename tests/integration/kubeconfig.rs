//! Kubeconfig files as people have them: several contexts, every kind of credential.

#![allow(dead_code, unreachable_pub, reason = "a library for tests: not every helper is in use at every time")]

use crate::apiserver::tls::Pair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// How a context's user proves who it is.
pub enum Credentials {
    None,
    Token(String),
    TokenFile(PathBuf),
    Certificate(Pair),
    /// The program printing an ExecCredential.
    Exec(PathBuf),
}

/// A kubeconfig under construction; the first context is the current one.
#[derive(Default)]
pub struct Kubeconfig {
    clusters: Vec<Value>,
    users: Vec<Value>,
    contexts: Vec<Value>,
}

impl Kubeconfig {
    /// Adds a context with a cluster and a user of its own, all called `name`.
    pub fn context(mut self, name: &str, server: &str, authority: Option<&str>, credentials: &Credentials, namespace: Option<&str>) -> Self {
        let mut cluster = json!({"server": server});
        if let Some(pem) = authority {
            cluster["certificate-authority-data"] = json!(STANDARD.encode(pem));
        }
        let user = match credentials {
            Credentials::None => json!({}),
            Credentials::Token(token) => json!({"token": token}),
            Credentials::TokenFile(path) => json!({"tokenFile": path}),
            Credentials::Certificate(pair) => {
                json!({"client-certificate-data": STANDARD.encode(&pair.certificate), "client-key-data": STANDARD.encode(&pair.key)})
            }
            Credentials::Exec(program) => {
                json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "IfAvailable"}})
            }
        };
        let mut context = json!({"cluster": name, "user": name});
        if let Some(namespace) = namespace {
            context["namespace"] = json!(namespace);
        }
        self.clusters.push(json!({"name": name, "cluster": cluster}));
        self.users.push(json!({"name": name, "user": user}));
        self.contexts.push(json!({"name": name, "context": context}));
        self
    }

    pub fn write(&self, path: &Path) {
        let current = self.contexts.first().map_or(Value::Null, |c| c["name"].clone());
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "clusters": self.clusters, "users": self.users, "contexts": self.contexts, "current-context": current,
        });
        // JSON is YAML.
        fs::write(path, config.to_string()).unwrap();
    }
}

/// A credential plugin: prints `token`, and appends a line to `<program>.calls` each time it runs.
pub fn exec_plugin(dir: &Path, token: &str) -> PathBuf {
    let program = dir.join("credential-plugin");
    let credential = json!({"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": token}});
    fs::write(&program, format!("#!/bin/sh\necho called >> \"$0.calls\"\ncat <<'END'\n{credential}\nEND\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program
}

/// How often a plugin made by [`exec_plugin`] has run.
pub fn exec_plugin_calls(program: &Path) -> usize {
    let mut calls = program.as_os_str().to_owned();
    calls.push(".calls");
    fs::read_to_string(calls).map_or(0, |text| text.lines().count())
}
