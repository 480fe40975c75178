//! Online schema change tools: their tables, and the cut-over, see [`crate::extractor::mysql::shadow`].

use std::collections::{BTreeSet, HashMap};

use dt_common::config::ChangeKind;
use dt_common::error::Result;
use dt_common::schema::{Generated, Premise, SchemaChange, TableName};
use tracing::info;

use super::{Catalog, Effect, Moment, of_table};
use crate::extractor::mysql::ddl::alter::AlterOp;
use crate::extractor::mysql::ddl::apply::{Applied, Origin};
use crate::extractor::mysql::ddl::column::{ColumnDef, DefaultDef};
use crate::extractor::mysql::ddl::create::NewTable;
use crate::extractor::mysql::ddl::decide::{Judge, among_followed, stopped};
use crate::extractor::mysql::ddl::{NotUnderstood, Understood, fill, not_understood};
use crate::extractor::mysql::definition::{Content, DefinedColumn, TableDefinition};
use crate::extractor::mysql::shadow::{Ancestor, Lineage, Shadow};

impl Catalog {
    /// The table that the table of a tool belongs to: one that is followed, or passed over.
    pub(super) fn worked_on(&self, name: &TableName) -> Option<TableName> {
        if !self.filter.may_be_a_tools(name) {
            return None;
        }
        let known = self.tables.values().filter(|table| table.shadow.is_none()).map(|table| &table.name);
        self.filter.worked_on(name, known.chain(&self.aside).chain(&self.filter.ignored_tables())).cloned()
    }

    /// Whether a table of this name that is not known would be followed.
    pub(crate) fn wants(&self, name: &TableName) -> bool {
        self.filter.follows(name) && self.worked_on(name).is_none()
    }

    /// A tool makes a table beside `of`.
    pub(super) fn create_shadow(
        &mut self,
        name: TableName,
        of: TableName,
        from: &Understood<NewTable>,
        moment: Moment,
        effect: &mut Effect,
    ) -> Result<()> {
        let made =
            whole(moment).and_then(|()| self.copy_of(&of, from.as_ref().map_err(Clone::clone)?, moment));
        let (mut table, shadow) = match made {
            Ok(table) => {
                let columns = table.columns.len();
                (table, Shadow::copy_of(of, columns))
            }
            Err(why) => {
                let charset = self.server_charset.clone();
                (TableDefinition::unknown(name.clone(), charset), Shadow::unknown(of, why.0))
            }
        };
        if self.filter.follows(&shadow.of) {
            info!(table = %name, of = %shadow.of, "the table of an online schema change tool is not followed");
        }
        table.name.clone_from(&name);
        (table.followed, table.shadow) = (false, Some(shadow));
        effect.definitions.push(of_table(&table)?);
        self.tables.insert(name, table);
        Ok(())
    }

    /// The new table, when it is a copy of `of`, under that name.
    fn copy_of(&self, of: &TableName, from: &NewTable, moment: Moment) -> Understood<TableDefinition> {
        let Some(table) = self.tables.get(of).filter(|table| table.followed) else {
            return not_understood("whose table nobody follows");
        };
        let made = match from {
            NewTable::Like(other) if self.named(other) == *of => return Ok(table.clone()),
            NewTable::Like(other) => return not_understood(format!("which was made like {other}")),
            NewTable::Own(_) => self.new_table(of, from, false, moment)?,
        };
        let same = made.columns.len() == table.columns.len()
            && made.columns.iter().zip(&table.columns).all(|(new, old)| {
                let types = match (&new.content, &old.content) {
                    (Content::Followed(new), Content::Followed(old)) => new.ty == old.ty,
                    (new, old) => new == old,
                };
                types && new.name.eq_ignore_ascii_case(&old.name)
            });
        if same { Ok(made) } else { not_understood("which was made with other columns than the table had") }
    }

    /// ALTER TABLE on the table of a tool; answers its new name.
    pub(super) fn alter_shadow(
        &mut self,
        name: &TableName,
        ops: &Understood<Vec<AlterOp>>,
        moment: Moment,
        effect: &mut Effect,
    ) -> Result<Option<TableName>> {
        let Some(mut table) = self.tables.get(name).cloned() else { return Ok(None) };
        let Some(shadow) = &mut table.shadow else { return Ok(None) };
        let renamed = ops.iter().flatten().find_map(|op| match op {
            AlterOp::Rename(to) => Some(to.clone()),
            _ => None,
        });
        if let Lineage::Known(columns) = &shadow.lineage {
            let before = TableDefinition { name: shadow.of.clone(), ..self.tables[name].clone() };
            let ops_read = whole(moment).and_then(|()| ops.as_ref().map_err(Clone::clone));
            match ops_read.and_then(|ops| self.altered(&before, ops, moment)) {
                Ok(applied) => {
                    let ops = ops.as_ref().map_or(&[][..], Vec::as_slice);
                    let lineage = Lineage::Known(inherited(columns, &applied, ops));
                    let is_late = shadow.rows != 0 && applied.table.columns != before.columns;
                    shadow.lineage = lineage;
                    if is_late {
                        shadow.doubt("which was altered when it held rows");
                    }
                    let shadow = table.shadow.take();
                    table = TableDefinition { name: name.clone(), shadow, ..applied.table };
                }
                Err(why) => shadow.doubt(&format!("of which dt does not follow {}", why.0)),
            }
        }
        effect.definitions.push(of_table(&table)?);
        self.tables.insert(name.clone(), table);
        Ok(renamed)
    }

    /// From here on no tool's table can take the place of `of`.
    pub(super) fn doubt_copies(&mut self, of: &TableName, why: &str, effect: &mut Effect) -> Result<()> {
        let copies = self.tables.values_mut().filter_map(|table| {
            let shadow = table.shadow.as_mut().filter(|shadow| shadow.of == *of && shadow.is_known())?;
            shadow.doubt(why);
            shadow.waits = None;
            Some(&*table)
        });
        for table in copies {
            effect.definitions.push(of_table(table)?);
        }
        Ok(())
    }

    /// TRUNCATE of the table of a tool; answers whether it is one.
    pub(super) fn truncate_shadow(&mut self, name: &TableName, effect: &mut Effect) -> Result<bool> {
        let Some(table) = self.tables.get_mut(name) else { return Ok(false) };
        let Some(shadow) = &mut table.shadow else { return Ok(false) };
        shadow.rows = 0;
        effect.definitions.push(of_table(table)?);
        Ok(true)
    }

    /// A followed table goes, by DROP or under a name that nobody follows, before the tool's table takes its place, as
    /// `--alter-foreign-keys-method=drop_swap` and `--cut-over=two-step` do it. Answers whether there is one that may.
    pub(super) fn makes_way(&mut self, table: &TableDefinition, effect: &mut Effect) -> Result<bool> {
        let mut copies = self.tables.values_mut().filter(|copy| {
            let shadow = copy.shadow.as_ref();
            shadow.is_some_and(|shadow| shadow.of == table.name && shadow.is_known())
        });
        let Some(copy) = copies.next() else { return Ok(false) };
        if let Some(shadow) = &mut copy.shadow {
            shadow.waits = Some(Box::new(table.clone()));
        }
        info!(table = %table.name, "a table has made way for that of an online schema change tool");
        effect.definitions.push(of_table(copy)?);
        effect.concerned.push(table.name.clone());
        Ok(true)
    }

    /// The table of a tool is dropped for which another one has made way: that one is dropped for good.
    pub(super) fn gives_up(&self, shadow: &Shadow, action: &str, effect: &mut Effect) -> Result<()> {
        let (Some(_), false) = (&shadow.waits, self.tables.contains_key(&shadow.of)) else { return Ok(()) };
        let what = || "it was dropped".to_owned();
        effect.changes.push(self.judge(action).drop_table(ChangeKind::DropTable, &shadow.of, what)?);
        effect.concerned.push(shadow.of.clone());
        Ok(())
    }

    /// Takes the cut-overs of tools out of the renames of a statement; answers the others. `taken` holds the tables that are renamed, by
    /// their names before, `follows` the new names that are followed.
    pub(super) fn cut_overs(
        &mut self,
        action: &str,
        mut moves: Vec<(TableName, TableName)>,
        taken: &mut HashMap<TableName, TableDefinition>,
        follows: &BTreeSet<TableName>,
        effect: &mut Effect,
    ) -> Result<Vec<(TableName, TableName)>> {
        let is_cut_over = |(from, to): &&(TableName, TableName)| {
            let shadow = taken.get(from).and_then(|table| table.shadow.as_ref());
            follows.contains(to) && shadow.is_some_and(|shadow| shadow.of == *to)
        };
        let found: Vec<(TableName, TableName)> = moves.iter().filter(is_cut_over).cloned().collect();
        for (from, to) in found {
            let Some(copy) = taken.remove(&from) else { continue };
            let away = moves.iter().find(|(from, _)| *from == to).map(|(_, away)| away.clone());
            let stop = |why: &str| {
                let what = format!("the cut-over from {from}, {why}");
                Err(stopped(action, &to, &NotUnderstood(what)))
            };
            if let Some(away) = away.as_ref().filter(|away| follows.contains(away)) {
                return stop(&format!("behind which the former table is followed as {away}"));
            }
            let waits = copy.shadow.as_ref().and_then(|shadow| shadow.waits.as_deref().cloned());
            let Some(before) = taken.remove(&to).filter(|table| table.followed).or(waits) else {
                return stop("of which nobody follows the table");
            };
            let after = self.cut_over(action, &before, copy, effect)?;
            effect.definitions.push(of_table(&after)?);
            self.tables.insert(to.clone(), after);
            if let Some(away) = away {
                self.retire(before, &away, effect)?;
            }
            moves.retain(|(before, _)| *before != from && *before != to);
        }
        Ok(moves)
    }

    /// Takes the followed tables out of the renames that make way for the table of a tool; answers the others.
    pub(super) fn ways_made(
        &mut self,
        moves: Vec<(TableName, TableName)>,
        taken: &mut HashMap<TableName, TableDefinition>,
        follows: &BTreeSet<TableName>,
        effect: &mut Effect,
    ) -> Result<Vec<(TableName, TableName)>> {
        let mut others = Vec::with_capacity(moves.len());
        for (from, to) in moves {
            match taken.get(&from).cloned().filter(|table| table.followed && !follows.contains(&to)) {
                Some(table) if self.makes_way(&table, effect)? => {
                    taken.remove(&from);
                    self.retire(table, &to, effect)?;
                }
                _ => others.push((from, to)),
            }
        }
        Ok(others)
    }

    /// What stays of a tool's table that was called `from` and has another name now.
    pub(super) fn keep_shadow(&self, from: &TableName, table: &mut TableDefinition) {
        let of = if table.followed { None } else { self.worked_on(&table.name) };
        table.shadow = match (of, table.shadow.take()) {
            (Some(of), Some(shadow)) if shadow.of == of => Some(shadow),
            (Some(of), _) => Some(Shadow::unknown(of, format!("which was {from} before"))),
            (None, _) => None,
        };
    }

    /// A followed table gets a name that nobody follows.
    fn retire(&mut self, mut table: TableDefinition, away: &TableName, effect: &mut Effect) -> Result<()> {
        let shadow = Shadow::unknown(table.name.clone(), "which was the table itself before");
        table.name.clone_from(away);
        (table.followed, table.shadow) = (false, Some(shadow));
        effect.definitions.push(of_table(&table)?);
        self.tables.insert(away.clone(), table);
        Ok(())
    }

    /// The table with the definition of `copy`, which takes its place.
    fn cut_over(
        &self,
        action: &str,
        before: &TableDefinition,
        copy: TableDefinition,
        effect: &mut Effect,
    ) -> Result<TableDefinition> {
        let name = &before.name;
        let copy_name = copy.name.clone();
        let stop = |why: &str| {
            Err(stopped(action, name, &NotUnderstood(format!("the cut-over from {copy_name}, {why}"))))
        };
        let columns = match copy.shadow.as_ref().map(|shadow| &shadow.lineage) {
            Some(Lineage::Known(columns)) => columns,
            Some(Lineage::Unknown(why)) => return stop(why),
            None => return stop("which is no table of a tool"),
        };
        if let Some(name) = ambiguous(before, &copy, columns) {
            return stop(&format!(
                "whose column `{name}` is another one than the table's of that name, and tools copy by name"
            ));
        }
        if !self.filter.follows_all_rows(name) {
            return stop(
                "whose rows cannot be counted against the target's under [filter] do_events or where_conditions",
            );
        }
        let Ok(rows) = u64::try_from(copy.shadow.as_ref().map_or(0, |shadow| shadow.rows)) else {
            return stop("of which more rows were deleted than were written");
        };
        let origins = self.origins(columns, &copy);
        let (followed, shadow) = (true, None);
        let mut after = TableDefinition { name: name.clone(), followed, shadow, ..copy.clone() };
        let full = to_be_full(before, &after, &origins);
        let judge = Judge { by_tool: true, ..self.judge(action) };
        let alteration = judge.alteration(before, &mut after, &origins)?;
        let otherwise = format!(
            "{copy_name} takes its place with {rows} rows, which are not those of the table in another form; start the task \
             with --resync and the table's name, which copies it anew, or pass it over with [filter] ignore_tbs={}.{}",
            name.db, name.table
        );
        let table = before.finish(&self.filter)?.schema;
        effect.changes.push(SchemaChange::Confirm(Premise { table, rows, full, otherwise }));
        effect.changes.extend(alteration.map(SchemaChange::Alter));
        effect.concerned.push(name.clone());
        info!(table = %name, from = %copy_name, rows, "cut-over of an online schema change tool");
        Ok(after)
    }

    /// What the columns of a copy hold, as the target can be told.
    fn origins(&self, columns: &[Ancestor], copy: &TableDefinition) -> Vec<Origin> {
        let origin = |(ancestor, column): (&Ancestor, &DefinedColumn)| match ancestor {
            Ancestor::Was(at) => Origin::Was(*at),
            Ancestor::New => match fill::constant(column, self.flavor) {
                Some(value) => Origin::New(Ok(value)),
                None => Origin::New(Err(own_values(&column.name))),
            },
            Ancestor::Untold(why) => Origin::New(Err(NotUnderstood(why.clone()))),
        };
        columns.iter().zip(&copy.columns).map(origin).collect()
    }
}

/// The followed columns that take NULL no longer, among those before: a tool writes a NULL in them as something else.
fn to_be_full(before: &TableDefinition, after: &TableDefinition, origins: &[Origin]) -> Vec<usize> {
    let full = |(new, origin): (&DefinedColumn, &Origin)| match origin {
        Origin::Was(at) => {
            let old = &before.columns[*at];
            let is_followed = matches!(old.content, Content::Followed(_));
            (old.nullable && !new.nullable && is_followed).then(|| among_followed(before, *at))
        }
        Origin::New(_) => None,
    };
    after.columns.iter().zip(origins).filter_map(full).collect()
}

/// A column of the copy that has the name of another one of the table.
fn ambiguous<'a>(
    before: &TableDefinition,
    copy: &'a TableDefinition,
    columns: &[Ancestor],
) -> Option<&'a str> {
    let mut named = copy.columns.iter().zip(columns);
    named.find_map(|(column, ancestor)| {
        let same = before.columns.iter().position(|old| old.name.eq_ignore_ascii_case(&column.name))?;
        (*ancestor != Ancestor::Was(same)).then_some(column.name.as_str())
    })
}

fn whole(moment: Moment) -> Understood<()> {
    if moment.garbled { not_understood("a statement whose text is not UTF-8") } else { Ok(()) }
}

/// Where the columns of a copy come from behind a statement.
fn inherited(columns: &[Ancestor], applied: &Applied, ops: &[AlterOp]) -> Vec<Ancestor> {
    let definition = |name: &str| {
        ops.iter().rev().find_map(|op| match op {
            AlterOp::Add { column, .. } | AlterOp::Change { column, .. } => {
                column.name.eq_ignore_ascii_case(name).then_some(column)
            }
            _ => None,
        })
    };
    let ancestor = |(origin, column): (&Origin, &DefinedColumn)| {
        let ancestor = match origin {
            Origin::Was(at) => columns[*at].clone(),
            Origin::New(Ok(_)) => Ancestor::New,
            Origin::New(Err(why)) => Ancestor::Untold(why.0.clone()),
        };
        match definition(&column.name) {
            Some(def) if ancestor == Ancestor::New && has_own_values(def) => {
                Ancestor::Untold(own_values(&column.name).0)
            }
            _ => ancestor,
        }
    };
    applied.origins.iter().zip(&applied.table.columns).map(ancestor).collect()
}

/// Whether each row that a tool writes may have a value of its own in a column that it does not name.
fn has_own_values(def: &ColumnDef) -> bool {
    let computed = matches!(def.default, DefaultDef::Now | DefaultDef::Number | DefaultDef::Expression);
    computed || def.on_update || def.generated != Generated::No
}

fn own_values(column: &str) -> NotUnderstood {
    NotUnderstood(format!(
        "column `{column}` has a value of its own in each row that the tool copied, which is known to the source only"
    ))
}
