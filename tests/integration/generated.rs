//! What is generated from the program and kept in the repository is what the program generates now.
//!
//! `BLESS=1 cargo test --test integration generated` writes the files anew.

use std::path::Path;

use crate::mesh::run;

fn is_current(file: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, now).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == now, "{file} is out of date: run this test with BLESS=1 and look at the difference");
}

#[test]
fn completion_scripts_are_current() {
    for (shell, file) in [
        ("bash", "kubectl-mesh.bash"),
        ("zsh", "_kubectl-mesh"),
        ("fish", "kubectl-mesh.fish"),
        ("powershell", "_kubectl-mesh.ps1"),
        ("kubectl", "kubectl_complete-mesh"),
    ] {
        let (code, out, err) = run(&[], &["completion", shell]);
        assert_eq!((code, err.as_str()), (0, ""));
        is_current(&format!("completions/{file}"), &out);
    }
}
