//! The lists that filter and router keys hold: ``db1.t1, `d.b`.*``, `a:b, c:d`, `d.t:(x > 1)`.

use crate::condition;
use crate::error::{Error, Result};
use crate::pattern::{Part, Pattern, TablePattern};
use crate::schema::TableName;

/// Characters of a long value that an error shows on either side of the place.
const SHOWN: usize = 40;

impl TableName {
    /// Reads a list of tables, written as in a filter: ``shop.orders, crm.`a.b` ``. No wildcards.
    ///
    /// # Errors
    /// A text that is no such list, with the character.
    pub fn list(text: &str) -> Result<Vec<Self>> {
        ListReader::new(text).list(ListReader::table_name)
    }
}

/// Reads a list from its start. Errors point at the character, counted from 1; the key is put in front by
/// [`crate::config::ini::RawConfig::list`].
pub(crate) struct ListReader<'a> {
    text: &'a str,
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
}

impl<'a> ListReader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, rest: text.char_indices().peekable() }
    }

    /// A comma-separated list of items; an empty text is an empty list.
    pub(crate) fn list<T>(mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        self.skip_space();
        while self.rest.peek().is_some() {
            items.push(item(&mut self)?);
            self.skip_space();
            if self.rest.peek().is_some() {
                self.expect(',')?;
                self.skip_space();
                if self.rest.peek().is_none() {
                    return Err(self.expected("a name"));
                }
            }
        }
        Ok(items)
    }

    /// What `read` reads, together with the text that it was read from.
    pub(crate) fn with_text<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<(T, &'a str)> {
        self.skip_space();
        let from = self.at();
        let value = read(self)?;
        Ok((value, &self.text[from..self.at()]))
    }

    pub(crate) fn expect(&mut self, wanted: char) -> Result<()> {
        self.skip_space();
        match self.rest.next_if(|(_, c)| *c == wanted) {
            Some(_) => Ok(()),
            None => Err(self.expected(&format!("`{wanted}`"))),
        }
    }

    /// Takes the character if it comes next.
    pub(crate) fn next_is(&mut self, wanted: char) -> bool {
        self.skip_space();
        self.rest.next_if(|(_, c)| *c == wanted).is_some()
    }

    /// Whether the present item holds the character outside of back-quotes.
    pub(crate) fn holds(&mut self, wanted: char) -> bool {
        let mut quoted = false;
        self.rest
            .clone()
            .take_while(|(_, c)| {
                quoted ^= *c == '`';
                quoted || *c != ','
            })
            .any(|(_, c)| c == wanted)
    }

    pub(crate) fn pattern(&mut self) -> Result<Pattern> {
        self.skip_space();
        let mut parts = Vec::new();
        while let Some(&(_, c)) = self.rest.peek() {
            match c {
                '`' => self.quoted(&mut parts)?,
                ',' | '.' | ':' => break,
                '"' | '\'' => return Err(self.expected("a name, which is quoted by back-quotes only,")),
                c if c.is_whitespace() => break,
                c => {
                    parts.push(match c {
                        '*' => Part::Any,
                        '?' => Part::One,
                        c => Part::Literal(c),
                    });
                    self.rest.next();
                }
            }
        }
        if parts.is_empty() { Err(self.expected("a name")) } else { Ok(Pattern::new(parts)) }
    }

    /// A name without wildcards.
    pub(crate) fn name(&mut self) -> Result<String> {
        let pattern = self.pattern()?;
        pattern.literal().ok_or_else(|| self.expected("a name without wildcards"))
    }

    /// `db.table` with wildcards.
    pub(crate) fn table_pattern(&mut self) -> Result<TablePattern> {
        let db = self.pattern()?;
        self.expect('.')?;
        Ok(TablePattern { db, table: self.pattern()? })
    }

    /// `db.table` without wildcards.
    pub(crate) fn table_name(&mut self) -> Result<TableName> {
        let db = self.name()?;
        self.expect('.')?;
        Ok(TableName::new(db, self.name()?))
    }

    /// One of several words.
    pub(crate) fn word<T: Copy>(&mut self, words: &[(&str, T)]) -> Result<T> {
        self.skip_space();
        let from = self.at();
        let name = self.name()?;
        words.iter().find(|(word, _)| *word == name).map(|(_, meaning)| *meaning).ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            bad(self.text, from, &format!("expected {}", words.join(" or ")))
        })
    }

    /// One of several words, when it is all of the item.
    pub(crate) fn word_alone<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        self.skip_space();
        let from = self.at();
        let item = self.text[from..].split(',').next().unwrap_or_default();
        let (_, meaning) = words.iter().find(|(word, _)| *word == item.trim_end())?;
        while self.rest.next_if(|(at, _)| *at < from + item.len()).is_some() {}
        Some(*meaning)
    }

    /// An SQL condition in brackets; answers what stands between them.
    pub(crate) fn condition(&mut self) -> Result<&'a str> {
        self.expect('(')?;
        let from = self.at();
        let length = condition::closing(&self.text[from..])
            .map_err(|flaw| bad(self.text, from + flaw.at, flaw.what))?;
        while self.rest.next_if(|(at, _)| *at <= from + length).is_some() {}
        Ok(&self.text[from..from + length])
    }

    fn quoted(&mut self, parts: &mut Vec<Part>) -> Result<()> {
        self.rest.next();
        loop {
            match self.rest.next() {
                Some((_, '`')) if self.rest.next_if(|(_, c)| *c == '`').is_some() => {
                    parts.push(Part::Literal('`'))
                }
                Some((_, '`')) => return Ok(()),
                Some((_, c)) => parts.push(Part::Literal(c)),
                None => return Err(self.expected("a closing back-quote")),
            }
        }
    }

    fn skip_space(&mut self) {
        while self.rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    }

    fn at(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn expected(&mut self, wanted: &str) -> Error {
        bad(self.text, self.at(), &format!("expected {wanted}"))
    }
}

/// An error about a text, at the character that begins at byte `at`. Of a long text only the surroundings are shown.
pub(crate) fn bad(text: &str, at: usize, what: &str) -> Error {
    let column = text[..at].chars().count();
    let shown: String = if text.chars().count() <= 2 * SHOWN {
        text.to_owned()
    } else {
        let from = column.saturating_sub(SHOWN);
        let around: String = text.chars().skip(from).take(2 * SHOWN).collect();
        format!("{}{around}..", if from > 0 { ".." } else { "" })
    };
    Error::config(format!("{what} at character {} of `{shown}`", column + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_point_at_the_character() {
        let error = |text| ListReader::new(text).list(ListReader::name).unwrap_err().to_string();
        assert_eq!(error("a,"), "expected a name at character 3 of `a,`");
        assert_eq!(error("é b"), "expected `,` at character 3 of `é b`");
        assert_eq!(error("`a"), "expected a closing back-quote at character 3 of ``a`");
        assert_eq!(error("a, b*"), "expected a name without wildcards at character 6 of `a, b*`");
        assert_eq!(
            error("\"a\""),
            "expected a name, which is quoted by back-quotes only, at character 1 of `\"a\"`"
        );
        let long = format!("{}, b c", vec!["a"; 50].join(","));
        assert!(
            error(&long).ends_with("at character 104 of `..,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a, b c..`"),
            "{}",
            error(&long)
        );
    }

    #[test]
    fn conditions_stand_between_their_brackets() {
        let read = |text| {
            ListReader::new(text).list(|reader| {
                let table = reader.table_name()?;
                reader.expect(':')?;
                Ok((table.table, reader.condition()?))
            })
        };
        let pairs = read("d.t:(a = ')' OR (b IN (1, 2))), d.`u,v` : ( x )").unwrap();
        assert_eq!(pairs, [("t".to_owned(), "a = ')' OR (b IN (1, 2))"), ("u,v".to_owned(), " x ")]);
        let error = |text| read(text).unwrap_err().to_string();
        assert_eq!(error("d.t:a = 1"), "expected `(` at character 5 of `d.t:a = 1`");
        assert_eq!(error("d.t:(a = 1"), "expected a closing `)` at character 11 of `d.t:(a = 1`");
        assert_eq!(error("d.t:(é) OR (1)"), "expected `,` at character 9 of `d.t:(é) OR (1)`");
        assert!(
            error("d.t:(1 /* x */)").starts_with("a comment is not allowed in a condition at character 8")
        );
    }
}
