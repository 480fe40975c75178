//! The text of a case with its placeholders filled in.

use std::collections::BTreeMap;

/// Values of `{name}` placeholders.
#[derive(Debug, Clone, Default)]
pub struct Vars(BTreeMap<String, String>);

impl Vars {
    /// Sets one placeholder.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The value of one placeholder, empty if it is not set.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The text with every known placeholder replaced; other braces stay, so JSON needs no escape.
    pub fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_placeholders_are_replaced() {
        let mut vars = Vars::default();
        vars.set("db", "dt_test_x");
        assert_eq!(vars.fill("{db}.t {\"a\":1} {db}__b"), "dt_test_x.t {\"a\":1} dt_test_x__b");
    }
}
