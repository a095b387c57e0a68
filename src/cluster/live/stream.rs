//! One watch: the request, its lines, and what each tells. Who follows it decides what an object means.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::http::{Ask, Failure, Http, Incoming};
use super::limits::Most;
use super::list::escape;

/// Seconds after which the server is asked to end a watch, so that one which is gone is told from one that has nothing to say.
const TURN: &str = "60";

/// A watch that is under way. The server ends it now and then, and whoever follows begins the next where this one came to.
pub(super) struct Stream<'c> {
    incoming: Incoming<'c>,
}

/// What became of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It is new or different.
    Is,
    /// It is gone.
    Gone,
    /// Nothing: the line only says how far the watch has come.
    Mark,
}

/// A line of it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) what: What,
    /// The object, whole.
    pub(super) object: Box<RawValue>,
    pub(super) meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Meta {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) resource_version: String,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    what: String,
    object: Box<RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    code: u16,
    message: String,
}

impl Http {
    /// Watches a list from a state on.
    pub(super) async fn watch(&self, list: &str, since: &str) -> Result<Stream<'_>, Failure> {
        let sign = if list.contains('?') { '&' } else { '?' };
        let uri = format!("{list}{sign}watch=true&resourceVersion={}&allowWatchBookmarks=true&timeoutSeconds={TURN}", escape(since));
        let incoming = self.get(Ask { endless: true, limit: Most::Event, ..Ask::json(&uri) }).await?;
        Ok(Stream { incoming })
    }
}

impl Stream<'_> {
    /// What happened next; nothing where the server has ended the watch. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Option<Told>, Failure> {
        loop {
            while let Some(end) = self.incoming.body.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.incoming.body.drain(..=end).collect();
                if !line.trim_ascii().is_empty() {
                    return understand(&line).map(Some);
                }
            }
            if !self.incoming.more().await? {
                return Ok(None);
            }
        }
    }

    /// Whether everything that has come was told.
    pub(super) fn is_idle(&self) -> bool {
        !self.incoming.body.contains(&b'\n')
    }
}

fn understand(line: &[u8]) -> Result<Told, Failure> {
    let broken = |error: serde_json::Error| Failure::Broken(format!("a line of the watch makes no sense: {error}"));
    let line: Line = serde_json::from_slice(line).map_err(broken)?;
    let Object { metadata, code, message } = serde_json::from_str(line.object.get()).map_err(broken)?;
    let what = match line.what.as_str() {
        "ADDED" | "MODIFIED" => What::Is,
        "DELETED" => What::Gone,
        "ERROR" if code == 410 => return Err(Failure::Expired),
        "ERROR" => return Err(Failure::Other(message)),
        _ => What::Mark,
    };
    Ok(Told { what, object: line.object, meta: metadata })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_watch_say_what_happened_and_how_far_it_has_come() {
        let told = |line: &str| understand(line.as_bytes()).map(|told| (told.what, told.meta.name, told.meta.resource_version));
        let pod = r#"{"metadata":{"name":"a","namespace":"shop","resourceVersion":"7"}}"#;
        let is = Ok((What::Is, "a".to_owned(), "7".to_owned()));
        assert_eq!(told(&format!(r#"{{"type":"ADDED","object":{pod}}}"#)), is);
        assert_eq!(told(&format!(r#"{{"type":"MODIFIED","object":{pod}}}"#)), is);
        assert_eq!(told(&format!(r#"{{"object":{pod},"type":"DELETED"}}"#)), Ok((What::Gone, "a".to_owned(), "7".to_owned())));
        let mark = r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9"}}}"#;
        assert_eq!(told(mark), Ok((What::Mark, String::new(), "9".to_owned())));
        assert_eq!(told(r#"{"type":"ERROR","object":{"code":410,"message":"too old"}}"#), Err(Failure::Expired));
        assert_eq!(told(r#"{"type":"ERROR","object":{"code":500,"message":"no"}}"#), Err(Failure::Other("no".to_owned())));
        for broken in ["{", "[]", r#"{"type":"ADDED"}"#, r#"{"type":"ADDED","object":7}"#] {
            assert!(matches!(told(broken), Err(Failure::Broken(_))), "{broken}");
        }
    }
}
