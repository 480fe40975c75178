//! The page of the documentation that is written from the registry.

use super::{FOREIGN, SECTIONS};

/// The reference of the task file in Markdown: what `docs/configuration.md` holds.
pub fn reference() -> String {
    let mut text = String::from(
        "# Configuration\n\nA task is one ini file. Comments begin with `;` or `#` at the start of a line. Unknown sections and keys are \
         errors that name the line and the nearest known name. This page is written from the registry of keys in the code.\n",
    );
    for section in SECTIONS {
        text.push_str(&format!("\n## [{}]\n\n| key | default | |\n|---|---|---|\n", section.name));
        for key in section.keys {
            let default = match key.default {
                None => "none".to_owned(),
                Some("") => "empty".to_owned(),
                Some(value) => format!("`{value}`"),
            };
            text.push_str(&format!("| `{}` | {default} | {} |\n", key.name, key.doc));
        }
    }
    text.push_str("\n## Names of ape-dts\n\n| there | here |\n|---|---|\n");
    for (theirs, ours) in FOREIGN {
        text.push_str(&format!("| `{theirs}` | {ours} |\n"));
    }
    text.push_str("| `parallel_type=rdb_merge` | the same as `merge` |\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_DOCS=1 cargo test -p dt-common` writes the page.
    #[test]
    fn the_page_is_the_registry() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(page, reference()).unwrap();
        }
        assert!(
            std::fs::read_to_string(page).unwrap() == reference(),
            "run UPDATE_DOCS=1 cargo test -p dt-common"
        );
    }
}
