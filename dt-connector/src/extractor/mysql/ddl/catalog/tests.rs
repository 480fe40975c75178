//! Statements one after the other, and what they make of the tables.

use dt_common::config::ini::RawConfig;
use dt_common::schema::ColumnOrigin;

use super::super::Words;
use super::*;

pub(super) fn catalog(keys: &str, flavor: Flavor) -> Catalog {
    let raw = RawConfig::parse("t.ini", keys).unwrap();
    Catalog {
        aside: HashSet::new(),
        tables: HashMap::new(),
        charsets: Charsets::default(),
        filter: Arc::new(Filter::read(&raw).unwrap()),
        policies: SchemaPolicies::read(&raw).unwrap(),
        flavor,
        timestamps_take_null: true,
        server_charset: "latin1".into(),
        server_engine: "InnoDB".into(),
        lowers_names: false,
        folds_names: false,
    }
}

pub(super) fn run(catalog: &mut Catalog, sql: &str) -> Result<Effect> {
    let statement =
        Statement::parse(&mut Words::new(sql, "d", Default::default())).unwrap_or_else(|| panic!("{sql}"));
    catalog.apply(&statement, Moment { seconds: 1, garbled: false })
}

/// The columns of a followed table in one line, the key's with a star.
pub(super) fn columns(catalog: &Catalog, table: &str) -> String {
    let Some(table) = catalog.followed(&TableName::new("d", table)).unwrap() else {
        return "none".to_owned();
    };
    let key = table.schema.key_columns();
    let shown = table.schema.columns.iter().enumerate().map(|(at, column)| {
        let star = if key.contains(&at) { "*" } else { "" };
        let null = if column.nullable { "" } else { "!" };
        format!("{}{star}{null}", column.name)
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn columns_go_where_the_servers_put_them() {
    let mut catalog = catalog("", Flavor::MySql);
    for (sql, expected) in [
        (
            "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(9) NOT NULL UNIQUE)",
            "id*! a b!",
        ),
        ("ALTER TABLE t ADD c INT FIRST, ADD d INT AFTER a, ADD e INT", "c id*! a d b! e"),
        ("ALTER TABLE t MODIFY e BIGINT FIRST, DROP c", "e id*! a d b!"),
        ("ALTER TABLE t RENAME COLUMN a TO d, RENAME COLUMN d TO a", "e id*! d a b!"),
        ("ALTER TABLE t CHANGE a x INT NOT NULL AFTER e, ADD y INT AFTER x", "e x! y id*! d b!"),
        ("ALTER TABLE t MODIFY id INT, DROP PRIMARY KEY", "e x! y id d b*!"),
        ("DROP INDEX b ON t", "e x! y id d b!"),
        ("ALTER TABLE t ADD PRIMARY KEY (x, y)", "e x*! y*! id d b!"),
        ("ALTER TABLE t DROP COLUMN y, ADD COLUMN y INT", "e x*! id d b! y"),
        ("CREATE TABLE u LIKE t", "e x*! id d b! y"),
        ("ALTER TABLE t ADD INDEX (d), ALGORITHM=INPLACE", "e x*! id d b! y"),
        // Keys go with their columns, whichever order the statement has.
        ("ALTER TABLE t RENAME COLUMN x TO b, RENAME COLUMN b TO x", "e b*! id d x! y"),
        ("ALTER TABLE t CHANGE b x INT NOT NULL, CHANGE x b VARCHAR(9) NOT NULL FIRST", "b! e x*! id d y"),
        ("ALTER TABLE t ADD PRIMARY KEY (b), DROP PRIMARY KEY, MODIFY x INT", "b*! e x id d y"),
        (
            "ALTER TABLE t MODIFY b VARCHAR(9) NOT NULL AFTER x, ADD UNIQUE (x), ADD UNIQUE (x)",
            "e x b*! id d y",
        ),
    ] {
        run(&mut catalog, sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        assert_eq!(columns(&catalog, "t"), expected, "{sql}");
    }
    assert_eq!(columns(&catalog, "u"), "e x*! id d b! y");
}

#[test]
fn charsets_are_inherited() {
    let mut catalog = catalog("", Flavor::MySql);
    let charset = |catalog: &Catalog, at: usize| {
        let table = catalog.followed(&TableName::new("d", "t")).unwrap().unwrap();
        let text = table.schema.columns[at].ty.text().unwrap().clone();
        format!("{} {}", text.charset, text.max_bytes)
    };
    run(&mut catalog, "CREATE DATABASE d CHARACTER SET cp1251").unwrap();
    run(&mut catalog, "CREATE TABLE t (a VARCHAR(9))").unwrap();
    run(&mut catalog, "ALTER TABLE t DEFAULT CHARSET utf8, ADD b TEXT").unwrap();
    assert_eq!((charset(&catalog, 0), charset(&catalog, 1)), ("cp1251 9".into(), "utf8mb3 65535".into()));
    run(&mut catalog, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4").unwrap();
    assert_eq!(
        (charset(&catalog, 0), charset(&catalog, 1)),
        ("utf8mb4 36".into(), "utf8mb4 16777215".into())
    );
}

#[test]
fn a_new_table_has_the_engine_that_it_names_or_the_servers() {
    let mut catalog = catalog("", Flavor::MySql);
    for (sql, expected) in [
        ("CREATE TABLE t (a INT)", "InnoDB"),
        ("CREATE OR REPLACE TABLE t (a INT) ENGINE = Aria", "Aria"),
        ("ALTER TABLE t ENGINE = InnoDB", "InnoDB"),
    ] {
        run(&mut catalog, sql).unwrap();
        let table = catalog.followed(&TableName::new("d", "t")).unwrap().unwrap();
        assert_eq!(table.schema.engine, expected, "{sql}");
    }
}

#[test]
fn what_the_target_has_to_do() {
    let mut catalog = catalog("[filter]\ndo_dbs=d\nignore_cols=d.t.secret\n", Flavor::MariaDb);
    run(&mut catalog, "CREATE TABLE t (id INT PRIMARY KEY, secret XMLTYPE, a INT)").unwrap();
    let effect = run(&mut catalog, "ALTER TABLE t ADD b INT DEFAULT 5, DROP a").unwrap();
    let [SchemaChange::Alter(alteration)] = &effect.changes[..] else { panic!("{effect:?}") };
    let was = ColumnOrigin::Was { at: 0, keep_type: false };
    assert_eq!(alteration.origins, [was, ColumnOrigin::New(dt_common::value::ColValue::Int(5))]);
    assert_eq!((alteration.dropped[0].at, alteration.dropped[0].keep), (1, true));
    for noise in [
        "ALTER TABLE t ADD INDEX i (b)",
        "ALTER TABLE t DROP secret",
        "DROP TABLE other",
        "CREATE TABLE IF NOT EXISTS t (a INT)",
    ] {
        assert!(run(&mut catalog, noise).unwrap().changes.is_empty(), "{noise}");
    }
    let effect = run(&mut catalog, "TRUNCATE t").unwrap();
    assert_eq!(effect.changes, [SchemaChange::Truncate(TableName::new("d", "t"))]);
}

#[test]
fn renames_are_a_permutation() {
    let mut catalog = catalog("[filter]\nignore_tbs=d.hidden\n", Flavor::MySql);
    run(&mut catalog, "CREATE TABLE a (x INT)").unwrap();
    run(&mut catalog, "CREATE TABLE b (y INT)").unwrap();
    let effect = run(&mut catalog, "RENAME TABLE a TO c, b TO a, c TO b").unwrap();
    assert_eq!((columns(&catalog, "a"), columns(&catalog, "b")), ("y".into(), "x".into()));
    assert_eq!((effect.changes.len(), columns(&catalog, "c").as_str()), (2, "none"));
    let effect = run(&mut catalog, "ALTER TABLE a RENAME TO hidden").unwrap();
    let kept = SchemaChange::DropTable { table: TableName::new("d", "a"), keep: true };
    assert_eq!((effect.changes, columns(&catalog, "a").as_str()), (vec![kept], "none"));
    let error = run(&mut catalog, "RENAME TABLE hidden TO a").unwrap_err().to_string();
    assert!(error.contains("with rows that were not followed"), "{error}");
}

#[test]
fn a_stop_names_the_table_and_the_line_that_lets_it_pass() {
    for (keys, sql, expected) in [
        ("", "ALTER TABLE t MODIFY a TINYINT", "`[schema] narrow_column = d.t:keep` lets it pass"),
        ("", "ALTER TABLE t MODIFY b INT", "writes the values that are there anew"),
        ("", "ALTER TABLE t DROP PARTITION p", "[filter] ignore_tbs=d.t"),
        ("", "ALTER TABLE t ADD g INT AS (a + 1)", "`[schema] add_column = d.t:ignore`"),
        ("", "ALTER TABLE t ADD a INT", "column `a`, which the definition that dt has"),
        (
            "[schema]\nadd_column = stop",
            "ALTER TABLE t ADD c INT",
            "`[schema] add_column = d.t:apply` lets it pass",
        ),
        ("[schema]\ndrop_table = stop", "DROP TABLE t", "`[schema] drop_table = d.t:apply`"),
        ("[schema]\ncreate_database = stop", "CREATE DATABASE x", "database `x`: it is new"),
    ] {
        let mut catalog = catalog(&format!("{keys}\n"), Flavor::MySql);
        run(&mut catalog, "CREATE TABLE t (id INT PRIMARY KEY, a INT, b VARCHAR(9))").unwrap();
        let error = run(&mut catalog, sql).unwrap_err().to_string();
        assert!(error.contains(expected), "{sql}: {error}");
    }
}

#[test]
fn definitions_survive_a_restart() {
    let mut catalog = catalog("", Flavor::MySql);
    run(
        &mut catalog,
        "CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a','b'), s VARCHAR(9) CHARACTER SET latin1)",
    )
    .unwrap();
    let mut stored = Catalog::stored(catalog.tables.values(), &catalog.charsets).unwrap();
    stored.push(scope_definition(catalog.filter.scope()).unwrap());
    let known = Catalog::read(&stored).unwrap();
    assert_eq!(
        (known.scope.as_ref(), &known.charsets.0),
        (Some(catalog.filter.scope()), &catalog.charsets.0)
    );
    assert_eq!(known.tables, catalog.tables.into_values().collect::<Vec<_>>());
}

#[test]
fn a_table_that_is_copied_beside_the_stream_is_passed_over() {
    let mut catalog = catalog("", Flavor::MySql);
    run(&mut catalog, "CREATE TABLE t (id INT PRIMARY KEY, v INT)").unwrap();
    run(&mut catalog, "CREATE TABLE u (id INT)").unwrap();
    let name = TableName::new("d", "t");
    let altered = |catalog: &Catalog, sql: &str| {
        let statement = Statement::parse(&mut Words::new(sql, "d", Default::default())).unwrap();
        catalog.altered_by(&statement, Moment { seconds: 1, garbled: false }).contains(&name)
    };
    for (sql, expected) in [
        ("ALTER TABLE t ADD INDEX (v)", false),
        ("ALTER TABLE t ADD UNIQUE (v)", true),
        ("ALTER TABLE t ADD w INT", true),
        ("ALTER TABLE t DROP PARTITION p", true),
        ("TRUNCATE TABLE t", true),
        ("RENAME TABLE t TO x, y TO t", true),
        ("RENAME TABLE y TO t", true),
        ("DROP DATABASE d", true),
        ("DROP TABLE u", false),
        ("CREATE TABLE IF NOT EXISTS t (id INT)", false),
    ] {
        assert_eq!(altered(&catalog, sql), expected, "{sql}");
    }
    let table = catalog.tables[&name].clone();
    catalog.set_aside(&name);
    assert!(catalog.passes_over(&name) && catalog.followed(&name).unwrap().is_none());
    for sql in [
        "ALTER TABLE t DROP PARTITION p",
        "TRUNCATE t",
        "DROP TABLE t",
        "CREATE TABLE t (id INT)",
        "RENAME TABLE t TO x",
        "DROP TABLE x",
    ] {
        let effect = run(&mut catalog, sql).unwrap();
        assert!(effect.changes.is_empty() && effect.definitions.is_empty(), "{sql}: {effect:?}");
    }
    let effect = run(&mut catalog, "RENAME TABLE u TO t").unwrap();
    assert_eq!(effect.concerned, [TableName::new("d", "u")]);
    assert!(catalog.passes_over(&name));
    catalog.take_in(table);
    assert!(!catalog.passes_over(&name) && catalog.followed(&name).unwrap().is_some());
}
