//! The tables of a proxy's configuration, and below them what they do not show.

use std::io::{self, Write};

use serde::Serialize;

use crate::mesh::envoy::Stage;
use crate::model::{Gap, ObjectRef, Str};
use crate::output::{self, Page, Report, Table, counted};
use crate::views::{ProxyConfigReport, domain_words};

/// Of what goes on below a table so many are named.
const NAMED: usize = 5;

/// The report, with one row for each listener and table of routes where that is wanted.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Shown<'a> {
    pub(super) report: &'a ProxyConfigReport,
    #[serde(skip)]
    pub(super) short: bool,
}

impl Report for Shown<'_> {
    const KIND: Option<&'static str> = Some("ProxyConfigReport");

    fn tables(&self, page: Page<'_>) -> Vec<Table> {
        let mut tables = Vec::new();
        tables.extend(self.bootstrap());
        tables.extend(self.clusters(page.wide));
        tables.extend(self.listeners(page.wide));
        tables.extend(self.routes(page.wide));
        tables.extend(self.secrets(page.wide));
        tables.extend(self.extensions());
        tables.extend(self.endpoints(page.wide));
        tables.extend(self.assignments());
        tables
    }

    fn gaps(&self) -> &[Gap] {
        &self.report.gaps
    }

    fn text(&self, page: Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        page.tables(&self.tables(page), out)?;
        let lines = self.below(page.wide);
        if !lines.is_empty() {
            writeln!(out)?;
        }
        lines.iter().try_for_each(|line| page.line(line, out))?;
        output::gaps(&self.report.gaps, page.style, out)
    }

    fn objects(&self) -> Vec<ObjectRef> {
        self.report.pod.iter().cloned().collect()
    }

    /// The parts by the names that the other tables have, so that each can be asked for.
    fn names(&self, _: Page<'_>) -> Vec<String> {
        let report = self.report;
        let mut names = Vec::new();
        names.extend(report.clusters.iter().flatten().map(|row| format!("cluster/{}", row.name)));
        names.extend(report.listeners.iter().flatten().map(|row| format!("listener/{}", row.name)));
        names.extend(report.routes.iter().flatten().map(|row| format!("route/{}", row.name)));
        names.extend(report.secrets.iter().flatten().map(|row| format!("secret/{}", row.name)));
        names.extend(report.extensions.iter().flatten().map(|row| format!("extension/{}", row.name)));
        names.extend(report.endpoints.iter().flatten().map(|row| format!("endpoint/{}", row.address)));
        names.extend(report.assignments.iter().flatten().map(|row| format!("endpoint/{}", row.addresses.join(","))));
        names.sort();
        names.dedup();
        names
    }
}

impl Shown<'_> {
    fn bootstrap(&self) -> Option<Table> {
        let row = self.report.bootstrap.as_ref()?;
        let told = [
            ("Istio Version", row.istio_version.as_str()),
            ("Istio Proxy Version", &row.proxy_version),
            ("Envoy Version", &row.envoy_version),
            ("Node", &row.node),
        ];
        Some(Table::new(["WHAT", "VALUE"], told.map(|(what, value)| [what.to_owned(), value.to_owned()])))
    }

    fn clusters(&self, wide: bool) -> Option<Table> {
        let rows = self.report.clusters.as_ref()?;
        let mut header = vec!["SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE"];
        if wide {
            header.extend(["STATE", "UPDATED"]);
        }
        let dash = |text: Option<&Str>| text.map_or("-", Str::as_str).to_owned();
        let cells = rows.iter().filter(|row| wide || in_use(row.state)).map(|row| {
            let port = dash(row.port.as_ref());
            let direction = dash(row.direction.as_ref());
            let mut cells =
                vec![row.host.to_string(), port, dash(row.subset.as_ref()), direction, row.discovery.to_string(), row.destination_rule.clone()];
            cells.extend(wide.then(|| [state(row.state).to_owned(), row.updated.to_string()]).into_iter().flatten());
            cells
        });
        Some(Table::of(header, cells))
    }

    fn listeners(&self, wide: bool) -> Option<Table> {
        let rows = self.report.listeners.as_ref()?;
        let shown = rows.iter().filter(|row| wide || in_use(row.state));
        let port = |port: Option<u32>| port.unwrap_or_default().to_string();
        if self.short {
            let row = |row: &crate::views::ListenerRow| [row.addresses.join(","), port(row.port), row.kind.to_owned()];
            return Some(Table::new(["ADDRESSES", "PORT", "TYPE"], shown.map(row)));
        }
        let mut header = vec!["ADDRESSES", "PORT", "MATCH", "DESTINATION"];
        if wide {
            header.extend(["POLICIES", "NAME", "STATE", "UPDATED"]);
        }
        let cells = shown.flat_map(|row| {
            row.chains.iter().map(move |chain| {
                let mut cells = vec![row.addresses.join(","), port(row.port), chain.matches.clone(), chain.destination.clone()];
                if wide {
                    let policies = chain.policies.iter().map(Str::as_str).collect::<Vec<_>>().join(", ");
                    cells.extend([policies, row.name.to_string(), state(row.state).to_owned(), row.updated.to_string()]);
                }
                cells
            })
        });
        Some(Table::of(header, cells))
    }

    fn routes(&self, wide: bool) -> Option<Table> {
        let rows = self.report.routes.as_ref()?;
        if self.short {
            let row = |row: &crate::views::RouteTableRow| [row.name.to_string(), row.virtual_hosts.to_string()];
            return Some(Table::new(["NAME", "VIRTUAL HOSTS"], rows.iter().map(row)));
        }
        let mut header = vec!["NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE"];
        if wide {
            header.extend(["TARGET", "STATE", "UPDATED"]);
        }
        let cells = rows.iter().flat_map(|table| {
            table.routes.iter().filter(|route| wide || !route.passthrough).map(move |route| {
                let domains = domain_words(&route.domains);
                let mut cells =
                    vec![table.name.to_string(), route.virtual_host.to_string(), domains, route.matches.clone(), route.virtual_service.clone()];
                if wide {
                    cells.extend([route.target.clone(), state(table.state).to_owned(), table.updated.to_string()]);
                }
                cells
            })
        });
        Some(Table::of(header, cells))
    }

    fn secrets(&self, wide: bool) -> Option<Table> {
        let rows = self.report.secrets.as_ref()?;
        let mut header = vec!["RESOURCE NAME", "TYPE", "STATUS", "VALID CERT", "SERIAL NUMBER", "NOT AFTER", "NOT BEFORE"];
        if !rows.is_empty() && rows.iter().all(|row| row.trust_domain.is_some()) || wide {
            header.push("TRUST DOMAIN");
        }
        if wide {
            header.extend(["POSITION", "NAMES", "ISSUER", "KEY"]);
        }
        let columns = header.len();
        let cells = rows.iter().map(|row| {
            let status = match row.state {
                _ if !row.initialized => "UNINITIALIZED",
                Stage::Warming => "WARMING",
                _ => "ACTIVE",
            };
            let valid = row.valid.map_or_else(String::new, |valid| valid.to_string());
            let mut cells = vec![row.name.to_string(), row.kind.title().to_owned(), status.to_owned(), valid];
            cells.extend([row.serial.clone(), row.not_after.clone(), row.not_before.clone()]);
            cells.push(row.trust_domain.clone().unwrap_or_default().to_string());
            let position = row.position.map_or_else(String::new, |n| n.to_string());
            cells.extend([position, row.names.join(", "), row.issuer.clone(), row.key.clone()]);
            cells.truncate(columns);
            cells
        });
        Some(Table::of(header, cells))
    }

    fn extensions(&self) -> Option<Table> {
        let rows = self.report.extensions.as_ref()?;
        Some(Table::new(["ECDS NAME", "TYPE"], rows.iter().map(|row| [row.name.to_string(), row.kind.to_string()])))
    }

    fn endpoints(&self, wide: bool) -> Option<Table> {
        let rows = self.report.endpoints.as_ref()?;
        let mut header = vec!["ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER"];
        if wide {
            header.extend(["USED", "BECAUSE", "REQUESTS", "ERRORS", "CONNECT FAILURES", "LOCALITY"]);
        }
        let cells = rows.iter().map(|row| {
            let outlier = if row.ejected { "FAILED" } else { "OK" };
            let mut cells = vec![row.address.clone(), row.status.to_string(), outlier.to_owned(), row.cluster.to_string()];
            if wide {
                let used = if row.usable { "yes" } else { "no" };
                cells.extend([used.to_owned(), row.faults.join(", ")]);
                cells.extend([row.requests, row.errors, row.connect_failures].map(|n| n.to_string()));
                cells.push(row.locality.clone());
            }
            cells
        });
        Some(Table::of(header, cells))
    }

    fn assignments(&self) -> Option<Table> {
        let rows = self.report.assignments.as_ref()?;
        let cells = rows.iter().map(|row| [row.addresses.join(","), row.status.to_string(), row.locality.clone(), row.cluster.to_string()]);
        Some(Table::new(["NAME", "STATUS", "LOCALITY", "CLUSTER"], cells))
    }

    /// What the tables do not show: what was refused, what waits, which hosts are not used.
    fn below(&self, wide: bool) -> Vec<String> {
        let report = self.report;
        let mut lines = Vec::new();
        for row in &report.rejected {
            let name = if row.name.is_empty() { "without a name" } else { &row.name };
            let object = row.object.as_ref().map_or_else(String::new, |object| format!(", made of {object}"));
            let serving = if row.serving { "; the one before goes on serving" } else { "" };
            let at = if row.at.is_empty() { String::new() } else { format!(" at {}", row.at) };
            lines.push(format!("✖ {} {name}{object}: rejected{at}: {}{serving}", row.kind, row.details));
        }
        let most = if wide { usize::MAX } else { NAMED };
        let mut waiting = |what: &str, names: Vec<(Stage, &Str)>| {
            for (stage, words) in [(Stage::Warming, "waits for what it needs"), (Stage::Draining, "is being replaced or removed")] {
                let all: Vec<&str> = names.iter().filter(|(s, _)| *s == stage).map(|(_, name)| name.as_str()).collect();
                lines.extend(all.iter().take(most).map(|name| format!("▲ {what} {name} {words}")));
                lines.extend((all.len() > most).then(|| format!("▲ {} more (-o wide)", all.len() - most)));
            }
        };
        waiting("cluster", report.clusters.iter().flatten().map(|row| (row.state, &row.name)).collect());
        waiting("listener", report.listeners.iter().flatten().map(|row| (row.state, &row.name)).collect());
        waiting("secret", report.secrets.iter().flatten().map(|row| (row.state, &row.name)).collect());
        let unreadable = report.secrets.iter().flatten().filter(|row| !row.problem.is_empty());
        lines.extend(unreadable.map(|row| format!("? secret {}: {}", row.name, row.problem)));
        let hosts = report.endpoints.as_deref().unwrap_or_default();
        let unused: Vec<_> = hosts.iter().filter(|row| !row.usable).collect();
        if !unused.is_empty() {
            lines.push(format!("▲ {} of {} not used:", unused.len(), counted(hosts.len(), "host")));
            for row in unused.iter().take(most) {
                let why = std::iter::once(row.status.as_str()).chain(row.faults.iter().copied()).collect::<Vec<_>>().join(", ");
                lines.push(format!("    {} of {}: {why}", row.address, row.cluster));
            }
            lines.extend((unused.len() > most).then(|| format!("    {} more (-o wide)", unused.len() - most)));
        }
        if report.assignments.is_some() && report.endpoints.is_none() && !report.files.is_empty() {
            lines.push("· as istiod assigned them: health as the proxy sees it is in /clusters?format=json".to_owned());
        }
        lines.extend(report.notes.iter().map(|note| format!("? {note}")));
        lines
    }
}

fn in_use(stage: Stage) -> bool {
    matches!(stage, Stage::Active | Stage::Static)
}

fn state(stage: Stage) -> &'static str {
    match stage {
        Stage::Active => "active",
        Stage::Static => "static",
        Stage::Warming => "warming",
        Stage::Draining => "draining",
    }
}
