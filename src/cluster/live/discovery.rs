//! Which versions of which custom resources the server has: one request, remembered on disk for a short time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::ETAG;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::http::{Ask, Failure, Http};
use super::list::escape;
use super::page::Format;
use crate::model::Kind;

/// How long an answer that names all that is wanted is used without asking.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// Everything in one answer, from servers since 1.27; older ones answer with the names of the groups.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Served versions by group and plural; groups that the model does not know are left out.
type Served = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What the server has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Discovery {
    /// The server it is about, to be compared on reading.
    server: String,
    /// Seconds since 1970.
    saved: u64,
    /// Tag by which the server recognises its answer.
    tag: Option<String>,
    served: Served,
    /// Whether the server was asked in this run.
    #[serde(skip)]
    certain: bool,
}

/// Whether `kind` needs looking up. The built-in ones are `v1` on every supported server.
pub(super) fn is_custom(kind: Kind) -> bool {
    let group = kind.group();
    let built_in = !group.contains('.') || (group.ends_with(".k8s.io") && group != "gateway.networking.k8s.io");
    !built_in
}

/// Versions to try for a kind.
#[derive(Debug, PartialEq)]
pub(super) enum Versions {
    /// In this order; the kind is not served when all of them are unknown to the server.
    Try(Vec<String>),
    /// The server has none.
    None,
    /// The server has only these, none of which is understood.
    Strange(Vec<String>),
}

impl Discovery {
    /// Without knowledge: whatever is understood is tried.
    pub(super) fn unknown() -> Self {
        Self::default()
    }

    fn find(&self, kind: Kind) -> &[String] {
        self.served.get(kind.group()).and_then(|group| group.get(kind.plural())).map_or(&[], Vec::as_slice)
    }

    /// Versions to try for `kind`, newest first.
    pub(super) fn versions(&self, kind: Kind) -> Versions {
        let understood = kind.versions().iter().map(|v| (*v).to_owned());
        if !is_custom(kind) {
            return Versions::Try(understood.collect());
        }
        let served = self.find(kind);
        let (known, others): (Vec<String>, Vec<String>) = understood.partition(|v| served.contains(v));
        match (self.certain, known.is_empty(), served.is_empty()) {
            (true, true, true) => Versions::None,
            (true, true, false) => Versions::Strange(served.to_vec()),
            (true, false, _) => Versions::Try(known),
            // Remembered or guessed: a version that has gone since must not hide the ones that stayed.
            (false, ..) => Versions::Try(known.into_iter().chain(others).collect()),
        }
    }

    /// Looks into the cache, and asks the server unless a fresh answer names all of `wanted`.
    ///
    /// A kind that is missing there may have been installed a moment ago, and a run that does not see it would be wrong; the question is
    /// cheap, because the server answers "unchanged" to one who knows the tag. A server that refuses the question leaves guessing.
    pub(super) async fn load(http: &Http, cache: Option<&Cache>, wanted: &[Kind]) -> Result<Self, Failure> {
        let remembered = cache.and_then(Cache::read);
        if let Some(known) = &remembered
            && known.age() < FRESH
            && wanted.iter().all(|kind| !known.find(*kind).is_empty())
        {
            return Ok(known.clone());
        }
        let asked = ask(http, remembered.as_ref(), wanted).await;
        match asked {
            Ok(mut found) => {
                found.server = cache.map(|cache| cache.server.clone()).unwrap_or_default();
                found.saved = now();
                found.certain = true;
                if let Some(cache) = cache {
                    cache.write(&found);
                }
                Ok(found)
            }
            Err(failure @ (Failure::Unauthorized(_) | Failure::Unreachable(_))) => Err(failure),
            Err(_) => Ok(Self::unknown()),
        }
    }

    fn age(&self) -> Duration {
        // A time in the future is as good as none.
        now().checked_sub(self.saved).map_or(Duration::MAX, Duration::from_secs)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

async fn ask(http: &Http, known: Option<&Discovery>, wanted: &[Kind]) -> Result<Discovery, Failure> {
    let tag = known.and_then(|known| known.tag.as_deref());
    let answer = http.read(Ask { accept: AGGREGATED, unless: tag, ..Ask::json("/apis") }).await?;
    if let (http::StatusCode::NOT_MODIFIED, Some(known)) = (answer.status, known) {
        return Ok(known.clone());
    }
    if answer.format()? != Format::Json {
        return Err(Failure::Broken("discovery did not answer in JSON".to_owned()));
    }
    let groups: Groups = serde_json::from_slice(&answer.body).map_err(|error| Failure::Broken(format!("discovery makes no sense: {error}")))?;
    if !groups.groups.is_empty() {
        return each_group(http, groups, wanted).await;
    }
    if groups.items.is_empty() {
        return Err(Failure::Broken("discovery names no group at all".to_owned()));
    }
    let tag = answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    Ok(Discovery { tag, served: aggregated(groups), ..Discovery::default() })
}

/// Both forms of the answer: `items` is the aggregated one, `groups` the old one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Groups {
    items: Vec<Item>,
    groups: Vec<Group>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    metadata: Name,
    versions: Vec<ItemVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Name {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ItemVersion {
    version: String,
    resources: Vec<Resource>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    #[serde(alias = "name")]
    resource: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Group {
    name: String,
    versions: Vec<GroupVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct GroupVersion {
    version: String,
}

fn aggregated(groups: Groups) -> Served {
    let mut served = Served::new();
    for group in groups.items.into_iter().filter(|group| Kind::knows_group(&group.metadata.name)) {
        let found = served.entry(group.metadata.name).or_default();
        for version in group.versions {
            for resource in version.resources {
                found.entry(resource.resource).or_default().push(version.version.clone());
            }
        }
    }
    served
}

/// The old way: each version of each group that is wanted.
async fn each_group(http: &Http, groups: Groups, wanted: &[Kind]) -> Result<Discovery, Failure> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Resources {
        resources: Vec<Resource>,
    }
    let wanted = |group: &Group| wanted.iter().any(|kind| kind.group() == group.name);
    let versions = groups.groups.iter().filter(|group| wanted(group)).flat_map(|group| group.versions.iter().map(move |v| (&group.name, &v.version)));
    let lists = versions.map(async |(group, version)| {
        let uri = format!("/apis/{}/{}", escape(group), escape(version));
        let answer = http.read(Ask::json(&uri)).await?;
        let list: Resources = serde_json::from_slice(&answer.body).map_err(|error| Failure::Broken(error.to_string()))?;
        Ok::<_, Failure>((group, version, list.resources))
    });
    let mut served = Served::new();
    for list in futures::future::join_all(lists).await {
        let (group, version, resources) = list?;
        for resource in resources {
            served.entry(group.clone()).or_default().entry(resource.resource).or_default().push(version.clone());
        }
    }
    // Without a tag it is only good while fresh, and it knows only the groups that were wanted: both are checked on reading.
    Ok(Discovery { served, ..Discovery::default() })
}

/// The user's cache directory for this program; none where there is no home.
pub(super) fn cache_dir() -> Option<PathBuf> {
    let set = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
    Some(set.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("kubectl-mesh"))
}

/// The place on disk where one server's answer is kept.
pub(super) struct Cache {
    file: PathBuf,
    server: String,
}

impl Cache {
    /// The cache of `server` in a directory.
    pub(super) fn within(base: &Path, server: &str) -> Self {
        let digest = Sha256::digest(server.as_bytes());
        let name: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { file: base.join("discovery").join(name + ".json"), server: server.to_owned() }
    }

    /// What is remembered; whatever is damaged or about another server is as good as nothing.
    fn read(&self) -> Option<Discovery> {
        let found: Discovery = serde_json::from_slice(&std::fs::read(&self.file).ok()?).ok()?;
        (found.server == self.server).then_some(found)
    }

    /// Remembers, if that is possible: a run does not fail because a disk is full or read-only.
    fn write(&self, found: &Discovery) {
        let write = || -> std::io::Result<()> {
            let dir = self.file.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(dir)?;
            // Renamed into place, so that another run never reads half of it.
            let temporary = self.file.with_extension(std::process::id().to_string());
            std::fs::write(&temporary, serde_json::to_vec(found)?)?;
            std::fs::rename(&temporary, &self.file)
        };
        let _ = write();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn discovery(certain: bool, versions: &[&str]) -> Discovery {
        let versions = versions.iter().map(|v| (*v).to_owned()).collect();
        let served = [("networking.istio.io".to_owned(), [("virtualservices".to_owned(), versions)].into())].into();
        Discovery { served, certain, ..Discovery::default() }
    }

    fn names(versions: &[&str]) -> Vec<String> {
        versions.iter().map(|v| (*v).to_owned()).collect()
    }

    #[test]
    fn the_newest_understood_version_is_taken() {
        let kind = Kind::VirtualService;
        assert_eq!(discovery(true, &["v1alpha3", "v1"]).versions(kind), Versions::Try(names(&["v1", "v1alpha3"])));
        assert_eq!(discovery(true, &["v9"]).versions(kind), Versions::Strange(names(&["v9"])));
        assert_eq!(discovery(true, &[]).versions(kind), Versions::None);
        assert_eq!(discovery(true, &["v1"]).versions(Kind::DestinationRule), Versions::None);
    }

    #[test]
    fn what_is_only_remembered_is_tried_first_but_not_alone() {
        assert_eq!(discovery(false, &["v1beta1"]).versions(Kind::VirtualService), Versions::Try(names(&["v1beta1", "v1", "v1alpha3"])));
        assert_eq!(Discovery::unknown().versions(Kind::VirtualService), Versions::Try(names(&["v1", "v1beta1", "v1alpha3"])));
    }

    #[test]
    fn built_in_kinds_need_no_discovery() {
        assert_eq!(Discovery::unknown().versions(Kind::Pod), Versions::Try(names(&["v1"])));
    }

    #[test]
    fn a_damaged_or_foreign_cache_is_no_cache() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::within(dir.path(), "https://one");
        assert_eq!(cache.read(), None);
        let found = Discovery { server: "https://one".to_owned(), saved: now(), ..discovery(false, &["v1"]) };
        cache.write(&found);
        assert_eq!(cache.read(), Some(found));
        std::fs::write(&cache.file, b"{\"server\":").unwrap();
        assert_eq!(cache.read(), None);
        cache.write(&Discovery { server: "https://other".to_owned(), ..Discovery::default() });
        assert_eq!(cache.read(), None);
    }

    #[test]
    fn a_cache_from_the_future_is_not_fresh() {
        let found = Discovery { saved: now() + 3600, ..Discovery::default() };
        assert!(found.age() > FRESH);
    }
}
