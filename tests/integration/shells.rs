//! Completion as shells run it: bash, zsh, fish and elvish themselves, with the scripts that `completion` prints.

use std::path::Path;
use std::process::Command;

use crate::mesh::run;

/// Runs a script in a shell that finds the plugin on PATH, in a directory with the completion script `completion` and some manifests. Where the shell
/// is not installed, the test steps aside and says so.
fn shell(shell: &str, args: &[&str], script: &str) -> Option<String> {
    if Command::new(shell).arg("--version").output().is_err() {
        #[expect(clippy::print_stderr, reason = "who runs the tests should know")]
        {
            eprintln!("{shell} is not installed: its completion was not tried");
        }
        return None;
    }
    let home = tempfile::tempdir().unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_kubectl-mesh")).parent().unwrap();
    let (code, completion, err) = run(&[], &["completion", shell]);
    assert_eq!((code, err.as_str()), (0, ""));
    std::fs::write(home.path().join("completion"), completion).unwrap();
    std::fs::create_dir(home.path().join("deploy")).unwrap();
    std::fs::write(
        home.path().join("deploy/cart.yaml"),
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart-routes, namespace: files}\nspec: {hosts: [a.b]}\n",
    )
    .unwrap();
    let path = std::env::join_paths(std::iter::once(bin.to_path_buf()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap()))).unwrap();
    let output = Command::new(shell)
        .args(args)
        .arg(script)
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path())
        .env("TERM", "dumb")
        .env("LC_ALL", "C.UTF-8")
        .current_dir(home.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned());
    assert_eq!(err, "", "{out}");
    Some(out)
}

/// A line that is typed, and candidates that a TAB at its end has to offer.
const LINES: [(&str, &[&str]); 9] = [
    ("kubectl-mesh sta", &["status"]),
    ("kubectl-mesh check --demo --rule istio-gateway-host-c", &["istio-gateway-host-conflict"]),
    ("kubectl-mesh explain KIA110", &["KIA1101", "KIA1102"]),
    ("kubectl-mesh status --demo -n bil", &["billing"]),
    ("kubectl-mesh status --demo -n shop deploy/ca", &["deploy/cart", "deploy/catalog-v1"]),
    ("kubectl-mesh check -f deploy vs/", &["vs/cart-routes"]),
    ("kubectl-mesh check -f deploy -n ", &["files"]),
    ("kubectl-mesh policy list --demo deploy/fro", &["deploy/frontend"]),
    ("kubectl-mesh check -f dep", &["deploy/"]),
];

#[test]
fn bash_completes() {
    for (line, expected) in LINES.iter().chain(&[("kubectl-mesh check --output=juni", &["junit"][..])]) {
        let script = format!(
            "source ./completion; COMP_LINE={line:?}; COMP_POINT=${{#COMP_LINE}}; read -ra COMP_WORDS <<<\"$COMP_LINE\"; COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
             complete -p kubectl-mesh >/dev/null && {{ _kubectl_mesh; printf '%s\\n' \"${{COMPREPLY[@]}}\"; }}"
        );
        let Some(out) = shell("bash", &["--norc", "--noprofile", "-c"], &script) else { return };
        let offered: Vec<&str> = out.lines().collect();
        assert!(expected.iter().all(|wanted| offered.contains(wanted)), "{line}: {offered:?}");
    }
}

#[test]
fn fish_completes() {
    for (line, expected) in LINES {
        let Some(out) = shell("fish", &["--no-config", "-c"], &format!("source ./completion; complete -C {line:?}")) else { return };
        let offered: Vec<&str> = out.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert!(expected.iter().all(|wanted| offered.contains(wanted)), "{line}: {offered:?}");
    }
}

#[test]
fn zsh_completes() {
    for (line, expected) in LINES {
        // A second zsh at a pseudo-terminal, since only its line editor completes; it writes what is on the line after the TAB, and all that was offered.
        let script = format!(
            "zmodload zsh/zpty
             zpty z 'TERM=dumb PS1= zsh -f -i'
             zpty -w z 'autoload -Uz compinit; compinit -u -D; source ./completion'
             zpty -w z 'compadd() {{ builtin compadd -O shown \"$@\"; print -l -- \"offered:\"${{^shown}} >>./offered; builtin compadd \"$@\" }}; print re\"\"ady'
             zpty -r -m z junk '*ready*'
             zpty -w -n z {line:?}$'\\t'
             for i in {{1..100}}; do [[ -s ./offered ]] && break; sleep 0.1; done
             sleep 0.2
             cat ./offered; zpty -d z"
        );
        let Some(out) = shell("zsh", &["-f", "-c"], &script) else { return };
        let offered: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("offered:")).collect();
        assert!(expected.iter().all(|wanted| offered.contains(wanted)), "{line}: {out:?}");
    }
}

#[test]
fn elvish_completes() {
    for (line, expected) in LINES {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        // Only an elvish at a terminal has completion: `script` lends it one.
        let script = format!(
            "print 'eval (slurp < completion)
                try {{ $edit:completion:arg-completer[kubectl-mesh] {} | each {{|found| echo $found[stem] }} > offered }} catch e {{ echo $e > offered }}
                exit' > rc.elv
             timeout 30 script -qec 'elvish -rc ./rc.elv' /dev/null > /dev/null
             slurp < offered",
            words.join(" ").replace('\'', "''")
        );
        let Some(out) = shell("elvish", &["-norc", "-c"], &format!("{script} | print (all)")) else { return };
        let offered: Vec<&str> = out.lines().collect();
        assert!(expected.iter().all(|wanted| offered.contains(wanted)), "{line}: {offered:?}");
    }
}
