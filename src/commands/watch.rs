//! `-w`: what changes, as the API server tells it. At a terminal the answer is drawn anew; elsewhere the rows that changed follow.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::time::sleep;

use super::load::{self, Reading, connection};
use super::{ReadRequest, Terminal, words};
use crate::cli::{GlobalArgs, ListArgs, SelectArgs};
use crate::cluster::live::{Connection, Event, Watched};
use crate::error::{CliError, Exit};
use crate::index::Index;
use crate::model::{Gap, Inventory, Item, Kind, Str};
use crate::output::{Page, Report, Table};
use crate::world::{SourceInfo, SourceKind, World};

/// Changes that come together are shown together.
const TOGETHER: Duration = Duration::from_millis(200);

/// Moves to the upper left corner and clears what is below and what was scrolled away.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[3J";

/// Shows what `answer` says of the world, and again whenever that changes, until Ctrl-C.
pub(super) async fn follow<R: Report>(
    global: &GlobalArgs,
    request: &ReadRequest,
    select: &SelectArgs,
    list: &ListArgs,
    terminal: &mut Terminal,
    answer: impl Fn(&World) -> Result<R, CliError>,
) -> Result<Exit, CliError> {
    let source = &global.source;
    if source.demo || source.snapshot.is_some() || !source.paths().is_empty() {
        return Err(CliError::usage("-w watches a cluster: files, snapshots and the demo do not change by themselves"));
    }
    if !list.output.is_text() {
        return Err(CliError::usage("-w shows tables").hint("leave -o out, or write -o wide"));
    }
    let mut shown = Shown { list, text: String::new(), tables: Vec::new(), begun: false };
    let mut global = global.clone();
    let mut questions = Reading::new(&global, request).questions();
    // One for all rounds: it remembers a Ctrl-C that comes while everything is read again.
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let connection = connection(&global, global.cluster.context.as_deref()).await?;
        let (mut watched, mut refused) = connection.watched(&questions).await;
        let mut loaded = load::load(&global, request, terminal).await?;
        let Some(reading) = loaded.reading.take() else { return Err(CliError::internal("a cluster was read without questions")) };
        let read = reading.questions();
        if !read.is_subset(&questions) {
            // What counts is elsewhere than was thought: once more, so that nothing happens between reading and watching that is seen by neither.
            if let Some(namespaces) = reading.namespaces() {
                global.cluster.namespace = namespaces.iter().map(ToString::to_string).collect();
            }
            questions.extend(read);
            continue;
        }
        watched.retain(|one| read.contains(one.question()));
        refused.retain(|(question, _)| read.contains(question));
        let refused: BTreeMap<Kind, String> = refused.into_iter().map(|(question, why)| (question.kind(), why)).collect();
        for (kind, why) in refused {
            terminal.problem(format!("changes of {} are not seen: {why}", kind.resource()));
        }
        words::select(select, &[], &mut loaded.world)?;
        shown.draw(&answer(&loaded.world)?, &loaded.world, terminal)?;
        let again = tokio::select! {
            _ = &mut interrupted => false,
            again = changes(&connection, watched, &reading, loaded.world, &answer, &mut shown, terminal) => again?,
        };
        if !again {
            terminal.out.flush()?;
            return Ok(Exit::Ok);
        }
    }
}

/// Follows what happens; true when everything has to be read again.
async fn changes<R: Report>(
    connection: &Connection,
    watched: Vec<Watched>,
    reading: &Reading,
    mut world: World,
    answer: &impl Fn(&World) -> Result<R, CliError>,
    shown: &mut Shown<'_>,
    terminal: &mut Terminal,
) -> Result<bool, CliError> {
    if watched.is_empty() {
        return Err(CliError::unreadable("the API server tells of no change").hint("watching takes the verb watch beside get and list"));
    }
    let (tell, mut events) = mpsc::channel(256);
    let follow = futures::future::join_all(watched.into_iter().map(|one| connection.follow(one, tell.clone())));
    drop(tell);
    let show = async {
        let mut lost = false;
        while let Some(changes) = next(&mut events, &mut lost, terminal).await {
            let Some(changes) = changes else { return Ok(true) };
            let (source, selector) = (world.source.clone(), world.selector.clone());
            let SourceInfo { kind: SourceKind::Cluster, .. } = source else { return Ok(false) };
            let inventory = apply(world.index.into_inventory(), changes);
            if reading.misses_some_of(&inventory) {
                return Ok(true);
            }
            world = World::new(Index::new(inventory), source, jiff::Timestamp::now());
            world.selector = selector;
            shown.draw(&answer(&world)?, &world, terminal)?;
        }
        Err(CliError::unreadable("the API server tells of no change any more"))
    };
    tokio::select! {
        result = show => result,
        _ = follow => Err(CliError::unreadable("the API server tells of no change any more")),
    }
}

/// What became of objects, by kind, namespace and name: the last that was told.
type Changes = BTreeMap<(Kind, Str, Str), Option<Result<Item, Gap>>>;

/// Waits for something to happen and takes what happens right after it along; inside is nothing when all has to be read again.
async fn next(events: &mut Receiver<Event>, lost: &mut bool, terminal: &mut Terminal) -> Option<Option<Changes>> {
    let mut changes = Changes::new();
    let mut event = events.recv().await?;
    loop {
        match event {
            Event::Changed(item) => {
                let key = (item.kind(), item.meta().namespace.clone(), item.meta().name.clone());
                changes.insert(key, Some(Ok(*item)));
            }
            Event::Undecodable(gap) => {
                if let Gap::Undecodable { object, .. } = &*gap {
                    changes.insert((object.kind, object.namespace.clone(), object.name.clone()), Some(Err(*gap.clone())));
                }
            }
            Event::Gone(kind, namespace, name) => drop(changes.insert((kind, namespace, name), None)),
            Event::Expired => return Some(None),
            Event::Refused(kind, why) => terminal.problem(format!("changes of {} are not seen any more: {why}", kind.resource())),
            Event::Lost(why) if !std::mem::replace(lost, true) => terminal.problem(format!("the API server went away and is called again: {why}")),
            Event::Lost(_) => {}
        }
        if changes.is_empty() {
            event = events.recv().await?;
            continue;
        }
        *lost = false;
        match events.try_recv() {
            Ok(more) => event = more,
            Err(_) => {
                sleep(TOGETHER).await;
                match events.try_recv() {
                    Ok(more) => event = more,
                    Err(_) => return Some(Some(changes)),
                }
            }
        }
    }
}

fn apply(mut inventory: Inventory, changes: Changes) -> Inventory {
    let keys: BTreeSet<&(Kind, Str, Str)> = changes.keys().collect();
    inventory.retain(|object| !keys.contains(&(object.kind(), object.meta().namespace.clone(), object.meta().name.clone())));
    inventory.gaps.retain(|gap| match gap {
        Gap::Undecodable { object, .. } => !keys.contains(&(object.kind, object.namespace.clone(), object.name.clone())),
        _ => true,
    });
    for change in changes.into_values().flatten() {
        match change {
            Ok(item) => inventory.push(item),
            Err(gap) => inventory.gaps.push(gap),
        }
    }
    inventory
}

/// What was shown last, and how.
struct Shown<'a> {
    list: &'a ListArgs,
    text: String,
    tables: Vec<Table>,
    begun: bool,
}

impl Shown<'_> {
    fn draw<R: Report>(&mut self, report: &R, world: &World, terminal: &mut Terminal) -> Result<(), CliError> {
        let style = terminal.style.clone();
        let page = Page::new(&self.list.view()?, Some(world), &style);
        let mut text = Vec::new();
        report.text(page, &mut text)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let tables = report.tables(page);
        if self.begun && text == self.text {
            return Ok(());
        }
        if terminal.live {
            write!(terminal.out, "{CLEAR}{text}\nchanges are shown as they come; Ctrl-C ends\n")?;
        } else if !self.begun || tables.is_empty() {
            write!(terminal.out, "{text}")?;
        } else {
            self.differences(&tables, page.without_headers(), terminal)?;
        }
        terminal.out.flush()?;
        (self.text, self.tables, self.begun) = (text, tables, true);
        Ok(())
    }

    /// The rows that are new or different; of those that are gone, their beginning.
    fn differences(&self, tables: &[Table], page: Page<'_>, terminal: &mut Terminal) -> Result<(), CliError> {
        for table in tables {
            let before = self.tables.iter().find(|before| before.header() == table.header());
            let known: BTreeSet<&Vec<String>> = before.into_iter().flat_map(Table::rows).collect();
            page.table(&table.filtered(|row| !known.contains(&row.to_vec())), &mut terminal.out)?;
            let name = |row: &[String]| row.iter().take(2).cloned().collect::<Vec<_>>();
            let now: BTreeSet<Vec<String>> = table.rows().iter().map(|row| name(row)).collect();
            for row in known.into_iter().map(|row| name(row)).filter(|row| !now.contains(row)).collect::<BTreeSet<_>>() {
                terminal.note(format!("gone: {}", row.join(" ")));
            }
        }
        Ok(())
    }
}
