//! Saved answers, without a cluster.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::error::CliError;
use crate::mesh::envoy::{Answers, Section};

/// What files hold of the parts that are wanted, and which parts there are to show.
pub(in crate::commands::proxy) fn read(files: &[PathBuf], wanted: &[Section]) -> Result<(Answers, Vec<Section>), CliError> {
    let mut answers = Answers::default();
    // Endpoints are those that Envoy has, or where that was not saved, those that istiod assigned.
    let reading: Vec<Section> = wanted.iter().copied().chain(wanted.contains(&Section::Hosts).then_some(Section::Assignments)).collect();
    for path in files {
        let name = path.display();
        let read = if path.as_os_str() == "-" {
            answers.read(io::stdin().lock(), &reading, None)
        } else {
            let file = File::open(path).map_err(|error| CliError::usage(format!("cannot read {name}: {error}")))?;
            answers.read(io::BufReader::with_capacity(1 << 16, file), &reading, None)
        };
        read.map_err(|error| {
            let place = if error.line() > 0 { format!("{name}:{}:{}", error.line(), error.column()) } else { name.to_string() };
            CliError::usage(format!("{place}: it is no answer of Envoy's admin interface: {error}"))
                .hint("save one with: kubectl exec POD -c istio-proxy -- pilot-agent request GET 'config_dump?include_eds'")
        })?;
    }
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let names = names.join(", ");
    if answers.is_foreign() {
        return Err(CliError::usage(format!("{names}: nothing in it is an answer of Envoy's admin interface")));
    }
    let there = |section: &Section| answers.sections.contains(section);
    let mut shown: Vec<Section> = wanted.iter().copied().filter(there).collect();
    if wanted.contains(&Section::Hosts) && !there(&Section::Hosts) && there(&Section::Assignments) {
        shown.push(Section::Assignments);
    }
    match wanted {
        [only] if shown.is_empty() => Err(absent(*only, &names)),
        _ => Ok((answers, shown)),
    }
}

fn absent(section: Section, names: &str) -> CliError {
    match section {
        Section::Hosts | Section::Assignments => CliError::unreadable(format!("{names}: saved without endpoints"))
            .hint("save /config_dump?include_eds for those that istiod assigned, or /clusters?format=json for those that the proxy has"),
        // Envoy leaves the section out where nothing uses it.
        Section::Extensions => CliError::unreadable(format!("{names}: no filter in it came by itself, or it was saved without them")),
        other => CliError::unreadable(format!("{names}: there is no section of a {} in it", other.called())),
    }
}
