//! Credential plugins: programs that a kubeconfig names, run once and never again.
//!
//! kube would run the program three times for one client and let it read the standard input that may hold manifests.

use std::io::IsTerminal as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::config::{AuthInfo, Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::error::ConnectError;

/// The longest answer of a plugin: a token and a certificate have some kilobytes.
const OUTPUT: u64 = 1 << 20;

/// What the program is told, in an environment variable.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    kind: &'static str,
    api_version: &'a str,
    spec: Spec,
}

#[derive(Serialize)]
struct Spec {
    interactive: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ExecAuthCluster>,
}

/// What the program answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(default)]
    api_version: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the plugin of `auth`, if it has one, and puts the credentials in its place.
pub(super) async fn resolve(auth: &mut AuthInfo, user: &str, cluster: &Cluster, stdin_in_use: bool, within: Duration) -> Result<(), ConnectError> {
    let Some(exec) = auth.exec.take() else { return Ok(()) };
    let command = exec.command.clone().unwrap_or_default();
    let status = run(&exec, cluster, stdin_in_use, within).await.map_err(|detail| ConnectError::Plugin {
        command,
        user: user.to_owned(),
        detail,
        hint: exec.install_hint.clone().filter(|hint| !hint.is_empty()),
    })?;
    if let Some(token) = status.token.filter(|token| !token.is_empty()) {
        auth.token = Some(token.into());
    }
    if let (Some(certificate), Some(key)) = (status.client_certificate_data, status.client_key_data) {
        auth.client_certificate_data = Some(STANDARD.encode(certificate));
        auth.client_key_data = Some(STANDARD.encode(key).into());
    }
    Ok(())
}

/// All that a plugin writes, and how it ended.
async fn output(running: &mut Child) -> Result<(Vec<u8>, ExitStatus), String> {
    let mut answer = Vec::new();
    if let Some(out) = running.stdout.take() {
        out.take(OUTPUT + 1).read_to_end(&mut answer).await.map_err(|error| format!("was lost: {error}"))?;
    }
    if answer.len() as u64 > OUTPUT {
        return Err(format!("answered with more than {} KiB", OUTPUT >> 10));
    }
    Ok((answer, running.wait().await.map_err(|error| format!("was lost: {error}"))?))
}

async fn run(exec: &ExecConfig, cluster: &Cluster, stdin_in_use: bool, within: Duration) -> Result<Status, String> {
    let program = exec.command.as_deref().filter(|command| !command.is_empty()).ok_or("is not named")?;
    let version = exec.api_version.as_deref().unwrap_or_default();
    if !matches!(version, "client.authentication.k8s.io/v1" | "client.authentication.k8s.io/v1beta1") {
        return Err(format!("is declared with apiVersion {version:?}; client.authentication.k8s.io/v1 and v1beta1 are understood"));
    }
    let terminal = std::io::stdin().is_terminal() && !stdin_in_use;
    let interactive = match exec.interactive_mode {
        Some(ExecInteractiveMode::Never) => false,
        Some(ExecInteractiveMode::Always) if !terminal => return Err("wants to ask on the terminal, and standard input is none".to_owned()),
        _ => terminal,
    };
    let told = if exec.provide_cluster_info {
        Some(ExecAuthCluster::try_from(cluster).map_err(|error| format!("cannot be told about the cluster: {error}"))?)
    } else {
        None
    };
    let request = Request { kind: "ExecCredential", api_version: version, spec: Spec { interactive, cluster: told } };
    let request = serde_json::to_string(&request).map_err(|error| format!("cannot be told what is wanted: {error}"))?;

    let mut child = Command::new(program);
    child.args(exec.args.iter().flatten()).env("KUBERNETES_EXEC_INFO", request);
    for variable in exec.env.iter().flatten() {
        if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
            child.env(name, value);
        }
    }
    for name in exec.drop_env.iter().flatten() {
        child.env_remove(name);
    }
    child.stdin(if interactive { Stdio::inherit() } else { Stdio::null() }).stdout(Stdio::piped()).stderr(Stdio::inherit());
    // One that is given up is ended, and not left to ask on the terminal.
    let mut running = child.kill_on_drop(true).spawn().map_err(|error| format!("does not start: {error}"))?;
    let answer = tokio::time::timeout(within, output(&mut running)).await;
    let (answer, status) = answer.map_err(|_| format!("did not answer within {within:?}"))??;
    if !status.success() {
        return Err(format!("failed ({status}); its own words stand above"));
    }
    // The content stays out of the message: it may be half a token.
    let response: Response = serde_saphyr::from_slice(&answer).map_err(|_| "did not answer with an ExecCredential")?;
    if response.api_version != version {
        return Err(format!("answered with apiVersion {:?} where the kubeconfig says {version:?}", response.api_version));
    }
    let status = response.status.ok_or("answered without a status")?;
    match (&status.token, &status.client_certificate_data, &status.client_key_data) {
        (Some(_), None, None) | (_, Some(_), Some(_)) => Ok(status),
        (None, None, None) => Err("answered with neither a token nor a certificate".to_owned()),
        _ => Err("answered with a certificate or a key, but not with both".to_owned()),
    }
}
