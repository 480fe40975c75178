//! A table's definition at one position of the binlog, and the two views of it that the task works with.
//!
//! The schema holds the followed columns only, and is all that everybody else sees. The image says what the binlog logs: every
//! column, so that the decoder steps over those that `[filter] ignore_cols` leaves out. The definition holds what both are made of, and what
//! decides how a later statement changes them: every unique index, and the charset that new columns inherit.

use std::sync::Arc;

use dt_common::error::Result;
use dt_common::filter::Filter;
use dt_common::schema::{Column, Key, KeyKind, TableName, TableSchema};
use dt_common::value::ColValue;
use serde::{Deserialize, Serialize};

use super::column_default;
use super::shadow::Shadow;

/// A followed table in both views.
#[derive(Debug, Clone)]
pub(crate) struct FollowedTable {
    /// The followed columns.
    pub(crate) schema: Arc<TableSchema>,
    /// What the row image holds, column by column.
    pub(crate) image: Arc<[ImageColumn]>,
}

/// One column of a row image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ImageColumn {
    /// The schema's next column.
    Followed {
        /// What it means when a partial image leaves the column out.
        left_out: LeftOut,
    },
    /// Left out by `[filter] ignore_cols`, or by `[schema] add_column = ignore`.
    Ignored {
        /// Fraction digits, which the table map of MariaDB's older temporal formats leaves out.
        fsp: u8,
    },
}

/// What it means that a partial row image leaves a column out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// In an insert its default, in an update that it has not changed.
    Default(ColValue),
    /// In an insert nothing that dt knows, in an update that it has not changed.
    Unknown,
    /// Nothing: no partial image holds it (virtual columns of MariaDB).
    Unlogged,
}

/// A table as it was at one position. What the task stores of it is this, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableDefinition {
    /// Name.
    pub(crate) name: TableName,
    /// Whether the task follows it. Others are known because a statement may turn them into one that is.
    pub(crate) followed: bool,
    /// Columns, in the order of the row image.
    pub(crate) columns: Vec<DefinedColumn>,
    /// Parts of the unique indexes: those of one index side by side, the primary key first, then by name.
    pub(crate) unique: Vec<IndexPart>,
    /// Charset of columns that name none.
    pub(crate) charset: String,
    /// Comment.
    pub(crate) comment: String,
    /// Storage engine.
    pub(crate) engine: String,
    /// Why no task reads it.
    pub(crate) refused: Option<String>,
    /// Why no task follows its changes.
    pub(crate) unstreamable: Option<String>,
    /// How far the table is that is copied anew beside the stream, which passes it over meanwhile; then this is its definition
    /// there, and not at the task's position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copying: Option<Copying>,
    /// What is known of a table that an online schema change tool has made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shadow: Option<Shadow>,
}

/// How far a table is that is copied anew beside the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Copying {
    /// It is to be copied.
    Wanted,
    /// Its copy has begun.
    Begun {
        /// What was committed up to here, every row that is read shows; the text form of a position.
        from: String,
    },
}

/// A column of the source, followed or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DefinedColumn {
    /// Name.
    pub(crate) name: String,
    /// Whether NULL is allowed.
    pub(crate) nullable: bool,
    /// Whether it has a default, literal or not.
    pub(crate) has_default: bool,
    /// Whether partial row images never hold it.
    pub(crate) unlogged: bool,
    /// The rest.
    pub(crate) content: Content,
}

/// What is known of a column: its definition, unless it is ignored; then its type may be one that dt does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Content {
    /// A followed column.
    Followed(Column),
    /// See [`ImageColumn::Ignored`].
    Ignored {
        /// Fraction digits.
        fsp: u8,
    },
}

/// One column of one unique index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexPart {
    /// The index.
    pub(crate) index: String,
    /// `None` for an expression.
    pub(crate) column: Option<String>,
    /// Only the first characters of the column.
    pub(crate) prefix: bool,
    /// MariaDB's hash of long values.
    pub(crate) hash: bool,
}

impl IndexPart {
    /// Whether it is the column of this name, or its beginning.
    pub(crate) fn is_of(&self, column: &str) -> bool {
        self.column.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(column))
    }
}

impl TableDefinition {
    /// A table that nobody follows, and of which nothing else is known.
    pub(crate) fn unknown(name: TableName, charset: String) -> Self {
        Self {
            name,
            followed: false,
            columns: Vec::new(),
            unique: Vec::new(),
            charset,
            comment: String::new(),
            engine: String::new(),
            refused: None,
            unstreamable: None,
            copying: None,
            shadow: None,
        }
    }

    /// What names a row, as positions among all columns.
    pub(crate) fn key(&self) -> Option<Key> {
        choose_key(&self.columns, &self.unique)
    }

    /// The table in both views. The key is chosen among all columns, and none of its columns can be missing.
    pub(crate) fn finish(&self, filter: &Filter) -> Result<FollowedTable> {
        let refuse = |what: String| Err(filter.ignored_columns().refuse(what));
        let name = &self.name;
        let is_followed = |column: &DefinedColumn| matches!(column.content, Content::Followed(_));
        let source_key = self.key();
        let key_columns = source_key.as_ref().map_or(&[][..], |key| &key.columns);
        if let Some(&at) = key_columns.iter().find(|&&at| !is_followed(&self.columns[at])) {
            let column = &self.columns[at].name;
            return refuse(format!(
                "column `{column}` belongs to the key of table {name} and cannot be left out"
            ));
        }
        let followed_before =
            |at: usize| self.columns[..at].iter().filter(|column| is_followed(column)).count();
        let key = source_key.as_ref().map(|key| Key {
            columns: key.columns.iter().map(|&at| followed_before(at)).collect(),
            kind: key.kind,
        });
        let (mut columns, mut image) = (Vec::new(), Vec::new());
        for column in &self.columns {
            let (has_default, unlogged) = (column.has_default, column.unlogged);
            image.push(match &column.content {
                Content::Followed(column) => {
                    let left_out = match unlogged {
                        true => LeftOut::Unlogged,
                        false => column_default::left_out(column, has_default)
                            .map_or(LeftOut::Unknown, LeftOut::Default),
                    };
                    columns.push(column.clone());
                    ImageColumn::Followed { left_out }
                }
                Content::Ignored { fsp } => ImageColumn::Ignored { fsp: *fsp },
            });
        }
        if columns.is_empty() {
            return refuse(format!(
                "it leaves no column of table {name}; leave the table out by [filter] ignore_tbs"
            ));
        }
        let (comment, engine) = (self.comment.clone(), self.engine.clone());
        let schema = TableSchema { name: name.clone(), columns, key, comment, engine };
        Ok(FollowedTable { schema: Arc::new(schema), image: image.into() })
    }
}

/// The primary key, else the first unique index that names every row: whole NOT NULL columns only.
fn choose_key(columns: &[DefinedColumn], parts: &[IndexPart]) -> Option<Key> {
    parts.chunk_by(|a, b| a.index == b.index).find_map(|index| {
        let kind = if index[0].index == "PRIMARY" { KeyKind::Primary } else { KeyKind::Unique };
        let positions = index.iter().map(|part| {
            let position = columns.iter().position(|column| part.is_of(&column.name))?;
            let hashed = part.hash && kind == KeyKind::Unique;
            let usable = !(part.prefix || hashed || columns[position].nullable);
            usable.then_some(position)
        });
        Some(Key { columns: positions.collect::<Option<Vec<_>>>()?, kind })
    })
}

#[cfg(test)]
mod tests {
    use dt_common::config::ini::RawConfig;
    use dt_common::schema::{ColumnType, Generated};

    use super::*;

    fn part(index: &str, column: &str) -> IndexPart {
        IndexPart { index: index.into(), column: Some(column.into()), prefix: false, hash: false }
    }

    #[test]
    fn a_key_names_every_row() {
        let column = |name: &str, nullable| DefinedColumn {
            name: name.into(),
            nullable,
            has_default: false,
            unlogged: false,
            content: Content::Ignored { fsp: 0 },
        };
        let columns = [column("a", false), column("b", false), column("n", true)];
        let key = |parts: &[IndexPart]| choose_key(&columns, parts);
        let found = |kind, columns: &[usize]| Some(Key { columns: columns.to_vec(), kind });
        let (primary, unique) = (KeyKind::Primary, KeyKind::Unique);
        assert_eq!(
            key(&[part("PRIMARY", "b"), part("PRIMARY", "a"), part("u", "a")]),
            found(primary, &[1, 0])
        );
        assert_eq!(key(&[part("u", "n"), part("v", "b")]), found(unique, &[1]));
        assert_eq!(key(&[part("u", "a"), part("u", "n")]), None);
        assert_eq!(key(&[IndexPart { prefix: true, ..part("u", "a") }]), None);
        assert_eq!(key(&[IndexPart { hash: true, ..part("u", "a") }]), None);
        assert_eq!(key(&[IndexPart { column: None, ..part("u", "a") }]), None);
        assert_eq!(key(&[]), None);
    }

    #[test]
    fn ignored_columns_leave_the_schema_and_stay_in_the_image() {
        let raw = RawConfig::parse("t.ini", "[filter]\nignore_cols=d.t.*\n").unwrap();
        let filter = Filter::read(&raw).unwrap();
        let finished = |columns: &str, key: Option<&[usize]>| {
            let column = |name: char| DefinedColumn {
                name: name.to_string(),
                nullable: false,
                has_default: true,
                unlogged: false,
                content: if name.is_uppercase() {
                    Content::Ignored { fsp: 3 }
                } else {
                    let column = Column {
                        name: name.to_string(),
                        ty: ColumnType::Date,
                        nullable: false,
                        default: None,
                        generated: Generated::No,
                        invisible: false,
                        comment: String::new(),
                    };
                    Content::Followed(column)
                },
            };
            let table = TableDefinition {
                name: TableName::new("d", "t"),
                columns: columns.chars().map(column).collect(),
                followed: true,
                unique: key
                    .unwrap_or_default()
                    .iter()
                    .map(|&at| part("PRIMARY", &columns[at..=at]))
                    .collect(),
                charset: String::new(),
                comment: String::new(),
                engine: String::new(),
                refused: None,
                unstreamable: None,
                copying: None,
                shadow: None,
            };
            table.finish(&filter)
        };
        let table = finished("AbCd", Some(&[3, 1])).unwrap();
        let names: Vec<&str> = table.schema.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!((names, table.schema.key_columns()), (vec!["b", "d"], &[1, 0][..]));
        let (ignored, followed) =
            (ImageColumn::Ignored { fsp: 3 }, ImageColumn::Followed { left_out: LeftOut::Unknown });
        assert_eq!(*table.image, [ignored.clone(), followed.clone(), ignored, followed]);
        for (columns, key, expected) in [
            ("aB", Some(&[0, 1][..]), "column `B` belongs to the key of table `d`.`t`"),
            ("AB", None, "it leaves no column of table `d`.`t`"),
        ] {
            let error = finished(columns, key).unwrap_err().to_string();
            assert!(error.starts_with(&format!("t.ini:2: [filter] ignore_cols: {expected}")), "{error}");
        }
    }
}
