//! A plan as text and as JSON.

use dt_common::config::{ExtractType, TaskConfig};
use dt_common::schema::{KeyKind, TableSchema};
use dt_connector::admin::TargetState;
use serde_json::{Value, json};

use super::super::output::{aligned, tables};
use super::super::stored;
use super::{Plan, TablePlan};

/// A table for people, then the statements as a script.
pub(super) fn text(config: &TaskConfig, plan: &Plan) -> String {
    let mut text = heading(config, plan);
    if plan.tables.is_empty() {
        text.push_str("[filter] matches no table of the source\n");
        return text;
    }
    let header = ["source", "target", "key", "rows (estimated)", "in the target", "the task would"];
    let rows: Vec<_> =
        std::iter::once(header.map(str::to_owned)).chain(plan.tables.iter().map(row)).collect();
    text.push('\n');
    text.push_str(&aligned(&rows));
    let reasons: Vec<_> = plan.tables.iter().filter_map(why).collect();
    if !reasons.is_empty() {
        text.push_str(&format!("\n{}\n", reasons.join("\n")));
    }
    text.push('\n');
    push_script(
        &mut text,
        "what the task would execute before the first row; what exists is left alone",
        &plan.statements,
    );
    let creates_none =
        format!("{} creates no tables; extract_type = struct would execute", config.extract_type.name());
    push_script(&mut text, &creates_none, &plan.left_to_struct);
    text
}

/// The same as one object.
pub(super) fn json(config: &TaskConfig, plan: &Plan) -> String {
    let tables = plan.tables.iter().map(|table| {
        let schema = &table.source.schema;
        let (source, target) = (&table.target.source, &table.target.target);
        let key =
            schema.key.as_ref().map(|key| json!({"kind": kind(key.kind), "columns": key_columns(schema)}));
        json!({
            "source": {"db": source.db, "table": source.table},
            "target": {"db": target.db, "table": target.table},
            "key": key,
            "estimated_rows": table.source.estimated_rows,
            "state": state(&table.target.state),
            "has_rows": table.target.has_rows,
            "would": table.fate.as_deref().unwrap_or("stop"),
            "why": reason(table),
            "create": table.target.create,
        })
    });
    let object = json!({
        "task": config.id,
        "extract_type": config.extract_type.name(),
        "stored": plan.stored.as_ref().map(stored::json),
        "refused": plan.refusal.as_ref().map(ToString::to_string),
        "tables": tables.collect::<Vec<Value>>(),
        "statements": plan.statements,
    });
    format!("{object:#}\n")
}

fn heading(config: &TaskConfig, plan: &Plan) -> String {
    let name = if config.id.is_empty() { "task".to_owned() } else { format!("task `{}`", config.id) };
    let mut text = format!("{name}: {}, {}\n", config.extract_type.name(), tables(plan.tables.len()));
    if config.extract_type != ExtractType::Struct {
        text.push_str(&match &plan.stored {
            None => "nothing is stored: it would begin anew\n".to_owned(),
            Some(found) => match &found.checkpoint.position {
                Some(position) => {
                    format!("it would resume behind batch {} at {}\n", found.batches, stored::place(position))
                }
                None => format!("it would resume behind batch {}\n", found.batches),
            },
        });
    }
    if let Some(refusal) = &plan.refusal {
        text.push_str(&format!("it would stop: {refusal}\n"));
    }
    text
}

fn row(table: &TablePlan) -> [String; 6] {
    let schema = &table.source.schema;
    let key = match &schema.key {
        None => "none: multiset".to_owned(),
        Some(key) => format!("{} ({})", key_columns(schema).join(", "), kind(key.kind)),
    };
    let rows = if table.target.has_rows { ", holds rows" } else { "" };
    [
        schema.name.to_string(),
        table.target.target.to_string(),
        key,
        table.source.estimated_rows.to_string(),
        format!("{}{rows}", state(&table.target.state)),
        table.fate.as_deref().unwrap_or("stop").to_owned(),
    ]
}

/// The reasons' line of a table that has one.
fn why(table: &TablePlan) -> Option<String> {
    reason(table).map(|why| format!("{}: {why}", table.target.source))
}

/// Why the task would stop at a table, or why the target's differs.
fn reason(table: &TablePlan) -> Option<String> {
    match (&table.fate, &table.target.state) {
        (Err(error), _) => Some(error.to_string()),
        (Ok(_), TargetState::Differs(why)) => Some(why.clone()),
        (Ok(_), TargetState::Missing | TargetState::Fits) => None,
    }
}

fn key_columns(schema: &TableSchema) -> Vec<&str> {
    schema.key_columns().iter().map(|&i| schema.columns[i].name.as_str()).collect()
}

fn kind(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Primary => "primary",
        KeyKind::Unique => "unique",
    }
}

fn state(state: &TargetState) -> &'static str {
    match state {
        TargetState::Missing => "missing",
        TargetState::Fits => "fits",
        TargetState::Differs(_) => "differs",
    }
}

/// Statements under a comment, each ended by `;`.
fn push_script(text: &mut String, comment: &str, statements: &[String]) {
    if statements.is_empty() {
        return;
    }
    text.push_str(&format!("-- {comment}\n"));
    for statement in statements {
        text.push_str(statement);
        text.push_str(";\n");
    }
}
