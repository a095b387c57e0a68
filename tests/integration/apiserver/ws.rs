//! WebSocket subresources of pods with scripted answers: exec and port-forward; and the scripted logs.

use super::error::{ApiError, Result};
use super::handle::Call;
use super::{Body, Shared};
use hyper::upgrade::OnUpgrade;
use hyper::{HeaderMap, Response};
use std::collections::HashMap;
use std::sync::Arc;

/// What pods say, by namespace and name.
#[derive(Default)]
pub struct Scripts {
    logs: HashMap<(String, String, String), String>,
}

impl Scripts {
    pub fn set_log(&mut self, namespace: &str, pod: &str, container: &str, text: &str) {
        self.logs.insert((namespace.into(), pod.into(), container.into()), text.into());
    }

    pub fn log(&self, namespace: &str, pod: &str, container: &str) -> Option<String> {
        self.logs.get(&(namespace.into(), pod.into(), container.into())).cloned()
    }
}

pub fn wanted(headers: &HeaderMap) -> bool {
    headers.get("upgrade").and_then(|v| v.to_str().ok()).is_some_and(|v| v.eq_ignore_ascii_case("websocket"))
}

pub fn answer(_shared: &Arc<Shared>, _call: &Call, _upgrade: OnUpgrade) -> Result<Response<Body>> {
    Err(ApiError::unknown_path())
}
