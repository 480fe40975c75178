//! Names with wildcards.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::list::ListReader;
use crate::schema::TableName;

/// A name that may hold `*` (any characters) and `?` (one character). In back-quotes nothing is a wildcard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

/// A piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// This character.
    Literal(char),
    /// One character.
    One,
    /// Any characters, or none.
    Any,
}

impl Pattern {
    pub(crate) fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// A name in which nothing is a wildcard.
    pub(crate) fn of_name(name: &str) -> Self {
        Self::new(name.chars().map(Part::Literal).collect())
    }

    /// The pattern of every name.
    pub(crate) fn any() -> Self {
        Self::new(vec![Part::Any])
    }

    /// The pattern of the same names in lower case.
    pub(crate) fn to_lowercase(&self) -> Self {
        let lower = |part: &Part| match part {
            Part::Literal(c) => c.to_lowercase().map(Part::Literal).collect(),
            other => vec![other.clone()],
        };
        Self::new(self.parts.iter().flat_map(lower).collect())
    }

    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

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

/// The text of a list that stands for the pattern.
impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        let runs = pattern.parts.chunk_by(|a, b| matches!((a, b), (Part::Literal(_), Part::Literal(_))));
        let text = runs.map(|run| match run {
            [Part::Any] => "*".to_owned(),
            [Part::One] => "?".to_owned(),
            literals => {
                let name = Pattern::new(literals.to_vec()).literal().unwrap_or_default();
                format!("`{}`", name.replace('`', "``"))
            }
        });
        text.collect()
    }
}

impl TryFrom<String> for Pattern {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        match <[Self; 1]>::try_from(ListReader::new(&text).list(ListReader::pattern)?) {
            Ok([pattern]) => Ok(pattern),
            Err(_) => Err(Error::config("one name is wanted")),
        }
    }
}

/// A table by the patterns of its two names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TablePattern {
    pub(crate) db: Pattern,
    pub(crate) table: Pattern,
}

impl TablePattern {
    pub(crate) fn of_name(name: &TableName) -> Self {
        Self { db: Pattern::of_name(&name.db), table: Pattern::of_name(&name.table) }
    }

    pub(crate) fn matches(&self, name: &TableName) -> bool {
        self.db.matches(&name.db) && self.table.matches(&name.table)
    }

    /// The table, when neither part has a wildcard.
    pub(crate) fn literal(&self) -> Option<TableName> {
        Some(TableName { db: self.db.literal()?, table: self.table.literal()? })
    }
}

#[cfg(test)]
mod tests {
    use crate::list::ListReader;

    #[test]
    fn wildcards() {
        let pattern = |text| ListReader::new(text).pattern().unwrap();
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
}
