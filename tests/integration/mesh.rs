//! The binary as a user runs it: arguments in; output, exit code and files out; nothing of the caller's environment.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// The binary with a scrubbed environment, in `home`.
pub(crate) fn mesh(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-mesh"));
    command.env_clear().env("HOME", home).env("XDG_CACHE_HOME", home.join("cache")).env("NO_COLOR", "1").env("COLUMNS", "120").current_dir(home);
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Runs it with `args` in a directory that holds `files`; what it said, with the exit code in front.
pub(crate) fn run(files: &[(&str, &[u8])], args: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    said(&mesh(home.path()).args(args).output().unwrap())
}

/// Exit code, standard output and standard error.
pub(crate) fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}
