//! What online schema change tools do, statement by statement.

use dt_common::schema::ColumnOrigin;
use dt_common::value::ColValue;

use super::tests::{catalog, columns, run};
use super::*;
use crate::extractor::mysql::shadow::Lineage;

const TABLE: &str = "CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(9))";

fn name(table: &str) -> TableName {
    TableName::new("d", table)
}

/// Runs the statements; a number stands for so many rows that the tool writes into `_t_gho`.
fn after(keys: &str, statements: &[&str]) -> (Catalog, Result<Effect>) {
    let mut catalog = catalog(keys, Flavor::MySql);
    let mut last = run(&mut catalog, TABLE);
    for sql in statements {
        match sql.parse() {
            Ok(rows) => drop(catalog.tally(&name("_t_gho"), rows, None).unwrap()),
            Err(_) => last = run(&mut catalog, sql),
        }
    }
    (catalog, last)
}

const BOTH: [&str; 2] = [
    "[filter]\ndo_tbs=d.t\n[schema]\nrename_by_tool=apply\n",
    "[filter]\ndo_dbs=d\n[schema]\nrename_by_tool=apply\n",
];
const CUT_OVER: &str = "RENAME TABLE t TO _t_del, _t_gho TO t";

#[test]
fn a_cut_over_is_one_change_of_the_table() {
    for keys in BOTH {
        let alter =
            "ALTER TABLE _t_gho ADD c INT NOT NULL DEFAULT 5 AFTER id, CHANGE a x BIGINT, DROP b, ADD d INT";
        let (catalog, effect) = after(
            keys,
            &["CREATE TABLE _t_gho LIKE t", alter, "ALTER TABLE _t_gho ALTER c SET DEFAULT 6", "7", CUT_OVER],
        );
        let effect = effect.unwrap();
        let [SchemaChange::Confirm(premise), SchemaChange::Alter(alteration)] = &effect.changes[..] else {
            panic!("{keys}: {effect:?}")
        };
        assert_eq!((&premise.table.name, premise.rows, &premise.full[..]), (&name("t"), 7, &[][..]));
        let was = |at| ColumnOrigin::Was { at, keep_type: false };
        let new = |value| ColumnOrigin::New(value);
        // The default that the rows got is that of the copy when they came.
        assert_eq!(
            alteration.origins,
            [was(0), new(ColValue::Int(6)), was(1), new(ColValue::Null)],
            "{keys}"
        );
        assert_eq!((alteration.dropped.len(), alteration.after.name.clone()), (1, name("t")));
        assert_eq!(
            (columns(&catalog, "t").as_str(), effect.concerned.as_slice()),
            ("id*! c! x d", &[name("t")][..])
        );
        assert!(catalog.passes_over(&name("_t_del")) && columns(&catalog, "_t_gho") == "none");
    }
}

#[test]
fn tables_of_tools_are_not_followed() {
    let made =
        ["CREATE TABLE _t_ghc (id INT)", "CREATE TABLE __t_new LIKE t", "CREATE TABLE _t_old (x FROBNICATE)"];
    for keys in BOTH {
        let (mut catalog, effect) = after(keys, &made);
        assert!(effect.unwrap().changes.is_empty());
        for table in ["_t_ghc", "__t_new", "_t_old"] {
            assert!(catalog.passes_over(&name(table)) && !catalog.wants(&name(table)), "{table}");
            assert!(run(&mut catalog, &format!("DROP TABLE {table}")).unwrap().concerned.is_empty());
        }
    }
    // Beside one that is ignored they are ignored too.
    let (catalog, effect) = after(
        "[filter]\ndo_dbs=d\nignore_tbs=d.t\n",
        &["CREATE TABLE _t_gho LIKE t", "RENAME TABLE t TO _t_del, _t_gho TO t"],
    );
    assert!(
        effect.unwrap().changes.is_empty()
            && columns(&catalog, "t") == "none"
            && !catalog.wants(&name("_t_del"))
    );
    // Beside no known table, or named by the user, it is a table like any other.
    let (catalog, _) = after("", &["CREATE TABLE _u_new (id INT)"]);
    assert_eq!(columns(&catalog, "_u_new"), "id");
    let (catalog, _) = after("[filter]\ndo_dbs=d\ndo_tbs=d._t_new\n", &["CREATE TABLE _t_new (id INT)"]);
    assert_eq!(columns(&catalog, "_t_new"), "id");
    let (catalog, _) = after("[schema]\ntool_tables=\n", &["CREATE TABLE _t_new (id INT)"]);
    assert_eq!(columns(&catalog, "_t_new"), "id");
}

#[test]
fn the_table_may_make_way_before() {
    for keys in [BOTH[0], BOTH[1], "[schema]\ndrop_table = apply\n"] {
        for first in ["DROP TABLE t", "RENAME TABLE t TO _t_old"] {
            let made = ["CREATE TABLE _t_gho LIKE t", "ALTER TABLE _t_gho ADD c INT", "2"];
            let (mut catalog, effect) = after(keys, &[&made[..], &[first]].concat());
            let effect = effect.unwrap();
            assert!(
                effect.changes.is_empty() && effect.concerned == [name("t")],
                "{keys}{first}: {effect:?}"
            );
            let stored = Catalog::stored(catalog.tables.values(), &catalog.charsets).unwrap();
            let tables = Catalog::read(&stored).unwrap().tables;
            catalog.tables = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
            let effect = run(&mut catalog, "RENAME TABLE _t_gho TO t").unwrap();
            assert_eq!(
                (effect.changes.len(), columns(&catalog, "t").as_str()),
                (2, "id*! a b c"),
                "{keys}{first}"
            );
        }
    }
    // The tool has given up: the policy's turn.
    let made = ["CREATE TABLE _t_gho LIKE t", "DROP TABLE t", "DROP TABLE _t_gho"];
    let (_, effect) = after("[schema]\ndrop_table = apply\n", &made);
    assert_eq!(effect.unwrap().changes, [SchemaChange::DropTable { table: name("t"), keep: false }]);
}

#[test]
fn what_is_not_known_of_a_copy_stops_its_cut_over() {
    let like = "CREATE TABLE _t_gho LIKE t";
    for (statements, expected) in [
        (&["CREATE TABLE _t_gho (id INT PRIMARY KEY, c INT)"][..], "which was made with other columns"),
        (&["CREATE TABLE u (id INT)", "CREATE TABLE _t_gho LIKE u"], "which was made like `d`.`u`"),
        (&[like, "5", "ALTER TABLE _t_gho DROP a"], "which was altered when it held rows"),
        (&[like, "ALTER TABLE t DROP a"], "whose table was altered in the meantime"),
        (&[like, "ALTER TABLE _t_gho ADD c DATETIME DEFAULT NOW()"], "column `c` has a default that depends"),
        (
            &[like, "ALTER TABLE _t_gho ADD c TIMESTAMP DEFAULT NOW()"],
            "column `c` has a value of its own in each row",
        ),
        (
            &[like, "ALTER TABLE _t_gho ADD c TIMESTAMP NULL ON UPDATE NOW()"],
            "column `c` has a value of its own",
        ),
        (&[like, "ALTER TABLE _t_gho ADD c INT AUTO_INCREMENT UNIQUE"], "column `c` counts by itself"),
        (&[like, "ALTER TABLE _t_gho MODIFY a SMALLINT"], "the narrower type of column `a`"),
        (&[like, "ALTER TABLE _t_gho MODIFY b INT"], "writes the values that are there anew"),
        (&[like, "ALTER TABLE _t_gho DROP a, CHANGE b a VARCHAR(9)"], "whose column `a` is another one"),
        (
            &[like, "ALTER TABLE _t_gho DROP a", "ALTER TABLE _t_gho ADD a INT"],
            "whose column `a` is another one",
        ),
        (
            &[like, "ALTER TABLE _t_gho RENAME COLUMN a TO b, RENAME COLUMN b TO a"],
            "whose column `b` is another one",
        ),
        (
            &[like, "ALTER TABLE _t_gho RENAME COLUMN a TO x"],
            "`[schema] rename_by_tool = d.t:apply` lets it pass",
        ),
        (&[like, "-3"], "of which more rows were deleted than were written"),
        (
            &[
                like,
                "RENAME TABLE _t_gho TO __t_gho, __t_gho TO _t_gho",
                CUT_OVER,
                "RENAME TABLE t TO _t_gho, _t_del TO t",
            ],
            "which was the table itself",
        ),
    ] {
        let cut_over =
            if statements.last().unwrap().starts_with("RENAME") { &[][..] } else { &[CUT_OVER][..] };
        let (_, effect) = after("[schema]\nnarrow_column=keep\n", &[statements, cut_over].concat());
        let error = effect.unwrap_err().to_string();
        assert!(error.contains(expected), "{statements:?}: {error}");
        let way_out = ["[filter] ignore_tbs=d.t", "lets it pass", "`[schema] add_column = d.t:ignore`"];
        assert!(way_out.iter().any(|line| error.contains(line)), "{error}");
    }
    let (_, effect) = after("", &[like, "RENAME TABLE t TO kept, _t_gho TO t"]);
    assert!(effect.unwrap_err().to_string().contains("the former table is followed as `d`.`kept`"));
    let (_, effect) = after("[filter]\ndo_events=insert\n", &[like, CUT_OVER]);
    assert!(effect.unwrap_err().to_string().contains("cannot be counted"));
}

#[test]
fn a_full_text_of_the_table_is_a_copy_and_its_nulls_are_looked_for() {
    let text = "CREATE TABLE `d`.`_t_gho` (`id` int NOT NULL, `a` int DEFAULT NULL, `b` varchar(9) DEFAULT NULL, PRIMARY KEY (`id`)) \
                ENGINE=InnoDB DEFAULT CHARSET=latin1";
    let (_, effect) = after("", &[text, "ALTER TABLE _t_gho MODIFY a INT NOT NULL", "3", CUT_OVER]);
    let [SchemaChange::Confirm(premise), ..] = &effect.unwrap().changes[..] else { panic!() };
    assert_eq!(premise.full, [1]);
    let (catalog, _) = after("[filter]\nignore_cols=d.t.a\n", &[text, "ALTER TABLE _t_gho DROP a", CUT_OVER]);
    assert_eq!(columns(&catalog, "t"), "id*! b");
}

#[test]
fn rows_are_counted_and_doubts_stay() {
    let (mut catalog, _) = after("", &["CREATE TABLE _t_gho LIKE t", "5", "-2", "TRUNCATE _t_gho", "4"]);
    let gho = name("_t_gho");
    let counted = catalog.counted(&gho).unwrap().unwrap().counted;
    assert_eq!((&counted.schema.name, counted.image.len()), (&gho, 3));
    let stored = catalog.tally(&gho, 0, Some("because")).unwrap().unwrap();
    let tables = Catalog::read(&[stored]).unwrap().tables;
    let shadow = tables[0].shadow.as_ref().unwrap();
    assert_eq!((shadow.rows, &shadow.lineage), (4, &Lineage::Unknown("because".into())));
    assert!(catalog.counted(&gho).is_none() && catalog.tally(&name("t"), 1, None).unwrap().is_none());
}

#[test]
fn a_tool_that_works_on_a_table_that_is_copied_beside_the_stream_changes_nothing() {
    let mut catalog = catalog("", Flavor::MySql);
    run(&mut catalog, "CREATE TABLE t (id INT PRIMARY KEY)").unwrap();
    let name = TableName::new("d", "t");
    let table = catalog.tables[&name].clone();
    catalog.set_aside(&name);
    for sql in [
        "CREATE TABLE _t_gho LIKE t",
        "ALTER TABLE _t_gho ADD c INT",
        "RENAME TABLE t TO _t_del, _t_gho TO t",
        "DROP TABLE _t_del",
        "CREATE TABLE _t_gho LIKE t",
    ] {
        let effect = run(&mut catalog, sql).unwrap();
        assert!(effect.changes.is_empty() && effect.concerned.is_empty(), "{sql}: {effect:?}");
    }
    // What the tool began before is of no use to the table that is there now.
    catalog.take_in(table);
    assert!(run(&mut catalog, "RENAME TABLE t TO _t_del, _t_gho TO t").is_err());
}
