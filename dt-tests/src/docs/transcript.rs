//! A `console` block: commands, and what they print.

/// A command and what the page says that it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Line of the command in its page.
    pub line: usize,
    /// What is typed. A line that ends with `\` goes on in the next one.
    pub command: String,
    /// What is printed, with `...` for what differs each time.
    pub printed: Vec<String>,
}

/// The exchanges of a block that begins at `line` of its page; `None` when it begins with something else than a command.
pub fn read(text: &str, line: usize) -> Option<Vec<Exchange>> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    let mut goes_on = false;
    for (number, row) in text.lines().enumerate() {
        if let (true, Some(last)) = (goes_on, exchanges.last_mut()) {
            last.command = format!("{}\n{row}", last.command);
            goes_on = row.ends_with('\\');
        } else if let Some(command) = row.strip_prefix("$ ") {
            goes_on = command.ends_with('\\');
            let command = command.to_owned();
            exchanges.push(Exchange { line: line + number, command, printed: Vec::new() });
        } else {
            exchanges.last_mut()?.printed.push(row.trim_end().to_owned());
        }
    }
    Some(exchanges)
}

/// Whether lines are what a page says: `...` stands for any text, alone on a line for any lines. White space counts as one blank,
/// so that columns stay columns behind a `...`.
pub fn fits<P: AsRef<str>, L: AsRef<str>>(page: &[P], lines: &[L]) -> bool {
    match page.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first.as_ref() == "..." => {
            (0..=lines.len()).any(|taken| fits(rest, &lines[taken..]))
        }
        Some((first, rest)) => lines.split_first().is_some_and(|(line, lines)| {
            line_fits(&even(first.as_ref()), &even(line.as_ref())) && fits(rest, lines)
        }),
    }
}

fn even(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn line_fits(page: &str, line: &str) -> bool {
    let Some((before, after)) = page.split_once("...") else { return page == line };
    let Some(line) = line.strip_prefix(before) else { return false };
    line.char_indices().map(|(at, _)| at).chain([line.len()]).any(|at| line_fits(after, &line[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_what_they_print() {
        let read = read("$ a \\\n  b\none\ntwo\n$ c\n", 7).unwrap();
        let seen: Vec<_> = read.iter().map(|e| (e.line, e.command.as_str(), e.printed.len())).collect();
        assert_eq!(seen, [(7, "a \\\n  b", 2), (11, "c", 0)]);
        assert_eq!(super::read("no command\n", 1), None);
    }

    #[test]
    fn dots_stand_for_what_differs() {
        let cases: [(&[&str], &[&str], bool); 10] = [
            (&["rows  ...  of t"], &["rows  12345 of t"], true),
            (&["a"], &["a"], true),
            (&["a"], &["a", "b"], false),
            (&["port ... of ..."], &["port 3306 of x"], true),
            (&["port ...!"], &["port 3306"], false),
            (&["... INFO ended ..."], &["2026 INFO ended rows=3"], true),
            (&["...", "z"], &["x", "y", "z"], true),
            (&["a", "..."], &["a"], true),
            (&["...", "z"], &["x"], false),
            (&[], &["x"], false),
        ];
        for (page, lines, expected) in cases {
            assert_eq!(fits(page, lines), expected, "{page:?} {lines:?}");
        }
    }
}
