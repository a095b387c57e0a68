//! What is generated from the program and kept in the repository is what the program generates now.
//!
//! `BLESS=1 cargo test --test integration generated` writes the files anew.

use std::path::Path;

use clap::CommandFactory as _;
use kubectl_mesh::cli::Cli;

use crate::mesh::run;

pub fn is_current(file: &str, now: &str) {
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
        ("elvish", "kubectl-mesh.elv"),
        ("kubectl", "kubectl_complete-mesh"),
    ] {
        let (code, out, err) = run(&[], &["completion", shell]);
        assert_eq!((code, err.as_str()), (0, ""));
        is_current(&format!("completions/{file}"), &out);
    }
}

#[test]
fn the_rule_catalogue_is_current() {
    let (code, out, err) = run(&[], &["rules", "-o", "markdown"]);
    assert_eq!((code, err.as_str()), (0, ""));
    is_current("docs/rules.md", &out);
}

/// A command and those below it, as one types them; hidden ones are left out.
fn with_subcommands(command: &clap::Command) -> Vec<clap::Command> {
    let below = command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help");
    std::iter::once(command.clone()).chain(below.flat_map(with_subcommands)).collect()
}

fn all_commands() -> Vec<clap::Command> {
    let mut all = Cli::command();
    all.build();
    with_subcommands(&all)
}

#[test]
fn the_reference_shows_the_help_of_every_command() {
    let mut page = "# Commands\n\nThe help of every command, as the program prints it.\n".to_owned();
    for command in all_commands() {
        let line = command.get_bin_name().unwrap().to_owned();
        // Its help says that it lists what it lists.
        let help = (command.get_name() != "options").then_some("--help");
        let words: Vec<&str> = line.split(' ').skip(2).chain(help).collect();
        let (code, help, err) = run(&[], &words);
        assert_eq!((code, err.as_str()), (0, ""), "{line}");
        page += &format!("\n## {line}\n\n```text\n{}\n```\n", help.trim_end());
    }
    is_current("docs/commands.md", &page);
}

#[test]
fn man_pages_are_current() {
    for command in all_commands() {
        let name = command.get_bin_name().unwrap().replace(' ', "-");
        let mut page = Vec::new();
        clap_mangen::Man::new(command.display_name(&name)).title(name.to_uppercase()).render(&mut page).unwrap();
        is_current(&format!("docs/man/{name}.1"), &String::from_utf8(page).unwrap());
    }
}

/// The text between two HTML comments of the README.
fn section<'a>(readme: &'a str, name: &str) -> &'a str {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    readme.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map_or("", |(text, _)| text)
}

pub fn section_is_current(name: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let kept = section(&readme, name);
    if std::env::var_os("BLESS").is_some() {
        let marked = |text: &str| format!("<!-- {name} -->\n{text}<!-- /{name} -->");
        std::fs::write(&path, readme.replace(&marked(kept), &marked(now))).unwrap();
        return;
    }
    assert!(kept == now, "the section {name:?} of README.md is out of date: run this test with BLESS=1 and look at the difference");
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let (code, out, _) = run(&[], &["status", "--demo"]);
    assert_eq!(code, 0);
    let (_, check, _) = run(&[], &["check", "--demo", "--category", "mtls", "--category", "traffic"]);
    section_is_current(
        "screen",
        &format!("```console\n$ kubectl mesh status --demo\n{out}\n$ kubectl mesh check --demo --category mtls --category traffic\n{check}```\n"),
    );
}

#[test]
fn the_readme_shows_why_a_request_fails() {
    let question = ["why", "deploy/frontend", "cart", "GET", "/items", "-n", "shop", "--demo"];
    let (code, out, _) = run(&[], &[&question[..], &["--width", "100"]].concat());
    assert_eq!(code, 1);
    section_is_current("why", &format!("```console\n$ kubectl mesh {}\n{out}```\n", question.join(" ")));
}
