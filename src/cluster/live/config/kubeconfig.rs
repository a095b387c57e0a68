//! Kubeconfig files, merged, and the server that a context of them names.

use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{AuthInfo, Cluster, Context, Kubeconfig};

use super::{
    ConnectError, ConnectOptions, Overrides, Target, authorities, causes, exec, read_proxy, read_token_file, sendable, server_url, without_user,
};

/// Merged kubeconfig files.
pub(super) struct Files {
    config: Kubeconfig,
    /// Their names, for messages.
    names: String,
}

/// The kubeconfig files that are there, merged; nothing when there is none and none was asked for by name.
pub(super) fn files(options: &ConnectOptions) -> Result<Option<Files>, ConnectError> {
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

/// The server that was asked for, as the files and what was typed describe it.
pub(super) async fn target(options: &ConnectOptions, files: Files) -> Result<Target, ConnectError> {
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
