//! What is being read and how far, on one line of a terminal, gone when done.

use std::collections::BTreeMap;
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cluster::live::Progress;
use crate::model::Kind;

/// A progress line; draws nothing when standard error is no terminal.
pub(super) struct Bar {
    bar: ProgressBar,
    counts: Mutex<BTreeMap<Kind, (usize, Option<u64>)>>,
}

impl Bar {
    pub(super) fn new(shown: bool) -> Self {
        let bar = if shown { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, counts: Mutex::default() }
    }

    /// Says what is under way before anything can be counted; turns by itself, so that a wait is seen to be one.
    pub(super) fn say(&self, text: String) {
        self.bar.set_message(crate::output::clean(&text).into_owned());
        self.bar.enable_steady_tick(std::time::Duration::from_millis(120));
    }

    pub(super) fn done(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn page(&self, kind: Kind, read: usize, remaining: Option<u64>) {
        let Ok(mut counts) = self.counts.lock() else { return };
        counts.insert(kind, (read, remaining));
        let all: usize = counts.values().map(|(read, _)| read).sum();
        let under_way = counts.iter().filter_map(|(kind, (read, remaining))| {
            let remaining = remaining.filter(|r| *r > 0)?;
            Some(format!("{} {read}/{}", kind.plural(), *read as u64 + remaining))
        });
        self.bar.set_message(format!("{all} objects read  {}", under_way.collect::<Vec<_>>().join("  ")));
        self.bar.tick();
    }
}
