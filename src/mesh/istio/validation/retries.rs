//! Retry policies of routes and of the mesh.

use crate::mesh::istio::validation::{Judge, duration};
use crate::model::Field;

/// What Envoy retries on, besides status codes.
const CONDITIONS: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "envoy-ratelimited",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

/// Judges a retry policy.
pub(crate) fn retry(judge: &mut Judge<'_>, retries: &Field<'_>) {
    let attempts = retries.get("attempts").and_then(|a| a.int()).unwrap_or_default();
    if attempts < 0 {
        judge.error(retries.path_of("attempts"), format!("attempts is {attempts}"), "Write 0 to switch retries off, or a positive number.");
    }
    let useless =
        ["perTryTimeout", "retryOn", "retryRemoteLocalities"].into_iter().find(|name| retries.get(name).is_some_and(|f| f.str() != Some("")));
    if let Some(name) = useless.filter(|_| attempts == 0) {
        judge.error(retries.path_of(name), format!("{name} is set, but with 0 attempts there are no retries"), "Write attempts, or remove it.");
    }
    for name in ["perTryTimeout", "backoff"] {
        if let Some(time) = retries.get(name) {
            duration(judge, &time);
        }
    }
    let Some(conditions) = retries.get("retryOn") else { return };
    for condition in conditions.str().unwrap_or_default().split(',').filter(|c| !c.is_empty() || conditions.str() != Some("")) {
        if !CONDITIONS.contains(&condition) && !condition.parse().is_ok_and(is_status) {
            let hint = match CONDITIONS.iter().find(|c| **c == condition.trim()) {
                Some(_) => "Separate the conditions with commas alone: spaces are taken as part of them.".to_owned(),
                None => format!("Write HTTP status codes or some of {}, separated by commas.", CONDITIONS.join(", ")),
            };
            judge.about(condition).error(conditions.path(), format!("{condition:?} is not a condition to retry on"), hint);
        }
    }
}

/// Whether HTTP knows a status code of this number.
fn is_status(code: u16) -> bool {
    matches!(code, 100..=103 | 200..=208 | 226 | 300..=305 | 307..=308 | 400..=418 | 421..=426 | 428..=429 | 431 | 451 | 500..=508 | 510..=511)
}
