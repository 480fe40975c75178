//! What was compared, and what it cost.

use dt_common::schema::TableName;

/// The comparison of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSummary {
    /// Name at the source.
    pub name: TableName,
    /// Rows of the source that were compared.
    pub rows: u64,
    /// Rows that both sides have sent.
    pub sent: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Rows that differ.
    pub differences: u64,
    /// Rows that differ as `[filter] do_events` lets them; no differences.
    pub left_out: u64,
    /// Columns that travel as text, because the two engines do not compute one text for them.
    pub travelled: Vec<String>,
    /// Whether the rows were compared; not, when the table itself differs.
    pub compared: bool,
}

impl TableSummary {
    /// A table that differs in structure.
    pub(super) fn not_compared(name: &TableName) -> Self {
        Self {
            name: name.clone(),
            rows: 0,
            sent: 0,
            bytes: 0,
            differences: 1,
            left_out: 0,
            travelled: Vec::new(),
            compared: false,
        }
    }
}

/// The comparison of all tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The tables, in the order of their names.
    pub tables: Vec<TableSummary>,
    /// Whether the comparison ended early, with as many differences as were wanted.
    pub limited: bool,
}

impl Summary {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.tables.iter().all(|table| table.differences == 0)
    }
}
