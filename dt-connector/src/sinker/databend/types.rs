//! Which Databend type holds a MySQL column: one exhaustive table for structure, literals and checks.
//!
//! Every MySQL value has to be held exactly, so MEDIUMINT becomes INT, BIT becomes BIGINT UNSIGNED, TIME becomes INTERVAL (Databend
//! has no time of day, and MySQL's TIME exceeds a day), and TINYINT(1) stays a number: BOOLEAN would turn 2 into true.

use std::fmt;

use dt_common::schema::{ColumnType, IntWidth};
use dt_common::value::{ColValue, Date};

/// `POINT(0 0)` in well-known binary.
const ORIGIN: [u8; 21] = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A Databend column type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetType {
    /// TINYINT .. BIGINT, `[UNSIGNED]`.
    Int {
        /// Width in bytes: 1, 2, 4 or 8.
        bytes: u8,
        /// UNSIGNED.
        unsigned: bool,
    },
    /// FLOAT.
    Float,
    /// DOUBLE.
    Double,
    /// DECIMAL(precision, scale), precision to 76.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// DATE.
    Date,
    /// TIMESTAMP, microseconds.
    Timestamp,
    /// INTERVAL, microseconds.
    Interval,
    /// VARCHAR, UTF-8 of any length.
    Varchar,
    /// BINARY of any length.
    Binary,
    /// VARIANT.
    Variant,
    /// GEOMETRY; each value carries its SRID.
    Geometry,
    /// VECTOR(n).
    Vector {
        /// Number of elements.
        dimension: u32,
    },
}

/// The type that holds a MySQL column.
pub fn target_type(source: &ColumnType) -> TargetType {
    match source {
        ColumnType::Int { width, unsigned } => {
            let bytes = match width {
                IntWidth::One => 1,
                IntWidth::Two => 2,
                IntWidth::Three | IntWidth::Four => 4,
                IntWidth::Eight => 8,
            };
            TargetType::Int { bytes, unsigned: *unsigned }
        }
        ColumnType::Decimal { precision, scale } => {
            TargetType::Decimal { precision: *precision, scale: *scale }
        }
        ColumnType::Float => TargetType::Float,
        ColumnType::Double => TargetType::Double,
        ColumnType::Bit { .. } => TargetType::Int { bytes: 8, unsigned: true },
        ColumnType::Date => TargetType::Date,
        ColumnType::DateTime { .. } | ColumnType::Timestamp { .. } => TargetType::Timestamp,
        ColumnType::Time { .. } => TargetType::Interval,
        ColumnType::Year => TargetType::Int { bytes: 2, unsigned: true },
        ColumnType::Char(_)
        | ColumnType::VarChar(_)
        | ColumnType::Text(_)
        | ColumnType::Enum { .. }
        | ColumnType::Set { .. }
        | ColumnType::Uuid
        | ColumnType::Inet4
        | ColumnType::Inet6 => TargetType::Varchar,
        ColumnType::Binary { .. } | ColumnType::VarBinary { .. } | ColumnType::Blob { .. } => {
            TargetType::Binary
        }
        ColumnType::Json(_) => TargetType::Variant,
        ColumnType::Geometry => TargetType::Geometry,
        ColumnType::Vector { dimension } => TargetType::Vector { dimension: *dimension },
    }
}

/// As `CREATE TABLE` takes it and `system.columns` shows it.
impl fmt::Display for TargetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int { bytes, unsigned } => {
                f.write_str(match bytes {
                    1 => "TINYINT",
                    2 => "SMALLINT",
                    4 => "INT",
                    _ => "BIGINT",
                })?;
                f.write_str(if *unsigned { " UNSIGNED" } else { "" })
            }
            Self::Float => f.write_str("FLOAT"),
            Self::Double => f.write_str("DOUBLE"),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            Self::Date => f.write_str("DATE"),
            Self::Timestamp => f.write_str("TIMESTAMP"),
            Self::Interval => f.write_str("INTERVAL"),
            Self::Varchar => f.write_str("VARCHAR"),
            Self::Binary => f.write_str("BINARY"),
            Self::Variant => f.write_str("VARIANT"),
            Self::Geometry => f.write_str("GEOMETRY"),
            Self::Vector { dimension } => write!(f, "VECTOR({dimension})"),
        }
    }
}

impl TargetType {
    /// Reads what `system.columns` shows as `data_type`; `None` for a type that dt never writes to.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.trim_end().strip_suffix(')')?),
            None => (text.trim(), ""),
        };
        let mut numbers = arguments.split(',').map(|n| n.trim().parse::<u32>().ok());
        let int = |bytes, unsigned| Some(Self::Int { bytes, unsigned });
        match name.to_ascii_uppercase().as_str() {
            "TINYINT" => int(1, false),
            "SMALLINT" => int(2, false),
            "INT" => int(4, false),
            "BIGINT" => int(8, false),
            "TINYINT UNSIGNED" => int(1, true),
            "SMALLINT UNSIGNED" => int(2, true),
            "INT UNSIGNED" => int(4, true),
            "BIGINT UNSIGNED" => int(8, true),
            "FLOAT" => Some(Self::Float),
            "DOUBLE" => Some(Self::Double),
            "DECIMAL" => Some(Self::Decimal {
                precision: numbers.next()??.try_into().ok()?,
                scale: numbers.next()??.try_into().ok()?,
            }),
            "DATE" => Some(Self::Date),
            "TIMESTAMP" => Some(Self::Timestamp),
            "INTERVAL" => Some(Self::Interval),
            "VARCHAR" => Some(Self::Varchar),
            "BINARY" => Some(Self::Binary),
            "VARIANT" => Some(Self::Variant),
            "GEOMETRY" => Some(Self::Geometry),
            "VECTOR" => Some(Self::Vector { dimension: numbers.next()?? }),
            _ => None,
        }
    }

    /// Some value that a column of this type holds.
    pub fn some_value(self) -> ColValue {
        match self {
            Self::Int { unsigned: true, .. } => ColValue::UInt(0),
            Self::Int { unsigned: false, .. } => ColValue::Int(0),
            Self::Float => ColValue::Float(0.0),
            Self::Double => ColValue::Double(0.0),
            Self::Decimal { .. } => ColValue::Decimal("0".into()),
            Self::Date => ColValue::Date(Date { year: 1970, month: 1, day: 1 }),
            Self::Timestamp => ColValue::Timestamp(0),
            Self::Interval => ColValue::Time(0),
            Self::Varchar => ColValue::text(""),
            Self::Binary => ColValue::Bytes([].into()),
            Self::Variant => ColValue::Json("null".into()),
            Self::Geometry => ColValue::Geometry { srid: 0, wkb: ORIGIN.into() },
            Self::Vector { dimension } => ColValue::Vector(vec![0.0; dimension as usize].into()),
        }
    }

    /// Numbers that an integer column holds; `None` for other types.
    pub fn int_range(self) -> Option<std::ops::RangeInclusive<i128>> {
        match self {
            Self::Int { bytes, unsigned: true } => Some(0..=(1 << (u32::from(bytes) * 8)) - 1),
            Self::Int { bytes, unsigned: false } => {
                let half = 1 << (u32::from(bytes) * 8 - 1);
                Some(-half..=half - 1)
            }
            Self::Float
            | Self::Double
            | Self::Decimal { .. }
            | Self::Date
            | Self::Timestamp
            | Self::Interval
            | Self::Varchar
            | Self::Binary
            | Self::Variant
            | Self::Geometry
            | Self::Vector { .. } => None,
        }
    }

    /// Whether a column of this type holds every value of `wanted` exactly.
    pub fn holds(self, wanted: Self) -> bool {
        match (wanted, self) {
            (Self::Int { bytes: w, unsigned: wu }, Self::Int { bytes: h, unsigned: hu }) => {
                (wu == hu && h >= w) || (wu && !hu && h > w)
            }
            (Self::Decimal { precision: wp, scale: ws }, Self::Decimal { precision: hp, scale: hs }) => {
                hs >= ws && hp.saturating_sub(hs) >= wp.saturating_sub(ws)
            }
            (Self::Float, Self::Double) => true,
            (wanted, held) => wanted == held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dt_common::schema::{JsonStorage, Text};

    fn int(width: IntWidth, unsigned: bool) -> ColumnType {
        ColumnType::Int { width, unsigned }
    }

    fn text() -> Text {
        Text { max_bytes: 40, max_chars: 10, charset: "utf8mb4".into() }
    }

    #[test]
    fn every_mysql_type_has_a_target() {
        let members: std::sync::Arc<[String]> = vec!["a".to_owned()].into();
        for (source, target) in [
            (int(IntWidth::One, false), "TINYINT"),
            (int(IntWidth::One, true), "TINYINT UNSIGNED"),
            (int(IntWidth::Two, false), "SMALLINT"),
            (int(IntWidth::Three, false), "INT"),
            (int(IntWidth::Three, true), "INT UNSIGNED"),
            (int(IntWidth::Four, true), "INT UNSIGNED"),
            (int(IntWidth::Eight, true), "BIGINT UNSIGNED"),
            (ColumnType::Decimal { precision: 65, scale: 30 }, "DECIMAL(65, 30)"),
            (ColumnType::Float, "FLOAT"),
            (ColumnType::Double, "DOUBLE"),
            (ColumnType::Bit { bits: 1 }, "BIGINT UNSIGNED"),
            (ColumnType::Date, "DATE"),
            (ColumnType::DateTime { fsp: 6 }, "TIMESTAMP"),
            (ColumnType::Timestamp { fsp: 0 }, "TIMESTAMP"),
            (ColumnType::Time { fsp: 3 }, "INTERVAL"),
            (ColumnType::Year, "SMALLINT UNSIGNED"),
            (ColumnType::Char(text()), "VARCHAR"),
            (ColumnType::VarChar(text()), "VARCHAR"),
            (ColumnType::Text(text()), "VARCHAR"),
            (ColumnType::Binary { len: 3 }, "BINARY"),
            (ColumnType::VarBinary { len: 3 }, "BINARY"),
            (ColumnType::Blob { len: 255 }, "BINARY"),
            (ColumnType::Enum { members: members.clone() }, "VARCHAR"),
            (ColumnType::Set { members }, "VARCHAR"),
            (ColumnType::Json(JsonStorage::Text), "VARIANT"),
            (ColumnType::Geometry, "GEOMETRY"),
            (ColumnType::Vector { dimension: 3 }, "VECTOR(3)"),
            (ColumnType::Uuid, "VARCHAR"),
            (ColumnType::Inet4, "VARCHAR"),
            (ColumnType::Inet6, "VARCHAR"),
        ] {
            let mapped = target_type(&source);
            assert_eq!(mapped.to_string(), target);
            assert_eq!(TargetType::parse(target), Some(mapped), "{target}");
        }
    }

    #[test]
    fn wider_columns_hold_narrower_values() {
        let holds = |held: &str, wanted: &str| {
            TargetType::parse(held).unwrap().holds(TargetType::parse(wanted).unwrap())
        };
        for (held, wanted, expected) in [
            ("BIGINT", "INT", true),
            ("INT", "BIGINT", false),
            ("INT", "INT UNSIGNED", false),
            ("BIGINT", "INT UNSIGNED", true),
            ("INT UNSIGNED", "TINYINT", false),
            ("DECIMAL(12, 4)", "DECIMAL(10, 2)", true),
            ("DECIMAL(10, 4)", "DECIMAL(10, 2)", false),
            ("DOUBLE", "FLOAT", true),
            ("FLOAT", "DOUBLE", false),
            ("VARCHAR", "DATE", false),
            ("VECTOR(3)", "VECTOR(4)", false),
        ] {
            assert_eq!(holds(held, wanted), expected, "{held} for {wanted}");
        }
        assert_eq!(TargetType::parse("BOOLEAN"), None);
    }
}
