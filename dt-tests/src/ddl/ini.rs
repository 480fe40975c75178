//! A task file that gets further lines while a task is used. Pure.

use std::collections::BTreeMap;

/// Sections, keys, and the entries of their lists.
#[derive(Debug, Clone, Default)]
pub struct Ini(BTreeMap<String, BTreeMap<String, Vec<String>>>);

impl Ini {
    /// Reads a task file.
    pub fn read(text: &str) -> Self {
        let mut ini = Self::default();
        let mut section = "";
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            } else if let Some((key, value)) = line.split_once('=') {
                ini.set(section, key.trim(), value.trim());
            }
        }
        ini
    }

    /// Sets a key.
    pub fn set(&mut self, section: &str, key: &str, value: &str) {
        self.section(section).insert(key.to_owned(), vec![value.to_owned()]);
    }

    /// Puts an entry in front of a key's others: of exceptions the first that matches counts.
    pub fn add(&mut self, section: &str, key: &str, entry: &str) {
        let entries = self.section(section).entry(key.to_owned()).or_default();
        if !entries.iter().any(|known| known == entry) {
            entries.insert(0, entry.to_owned());
        }
    }

    fn section(&mut self, section: &str) -> &mut BTreeMap<String, Vec<String>> {
        self.0.entry(section.to_owned()).or_default()
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (section, keys) in &self.0 {
            text.push_str(&format!("[{section}]\n"));
            for (key, entries) in keys {
                text.push_str(&format!("{key}={}\n", entries.join(", ")));
            }
        }
        text
    }
}

/// The line that an error names as its remedy: section, key, entry.
pub fn remedy(error: &str) -> Option<(String, String, String)> {
    if let Some((_, rest)) = error.split_once("`[schema] ") {
        let (key, rest) = rest.split_once('=')?;
        let entry = rest.split('`').next()?;
        return Some(("schema".to_owned(), key.trim().to_owned(), entry.trim().to_owned()));
    }
    let entry = error.split_once("[filter] ignore_tbs=")?.1.split_whitespace().next()?;
    Some(("filter".to_owned(), "ignore_tbs".to_owned(), entry.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_errors_name() {
        let of = |error| remedy(error).map(|(section, key, entry)| format!("{section} {key} {entry}"));
        assert_eq!(
            of("x, and [schema] add_column = stop; `[schema] add_column = d.t:apply` lets it pass").unwrap(),
            "schema add_column d.t:apply"
        );
        assert_eq!(of("or pass it over with [filter] ignore_tbs=d.t").unwrap(), "filter ignore_tbs d.t");
        assert_eq!(of("something else"), None);
    }

    #[test]
    fn entries_come_in_front() {
        let mut ini = Ini::read("[task]\nid=x\n[schema]\nadd_column = d.*:stop, apply\n");
        ini.add("schema", "add_column", "d.t:apply");
        assert_eq!(ini.text(), "[schema]\nadd_column=d.t:apply, d.*:stop, apply\n[task]\nid=x\n");
    }
}
