//! A real `etcd` and `kube-apiserver`, started from the binaries in `KUBEBUILDER_ASSETS` as controller-runtime's envtest does.
//! There are no controllers and no kubelet: what is applied stays as it is, namespaces never finish deleting.

#![allow(dead_code, unreachable_pub, reason = "a library for tests: not every helper is in use at every time")]

use crate::apiserver::SETUP_USER;
use crate::apiserver::tls::Authority;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Users whose token is their name; the token file is read once, at the start, so these are all there are. Any other user gets a certificate.
pub const TOKEN_USERS: &[&str] = &["alice", "bob", "carol", "dave"];

pub struct Envtest {
    etcd: Child,
    apiserver: Child,
    pub authority: Authority,
    pub url: String,
    dir: tempfile::TempDir,
}

/// Where the binaries are, if there are any.
pub fn assets() -> Option<PathBuf> {
    std::env::var_os("KUBEBUILDER_ASSETS").filter(|dir| !dir.is_empty()).map(PathBuf::from)
}

impl Envtest {
    /// Starts both; the caller waits until `/readyz` answers.
    pub fn start(assets: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let authority = Authority::new();
        let serving = authority.server();
        // The key that signs service account tokens has nothing to do with the authority; any pair of its kind serves.
        let signing = authority.client("service-accounts", &[]);
        let users: Vec<String> = TOKEN_USERS.iter().map(|user| format!("{user},{user},{user}\n")).collect();
        for (name, text) in [
            ("ca.crt", authority.pem()),
            ("server.crt", serving.certificate),
            ("server.key", serving.key),
            // Tokens are verified by a certificate: a private key in PKCS 8 is none that the server reads a public one from.
            ("sa.crt", signing.certificate),
            ("sa.key", signing.key),
            ("tokens.csv", format!("{SETUP_USER},{SETUP_USER},{SETUP_USER},\"system:masters\"\n{}", users.concat())),
        ] {
            fs::write(at(name), text).unwrap();
        }
        let (etcd_port, peer_port, port) = (free_port(), free_port(), free_port());
        let etcd_url = format!("http://127.0.0.1:{etcd_port}");
        let peer_url = format!("http://127.0.0.1:{peer_port}");
        let etcd = Command::new(assets.join("etcd"))
            .arg("--data-dir")
            .arg(at("etcd"))
            .args(["--listen-client-urls", &etcd_url, "--advertise-client-urls", &etcd_url])
            .args(["--listen-peer-urls", &peer_url, "--initial-advertise-peer-urls", &peer_url])
            .args(["--initial-cluster", &format!("default={peer_url}"), "--unsafe-no-fsync=true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(at("etcd.log")).unwrap())
            .spawn()
            .expect("etcd from KUBEBUILDER_ASSETS starts");
        let file = |name: &str| at(name).into_os_string().into_string().unwrap();
        let flags = [
            format!("--etcd-servers={etcd_url}"),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            format!("--secure-port={port}"),
            format!("--cert-dir={}", file("certs")),
            format!("--tls-cert-file={}", file("server.crt")),
            format!("--tls-private-key-file={}", file("server.key")),
            format!("--client-ca-file={}", file("ca.crt")),
            format!("--token-auth-file={}", file("tokens.csv")),
            "--authorization-mode=RBAC".into(),
            "--service-account-issuer=https://127.0.0.1/".into(),
            format!("--service-account-key-file={}", file("sa.crt")),
            format!("--service-account-signing-key-file={}", file("sa.key")),
            "--service-cluster-ip-range=10.96.0.0/16".into(),
            "--allow-privileged=true".into(),
            // Without the controller that makes the default service account, this plugin would refuse every pod.
            "--disable-admission-plugins=ServiceAccount".into(),
        ];
        let apiserver = Command::new(assets.join("kube-apiserver"))
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(at("kube-apiserver.log")).unwrap())
            .spawn()
            .expect("kube-apiserver from KUBEBUILDER_ASSETS starts");
        Envtest { etcd, apiserver, authority, url: format!("https://127.0.0.1:{port}"), dir }
    }

    /// The end of the server's log, for the message when it does not come up.
    pub fn log(&self) -> String {
        let text = fs::read_to_string(self.dir.path().join("kube-apiserver.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Envtest {
    fn drop(&mut self) {
        for child in [&mut self.apiserver, &mut self.etcd] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A port that was free a moment ago: what envtest does as well, for want of anything better.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
