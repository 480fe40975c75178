//! What actions of ALTER TABLE make of the unique indexes, which decide what names a row.

use super::alter::{AlterOp, IndexDef, IndexKind};
use super::column::ColumnKey;
use crate::extractor::mysql::definition::IndexPart;

/// Takes the columns' names behind a statement for those before it, all at once, since columns may exchange theirs. `new_name`
/// answers `None` for a column that is dropped: it leaves its indexes.
pub(super) fn follow(parts: &mut Vec<IndexPart>, new_name: impl Fn(&str) -> Option<String>) {
    parts.retain_mut(|part| match &part.column {
        Some(column) => {
            part.column = new_name(column);
            part.column.is_some()
        }
        None => true,
    });
}

/// Applies what a statement says of indexes: whatever goes is gone before anything is made, in whichever order it is said.
pub(super) fn apply(parts: &mut Vec<IndexPart>, ops: &[AlterOp]) {
    for op in ops {
        match op {
            AlterOp::DropIndex(name) => parts.retain(|part| !part.index.eq_ignore_ascii_case(name)),
            AlterOp::RenameIndex { from, to } => {
                let renamed = parts.iter_mut().filter(|part| part.index.eq_ignore_ascii_case(from));
                renamed.for_each(|part| part.index.clone_from(to));
            }
            _ => {}
        }
    }
    for op in ops {
        match op {
            AlterOp::AddIndex(index) => add(parts, index),
            AlterOp::Add { column, .. } | AlterOp::Change { column, .. } => {
                if let Some(key) = column.key {
                    let kind = if key == ColumnKey::Primary { IndexKind::Primary } else { IndexKind::Unique };
                    let columns = vec![Some((column.name.clone(), false))];
                    add(parts, &IndexDef { kind, name: None, columns, if_not_exists: false });
                }
            }
            _ => {}
        }
    }
    // As `information_schema` is asked for them.
    parts.sort_by_key(|part| (part.index != "PRIMARY", part.index.to_lowercase()));
}

fn add(parts: &mut Vec<IndexPart>, index: &IndexDef) {
    let taken = |name: &str| parts.iter().any(|part| part.index.eq_ignore_ascii_case(name));
    let name = match (index.kind, &index.name) {
        (IndexKind::Primary, _) => "PRIMARY".to_owned(),
        (IndexKind::Unique, Some(name)) => name.clone(),
        // The servers call it after its first column.
        (IndexKind::Unique, None) => {
            let first = index.columns.first().cloned().flatten();
            let first = first.map_or("functional_index".to_owned(), |(name, _)| name);
            let numbered = (2..).map(|n| format!("{first}_{n}"));
            std::iter::once(first.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(first)
        }
    };
    if taken(&name) {
        return;
    }
    parts.extend(index.columns.iter().map(|part| IndexPart {
        index: name.clone(),
        column: part.as_ref().map(|(column, _)| column.clone()),
        prefix: part.as_ref().is_some_and(|(_, prefix)| *prefix),
        hash: false,
    }));
}
