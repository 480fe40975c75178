//! What commands print: text as it is, and tables with aligned columns.

use std::io::{ErrorKind, Write};

use dt_common::error::{Error, Result};

/// Blanks between two columns.
const GAP: usize = 2;

/// Prints to standard output. A reader that has gone away (`dt plan .. | head`) wants no more, which is no error.
///
/// # Errors
/// A full disk, say.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::internal("standard output cannot be written").caused_by(e))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Lines of a table, the columns aligned, without trailing blanks.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}{:GAP$}", ""));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `1 table`, `2 tables`.
pub(super) fn tables(count: usize) -> String {
    format!("{count} table{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |a: &str, b: &str, c: &str| [a.to_owned(), b.to_owned(), c.to_owned()];
        let text = aligned(&[row("a", "b", "c"), row("long", "", "x"), row("é", "two words", "")]);
        assert_eq!(text, "a     b          c\nlong             x\né     two words\n");
    }
}
