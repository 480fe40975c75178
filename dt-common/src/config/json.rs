//! The JSON form of some lists, which users of ape-dts bring: `json:[{"db":"d","tb":"t", ..}]`. Names in it have no wildcards.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

use super::ini::RawConfig;
use crate::error::Result;
use crate::list::bad;

/// What the form begins with.
const PREFIX: &str = "json:";

impl RawConfig {
    /// The entries of a value in the JSON form; `None` for a value in another form.
    ///
    /// # Errors
    /// JSON that does not parse, with its line, its key and the character.
    pub(crate) fn json_list<T: DeserializeOwned>(&self, section: &str, name: &str) -> Result<Option<Vec<T>>> {
        let value = self.get(section, name).unwrap_or_default();
        let Some(json) = value.strip_prefix(PREFIX) else { return Ok(None) };
        serde_json::from_str(json).map(Some).map_err(|e| {
            // A value has one line only, of which the parser counts the bytes that it has read.
            let read = (PREFIX.len() + e.column()).saturating_sub(1).min(value.len());
            let at = (0..=read).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
            let text = e.to_string();
            let what = text.split(" at line ").next().unwrap_or_default();
            bad(value, at, what).at(self.place(section, name))
        })
    }
}

/// A JSON object as it is written, repeated names included.
#[derive(Debug)]
pub(crate) struct Pairs(pub(crate) Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Entry {
        db: String,
    }

    #[test]
    fn errors_point_into_the_value() {
        let read = |value: &str| {
            let raw = RawConfig::parse("t.ini", &format!("[filter]\nignore_cols={value}\n")).unwrap();
            raw.json_list::<Entry>("filter", "ignore_cols")
        };
        assert!(read("a.b.c").unwrap().is_none());
        assert_eq!(read(r#"json: [ {"db":"x"} ]"#).unwrap().unwrap().len(), 1);
        let error = |value| read(value).unwrap_err().to_string();
        assert_eq!(
            error(r#"json:[{"db":"x","table":"y"}]"#),
            "t.ini:2: [filter] ignore_cols: unknown field `table`, expected `db` at character 23 of \
             `json:[{\"db\":\"x\",\"table\":\"y\"}]`"
        );
        assert!(
            error("json:[").contains("EOF while parsing a list at character 6 of `json:[`"),
            "{}",
            error("json:[")
        );
        assert!(
            error("json:[{\"db\":\"é\"}, 5]").contains("at character 19"),
            "{}",
            error("json:[{\"db\":\"é\"}, 5]")
        );
    }
}
