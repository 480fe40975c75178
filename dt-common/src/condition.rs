//! SQL conditions of the task file: where one ends, and whether it can stand between brackets.
//!
//! A condition becomes `WHERE (condition) AND ..`, so nothing in it may reach behind its closing bracket: brackets and quotes
//! have to be balanced, and comments, which could swallow the bracket, are refused. What it means is the source's matter.

/// What is wrong with a condition, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

/// The place of the bracket that closes a condition; `text` begins behind the one that opens it. Reads as a MySQL session without
/// `ANSI_QUOTES` and `NO_BACKSLASH_ESCAPES` does.
pub(crate) fn closing(text: &str) -> Result<usize, Flaw> {
    let mut chars = text.char_indices().peekable();
    let (mut depth, mut empty) = (0_usize, true);
    while let Some((at, c)) = chars.next() {
        let what = match (c, chars.peek().map(|(_, next)| *next)) {
            (')', _) if depth == 0 && empty => Some("expected a condition"),
            (')', _) if depth == 0 => return Ok(at),
            (')', _) => {
                depth -= 1;
                None
            }
            ('(', _) => {
                depth += 1;
                None
            }
            ('\'' | '"' | '`', _) => (!skip_quoted(&mut chars, c)).then_some("a quote that is not closed"),
            ('#', _) | ('-', Some('-')) | ('/', Some('*')) => Some("a comment is not allowed in a condition"),
            (';', _) => Some("`;` is not allowed in a condition"),
            ('?', _) => Some("`?` outside of quotes is not allowed in a condition"),
            _ => None,
        };
        if let Some(what) = what {
            return Err(Flaw { at, what });
        }
        empty = empty && c.is_whitespace();
    }
    Err(Flaw { at: text.len(), what: "expected a closing `)`" })
}

/// Checks a condition that stands alone, without brackets of its own.
pub(crate) fn check(text: &str) -> Result<(), Flaw> {
    match closing(&format!("{text})")) {
        Ok(at) if at < text.len() => Err(Flaw { at, what: "a `)` without its `(`" }),
        Ok(_) => Ok(()),
        // The bracket that was added here is not the one that is missing.
        Err(flaw) => Err(Flaw { at: flaw.at.min(text.len()), ..flaw }),
    }
}

/// Moves behind the end of a quoted text; answers whether it has one. A doubled quote ends it and opens the next.
fn skip_quoted(chars: &mut impl Iterator<Item = (usize, char)>, quote: char) -> bool {
    while let Some((_, c)) = chars.next() {
        if c == quote {
            return true;
        }
        if c == '\\' && quote != '`' {
            chars.next();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_ends_at_its_own_bracket() {
        for (text, rest) in [
            ("a = 1) x", " x"),
            ("a IN (1, (2))), b", ", b"),
            ("a = ')' ), b", ", b"),
            (r"a = 'it\'s )' ) b", " b"),
            ("a = 'it''s )') b", " b"),
            (r"`a\`=')') b", " b"),
            ("a = \"--)\" - -1)", ""),
            ("a / 2 > 1 AND j->'$.x?' = '#')", ""),
        ] {
            assert_eq!(closing(text).map(|at| &text[at + 1..]), Ok(rest), "{text}");
        }
    }

    #[test]
    fn what_could_reach_behind_the_bracket_is_refused() {
        for (text, at, what) in [
            ("(a = 1", 6, "expected a closing `)`"),
            ("a = 1) OR (1", 5, "a `)` without its `(`"),
            ("a = 'x", 4, "a quote that is not closed"),
            (r"a = 'x\'", 4, "a quote that is not closed"),
            ("`a", 0, "a quote that is not closed"),
            ("a = 1 -- ", 6, "a comment"),
            ("a = 1 # ", 6, "a comment"),
            ("a = 1 /*! ) OR ( */", 6, "a comment"),
            ("1; DROP", 1, "`;`"),
            ("a = ?", 4, "`?`"),
            ("  ", 2, "expected a condition"),
        ] {
            let flaw = check(text).unwrap_err();
            assert!(flaw.at == at && flaw.what.starts_with(what), "{text}: {flaw:?}");
        }
        assert_eq!(check("a = 1"), Ok(()));
        assert_eq!(closing("a = 1"), Err(Flaw { at: 5, what: "expected a closing `)`" }));
    }
}
