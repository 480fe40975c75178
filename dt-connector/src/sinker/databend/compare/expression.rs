//! The canonical text of a column, as Databend computes it; see [`Form`]. Pure.

use crate::compare::{ComparedTable, Form};

/// What stands between two columns in a row's text, as at the source.
const SEPARATOR: &str = ", '#', ";

/// A column's canonical text; NULL where the column is.
pub(super) fn plain(name: &str, form: Form) -> String {
    match form {
        Form::Int | Form::Decimal { .. } | Form::Date | Form::Moment { .. } => format!("to_string({name})"),
        Form::Double => double(&format!("to_float64({name})")),
        Form::Duration => format!("to_string(to_int64(round(epoch({name}) * 1000000)))"),
        Form::Text | Form::LongText => name.to_owned(),
        Form::Bytes | Form::LongBytes => format!("upper(hex({name}))"),
        Form::Geometry => format!("concat(to_string(st_srid({name})), ':', upper(hex(st_asbinary({name}))))"),
        // A JSON null alone would be shown as NULL.
        Form::Json => format!("if({name} IS NULL, NULL, to_string(json_array({name})))"),
        Form::Vector => name.to_owned(),
    }
}

/// The row's text: that of all columns which both sides compute.
pub(super) fn row_text(table: &ComparedTable) -> String {
    let columns = (0..table.forms.len()).filter(|&at| table.forms[at].is_pushed());
    concat(columns.map(|at| framed(table, at)))
}

/// The key's text.
pub(super) fn key_text(table: &ComparedTable) -> String {
    concat(table.schema.key_columns().iter().map(|&at| framed(table, at)))
}

/// The same of a key whose columns' texts are given.
pub(super) fn key_text_of(table: &ComparedTable, key: &[String]) -> String {
    let columns = table.schema.key_columns().iter().zip(key);
    let parts: Vec<String> = columns
        .map(|(&at, text)| match table.forms[at] {
            Form::Text => format!("{}:{text}", text.len()),
            _ => text.clone(),
        })
        .collect();
    parts.join("#")
}

/// A column's part of the row's text: never NULL, and its end is known. Whether NULL is possible the source says, so that both
/// sides build the same text; a NULL that the source cannot have makes the whole text NULL.
fn framed(table: &ComparedTable, at: usize) -> String {
    let plain = plain(&table.target_columns[at], table.forms[at]);
    let framed = match table.forms[at] {
        Form::Text => format!("concat(to_string(octet_length({plain})), ':', {plain})"),
        Form::LongText | Form::LongBytes => format!("sha2({plain}, 256)"),
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
    if table.schema.columns[at].nullable { format!("ifnull({framed}, 'N')") } else { framed }
}

fn concat(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() { "''".to_owned() } else { format!("concat({})", parts.join(SEPARATOR)) }
}

/// See the source's.
fn double(number: &str) -> String {
    let exponent = format!("least(floor(log2(abs({number}))), 1023)");
    format!(
        "if({number} = 0 OR abs({number}) >= 1e-15 AND abs({number}) < 1e15, to_string({number}), \
         concat(to_string({exponent}), ':', to_string({number} / pow(2, {exponent}))))"
    )
}
