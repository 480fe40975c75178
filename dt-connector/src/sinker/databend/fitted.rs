//! A cell as its column takes it: exactly, or as `[values]` says.
//!
//! Statements and files both ask here, so that a value comes to the same whichever way it travels, and counts the same.

use std::borrow::Cow;
use std::fmt::Write;

use dt_common::batch::NetChanges;
use dt_common::config::{Class, ColumnPolicies, Policy};
use dt_common::monitor::ReplacedValues;
use dt_common::row::Row;
use dt_common::value::{ColValue, Date, DateTime};

use super::exact::{Exact, FIRST_TIMESTAMP, LAST_TIMESTAMP, exact};
use super::json::clamped;
use super::literal::hex;
use super::plan::{PlannedColumn, TablePlan};
use super::types::TargetType;
use super::unfit::Unfit;

/// What is written for a cell.
///
/// # Errors
/// Why the target cannot hold the value, where no policy says what else to write.
pub fn fitted<'a>(value: &'a ColValue, column: &PlannedColumn) -> Result<Exact<'a>, Unfit> {
    if column.is_text_instead() {
        return as_text(value, column.digits);
    }
    exact(value, column.ty).or_else(|unfit| {
        let class = unfit.class().ok_or(unfit)?;
        match (column.policies.of(class), value) {
            (Policy::Error, _) => Err(unfit),
            (Policy::Null, _) => Ok(Exact::Null),
            (Policy::String, ColValue::InvalidText(v)) => {
                Ok(Exact::Varchar(Cow::Owned(format!("0x{}", hex(&v.bytes)))))
            }
            (Policy::String, _) => Err(unfit),
            (Policy::Clamp, _) => nearest(value, unfit),
        }
    })
}

/// The nearest value that the target holds.
fn nearest(value: &ColValue, unfit: Unfit) -> Result<Exact<'_>, Unfit> {
    let late = |micros: i64| Exact::Timestamp(micros.clamp(FIRST_TIMESTAMP, LAST_TIMESTAMP));
    match value {
        ColValue::Date(date) => existing(*date).days_since_epoch().map(Exact::Date).ok_or(unfit),
        ColValue::DateTime(moment) => {
            let moment = DateTime { date: existing(moment.date), ..*moment };
            moment.micros_since_epoch().map(late).ok_or(unfit)
        }
        ColValue::Timestamp(micros) => Ok(late(*micros)),
        ColValue::InvalidText(v) => Ok(Exact::Varchar(Cow::Borrowed(&v.readable))),
        ColValue::Json(text) => Ok(Exact::Variant(Cow::Owned(clamped(text)))),
        ColValue::Absent
        | ColValue::Null
        | ColValue::Int(_)
        | ColValue::UInt(_)
        | ColValue::Float(_)
        | ColValue::Double(_)
        | ColValue::Decimal(_)
        | ColValue::Bit(_)
        | ColValue::Time(_)
        | ColValue::Year(_)
        | ColValue::Text(_)
        | ColValue::Bytes(_)
        | ColValue::Geometry { .. }
        | ColValue::Vector(_) => Err(unfit),
    }
}

/// The date itself; of one that does not exist, zero parts become 1 and a day behind the month's end becomes its last.
fn existing(date: Date) -> Date {
    let (year, month) = (date.year.max(1), date.month.max(1));
    let last = (28..=31).rev().find(|&day| Date { year, month, day }.days_since_epoch().is_some());
    Date { year, month, day: date.day.clamp(1, last.unwrap_or(28)) }
}

/// The value as the source prints it, for a column that is VARCHAR because a policy says `string`.
fn as_text(value: &ColValue, digits: u8) -> Result<Exact<'_>, Unfit> {
    let text = match value {
        ColValue::Null => return Ok(Exact::Null),
        ColValue::Json(text) => Cow::Borrowed(&**text),
        ColValue::Date(date) => Cow::Owned(date_text(*date)),
        ColValue::DateTime(moment) => Cow::Owned(moment_text(*moment, digits)),
        ColValue::Timestamp(micros) => {
            let moment = chrono::DateTime::from_timestamp_micros(*micros).ok_or(Unfit::LateTimestamp)?;
            let mut text = moment.format("%Y-%m-%d %H:%M:%S").to_string();
            push_fraction(&mut text, moment.timestamp_subsec_micros(), digits);
            Cow::Owned(text)
        }
        ColValue::Absent => return Err(Unfit::Absent),
        ColValue::InvalidText(_) => return Err(Unfit::InvalidText),
        ColValue::Int(_)
        | ColValue::UInt(_)
        | ColValue::Float(_)
        | ColValue::Double(_)
        | ColValue::Decimal(_)
        | ColValue::Bit(_)
        | ColValue::Time(_)
        | ColValue::Year(_)
        | ColValue::Text(_)
        | ColValue::Bytes(_)
        | ColValue::Geometry { .. }
        | ColValue::Vector(_) => return Err(Unfit::Mismatch),
    };
    Ok(Exact::Varchar(text))
}

fn date_text(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

fn moment_text(moment: DateTime, digits: u8) -> String {
    let DateTime { hour, minute, second, micros, .. } = moment;
    let mut text = format!("{} {hour:02}:{minute:02}:{second:02}", date_text(moment.date));
    push_fraction(&mut text, micros, digits);
    text
}

fn push_fraction(text: &mut String, micros: u32, digits: u8) {
    if digits > 0 {
        let _ = write!(text, ".{micros:06}");
        text.truncate(text.len() - 6 + usize::from(digits.min(6)));
    }
}

/// How many of the values that a net change writes follow a policy. Deleted rows write none.
pub fn replaced(plan: &TablePlan, changes: &NetChanges) -> Vec<ReplacedValues> {
    let (rows, patches): (&[Row], &[Row]) = match changes {
        NetChanges::Append { rows, .. } | NetChanges::Inserted { rows } => (rows, &[]),
        NetChanges::Keyed { upserts, patches, .. } => (upserts, patches),
        NetChanges::Counted { inserts, .. } => (inserts, &[]),
        NetChanges::Repaired { rows, .. } => (rows, &[]),
    };
    let lenient = |column: &PlannedColumn| {
        [Policy::Null, Policy::Clamp, Policy::String].iter().any(|policy| column.policies.has(*policy))
    };
    let columns = plan.columns.iter().enumerate().filter(|(_, column)| lenient(column));
    columns.flat_map(|(at, column)| replaced_in(plan, at, column, rows.iter().chain(patches))).collect()
}

fn replaced_in<'a>(
    plan: &TablePlan,
    at: usize,
    column: &PlannedColumn,
    rows: impl Iterator<Item = &'a Row>,
) -> Vec<ReplacedValues> {
    let mut counts = [0_u64; Class::ALL.len()];
    for value in rows.filter_map(|row| row.get(at)) {
        if let Some(class) = exact(value, column.natural).err().and_then(Unfit::class) {
            counts[class as usize] += 1;
        }
    }
    let found = Class::ALL.into_iter().filter(|class| counts[*class as usize] > 0);
    found
        .map(|class| ReplacedValues {
            table: plan.schema.name.clone(),
            column: plan.schema.columns[at].name.clone(),
            class,
            policy: if column.is_text_instead() { Policy::String } else { column.policies.of(class) },
            values: counts[class as usize],
        })
        .collect()
}

/// The type of a column's target: VARCHAR where a policy wants the text of values that its own type does not hold.
pub fn target_of(natural: TargetType, policies: &ColumnPolicies) -> TargetType {
    if policies.has(Policy::String) { TargetType::Varchar } else { natural }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dt_common::config::Values;
    use dt_common::config::ini::RawConfig;
    use dt_common::router::Router;
    use dt_common::schema::{ColumnType, JsonStorage};

    use super::super::fixtures::table;
    use super::*;

    fn plan(values: &str) -> TablePlan {
        let columns = [("day", "datetime"), ("at", "datetime"), ("s", "varchar"), ("j", "json")];
        let mut schema = table("d", "t", &columns, &[]);
        schema.columns[0].ty = ColumnType::Date;
        schema.columns[1].ty = ColumnType::DateTime { fsp: 3 };
        schema.columns[2].nullable = false;
        schema.columns[3].ty = ColumnType::Json(JsonStorage::Text);
        let raw = RawConfig::parse("t.ini", &format!("[values]\n{values}\n")).unwrap();
        let route = Router::default().route(&schema);
        TablePlan::new(Arc::new(schema), route, &Values::read(&raw).unwrap()).unwrap()
    }

    fn day(year: u16, month: u8, day: u8) -> Date {
        Date { year, month, day }
    }

    fn moment(date: Date, hour: u8) -> ColValue {
        ColValue::DateTime(DateTime { date, hour, minute: 0, second: 0, micros: 5000 })
    }

    #[test]
    fn each_policy_of_each_class() {
        let zero = ColValue::Date(day(0, 0, 0));
        let partly = ColValue::Date(day(2024, 2, 30));
        let late = moment(day(9999, 12, 31), 23);
        let invalid = ColValue::invalid_text(*b"a\xff", "a\u{fffd}");
        let twice = ColValue::Json(r#"{"a":1,"a":2}"#.into());
        let number = ColValue::Json("[1e400]".into());
        let text = |text: &str| Exact::Varchar(Cow::Owned(text.to_owned()));
        let feb_29 = Date { year: 2024, month: 2, day: 29 }.days_since_epoch().unwrap();
        for (values, at, value, expected) in [
            ("zero_date=null", 0, &zero, Exact::Null),
            ("zero_date=clamp", 0, &zero, Exact::Date(-719_162)),
            ("zero_date=clamp", 0, &partly, Exact::Date(feb_29)),
            ("zero_date=string", 0, &zero, text("0000-00-00")),
            ("zero_date=string", 1, &late, text("9999-12-31 23:00:00.005")),
            ("out_of_range=null", 1, &late, Exact::Null),
            ("out_of_range=clamp", 1, &late, Exact::Timestamp(LAST_TIMESTAMP)),
            ("invalid_text=null", 2, &invalid, Exact::Null),
            ("invalid_text=clamp", 2, &invalid, text("a\u{fffd}")),
            ("invalid_text=string", 2, &invalid, text("0x61FF")),
            ("invalid_json=null", 3, &twice, Exact::Null),
            ("invalid_json=string", 3, &twice, text(r#"{"a":1,"a":2}"#)),
            ("json_number=string", 3, &number, text("[1e400]")),
            (
                "json_number=clamp",
                3,
                &number,
                Exact::Variant(Cow::Owned("[1.7976931348623157e308]".to_owned())),
            ),
        ] {
            let plan = plan(values);
            assert_eq!(fitted(value, &plan.columns[at]), Ok(expected), "{values}");
            let counted = |rows: Vec<Row>| replaced(&plan, &NetChanges::Append { clear_first: false, rows });
            let mut row: Row = vec![ColValue::Null; 4].into();
            row[at] = value.clone();
            let found = counted(vec![row.clone(), vec![ColValue::Null; 4].into(), row]);
            assert_eq!(found.iter().map(|found| found.values).collect::<Vec<_>>(), [2], "{values}");
            assert_eq!(found[0].column, plan.schema.columns[at].name);
        }
    }

    #[test]
    fn without_a_policy_it_stays_an_error() {
        let plan = plan("invalid_text=null");
        let invalid = ColValue::invalid_text([255], "");
        assert_eq!(fitted(&ColValue::Date(day(0, 0, 0)), &plan.columns[0]), Err(Unfit::ZeroDate));
        assert_eq!(fitted(&ColValue::Int(1), &plan.columns[2]), Err(Unfit::Mismatch));
        assert_eq!(fitted(&invalid, &plan.columns[2]), Ok(Exact::Null));
        assert!(plan.columns[2].nullable && !plan.schema.columns[2].nullable);
    }

    #[test]
    fn a_text_column_holds_the_digits_of_its_source() {
        let plan = plan("zero_date=string");
        assert_eq!(plan.columns[1].ty, TargetType::Varchar);
        for (value, text) in [
            (ColValue::Timestamp(-1), "1969-12-31 23:59:59.999"),
            (moment(day(2024, 0, 10), 1), "2024-00-10 01:00:00.005"),
        ] {
            let written = fitted(&value, &plan.columns[1]);
            assert_eq!(written, Ok(Exact::Varchar(Cow::Owned(text.to_owned()))));
        }
    }
}
