//! Which server, with which credentials: kubeconfig files as kubectl reads them, or the pod's own account inside a cluster.

mod address;
mod credentials;
mod kubeconfig;
#[cfg(test)]
mod tests;

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use kube::Config;
use kube::config::Kubeconfig;

use super::error::ConnectError;
use super::http::causes;
use super::{ConnectOptions, Overrides, exec, proxy};
use address::{is_near, read_proxy, server_url, without_user};
use credentials::{authorities, read_token_file, sendable};

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

/// Resolves what was typed and what the environment says, and runs a credential plugin if one is configured.
pub(super) async fn resolve(options: &ConnectOptions) -> Result<Target, ConnectError> {
    let env = |name: &str| std::env::var(name).ok();
    let mut target = match kubeconfig::files(options)? {
        Some(files) => kubeconfig::target(options, files).await?,
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

fn in_cluster() -> Result<Target, ConnectError> {
    let entry = |detail| ConnectError::Entry { place: "the service account".to_owned(), file: "this pod".to_owned(), detail };
    let mut config = Config::incluster().map_err(|error| entry(causes(&error)))?;
    read_token_file(&mut config.auth_info).map_err(entry)?;
    // Inside a cluster the server is near, whatever address its Service has.
    config.disable_compression = true;
    let server = config.cluster_url.to_string();
    Ok(Target { config, server, context: String::new(), from: "this pod's service account".to_owned() })
}
