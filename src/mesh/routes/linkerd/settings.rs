//! Timeouts and retries, from annotations of routes and of what they are for.

use std::time::Duration;

use crate::mesh::linkerd::annotations::{RETRY, TIMEOUT, duration};
use crate::model::Map;

/// Timeouts; all of a route's or all of its parent's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Timeouts {
    pub request: Option<Duration>,
    pub response: Option<Duration>,
    pub idle: Option<Duration>,
}

impl Timeouts {
    /// As annotations set them; nothing when one of them cannot be read.
    pub(super) fn read(annotations: &Map) -> Option<Self> {
        let of = |name: &str| annotations.get(name).map(|text| duration(text).ok()).map_or(Some(None), |read| read.map(Some));
        let [request, response, idle] = TIMEOUT;
        Some(Self { request: of(request)?, response: of(response)?, idle: of(idle)? })
    }

    pub(super) fn is_unset(&self) -> bool {
        *self == Self::default()
    }
}

/// How often a request is tried again, if it is at all.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Retry {
    pub limit: u16,
}

/// Retries as annotations set them, for HTTP or for gRPC; an error when one of them cannot be read.
pub(super) fn retry(annotations: &Map, grpc: bool) -> Result<Option<Retry>, ()> {
    let [http_name, grpc_name, limit, timeout] = RETRY;
    let limit = match annotations.get(limit) {
        Some(text) => Some(text.parse::<u16>().map_err(|_| ())?).filter(|n| *n != 0),
        None => None,
    };
    let timeout = match annotations.get(timeout) {
        Some(text) => Some(duration(text).map_err(|_| ())?).filter(|d| !d.is_zero()),
        None => None,
    };
    let conditions = annotations.get(if grpc { grpc_name } else { http_name });
    let known = if grpc { is_grpc_status } else { is_http_status };
    if conditions.is_some_and(|list| !list.split(',').all(known)) {
        return Err(());
    }
    let any = limit.is_some() || timeout.is_some() || conditions.is_some();
    Ok(any.then(|| Retry { limit: limit.unwrap_or(1) }))
}

fn is_grpc_status(word: &str) -> bool {
    ["cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"].iter().any(|w| word.eq_ignore_ascii_case(w))
}

fn is_http_status(word: &str) -> bool {
    let code = |text: &str| text.parse::<u32>().ok().filter(|c| (100..600).contains(c));
    let range = || word.split_once('-').and_then(|(a, b)| Some(code(a)? <= code(b)?)).unwrap_or(false);
    word.eq_ignore_ascii_case("5xx") || word.eq_ignore_ascii_case("gateway-error") || code(word).is_some() || range()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> Map {
        pairs.iter().copied().collect()
    }

    #[test]
    fn one_timeout_that_cannot_be_read_spoils_all() {
        let good = Timeouts::read(&map(&[("timeout.linkerd.io/request", "2m")])).unwrap();
        assert_eq!(good.request, Some(Duration::from_secs(120)));
        assert_eq!(Timeouts::read(&map(&[("timeout.linkerd.io/request", "2m"), ("timeout.linkerd.io/idle", "soon")])), None);
        assert!(Timeouts::read(&map(&[])).unwrap().is_unset());
    }

    #[test]
    fn any_retry_annotation_means_retries() {
        let limit = |pairs: &[(&str, &str)], grpc| retry(&map(pairs), grpc).map(|r| r.map(|r| r.limit));
        assert_eq!(limit(&[("retry.linkerd.io/limit", "4")], false), Ok(Some(4)));
        assert_eq!(limit(&[("retry.linkerd.io/http", "5xx,404,500-503")], false), Ok(Some(1)));
        assert_eq!(limit(&[("retry.linkerd.io/http", "5xx")], true), Ok(None), "not for gRPC");
        assert_eq!(limit(&[("retry.linkerd.io/limit", "0")], false), Ok(None), "zero counts as unset");
        for bad in [("retry.linkerd.io/http", "502, 503"), ("retry.linkerd.io/limit", "many"), ("retry.linkerd.io/timeout", "1")] {
            assert_eq!(limit(&[bad], false), Err(()), "{bad:?}");
        }
    }
}
