//! Walking over the words of a statement.

use dt_common::schema::TableName;

use super::tokens::{Dialect, Token, tokens};

/// The words that are left of a statement, and its default database.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    tokens: Vec<Token>,
    at: usize,
    db: String,
}

impl Words {
    /// The words of a statement, behind MariaDB's `SET STATEMENT variable = value, .. FOR`.
    pub(crate) fn new(sql: &str, db: &str, dialect: Dialect) -> Self {
        let mut words = Self { tokens: tokens(sql, dialect), at: 0, db: db.to_owned() };
        words.skip_set_statement();
        words
    }

    fn skip_set_statement(&mut self) {
        let start = self.at;
        if !self.keywords(&["SET", "STATEMENT"]) {
            return;
        }
        while !self.is_empty() && !self.keyword("FOR") {
            self.skip();
        }
        if self.is_empty() {
            self.at = start;
        }
    }

    /// The default database.
    pub(crate) fn db(&self) -> &str {
        &self.db
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Passes one word, whatever it is.
    pub(crate) fn skip(&mut self) {
        self.at += 1;
    }

    /// The next word when it is a bare one, in upper case.
    pub(crate) fn peek_keyword(&self) -> Option<String> {
        match self.tokens.get(self.at)? {
            Token::Word(word) => Some(word.to_ascii_uppercase()),
            _ => None,
        }
    }

    /// Whether this symbol comes next.
    pub(crate) fn at_symbol(&self, symbol: char) -> bool {
        self.tokens.get(self.at) == Some(&Token::Symbol(symbol))
    }

    /// Passes this symbol if it comes next.
    pub(crate) fn symbol(&mut self, symbol: char) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// Passes this word if it comes next.
    pub(crate) fn keyword(&mut self, keyword: &str) -> bool {
        self.keywords(&[keyword])
    }

    /// Passes the first of these words that comes next.
    pub(crate) fn any_keyword(&mut self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.keyword(keyword))
    }

    /// Passes these words if all of them come next.
    pub(crate) fn keywords(&mut self, keywords: &[&str]) -> bool {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let found = rest.len() >= keywords.len()
            && keywords.iter().zip(rest).all(
                |(keyword, token)| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword)),
            );
        if found {
            self.at += keywords.len();
        }
        found
    }

    /// A name, quoted or not.
    pub(crate) fn identifier(&mut self) -> Option<String> {
        let (Token::Word(name) | Token::Quoted(name) | Token::Double(name)) = self.tokens.get(self.at)?
        else {
            return None;
        };
        let name = name.clone();
        self.at += 1;
        Some(name)
    }

    /// `name` or `db.name`.
    pub(crate) fn table(&mut self) -> Option<TableName> {
        // `.name` stands for the default database.
        self.symbol('.');
        let first = self.identifier()?;
        if self.symbol('.')
            && let Some(second) = self.identifier()
        {
            return Some(TableName::new(first, second));
        }
        Some(TableName::new(self.db.clone(), first))
    }

    /// A string.
    pub(crate) fn string(&mut self) -> Option<String> {
        let (Token::Literal(text) | Token::Double(text)) = self.tokens.get(self.at)? else { return None };
        let text = text.clone();
        self.at += 1;
        Some(text)
    }

    /// A whole number.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let Token::Word(word) = self.tokens.get(self.at)? else { return None };
        let number = word.parse().ok()?;
        self.at += 1;
        Some(number)
    }

    /// Passes what stands between brackets, them included; answers whether an opening one came next.
    pub(crate) fn skip_brackets(&mut self) -> bool {
        if !self.at_symbol('(') {
            return false;
        }
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token {
                Token::Symbol('(') => depth += 1,
                Token::Symbol(')') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        true
    }

    /// Passes everything up to a comma or a closing bracket of this level.
    pub(crate) fn skip_item(&mut self) {
        while !(self.is_empty() || self.at_symbol(',') || self.at_symbol(')')) {
            if !self.skip_brackets() {
                self.skip();
            }
        }
    }

    /// Whether an item ends here.
    pub(crate) fn at_end_of_item(&self) -> bool {
        self.is_empty() || self.at_symbol(',') || self.at_symbol(')') || self.at_symbol(';')
    }

    /// Every name of one or two parts that is left.
    pub(crate) fn all_tables(&mut self) -> Vec<TableName> {
        let mut names = Vec::new();
        while !self.is_empty() {
            match self.table() {
                Some(name) => names.push(name),
                None => self.skip(),
            }
        }
        names
    }
}
