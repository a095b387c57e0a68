//! Which files a repository's `.gitignore` and the user's own globs leave out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// One line of a `.gitignore`, or a glob of the user's.
#[derive(Debug)]
struct Rule {
    glob: GlobMatcher,
    /// Takes back what earlier lines leave out.
    keeps: bool,
    directories_only: bool,
}

impl Rule {
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (keeps, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (directories_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        // With a slash it is a path from here, without one a name at any depth.
        let pattern = if line.contains('/') { line.trim_start_matches('/').to_owned() } else { format!("**/{line}") };
        let glob = GlobBuilder::new(&pattern).literal_separator(true).build().ok()?.compile_matcher();
        Some(Self { glob, keeps, directories_only })
    }
}

/// What is left out below some directories.
#[derive(Debug, Default)]
pub(super) struct Ignores {
    excludes: Vec<Rule>,
    by_directory: BTreeMap<PathBuf, Vec<Rule>>,
}

impl Ignores {
    /// With the user's globs, which hold below whatever directory is looked into.
    pub(super) fn new(excludes: &[String]) -> Self {
        Self { excludes: excludes.iter().filter_map(|glob| Rule::parse(glob)).collect(), by_directory: BTreeMap::new() }
    }

    /// Whether the user's globs leave out a path below `root`.
    pub(super) fn excludes(&self, root: &Path, path: &Path, is_directory: bool) -> bool {
        decides(&self.excludes, path.strip_prefix(root).unwrap_or(path), is_directory).unwrap_or(false)
    }

    /// Whether the `.gitignore` files between `root` and a path leave it out; the nearest that says anything decides.
    pub(super) fn git_ignores(&mut self, root: &Path, path: &Path, is_directory: bool) -> bool {
        let Some(parent) = path.parent() else { return false };
        for directory in parent.ancestors().take_while(|directory| directory.starts_with(root)) {
            let rules = self.by_directory.entry(directory.to_owned()).or_insert_with(|| {
                let text = std::fs::read_to_string(directory.join(".gitignore")).unwrap_or_default();
                text.lines().filter_map(Rule::parse).collect()
            });
            if let Some(ignored) = decides(rules, path.strip_prefix(directory).unwrap_or(path), is_directory) {
                return ignored;
            }
        }
        false
    }
}

/// What the last rule that matches says.
fn decides(rules: &[Rule], path: &Path, is_directory: bool) -> Option<bool> {
    let applies = |rule: &&Rule| (is_directory || !rule.directories_only) && rule.glob.is_match(path);
    rules.iter().rev().find(applies).map(|rule| !rule.keeps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_git_reads_them() {
        let rules: Vec<Rule> =
            ["# a comment", "", "build/", "*.tmp.yaml", "/top.yaml", "a/**/z.yaml", "!keep.tmp.yaml"].iter().filter_map(|l| Rule::parse(l)).collect();
        let of = |path: &str, directory| decides(&rules, Path::new(path), directory);
        assert_eq!((of("x/build", true), of("x/build", false)), (Some(true), None));
        assert_eq!((of("d/a.tmp.yaml", false), of("keep.tmp.yaml", false)), (Some(true), Some(false)));
        assert_eq!((of("top.yaml", false), of("d/top.yaml", false)), (Some(true), None));
        assert_eq!((of("a/b/c/z.yaml", false), of("a/z.yaml", false), of("b/z.yaml", false)), (Some(true), Some(true), None));
    }
}
