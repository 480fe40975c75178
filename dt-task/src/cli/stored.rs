//! What the target remembers of a task, as text and as JSON.

use chrono::{DateTime, Utc};
use dt_common::position::{GtidPosition, Position};
use dt_connector::admin::StoredTask;
use serde_json::{Value, json};

use super::output::{aligned, tables};

/// A line a fact; `now` is the present time.
pub(super) fn text(stored: &StoredTask, now: DateTime<Utc>) -> String {
    let fact = |name: &str, value: String| [name.to_owned(), value];
    let mut facts = Vec::new();
    match &stored.checkpoint.position {
        None => facts.push(fact("position", "none: the change stream has not begun".into())),
        Some(position) => {
            if let Some(binlog) = &position.binlog {
                let at = format!("{}:{} of server {}", binlog.file, binlog.offset, binlog.server);
                facts.push(fact("position", at));
            }
            if let Some(gtid) = gtid(position) {
                facts.push(fact("gtid", gtid));
            }
        }
    }
    let time = match source_time(stored) {
        None => "none: no transaction has been followed".to_owned(),
        Some(time) => format!("{}, {}", time.format("%Y-%m-%d %H:%M:%S UTC"), ago(time, now)),
    };
    facts.push(fact("source time", time));
    facts.push(fact("batches", stored.batches.to_string()));
    let owner = if stored.owner.is_empty() { "nobody" } else { &stored.owner };
    facts.push(fact("epoch", format!("{}, taken over by {owner}", stored.epoch)));
    facts.push(fact("copied", copied(stored)));
    let mut text = aligned(&facts);
    let unfinished: Vec<[String; 2]> = stored
        .checkpoint
        .marks
        .iter()
        .filter(|mark| !mark.done)
        .map(|mark| [format!("  {}", mark.table), format!("in progress, {} rows", mark.rows)])
        .collect();
    text.push_str(&aligned(&unfinished));
    text
}

/// The same as one object.
pub(super) fn json(stored: &StoredTask) -> Value {
    let copied = stored.checkpoint.marks.iter().map(
        |mark| json!({"db": mark.table.db, "table": mark.table.table, "rows": mark.rows, "done": mark.done}),
    );
    json!({
        "position": stored.checkpoint.position.as_ref().map(position_json),
        "source_time": source_time(stored).map(|time| time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()),
        "batches": stored.batches,
        "epoch": stored.epoch,
        "owner": stored.owner,
        "copied": copied.collect::<Vec<_>>(),
    })
}

/// The position in one short text.
pub(super) fn place(position: &Position) -> String {
    match &position.binlog {
        Some(binlog) => format!("{}:{}", binlog.file, binlog.offset),
        None => gtid(position).unwrap_or_default(),
    }
}

/// The stored form is an object already.
fn position_json(position: &Position) -> Value {
    let text = position.to_string();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn gtid(position: &Position) -> Option<String> {
    position.gtid.as_ref().map(|gtid| match gtid {
        GtidPosition::MySql(set) => set.to_string(),
        GtidPosition::MariaDb(list) => list.to_string(),
    })
}

fn copied(stored: &StoredTask) -> String {
    let marks = &stored.checkpoint.marks;
    let done = marks.iter().filter(|mark| mark.done).count();
    match (done, marks.len() - done) {
        (0, 0) => "no done marks".to_owned(),
        (done, 0) => tables(done),
        (done, unfinished) => format!("{}, {unfinished} in progress", tables(done)),
    }
}

/// The moment that ages are shown for.
#[expect(
    clippy::disallowed_methods,
    reason = "shown to a person, who compares it with a clock of the same kind"
)]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now()
}

fn source_time(stored: &StoredTask) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(stored.source_time).filter(|_| stored.source_time > 0)
}

/// How long ago a time was, in its two largest units.
fn ago(time: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = (now - time).num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s ago"),
        (0, 0, _) => format!("{minutes} min {} s ago", seconds % 60),
        (0, _, _) => format!("{hours} h {} min ago", minutes % 60),
        (_, _, _) => format!("{days} d {} h ago", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use dt_common::batch::Checkpoint;
    use dt_common::item::ChunkMark;
    use dt_common::schema::TableName;

    use super::*;

    fn stored() -> StoredTask {
        let mark = |table: &str, rows, done| ChunkMark {
            table: TableName::new("d", table),
            chunk: 0,
            rows,
            last_key: Some(vec!["'a value'".into()]),
            done,
            reach: None,
        };
        let position = r#"{"server":"u","file":"b.000002","offset":157,"mariadb_gtid_list":"0-1-5"}"#;
        StoredTask {
            owner: "me".into(),
            epoch: 3,
            batches: 41,
            source_time: 1_700_000_000_000_001,
            checkpoint: Checkpoint {
                position: position.parse().ok(),
                marks: vec![mark("done", 9, true), mark("half", 7, false)],
                ..Checkpoint::default()
            },
        }
    }

    #[test]
    fn people_read_facts() {
        let now = DateTime::from_timestamp(1_700_000_065, 0).unwrap();
        assert_eq!(
            text(&stored(), now),
            "position     b.000002:157 of server u\n\
             gtid         0-1-5\n\
             source time  2023-11-14 22:13:20 UTC, 1 min 4 s ago\n\
             batches      41\n\
             epoch        3, taken over by me\n\
             copied       1 table, 1 in progress\n  \
             `d`.`half`  in progress, 7 rows\n"
        );
        let fresh = StoredTask { source_time: 0, checkpoint: Checkpoint::default(), ..stored() };
        let text = text(&fresh, now);
        assert!(text.contains("position     none") && text.contains("source time  none"), "{text}");
    }

    #[test]
    fn machines_read_the_stored_position() {
        let json = json(&stored());
        assert_eq!(json["position"]["offset"], 157);
        assert_eq!(json["source_time"], "2023-11-14T22:13:20.000001Z");
        assert_eq!(json["copied"][1]["rows"], 7);
        assert!(!json.to_string().contains("a value"));
    }

    #[test]
    fn times_are_told_in_two_units() {
        let start = DateTime::from_timestamp(0, 0).unwrap();
        for (seconds, text) in [
            (0, "0 s ago"),
            (59, "59 s ago"),
            (61, "1 min 1 s ago"),
            (7_260, "2 h 1 min ago"),
            (90_000, "1 d 1 h ago"),
        ] {
            assert_eq!(ago(start, DateTime::from_timestamp(seconds, 0).unwrap()), text);
        }
        // The source's clock may be ahead.
        assert_eq!(ago(DateTime::from_timestamp(9, 0).unwrap(), start), "0 s ago");
    }
}
