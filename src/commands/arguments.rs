//! What was typed is judged before anything is read: an unset variable in a script must not widen a question to something it was not about.

use super::{load, words};
use crate::checks::{self, Runs};
use crate::cli::GlobalArgs;
use crate::error::CliError;
use crate::model::did_you_mean;
use crate::report::Category;

/// Refuses global flags that are empty, and a namespace that cannot be one.
pub(super) fn check(global: &GlobalArgs) -> Result<(), CliError> {
    let cluster = &global.cluster;
    for (flag, value) in [("--timeout", &cluster.timeout), ("--request-timeout", &cluster.request_timeout)] {
        // What is not typed has a value that is one.
        if !value.is_empty() {
            load::duration(flag, value)?;
        }
    }
    let connect = &cluster.connect;
    let texts = [
        ("--context", &cluster.context),
        ("--as", &cluster.as_user),
        ("--as-uid", &connect.as_uid),
        ("--cluster", &connect.cluster),
        ("--user", &connect.user),
        ("--server", &connect.server),
        ("--token", &connect.token),
    ];
    let paths = [
        ("--kubeconfig", &cluster.kubeconfig),
        ("--snapshot", &global.source.snapshot),
        ("--config", &global.source.config),
        ("--kustomize", &global.source.kustomize),
        ("--certificate-authority", &connect.certificate_authority),
        ("--client-certificate", &connect.client_certificate),
        ("--client-key", &connect.client_key),
    ];
    let empty_text = texts.iter().find(|(_, value)| value.as_ref().is_some_and(String::is_empty)).map(|(flag, _)| flag);
    let empty_path = paths.iter().find(|(_, value)| value.as_ref().is_some_and(|path| path.as_os_str().is_empty())).map(|(flag, _)| flag);
    let empty_item = [
        ("--namespace", cluster.namespace.iter().any(String::is_empty)),
        ("--as-group", cluster.as_group.iter().any(String::is_empty)),
        ("--filename", global.source.filename.iter().any(|path| path.as_os_str().is_empty())),
    ];
    if let Some(flag) = empty_text.or(empty_path).or(empty_item.iter().find(|(_, empty)| *empty).map(|(flag, _)| flag)) {
        return Err(CliError::usage(format!("{flag} is empty")).hint("is a variable unset? leave the flag out for its default"));
    }
    if global.source.with_cluster {
        files(global, "--with-cluster lays files over the cluster")?;
    }
    if !global.source.paths().is_empty() && cluster.namespaces().len() > 1 {
        let error = CliError::usage("with files, -n says the namespace of objects that name none: that is one");
        return Err(error.hint("leave -n out, or name one namespace"));
    }
    cluster.namespace.iter().try_for_each(|name| namespace(name))
}

/// Refuses what needs files where none are named.
pub(super) fn files(global: &GlobalArgs, why: &str) -> Result<(), CliError> {
    if global.source.paths().is_empty() {
        return Err(CliError::usage(format!("{why}, and none are named")).hint("name them with -f FILE, or a kustomization with -k DIR"));
    }
    Ok(())
}

/// Refuses what no namespace can be called.
fn namespace(name: &str) -> Result<(), CliError> {
    let fits = |name: &str| {
        let inner = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        inner && !name.is_empty() && name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-')
    };
    if fits(name) {
        return Ok(());
    }
    let error = CliError::usage(format!("{name:?} cannot be a namespace"));
    let lower = name.trim().to_ascii_lowercase();
    Err(if fits(&lower) { error.hint(format!("did you mean {lower}?")) } else { error.hint("a namespace has lower-case letters, digits and dashes") })
}

/// Refuses a rule, or another tool's code, that is not there, or that answers another question than the one asked.
pub(super) fn rule(name: &str, pre: bool) -> Result<(), CliError> {
    match checks::find(name) {
        Some(check) if check.runs == Runs::Pre && !pre => {
            Err(CliError::usage(format!("{name} judges whether a mesh may be installed")).hint("add --pre"))
        }
        Some(_) => Ok(()),
        None => Err(unknown_rule(name)),
    }
}

/// No rule is called so, and what was probably meant.
pub(super) fn unknown_rule(name: &str) -> CliError {
    let known: Vec<&str> = checks::all().into_iter().flat_map(|check| std::iter::once(check.id).chain(check.aliases.iter().copied())).collect();
    let near = did_you_mean(name, known.iter().copied()).or_else(|| words::sharing_words(name, &known));
    let error = CliError::usage(format!("no rule or code is called {name:?}"));
    near.into_iter().fold(error, CliError::hint).hint("`kubectl mesh rules` lists them")
}

/// A category by its name, for clap.
pub(super) fn category(text: &str) -> Result<Category, String> {
    let names: Vec<&str> = Category::ALL.iter().map(|category| category.name()).collect();
    let unknown = || {
        let near = did_you_mean(text, names.iter().copied()).map_or(String::new(), |near| format!("{near} "));
        format!("{near}known categories: {}", names.join(", "))
    };
    Category::ALL.iter().copied().find(|category| category.name() == text).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_dns_labels() {
        assert!(namespace("shop-1").is_ok());
        for (name, hint) in [("a.b", "lower-case"), ("Shop", "did you mean shop?"), ("../x", "lower-case"), ("-a", "lower-case")] {
            assert!(namespace(name).unwrap_err().hints[0].contains(hint), "{name}");
        }
    }

    #[test]
    fn a_rule_one_letter_short_is_found() {
        let hints = |name: &str| unknown_rule(name).hints.join(" ");
        assert!(hints("istio-gateway-not-foun").contains("did you mean "), "{}", hints("istio-gateway-not-foun"));
        assert!(hints("IST010").contains("IST010"), "{}", hints("IST010"));
        assert_eq!(hints("zzz"), "`kubectl mesh rules` lists them");
    }
}
