//! Why a value does not fit into the target, without the value.

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
    /// Text that is not JSON as Databend reads it.
    Json,
    /// A JSON number that Databend would change.
    JsonNumber,
    /// Bytes that are not WKB.
    Geometry,
}

impl Unfit {
    /// The error with its place and the way out.
    pub fn error(self, table: &TableName, column: &str) -> Error {
        const POLICY: &str = "correct the row at the source or exclude the table in [filter]; policies for such values come with `[values]` in a later version";
        let data = |what: &str| Error::data(format!("{what}; {POLICY}"));
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
            Self::Json => {
                data("the text is not JSON that Databend can hold (empty, a lone surrogate, or malformed)")
            }
            Self::JsonNumber => {
                data("a number in the JSON has more digits or a larger exponent than Databend holds")
            }
            Self::Geometry => data("the bytes are not a geometry that Databend can read"),
        };
        error.at(format_args!("column `{column}`")).at(format_args!("table {table}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_place_and_the_way_out() {
        let text = Unfit::ZeroDate.error(&TableName::new("d", "t"), "c").to_string();
        assert!(text.starts_with("table `d`.`t`: column `c`: ") && text.contains("[values]"), "{text}");
    }
}
