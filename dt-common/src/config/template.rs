//! A task file to start from, written from the registry of keys.

use std::fmt::Write;

use super::keys::SECTIONS;
use super::task::ExtractType;

/// Longest line of a comment, in characters.
const WIDTH: usize = 110;

/// A commented task file: keys without a default hold an example with `<..>` to be filled in, all others stand commented out with
/// their default. A comment is `; text`, a key that is commented out `;key = value`.
pub fn template(kind: ExtractType) -> String {
    let mut text = String::new();
    push_comment(&mut text, &format!("A task of dt: {}", purpose(kind)));
    push_comment(
        &mut text,
        "Fill in what stands in <..>. A line `;key = value` shows a default; without its `;` it can be changed.",
    );
    push_comment(&mut text, "`dt plan FILE` shows what the task will do, `dt run FILE` does it.");
    for section in SECTIONS {
        let mut keys = section.keys.iter().filter(|key| key.applies_to(kind)).peekable();
        if keys.peek().is_some() {
            let _ = write!(text, "\n[{}]", section.name);
        }
        for key in keys {
            text.push('\n');
            push_comment(&mut text, key.doc);
            let _ = match key.default {
                Some(default) => writeln!(text, "{}", format!(";{} = {default}", key.name).trim_end()),
                None if key.name == "extract_type" => writeln!(text, "extract_type = {}", kind.name()),
                None => writeln!(text, "{} = {}", key.name, key.example),
            };
        }
    }
    text
}

fn purpose(kind: ExtractType) -> &'static str {
    match kind {
        ExtractType::Struct => "creates the databases and tables that the target lacks, and ends.",
        ExtractType::Snapshot => "copies the rows as they are now into tables that exist, and ends.",
        ExtractType::Cdc => "follows the changes of tables that exist in the target, without an end.",
        ExtractType::SnapshotAndCdc => {
            "creates missing tables, copies the rows, then follows the changes, without an end."
        }
    }
}

fn push_comment(out: &mut String, text: &str) {
    let mut line = String::from(";");
    for word in text.split_whitespace() {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line.truncate(1);
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::TaskConfig;
    use super::*;

    /// Every key without a default is written once, every other one commented out once, those of other kinds not at all.
    #[test]
    fn a_template_has_every_key_of_its_kind() {
        for (name, kind) in ExtractType::NAMES {
            let text = template(kind);
            let per_name = |name: &str, section: &str| {
                let body = text.split(&format!("\n[{section}]\n")).nth(1).unwrap_or_default();
                let body = body.split("\n[").next().unwrap_or_default();
                body.lines().filter(|l| l.trim_start_matches(';').starts_with(&format!("{name} ="))).count()
            };
            for (section, key) in SECTIONS.iter().flat_map(|s| s.keys.iter().map(|key| (s.name, key))) {
                let expected = usize::from(key.applies_to(kind));
                assert_eq!(per_name(key.name, section), expected, "{name}: [{section}] {}", key.name);
                assert!(
                    key.default.is_some() || key.name == "extract_type" || !key.example.is_empty(),
                    "{}",
                    key.name
                );
            }
            assert!(text.contains(&format!("\nextract_type = {name}\n")), "{name}");
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{name}");
        }
    }

    #[test]
    fn a_template_is_a_task_once_it_is_filled_in() {
        for (name, kind) in ExtractType::NAMES {
            let template = template(kind);
            let unfilled = TaskConfig::parse("t.ini", &template).unwrap_err().to_string();
            assert!(unfilled.starts_with("t.ini:"), "{name}: {unfilled}");
            let filled = ["name", "user", "password", "host"]
                .iter()
                .fold(template, |text, word| text.replace(&format!("<{word}>"), word));
            assert!(!filled.lines().any(|line| !line.starts_with("; ") && line.contains('<')), "{name}");
            assert_eq!(TaskConfig::parse("t.ini", &filled).unwrap().extract_type, kind);
            // With every default written out it is the same task.
            let whole: String = filled
                .lines()
                .map(|line| match line.strip_prefix(';') {
                    Some(key) if !key.starts_with(' ') => format!("{key}\n"),
                    _ => format!("{line}\n"),
                })
                .collect();
            let shown = |text: &str| format!("{:?}", TaskConfig::parse("t.ini", text).unwrap());
            assert_eq!(shown(&whole), shown(&filled), "{name}");
        }
    }
}
