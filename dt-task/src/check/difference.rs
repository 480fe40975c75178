//! What differs, and how it is told.

use std::collections::HashMap;

use dt_common::filter::Filter;
use dt_common::row::{Row, RowChange};
use dt_common::schema::TableName;
use dt_connector::compare::{ComparedTable, RowMark, RowTexts};
use serde_json::{Map, Value, json};

/// What is the matter with a row, or with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only the source has it.
    Missing,
    /// Only the target has it.
    Extra,
    /// Both have it, with other values.
    Different,
    /// The table itself cannot be compared.
    Structure,
}

/// Texts of columns by name.
type Values = Vec<(String, Option<String>)>;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    kind: Kind,
    source: TableName,
    target: TableName,
    /// The key's columns; empty for a table without a key.
    key: Vec<(String, String)>,
    /// Equal rows, in a table without a key.
    copies: Option<u64>,
    /// Names of the columns whose values differ.
    columns: Vec<String>,
    /// Values at the source and in the target, of the columns that matter.
    values: [Option<Values>; 2],
    /// What is the matter with a table.
    why: Option<String>,
    /// Whether the row may still be on its way: the task did not get as far as the source was.
    unsettled: bool,
}

impl Difference {
    /// A table that cannot be compared.
    pub(super) fn of_table(source: &TableName, target: &TableName, why: String) -> Self {
        Self {
            kind: Kind::Structure,
            source: source.clone(),
            target: target.clone(),
            key: Vec::new(),
            copies: None,
            columns: Vec::new(),
            values: [None, None],
            why: Some(why),
            unsettled: false,
        }
    }

    fn of_row(table: &ComparedTable, kind: Kind, mark: &RowMark) -> Self {
        let names = table.schema.key_columns().iter().map(|&at| table.schema.columns[at].name.clone());
        Self {
            kind,
            source: table.schema.name.clone(),
            target: table.target.clone(),
            key: names.zip(mark.key.iter().cloned()).collect(),
            copies: None,
            columns: Vec::new(),
            values: [None, None],
            why: None,
            unsettled: false,
        }
    }

    /// The same, of a row that may still be on its way.
    pub(super) fn unsettled(self) -> Self {
        Self { unsettled: true, ..self }
    }

    /// A line of JSON, with the values if they are wanted.
    pub(super) fn line(&self, show_values: bool) -> String {
        let name = |name: &TableName| json!({"db": name.db, "table": name.table});
        let mut line = Map::new();
        line.insert("table".into(), name(&self.source));
        line.insert("target".into(), name(&self.target));
        line.insert("kind".into(), self.kind.name().into());
        if !self.key.is_empty() {
            let key = self.key.iter().map(|(name, text)| (name.clone(), text.as_str().into()));
            line.insert("key".into(), Value::Object(key.collect()));
        }
        if let Some(copies) = self.copies {
            line.insert("copies".into(), copies.into());
        }
        if !self.columns.is_empty() {
            line.insert("columns".into(), self.columns.clone().into());
        }
        if let Some(why) = &self.why {
            line.insert("why".into(), why.as_str().into());
        }
        if self.unsettled {
            line.insert("settled".into(), false.into());
        }
        if show_values {
            for (side, values) in ["source_values", "target_values"].into_iter().zip(&self.values) {
                let Some(values) = values else { continue };
                let values = values.iter().map(|(name, text)| (name.clone(), text.clone().into()));
                line.insert(side.into(), Value::Object(values.collect()));
            }
        }
        format!("{}\n", Value::Object(line))
    }
}

impl Kind {
    /// Whether `[filter] do_events` is how it comes about: the change that would have mended it is left out.
    pub(super) fn is_left_out(self, filter: &Filter) -> bool {
        let nothing = || -> Row { Box::new([]) };
        let mend = match self {
            Self::Missing => RowChange::Insert { after: nothing() },
            Self::Extra => RowChange::Delete { before: nothing() },
            Self::Different => RowChange::Rewrite { after: nothing() },
            Self::Structure => return false,
        };
        !filter.follows_change(&mend)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Different => "different",
            Self::Structure => "structure",
        }
    }
}

/// A difference that was seen, and what tells whether it is still the same one.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// What names the row.
    pub(super) kind: Kind,
    pub(super) mark: RowMark,
    /// Hash of the row at the source and in the target; without a key its own.
    state: [Option<u64>; 2],
    /// What is told of it.
    pub(super) difference: Difference,
}

impl Found {
    /// Whether the target has the same row, or lacks it, as when `other` was seen.
    pub(super) fn is_untouched_since(&self, other: &Self) -> bool {
        self.mark.key == other.mark.key
            && self.kind == other.kind
            && self.state[1] == other.state[1]
            && (!self.mark.key.is_empty() || self.mark == other.mark)
    }

    /// The same, of a row that may still be on its way.
    pub(super) fn unsettled(self) -> Self {
        Self { difference: self.difference.unsettled(), ..self }
    }

    /// Whether the source has the same row too.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.is_untouched_since(other) && self.state[0] == other.state[0]
    }
}

/// What is the matter with rows of a table with a key, by what both sides have under their keys. A key that occurs more than once
/// in the target is one row and further ones.
pub(super) fn by_key(
    table: &ComparedTable,
    marks: &[RowMark],
    source: Vec<RowTexts>,
    target: Vec<RowTexts>,
) -> Vec<Found> {
    let (source, target) = (grouped(source), grouped(target));
    let mut found = Vec::new();
    for mark in marks {
        let rows =
            |side: &HashMap<Vec<String>, Vec<RowTexts>>| side.get(&mark.key).cloned().unwrap_or_default();
        let (mut here, mut there) = (rows(&source), rows(&target));
        // Of several under one key the one that is equal is the row itself.
        there.sort_by_key(|row| here.iter().all(|other| other.mark.hash != row.mark.hash));
        let pairs = here.len().min(there.len());
        let (more_here, more_there) = (here.split_off(pairs), there.split_off(pairs));
        for (here, there) in here.iter().zip(&there) {
            let state = [Some(here.mark.hash), Some(there.mark.hash)];
            let told = different(table, mark, here, there);
            found.extend(told.map(|difference| seen(mark, Kind::Different, state, difference)));
        }
        for row in &more_here {
            let told = alone(table, Kind::Missing, row);
            found.push(seen(mark, Kind::Missing, [Some(row.mark.hash), None], told));
        }
        for row in &more_there {
            found.push(seen(mark, Kind::Extra, [None, Some(row.mark.hash)], alone(table, Kind::Extra, row)));
        }
    }
    found
}

fn seen(mark: &RowMark, kind: Kind, state: [Option<u64>; 2], difference: Difference) -> Found {
    Found { kind, mark: mark.clone(), state, difference }
}

fn grouped(rows: Vec<RowTexts>) -> HashMap<Vec<String>, Vec<RowTexts>> {
    let mut grouped: HashMap<Vec<String>, Vec<RowTexts>> = HashMap::new();
    for row in rows {
        grouped.entry(row.mark.key.clone()).or_default().push(row);
    }
    grouped
}

fn different(table: &ComparedTable, mark: &RowMark, here: &RowTexts, there: &RowTexts) -> Option<Difference> {
    let differing: Vec<usize> = (0..table.forms.len())
        .filter(|&at| !table.same(at, here.texts[at].as_deref(), there.texts[at].as_deref()))
        .collect();
    if differing.is_empty() {
        return None;
    }
    let name = |at: usize| table.schema.columns[at].name.clone();
    let values = |row: &RowTexts| differing.iter().map(|&at| (name(at), row.texts[at].clone())).collect();
    Some(Difference {
        columns: differing.iter().map(|&at| name(at)).collect(),
        values: [Some(values(here)), Some(values(there))],
        ..Difference::of_row(table, Kind::Different, mark)
    })
}

fn alone(table: &ComparedTable, kind: Kind, row: &RowTexts) -> Difference {
    let columns = table.schema.columns.iter().map(|column| column.name.clone());
    let values = Some(columns.zip(row.texts.iter().cloned()).collect());
    let values = if kind == Kind::Missing { [values, None] } else { [None, values] };
    Difference { values, ..Difference::of_row(table, kind, &row.mark) }
}

/// A row of a table without a key that one side has more often; `row` is what could be read of it.
pub(super) fn copies(table: &ComparedTable, kind: Kind, mark: &RowMark, row: Option<&RowTexts>) -> Found {
    let told = row.map_or_else(|| Difference::of_row(table, kind, mark), |row| alone(table, kind, row));
    seen(mark, kind, [None, None], Difference { copies: Some(mark.copies), ..told })
}

/// Names of rows that one side holds and the other does not, or holds otherwise.
pub(super) fn unequal(
    table: &ComparedTable,
    source: Vec<RowMark>,
    target: Vec<RowMark>,
) -> Vec<(Kind, RowMark)> {
    if table.schema.is_keyed() {
        return unequal_keys(source, target);
    }
    let mut copies: HashMap<(u64, u64), (u64, u64)> = HashMap::new();
    let name = |mark: &RowMark| (mark.hash, mark.pushed);
    source.into_iter().for_each(|mark| copies.entry(name(&mark)).or_default().0 = mark.copies);
    target.into_iter().for_each(|mark| copies.entry(name(&mark)).or_default().1 = mark.copies);
    let mut found: Vec<(Kind, RowMark)> = copies
        .into_iter()
        .filter(|(_, (here, there))| here != there)
        .map(|((hash, pushed), (here, there))| {
            let kind = if here > there { Kind::Missing } else { Kind::Extra };
            (kind, RowMark { key: Vec::new(), hash, pushed, copies: here.abs_diff(there) })
        })
        .collect();
    found.sort_unstable_by_key(|(_, mark)| mark.hash);
    found
}

fn unequal_keys(source: Vec<RowMark>, target: Vec<RowMark>) -> Vec<(Kind, RowMark)> {
    let mut there: HashMap<Vec<String>, Vec<RowMark>> = HashMap::new();
    for mark in target {
        there.entry(mark.key.clone()).or_default().push(mark);
    }
    let mut found = Vec::new();
    for mark in source {
        match there.remove(&mark.key) {
            None => found.push((Kind::Missing, mark)),
            Some(rows) if rows.len() == 1 && rows[0].hash == mark.hash => {}
            Some(_) => found.push((Kind::Different, mark)),
        }
    }
    found.extend(there.into_values().filter_map(|mut rows| rows.pop()).map(|mark| (Kind::Extra, mark)));
    found.sort_by(|(_, one), (_, other)| one.key.cmp(&other.key));
    found
}
