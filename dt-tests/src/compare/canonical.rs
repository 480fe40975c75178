//! One text for one value, whichever server printed it. Pure.
//!
//! A text that does not parse as what its column says is left as it is: it then differs, and the report shows it.

use serde_json::Value;

use super::read::Column;
use crate::source::TextRow;

/// How the text of a column is evened out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Leading zeros (ZEROFILL) go.
    Number,
    /// By value, as a 32-bit float.
    Float,
    /// By value, as a 64-bit float.
    Double,
    /// Six fraction digits.
    Timestamp,
    /// Microseconds.
    Duration,
    /// As a value: key order does not count, the kind and digits of numbers do.
    Json,
    /// As the bytes of 32-bit floats, in hexadecimal digits.
    Vector,
    /// As it is.
    Text,
}

/// The kind of each column, from the source's type; JSON also where only the target calls it so (MariaDB).
pub fn kinds(source: &[Column], target: &[Column]) -> Vec<Kind> {
    source.iter().zip(target).map(|(source, target)| kind(&source.type_name, &target.type_name)).collect()
}

fn kind(source: &str, target: &str) -> Kind {
    match source {
        _ if target.starts_with("VARIANT") => Kind::Json,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "decimal" | "bit" | "year" => Kind::Number,
        "float" => Kind::Float,
        "double" => Kind::Double,
        "datetime" | "timestamp" => Kind::Timestamp,
        "time" => Kind::Duration,
        "vector" => Kind::Vector,
        _ => Kind::Text,
    }
}

/// All rows in canonical text.
pub fn rows(kinds: &[Kind], rows: Vec<TextRow>) -> Vec<TextRow> {
    rows.into_iter()
        .map(|row| {
            row.into_iter().zip(kinds).map(|(cell, kind)| cell.map(|text| value(*kind, text))).collect()
        })
        .collect()
}

/// One value in canonical text.
pub fn value(kind: Kind, text: String) -> String {
    let evened = match kind {
        Kind::Number => Some(number(&text)),
        Kind::Float => text.parse::<f32>().ok().map(|f| format!("{:?}", f + 0.0)),
        Kind::Double => text.parse::<f64>().ok().map(|f| format!("{:?}", f + 0.0)),
        Kind::Timestamp => Some(timestamp(&text)),
        Kind::Duration => microseconds(&text).map(|us| us.to_string()),
        Kind::Json => serde_json::from_str(&text).ok().map(|value| json(&value)),
        Kind::Vector => serde_json::from_str(&text).ok().map(|numbers: Vec<f64>| vector(&numbers)),
        Kind::Text => None,
    };
    evened.unwrap_or(text)
}

fn vector(numbers: &[f64]) -> String {
    let bytes = numbers.iter().flat_map(|number| (*number as f32).to_le_bytes());
    bytes.map(|byte| format!("{byte:02X}")).collect()
}

fn number(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    let zero = whole == "0" && fraction.chars().all(|c| c == '0');
    format!("{}{whole}{point}{fraction}", if zero { "" } else { sign })
}

fn timestamp(text: &str) -> String {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    format!("{seconds}.{fraction:0<6}")
}

/// `-838:59:59.000001`, and Databend's `1 day 2:00:00` (months do not occur).
fn microseconds(text: &str) -> Option<i64> {
    let mut total = 0;
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if words.peek().is_some_and(|unit| unit.starts_with("day")) {
            total += word.parse::<i64>().ok()? * 86_400_000_000;
            words.next();
        } else {
            total += clock(word)?;
        }
    }
    Some(total)
}

fn clock(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut seconds = 0;
    for part in clock.split(':') {
        seconds = seconds * 60 + part.parse::<i64>().ok()?;
    }
    Some(sign * (seconds * 1_000_000 + format!("{fraction:0<6}").parse::<i64>().ok()?))
}

/// Every leaf with the way to it, in order. This is on purpose not how `dt check` evens JSON out: the two share no mistake.
fn json(value: &Value) -> String {
    let mut found = Vec::new();
    leaves("$", value, &mut found);
    found.sort_unstable();
    found.join("\n")
}

fn leaves(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if members.is_empty() => found.push(format!("{path} object")),
        Value::Object(members) => {
            for (name, value) in members {
                leaves(&format!("{path}.{name:?}"), value, found);
            }
        }
        Value::Array(items) if items.is_empty() => found.push(format!("{path} array")),
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                leaves(&format!("{path}[{at}]"), value, found);
            }
        }
        Value::Number(number) => found.push(format!("{path} number {}", digits(&number.to_string()))),
        Value::String(text) => found.push(format!("{path} text {text:?}")),
        Value::Null | Value::Bool(_) => found.push(format!("{path} {value}")),
    }
}

/// An integer as it is; anything with a point or an exponent with all of its digits and a point, so that `1e3` is `1000.0` but not
/// `1000`.
fn digits(text: &str) -> String {
    if !text.contains(['.', 'e', 'E']) {
        return text.to_owned();
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // Beyond what a DOUBLE holds nothing is evened out.
    let Some(exponent) = exponent.parse::<i64>().ok().filter(|exponent| exponent.abs() < 400) else {
        return text.to_owned();
    };
    let zeros = "0".repeat(exponent.unsigned_abs() as usize);
    // The point stands between the two; it is moved by adding zeros on the side that it moves to.
    let (whole, fraction) = if exponent < 0 {
        let whole = format!("{zeros}{whole}");
        let (before, behind) = whole.split_at(whole.len() - zeros.len());
        (before.to_owned(), format!("{behind}{fraction}"))
    } else {
        let fraction = format!("{fraction}{zeros}");
        let (before, behind) = fraction.split_at(zeros.len());
        (format!("{whole}{before}"), behind.to_owned())
    };
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let or_zero = |part: &str| if part.is_empty() { "0".to_owned() } else { part.to_owned() };
    let sign = if whole.is_empty() && fraction.is_empty() { "" } else { sign };
    format!("{sign}{}.{}", or_zero(whole), or_zero(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_one_text() {
        for (kind, one, other) in [
            (Kind::Number, "00042", "42"),
            (Kind::Number, "-0.00", "0.00"),
            (Kind::Number, "0000", "0"),
            (Kind::Float, "0.10000000149011612", "0.1"),
            (Kind::Double, "1e300", "1.0E300"),
            (Kind::Double, "-0", "0"),
            (Kind::Timestamp, "2024-01-01 00:00:00.12", "2024-01-01 00:00:00.120000"),
            (Kind::Duration, "26:00:00.5", "1 day 2:00:00.500000"),
            (Kind::Duration, "-26:00:00", "-1 day -2:00:00"),
            (Kind::Duration, "-838:59:59.000001", "-838:59:59.000001"),
            (Kind::Vector, "AAAAAA3E000080BF", "[0.3333333,-1.0]"),
            (Kind::Json, r#"{"b":[1e3,null],"a":"x"}"#, r#"{"a": "x", "b": [1000.0, null]}"#),
            (Kind::Json, "[1.50]", "[1.5]"),
            (Kind::Json, "[-1.25e-3, 12.5E+1, -0.0]", "[-0.00125, 125.0, 0.0]"),
            (Kind::Json, "[1e300]", &format!("[1{}.0]", "0".repeat(300))),
        ] {
            assert_eq!(value(kind, one.into()), value(kind, other.into()), "{kind:?}");
        }
    }

    #[test]
    fn other_values_other_texts() {
        for (kind, one, other) in [
            (Kind::Number, "1.50", "1.5"),
            (Kind::Number, "-1", "1"),
            (Kind::Double, "0.1", "0.10000000000000002"),
            (Kind::Timestamp, "2024-01-01 00:00:00.005", "2024-01-01 00:00:00.5"),
            (Kind::Duration, "00:00:00.000001", "00:00:00"),
            (Kind::Vector, "ABAAAA3E", "[0.33333]"),
            (Kind::Json, "[1]", "[1.0]"),
            (Kind::Json, "[12345678901234567890123]", "[12345678901234567890124]"),
            (Kind::Json, "[null]", "[\"null\"]"),
            (Kind::Json, "[1.5e-7]", "[1.5e-8]"),
            (Kind::Json, "[[], 1]", "[{}, 1]"),
            (Kind::Json, "[1, 2]", "[2, 1]"),
            (Kind::Json, r#"{"a": {"b": 1}}"#, r#"{"a": 1, "b": 1}"#),
            (Kind::Json, r#"{"a\".\"b": 1}"#, r#"{"a": {"b": 1}}"#),
            (Kind::Text, "a", "a "),
        ] {
            assert_ne!(value(kind, one.into()), value(kind, other.into()), "{kind:?}");
        }
    }
}
