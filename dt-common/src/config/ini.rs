//! The task file, read raw: sections and keys with their lines, nothing interpreted.

use std::collections::HashMap;
use std::fmt::{self, Display};
use std::str::FromStr;

use ini_core::{Item, Parser};

use super::keys::{self, FOREIGN};
use crate::error::{Error, Result};
use crate::list::ListReader;
use crate::nearest::nearest;

/// Raw values by section and key, with the line that each stands on. Prints without the values: passwords are among them.
pub struct RawConfig {
    file: String,
    values: HashMap<(String, String), (String, usize)>,
}

impl fmt::Debug for RawConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawConfig").field("file", &self.file).field("keys", &self.values.keys()).finish()
    }
}

impl RawConfig {
    /// Reads the text of a task file; `file` names it in errors.
    ///
    /// Comments begin with `;` or `#` at the start of a line. White space around names and values is dropped.
    ///
    /// # Errors
    /// A line that is no section, key or comment; an unknown or repeated section or key. Each names its line.
    pub fn parse(file: &str, text: &str) -> Result<Self> {
        let mut raw = Self { file: file.to_owned(), values: HashMap::new() };
        let mut section = String::new();
        let mut line = 0;
        for item in Parser::new(text) {
            if item == Item::SectionEnd {
                continue;
            }
            line += 1;
            match item {
                Item::Section(name) => section = raw.check_section(name.trim(), line)?,
                Item::Property(key, value) if !key.trim_start().starts_with('#') => {
                    raw.add(&section, key.trim(), value, line)?;
                }
                Item::Error(_) => return Err(raw.error(line, "a section is written `[name]`")),
                Item::Property(..) | Item::Comment(_) | Item::Blank | Item::SectionEnd => {}
            }
        }
        Ok(raw)
    }

    fn check_section(&self, name: &str, line: usize) -> Result<String> {
        if keys::section(name).is_some() {
            return Ok(name.to_owned());
        }
        let hint = foreign(&format!("[{name}]")).unwrap_or_else(|| {
            nearest(name, keys::SECTIONS.iter().map(|section| section.name))
                .map(|n| format!("did you mean [{n}]?"))
                .unwrap_or_default()
        });
        Err(self.error(line, &format!("unknown section [{name}]; {hint}")))
    }

    fn add(&mut self, section: &str, name: &str, value: Option<&str>, line: usize) -> Result<()> {
        if name.is_empty() && value.is_none() {
            return Ok(());
        }
        let Some(value) = value else {
            // Anything but a known name may be a piece of a secret.
            let is_known = keys::section_of(name).is_some();
            let what =
                if is_known { format!("`{name}` has no value") } else { "a line without `=`".to_owned() };
            return Err(self.error(line, &format!("{what}; a key is written `key = value`")));
        };
        if section.is_empty() {
            return Err(self.error(line, &format!("`{name}` stands before the first section")));
        }
        if keys::find(section, name).is_none() {
            let known =
                keys::section(section).into_iter().flat_map(|section| section.keys).map(|key| key.name);
            let elsewhere = keys::section_of(name);
            let hint = foreign(&format!("[{section}] {name}"))
                .or_else(|| elsewhere.map(|other| format!("`{name}` belongs to [{other}]")))
                .or_else(|| nearest(name, known).map(|n| format!("did you mean `{n}`?")))
                .unwrap_or_default();
            return Err(self.error(line, &format!("unknown key `{name}` in [{section}]; {hint}")));
        }
        let place = (section.to_owned(), name.to_owned());
        match self.values.insert(place, (value.trim().to_owned(), line)) {
            Some((_, first)) => {
                Err(self
                    .error(line, &format!("`{name}` was set on line {first} already; keep one of the two")))
            }
            None => Ok(()),
        }
    }

    /// The value as written, or the registered default; `None` when there is neither.
    pub fn get(&self, section: &str, name: &str) -> Option<&str> {
        let place = (section.to_owned(), name.to_owned());
        match self.values.get(&place) {
            Some((value, _)) => Some(value),
            None => keys::find(section, name).and_then(|key| key.default),
        }
    }

    /// The line that a key stands on; `None` when it is not in the file.
    pub fn line(&self, section: &str, name: &str) -> Option<usize> {
        self.values.get(&(section.to_owned(), name.to_owned())).map(|(_, line)| *line)
    }

    /// The value, which has to be there and not be empty.
    ///
    /// # Errors
    /// Names the section and the key that is missing.
    pub fn require(&self, section: &str, name: &str) -> Result<&str> {
        self.get(section, name).filter(|value| !value.is_empty()).ok_or_else(|| self.missing(section, name))
    }

    /// An error about a key that has to be there.
    pub fn missing(&self, section: &str, name: &str) -> Error {
        Error::config(format!("{}: `{name}` is missing in [{section}]", self.file))
    }

    /// A value that parses by its [`FromStr`].
    ///
    /// # Errors
    /// Names the line, the key and what was expected.
    pub fn parsed<T: FromStr<Err: Display>>(&self, section: &str, name: &str) -> Result<T> {
        let value = self.require(section, name)?;
        value.parse().map_err(|e| self.bad(section, name, &format!("{e}")))
    }

    /// A number within bounds, both inclusive.
    ///
    /// # Errors
    /// Names the line, the key and the bounds.
    pub fn number(&self, section: &str, name: &str, least: u64, most: u64) -> Result<u64> {
        let value = self.require(section, name)?;
        match value.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(self.bad(section, name, &format!("`{value}` is no number from {least} to {most}"))),
        }
    }

    /// One of several words.
    ///
    /// # Errors
    /// Names the line, the key and the words.
    pub fn choice<T: Copy>(&self, section: &str, name: &str, choices: &[(&str, T)]) -> Result<T> {
        let value = self.require(section, name)?;
        choices.iter().find(|(word, _)| *word == value).map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.bad(section, name, &format!("`{value}` is none of {}", words.join(", ")))
        })
    }

    /// A list that is read item by item; empty when the key is.
    ///
    /// # Errors
    /// Names the line, the key and the character.
    pub(crate) fn list<'a, T>(
        &'a self,
        section: &str,
        name: &str,
        item: impl FnMut(&mut ListReader<'a>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let reader = ListReader::new(self.get(section, name).unwrap_or_default());
        reader.list(item).map_err(|e| e.at(self.place(section, name)))
    }

    /// Where a key stands, as errors name it: `task.ini:7: [filter] do_tbs`.
    pub fn place(&self, section: &str, name: &str) -> String {
        let line = self.line(section, name).map_or(String::new(), |line| format!(":{line}"));
        format!("{}{line}: [{section}] {name}", self.file)
    }

    /// An error about one key's value.
    pub fn bad(&self, section: &str, name: &str, what: &str) -> Error {
        Error::config(what).at(self.place(section, name))
    }

    fn error(&self, line: usize, what: &str) -> Error {
        Error::config(format!("{}:{line}: {}", self.file, what.trim_end_matches("; ")))
    }
}

fn foreign(name: &str) -> Option<String> {
    FOREIGN.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| format!("dt uses {ours}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        RawConfig::parse("t.ini", text).unwrap_err().to_string()
    }

    #[test]
    fn values_comments_and_defaults() {
        let raw = RawConfig::parse("t.ini", "# c\n; c\n[task]\r\n id =  a=b ;x \n\n[pipeline]\n").unwrap();
        assert_eq!(raw.get("task", "id"), Some("a=b ;x"));
        assert_eq!(raw.get("pipeline", "max_rows"), Some("1000000"));
        assert_eq!(raw.get("sinker", "url"), None);
        assert!(!format!("{raw:?}").contains("a=b"));
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        assert_eq!(
            error("[task]\nid=a\n[sinkr]\n"),
            "t.ini:3: unknown section [sinkr]; did you mean [sinker]?"
        );
        assert_eq!(error("[task]\nidd=a\n"), "t.ini:2: unknown key `idd` in [task]; did you mean `id`?");
        assert_eq!(
            error("[task]\nurl=a\n"),
            "t.ini:2: unknown key `url` in [task]; `url` belongs to [extractor]"
        );
        assert_eq!(error("[task]\nqqq=a\n"), "t.ini:2: unknown key `qqq` in [task]");
        assert!(error("[resumer]\n").contains("resumes by itself"));
        assert!(error("[pipeline]\nbuffer_size=1\n").contains("[pipeline] buffer_memory_mb"));
    }

    #[test]
    fn malformed_lines_are_refused() {
        assert_eq!(error("[task\n"), "t.ini:1: a section is written `[name]`");
        assert_eq!(error("[task]\nid\n"), "t.ini:2: `id` has no value; a key is written `key = value`");
        assert_eq!(error("[task]\nhunter2\n"), "t.ini:2: a line without `=`; a key is written `key = value`");
        assert_eq!(error("id=a\n"), "t.ini:1: `id` stands before the first section");
        assert!(error("[task]\nid=a\nid=b\n").contains("line 2 already"));
    }

    #[test]
    fn values_are_checked_at_their_line() {
        let raw =
            RawConfig::parse("t.ini", "[pipeline]\nmax_rows = 0\n[extractor]\nstop_at = later\n").unwrap();
        assert_eq!(
            raw.number("pipeline", "max_rows", 1, 9).unwrap_err().to_string(),
            "t.ini:2: [pipeline] max_rows: `0` is no number from 1 to 9"
        );
        let error = raw.choice("extractor", "stop_at", &[("never", 0), ("caught_up", 1)]).unwrap_err();
        assert_eq!(error.to_string(), "t.ini:4: [extractor] stop_at: `later` is none of never, caught_up");
        assert_eq!(raw.require("task", "id").unwrap_err().to_string(), "t.ini: `id` is missing in [task]");
    }
}
