//! Which server, with which credentials: kubeconfig files as kubectl reads them, or the pod's own account inside a cluster.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};
use kube::Config;
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::error::ConnectError;
use super::http::causes;
use super::{ConnectOptions, Overrides, exec, proxy};

/// How long a TCP and TLS handshake may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A server to talk to.
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) server: String,
    /// The context; empty inside a cluster.
    pub(super) context: String,
    /// Context and file, for messages.
    pub(super) from: String,
}

/// Merged kubeconfig files.
struct Files {
    config: Kubeconfig,
    /// Their names, for messages.
    names: String,
}

/// Resolves what was typed and what the environment says, and runs a credential plugin if one is configured.
pub(super) async fn resolve(options: &ConnectOptions) -> Result<Target, ConnectError> {
    let env = |name: &str| std::env::var(name).ok();
    let mut target = match files(options)? {
        Some(files) => from_files(options, files).await?,
        None => in_cluster()?,
    };
    let config = &mut target.config;
    if config.proxy_url.is_none()
        && let Some(found) = proxy::from_env(&config.cluster_url, &env)
    {
        config.proxy_url = Some(read_proxy(&found, "the environment")?);
    }
    let strange = |text: &String| text.chars().any(char::is_control);
    if options.impersonate.iter().chain(&options.impersonate_groups).chain(&options.impersonate_uid).any(strange) {
        let detail = "it has a control character, which no request can carry".to_owned();
        return Err(ConnectError::Entry { place: "--as, --as-uid or --as-group".to_owned(), file: "the command line".to_owned(), detail });
    }
    if let Some(user) = &options.impersonate {
        config.auth_info.impersonate = Some(user.clone());
    }
    if let Some(uid) = &options.impersonate_uid {
        let value = HeaderValue::from_str(uid).map_err(|error| ConnectError::Entry {
            place: "--as-uid".to_owned(),
            file: "the command line".to_owned(),
            detail: causes(&error),
        })?;
        // kube knows the user and the groups only.
        config.headers.push((HeaderName::from_static("impersonate-uid"), value));
    }
    if !options.impersonate_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(options.impersonate_groups.clone());
    }
    config.disable_compression = config.disable_compression || config.proxy_url.is_none() && is_near(&config.cluster_url);
    config.connect_timeout = Some(options.request_timeout.map_or(CONNECT, |limit| limit.min(CONNECT)));
    // Retries are ours: kube's go on for hours.
    config.default_retry = false;
    Ok(target)
}

/// Goes through all that a kubeconfig says, for the tests with mutants; nothing that it names is run or read.
pub(crate) fn understand(text: &str) {
    let Ok(config) = Kubeconfig::from_yaml(text) else { return };
    for mut cluster in config.clusters.into_iter().filter_map(|named| named.cluster) {
        cluster.certificate_authority = None;
        let _ =
            server_url(&cluster).map(|url| (without_user(&url.to_string()), is_near(&url), proxy::from_env(&url, &|_| cluster.proxy_url.clone())));
        let _ = authorities(&cluster);
        let _ = cluster.proxy_url.as_deref().map(|proxy| read_proxy(proxy, "a.yaml"));
    }
    config.auth_infos.iter().filter_map(|named| named.auth_info.as_ref()).for_each(|auth| drop(sendable(auth)));
}

/// The kubeconfig files that are there, merged; nothing when there is none and none was asked for by name.
fn files(options: &ConnectOptions) -> Result<Option<Files>, ConnectError> {
    let listed = std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty());
    let candidates: Vec<PathBuf> = match (&options.kubeconfig, listed) {
        (Some(file), _) => vec![file.clone()],
        (None, Some(list)) => std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect(),
        (None, None) => std::env::home_dir().map(|home| home.join(".kube").join("config")).into_iter().collect(),
    };
    let mut merged: Option<Files> = None;
    for path in &candidates {
        let file = path.display().to_string();
        // As kubectl does: a file that is named by a flag must exist, the others need not.
        if options.kubeconfig.is_none() && !path.exists() {
            continue;
        }
        let failed = |detail: String| ConnectError::Kubeconfig { file: file.clone(), detail };
        let config = Kubeconfig::read_from(path).map_err(|error| failed(unreadable(path, &error)))?;
        merged = Some(match merged {
            None => Files { config, names: file },
            Some(before) => {
                Files { config: before.config.merge(config).map_err(|error| failed(causes(&error)))?, names: format!("{}, {file}", before.names) }
            }
        });
    }
    // An empty file, as `KUBECONFIG=/dev/null` makes it, is no kubeconfig.
    let merged = merged.filter(|files| options.kubeconfig.is_some() || !files.config.contexts.is_empty() || !files.config.clusters.is_empty());
    if merged.is_none() && options.overrides.server.is_some() {
        // As for kubectl, an address on the command line is enough.
        return Ok(Some(Files { config: Kubeconfig::default(), names: "the command line".to_owned() }));
    }
    if merged.is_none() && std::env::var_os("KUBERNETES_SERVICE_HOST").is_none() {
        let looked: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
        return Err(ConnectError::NoKubeconfig { looked: looked.join(", ") });
    }
    Ok(merged)
}

fn in_cluster() -> Result<Target, ConnectError> {
    let entry = |detail| ConnectError::Entry { place: "the service account".to_owned(), file: "this pod".to_owned(), detail };
    let mut config = Config::incluster().map_err(|error| entry(causes(&error)))?;
    read_token_file(&mut config.auth_info).map_err(entry)?;
    // Inside a cluster the server is near, whatever address its Service has.
    config.disable_compression = true;
    let server = config.cluster_url.to_string();
    Ok(Target { config, server, context: String::new(), from: "this pod's service account".to_owned() })
}

async fn from_files(options: &ConnectOptions, files: Files) -> Result<Target, ConnectError> {
    let Files { config: found, names } = files;
    let contexts = || found.contexts.iter().map(|context| context.name.clone()).collect();
    let of_flags = &options.overrides;
    let name = options.context.clone().or_else(|| found.current_context.clone()).filter(|name| !name.is_empty());
    // What a context would name may be on the command line.
    let needless = of_flags.server.is_some() || of_flags.cluster.is_some();
    let name = name.or_else(|| needless.then(String::new));
    let name = name.ok_or_else(|| ConnectError::NoContext { file: names.clone(), known: contexts() })?;
    let unknown = |what, name: &str, known| ConnectError::Unknown { what, name: name.to_owned(), file: names.clone(), known };

    let context = found.contexts.iter().find(|context| context.name == name).and_then(|context| context.context.clone());
    let context: Context = match context {
        None if name.is_empty() => Context::default(),
        context => context.ok_or_else(|| unknown("context", &name, contexts()))?,
    };
    let cluster_name = of_flags.cluster.as_ref().unwrap_or(&context.cluster);
    let cluster = found.clusters.iter().find(|cluster| cluster.name == *cluster_name).and_then(|cluster| cluster.cluster.clone());
    let known = || found.clusters.iter().map(|cluster| cluster.name.clone()).collect();
    let mut cluster: Cluster = match cluster {
        None if of_flags.server.is_some() && of_flags.cluster.is_none() => Cluster::default(),
        cluster => cluster.ok_or_else(|| unknown("cluster", cluster_name, known()))?,
    };
    let user = of_flags.user.clone().or(context.user).unwrap_or_default();
    let auth = found.auth_infos.iter().find(|auth| auth.name == user).and_then(|auth| auth.auth_info.clone());
    // Only a user that was asked for by flag must exist: kubectl, too, goes on without credentials otherwise.
    if auth.is_none() && of_flags.user.is_some() {
        return Err(unknown("user", &user, found.auth_infos.iter().map(|auth| auth.name.clone()).collect()));
    }
    let mut auth = auth.unwrap_or_default();
    override_entries(of_flags, &mut cluster, &mut auth);

    let entry = |place: String, detail: String| ConnectError::Entry { place, file: names.clone(), detail };
    let of_cluster = |detail| entry(format!("cluster {cluster_name:?}"), detail);
    let of_user = |detail| entry(format!("user {user:?}"), detail);
    let url = server_url(&cluster).map_err(of_cluster)?;
    let mut config = Config::new(url.clone());
    config.default_namespace = context.namespace.filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| "default".to_owned());
    config.root_cert = authorities(&cluster).map_err(of_cluster)?;
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name = cluster.tls_server_name.clone().filter(|name| !name.is_empty());
    if let Some(found) = cluster.proxy_url.as_deref().filter(|proxy| !proxy.is_empty()) {
        config.proxy_url = Some(read_proxy(found, &format!("cluster {cluster_name:?} in {names}"))?);
    }
    exec::resolve(&mut auth, &user, &cluster, options.stdin_in_use, options.plugin_timeout).await?;
    read_token_file(&mut auth).map_err(of_user)?;
    sendable(&auth).map_err(of_user)?;
    config.auth_info = auth;
    let server = without_user(url.to_string().trim_end_matches('/'));
    let from = if name.is_empty() { names } else { format!("context {name:?} in {names}") };
    Ok(Target { config, server, from, context: name })
}

/// Puts what was typed in the place of what the files say, and takes out what would speak against it, as kubectl does.
fn override_entries(typed: &Overrides, cluster: &mut Cluster, auth: &mut AuthInfo) {
    let text = |path: &Path| path.display().to_string();
    if let Some(server) = &typed.server {
        cluster.server = Some(server.clone());
    }
    if typed.insecure || typed.certificate_authority.is_some() {
        (cluster.certificate_authority, cluster.certificate_authority_data) = (typed.certificate_authority.as_deref().map(text), None);
        cluster.insecure_skip_tls_verify = Some(typed.insecure);
    }
    if let Some(token) = &typed.token {
        *auth = AuthInfo { token: Some(token.clone().into()), ..of_certificate(auth) };
    }
    if let Some((certificate, key)) = &typed.client_certificate {
        *auth = AuthInfo {
            client_certificate: Some(text(certificate)),
            client_key: Some(text(key)),
            token: auth.token.clone(),
            token_file: auth.token_file.clone(),
            ..AuthInfo::default()
        };
    }
}

/// What of a user's entry is about certificates and impersonation: it holds beside a token.
fn of_certificate(auth: &AuthInfo) -> AuthInfo {
    AuthInfo {
        client_certificate: auth.client_certificate.clone(),
        client_certificate_data: auth.client_certificate_data.clone(),
        client_key: auth.client_key.clone(),
        client_key_data: auth.client_key_data.clone(),
        impersonate: auth.impersonate.clone(),
        impersonate_groups: auth.impersonate_groups.clone(),
        ..AuthInfo::default()
    }
}

fn server_url(cluster: &Cluster) -> Result<Uri, String> {
    let server = cluster.server.as_deref().map(str::trim).filter(|server| !server.is_empty()).ok_or("it has no server")?;
    let full = match server.contains("://") {
        true => server.to_owned(),
        false if cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some() => format!("https://{server}"),
        false => format!("http://{server}"),
    };
    let server = without_user(server);
    let url: Uri = full.parse().map_err(|error| format!("server {server:?} is no URL: {error}"))?;
    match url.scheme_str() {
        Some("http" | "https") if url.host().is_some_and(|host| !host.is_empty()) => Ok(url),
        _ => Err(format!("server {server:?} is no http or https URL")),
    }
}

/// A URL without user and password, as it may be shown.
fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") }
}

/// Why a kubeconfig cannot be read, without a word of what is in it: that is credentials.
fn unreadable(path: &Path, error: &dyn std::error::Error) -> String {
    let Ok(text) = std::fs::read_to_string(path) else { return causes(error) };
    let options = serde_saphyr::options! { with_snippet: false };
    match serde_saphyr::from_str_with_options::<serde_json::Value>(&text, options) {
        Ok(_) => "its fields are not those of a kubeconfig".to_owned(),
        Err(error) => match error.location() {
            Some(location) => format!("it is no valid YAML, line {}, column {}", location.line(), location.column()),
            None => "it is no valid YAML".to_owned(),
        },
    }
}

/// The certificates to trust; nothing means those of the system.
fn authorities(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, String> {
    use base64::Engine as _;
    let pem = match (&cluster.certificate_authority_data, &cluster.certificate_authority) {
        (Some(data), _) if !data.is_empty() => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(data.trim());
            bytes.map_err(|error| format!("certificate-authority-data is not base64: {error}"))?
        }
        (_, Some(file)) if !file.is_empty() => std::fs::read(file).map_err(|error| format!("cannot read certificate-authority {file}: {error}"))?,
        _ => return Ok(None),
    };
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).map(|found| found.map(|der| der.to_vec())).collect();
    match certificates {
        Ok(found) if found.is_empty() => Err("its certificate authority holds no PEM certificate".to_owned()),
        Ok(found) => Ok(Some(found)),
        Err(error) => Err(format!("its certificate authority cannot be read: {error}")),
    }
}

/// Puts the content of a token file in the token's place. kube would send a newline at its end along, and the file wins, as in kubectl.
fn read_token_file(auth: &mut AuthInfo) -> Result<(), String> {
    if let Some(file) = auth.token_file.take().filter(|file| !file.is_empty()) {
        let token = std::fs::read_to_string(&file).map_err(|error| format!("cannot read the token file {file}: {error}"))?;
        auth.token = Some(token.trim().to_owned().into());
    }
    Ok(())
}

/// Refuses a token that no header can carry; it is not shown.
fn sendable(auth: &AuthInfo) -> Result<(), String> {
    // The only door that kube leaves open to it.
    let shown = serde_json::to_value(auth).unwrap_or_default();
    match shown.get("token").and_then(serde_json::Value::as_str) {
        Some(token) if token.chars().any(|c| c.is_control() || !c.is_ascii()) => {
            Err("its token has a character that no request can carry".to_owned())
        }
        _ => Ok(()),
    }
}

fn read_proxy(text: &str, from: &str) -> Result<Uri, ConnectError> {
    proxy::parse(text).map_err(|detail| {
        // A password may stand before the @.
        let shown = text.rsplit_once('@').map_or(text, |(_, host)| host);
        ConnectError::Proxy { proxy: shown.to_owned(), from: from.to_owned(), detail }
    })
}

/// Whether the server is this machine or on the same network, where compression costs more than it saves: a server packs some 150 MB/s on one
/// core, a local network carries as much and loopback ten times that. Everywhere else the wire is the limit, and lists shrink to a tenth.
fn is_near(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    if host == "localhost" {
        return true;
    }
    // Names are not resolved for this: a server that has one is taken for far.
    let Ok(ip) = host.parse::<IpAddr>() else { return false };
    if ip.is_loopback() {
        return true;
    }
    // Connecting a datagram socket sends nothing; it only asks the routing table which address of ours faces the server.
    let local = || {
        let any: SocketAddr = if ip.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
        let socket = UdpSocket::bind(any).ok()?;
        socket.connect((ip, 443)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    match (local(), ip) {
        (Some(IpAddr::V4(here)), IpAddr::V4(there)) => here.octets()[..3] == there.octets()[..3],
        (Some(IpAddr::V6(here)), IpAddr::V6(there)) => here.segments()[..4] == there.segments()[..4],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
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
        for text in [
            "users:\n- user: {token: planted\n- {",
            "users: planted",
            "- planted",
            "clusters:\n- name: [planted]\n",
            "token: \"planted",
            "a: *planted",
        ] {
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
}
