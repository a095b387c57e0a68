use std::path::PathBuf;
use std::time::Duration;

use kube::config::{AuthInfo, Cluster};

use super::*;

#[test]
fn a_server_without_a_scheme_is_https_when_it_has_an_authority() {
    let url = |server: &str, authority: bool| {
        let certificate_authority = authority.then(|| "ca.pem".to_owned());
        server_url(&Cluster { server: Some(server.to_owned()), certificate_authority, ..Cluster::default() }).map(|url| url.to_string())
    };
    assert_eq!(url("api:6443", true).unwrap(), "https://api:6443/");
    assert_eq!(url("api:6443", false).unwrap(), "http://api:6443/");
    assert_eq!(url("https://api:6443/k8s/clusters/c-1", false).unwrap(), "https://api:6443/k8s/clusters/c-1");
    assert!(url("", false).is_err() && url("ftp://api", false).is_err() && url("https://", false).is_err());
}

#[test]
fn loopback_is_near_and_a_name_is_far() {
    for near in ["https://127.0.0.1:6443", "https://[::1]", "http://localhost:8080"] {
        assert!(is_near(&near.parse().unwrap()), "{near}");
    }
    assert!(!is_near(&"https://api.example.com".parse().unwrap()));
}

#[test]
fn a_proxy_error_does_not_repeat_the_password() {
    let error = read_proxy("ftp://user:planted@proxy", "the environment").unwrap_err();
    assert!(!error.to_string().contains("planted"), "{error}");
}

/// A kubeconfig with two contexts of one cluster: `plain`, and `plugin` with a user who runs `command`.
fn kubeconfig(dir: &std::path::Path, command: &str, mode: &str) -> PathBuf {
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "plain",
        "clusters": [{"name": "here", "cluster": {"server": "https://10.0.0.1:6443"}}],
        "contexts": [
            {"name": "plain", "context": {"cluster": "here", "user": "file", "namespace": "shop"}},
            {"name": "plugin", "context": {"cluster": "here", "user": "plugin"}},
            {"name": "lost", "context": {"cluster": "elsewhere", "user": "file"}},
        ],
        "users": [
            {"name": "file", "user": {"tokenFile": "token"}},
            {"name": "plugin", "user": {"exec": {
                "apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": mode, "provideClusterInfo": true,
                "env": [{"name": "GREETING", "value": "hello"}], "installHint": "install it so",
            }}},
        ],
    });
    std::fs::write(dir.join("token"), "s3cret\n").unwrap();
    std::fs::write(dir.join("config"), config.to_string()).unwrap();
    dir.join("config")
}

async fn target(file: PathBuf, context: Option<&str>) -> Result<Target, ConnectError> {
    resolve(&ConnectOptions { kubeconfig: Some(file), context: context.map(str::to_owned), ..ConnectOptions::default() }).await
}

/// The token that would be sent, through the only door kube leaves open to it.
fn token(auth: &AuthInfo) -> String {
    serde_json::to_value(auth).unwrap()["token"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_current_context_gives_server_namespace_and_token() {
    let dir = tempfile::tempdir().unwrap();
    let target = target(kubeconfig(dir.path(), "", "Never"), None).await.unwrap();
    assert_eq!((target.server.as_str(), target.context.as_str()), ("https://10.0.0.1:6443", "plain"));
    assert_eq!(target.config.default_namespace, "shop");
    assert_eq!(token(&target.config.auth_info), "s3cret", "without the newline at the end of the file");
    assert!(!target.config.default_retry);
}

#[tokio::test]
async fn what_is_missing_is_named_with_the_file_and_the_choice() {
    let dir = tempfile::tempdir().unwrap();
    let file = kubeconfig(dir.path(), "", "Never");
    let error = target(file.clone(), Some("prod")).await.err().unwrap();
    assert_eq!(error.to_string(), format!("context \"prod\" is not in {}", file.display()));
    assert_eq!(error.hints(), ["choose with --context: plain, plugin, lost"]);
    let error = target(file, Some("lost")).await.err().unwrap();
    assert!(error.to_string().starts_with("cluster \"elsewhere\" is not in"), "{error}");
    let error = target(dir.path().join("none"), None).await.err().unwrap();
    assert!(error.to_string().contains("none: "), "{error}");
    std::fs::write(dir.path().join("broken"), "{{{").unwrap();
    let error = target(dir.path().join("broken"), None).await.err().unwrap();
    assert!(error.to_string().starts_with("cannot read kubeconfig"), "{error}");
}

#[tokio::test]
async fn no_error_quotes_a_kubeconfig() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    for text in
        ["users:\n- user: {token: planted\n- {", "users: planted", "- planted", "clusters:\n- name: [planted]\n", "token: \"planted", "a: *planted"]
    {
        std::fs::write(&file, text).unwrap();
        let error = target(file.clone(), None).await.err().unwrap().to_string();
        assert!(!error.contains("planted"), "{error}");
    }
    assert_eq!(without_user("https://me:planted@host:1/path@x"), "https://host:1/path@x");
}

#[cfg(unix)]
fn plugin(dir: &std::path::Path, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let file = dir.join("plugin.sh");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file.display().to_string()
}

#[cfg(unix)]
#[tokio::test]
async fn a_plugin_runs_once_is_told_about_the_cluster_and_sees_no_standard_input() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let script = format!(
        r#"echo run >>{0}; cat >>{0}; printf '%s' "$KUBERNETES_EXEC_INFO" >{1}
           echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{{"token":"'$GREETING'"}}}}'"#,
        runs.display(),
        dir.path().join("info").display()
    );
    let command = plugin(dir.path(), &script);
    let file = kubeconfig(dir.path(), &command, "IfAvailable");
    let options = ConnectOptions { kubeconfig: Some(file), context: Some("plugin".to_owned()), stdin_in_use: true, ..ConnectOptions::default() };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let target = resolve(&options).await.unwrap();
    assert_eq!(token(&target.config.auth_info), "hello");
    kube::Client::try_from(target.config).unwrap();
    assert_eq!(std::fs::read_to_string(runs).unwrap(), "run\n");
    let info: serde_json::Value = serde_json::from_slice(&std::fs::read(dir.path().join("info")).unwrap()).unwrap();
    assert_eq!((&info["spec"]["interactive"], &info["spec"]["cluster"]["server"]), (&false.into(), &"https://10.0.0.1:6443".into()));
}

#[cfg(unix)]
#[tokio::test]
async fn a_plugin_that_gives_nothing_is_named_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    for (script, expected) in [
        ("exit 3", "failed (exit status: 3)"),
        ("echo half-a-token", "did not answer with an ExecCredential"),
        (r#"echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t"}}'"#, "answered with apiVersion"),
        (r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","status":{}}'"#, "neither a token nor a certificate"),
    ] {
        let file = kubeconfig(dir.path(), &plugin(dir.path(), script), "Never");
        let error = target(file, Some("plugin")).await.err().unwrap();
        assert!(error.to_string().contains(expected) && !error.to_string().contains("half-a-token"), "{error}");
        assert_eq!(error.hints(), ["install it so"]);
    }
    let error = target(kubeconfig(dir.path(), "/nowhere/plugin", "Never"), Some("plugin")).await.err().unwrap();
    assert!(error.to_string().contains("does not start"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_plugin_that_takes_too_long_or_says_too_much_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    for (script, expected) in [("sleep 20", "did not answer within"), ("head -c 2000000 /dev/zero", "answered with more than 1024 KiB")] {
        let kubeconfig = Some(kubeconfig(dir.path(), &plugin(dir.path(), script), "Never"));
        let plugin_timeout = Duration::from_millis(if script.starts_with("sleep") { 50 } else { 20_000 });
        let options = ConnectOptions { kubeconfig, context: Some("plugin".to_owned()), plugin_timeout, ..ConnectOptions::default() };
        let error = resolve(&options).await.err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_no_request_can_carry_is_refused_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = kubeconfig(dir.path(), "", "Never");
    std::fs::write(dir.path().join("token"), "plan\u{7}ted").unwrap();
    let error = target(file.clone(), None).await.err().unwrap().to_string();
    assert!(error.contains("has a character that no request can carry") && !error.contains("plan"), "{error}");
    let options = ConnectOptions { kubeconfig: Some(file), impersonate: Some("a\nb".to_owned()), ..ConnectOptions::default() };
    assert!(resolve(&options).await.is_err());
}
