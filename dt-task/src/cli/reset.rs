//! `dt reset`: makes the target forget a task.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use dt_common::config::{BinlogStart, ExistingRows, ExtractType, ExtractorConfig, SinkerConfig, TaskConfig};
use dt_common::error::{Error, ErrorKind, Result};

use super::{Exit, Failure, block_on, output, print, read_task, stored};
use crate::factory;

pub(super) fn run(path: &Path, yes: bool) -> Result<Exit, Failure> {
    let config = read_task(path)?;
    let stdin = std::io::stdin();
    if !yes && !stdin.is_terminal() {
        return Err(Error::config(
            "dt reset asks for a confirmation, and standard input is no terminal; give --yes to forget the task without one",
        )
        .into());
    }
    let id = &config.id;
    let target = factory::target_admin(&config)?;
    match block_on(target.stored()) {
        Ok(None) => return print(&format!("task `{id}`: nothing is stored in the target\n")),
        Ok(Some(found)) => output::print(&format!("task `{id}`\n{}", stored::text(&found, stored::now())))?,
        // What cannot be read can be forgotten all the same; a server that cannot be asked cannot forget.
        Err(error) if yes && error.kind() != ErrorKind::Transient => {
            output::print(&format!("task `{id}`: what is stored cannot be read: {error}\n"))?;
        }
        Err(error) => return Err(error.into()),
    }
    output::print(&format!("This will be forgotten; rows in the target stay. {}\n", next_run(&config)))?;
    if !yes {
        confirm(id, &mut stdin.lock())?;
    }
    block_on(target.forget())?;
    print(&format!("task `{id}` is forgotten\n"))
}

/// Has the task id typed.
fn confirm(id: &str, answers: &mut impl BufRead) -> Result<()> {
    ask(id);
    let mut answer = String::new();
    let read = answers.read_line(&mut answer);
    read.map_err(|e| Error::internal("standard input cannot be read").caused_by(e))?;
    if answer.trim() == id {
        return Ok(());
    }
    Err(Error::config("this is not the task id; nothing was forgotten"))
}

#[expect(clippy::print_stderr, reason = "a question belongs to the terminal, not into the output")]
fn ask(id: &str) {
    eprint!("Type the task id `{id}` to forget it: ");
}

/// What a run does that finds nothing stored.
fn next_run(config: &TaskConfig) -> String {
    let ExtractorConfig::MySql(extractor) = &config.extractor;
    match config.extract_type {
        ExtractType::Struct => "A struct task stores nothing.".to_owned(),
        ExtractType::Snapshot => format!("The next run copies every table anew; {}.", existing_rows(config)),
        ExtractType::SnapshotAndCdc => {
            format!("The next run copies every table anew and follows from there; {}.", existing_rows(config))
        }
        ExtractType::Cdc => match &extractor.start {
            BinlogStart::Now => "The next run follows from the source's end at that time; changes in between are never \
                                 copied, unless [extractor] gtid_set, binlog_filename or start_time_utc names an earlier start."
                .to_owned(),
            BinlogStart::File { file, offset } => format!("The next run follows from {file}:{offset}."),
            BinlogStart::Gtid(gtid) => format!("The next run follows from behind {gtid}."),
            BinlogStart::Time(_) => {
                "The next run follows from the first transaction of [extractor] start_time_utc.".to_owned()
            }
        },
    }
}

fn existing_rows(config: &TaskConfig) -> &'static str {
    let policy = match &config.sinker {
        SinkerConfig::Databend(databend) => databend.on_existing_rows,
        SinkerConfig::Dummy => ExistingRows::Upsert,
    };
    match policy {
        ExistingRows::Upsert => {
            "rows that are there are replaced by key, and a table without a key has to be empty (on_existing_rows = upsert)"
        }
        ExistingRows::Truncate => "rows that are there are removed first (on_existing_rows = truncate)",
        ExistingRows::Stop => "it refuses tables that hold rows (on_existing_rows = stop)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_task_id_confirms() {
        for (answer, confirmed) in [("shop\n", true), (" shop \n", true), ("yes\n", false), ("", false)] {
            assert_eq!(confirm("shop", &mut answer.as_bytes()).is_ok(), confirmed, "{answer:?}");
        }
    }

    #[test]
    fn the_next_run_is_told() {
        for (kind, more, told) in [
            ("snapshot", "", "copies every table anew; rows that are there are replaced by key"),
            ("snapshot_and_cdc", "", "and follows from there"),
            ("cdc", "", "source's end at that time"),
            ("cdc", "binlog_filename=b.7\nbinlog_position=9\n", "follows from b.7:9."),
            ("cdc", "gtid_set=0-1-5\n", "from behind 0-1-5."),
            (
                "cdc",
                "start_time_utc=2026-01-02 03:04:05\n",
                "first transaction of [extractor] start_time_utc.",
            ),
        ] {
            let text = format!(
                "[task]\nid=t\n[extractor]\ndb_type=mysql\nextract_type={kind}\nurl=mysql://h\n{more}\
                 [sinker]\ndb_type=databend\nurl=databend://h\n"
            );
            let next = next_run(&TaskConfig::parse("t.ini", &text).unwrap());
            assert!(next.contains(told), "{next}");
        }
    }
}
