//! The canonical text of a column, as MySQL and MariaDB compute it; see [`Form`]. Pure.

use dt_common::schema::{Column, ColumnType};

use crate::compare::{ComparedTable, Form};
use crate::extractor::mysql::literal::{hex, identifier, quote, time};

/// What stands between two columns in a row's text. No canonical text but that of characters holds it, and those have their length
/// in bytes in front: to count characters costs the source more than all the rest.
const SEPARATOR: &str = ", '#', ";

/// A column's canonical text; NULL where the column is.
pub(super) fn plain(column: &Column, form: Form) -> String {
    let name = identifier(&column.name);
    match form {
        // ZEROFILL shows zeros that are none of the value; `+ 0` takes them away, and makes a number of BIT.
        Form::Int => format!("CAST({name} + 0 AS CHAR)"),
        Form::Decimal { scale, held } => {
            let point = if scale == 0 && held > 0 { "." } else { "" };
            padded(&format!("{name} + 0"), &format!("{point}{}", zeros(held.saturating_sub(scale))))
        }
        // A FLOAT would be shown with six digits.
        Form::Double => double(&format!("{name} * 1e0")),
        Form::Date => format!("CAST({name} AS CHAR)"),
        Form::Moment { fsp } => {
            let point = if fsp == 0 { "." } else { "" };
            padded(&name, &format!("{point}{}", zeros(6_u8.saturating_sub(fsp))))
        }
        Form::Duration => format!(
            "CONCAT(IF({name} < 0, '-', ''), (HOUR({name}) * 60 + MINUTE({name})) * 60000000 + SECOND({name}) * 1000000 + MICROSECOND({name}))"
        ),
        Form::Text | Form::LongText => characters(&name, &column.ty),
        Form::Bytes | Form::LongBytes | Form::Vector => format!("HEX({name})"),
        // Four bytes before the WKB hold the SRID.
        Form::Geometry => format!("CONCAT(ST_SRID({name}), ':', SUBSTRING(HEX({name}), 9))"),
        // In an array, because the other side shows a JSON null alone as NULL.
        Form::Json => format!("CONCAT('[', {name}, ']')"),
    }
}

/// The row's hash; 0 where it cannot be computed, because a text exceeds `max_allowed_packet`.
pub(super) fn row_hash(table: &ComparedTable) -> String {
    let pushed = table.schema.columns.iter().zip(&table.forms).filter(|(_, form)| form.is_pushed());
    let text = concat(pushed.map(|(column, form)| framed(column, *form)));
    format!("IFNULL(CRC32({text}) * CRC32(REVERSE({text})), 0)")
}

/// The number by which rows are sorted into remainders.
pub(super) fn row_number(table: &ComparedTable) -> String {
    if !table.schema.is_keyed() {
        return row_hash(table);
    }
    let key = table.schema.key_columns().iter();
    format!("CRC32({})", concat(key.map(|&at| framed(&table.schema.columns[at], table.forms[at]))))
}

/// That a row has a key, given as canonical texts.
pub(super) fn has_key(table: &ComparedTable, key: &[String]) -> String {
    let parts = table.schema.key_columns().iter().zip(key).map(|(&at, text)| {
        let (column, form) = (&table.schema.columns[at], table.forms[at]);
        match literal(column, form, text) {
            Some(literal) => format!("{} = {literal}", identifier(&column.name)),
            None => format!("{} = {}", plain(column, form), quote(text)),
        }
    });
    parts.collect::<Vec<_>>().join(" AND ")
}

/// A value that an index finds; `None` where only the canonical text says exactly which value is meant.
fn literal(column: &Column, form: Form, text: &str) -> Option<String> {
    match form {
        Form::Int | Form::Decimal { .. } => {
            text.bytes().all(|b| b.is_ascii_digit() || b == b'-' || b == b'.').then(|| text.to_owned())
        }
        Form::Date | Form::Moment { .. } => Some(quote(text)),
        Form::Duration => text.parse().ok().map(|micros| quote(&time(micros))),
        Form::Text | Form::LongText => Some(match &column.ty {
            // Types of MariaDB that compare with a plain string only.
            ColumnType::Uuid | ColumnType::Inet4 | ColumnType::Inet6 => quote(text),
            _ => format!("_utf8mb4 {}", hex(text.as_bytes())),
        }),
        Form::Bytes | Form::LongBytes => {
            text.bytes().all(|b| b.is_ascii_hexdigit()).then(|| format!("X'{text}'"))
        }
        Form::Double | Form::Geometry | Form::Json | Form::Vector => None,
    }
}

/// A column's part of the row's text: never NULL, and its end is known.
fn framed(column: &Column, form: Form) -> String {
    let plain = plain(column, form);
    let framed = match form {
        Form::Text => format!("CONCAT(LENGTH({plain}), ':', {plain})"),
        Form::LongText | Form::LongBytes => format!("SHA2({plain}, 256)"),
        Form::Int
        | Form::Decimal { .. }
        | Form::Double
        | Form::Date
        | Form::Moment { .. }
        | Form::Duration
        | Form::Bytes
        | Form::Geometry
        | Form::Json
        | Form::Vector => plain,
    };
    if column.nullable { format!("IFNULL({framed}, 'N')") } else { framed }
}

fn concat(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "''".to_owned() } else { format!("CONCAT({})", parts.join(SEPARATOR)) }
}

/// UTF-8, whatever the column's charset.
fn characters(name: &str, ty: &ColumnType) -> String {
    match ty {
        ColumnType::Char(text) | ColumnType::VarChar(text) | ColumnType::Text(text)
            if matches!(text.charset.as_str(), "utf8mb4" | "utf8mb3" | "utf8" | "ascii") =>
        {
            name.to_owned()
        }
        ColumnType::Uuid | ColumnType::Inet4 | ColumnType::Inet6 => format!("CAST({name} AS CHAR)"),
        _ => format!("CONVERT({name} USING utf8mb4)"),
    }
}

/// Where MySQL would write an exponent, the other side writes hundreds of digits. Division by a power of two is exact.
/// The greatest values have a logarithm of 1024, which is no exponent of a DOUBLE.
fn double(number: &str) -> String {
    let exponent = format!("LEAST(FLOOR(LOG2(ABS({number}))), 1023)");
    format!(
        "IF({number} = 0 OR ABS({number}) >= 1e-15 AND ABS({number}) < 1e15, CONCAT({number}), \
         CONCAT({exponent}, ':', {number} / POW(2, {exponent})))"
    )
}

fn padded(number: &str, tail: &str) -> String {
    if tail.is_empty() { format!("CAST({number} AS CHAR)") } else { format!("CONCAT({number}, '{tail}')") }
}

fn zeros(count: u8) -> String {
    "0".repeat(usize::from(count))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dt_common::schema::{Generated, IntWidth, Key, KeyKind, TableName, TableSchema, Text};

    use super::*;

    fn column(ty: ColumnType, nullable: bool) -> Column {
        Column {
            name: "c".into(),
            ty,
            nullable,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        }
    }

    fn text(charset: &str) -> ColumnType {
        ColumnType::VarChar(Text { max_bytes: 40, max_chars: 10, charset: charset.into() })
    }

    fn table(columns: Vec<(Column, Form)>) -> ComparedTable {
        let (columns, forms): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let schema = TableSchema {
            name: TableName::new("d", "t"),
            columns,
            key: Some(Key { columns: vec![0], kind: KeyKind::Primary }),
            comment: String::new(),
            engine: "InnoDB".into(),
        };
        ComparedTable {
            schema: Arc::new(schema),
            target: TableName::new("d", "t"),
            target_columns: Vec::new(),
            forms,
            losses: Vec::new(),
            condition: None,
        }
    }

    #[test]
    fn every_form_has_an_expression() {
        let any = || ColumnType::Date;
        for (ty, form, expected) in [
            (any(), Form::Int, "CAST(`c` + 0 AS CHAR)"),
            (any(), Form::Decimal { scale: 2, held: 2 }, "CAST(`c` + 0 AS CHAR)"),
            (any(), Form::Decimal { scale: 2, held: 4 }, "CONCAT(`c` + 0, '00')"),
            (any(), Form::Decimal { scale: 0, held: 1 }, "CONCAT(`c` + 0, '.0')"),
            (any(), Form::Date, "CAST(`c` AS CHAR)"),
            (any(), Form::Moment { fsp: 0 }, "CONCAT(`c`, '.000000')"),
            (any(), Form::Moment { fsp: 3 }, "CONCAT(`c`, '000')"),
            (any(), Form::Moment { fsp: 6 }, "CAST(`c` AS CHAR)"),
            (text("utf8mb4"), Form::Text, "`c`"),
            (text("latin1"), Form::Text, "CONVERT(`c` USING utf8mb4)"),
            (ColumnType::Enum { members: [].into() }, Form::Text, "CONVERT(`c` USING utf8mb4)"),
            (ColumnType::Uuid, Form::Text, "CAST(`c` AS CHAR)"),
            (any(), Form::Bytes, "HEX(`c`)"),
            (any(), Form::Geometry, "CONCAT(ST_SRID(`c`), ':', SUBSTRING(HEX(`c`), 9))"),
            (any(), Form::Json, "CONCAT('[', `c`, ']')"),
        ] {
            assert_eq!(plain(&column(ty, true), form), expected, "{form:?}");
        }
    }

    #[test]
    fn the_end_of_a_text_is_known_and_null_is_a_text() {
        let table = table(vec![
            (column(ColumnType::Int { width: IntWidth::Four, unsigned: false }, false), Form::Int),
            (column(text("utf8mb4"), true), Form::Text),
            (column(ColumnType::Blob { len: 1 << 24 }, false), Form::LongBytes),
            (column(ColumnType::Geometry, true), Form::Json),
        ]);
        let text = "CONCAT(CAST(`c` + 0 AS CHAR), '#', IFNULL(CONCAT(LENGTH(`c`), ':', `c`), 'N'), '#', SHA2(HEX(`c`), 256))";
        assert_eq!(row_hash(&table), format!("IFNULL(CRC32({text}) * CRC32(REVERSE({text})), 0)"));
        assert_eq!(row_number(&table), "CRC32(CONCAT(CAST(`c` + 0 AS CHAR)))");
    }

    #[test]
    fn keys_are_found_by_an_index() {
        for (ty, form, key, expected) in [
            (ColumnType::Year, Form::Int, "-7", "`c` = -7"),
            (ColumnType::Year, Form::Int, "1 OR 1", "CAST(`c` + 0 AS CHAR) = '1 OR 1'"),
            (text("latin1"), Form::Text, "é'", "`c` = _utf8mb4 X'C3A927'"),
            (ColumnType::Uuid, Form::Text, "a'b", "`c` = 'a''b'"),
            (ColumnType::Binary { len: 2 }, Form::Bytes, "00FF", "`c` = X'00FF'"),
            (ColumnType::Binary { len: 2 }, Form::Bytes, "' OR 1", "HEX(`c`) = ''' OR 1'"),
            (ColumnType::Time { fsp: 6 }, Form::Duration, "-1500000", "`c` = '-00:00:01.500000'"),
            (ColumnType::Date, Form::Date, "2024-02-29", "`c` = '2024-02-29'"),
        ] {
            assert_eq!(has_key(&table(vec![(column(ty, false), form)]), &[key.to_owned()]), expected);
        }
    }
}
