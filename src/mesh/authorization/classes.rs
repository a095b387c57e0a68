//! Classes of requests that a gate treats alike: one request for each combination of what its policies and routes tell apart. They are derived from
//! the predicates that are written, so that none is left out and nothing is sampled.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::istio::{Pattern, template};
use super::request::{Call, Http, Token};

/// At most so many classes; beyond, what tells them apart is left open, so that decisions that rest on it are unknown.
const MOST: usize = 1024;
/// Stands for whatever no policy names.
const OTHER: &str = "~";

/// How a policy or a route writes a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::mesh) enum PathPattern {
    /// As AuthorizationPolicies do.
    Text(Pattern),
    /// `/a/{*}/b`.
    Template(String),
    /// A prefix of whole segments.
    Segments(String),
    Expression(String),
}

/// What policies and routes tell apart.
#[derive(Clone, Debug, Default)]
pub struct Distinctions {
    pub(in crate::mesh) methods: BTreeSet<Pattern>,
    pub(in crate::mesh) paths: BTreeSet<PathPattern>,
    pub(in crate::mesh) hosts: BTreeSet<Pattern>,
    pub(in crate::mesh) headers: BTreeMap<String, BTreeSet<Pattern>>,
    pub(super) tokens: bool,
    /// Whether HTTP requests are told from other connections.
    pub(super) http: bool,
    /// Whether connections that are not HTTP come in.
    pub(super) tcp: bool,
    /// Whether addresses of clients matter.
    pub(super) addresses: bool,
}

/// Requests that are treated alike, by the one that stands for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// In words, one for each thing that is told apart.
    pub words: Vec<String>,
    /// The request that stands for them.
    pub call: Call,
}

/// At most this many classes are named together.
const NAMED: usize = 4;

/// Some classes of all in words: what makes no difference among them is left out, and what most of them are is said by what they are not.
pub fn describe(some: &[&Class], all: &[Class]) -> String {
    if some.len() == all.len() {
        return "any request".to_owned();
    }
    let mut named = alternatives(some, all);
    let others: Vec<&Class> = all.iter().filter(|c| !some.iter().any(|s| std::ptr::eq(*s, *c))).collect();
    let except = alternatives(&others, all);
    if named.len() > 2 && except.len() < named.len() && except.len() <= NAMED {
        return format!("all but {}", except.join(" | "));
    }
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    let shown = named.join(" | ");
    if more > 0 { format!("{shown} | {more} more") } else { shown }
}

/// Classes in as few alternatives as say the same.
fn alternatives(some: &[&Class], all: &[Class]) -> Vec<String> {
    let (http, other): (Vec<&Class>, Vec<&Class>) = some.iter().copied().partition(|c| matches!(c.call, Call::Http(_)));
    let mut left: Vec<Vec<&str>> = http.iter().map(|c| c.words.iter().map(String::as_str).collect()).collect();
    let width = left.first().map_or(0, Vec::len);
    for at in 0..width {
        let values: BTreeSet<&str> = all.iter().filter(|c| matches!(c.call, Call::Http(_))).map(|c| c.words[at].as_str()).collect();
        let mut groups: BTreeMap<Vec<&str>, BTreeSet<&str>> = BTreeMap::new();
        for words in &left {
            let mut key = words.clone();
            key[at] = "";
            groups.entry(key).or_default().insert(words[at]);
        }
        if groups.values().all(|found| found.len() == values.len()) {
            left = groups.into_keys().collect();
        }
    }
    let mut named: Vec<String> = left.iter().map(|words| one(words)).collect();
    named.extend(other.iter().map(|c| c.words.join(", ")));
    named
}

/// One alternative: several things of which only is said that nobody names them are said at once.
fn one(words: &[&str]) -> String {
    let told: Vec<&str> = words.iter().copied().filter(|w| !w.is_empty()).collect();
    let (rest, own): (Vec<&str>, Vec<&str>) = told.iter().copied().partition(|w| is_rest(w));
    match (own.as_slice(), rest.len()) {
        ([], 0) => "any HTTP request".to_owned(),
        ([], 2..) => "everything else".to_owned(),
        (own, 2..) => format!("{}, nothing else named", own.join(", ")),
        _ => told.join(", "),
    }
}

/// Whether words stand for what no policy names.
fn is_rest(word: &str) -> bool {
    word.starts_with("other ") || word.ends_with(ANOTHER) || word == NO_TOKEN
}

/// Behind the name of a header: no value that a policy names.
const ANOTHER: &str = " is another or absent";
const NO_TOKEN: &str = "no token";

/// A value and the words for all values that are like it.
type Sample = (Option<String>, String);

impl Distinctions {
    /// Whether addresses of clients matter.
    pub fn look_at_addresses(&self) -> bool {
        self.addresses
    }

    /// What either of two gates tells apart.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.methods.extend(other.methods);
        self.paths.extend(other.paths);
        self.hosts.extend(other.hosts);
        for (name, values) in other.headers {
            self.headers.entry(name).or_default().extend(values);
        }
        self.tokens |= other.tokens;
        self.http |= other.http;
        self.tcp |= other.tcp;
        self.addresses |= other.addresses;
        self
    }

    /// The classes, what nobody names last.
    pub fn classes(&self) -> Vec<Class> {
        let mut classes: Vec<Class> = Vec::new();
        if self.http {
            classes.extend(self.requests());
        }
        if self.tcp || !self.http {
            let call = if self.http { Call::Tcp } else { Call::Any };
            classes.push(Class { words: vec!["not HTTP".to_owned()], call });
        }
        classes
    }

    fn requests(&self) -> Vec<Class> {
        let mut made = vec![(Http::default(), Vec::<String>::new())];
        let mut add = |samples: Vec<Sample>, put: &dyn Fn(&mut Http, String)| {
            if samples.len() < 2 || made.len() * samples.len() > MOST {
                return;
            }
            made = made
                .iter()
                .flat_map(|(http, words)| {
                    samples.iter().map(move |(value, word)| {
                        let (mut http, mut words) = (http.clone(), words.clone());
                        if let Some(value) = value {
                            put(&mut http, value.clone());
                        }
                        words.push(word.clone());
                        (http, words)
                    })
                })
                .collect();
        };
        add(texts(&self.methods, "other methods", "", false), &|http, value| http.method = Some(value));
        add(paths(&self.paths), &|http, value| http.path = Some(value));
        add(texts(&self.hosts, "other hosts", "host ", false), &|http, value| http.host = Some(value));
        for (name, values) in &self.headers {
            let samples = texts(values, &format!("{name}{ANOTHER}"), &format!("{name}="), true);
            add(samples, &|http, value| http.headers.push((name.clone(), value)));
        }
        if self.tokens {
            let samples = vec![(None, NO_TOKEN.to_owned()), (Some(String::new()), "a token".to_owned())];
            add(samples, &|http, _| http.token = Token::Unsaid);
        }
        made.into_iter().map(|(http, words)| Class { words, call: Call::Http(Box::new(http)) }).collect()
    }
}

/// Samples of all that patterns tell apart, and of the rest.
fn texts(patterns: &BTreeSet<Pattern>, rest: &str, before: &str, optional: bool) -> Vec<Sample> {
    let written: Vec<&Pattern> = patterns.iter().collect();
    let prefixes: Vec<&str> = written.iter().filter_map(|p| if let Pattern::Prefix(start) = p { Some(start.as_str()) } else { None }).collect();
    let suffixes: Vec<&str> = written.iter().filter_map(|p| if let Pattern::Suffix(end) = p { Some(end.as_str()) } else { None }).collect();
    let mut candidates: Vec<(String, String)> = Vec::new();
    for pattern in &written {
        candidates.extend(sample(pattern).map(|value| (value, words(pattern))));
    }
    for start in &prefixes {
        candidates.extend(suffixes.iter().map(|end| (format!("{start}{OTHER}{end}"), format!("{start}*{end}"))));
    }
    let matched = |value: &str| written.iter().map(|p| p.matches(value)).collect::<Vec<bool>>();
    let mut seen: BTreeSet<Vec<bool>> = BTreeSet::new();
    let mut samples: Vec<Sample> = Vec::new();
    for (value, word) in candidates {
        if seen.insert(matched(&value)) {
            samples.push((Some(value), format!("{before}{word}")));
        }
    }
    if written.is_empty() {
        return samples;
    }
    if optional {
        if seen.insert(matched(OTHER)) && written.iter().any(|p| matches!(p, Pattern::Present | Pattern::NotEmpty)) {
            samples.push((Some(OTHER.to_owned()), format!("{before}anything else")));
        }
        samples.push((None, rest.to_owned()));
    } else if seen.insert(matched(OTHER)) {
        samples.push((Some(OTHER.to_owned()), rest.to_owned()));
    }
    samples
}

fn sample(pattern: &Pattern) -> Option<String> {
    match pattern {
        Pattern::Exact(text) => Some(text.clone()),
        Pattern::Prefix(start) => Some(format!("{start}{OTHER}")),
        Pattern::Suffix(end) => Some(format!("{OTHER}{end}")),
        Pattern::Present | Pattern::NotEmpty => None,
    }
}

fn words(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Exact(text) => text.clone(),
        Pattern::Prefix(start) => format!("{start}*"),
        Pattern::Suffix(end) => format!("*{end}"),
        Pattern::Present | Pattern::NotEmpty => "*".to_owned(),
    }
}

impl PathPattern {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Text(pattern) => pattern.matches(path),
            Self::Template(text) => template(text).is_some_and(|regex| regex.is_match(path)),
            Self::Segments(prefix) => {
                let prefix = prefix.trim_end_matches('/');
                path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            Self::Expression(text) => Regex::new(text).is_ok_and(|regex| regex.find(path).is_some_and(|found| found.range() == (0..path.len()))),
        }
    }

    /// Paths that match, with words for them; nothing for an expression of which none can be made.
    fn samples(&self) -> Vec<(String, String)> {
        match self {
            Self::Text(Pattern::Suffix(end)) => {
                let path = if end.starts_with('/') { end.clone() } else { format!("/{OTHER}{end}") };
                vec![(path, format!("*{end}"))]
            }
            Self::Text(pattern) => sample(pattern).map(|path| (path, words(pattern))).into_iter().collect(),
            Self::Template(text) => vec![(text.replace("{**}", OTHER).replace("{*}", OTHER), text.clone())],
            Self::Segments(prefix) => {
                let base = prefix.trim_end_matches('/');
                vec![(format!("{base}/{OTHER}"), format!("{base}/*"))]
            }
            Self::Expression(text) => {
                let made = text.trim_start_matches('^').trim_end_matches('$').replace(".*", OTHER).replace(".+", OTHER).replace("[^/]+", OTHER);
                let made = made.replace("\\.", ".").replace("\\-", "-");
                if self.matches(&made) { vec![(made, format!("~ {text}"))] } else { Vec::new() }
            }
        }
    }
}

fn paths(patterns: &BTreeSet<PathPattern>) -> Vec<Sample> {
    if patterns.is_empty() {
        return Vec::new();
    }
    let mut candidates: Vec<(String, String)> = patterns.iter().flat_map(PathPattern::samples).collect();
    let starts: Vec<String> = patterns
        .iter()
        .filter_map(|p| match p {
            PathPattern::Text(Pattern::Prefix(start)) => Some(start.clone()),
            PathPattern::Segments(start) => Some(format!("{}/", start.trim_end_matches('/'))),
            _ => None,
        })
        .collect();
    let exact: Vec<String> =
        patterns.iter().filter_map(|p| if let PathPattern::Text(Pattern::Exact(path)) = p { Some(path.clone()) } else { None }).collect();
    for pattern in patterns {
        match pattern {
            PathPattern::Text(Pattern::Suffix(end)) => {
                candidates.extend(starts.iter().map(|start| (format!("{start}{OTHER}{end}"), format!("{start}*{end}"))))
            }
            // What a template leaves open may be what another pattern asks for.
            PathPattern::Template(text) => {
                let head = text.split('{').next().unwrap_or_default();
                for other in starts.iter().chain(&exact).filter_map(|other| other.strip_prefix(head)) {
                    let fill = other.trim_end_matches('/').split('/').next().unwrap_or_default();
                    if !fill.is_empty() {
                        let rest = text.replacen("{*}", fill, 1).replacen("{**}", fill, 1);
                        candidates.push((rest.replace("{**}", OTHER).replace("{*}", OTHER), format!("{text} and {head}{fill}*")));
                    }
                }
            }
            PathPattern::Segments(prefix) => candidates.push((prefix.clone(), prefix.clone())),
            _ => {}
        }
    }
    let matched = |path: &str| patterns.iter().map(|p| p.matches(path)).collect::<Vec<bool>>();
    let mut seen: BTreeSet<Vec<bool>> = BTreeSet::new();
    let mut samples: Vec<Sample> = Vec::new();
    for (path, word) in candidates {
        if path.starts_with('/') && seen.insert(matched(&path)) {
            samples.push((Some(path), word));
        }
    }
    let other = format!("/{OTHER}");
    if seen.insert(matched(&other)) {
        samples.push((Some(other), "other paths".to_owned()));
    }
    let untold = patterns.iter().filter(|p| matches!(p, PathPattern::Expression(_)) && p.samples().is_empty());
    // No path can be made of some expressions: what they decide stays open.
    samples.extend(untold.map(|p| if let PathPattern::Expression(text) = p { (None, format!("paths like {text}")) } else { (None, String::new()) }));
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(distinctions: &Distinctions) -> Vec<String> {
        distinctions.classes().into_iter().map(|c| c.words.join(", ")).collect()
    }

    #[test]
    fn every_combination_that_is_told_apart_has_one_class() {
        let none = Distinctions { http: true, ..Distinctions::default() };
        assert_eq!(labels(&none), [""]);
        let one = none.classes();
        assert_eq!(describe(&[&one[0]], &one), "any request");
        let text = |p: &str| PathPattern::Text(Pattern::of(p));
        let some = Distinctions {
            methods: [Pattern::of("GET")].into(),
            paths: [text("/a*"), text("/a/b"), text("*.html")].into(),
            http: true,
            tcp: true,
            ..Distinctions::default()
        };
        let all = labels(&some);
        assert_eq!(all.len(), 2 * 5 + 1, "{all:?}");
        assert!(
            all.contains(&"GET, /a*.html".to_owned())
                && all.contains(&"other methods, other paths".to_owned())
                && all.contains(&"not HTTP".to_owned())
        );
    }

    #[test]
    fn what_makes_no_difference_is_left_out() {
        let path = PathPattern::Text(Pattern::of("/health"));
        let all =
            Distinctions { methods: [Pattern::of("GET")].into(), paths: [path].into(), http: true, tcp: true, ..Distinctions::default() }.classes();
        let of = |keep: &dyn Fn(&Class) -> bool| describe(&all.iter().filter(|c| keep(c)).collect::<Vec<_>>(), &all);
        assert_eq!(of(&|c| c.words.contains(&"/health".to_owned())), "/health");
        assert_eq!(of(&|c| c.words.contains(&"GET".to_owned()) || c.call == Call::Tcp), "GET | not HTTP");
        assert_eq!(of(&|c| c.call != Call::Tcp), "any HTTP request");
    }

    #[test]
    fn most_of_all_is_said_by_what_it_is_not() {
        let text = |p: &str| PathPattern::Text(Pattern::of(p));
        let header: BTreeMap<String, BTreeSet<Pattern>> = [("x-a".to_owned(), [Pattern::of("1")].into())].into();
        let some = Distinctions {
            methods: [Pattern::of("GET"), Pattern::of("PUT")].into(),
            paths: [text("/a"), text("/b")].into(),
            headers: header,
            http: true,
            tcp: true,
            ..Distinctions::default()
        };
        let all = some.classes();
        let of = |keep: &dyn Fn(&Class) -> bool| describe(&all.iter().filter(|c| keep(c)).collect::<Vec<_>>(), &all);
        let is = |class: &Class, words: [&str; 3]| class.words == words;
        assert_eq!(of(&|c| !is(c, ["GET", "/a", "x-a=1"])), "all but GET, /a, x-a=1");
        assert_eq!(of(&|c| is(c, ["other methods", "other paths", "x-a is another or absent"])), "everything else");
        assert_eq!(of(&|c| is(c, ["GET", "other paths", "x-a is another or absent"])), "GET, nothing else named");
        assert_eq!(of(&|c| is(c, ["GET", "other paths", "x-a=1"])), "GET, other paths, x-a=1");
    }

    #[test]
    fn patterns_that_match_the_same_share_a_class() {
        let some = Distinctions { methods: [Pattern::of("GET"), Pattern::of("G*")].into(), http: true, ..Distinctions::default() };
        assert_eq!(labels(&some), ["GET", "G*", "other methods"]);
    }
}
