//! `check --fix --write` on people's files: only what is certain changes, and all of a file or nothing is written.

use std::path::Path;

use crate::mesh::{mesh, run, said};

const POLICY: &str = "# the team's\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: cart, namespace: shop}\nspec:\n  rules:\n  - to:\n    - operation: {methods: [\"get\"]} # read only\n";
const METHOD: &str = "istio-policy-method-not-upper-case";

fn fix(home: &Path, file: &str) -> (i32, String, String) {
    said(&mesh(home).args(["check", "-f", file, "--rule", METHOD, "--fix", "--write"]).output().unwrap())
}

#[test]
fn a_fix_is_shown_and_then_written_with_comments_and_mode_kept() {
    let (code, out, err) = run(&[("a.yaml", POLICY.as_bytes())], &["check", "-f", "a.yaml", "--rule", METHOD, "--fix"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("-    - operation: {methods: [\"get\"]} # read only\n+    - operation: {methods: [\"GET\"]} # read only"), "{out}");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a.yaml");
    std::fs::write(&path, POLICY).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let (code, _, err) = fix(home.path(), "a.yaml");
    assert_eq!((code, err.as_str()), (0, "a.yaml: 1 fixed\n"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), POLICY.replace("get", "GET"));
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().filter(|e| e.as_ref().unwrap().path().is_file()).count(), 1);
}

#[test]
fn what_is_shared_or_no_plain_value_is_left_with_words() {
    for (method, why) in [
        ("&m get\n    - operation: {paths: [*m]}", "would change too"),
        ("&m \"get\"\n    - operation: {hosts: [*m]}", "would change too"),
        ("|-\n          get", "is not fixed"),
    ] {
        let text = POLICY.replace("{methods: [\"get\"]} # read only", &format!("\n        methods:\n        - {method}"));
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("a.yaml"), &text).unwrap();
        let (code, out, err) = fix(home.path(), "a.yaml");
        let after = std::fs::read_to_string(home.path().join("a.yaml")).unwrap();
        assert_eq!(after, text, "{method}: {out}{err}");
        assert!(err.contains("fixed") && code == 1, "{why}: {code} {out}{err}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_one_at_the_temporary_name_is_not_followed() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().unwrap();
    let (real, victim) = (home.path().join("real.yaml"), home.path().join("victim"));
    std::fs::write(&real, POLICY).unwrap();
    std::fs::write(&victim, "mine").unwrap();
    symlink("real.yaml", home.path().join("a.yaml")).unwrap();
    symlink(&victim, home.path().join("a.yaml.mesh-new")).unwrap();
    let (code, _, err) = fix(home.path(), "a.yaml");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("a.yaml is a link"), "{err}");
    assert!(std::fs::symlink_metadata(home.path().join("a.yaml")).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&real).unwrap(), POLICY.replace("get", "GET"));
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
}

/// The second file is a pipe: when somebody opens it to read, the first has been read.
#[cfg(unix)]
#[test]
fn a_file_that_changes_after_it_was_read_is_left_as_it_became() {
    let edited = POLICY.replace("shop", "pay");
    for (what, now) in [("another object", edited.as_str()), ("another value", &POLICY.replace("get", "put")), ("gone", "")] {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("a.yaml"), POLICY).unwrap();
        let pipe = home.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let output = std::thread::scope(|scope| {
            let args = ["check", "-f", "a.yaml", "-f", "pipe", "--rule", METHOD, "--fix", "--write"];
            let at = home.path();
            let run = scope.spawn(move || mesh(at).args(args).timeout(std::time::Duration::from_secs(60)).output().unwrap());
            let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
            std::fs::write(home.path().join("a.yaml"), now).unwrap();
            std::io::Write::write_all(&mut writer, POLICY.replace("name: cart", "name: other").replace("get", "GET").as_bytes()).unwrap();
            drop(writer);
            run.join().unwrap()
        });
        let (code, out, err) = said(&output);
        assert_eq!(std::fs::read_to_string(home.path().join("a.yaml")).unwrap(), now, "{what}: {out}{err}");
        assert!(code == 1 && err.contains("changed since it was read"), "{what}: {code} {out}{err}");
    }
}
