//! Suppressions: annotations of istioctl, Kiali and this tool, and `-S` from the command line.

use std::collections::HashMap;

use globset::{Glob, GlobMatcher};
use jiff::civil::Date;

use crate::model::{IGNORE, Meta, ObjectRef, Subject, did_you_mean};
use crate::report::{CheckReport, Finding, Suppression};
use crate::world::World;

const ISTIO: &str = "galley.istio.io/analyze-suppress";
const KIALI: &str = "kiali.io/ignore-validations";

/// A `-S CODE=GLOB`, as istioctl takes it: the glob is matched against `Kind ns/name` and against `Kind name.ns`.
#[derive(Clone, Debug)]
pub struct SuppressArg {
    written: String,
    name: String,
    glob: GlobMatcher,
    reason: Option<String>,
    until: Option<Date>,
}

impl SuppressArg {
    /// One that a configuration file gives, at `place`.
    pub fn settled(place: String, name: &str, object: &str, reason: &str, until: Option<&str>) -> Result<Self, String> {
        let argument: Self = format!("{name}={object}").parse()?;
        let until = until.map(str::parse::<Date>).transpose().map_err(|e| e.to_string())?;
        Ok(Self { written: place, reason: Some(reason.to_owned()), until, ..argument })
    }

    fn expired(&self, today: Date) -> Option<String> {
        self.until.filter(|until| *until < today).map(|until| format!("it expired on {until}"))
    }
}

impl std::str::FromStr for SuppressArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, pattern) = text.split_once('=').ok_or("write it as CODE=GLOB, for instance \"IST0107=Pod shop/*\"")?;
        let name = name.trim();
        if !is_known(name) {
            let known: Vec<&str> =
                super::all().into_iter().flat_map(|check| std::iter::once(check.id).chain(check.aliases.iter().copied())).collect();
            let near = did_you_mean(name, known).map_or(String::new(), |near| format!(": {near}"));
            return Err(format!("no rule or code is called {name:?}{near}"));
        }
        let glob = Glob::new(pattern).map_err(|e| e.to_string())?.compile_matcher();
        Ok(Self { written: format!("-S {text}"), name: name.to_owned(), glob, reason: None, until: None })
    }
}

/// Whether a suppression of `name` can ever take a finding away: it is a rule's id, a code, or the beginning of some with an asterisk.
fn is_known(name: &str) -> bool {
    match name.strip_suffix('*') {
        Some(prefix) => super::all().iter().any(|check| check.id.starts_with(prefix) || check.aliases.iter().any(|alias| alias.starts_with(prefix))),
        None => super::find(name).is_some(),
    }
}

/// Takes suppressed findings out of `report` and notes what every suppression did.
pub fn apply(report: &mut CheckReport, world: &World, args: &[SuppressArg]) {
    let today = world.now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut all: Vec<Suppression> = Vec::new();
    let mut by_object: HashMap<ObjectRef, Vec<usize>> = HashMap::new();
    for (object, meta) in metas(world) {
        for suppression in of_annotations(&object, meta, today) {
            by_object.entry(object.clone()).or_default().push(all.len());
            all.push(suppression);
        }
    }
    let first_arg = all.len();
    all.extend(args.iter().map(|a| Suppression {
        object: None,
        source: a.written.clone(),
        names: vec![a.name.clone()],
        reason: a.reason.clone(),
        until: a.until.map(|until| until.to_string()),
        used: 0,
        void: a.expired(today),
    }));
    let findings = std::mem::take(&mut report.findings);
    for finding in findings {
        let own = by_object.get(&finding.object).into_iter().flatten().copied().find(|i| covers(&all[*i], &finding));
        let by = own.or_else(|| args.iter().position(|a| a.expired(today).is_none() && arg_covers(a, &finding)).map(|i| first_arg + i));
        match by {
            Some(i) => {
                all[i].used += 1;
                report.suppressed.push((finding, i));
            }
            None => report.findings.push(finding),
        }
    }
    report.suppressions = all;
}

fn metas(world: &World) -> impl Iterator<Item = (ObjectRef, &Meta)> {
    let marked = |object: &&dyn Subject| [ISTIO, KIALI, IGNORE].iter().any(|key| object.meta().annotations.has(key));
    world.index.inventory().subjects().filter(marked).map(|object| (object.reference(), object.meta()))
}

fn of_annotations(object: &ObjectRef, meta: &Meta, today: Date) -> Vec<Suppression> {
    let mut found = Vec::new();
    let list = |text: &str| text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let plain = |source: &str, names: Vec<String>| Suppression {
        object: Some(object.clone()),
        source: source.to_owned(),
        names,
        reason: None,
        until: None,
        used: 0,
        void: None,
    };
    if let Some(text) = meta.annotations.get(ISTIO) {
        let names = list(text).into_iter().map(|n| if n == "*" { "IST*".to_owned() } else { n }).collect();
        found.push(plain(ISTIO, names));
    }
    if let Some(text) = meta.annotations.get(KIALI) {
        let names = if text.trim().is_empty() { vec!["KIA*".to_owned()] } else { list(text) };
        found.push(plain(KIALI, names));
    }
    for entry in meta.annotations.get(IGNORE).into_iter().flat_map(|text| text.split([';', '\n'])).map(str::trim).filter(|e| !e.is_empty()) {
        found.push(of_entry(plain(IGNORE, Vec::new()), entry, today));
    }
    // The codes of other tools are theirs to define; in our own annotation a name that nothing has is a slip.
    for suppression in found.iter_mut().filter(|suppression| suppression.source == IGNORE && suppression.void.is_none()) {
        let unknown: Vec<&str> = suppression.names.iter().map(String::as_str).filter(|name| !is_known(name)).collect();
        if !unknown.is_empty() && unknown.len() == suppression.names.len() {
            suppression.void = Some(format!("no rule or code is called {}", unknown.join(" or ")));
        }
    }
    found
}

fn of_entry(mut suppression: Suppression, entry: &str, today: Date) -> Suppression {
    let (what, reason) = entry.split_once(':').map_or((entry, ""), |(what, reason)| (what, reason.trim()));
    let (names, until) = match what.split_once(" until") {
        Some((names, until)) if until.is_empty() || until.starts_with(char::is_whitespace) => (names, Some(until.trim())),
        _ => (what, None),
    };
    suppression.names = names.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect();
    suppression.until = until.map(str::to_owned);
    if let Some(name) = suppression.names.iter().find(|name| name.contains(char::is_whitespace)) {
        suppression.void = Some(format!("{name:?} is no rule: write a comma between rules"));
    } else if reason.is_empty() {
        suppression.void = Some("it gives no reason: write `RULE: reason`".into());
    } else {
        suppression.reason = Some(reason.to_owned());
    }
    if let Some(until) = until {
        match until.parse::<Date>() {
            Ok(date) if until.len() == "YYYY-MM-DD".len() && date >= today => {}
            Ok(date) if date < today => suppression.void = Some(format!("it expired on {date}")),
            _ => suppression.void = Some(format!("{until:?} is no date: write YYYY-MM-DD")),
        }
    }
    suppression
}

fn covers(suppression: &Suppression, finding: &Finding) -> bool {
    suppression.void.is_none() && suppression.names.iter().any(|name| matches_name(name, finding))
}

/// `*` means everything, `IST*` and `KIA*` everything that tool knows by a code.
fn matches_name(name: &str, finding: &Finding) -> bool {
    match name.strip_suffix('*') {
        Some("") => true,
        Some(prefix) => finding.rule.starts_with(prefix) || finding.aliases.iter().any(|a| a.starts_with(prefix)),
        None => finding.is_called(name),
    }
}

fn arg_covers(arg: &SuppressArg, finding: &Finding) -> bool {
    let object = &finding.object;
    let other_way = if object.namespace.is_empty() { String::new() } else { format!("{} {}.{}", object.kind, object.name, object.namespace) };
    matches_name(&arg.name, finding) && (arg.glob.is_match(object.to_string()) || (!other_way.is_empty() && arg.glob.is_match(other_way)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Suppression {
        let blank = Suppression { object: None, source: IGNORE.into(), names: Vec::new(), reason: None, until: None, used: 0, void: None };
        of_entry(blank, text, "2026-11-20".parse().unwrap())
    }

    #[test]
    fn an_entry_needs_a_reason_and_may_expire() {
        let good = entry("istio-a, IST0101 until 2026-11-20: migrated in December");
        assert_eq!(
            (good.names.as_slice(), good.reason.as_deref(), good.void),
            (&["istio-a".to_owned(), "IST0101".to_owned()][..], Some("migrated in December"), None)
        );
        assert_eq!(entry("istio-a").void.as_deref(), Some("it gives no reason: write `RULE: reason`"));
        assert_eq!(entry("istio-a until 2026-11-19: later").void.as_deref(), Some("it expired on 2026-11-19"));
        assert_eq!(entry("istio-a until 20260101: later").void.as_deref(), Some("it expired on 2026-01-01"));
        assert!(entry("istio-a until 20270101: later").void.is_some_and(|why| why.contains("is no date")), "one way to write it");
        assert_eq!(entry("istio-a until: later").void.as_deref(), Some("\"\" is no date: write YYYY-MM-DD"));
        assert!(entry("istio-a istio-b: later").void.is_some_and(|why| why.contains("comma")));
        assert_eq!(entry("istio-a until soon: later").void.as_deref(), Some("\"soon\" is no date: write YYYY-MM-DD"));
    }

    #[test]
    fn an_argument_needs_a_code_and_a_glob() {
        assert!("IST0101=Pod *".parse::<SuppressArg>().is_ok());
        assert!("IST0101".parse::<SuppressArg>().is_err() && "IST0101=[".parse::<SuppressArg>().is_err());
        assert!("IST*=*".parse::<SuppressArg>().is_ok() && "*=Pod *".parse::<SuppressArg>().is_ok());
        assert!("IST999=*".parse::<SuppressArg>().unwrap_err().contains("no rule or code is called"));
    }
}
