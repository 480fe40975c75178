//! The commands of `sh` blocks: each is known, and so is the test that runs it.

use anyhow::{Result, bail};

use super::page::Page;
use super::transcript::fits;

/// Who runs a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// This test, at the root of the repository.
    Here,
    /// Another test, or a page that this test walks.
    Other(&'static str),
    /// Nobody, and why: printed by each run, and said on the page.
    Nobody(&'static str),
}

const NO_SYSTEMD: By =
    By::Nobody("no running systemd in the tests; the unit is verified by make lint-packaging");
const NO_CONTAINERS: By =
    By::Nobody("no containers in the tests; the files are linted by make lint-packaging");

/// Commands that pages show, `...` for any text.
const FORMS: &[(&str, By)] = &[
    ("make demo", By::Here),
    ("make up", By::Other("docs/manual-run.md")),
    ("make down", By::Other("docs/manual-run.md")),
    ("make unit", By::Other("make test begins with it")),
    ("make lint", By::Other(".ci/run")),
    ("make test", By::Other(".ci/run")),
    ("make test CASE=... SERVER=...", By::Other("the case that it names is a case of make test")),
    ("make bench", By::Other("make test plays it with few rows")),
    ("make matrix", By::Other("make test plays a sample of it")),
    ("make ddl", By::Other("make test plays a sample of it")),
    (
        "make faults",
        By::Nobody("half an hour: make test plays a sample of it, and it is run before a release"),
    ),
    ("make soak", By::Nobody("twenty minutes: it is run before a release")),
    (
        "make verify",
        By::Nobody("make lint, make test, make matrix, make ddl and make faults: it is run before a release"),
    ),
    ("make release", By::Nobody("a release build takes too long for a test")),
    ("dt run shop.ini", By::Other("docs/quick-start.md")),
    ("dt plan shop.ini", By::Other("docs/quick-start.md")),
    ("dt position shop.ini", By::Other("docs/quick-start.md")),
    ("dt precheck shop.ini", By::Other("docs/quick-start.md")),
    ("dt precheck shop.ini --format json", By::Other("the cases of bad_input and precheck")),
    ("dt check shop.ini", By::Other("the cases check/..")),
    ("dt check shop.ini --repair", By::Other("the cases check/repair_sql and check/repair_stage")),
    ("dt reset shop.ini", By::Other("the cases commands/reset..")),
    ("install -m ...", NO_SYSTEMD),
    ("systemctl ...", NO_SYSTEMD),
    ("journalctl ...", NO_SYSTEMD),
    ("docker ...", NO_CONTAINERS),
    ("kubectl ...", NO_CONTAINERS),
];

/// Words that begin a command. A `text` block must not hide one.
const COMMANDS: [&str; 9] = ["make", "dt", "./dt", "cargo", "docker", "kubectl", "systemctl", "curl", "$"];

/// Looks at every block of every page that is not walked. Answers the commands and who runs them, each once.
///
/// # Errors
/// A command that no form knows, a form that no page uses, a language that nobody knows.
pub fn check(pages: &[Page]) -> Result<Vec<(String, By)>> {
    let mut seen: Vec<(String, By)> = Vec::new();
    let mut used = vec![false; FORMS.len()];
    for page in pages {
        for block in &page.blocks {
            for (number, row) in block.text.lines().enumerate() {
                let place = format!("{}:{}", page.name, block.line + number);
                let first = row.split_whitespace().next().unwrap_or_default();
                match block.language.as_str() {
                    "sh" => {
                        let command = without_comment(row);
                        if command.is_empty() || seen.iter().any(|(known, _)| known == command) {
                            continue;
                        }
                        let Some(form) = FORMS.iter().position(|(form, _)| fits(&[*form], &[command])) else {
                            bail!(
                                "{place}: no test is known to run `{command}`: walk it (console), or name its test in forms.rs"
                            );
                        };
                        used[form] = true;
                        seen.push((command.to_owned(), FORMS[form].1));
                    }
                    "text" if COMMANDS.contains(&first) => {
                        bail!("{place}: `{row}` looks like a command: its block is `sh` or `console`")
                    }
                    "console" | "ini" | "sql" | "text" | "yaml" => {}
                    other => bail!("{place}: a block of `{other}`: see dt-tests/src/docs/mod.rs"),
                }
            }
        }
    }
    if let Some((form, _)) = FORMS.iter().zip(&used).find(|(_, used)| !**used).map(|(form, _)| form) {
        bail!("no page shows `{form}` any more: remove it from forms.rs");
    }
    Ok(seen)
}

/// The command of a line: what stands before a comment.
fn without_comment(row: &str) -> &str {
    let row = row.trim();
    if row.starts_with('#') { "" } else { row.split(" # ").next().unwrap_or(row).trim_end() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_hidden_commands_are_refused() {
        for (text, why) in [
            ("```sh\nmake coffee\n```\n", "no test is known to run `make coffee`"),
            ("```text\ndt run shop.ini\n```\n", "looks like a command"),
            ("```perl\nprint\n```\n", "a block of `perl`"),
        ] {
            let page = Page::parse("p.md", text).unwrap();
            let refused = check(&[page]).unwrap_err().to_string();
            assert!(refused.starts_with("p.md:2: ") && refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn comments_are_no_part_of_a_command() {
        assert_eq!(without_comment("make up   # leaves servers"), "make up");
        assert_eq!(without_comment("# only words"), "");
    }
}
