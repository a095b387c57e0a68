//! Why a cluster could not be reached, said so that the reader knows which file, context or server to look at.

use thiserror::Error;

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// No kubeconfig, and not inside a cluster.
    #[error("no kubeconfig: {looked} not found, and this is not a pod of a cluster")]
    NoKubeconfig {
        /// Files that were looked for.
        looked: String,
    },
    /// A kubeconfig that cannot be read.
    #[error("cannot read kubeconfig {file}: {detail}")]
    Kubeconfig {
        /// File.
        file: String,
        /// Why.
        detail: String,
    },
    /// No context was chosen and none is current.
    #[error("{file} names no current context")]
    NoContext {
        /// File or files.
        file: String,
        /// Contexts there are.
        known: Vec<String>,
    },
    /// A context, cluster or user that is not there.
    #[error("{what} {name:?} is not in {file}")]
    Unknown {
        /// `context`, `cluster` or `user`.
        what: &'static str,
        /// The name.
        name: String,
        /// File or files.
        file: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// An entry of the kubeconfig that cannot be used.
    #[error("{place} in {file}: {detail}")]
    Entry {
        /// Which, for instance `cluster "prod"`.
        place: String,
        /// File or files.
        file: String,
        /// What is wrong.
        detail: String,
    },
    /// A proxy that cannot be used.
    #[error("the proxy {proxy:?} from {from} cannot be used: {detail}")]
    Proxy {
        /// The proxy, without its password.
        proxy: String,
        /// Where it is set.
        from: String,
        /// Why.
        detail: String,
    },
    /// A credential plugin that gave no credentials.
    #[error("the credential plugin {command:?} of user {user:?} {detail}")]
    Plugin {
        /// The program.
        command: String,
        /// The kubeconfig's user.
        user: String,
        /// What happened.
        detail: String,
        /// How to install it, in the words of the kubeconfig.
        hint: Option<String>,
    },
}

impl ConnectError {
    /// What to do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::NoKubeconfig { .. } => {
                vec!["set KUBECONFIG or --kubeconfig, or look at files with -f, at a snapshot with --snapshot, at an example with --demo".to_owned()]
            }
            Self::NoContext { known, .. } => vec![choose("--context", known)],
            Self::Unknown { what, known, .. } => vec![choose(&format!("--{what}"), known)],
            Self::Plugin { hint: Some(hint), .. } => vec![hint.clone()],
            Self::Plugin { .. } => vec!["log in as your cluster's provider describes, then try again".to_owned()],
            Self::Kubeconfig { .. } | Self::Entry { .. } | Self::Proxy { .. } => Vec::new(),
        }
    }
}

fn choose(flag: &str, known: &[String]) -> String {
    if known.is_empty() { "the kubeconfig has none: is it the right file?".to_owned() } else { format!("choose with {flag}: {}", known.join(", ")) }
}

/// Why nothing at all could be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// No answer.
    #[error("cannot reach {server}: {detail}")]
    Unreachable {
        /// The server.
        server: String,
        /// Context and file that name it.
        from: String,
        /// Why.
        detail: String,
    },
    /// Every request was answered with 401.
    #[error("not logged in to {server}: {detail}")]
    NotLoggedIn {
        /// The server.
        server: String,
        /// Context and file that hold the credentials.
        from: String,
        /// The server's words.
        detail: String,
    },
}

impl ReadError {
    /// What to do about it.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreachable { from, detail, .. } => {
                let certificate = ["certificate", "UnknownIssuer", "handshake"].iter().any(|word| detail.contains(word));
                let what =
                    if certificate { "does its certificate-authority match the cluster?" } else { "is the cluster running and the network up?" };
                vec![format!("the address is that of {from}: {what}")]
            }
            Self::NotLoggedIn { from, .. } => vec![format!("the credentials are those of {from}: log in again, or choose another --context")],
        }
    }
}
