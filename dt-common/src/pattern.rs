//! Names with wildcards, and the lists of them that filter and router keys hold.

use crate::error::{Error, Result};

/// A name that may hold `*` (any characters) and `?` (one character). In back-quotes nothing is a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(char),
    One,
    Any,
}

impl Pattern {
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        // Greedy matching with one point of return: the last `*` and where it was tried.
        let (mut p, mut n, mut retry) = (0, 0, None);
        while n < name.len() {
            match self.parts.get(p) {
                Some(Part::Any) => {
                    retry = Some((p + 1, n));
                    p += 1;
                }
                Some(Part::One) => (p, n) = (p + 1, n + 1),
                Some(Part::Literal(c)) if *c == name[n] => (p, n) = (p + 1, n + 1),
                _ => match retry {
                    Some((after, tried)) => {
                        retry = Some((after, tried + 1));
                        (p, n) = (after, tried + 1);
                    }
                    None => return false,
                },
            }
        }
        self.parts[p..].iter().all(|part| *part == Part::Any)
    }

    /// The name, when the pattern has no wildcard.
    pub(crate) fn literal(&self) -> Option<String> {
        self.parts.iter().map(|part| if let Part::Literal(c) = part { Some(*c) } else { None }).collect()
    }
}

/// Reads lists such as ``db1.t1, `d.b`.*``. Errors point at the character, counted from 1.
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
                    return Err(self.error("a name"));
                }
            }
        }
        Ok(items)
    }

    pub(crate) fn expect(&mut self, wanted: char) -> Result<()> {
        self.skip_space();
        match self.rest.next_if(|(_, c)| *c == wanted) {
            Some(_) => Ok(()),
            None => Err(self.error(&format!("`{wanted}`"))),
        }
    }

    pub(crate) fn pattern(&mut self) -> Result<Pattern> {
        self.skip_space();
        let mut parts = Vec::new();
        while let Some(&(_, c)) = self.rest.peek() {
            match c {
                '`' => self.quoted(&mut parts)?,
                ',' | '.' | ':' => break,
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
        if parts.is_empty() { Err(self.error("a name")) } else { Ok(Pattern { parts }) }
    }

    /// A name without wildcards.
    pub(crate) fn name(&mut self) -> Result<String> {
        let pattern = self.pattern()?;
        pattern.literal().ok_or_else(|| self.error("a name without wildcards"))
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
                None => return Err(self.error("a closing back-quote")),
            }
        }
    }

    fn skip_space(&mut self) {
        while self.rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
    }

    fn error(&mut self, wanted: &str) -> Error {
        let at = self.rest.peek().map_or(self.text.len(), |(at, _)| *at);
        let column = self.text[..at].chars().count() + 1;
        Error::config(format!("expected {wanted} at character {column} of `{}`", self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        ListReader::new(text).pattern().unwrap()
    }

    #[test]
    fn wildcards() {
        for (text, name, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("*a*b*", "xxaxxbxx", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("`a*`", "a*", true),
            ("`a*`", "ab", false),
            ("`a.b`*", "a.bc", true),
            ("`a``b`", "a`b", true),
            ("t_?", "t_é", true),
        ] {
            assert_eq!(pattern(text).matches(name), expected, "{text} on {name}");
        }
    }

    #[test]
    fn errors_point_at_the_character() {
        let error = |text| ListReader::new(text).list(ListReader::name).unwrap_err().to_string();
        assert_eq!(error("a,"), "expected a name at character 3 of `a,`");
        assert_eq!(error("é b"), "expected `,` at character 3 of `é b`");
        assert_eq!(error("`a"), "expected a closing back-quote at character 3 of `` `a`".replace("`` ", "`"));
        assert!(error("a*").contains("without wildcards"));
    }
}
