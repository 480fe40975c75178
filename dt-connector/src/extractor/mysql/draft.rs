//! A followed table while its facts come in, and the two views of it that are made in the end.
//!
//! The schema holds the followed columns only, and is all that everybody else sees. The image says what the binlog logs: every
//! column, so that the decoder steps over those that `[filter] ignore_cols` leaves out.

use std::sync::Arc;

use dt_common::error::Result;
use dt_common::filter::Filter;
use dt_common::schema::{Column, Key, KeyKind, TableName, TableSchema};
use dt_common::value::ColValue;

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
    /// Left out by `[filter] ignore_cols`.
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

/// A table while its facts come in.
pub(super) struct Draft {
    pub(super) name: TableName,
    pub(super) columns: Vec<DraftColumn>,
    pub(super) key: Option<Key>,
    pub(super) comment: String,
    pub(super) engine: String,
    /// Why no task reads it.
    pub(super) refused: Option<String>,
    /// Why no task follows its changes.
    pub(super) unstreamable: Option<String>,
}

/// A column of the source, followed or not.
pub(super) struct DraftColumn {
    pub(super) name: String,
    pub(super) nullable: bool,
    pub(super) content: Content,
}

/// What is known of a column: its definition, unless it is ignored; then its type may be one that dt does not know.
pub(super) enum Content {
    Followed {
        column: Column,
        /// See [`ImageColumn::Followed`].
        left_out: LeftOut,
    },
    Ignored {
        fsp: u8,
    },
}

/// One column of one unique index.
pub(super) struct IndexPart {
    pub(super) index: String,
    /// `None` for an expression.
    pub(super) column: Option<String>,
    /// Only the first characters of the column.
    pub(super) prefix: bool,
    pub(super) hash: bool,
}

impl Draft {
    /// The table in both views. The key is chosen among all columns, and none of its columns can be missing.
    pub(super) fn finish(self, filter: &Filter) -> Result<FollowedTable> {
        let refuse = |what: String| Err(filter.ignored_columns().refuse(what));
        let name = self.name;
        let is_followed = |column: &DraftColumn| matches!(column.content, Content::Followed { .. });
        let source_key = self.key.as_ref().map_or(&[][..], |key| &key.columns);
        if let Some(&at) = source_key.iter().find(|&&at| !is_followed(&self.columns[at])) {
            let column = &self.columns[at].name;
            return refuse(format!(
                "column `{column}` belongs to the key of table {name} and cannot be left out"
            ));
        }
        let followed_before =
            |at: usize| self.columns[..at].iter().filter(|column| is_followed(column)).count();
        let key = self.key.as_ref().map(|key| Key {
            columns: key.columns.iter().map(|&at| followed_before(at)).collect(),
            kind: key.kind,
        });
        let (mut columns, mut image) = (Vec::new(), Vec::new());
        for column in self.columns {
            image.push(match column.content {
                Content::Followed { column, left_out } => {
                    columns.push(column);
                    ImageColumn::Followed { left_out }
                }
                Content::Ignored { fsp } => ImageColumn::Ignored { fsp },
            });
        }
        if columns.is_empty() {
            return refuse(format!(
                "it leaves no column of table {name}; leave the table out by [filter] ignore_tbs"
            ));
        }
        let schema = TableSchema { name, columns, key, comment: self.comment, engine: self.engine };
        Ok(FollowedTable { schema: Arc::new(schema), image: image.into() })
    }
}

/// The primary key, else the first unique index that names every row: whole NOT NULL columns only.
pub(super) fn choose_key(columns: &[DraftColumn], parts: &[IndexPart]) -> Option<Key> {
    parts.chunk_by(|a, b| a.index == b.index).find_map(|index| {
        let kind = if index[0].index == "PRIMARY" { KeyKind::Primary } else { KeyKind::Unique };
        let positions = index.iter().map(|part| {
            let position = columns.iter().position(|column| Some(&column.name) == part.column.as_ref())?;
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
        let column = |name: &str, nullable| DraftColumn {
            name: name.into(),
            nullable,
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
            let column = |name: char| DraftColumn {
                name: name.to_string(),
                nullable: false,
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
                    Content::Followed { column, left_out: LeftOut::Unknown }
                },
            };
            let draft = Draft {
                name: TableName::new("d", "t"),
                columns: columns.chars().map(column).collect(),
                key: key.map(|columns| Key { columns: columns.to_vec(), kind: KeyKind::Primary }),
                comment: String::new(),
                engine: String::new(),
                refused: None,
                unstreamable: None,
            };
            draft.finish(&filter)
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
