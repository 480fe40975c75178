//! The canonical text of a value, by the kind of its column. Pure.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What Databend reads back at most.
const LAST_MOMENT: &str = "9999-12-30 22:00:00.000000";

/// In which text a column's values are compared.
///
/// | form | text |
/// |---|---|
/// | `Int` | digits |
/// | `Decimal` | digits with all of the target's scale |
/// | `Double` | shortest digits that read back the same; beyond 1e-15 and 1e15 the exponent to base 2, `:` and the quotient |
/// | `Date` | `2024-01-31` |
/// | `Moment` | `2024-01-31 23:59:59.000000`; a TIMESTAMP in UTC, a DATETIME by its digits |
/// | `Duration` | microseconds |
/// | `Text` | UTF-8 |
/// | `Bytes` | hex digits |
/// | `Geometry` | SRID, `:` and the hex digits of its WKB |
/// | `Json`, `Vector` | travels; compared by structure, with numbers by their digits |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// Integers, BIT and YEAR.
    Int,
    /// DECIMAL.
    Decimal {
        /// Digits behind the point at the source.
        scale: u8,
        /// Digits behind the point in the target.
        held: u8,
    },
    /// FLOAT and DOUBLE, both at the width of a DOUBLE.
    Double,
    /// DATE.
    Date,
    /// DATETIME and TIMESTAMP.
    Moment {
        /// Fraction digits at the source.
        fsp: u8,
    },
    /// TIME.
    Duration,
    /// Text of all kinds, ENUM and SET among them.
    Text,
    /// Text too long to be repeated in a row's text: its SHA-256 stands there.
    LongText,
    /// BINARY, VARBINARY, BLOB.
    Bytes,
    /// The same, too long.
    LongBytes,
    /// Spatial values.
    Geometry,
    /// JSON: key order and the form of numbers differ between the engines.
    Json,
    /// VECTOR: neither engine prints the elements of the other exactly.
    Vector,
}

/// What `[values]` makes of a column's values that the target does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loss {
    /// They may have become NULL.
    pub null: bool,
    /// They may have become the nearest value.
    pub clamp: bool,
    /// Bytes that are no text may have become their hex digits.
    pub bytes: bool,
}

impl Loss {
    /// Whether this is how the target came to another value than the source's.
    pub fn explains(self, form: Form, source: Option<&str>, target: Option<&str>) -> bool {
        let (Some(source), is_text) = (source, matches!(form, Form::Text | Form::LongText)) else {
            return false;
        };
        match target {
            None => self.null && form.is_unfit(source),
            Some(target) if is_text => {
                self.clamp && is_legible_in(source, target)
                    || self.bytes && form.is_unfit(source) && is_hex(target)
            }
            Some(_) => self.clamp && form.is_unfit(source),
        }
    }
}

/// Whether texts are the same as far as they can be read: what cannot is U+FFFD in the target, and `?` at a source that has converted it. Of a source's
/// U+FFFD nobody knows how many bytes it stands for.
fn is_legible_in(source: &str, target: &str) -> bool {
    const UNKNOWN: char = char::REPLACEMENT_CHARACTER;
    let same = |(source, target): (char, char)| source == target || (source, target) == ('?', UNKNOWN);
    source.contains(UNKNOWN)
        || source.chars().count() == target.chars().count() && source.chars().zip(target.chars()).all(same)
}

/// Whether a text is `0x` and the digits of bytes.
fn is_hex(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    !digits.is_empty()
        && digits.len().is_multiple_of(2)
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

impl Form {
    /// Whether a value may be one that the target does not hold. Of JSON nobody but the target can say.
    fn is_unfit(self, text: &str) -> bool {
        match self {
            Self::Date | Self::Moment { .. } => {
                let (day, _) = text.split_once(' ').unwrap_or((text, ""));
                text > LAST_MOMENT
                    || day < "0001"
                    || chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_err()
            }
            // A server that converts to UTF-8 shows `?` for a code without a character.
            Self::Text | Self::LongText => text.contains([char::REPLACEMENT_CHARACTER, '?']),
            Self::Json => true,
            Self::Int
            | Self::Decimal { .. }
            | Self::Double
            | Self::Duration
            | Self::Bytes
            | Self::LongBytes
            | Self::Geometry
            | Self::Vector => false,
        }
    }

    /// Whether both engines compute the text.
    pub fn is_pushed(self) -> bool {
        match self {
            Self::Json | Self::Vector => false,
            Self::Int
            | Self::Decimal { .. }
            | Self::Double
            | Self::Date
            | Self::Moment { .. }
            | Self::Duration
            | Self::Text
            | Self::LongText
            | Self::Bytes
            | Self::LongBytes
            | Self::Geometry => true,
        }
    }

    /// Whether two texts of this form are the same value.
    pub fn same(self, one: Option<&str>, other: Option<&str>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => one == other || self.evened(one) == self.evened(other),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    /// One text for all texts of a value. What does not read as the form says is left as it is.
    pub fn evened(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Json => serde_json::from_str(text).map_or(Cow::Borrowed(text), |v| json(&v).into()),
            Self::Vector => elements(text).map_or(Cow::Borrowed(text), Cow::Owned),
            Self::Double => double(text).map_or(Cow::Borrowed(text), |v| format!("{v:?}").into()),
            Self::Int
            | Self::Decimal { .. }
            | Self::Date
            | Self::Moment { .. }
            | Self::Duration
            | Self::Text
            | Self::LongText
            | Self::Bytes
            | Self::LongBytes
            | Self::Geometry => Cow::Borrowed(text),
        }
    }
}

/// A number, or an exponent to base 2, `:` and what it multiplies.
fn double(text: &str) -> Option<f64> {
    let Some((exponent, quotient)) = text.split_once(':') else { return text.parse().ok() };
    let (exponent, quotient): (i32, f64) = (exponent.parse().ok()?, quotient.parse().ok()?);
    // In two steps: the power alone may be beyond what a DOUBLE holds.
    Some(quotient * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2))
}

/// The elements of a VECTOR: `[1, 2.5]`, or the hex digits of 4 bytes each, little-endian.
fn elements(text: &str) -> Option<String> {
    let numbers: Vec<f32> = match text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(list) => list.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?,
        None => {
            let (digits, []) = text.as_bytes().as_chunks::<8>() else { return None };
            let element = |digits: &[u8; 8]| {
                let bits = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
                Some(f32::from_bits(bits.swap_bytes()))
            };
            digits.iter().map(element).collect::<Option<_>>()?
        }
    };
    Some(format!("{numbers:?}"))
}

fn json(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let members: Vec<String> = members
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), json(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Number(number) => json_number(&number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

/// An integer by its digits; anything with a point or an exponent as digits, `e` and exponent, so that `1e3` is `1000.0` but not
/// `1000`.
fn json_number(text: &str) -> String {
    if !text.contains(['.', 'e', 'E']) {
        return text.to_owned();
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |m| ("-", m));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let kept = digits.trim_end_matches('0');
    let exponent =
        exponent.parse::<i64>().unwrap_or(0) - fraction.len() as i64 + (digits.len() - kept.len()) as i64;
    match kept.trim_start_matches('0') {
        "" => "0e0".to_owned(),
        digits => format!("{sign}{digits}e{exponent}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_in_two_texts() {
        for (form, one, other) in [
            (Form::Json, r#"{"b":[1e3,null],"a":"x"}"#, r#"{"a": "x", "b": [1000.0, null]}"#),
            (Form::Json, r#""\u00e9""#, "\"é\""),
            (Form::Vector, "0000803F00002040", "[1,2.5]"),
            (Form::Double, "73:1.0587911840678754", "1e22"),
            (Form::Double, "-1074:1", "5e-324"),
            (Form::Double, "0.1", "0.10000000000000001"),
        ] {
            assert!(form.same(Some(one), Some(other)), "{form:?}: {one}, {other}");
        }
    }

    #[test]
    fn two_values() {
        for (form, one, other) in [
            (Form::Json, "[1]", "[1.0]"),
            (Form::Json, "[12345678901234567890123]", "[12345678901234567890124]"),
            (Form::Json, "[null]", "[\"null\"]"),
            (Form::Vector, "0000803F", "[2]"),
            (Form::Double, "0", "-0"),
            (Form::Double, "0.1", "0.10000000000000002"),
            (Form::Text, "a", "a "),
        ] {
            assert!(!form.same(Some(one), Some(other)), "{form:?}: {one}, {other}");
        }
        assert!(!Form::Text.same(None, Some("")) && Form::Json.same(None, None));
    }

    #[test]
    fn what_a_policy_has_replaced_is_explained() {
        let null = Loss { null: true, ..Loss::default() };
        let moment = Form::Moment { fsp: 0 };
        for (form, source, target, explained) in [
            (Form::Date, "0000-00-00", None, true),
            (Form::Date, "2024-00-10", None, true),
            (Form::Date, "2024-02-30", None, true),
            (Form::Date, "2024-02-29", None, false),
            (Form::Date, "0000-00-00", Some("1970-01-01"), false),
            (moment, "9999-12-31 00:00:00.000000", None, true),
            (moment, "9999-12-30 22:00:00.000000", None, false),
            (Form::Text, "a\u{fffd}", None, true),
            (Form::Text, "a", None, false),
            (Form::Int, "1", None, false),
        ] {
            assert_eq!(null.explains(form, Some(source), target), explained, "{source}");
        }
        assert!(!Loss::default().explains(Form::Date, Some("0000-00-00"), None));
        let text = |loss: Loss, source, target| loss.explains(Form::Text, Some(source), Some(target));
        let clamp = Loss { clamp: true, ..Loss::default() };
        assert!(text(clamp, "?a?", "\u{fffd}a?") && text(clamp, "\u{fffd}a", "\u{fffd}\u{fffd}a"));
        assert!(
            !text(clamp, "?a", "\u{fffd}b") && !text(clamp, "?a", "?b") && !text(clamp, "?a", "\u{fffd}ab")
        );
        let bytes = Loss { bytes: true, ..Loss::default() };
        assert!(text(bytes, "?a", "0x9861"));
        assert!(!text(bytes, "a", "0x9861") && !text(bytes, "?a", "0x986") && !text(bytes, "?a", "9861"));
    }
}
