//! What CREATE TABLE says of the new table.

use dt_common::schema::TableName;

use super::alter::{AlterOp, IndexDef};
use super::column::ColumnDef;
use super::options::options;
use super::{Understood, Words, not_understood};

/// Where a new table's definition comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NewTable {
    /// Its own columns and keys, in the words of an ALTER TABLE on a table without any.
    Own(Vec<AlterOp>),
    /// Another table.
    Like(TableName),
}

/// Reads what follows the table's name.
pub(super) fn new_table(words: &mut Words) -> Understood<NewTable> {
    if words.keyword("LIKE") {
        return like(words);
    }
    if !words.symbol('(') {
        return not_understood("a table without columns of its own");
    }
    if words.keyword("LIKE") {
        return like(words);
    }
    let mut ops = Vec::new();
    loop {
        item(words, &mut ops)?;
        words.skip_item();
        if !words.symbol(',') {
            break;
        }
    }
    if !words.symbol(')') {
        return not_understood("what stands between its columns");
    }
    // A comma may stand between options.
    loop {
        options(words, &mut ops)?;
        if !words.symbol(',') {
            break;
        }
    }
    if words.is_empty() || words.at_symbol(';') {
        Ok(NewTable::Own(ops))
    } else {
        not_understood("what follows its columns")
    }
}

fn like(words: &mut Words) -> Understood<NewTable> {
    words.table().map_or_else(|| not_understood("LIKE without a table"), |table| Ok(NewTable::Like(table)))
}

fn item(words: &mut Words, ops: &mut Vec<AlterOp>) -> Understood<()> {
    // A column may be called like a keyword only between quotes.
    match words.peek_keyword().as_deref() {
        Some("CONSTRAINT" | "PRIMARY" | "UNIQUE") => {
            ops.extend(IndexDef::read(words)?.map(AlterOp::AddIndex));
            Ok(())
        }
        Some("INDEX" | "KEY" | "FULLTEXT" | "SPATIAL" | "FOREIGN" | "CHECK") => Ok(()),
        Some("VECTOR")
            if words.clone().keywords(&["VECTOR", "INDEX"]) || words.clone().keywords(&["VECTOR", "KEY"]) =>
        {
            Ok(())
        }
        Some("PERIOD") if words.clone().keywords(&["PERIOD", "FOR"]) => not_understood("periods"),
        _ => {
            ops.push(AlterOp::Add { column: ColumnDef::read(words)?, if_not_exists: false });
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Understood<NewTable> {
        new_table(&mut Words::new(text, "d", Default::default()))
    }

    #[test]
    fn tables_as_servers_show_them() {
        let found = table(
            "(\n `id` int(11) NOT NULL AUTO_INCREMENT COMMENT 'x,(y)',\n `e` enum('a','b') CHARACTER SET latin1 DEFAULT 'a',\n \
             PRIMARY KEY (`id`),\n UNIQUE KEY `u` (`e`) USING BTREE,\n KEY `k` (`e`,`id`),\n \
             CONSTRAINT `f` FOREIGN KEY (`id`) REFERENCES `p` (`id`) ON DELETE CASCADE,\n CONSTRAINT `c` CHECK (`id` > 0)\n) \
             ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci COMMENT='t' START TRANSACTION",
        );
        let NewTable::Own(ops) = found.unwrap() else { panic!("like") };
        let kinds: Vec<String> =
            ops.iter().map(|op| format!("{op:?}").split([' ', '(']).next().unwrap().to_owned()).collect();
        assert_eq!(kinds.join(" "), "Add Add AddIndex AddIndex Engine Charset Charset Comment");
    }

    #[test]
    fn tables_from_others() {
        for text in ["LIKE x.t", "(LIKE `x`.`t`)"] {
            assert_eq!(table(text), Ok(NewTable::Like(TableName::new("x", "t"))), "{text}");
        }
        assert!(table("AS SELECT 1").is_err());
        assert!(table("(a INT) PARTITION BY HASH (a) PARTITIONS 4").is_ok());
        assert!(table("(a INT) SELECT 1 AS a").is_err());
        assert!(table("(a INT) WITH SYSTEM VERSIONING").is_err());
    }
}
