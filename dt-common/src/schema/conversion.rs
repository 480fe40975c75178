//! What becomes of a column's values when its type changes: the table that `docs/schema-evolution.md` publishes.
//!
//! The question is whether the target can follow without reading the source again: whether every value that was there means the same
//! under the new type, and is written the same.

use super::{ColumnType, IntWidth, Text};

/// What a change of type does to the values that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// Nothing: the types are equal.
    Same,
    /// The new type holds every value of the old one, and each stays as it is.
    Widens,
    /// The new type does not hold every value. A server in strict mode refuses the statement unless it holds those that are there.
    Narrows,
    /// Values may be written anew in a way that only the source knows.
    Rewrites,
}

/// What a change of type does.
pub fn conversion(from: &ColumnType, to: &ColumnType) -> Conversion {
    use ColumnType as T;
    if from == to {
        return Conversion::Same;
    }
    match (from, to) {
        (T::Int { .. }, _) => from_int(from, to),
        (&T::Decimal { precision, scale }, &T::Decimal { precision: p, scale: s }) => {
            holds(s >= scale && p.saturating_sub(s) >= precision.saturating_sub(scale))
        }
        (T::Float, T::Double) => Conversion::Widens,
        (T::Bit { bits }, T::Bit { bits: new }) => holds(new >= bits),
        (T::Date, T::DateTime { .. }) => Conversion::Widens,
        (&T::DateTime { fsp }, &T::DateTime { fsp: new })
        | (&T::Timestamp { fsp }, &T::Timestamp { fsp: new })
        | (&T::Time { fsp }, &T::Time { fsp: new }) => {
            // Fewer digits round what is there.
            if new > fsp { Conversion::Widens } else { Conversion::Rewrites }
        }
        (T::Year, T::Int { width, .. }) => holds(*width != IntWidth::One),
        (T::Char(old), T::Char(new) | T::VarChar(new) | T::Text(new))
        | (T::VarChar(old), T::VarChar(new) | T::Text(new))
        | (T::Text(old), T::Text(new) | T::VarChar(new)) => {
            holds(new.max_chars >= old.max_chars && charset_holds(&old.charset, &new.charset))
        }
        (T::Binary { len }, T::VarBinary { len: new } | T::Blob { len: new })
        | (T::VarBinary { len } | T::Blob { len }, T::VarBinary { len: new } | T::Blob { len: new }) => {
            holds(new >= len)
        }
        (T::Enum { members }, T::Enum { members: new }) => {
            holds(members.iter().all(|member| new.contains(member)))
        }
        // The members of a value are written in the order of the type.
        (T::Set { members }, T::Set { members: new }) if new.starts_with(members) => Conversion::Widens,
        (T::Enum { members }, _) => match characters(to) {
            Some(text) => holds(members.iter().all(|member| fits(member, text))),
            None => Conversion::Rewrites,
        },
        (T::Set { members }, _) => match characters(to) {
            Some(text) => holds(fits(&members.join(","), text)),
            None => Conversion::Rewrites,
        },
        (T::Uuid, _) => as_text(36, to),
        (T::Inet4, _) => as_text(15, to),
        (T::Inet6, _) => as_text(45, to),
        _ => Conversion::Rewrites,
    }
}

fn holds(holds: bool) -> Conversion {
    if holds { Conversion::Widens } else { Conversion::Narrows }
}

fn from_int(from: &ColumnType, to: &ColumnType) -> Conversion {
    let &ColumnType::Int { width, unsigned } = from else { return Conversion::Rewrites };
    // Digits of the longest value, and its bits.
    let (digits, bits) = match width {
        IntWidth::One => (3, 8),
        IntWidth::Two => (5, 16),
        IntWidth::Three => (if unsigned { 8 } else { 7 }, 24),
        IntWidth::Four => (10, 32),
        IntWidth::Eight => (if unsigned { 20 } else { 19 }, 64),
    };
    match to {
        &ColumnType::Int { width: new, unsigned: new_unsigned } => {
            let wider = new.bytes() > width.bytes();
            holds(if unsigned == new_unsigned { wider } else { unsigned && wider })
        }
        &ColumnType::Decimal { precision, scale } => holds(precision.saturating_sub(scale) >= digits),
        ColumnType::Double => holds(bits <= 32),
        ColumnType::Float => holds(bits <= 24),
        // ZEROFILL, which implies UNSIGNED, would write zeros that the type does not tell of.
        _ if unsigned => Conversion::Rewrites,
        _ => as_text(u64::from(digits) + 1, to),
    }
}

/// A value that is written with at most so many characters of ASCII.
fn as_text(chars: u64, to: &ColumnType) -> Conversion {
    match characters(to) {
        Some(text) => holds(text.max_chars >= chars),
        None => Conversion::Rewrites,
    }
}

/// A type of characters that keeps what it is given; CHAR would cut blanks.
fn characters(ty: &ColumnType) -> Option<&Text> {
    match ty {
        ColumnType::VarChar(text) | ColumnType::Text(text) => Some(text),
        _ => None,
    }
}

fn fits(member: &str, text: &Text) -> bool {
    member.chars().count() as u64 <= text.max_chars && (member.is_ascii() || is_unicode(&text.charset))
}

/// Whether every text of one charset can be written in the other.
fn charset_holds(from: &str, to: &str) -> bool {
    let plain = |name: &str| if name == "utf8" { "utf8mb3".to_owned() } else { name.to_owned() };
    let (from, to) = (plain(from), plain(to));
    let narrow_unicode = |name: &str| matches!(name, "utf8mb3" | "ucs2");
    // Every other charset of the servers is a part of the plane that three bytes hold, but for gb18030.
    from == to
        || from == "ascii"
        || is_unicode(&to)
        || (narrow_unicode(&to) && !is_unicode(&from) && from != "gb18030")
}

fn is_unicode(charset: &str) -> bool {
    matches!(charset, "utf8mb4" | "utf16" | "utf16le" | "utf32")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(width: IntWidth, unsigned: bool) -> ColumnType {
        ColumnType::Int { width, unsigned }
    }

    fn text(max_chars: u64, charset: &str) -> Text {
        Text { max_bytes: max_chars, max_chars, charset: charset.into() }
    }

    fn members(names: &[&str]) -> std::sync::Arc<[String]> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn what_becomes_of_values() {
        use ColumnType as T;
        use Conversion::{Narrows, Rewrites, Same, Widens};
        let varchar = |chars, charset| T::VarChar(text(chars, charset));
        let decimal = |precision, scale| T::Decimal { precision, scale };
        for (from, to, expected) in [
            (T::Date, T::Date, Same),
            (int(IntWidth::Four, false), int(IntWidth::Eight, false), Widens),
            (int(IntWidth::Four, true), int(IntWidth::Eight, false), Widens),
            (int(IntWidth::Four, true), int(IntWidth::Four, false), Narrows),
            (int(IntWidth::Four, false), int(IntWidth::Eight, true), Narrows),
            (int(IntWidth::Eight, false), int(IntWidth::Four, false), Narrows),
            (int(IntWidth::Four, false), decimal(12, 2), Widens),
            (int(IntWidth::Four, false), decimal(11, 2), Narrows),
            (int(IntWidth::Four, false), T::Double, Widens),
            (int(IntWidth::Eight, false), T::Double, Narrows),
            (int(IntWidth::Four, false), varchar(11, "latin1"), Widens),
            (int(IntWidth::Four, true), varchar(20, "latin1"), Rewrites),
            (decimal(10, 2), decimal(12, 4), Widens),
            (decimal(10, 2), decimal(12, 5), Narrows),
            (T::Float, T::Double, Widens),
            (T::Double, T::Float, Rewrites),
            (T::Date, T::DateTime { fsp: 0 }, Widens),
            (T::Date, T::Timestamp { fsp: 0 }, Rewrites),
            (T::DateTime { fsp: 0 }, T::Timestamp { fsp: 0 }, Rewrites),
            (T::DateTime { fsp: 0 }, T::DateTime { fsp: 3 }, Widens),
            (T::Time { fsp: 3 }, T::Time { fsp: 0 }, Rewrites),
            (T::Year, int(IntWidth::Two, false), Widens),
            (varchar(10, "latin1"), varchar(20, "utf8mb4"), Widens),
            (varchar(10, "utf8mb4"), varchar(20, "utf8mb3"), Narrows),
            (varchar(10, "utf8"), varchar(10, "ucs2"), Widens),
            (varchar(20, "utf8mb4"), varchar(10, "utf8mb4"), Narrows),
            (varchar(20, "utf8mb4"), T::Char(text(30, "utf8mb4")), Rewrites),
            (T::Binary { len: 4 }, T::Binary { len: 8 }, Rewrites),
            (T::Binary { len: 4 }, T::VarBinary { len: 4 }, Widens),
            (T::Blob { len: 65_535 }, T::Blob { len: 255 }, Narrows),
            (T::Enum { members: members(&["a"]) }, T::Enum { members: members(&["b", "a"]) }, Widens),
            (T::Enum { members: members(&["a", "c"]) }, T::Enum { members: members(&["a"]) }, Narrows),
            (T::Enum { members: members(&["abc"]) }, varchar(3, "ascii"), Widens),
            // A text becomes the member that it equals by its collation.
            (varchar(3, "ascii"), T::Enum { members: members(&["abc"]) }, Rewrites),
            (T::Set { members: members(&["a"]) }, T::Set { members: members(&["a", "b"]) }, Widens),
            (T::Set { members: members(&["a"]) }, T::Set { members: members(&["b", "a"]) }, Rewrites),
            (T::Uuid, varchar(36, "ascii"), Widens),
            (varchar(9, "ascii"), int(IntWidth::Four, false), Rewrites),
        ] {
            assert_eq!(conversion(&from, &to), expected, "{from:?} to {to:?}");
        }
    }
}
