//! Why a port of a pod gave no answer.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::model::Str;

/// The part of a server's words that is worth repeating.
const WORDS: usize = 300;

/// Why a port of a pod gave no answer. None of these is an error of the run: what the pod would have said is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreached {
    /// 403 to the port-forward.
    #[error("may not port-forward to pods of namespace {namespace}{}", lacking(.missing, .said))]
    Forbidden {
        /// The server's words.
        said: String,
        /// The pod's namespace.
        namespace: Str,
        /// The verbs on `pods/portforward` that are missing; none where an access review finds nothing missing or is refused itself.
        missing: Vec<&'static str>,
    },
    /// The pod is not there, or not there any more.
    #[error("there is no such pod any more")]
    PodGone,
    /// The pod has no running sandbox into which anything could be forwarded.
    #[error("the pod is not running ({0})")]
    NotRunning(String),
    /// Nothing listens on the port.
    #[error("nothing listens on that port in the pod ({0})")]
    Refused(String),
    /// A port-forward is a WebSocket, and something on the way takes it for a plain request.
    #[error("something between here and the API server lets no WebSocket through ({0})")]
    NoUpgrade(String),
    /// The time was over first.
    #[error("no whole answer within {0:?}")]
    TimedOut(Duration),
    /// The stream ended before the answer did.
    #[error("the stream ended before the answer was whole: the pod or its proxy went away ({0})")]
    Ended(String),
    /// The pod answers the question with another status than 200.
    #[error("it answers HTTP {status}{}", after_colon(.said))]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        said: String,
    },
    /// The answer is not what such a port answers, or is larger than is read.
    #[error("its answer is not understood: {0}")]
    Unreadable(String),
    /// The API server fails.
    #[error("the API server does not forward to it: {0}")]
    ApiServer(String),
}

fn lacking(missing: &[&str], said: &str) -> String {
    match missing {
        [] => format!(" ({said})"),
        verbs => format!(": {} on pods/portforward is missing", verbs.join(" and ")),
    }
}

fn after_colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

impl Unreached {
    /// What to do about it, where that is for the user to do.
    pub fn hint(&self) -> Option<String> {
        match self {
            // A newer server asks for both verbs, an older one for either.
            Self::Forbidden { namespace, .. } => Some(format!(
                "it takes a Role such as: kubectl create role mesh-portforward -n {namespace} --resource=pods/portforward --verb=get,create"
            )),
            Self::NoUpgrade(_) => Some("reach the API server without the proxy or load balancer in between, or work on saved dumps".to_owned()),
            _ => None,
        }
    }

    /// What a failure of a [`PodStream`](super::PodStream) comes from, also when layers above (TLS, HTTP/2) have wrapped it.
    pub fn behind(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(why) = error.downcast_ref::<Self>() {
                return Some(why.clone());
            }
            let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = inner.map(|inner| inner as &(dyn std::error::Error + 'static)).or_else(|| error.source());
        }
        None
    }

    /// The same as an error of a stream.
    pub(super) fn into_io(self) -> io::Error {
        io::Error::new(if matches!(self, Self::Refused(_)) { io::ErrorKind::ConnectionRefused } else { io::ErrorKind::Other }, self)
    }

    /// By an API server's answer to the upgrade.
    pub(super) fn answered(code: u16, message: &str, reason: &str) -> Self {
        let said = words(message);
        // What an API server says itself is a Status with a reason; kube makes one up for whatever else comes.
        let stranger = reason == "Failed to parse error data";
        match code {
            403 if !stranger => Self::Forbidden { said, namespace: Str::default(), missing: Vec::new() },
            404 if !stranger => Self::PodGone,
            400 if message.contains("pgrade") => Self::NoUpgrade(said),
            400..=499 if stranger => Self::NoUpgrade(format!("HTTP {code}: {said}")),
            _ if not_running(message) => Self::NotRunning(said),
            _ => Self::ApiServer(format!("{said} (HTTP {code})")),
        }
    }

    /// By what stands in the error channel: the container runtime's words.
    pub(super) fn told(message: &str) -> Self {
        let said = words(message);
        if not_running(message) { Self::NotRunning(said) } else { Self::Refused(said) }
    }
}

/// An API server says the first of a pod without a node, runtimes the others of one without a sandbox.
fn not_running(message: &str) -> bool {
    ["does not have a host assigned", "is not running", "sandbox"].iter().any(|text| message.contains(text))
}

/// The beginning of somebody's words, on one line.
pub(super) fn words(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(WORDS) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_the_upgrade_are_told_apart() {
        let by = |code, message| Unreached::answered(code, message, "Forbidden");
        assert!(matches!(by(403, "pods \"a\" is forbidden"), Unreached::Forbidden { .. }));
        assert_eq!(by(404, "pods \"a\" not found"), Unreached::PodGone);
        assert!(matches!(by(400, "pod a does not have a host assigned"), Unreached::NotRunning(_)));
        assert!(matches!(by(400, "Upgrade request required"), Unreached::NoUpgrade(_)));
        assert!(matches!(by(500, "error dialing backend: EOF"), Unreached::ApiServer(_)));
        let page = |code| Unreached::answered(code, "<html>\n denied\u{0} </html>", "Failed to parse error data");
        assert_eq!(page(403), Unreached::NoUpgrade("HTTP 403: <html> denied\u{0} </html>".to_owned()));
        assert!(matches!(page(502), Unreached::ApiServer(_)));
    }

    #[test]
    fn the_cause_is_found_below_other_errors() {
        let refused = Unreached::told("failed to connect to localhost:1: connection refused");
        let wrapped = io::Error::other(refused.clone().into_io());
        assert_eq!(Unreached::behind(&wrapped), Some(refused));
        assert_eq!(Unreached::behind(&io::Error::other("else")), None);
    }
}
