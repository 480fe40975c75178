//! `dt check`: compares both sides. Differences go to standard output, a JSON object a line; the log and the summary to standard
//! error.

use std::path::Path;

use dt_common::error::Result;
use dt_common::schema::TableName;

use super::args::CheckArgs;
use super::output::aligned;
use super::{Exit, Failure, block_on, output, read_task};
use crate::check::{self, CheckOptions, Summary, TableSummary};
use crate::logging;

pub(super) fn run(path: &Path, args: &CheckArgs) -> Result<Exit, Failure> {
    let config = read_task(path)?;
    logging::start_beside(&config.runtime)?;
    let options = CheckOptions {
        tables: tables(&args.tables)?,
        show_values: args.show_values,
        limit: args.limit,
        repair: args.repair,
    };
    let summary = block_on(check::run(&config, &options, &|line| output::print(line)))?;
    show(&text(&summary));
    Ok(if summary.is_equal() { Exit::Done } else { Exit::Differs })
}

fn tables(lists: &[String]) -> Result<Vec<TableName>> {
    let lists = lists.iter().map(|list| TableName::list(list).map_err(|e| e.at("--table")));
    Ok(lists.collect::<Result<Vec<_>>>()?.concat())
}

#[expect(clippy::print_stderr, reason = "standard output holds JSON lines alone")]
fn show(text: &str) {
    eprint!("{text}");
}

fn text(summary: &Summary) -> String {
    let header = ["table", "rows", "rows sent", "bytes sent", "differences", "compared"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(header).chain(summary.tables.iter().map(row)).collect();
    let limited =
        if summary.limited { "the comparison ended at --limit; there may be more differences\n" } else { "" };
    format!("{}{limited}", aligned(&rows))
}

fn row(table: &TableSummary) -> [String; 6] {
    let how = match (table.compared, table.travelled.is_empty()) {
        (false, _) => "not: its structure differs".to_owned(),
        (true, true) => "by digests of both servers".to_owned(),
        (true, false) => format!("by rows, because of {}", table.travelled.join(", ")),
    };
    let how = match table.left_out {
        0 => how,
        rows => format!("{how}; {rows} differ as do_events lets them"),
    };
    let number = |n: u64| n.to_string();
    [
        table.name.to_string(),
        number(table.rows),
        number(table.sent),
        number(table.bytes),
        number(table.differences),
        how,
    ]
}
