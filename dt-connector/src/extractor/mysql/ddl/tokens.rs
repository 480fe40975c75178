//! Words of an SQL statement, as far as its kind and the names in it need them.
//!
//! Comments are skipped, executed comments (`/*! .. */`, `/*!50503 .. */`, MariaDB's `/*M! .. */`) are read: one that the server did not
//! execute is logged as a plain comment. What stands between double quotes
//! is a name or a string, depending on the server's mode: the place where it stands decides, since no place takes both.

use crate::extractor::mysql::server::Flavor;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A bare word: a keyword or a name.
    Word(String),
    /// A name between back-quotes, quotes removed.
    Quoted(String),
    /// A name or string between double quotes, quotes and escapes removed.
    Double(String),
    /// A string, quotes and escapes removed.
    Literal(String),
    /// Any other character.
    Symbol(char),
}

/// How a server and a session read a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    /// The family: MariaDB executes `/*M! .. */`.
    pub(crate) flavor: Flavor,
    /// Whether a backslash in a string escapes what follows: not with `NO_BACKSLASH_ESCAPES`.
    pub(crate) backslash_escapes: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { flavor: Flavor::MariaDb, backslash_escapes: true }
    }
}

/// The words of a statement.
pub(crate) fn tokens(sql: &str, dialect: Dialect) -> Vec<Token> {
    Lexer { rest: sql, tokens: Vec::new(), dialect }.run()
}

struct Lexer<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
    dialect: Dialect,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                c if c.is_whitespace() => self.skip(c.len_utf8()),
                '#' => self.skip_line(),
                '-' if self.is_dash_comment() => self.skip_line(),
                '/' if self.rest.starts_with("/*") => self.comment(),
                // The end of an executed comment.
                '*' if self.rest.starts_with("*/") => self.skip(2),
                '`' => {
                    let name = self.quoted(c);
                    self.tokens.push(Token::Quoted(name));
                }
                '"' => {
                    let text = self.quoted(c);
                    self.tokens.push(Token::Double(text));
                }
                '\'' => {
                    let text = self.quoted(c);
                    self.tokens.push(Token::Literal(text));
                }
                c if is_word(c) => self.word(),
                c => {
                    self.skip(c.len_utf8());
                    self.tokens.push(Token::Symbol(c));
                }
            }
        }
        self.tokens
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn skip_line(&mut self) {
        self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
    }

    /// MySQL wants white space behind the dashes; without it they are two minus signs.
    fn is_dash_comment(&self) -> bool {
        self.rest.strip_prefix("--").is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
    }

    fn comment(&mut self) {
        let inner = &self.rest[2..];
        let of_mariadb = inner.strip_prefix("M!").filter(|_| self.dialect.flavor == Flavor::MariaDb);
        match inner.strip_prefix('!').or(of_mariadb) {
            Some(executed) => self.rest = executed.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => self.skip(inner.find("*/").map_or(self.rest.len(), |end| end + 4)),
        }
    }

    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                if chars.peek().is_none_or(|&(_, next)| next != quote) {
                    end = at + 1;
                    break;
                }
                chars.next();
                text.push(quote);
            } else if c == '\\' && quote != '`' && self.dialect.backslash_escapes {
                if let Some((_, escaped)) = chars.next() {
                    push_escaped(&mut text, escaped);
                }
            } else {
                text.push(c);
            }
        }
        self.skip(end);
        text
    }

    fn word(&mut self) {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        self.tokens.push(Token::Word(self.rest[..end].to_owned()));
        self.skip(end);
    }
}

/// What a backslash and a character stand for.
fn push_escaped(text: &mut String, escaped: char) {
    match escaped {
        '0' => text.push('\0'),
        'n' => text.push('\n'),
        'r' => text.push('\r'),
        't' => text.push('\t'),
        'b' => text.push('\u{8}'),
        'Z' => text.push('\u{1a}'),
        // Kept for LIKE.
        '%' | '_' => text.extend(['\\', escaped]),
        other => text.push(other),
    }
}

/// MySQL's bare names: letters, digits, `_`, `$`, and everything above ASCII.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_statements() {
        let word = |w: &str| Token::Word(w.into());
        let quoted = |w: &str| Token::Quoted(w.into());
        let literal = |w: &str| Token::Literal(w.into());
        for (sql, expected) in [
            ("a /* b */ c -- d\n e # f", vec![word("a"), word("c"), word("e")]),
            ("/*!50503 a */ /*M!100100 b*/ /*! c*/", vec![word("a"), word("b"), word("c")]),
            ("`a``b`.\"c\"\"d\"", vec![quoted("a`b"), Token::Symbol('.'), Token::Double("c\"d".into())]),
            (r"'it\'s '' \n\%' t", vec![literal("it's ' \n\\%"), word("t")]),
            ("1--1", vec![word("1"), Token::Symbol('-'), Token::Symbol('-'), word("1")]),
            ("'open", vec![literal("open")]),
            ("/* open", vec![]),
            ("té$1", vec![word("té$1")]),
        ] {
            assert_eq!(tokens(sql, Dialect::default()), expected, "{sql}");
        }
        let other = Dialect { flavor: Flavor::MySql, backslash_escapes: false };
        let expected = vec![word("a"), literal("x\\"), word("c")];
        assert_eq!(tokens(r"a /*M! b */ 'x\' /*! c */", other), expected);
    }
}
