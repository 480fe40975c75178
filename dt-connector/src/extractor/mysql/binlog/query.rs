//! Statements in the binlog, with what the session that ran them lends to their text.

use std::borrow::Cow;

use dt_common::error::Result;

use super::charset::Charset;
use super::cursor::Cursor;

/// Bit of `sql_mode`: a backslash in a string is a character as any other.
const NO_BACKSLASH_ESCAPES: u64 = 1 << 20;

/// A statement.
pub(super) struct Query<'a> {
    /// Default database, empty when there is none.
    pub(super) db: &'a [u8],
    /// The statement, in the charset of its client.
    pub(super) text: &'a [u8],
    /// Whether a backslash in its strings escapes what follows.
    pub(super) backslash_escapes: bool,
    /// The client's charset; `None` where the event does not say.
    pub(super) charset: Option<u16>,
}

impl<'a> Query<'a> {
    /// Reads the body.
    pub(super) fn parse(body: &'a [u8]) -> Result<Self> {
        Self::with_extra(body, 0)
    }

    /// Reads the body of an EXECUTE_LOAD_QUERY event, which has 13 more bytes in its head.
    pub(super) fn parse_load(body: &'a [u8]) -> Result<Self> {
        Self::with_extra(body, 13)
    }

    fn with_extra(body: &'a [u8], extra: usize) -> Result<Self> {
        let mut cursor = Cursor::new(body);
        cursor.take(4 + 4)?;
        let db = usize::from(cursor.u8()?);
        cursor.take(2)?;
        let variables = cursor.le(2)? as usize;
        cursor.take(extra)?;
        let (sql_mode, charset) = session(cursor.take(variables)?).unwrap_or_default();
        let db = cursor.take(db)?;
        cursor.take(1)?;
        Ok(Self { db, text: cursor.rest(), backslash_escapes: sql_mode & NO_BACKSLASH_ESCAPES == 0, charset })
    }

    /// The statement as text; what is none in the client's charset has U+FFFD in its place, and so has every other byte than ASCII where
    /// dt does not know the charset.
    pub(super) fn decoded(&self) -> Cow<'a, str> {
        if self.text.is_ascii() {
            return String::from_utf8_lossy(self.text);
        }
        match self.charset.map(name_of) {
            None | Some("utf8mb4") => String::from_utf8_lossy(self.text),
            Some(name) => {
                let text = Charset::by_name(name).and_then(|charset| charset.text(self.text));
                text.map_or_else(|| ascii(self.text), |text| Cow::Owned(text.into()))
            }
        }
    }
}

fn ascii(bytes: &[u8]) -> Cow<'static, str> {
    let shown = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER };
    Cow::Owned(bytes.iter().map(shown).collect())
}

/// `sql_mode` and the client's charset. Both stand before the first variable that is not known here.
fn session(variables: &[u8]) -> Result<(u64, Option<u16>)> {
    let mut cursor = Cursor::new(variables);
    let (mut sql_mode, mut charset) = (0, None);
    while let Ok(code) = cursor.u8() {
        match code {
            // Flags.
            0 => drop(cursor.take(4)?),
            1 => sql_mode = cursor.le(8)?,
            // The catalogue, in its old form with a zero behind it.
            2 => {
                let len = usize::from(cursor.u8()?);
                cursor.take(len + 1)?;
            }
            // Increment and offset of AUTO_INCREMENT.
            3 => drop(cursor.take(4)?),
            4 => charset = Some(cursor.le(2)? as u16).filter(|_| cursor.take(4).is_ok()),
            6 => {
                let len = usize::from(cursor.u8()?);
                cursor.take(len)?;
            }
            _ => break,
        }
    }
    Ok((sql_mode, charset))
}

/// The charset of a client, which is told by the number of a collation.
fn name_of(collation: u16) -> &'static str {
    // MariaDB's collations without padding are numbered as those with it.
    let padded = if (1024..2048).contains(&collation) { collation - 1024 } else { collation };
    match padded {
        5 | 8 | 15 | 31 | 47 | 48 | 49 | 94 => "latin1",
        2 | 9 | 21 | 27 | 77 => "latin2",
        30 | 78 => "latin5",
        20 | 41 | 42 | 79 => "latin7",
        7 | 74 => "koi8r",
        22 | 75 => "koi8u",
        10 | 12 | 91 => "ujis",
        13 | 88 => "sjis",
        95 | 96 => "cp932",
        97 | 98 => "eucjpms",
        19 | 85 => "euckr",
        24 | 86 => "gb2312",
        28 | 87 => "gbk",
        25 | 70 => "greek",
        16 | 71 => "hebrew",
        18 | 89 => "tis620",
        26 | 34 | 44 | 66 | 99 => "cp1250",
        14 | 23 | 50 | 51 | 52 => "cp1251",
        57 | 67 => "cp1256",
        29 | 58 | 59 => "cp1257",
        36 | 68 => "cp866",
        // UTF-8 in its two widths, but for GB 18030 among its numbers; ASCII is 11 and 65, binary 63.
        11 | 33 | 45 | 46 | 63 | 65 | 76 | 83 | 192..=247 | 255.. => "utf8mb4",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(variables: &[u8], text: &[u8]) -> (String, bool) {
        let mut body = vec![0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
        body.extend((variables.len() as u16).to_le_bytes());
        body.extend(variables);
        body.extend(b"d\0");
        body.extend(text);
        let query = Query::parse(&body).unwrap();
        assert_eq!(query.db, b"d");
        (query.decoded().into_owned(), query.backslash_escapes)
    }

    #[test]
    fn the_text_is_in_the_charset_of_its_client() {
        let charset =
            |number| [vec![0, 9, 9, 9, 9, 6, 3, b's', b't', b'd', 4, number, 0], vec![8, 0, 8, 0]].concat();
        assert_eq!(query(&[], "é".as_bytes()).0, "é");
        assert_eq!(query(&charset(45), "é".as_bytes()).0, "é");
        assert_eq!(query(&charset(8), "é".as_bytes()).0, "Ã©");
        assert_eq!(query(&charset(8), b"a \xe9").0, "a é");
        assert_eq!(query(&charset(1), b"a \xe9").0, "a \u{fffd}");
        assert_eq!(query(&charset(1), b"a").0, "a");
    }

    #[test]
    fn backslashes() {
        assert!(query(&[1, 0, 0, 0x20, 0, 0, 0, 0, 0], b"").1);
        assert!(!query(&[1, 0, 0, 0x10, 0, 0, 0, 0, 0], b"").1);
        assert!(query(&[200, 1], b"").1);
    }
}
