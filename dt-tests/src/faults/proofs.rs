//! `docs/delivery.md` names the test that proves each of its sentences: what it names exists.

use std::path::{Path, PathBuf};

use super::table::Case;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of every source file of the workspace.
fn sources() -> String {
    let (mut text, mut folders) = (String::new(), Vec::new());
    for name in ["dt-common", "dt-connector", "dt-task", "dt-tests"] {
        folders.push(root().join(name).join("src"));
    }
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    text
}

#[test]
fn every_sentence_of_the_guarantee_has_its_test() {
    let page = std::fs::read_to_string(root().join("docs/delivery.md")).unwrap();
    let (sources, cases) = (sources(), Case::all());
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && line.contains(": ")).collect();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for row in rows {
        let proofs: Vec<(&str, &str)> =
            row.split('`').skip(1).step_by(2).filter_map(|span| span.split_once(": ")).collect();
        assert!(!proofs.is_empty(), "no proof: {row}");
        for (kind, name) in proofs {
            let exists = match kind {
                "fault" => cases.iter().any(|case| case.row() == name || case.fault.to_string() == name),
                "case" => root().join("dt-tests/tests/mysql_to_databend").join(name).is_dir(),
                "unit" => sources.contains(&format!("fn {name}()")),
                "long" => root().join("dt-tests/src/faults").join(format!("{name}.rs")).is_file(),
                _ => false,
            };
            assert!(exists, "{kind}: {name}");
        }
    }
}
