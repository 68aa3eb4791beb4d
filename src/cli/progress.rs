//! How far something is: a bar on a terminal, now and then a line elsewhere.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicU64, Ordering},
};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line comes where there is no terminal: ten times on the way.
const LINES: u64 = 10;

/// How far something is, said on standard error.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    all: u64,
    done: AtomicU64,
}

impl Progress {
    /// So many of something are to be done.
    pub(super) fn new(all: u64, what: &'static str) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {eta}");
            ProgressBar::new(all)
                .with_style(style.unwrap_or_else(|_own_mistake| ProgressStyle::default_bar()))
                .with_message(what)
        });
        Self { bar, what, all, done: AtomicU64::new(0) }
    }

    /// So many more are done.
    pub(super) fn advance(&self, by: u64) {
        let before = self.done.fetch_add(by, Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.inc(by);
            return;
        }
        let step = (self.all / LINES).max(1);
        let (now, all, what) = (before + by, self.all, self.what);
        if before / step != now / step && now < all {
            // Who does not listen does not mind.
            let _gone = writeln!(io::stderr(), "{now} of {all} {what}");
        }
    }

    /// All of it is done, or will not be.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
