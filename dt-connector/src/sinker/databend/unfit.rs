//! Why a value does not fit into the target, without the value.

use dt_common::config::Class;
use dt_common::error::Error;
use dt_common::schema::TableName;

/// Why the target cannot hold a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The row image leaves the column out.
    Absent,
    /// The value is not of the column's kind.
    Mismatch,
    /// Bytes that are not text in the column's charset.
    InvalidText,
    /// A zero, partly zero or impossible date.
    ZeroDate,
    /// An instant that Databend does not read back as written.
    LateTimestamp,
    /// NaN or infinite.
    NotFinite,
    /// Text that is not JSON as Databend reads it, though it may be to the source.
    Json,
    /// A JSON number that Databend would change.
    JsonNumber,
    /// Bytes that are not WKB.
    Geometry,
}

impl Unfit {
    /// The class of `[values]` that decides what is written instead; `None` where nothing does.
    pub fn class(self) -> Option<Class> {
        match self {
            Self::InvalidText => Some(Class::InvalidText),
            Self::ZeroDate => Some(Class::ZeroDate),
            Self::LateTimestamp => Some(Class::OutOfRange),
            Self::Json => Some(Class::InvalidJson),
            Self::JsonNumber => Some(Class::JsonNumber),
            Self::Absent | Self::Mismatch | Self::NotFinite | Self::Geometry => None,
        }
    }

    /// The error with its place and the way out. `free` says that the column belongs to no key, so that every policy can be chosen.
    pub fn error(self, table: &TableName, column: &str, free: bool) -> Error {
        let policy = match self.class() {
            None => String::new(),
            Some(class) if free => {
                format!("let it pass by [values] {class} = {}:null (or string, ..), ", entry(table, column))
            }
            Some(Class::InvalidText) => String::new(),
            Some(class) => format!("let it pass by [values] {class} = {}:string, ", entry(table, column)),
        };
        let data = |what: &str| {
            Error::data(format!(
                "{what}; {policy}correct the row at the source or exclude the table in [filter]"
            ))
        };
        let error = match self {
            Self::Absent => Error::internal(
                "the row image leaves the column out, and partial row images are not supported; set binlog_row_image=FULL at the source",
            ),
            Self::Mismatch => Error::internal("the value is not of the kind that the column's type demands"),
            Self::InvalidText => data("the stored bytes are not valid text in the column's charset"),
            Self::ZeroDate => data(
                "the date is zero, has a part that is zero, or does not exist, and Databend has no such date",
            ),
            Self::LateTimestamp => data(
                "the time lies outside of 0001-01-01 00:00:00 to 9999-12-30 22:00:00 UTC, where Databend reads back what was written",
            ),
            Self::NotFinite => data("the number is not finite"),
            Self::Json => data(
                "the text is not JSON that Databend can hold (a key that occurs twice, a lone surrogate, empty, or malformed)",
            ),
            Self::JsonNumber => {
                data("a number in the JSON has more digits or a larger exponent than Databend holds")
            }
            Self::Geometry => data("the bytes are not a geometry that Databend can read"),
        };
        error.at(format_args!("column `{column}`")).at(format_args!("table {table}"))
    }
}

/// A column as the lists of a task file name it.
fn entry(table: &TableName, column: &str) -> String {
    let quoted = |name: &str| {
        let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if plain && !name.is_empty() { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
    };
    [&table.db, &table.table, column].map(quoted).join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_place_and_the_way_out() {
        let text = |unfit: Unfit, free| unfit.error(&TableName::new("d", "t.x"), "c", free).to_string();
        let plain = text(Unfit::ZeroDate, true);
        assert!(plain.starts_with("table `d`.`t.x`: column `c`: "), "{plain}");
        assert!(plain.contains("[values] zero_date = d.`t.x`.c:null (or string, ..)"), "{plain}");
        assert!(text(Unfit::ZeroDate, false).contains("[values] zero_date = d.`t.x`.c:string,"));
        assert!(!text(Unfit::InvalidText, false).contains("[values]"));
    }
}
