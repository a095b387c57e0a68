//! One list, page by page. The next page is asked for as soon as its token is known, while this one is still coming or being decoded.

use std::collections::HashSet;

use futures::stream::{FuturesOrdered, StreamExt as _};
use tokio::sync::{Semaphore, oneshot};

use super::Progress;
use super::http::{Ask, Failure, Http};
use super::limits::{Most, size};
use super::page::{self, Format, Head, ItemKind, Page};
use crate::model::{Inventory, Kind, Str};

/// Pages of one list under way at once: two on the wire, one being decoded. More would only fill memory.
const AHEAD: usize = 3;
/// How often a list whose token expired is begun again in pages, before it is asked for in one piece.
const RESTARTS: usize = 2;

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf,application/json";
pub(super) const META_JSON: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
const META_PROTOBUF: &str = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,\
                             application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) kind: Kind,
    pub(super) version: String,
    /// Empty for all namespaces and for cluster-scoped kinds.
    pub(super) namespace: Str,
    /// Only objects that carry this label.
    pub(super) label: Option<&'static str>,
    pub(super) metadata_only: bool,
    pub(super) page_size: usize,
    pub(super) protobuf: bool,
}

/// What came of a list: all of it, or what was read before it failed.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) objects: Inventory,
    pub(super) failure: Option<Failure>,
}

/// The path of a kind's list.
pub(super) fn path(kind: Kind, version: &str, namespace: &str) -> String {
    let root = match kind.group() {
        "" => format!("/api/{version}"),
        group => format!("/apis/{group}/{version}"),
    };
    if namespace.is_empty() || !kind.namespaced() {
        format!("{root}/{}", kind.plural())
    } else {
        format!("{root}/namespaces/{}/{}", escape(namespace), kind.plural())
    }
}

/// Percent-encodes what must not be read as a part of a URL's structure.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Where objects of `kind` are read from by `version`.
pub(super) fn item_kind(kind: Kind, version: &str) -> ItemKind {
    let preferred = kind.versions().first() == Some(&version);
    let api_version = if preferred { Str::default() } else { format!("{}/{version}", kind.group()).into() };
    ItemKind { kind, api_version }
}

/// What of a kind is asked for, as a parameter of the list: all of it, unless something says otherwise.
pub(super) fn selector(kind: Kind, label: Option<&str>, name: Option<&str>) -> Option<(&'static str, String)> {
    match (kind, label, name) {
        (_, _, Some(name)) => Some(("fieldSelector", format!("metadata.name={name}"))),
        (_, Some(label), None) => Some(("labelSelector", label.to_owned())),
        // Other Secrets hold no certificates, and asking for less is the better manners.
        (Kind::Secret, ..) => Some(("fieldSelector", "type=kubernetes.io/tls".to_owned())),
        // Those that Kubernetes makes of a selector say what the pods say.
        (Kind::EndpointSlice, ..) => Some(("labelSelector", "endpointslice.kubernetes.io/managed-by!=endpointslice-controller.k8s.io".to_owned())),
        _ => None,
    }
}

impl List {
    fn uri(&self, token: Option<&str>, paged: bool) -> String {
        let mut uri = path(self.kind, &self.version, &self.namespace);
        let mut separator = '?';
        let mut add = |name: &str, value: &str| {
            uri.push(separator);
            uri.push_str(name);
            uri.push('=');
            uri.push_str(&escape(value));
            separator = '&';
        };
        if let Some((name, value)) = selector(self.kind, self.label, None) {
            add(name, &value);
        }
        if paged {
            add("limit", &self.page_size.to_string());
        }
        if let Some(token) = token {
            add("continue", token);
        }
        uri
    }

    fn accept(&self) -> &'static str {
        match (self.metadata_only, self.protobuf) {
            (true, true) => META_PROTOBUF,
            (true, false) => META_JSON,
            (false, true) if self.kind.is_binary() => PROTOBUF,
            (false, _) => JSON,
        }
    }

    /// Reads the whole list.
    ///
    /// When its token expires in the middle (410), everything read is dropped and the list begun again: the token that the server offers instead
    /// continues with newer state, and objects that moved in between would be seen twice or never. A list that keeps expiring is asked for in
    /// one piece, which cannot expire.
    pub(super) async fn read(mut self, http: &Http, decoders: &Semaphore, progress: &dyn Progress) -> Listed {
        let mut restarts = 0;
        loop {
            let listed = self.attempt(http, decoders, progress, restarts <= RESTARTS).await;
            match listed.failure {
                Some(Failure::Expired) if restarts <= RESTARTS => restarts += 1,
                Some(Failure::NotAcceptable) if self.protobuf => self.protobuf = false,
                _ => return listed,
            }
        }
    }

    async fn attempt(&self, http: &Http, decoders: &Semaphore, progress: &dyn Progress, paged: bool) -> Listed {
        let mut listed = Listed::default();
        let (mut count, mut bytes) = (0, 0);
        let mut tokens: HashSet<String> = HashSet::new();
        let (early, mut next) = oneshot::channel();
        let mut more = true;
        let mut pages = FuturesOrdered::new();
        let limit = if paged { Most::Page } else { Most::Whole };
        pages.push_back(self.page(http, decoders, self.uri(None, paged), limit, early));
        loop {
            tokio::select! {
                head = &mut next, if more && pages.len() < AHEAD => match head.map(|head: Head| head.next) {
                    // A server that repeats itself would keep us here for ever.
                    Ok(Some(token)) if tokens.contains(&token) => {
                        listed.failure = Some(Failure::Other("the server repeats its continue token".to_owned()));
                        return listed;
                    }
                    Ok(Some(_)) if tokens.len() >= http.limits.pages => {
                        listed.failure = Some(Failure::Other(format!("the list has not ended after {} pages", http.limits.pages)));
                        return listed;
                    }
                    Ok(Some(token)) => {
                        let (early, following) = oneshot::channel();
                        next = following;
                        pages.push_back(self.page(http, decoders, self.uri(Some(&token), paged), limit, early));
                        tokens.insert(token);
                    }
                    Ok(None) | Err(_) => more = false,
                },
                page = pages.next(), if !pages.is_empty() => match page {
                    Some(Ok(page)) => {
                        (count, bytes) = (count + page.items, bytes + page.bytes);
                        if bytes > http.limits.list {
                            listed.failure = Some(Failure::Other(format!("the list is larger than {}", size(http.limits.list))));
                            return listed;
                        }
                        progress.page(self.kind, count, page.head.remaining);
                        listed.objects.append(page.objects);
                    }
                    Some(Err(failure)) => {
                        listed.failure = Some(failure);
                        return listed;
                    }
                    None => {}
                },
                else => return listed,
            }
        }
    }

    /// Reads one page; one that broke off or makes no sense is asked for once more.
    async fn page(&self, http: &Http, decoders: &Semaphore, uri: String, limit: Most, early: oneshot::Sender<Head>) -> Result<Page, Failure> {
        let mut early = Some(early);
        let ask = Ask { accept: self.accept(), limit, ..Ask::json(&uri) };
        match self.page_once(http, decoders, ask, &mut early).await {
            Err(Failure::Broken(_)) => self.page_once(http, decoders, ask, &mut early).await,
            done => done,
        }
    }

    async fn page_once(&self, http: &Http, decoders: &Semaphore, ask: Ask<'_>, early: &mut Option<oneshot::Sender<Head>>) -> Result<Page, Failure> {
        let mut answer = http.get(ask).await?;
        let format = answer.format()?;
        let mut looking = true;
        while answer.more().await? {
            if looking
                && let Some(head) = page::peek(format, &answer.body)
                && let Some(early) = early.take()
            {
                // The list may have been given up meanwhile.
                let _ = early.send(head);
            }
            looking = early.is_some() && answer.body.len() < page::HEAD_WITHIN;
        }
        let body = std::mem::take(&mut answer.body);
        drop(answer);
        let bytes = body.len();
        self.decode(decoders, format, body, early.take()).await.map(|page| Page { bytes, ..page })
    }

    /// Decodes on another thread, so that this one goes on reading; on as many as there are cores at most, because interned strings are per thread.
    async fn decode(&self, decoders: &Semaphore, format: Format, body: Vec<u8>, early: Option<oneshot::Sender<Head>>) -> Result<Page, Failure> {
        let item_kind = item_kind(self.kind, &self.version);
        let broken = |error: &dyn std::fmt::Display| Failure::Broken(error.to_string());
        let _turn = decoders.acquire().await.map_err(|error| broken(&error))?;
        let decoded = tokio::task::spawn_blocking(move || page::decode(&item_kind, format, body, early)).await;
        decoded.map_err(|error| broken(&error))?.map_err(Failure::Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(kind: Kind, namespace: &str) -> List {
        List {
            kind,
            version: kind.versions()[0].to_owned(),
            namespace: namespace.into(),
            label: None,
            metadata_only: false,
            page_size: 500,
            protobuf: true,
        }
    }

    #[test]
    fn paths_follow_group_scope_and_namespace() {
        assert_eq!(list(Kind::Pod, "").uri(None, true), "/api/v1/pods?limit=500");
        assert_eq!(list(Kind::Pod, "shop").uri(Some("a+/="), true), "/api/v1/namespaces/shop/pods?limit=500&continue=a%2B%2F%3D");
        assert_eq!(list(Kind::Node, "shop").uri(None, false), "/api/v1/nodes");
        assert_eq!(list(Kind::EnvoyFilter, "").uri(None, false), "/apis/networking.istio.io/v1alpha3/envoyfilters");
        assert_eq!(list(Kind::Pod, "../x?").uri(None, false), "/api/v1/namespaces/..%2Fx%3F/pods", "a namespace cannot leave its place");
    }

    #[test]
    fn secrets_are_listed_by_type_or_label_only() {
        assert_eq!(list(Kind::Secret, "").uri(None, true), "/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls&limit=500");
        let labelled = List { label: Some("a/b=c"), ..list(Kind::Secret, "x") };
        assert_eq!(labelled.uri(None, false), "/api/v1/namespaces/x/secrets?labelSelector=a%2Fb%3Dc");
    }
}
