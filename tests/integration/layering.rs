//! Who may know whom: the arrows of the architecture, read off the paths that the source names.

use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Each layer (a module of the crate) and what it may use besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("index", &["model"]),
    ("mesh", &["model", "index"]),
    ("report", &["model"]),
    ("world", &["model", "index", "mesh"]),
    ("parallel", &[]),
    ("checks", &["model", "index", "mesh", "world", "report", "parallel"]),
    ("plan", &["model", "index", "mesh", "world"]),
    ("views", &["model", "index", "mesh", "world", "report", "plan", "parallel"]),
    ("output", &["model", "report", "world", "checks", "plan", "views"]),
    ("cluster", &["model"]),
    ("error", &["cluster"]),
];

/// Crates that only the outer layers may touch.
const OUTER: &[(&str, &[&str])] = &[
    ("kube", &["cluster", "commands", "main", "bin"]),
    ("tokio", &["cluster", "commands", "main", "bin"]),
    ("clap", &["cli", "commands", "main", "bin", "output"]),
];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// A file with the module it is and every path that its code names; what only tests use is left out, as they may build a world to test with.
struct Source {
    file: PathBuf,
    module: Vec<String>,
    paths: Vec<Vec<String>>,
}

impl Source {
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        sources(&root, &mut files);
        files.into_iter().map(|file| Self::read(&root, file)).collect()
    }

    fn read(root: &Path, file: PathBuf) -> Self {
        let relative = file.strip_prefix(root).unwrap().with_extension("");
        let mut module: Vec<String> = relative.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        let text = fs::read_to_string(&file).unwrap();
        let paths = paths(&module, &text);
        Self { file, module, paths }
    }

    /// The layer it belongs to; empty for the crate's root.
    fn layer(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }
}

/// Every path that code of a module names; those of the crate begin with `crate`.
fn paths(module: &[String], text: &str) -> Vec<Vec<String>> {
    let mut reader = Reader { module: module.to_vec(), found: Vec::new() };
    // A file of tests says so where it is declared.
    if module.last().is_none_or(|name| name != "tests") {
        reader.visit_file(&syn::parse_file(text).unwrap());
    }
    reader.found
}

struct Reader {
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Reader {
    fn add(&mut self, names: &[String]) {
        let mut from = self.module.clone();
        let mut rest = names;
        match names.first().map(String::as_str) {
            Some("crate") => from.clear(),
            Some("self" | "super") => {}
            _ => return self.found.push(names.to_vec()),
        }
        while let Some(first @ ("crate" | "self" | "super")) = rest.first().map(String::as_str) {
            if first == "super" {
                from.pop();
            }
            rest = &rest[1..];
        }
        self.found.push([vec!["crate".to_owned()], from, rest.to_vec()].concat());
    }

    fn tree(&mut self, tree: &syn::UseTree, mut before: Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before);
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, before.clone())),
            syn::UseTree::Name(name) => self.add(&[before, vec![name.ident.to_string()]].concat()),
            syn::UseTree::Rename(name) => self.add(&[before, vec![name.ident.to_string()]].concat()),
            syn::UseTree::Glob(_) => self.add(&before),
        }
    }

    /// Paths in what the parser leaves as tokens: macros and attributes.
    fn tokens(&mut self, tokens: &str) {
        let joined = tokens.replace(" :: ", "::").replace(":: ", "::");
        for word in joined.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).filter(|word| word.contains("::")) {
            let names: Vec<String> = word.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            if !names.is_empty() {
                self.add(&names);
            }
        }
    }
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| matches!(&a.meta, syn::Meta::List(list) if list.path.is_ident("cfg") && list.tokens.to_string() == "test"))
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            self.module.push(item.ident.to_string());
            visit::visit_item_mod(self, item);
            self.module.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.tree(&item.tree, Vec::new());
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.add(&path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(&item.tokens.to_string());
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta
            && !list.path.is_ident("cfg_attr")
        {
            self.tokens(&list.tokens.to_string());
        }
        visit::visit_attribute(self, attribute);
    }
}

#[test]
fn layers_use_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for source in Source::all() {
        let own = source.layer();
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else { continue };
        for used in source.paths.iter().filter(|path| path[0] == "crate").filter_map(|path| path.get(1)) {
            let known = LAYERS.iter().any(|(name, _)| name == used) || ["cli", "commands"].contains(&used.as_str());
            if known && used != own && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {own} may not use {used}", source.file.display()));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What two rules share stands in `support`: a rule can be taken away without breaking another.
#[test]
fn no_rule_uses_another() {
    let all = Source::all();
    // A folder of `checks` whose `mod.rs` lists rules; `support` lists none.
    let rule = |module: &[String]| match module {
        [checks, category, name, ..] if checks == "checks" && category != "support" => Some((category.clone(), name.clone())),
        _ => None,
    };
    let rules: std::collections::BTreeSet<_> = all.iter().filter_map(|source| rule(&source.module)).collect();
    assert!(rules.len() > 300, "{}", rules.len());
    let mut wrong = Vec::new();
    for source in all.iter().filter(|source| source.layer() == "checks") {
        let own = rule(&source.module);
        for used in source.paths.iter().filter(|path| path[0] == "crate").filter_map(|path| rule(&path[1..])) {
            // The list of a category names its rules.
            let lists = source.module.len() == 2 && source.module[1] == used.0;
            if rules.contains(&used) && own.as_ref() != Some(&used) && !lists {
                wrong.push(format!("{}: move what it takes from {}::{} to checks/support", source.file.display(), used.0, used.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn waiting_and_the_command_line_stop_at_the_outside() {
    let mut wrong = Vec::new();
    for source in Source::all() {
        for (name, allowed) in OUTER {
            let used = source.paths.iter().any(|path| path[0] == *name);
            if used && !allowed.contains(&source.layer()) {
                wrong.push(format!("{}: {} may not use {name}", source.file.display(), source.layer()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_paths_reads() {
    let module = ["mesh".to_owned(), "istio".to_owned()];
    let read = |text: &str| paths(&module, text).into_iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(read("use crate::{index, model::{A, B as C}};"), ["crate::index", "crate::model::A", "crate::model::B"]);
    assert_eq!(read("use super::super::world::World; use self::labels::X;"), ["crate::world::World", "crate::mesh::istio::labels::X"]);
    assert_eq!(read("fn f() { crate::report::g(); println!(\"{}\", crate::world::h()); }"), ["crate::report::g", "crate::world::h"]);
    assert_eq!(read("#[derive(clap::Args)] struct A { b: kube::Client }"), ["clap::Args", "kube::Client"]);
    assert_eq!(read("#[cfg(test)] mod tests { use crate::world::World; }"), [""; 0]);
    assert_eq!(read("// crate::world\nconst TEXT: &str = \"crate::world::World\";"), [""; 0]);
}
