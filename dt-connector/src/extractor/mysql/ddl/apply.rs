//! What actions of ALTER TABLE make of a table's definition, by the rules of the servers.
//!
//! As the servers do it: columns that stay are gone through in their order, dropped or changed in place; then those that are new,
//! or get another place, are put in, in the order of the statement. AFTER names a column by its new name.

use dt_common::schema::{Column, ColumnType, Generated, TableName, Text};
use dt_common::value::ColValue;

use super::alter::AlterOp;
use super::column::{ColumnDef, ColumnKey, DefaultDef, Place};
use super::type_text::{bytes_a_character, text_type_bytes};
use super::{Moment, Understood, fill, indexes, not_understood};
use crate::extractor::mysql::definition::{Content, DefinedColumn, TableDefinition};
use crate::extractor::mysql::server::Flavor;

/// What the servers' rules depend on besides the statement.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    /// The family.
    pub(super) flavor: Flavor,
    /// Whether a TIMESTAMP that does not say so takes NULL (`explicit_defaults_for_timestamp`).
    pub(super) timestamps_take_null: bool,
    /// When the statement ran.
    pub(super) moment: Moment,
    /// Whether a column of the table is left out.
    pub(super) is_ignored: &'a dyn Fn(&TableName, &str) -> bool,
}

/// A table behind a statement.
#[derive(Debug, Clone)]
pub(super) struct Applied {
    /// The definition.
    pub(super) table: TableDefinition,
    /// Where each column comes from, in their order.
    pub(super) origins: Vec<Origin>,
    /// Its new name, when it gets one.
    pub(super) renamed: Option<TableName>,
}

/// Where a column of the new definition comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Origin {
    /// The old definition's column at this position.
    Was(usize),
    /// It is new; what the rows that are there show in it, or why that is not known.
    New(Understood<ColValue>),
}

/// A column on its way.
struct Moving {
    origin: Origin,
    /// Its name before the statement: that is how the statement names it.
    was: String,
    column: DefinedColumn,
    /// Dropped, or taken out to be put elsewhere.
    gone: bool,
}

/// A column that is put in when the others are in place.
struct Placed {
    place: Option<Place>,
    moving: Moving,
    if_not_exists: bool,
}

/// Applies all actions of one statement.
pub(super) fn apply(before: &TableDefinition, ops: &[AlterOp], rules: Rules<'_>) -> Understood<Applied> {
    let mut table = before.clone();
    for op in ops {
        match op {
            AlterOp::Charset(charset) | AlterOp::Convert(charset) => table.charset.clone_from(charset),
            _ => {}
        }
    }
    let mut columns: Vec<Moving> = before
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| Moving {
            origin: Origin::Was(at),
            was: column.name.clone(),
            column: column.clone(),
            gone: false,
        })
        .collect();
    if let Some(AlterOp::Convert(charset)) = ops.iter().find(|op| matches!(op, AlterOp::Convert(_))) {
        columns.iter_mut().try_for_each(|moving| convert(&mut moving.column, charset))?;
    }
    let mut placed = Vec::new();
    for op in ops {
        in_place(&table, &mut columns, &mut placed, op, rules)?;
    }
    indexes::follow(&mut table.unique, |name| new_name(name, &columns, &placed));
    columns.retain(|moving| !moving.gone);
    for placed in placed {
        put(&mut columns, placed)?;
    }
    let mut renamed = None;
    for op in ops {
        around(&mut table, op, &mut renamed);
    }
    indexes::apply(&mut table.unique, ops);
    let (origins, columns) = columns.into_iter().map(|moving| (moving.origin, moving.column)).unzip();
    table.columns = columns;
    primary_keys_take_no_null(&mut table);
    Ok(Applied { table, origins, renamed })
}

/// What an action does to the columns that are there; new and moved ones are set aside.
fn in_place(
    table: &TableDefinition,
    columns: &mut [Moving],
    placed: &mut Vec<Placed>,
    op: &AlterOp,
    rules: Rules<'_>,
) -> Understood<()> {
    match op {
        AlterOp::Add { column, if_not_exists } => placed.push(added(table, column, *if_not_exists, rules)?),
        AlterOp::Drop { name, if_exists } => match find(columns, name) {
            Some(at) => columns[at].gone = true,
            None if *if_exists => {}
            None => return unknown_column(name),
        },
        AlterOp::Change { name, column, if_exists } => match find(columns, name) {
            Some(at) => change(table, columns, at, column, placed, rules)?,
            None if *if_exists => {}
            None => return unknown_column(name),
        },
        AlterOp::RenameColumn { from, to, if_exists } => match find(columns, from) {
            Some(at) => rename(&mut columns[at].column, to),
            None if *if_exists => {}
            None => return unknown_column(from),
        },
        AlterOp::Default { name, default } => {
            let Some(at) = find(columns, name) else { return unknown_column(name) };
            columns[at].column.has_default = !matches!(default, DefaultDef::Unsaid | DefaultDef::Null);
            if let Content::Followed(column) = &mut columns[at].column.content {
                column.default = fill::shown(default, &column.ty);
            }
        }
        AlterOp::Invisible { name, invisible } => {
            let Some(at) = find(columns, name) else { return unknown_column(name) };
            if let Content::Followed(column) = &mut columns[at].column.content {
                column.invisible = *invisible;
            }
        }
        AlterOp::AddIndex(_)
        | AlterOp::DropIndex(_)
        | AlterOp::RenameIndex { .. }
        | AlterOp::Charset(_)
        | AlterOp::Convert(_)
        | AlterOp::Comment(_)
        | AlterOp::Engine(_)
        | AlterOp::Rename(_) => {}
    }
    Ok(())
}

/// What an action does to all but the columns and the indexes.
fn around(table: &mut TableDefinition, op: &AlterOp, renamed: &mut Option<TableName>) {
    match op {
        AlterOp::Comment(comment) => table.comment.clone_from(comment),
        AlterOp::Engine(engine) => table.engine.clone_from(engine),
        AlterOp::Rename(name) => *renamed = Some(name.clone()),
        AlterOp::Add { .. }
        | AlterOp::Change { .. }
        | AlterOp::Drop { .. }
        | AlterOp::RenameColumn { .. }
        | AlterOp::Default { .. }
        | AlterOp::Invisible { .. }
        | AlterOp::AddIndex(_)
        | AlterOp::DropIndex(_)
        | AlterOp::RenameIndex { .. }
        | AlterOp::Charset(_)
        | AlterOp::Convert(_) => {}
    }
}

fn added(
    table: &TableDefinition,
    def: &ColumnDef,
    if_not_exists: bool,
    rules: Rules<'_>,
) -> Understood<Placed> {
    let column = define(table, def, rules)?;
    let fill = match &column.content {
        Content::Followed(known) => fill::fill(def, &known.ty, column.nullable, rules.flavor, rules.moment),
        Content::Ignored { .. } => Ok(ColValue::Null),
    };
    let moving = Moving { origin: Origin::New(fill), was: column.name.clone(), column, gone: false };
    Ok(Placed { place: def.place.clone(), moving, if_not_exists })
}

/// The name behind the statement of the column that had this one before it; `None` when it is dropped.
fn new_name(was: &str, columns: &[Moving], placed: &[Placed]) -> Option<String> {
    let moved = placed.iter().map(|placed| &placed.moving);
    let mut stays = columns.iter().filter(|moving| !moving.gone).chain(moved);
    stays
        .find(|moving| matches!(moving.origin, Origin::Was(_)) && moving.was.eq_ignore_ascii_case(was))
        .map(|moving| moving.column.name.clone())
}

/// The column of this name before the statement.
fn find(columns: &[Moving], name: &str) -> Option<usize> {
    columns.iter().position(|moving| moving.was.eq_ignore_ascii_case(name) && !moving.gone)
}

fn unknown_column<T>(name: &str) -> Understood<T> {
    not_understood(format!(
        "column `{name}`, which the definition that dt has at this position lacks: it is of another position"
    ))
}

fn define(table: &TableDefinition, def: &ColumnDef, rules: Rules<'_>) -> Understood<DefinedColumn> {
    let ty = def.ty.resolve(&table.charset, rules.flavor);
    let is_timestamp = matches!(ty, Some(ColumnType::Timestamp { .. }));
    let nullable = def.nullable.unwrap_or(!is_timestamp || rules.timestamps_take_null)
        && def.key != Some(ColumnKey::Primary);
    let name = def.name.clone();
    if (rules.is_ignored)(&table.name, &name) {
        let fsp = ty.as_ref().map_or(0, ColumnType::fraction_digits);
        return Ok(DefinedColumn {
            name,
            nullable,
            has_default: false,
            unlogged: false,
            content: Content::Ignored { fsp },
        });
    }
    let Some(ty) = ty else {
        return not_understood(format!("column `{name}` of a type that dt does not know"));
    };
    if def.compressed {
        return not_understood(format!(
            "column `{name}`, which is COMPRESSED: dt cannot read such values from the binlog"
        ));
    }
    let column = Column {
        name: name.clone(),
        default: fill::shown(&def.default, &ty),
        ty,
        nullable,
        generated: def.generated,
        invisible: def.invisible,
        comment: def.comment.clone(),
    };
    let has_default = !matches!(def.default, DefaultDef::Unsaid | DefaultDef::Null);
    let unlogged = rules.flavor == Flavor::MariaDb && def.generated == Generated::Virtual;
    Ok(DefinedColumn { name, nullable, has_default, unlogged, content: Content::Followed(column) })
}

fn change(
    table: &TableDefinition,
    columns: &mut [Moving],
    at: usize,
    def: &ColumnDef,
    placed: &mut Vec<Placed>,
    rules: Rules<'_>,
) -> Understood<()> {
    let name = columns[at].column.name.clone();
    let defined = define(table, def, rules)?;
    let was_ignored = matches!(columns[at].column.content, Content::Ignored { .. });
    let content = match defined.content {
        Content::Followed(column) if was_ignored => Content::Ignored { fsp: column.ty.fraction_digits() },
        other => other,
    };
    if let (Content::Followed(old), Content::Followed(new)) = (&columns[at].column.content, &content)
        && old.generated != new.generated
        && old.generated == Generated::No
    {
        return not_understood(format!("column `{name}`, which becomes a generated one"));
    }
    let moving = &mut columns[at];
    moving.column = DefinedColumn { content, ..defined };
    if def.place.is_some() {
        let moved =
            Moving { origin: moving.origin.clone(), was: name, column: moving.column.clone(), gone: false };
        moving.gone = true;
        placed.push(Placed { place: def.place.clone(), moving: moved, if_not_exists: false });
    }
    Ok(())
}

fn put(columns: &mut Vec<Moving>, Placed { place, moving, if_not_exists }: Placed) -> Understood<()> {
    let name = &moving.column.name;
    if columns.iter().any(|other| other.column.name.eq_ignore_ascii_case(name)) {
        return match if_not_exists {
            true => Ok(()),
            false => not_understood(format!(
                "column `{name}`, which the definition that dt has at this position holds already: it is of a later position"
            )),
        };
    }
    let at = match place {
        None => columns.len(),
        Some(Place::First) => 0,
        Some(Place::After(name)) => {
            match columns.iter().position(|c| c.column.name.eq_ignore_ascii_case(&name)) {
                Some(at) => at + 1,
                None => return unknown_column(&name),
            }
        }
    };
    columns.insert(at, moving);
    Ok(())
}

fn rename(column: &mut DefinedColumn, to: &str) {
    to.clone_into(&mut column.name);
    if let Content::Followed(known) = &mut column.content {
        to.clone_into(&mut known.name);
    }
}

fn primary_keys_take_no_null(table: &mut TableDefinition) {
    for part in table.unique.iter().filter(|part| part.index == "PRIMARY") {
        for column in table.columns.iter_mut().filter(|column| part.is_of(&column.name)) {
            column.nullable = false;
            if let Content::Followed(known) = &mut column.content {
                known.nullable = false;
            }
        }
    }
}

/// A column of characters in another charset; a TEXT grows so that it holds as many characters as before.
fn convert(column: &mut DefinedColumn, charset: &str) -> Understood<()> {
    let Content::Followed(known) = &mut column.content else { return Ok(()) };
    if charset == "binary" {
        return not_understood("CONVERT TO CHARACTER SET binary");
    }
    match &mut known.ty {
        ColumnType::Char(text) | ColumnType::VarChar(text) => {
            text.max_bytes = text.max_chars * bytes_a_character(charset);
            charset.clone_into(&mut text.charset);
        }
        ColumnType::Text(text) => {
            let chars = text.max_bytes / bytes_a_character(&text.charset);
            let bytes = text_type_bytes(chars * bytes_a_character(charset));
            *text = Text { max_bytes: bytes, max_chars: bytes, charset: charset.to_owned() };
        }
        // The servers keep the bytes of the members, and where the new charset reads them otherwise the rows lose their values, which is not
        // logged (seen: MariaDB 10.11, MySQL 9.7).
        ColumnType::Enum { members } | ColumnType::Set { members }
            if !members.iter().all(|m| m.is_ascii()) =>
        {
            return not_understood(format!(
                "CONVERT TO CHARACTER SET for column `{}`, in which the server may lose members with other characters than ASCII",
                known.name
            ));
        }
        _ => {}
    }
    Ok(())
}
