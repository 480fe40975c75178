//! Which tables are copied beside the stream, when a task starts.
//!
//! A task stores the names that it follows ([`Scope`]). A table that they leave out and the filter matches now has come into the filter: it is
//! copied, whatever the part of the stream that is still to be read did to it. One that they match and the task does not know comes by that
//! part, by CREATE TABLE or RENAME TABLE, and is none to copy.

use std::collections::HashSet;
use std::sync::Arc;

use dt_common::batch::Definition;
use dt_common::config::{ChangeKind, ExtractType, MySqlExtractorConfig, SchemaAction};
use dt_common::error::{Error, Result};
use dt_common::filter::{Filter, Scope};
use dt_common::schema::{TableName, TableSchema};
use tracing::info;

use crate::extractor::mysql::ddl::{Catalog, Known, of_database, of_table, scope_definition};
use crate::extractor::mysql::definition::{Copying, TableDefinition};
use crate::extractor::mysql::schema::{SourceTables, stored_tables};

/// What is copied beside the stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Beside {
    /// The tables, as they are known.
    pub(crate) tables: Vec<TableDefinition>,
    /// What of it is to be stored.
    pub(crate) untold: Vec<Definition>,
}

impl Beside {
    /// The tables as everybody else sees them.
    ///
    /// # Errors
    /// A column that cannot be left out.
    pub(crate) fn schemas(&self, filter: &Filter) -> Result<Vec<Arc<TableSchema>>> {
        self.tables.iter().map(|table| Ok(table.finish(filter)?.schema)).collect()
    }
}

/// What a start finds, from its first look on.
pub(crate) struct Found<'a> {
    /// The tables that are followed, those to copy included until [`Found::parted`].
    pub(crate) source: SourceTables,
    filter: &'a Filter,
    /// Tables that the user wants to be copied.
    resync: &'a [TableName],
    /// Tables in the middle of being copied.
    begun: Vec<TableDefinition>,
    /// Tables to copy.
    wanted: Vec<TableName>,
    /// What the task has followed so far, when the filter is another one now.
    former: Option<Scope>,
    /// Tables that a policy has left out so far.
    passed_over: HashSet<TableName>,
    untold: Vec<Definition>,
    is_first: bool,
}

impl<'a> Found<'a> {
    /// At a task's first start: all that the source has. What is copied at the beginning anyway is not copied twice.
    ///
    /// # Errors
    /// A table to copy that the task does not follow.
    pub(crate) fn first(
        source: SourceTables,
        filter: &'a Filter,
        config: &'a MySqlExtractorConfig,
        kind: ExtractType,
    ) -> Result<Self> {
        let mut untold = Catalog::stored(&source.definitions, &source.charsets)?;
        untold.push(scope_definition(filter.scope())?);
        let mut found = Self { is_first: true, ..Self::new(source, filter, config, untold) };
        found.check_resync(&found.source)?;
        if kind == ExtractType::Cdc {
            found.wanted = found.resync.to_vec();
        }
        Ok(found)
    }

    /// The same, where definitions are stored that are of no use.
    pub(crate) fn without(mut self, stored: &[Definition]) -> Self {
        let mut gone = gone(stored, &self.untold);
        self.untold.append(&mut gone);
        self
    }

    /// Later: what is stored, as far as today's filter follows it.
    ///
    /// # Errors
    /// A column that was left out and is not any more.
    pub(crate) fn again(
        known: Known,
        filter: &'a Filter,
        config: &'a MySqlExtractorConfig,
        kind: ExtractType,
    ) -> Result<Self> {
        let Known { tables, charsets, scope } = known;
        let follows_stream = matches!(kind, ExtractType::Cdc | ExtractType::SnapshotAndCdc);
        let untold = match follows_stream && scope.as_ref() != Some(filter.scope()) {
            true => vec![scope_definition(filter.scope())?],
            false => Vec::new(),
        };
        let former = scope.filter(|former| follows_stream && former != filter.scope());
        let comes = |table: &TableDefinition| comes(filter, former.as_ref(), &table.name);
        let (mut begun, mut definitions): (Vec<_>, Vec<_>) =
            tables.into_iter().partition(|table| table.copying.is_some());
        begun.retain(|table| filter.follows(&table.name) && !comes(table));
        // What is copied anew has its definition of today, whatever was left out of it so far.
        let is_named = |table: &TableDefinition| follows_stream && config.resync.contains(&table.name);
        definitions.retain(|table| table.shadow.is_some() || !(comes(table) || is_named(table)));
        let is_passed_over = |table: &&TableDefinition| {
            let action = || config.schema.action(ChangeKind::CreateTable, &table.name);
            follows_stream
                && !table.followed
                && table.shadow.is_none()
                && filter.follows(&table.name)
                && action() != SchemaAction::Ignore
        };
        let passed_over = definitions.iter().filter(is_passed_over).map(|table| table.name.clone()).collect();
        let source = stored_tables(definitions, charsets, filter, &config.schema)?;
        Ok(Self { begun, former, passed_over, ..Self::new(source, filter, config, untold) })
    }

    fn new(
        source: SourceTables,
        filter: &'a Filter,
        config: &'a MySqlExtractorConfig,
        untold: Vec<Definition>,
    ) -> Self {
        Self {
            source,
            filter,
            resync: &config.resync,
            begun: Vec::new(),
            wanted: Vec::new(),
            former: None,
            passed_over: HashSet::new(),
            untold,
            is_first: false,
        }
    }

    /// Whether [`Found::meet`] is to be told what the source has today.
    pub(crate) fn asks(&self) -> bool {
        self.former.is_some() || !self.passed_over.is_empty() || !self.resync.is_empty()
    }

    /// Adds the tables that have come into the filter since, and that the user names.
    ///
    /// # Errors
    /// A table to copy that the task does not follow, or that is not on the source.
    pub(crate) fn meet(&mut self, today: SourceTables) -> Result<()> {
        self.check_resync(&today)?;
        let former = self.former.as_ref();
        let is_new = |db: &str| former.is_some_and(|former| !former.follows_database(db));
        for (db, charset) in today.charsets.0.iter().filter(|(db, _)| is_new(db)) {
            self.untold.push(of_database(db, Some(charset)));
            self.source.charsets.0.insert(db.clone(), charset.clone());
        }
        let is_begun = |name: &TableName| self.begun.iter().any(|table| table.name == *name);
        let named: Vec<TableName> = self.resync.iter().filter(|name| !is_begun(name)).cloned().collect();
        let added = self.source.add(today, |name| {
            comes(self.filter, former, name) || self.passed_over.contains(name) || named.contains(name)
        });
        self.wanted = named.into_iter().filter(|name| !added.contains(name)).collect();
        self.wanted.extend(added);
        Ok(())
    }

    /// The tables that are followed, those that are copied beside, and what of the former is to be stored.
    ///
    /// # Errors
    /// A defect: a definition that is no JSON.
    pub(crate) fn parted(self) -> Result<(SourceTables, Beside, Vec<Definition>)> {
        let Self { mut source, begun, wanted, mut untold, is_first, .. } = self;
        let mut beside = Beside::default();
        for name in wanted {
            let Some(table) = source.take(&name) else { continue };
            let table = TableDefinition { copying: Some(Copying::Wanted), ..table };
            beside.untold.push(of_table(&table)?);
            beside.tables.push(table);
        }
        for table in &mut source.definitions {
            let Some(tool) = &mut table.shadow else { continue };
            if beside.tables.iter().any(|copied| copied.name == tool.of) {
                tool.doubt("whose table is copied anew in the meantime");
                beside.untold.push(of_table(table)?);
            }
        }
        beside.tables.extend(begun);
        untold.retain(|told| beside.untold.iter().all(|wanted| wanted.table != told.table));
        // At once: a filter that is stored before the tables that have come by it would lose them.
        if is_first {
            untold.append(&mut beside.untold);
        } else if !beside.untold.is_empty() {
            beside.untold.append(&mut untold);
        }
        Ok((source, beside, untold))
    }

    fn check_resync(&self, today: &SourceTables) -> Result<()> {
        for name in self.resync {
            if self.begun.iter().any(|table| table.name == *name) {
                info!(table = %name, "the table is being copied anew already");
            } else if today.schemas().all(|table| table.name != *name) {
                return Err(Error::config(format!(
                    "--resync: the task follows no table {name}; name one that [filter] matches and the source has, in the source's spelling"
                )));
            }
        }
        Ok(())
    }
}

/// Whether a table has come into the filter.
fn comes(filter: &Filter, former: Option<&Scope>, name: &TableName) -> bool {
    filter.follows(name) && former.is_some_and(|former| !former.follows(name))
}

/// The stored definitions that are not to be stored again, as those of tables that are gone.
fn gone(stored: &[Definition], again: &[Definition]) -> Vec<Definition> {
    let is_gone = |stored: &&Definition| again.iter().all(|again| again.table != stored.table);
    let gone = stored.iter().filter(is_gone);
    gone.map(|stored| Definition { table: stored.table.clone(), text: None }).collect()
}

#[cfg(test)]
mod tests {
    use dt_common::config::{ExtractorConfig, TaskConfig};
    use dt_common::schema::{Column, ColumnType, Generated};

    use super::*;
    use crate::extractor::mysql::definition::{Content, DefinedColumn};
    use crate::extractor::mysql::shadow::Shadow;

    const HEAD: &str = "[task]\nid=t\n[sinker]\ndb_type=databend\nurl=databend://h\n[extractor]\ndb_type=mysql\n\
                        extract_type=snapshot_and_cdc\nurl=mysql://h\n[filter]\ndo_tbs=";

    fn config(tables: &str, resync: &[&str]) -> TaskConfig {
        let resync = resync.iter().map(|name| TableName::new("d", *name)).collect();
        TaskConfig::parse("t.ini", &format!("{HEAD}{tables}\n")).unwrap().with_resync(resync).unwrap()
    }

    fn table(name: &str, followed: bool, copying: Option<Copying>) -> TableDefinition {
        let column = Column {
            name: "a".to_owned(),
            ty: ColumnType::Date,
            nullable: false,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        };
        let column = DefinedColumn {
            name: "a".to_owned(),
            nullable: false,
            has_default: false,
            unlogged: false,
            content: Content::Followed(column),
        };
        let empty = TableDefinition::unknown(TableName::new("d", name), String::new());
        TableDefinition { followed, copying, columns: vec![column], ..empty }
    }

    /// What is copied and what is followed, when the task followed `former` and the source has `today`.
    fn found(
        former: &str,
        now: &TaskConfig,
        known: &[TableDefinition],
        today: &[&str],
    ) -> Result<[String; 2]> {
        let scope = config(former, &[]).filter.scope().clone();
        let known = Known { tables: known.to_vec(), scope: Some(scope), ..Known::default() };
        let ExtractorConfig::MySql(source) = &now.extractor;
        let mut found = Found::again(known, &now.filter, source, ExtractType::SnapshotAndCdc)?;
        if found.asks() {
            let today = today.iter().map(|name| table(name, true, None)).collect();
            found.meet(stored_tables(today, Default::default(), &now.filter, &source.schema)?)?;
        }
        let (source, beside, _) = found.parted()?;
        let names = |names: Vec<&TableName>| {
            let mut names: Vec<&str> = names.into_iter().map(|name| name.table.as_str()).collect();
            names.sort_unstable();
            names.join(" ")
        };
        let copied = beside.tables.iter().map(|table| &table.name).collect();
        let followed = source.schemas().map(|table| &table.name).collect();
        Ok([names(copied), names(followed)])
    }

    #[test]
    fn what_has_come_into_the_filter_is_copied_and_what_comes_by_the_stream_is_not() {
        let begun = || Some(Copying::Wanted);
        for (former, now, resync, known, today, expected) in [
            // Renamed, or made, in what is still to be read.
            ("d.t*", "d.t*", &[][..], vec![table("t", true, None)], &["t2"][..], ["", "t"]),
            ("d.t*", "d.t*,d.u", &[], vec![table("t", true, None)], &["t2", "u"], ["u", "t"]),
            // Made, renamed or altered since, and followed only now.
            ("d.t", "d.t*", &[], vec![table("t", true, None)], &["t2"], ["t2", "t"]),
            // Left out for a while: whatever is known of it is of a former time.
            (
                "d.t",
                "d.t,d.u",
                &[],
                vec![table("t", true, None), table("u", true, None)],
                &["t", "u"],
                ["u", "t"],
            ),
            ("d.t", "d.t,d.u", &[], vec![table("u", false, None), table("t", true, None)], &["t"], ["", "t"]),
            (
                "d.t,d.u",
                "d.t",
                &[],
                vec![table("t", true, None), table("u", true, None)],
                &["t", "u"],
                ["", "t"],
            ),
            // Left out by create_table = ignore, which is no more.
            (
                "d.*",
                "d.*",
                &[],
                vec![table("t", true, None), table("u", false, None)],
                &["t", "u"],
                ["u", "t"],
            ),
            (
                "d.*",
                "d.*",
                &["t"],
                vec![table("t", true, None), table("u", true, begun())],
                &["t", "u"],
                ["t u", ""],
            ),
            ("d.*", "d.*", &["u"], vec![table("t", true, None)], &["t", "u"], ["u", "t"]),
            (
                "d.*",
                "d.t",
                &[],
                vec![table("t", true, None), table("u", true, begun())],
                &["t", "u"],
                ["", "t"],
            ),
        ] {
            let case = format!("{former} -> {now}, {known:?}, {today:?}");
            assert_eq!(found(former, &config(now, resync), &known, today).unwrap(), expected, "{case}");
        }
        let gone = found("d.*", &config("d.*", &["t"]), &[table("t", true, None)], &["u"]);
        assert!(gone.unwrap_err().to_string().contains("--resync: the task follows no table"));
    }

    #[test]
    fn the_table_of_a_tool_does_not_take_the_place_of_one_that_is_copied_anew() {
        let (of, now) = (TableName::new("d", "t"), config("d.*", &["t"]));
        let copy = TableDefinition { shadow: Some(Shadow::copy_of(of, 1)), ..table("_t_gho", false, None) };
        let ExtractorConfig::MySql(source) = &now.extractor;
        let stored = vec![table("t", true, None), copy];
        let known = Known { tables: stored, scope: Some(now.filter.scope().clone()), ..Known::default() };
        let mut found = Found::again(known, &now.filter, source, ExtractType::Cdc).unwrap();
        let today = vec![table("t", true, None)];
        found.meet(stored_tables(today, Default::default(), &now.filter, &source.schema).unwrap()).unwrap();
        let (source, beside, untold) = found.parted().unwrap();
        assert!(untold.is_empty() && source.tables.is_empty());
        let told: Vec<&str> = beside.untold.iter().map(|told| told.table.table.as_str()).collect();
        assert_eq!(told, ["t", "_t_gho"]);
        assert!(
            source.definitions.iter().all(|table| table.shadow.as_ref().is_some_and(|copy| !copy.is_known()))
        );
    }
}
