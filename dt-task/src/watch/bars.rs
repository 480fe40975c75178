//! Progress bars on a terminal: how far the copy of the tables is, how fast it goes and how long it will take.
//!
//! Totals are the source's estimates, hence the `~`. A table with more rows than estimated moves its total.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use dt_common::monitor::{CopyState, Monitor};
use dt_common::schema::TableName;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::screen::Screen;

/// Between two looks at the monitor. Rows arrive in chunks, so that more often shows nothing more.
const TICK: Duration = Duration::from_millis(200);
/// Tables with a bar of their own; more than readers read at once only confuse.
const SHOWN: usize = 8;

const WHOLE: &str = "{msg} [{bar:30}] {percent:>3}% of ~{human_len} rows  {per_sec}  {eta} left";
const TABLE: &str =
    "  {msg} [{bar:20}] {percent:>3}% {human_pos} of ~{human_len} rows  {per_sec}  {eta} left";
const TABLE_UNKNOWN: &str = "  {msg} {human_pos} rows  {per_sec}";
const STRUCT: &str = "tables [{bar:30}] {pos} of {len}  {per_sec}  {eta} left";

/// Bars that go when nobody draws them any more: at the end, at an error, at a signal.
struct Bars<'a> {
    all: &'a MultiProgress,
    whole: ProgressBar,
    tables: BTreeMap<TableName, ProgressBar>,
}

impl Drop for Bars<'_> {
    fn drop(&mut self) {
        for bar in self.tables.values().chain([&self.whole]) {
            bar.finish_and_clear();
        }
    }
}

/// Shows the copies for as long as it is polled; nothing when there are none, and nothing more when all are done.
pub(super) async fn copies(screen: &Screen, monitor: &Monitor) -> Infallible {
    let mut shown: Option<Bars<'_>> = None;
    loop {
        let copies = monitor.copies();
        if copies.iter().all(|(_, copy)| copy.done) {
            shown = None;
        } else {
            shown.get_or_insert_with(|| Bars::new(screen.bars(), &copies)).draw(&copies);
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Shows the creation of `total` tables for as long as it is polled.
pub(super) async fn tables(screen: &Screen, monitor: &Monitor, total: u64) -> Infallible {
    let bars = Bars {
        all: screen.bars(),
        whole: screen.bars().add(ProgressBar::new(total).with_style(style(STRUCT))),
        tables: BTreeMap::new(),
    };
    loop {
        bars.whole.set_position(monitor.totals().tables_ready);
        tokio::time::sleep(TICK).await;
    }
}

impl<'a> Bars<'a> {
    fn new(all: &'a MultiProgress, copies: &[(TableName, CopyState)]) -> Self {
        let whole = bar(all, WHOLE, rows(copies).0, rows(copies).1);
        Self { all, whole, tables: BTreeMap::new() }
    }

    fn draw(&mut self, copies: &[(TableName, CopyState)]) {
        for (name, copy) in copies {
            if copy.done {
                if let Some(bar) = self.tables.remove(name) {
                    bar.finish_and_clear();
                }
            } else if let Some(bar) = self.tables.get(name) {
                move_to(bar, copy.rows, copy.estimated);
            } else if copy.rows > 0 && self.tables.len() < SHOWN {
                let template = if copy.estimated > 0 { TABLE } else { TABLE_UNKNOWN };
                let bar = bar(self.all, template, copy.rows, copy.estimated);
                bar.set_message(name.to_string());
                self.tables.insert(name.clone(), bar);
            }
        }
        let (copied, estimated) = rows(copies);
        let done = copies.iter().filter(|(_, copy)| copy.done).count();
        self.whole.set_message(format!("{done} of {} tables", copies.len()));
        move_to(&self.whole, copied, estimated);
    }
}

/// Rows copied, and rows in all as far as is known: what is done is no estimate any more.
fn rows(copies: &[(TableName, CopyState)]) -> (u64, u64) {
    copies.iter().fold((0, 0), |(copied, estimated), (_, copy)| {
        let whole = if copy.done { copy.rows } else { copy.estimated.max(copy.rows) };
        (copied + copy.rows, estimated + whole)
    })
}

/// A bar that begins at `position`: rows of an earlier start are not part of the rate.
fn bar(all: &MultiProgress, template: &str, position: u64, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length.max(position)).with_style(style(template)).with_position(position);
    bar.reset_eta();
    all.add(bar)
}

fn move_to(bar: &ProgressBar, position: u64, length: u64) {
    bar.set_length(length.max(position));
    bar.set_position(position);
}

fn style(template: &str) -> ProgressStyle {
    // The templates are constants that a test reads; a plain bar is no reason to stop a task.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_understood() {
        for template in [WHOLE, TABLE, TABLE_UNKNOWN, STRUCT] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn what_is_done_is_no_estimate() {
        let copy = |rows, estimated, done| (TableName::new("d", "t"), CopyState { estimated, rows, done });
        assert_eq!(rows(&[copy(90, 100, true), copy(20, 100, false), copy(7, 0, false)]), (117, 197));
    }
}
