//! `docs/operations.md` and the cases say the same: every message that the page names is planted by a case that reads it, and
//! every case of bad input reads a message that the page names.

use std::collections::BTreeSet;
use std::path::Path;

use crate::case::{Case, Step};

const PAGE: &str = include_str!("../../docs/operations.md");

fn cases() -> Vec<Case> {
    Case::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mysql_to_databend")).unwrap()
}

/// The first cells of the tables between a heading and the next one of its rank.
fn first_cells(heading: &str) -> BTreeSet<&'static str> {
    let (_, part) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let part = part.split_once("\n## ").map_or(part, |(part, _)| part);
    let rows = part.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let headings = ["code", "message says", "log says", "kind"];
    rows.map(|(cell, _)| cell).filter(|cell| !headings.contains(cell)).collect()
}

fn reasons(case: &Case) -> impl Iterator<Item = &str> {
    case.steps
        .iter()
        .filter_map(|step| if let Step::Reason(text) = step { Some(text.as_str()) } else { None })
}

#[test]
fn every_message_is_planted_and_read() {
    let documented = first_cells("When it stops");
    let cases = cases();
    let read: BTreeSet<&str> = cases.iter().flat_map(reasons).collect();
    let unread: Vec<_> = documented.difference(&read).collect();
    assert!(unread.is_empty(), "no case has a step `reason ..` for these messages: {unread:#?}");
    for case in cases.iter().filter(|case| case.name.starts_with("bad_input/")) {
        let known = reasons(case).any(|reason| documented.contains(reason));
        assert!(known, "{}: none of its reasons stands in docs/operations.md", case.name);
    }
}

#[test]
fn what_dt_overcomes_is_seen() {
    let cases = cases();
    for message in first_cells("When it goes on by itself") {
        let says = |step: &Step| matches!(step, Step::Wait(text) | Step::Says(text) if text == message);
        assert!(cases.iter().any(|case| case.steps.iter().any(says)), "no case waits for `{message}`");
    }
}

#[test]
fn every_exit_code_is_seen() {
    let mut seen = BTreeSet::new();
    for step in cases().into_iter().flat_map(|case| case.steps) {
        match step {
            Step::Run(_, code)
            | Step::Command(_, code)
            | Step::Ends(code)
            | Step::Stop(code)
            | Step::TakeOver(code) => {
                seen.insert(code.to_string());
            }
            _ => {}
        };
    }
    let documented: BTreeSet<String> = first_cells("Exit codes").into_iter().map(str::to_owned).collect();
    assert_eq!(seen, documented);
}
