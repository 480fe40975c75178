//! Changes, and the statements that they come to.

use dt_common::config::Values;
use dt_common::config::{BloomIndex, TableLayout};
use dt_common::router::Router;
use dt_common::schema::{CopyStage, DroppedColumn};

use super::super::super::fixtures::table;
use super::super::step::Seen;
use super::*;

fn held(names: &[(&str, &str, bool)]) -> HashMap<TableName, Held> {
    let columns = names.iter().map(|&(name, data_type, nullable)| TargetColumn {
        name: name.into(),
        data_type: data_type.into(),
        nullable,
        has_default: false,
    });
    HashMap::from([(
        TableName::new("d", "t"),
        Held { columns: columns.collect(), has_rows: true, id: "11".to_owned() },
    )])
}

fn sql(held: &HashMap<TableName, Held>, changes: &[SchemaChange]) -> Result<String> {
    sql_with(BloomIndex::All, held, changes)
}

fn sql_with(
    bloom_index: BloomIndex,
    held: &HashMap<TableName, Held>,
    changes: &[SchemaChange],
) -> Result<String> {
    let routes = Routes::new(Router::default(), Values::default());
    let layout = TableLayout { row_per_block: None, bloom_index };
    let way = Planner { routes: &routes, layout, held, batch: 7, for_a_time: false }.way(changes)?;
    Ok(shown(way))
}

fn shown(way: Way) -> String {
    let shown = |step: Step| if step.once { format!("once: {}", step.sql) } else { step.sql };
    way.steps.into_iter().map(shown).collect::<Vec<_>>().join("\n")
}

fn alter(
    before: &[(&str, &str)],
    after: &[(&str, &str)],
    origins: Vec<ColumnOrigin>,
    dropped: &[(usize, bool)],
) -> SchemaChange {
    let dropped = dropped.iter().map(|&(at, keep)| DroppedColumn { at, keep }).collect();
    let table = |columns| Arc::new(table("d", "t", columns, &[0]));
    SchemaChange::Alter(Alteration { before: table(before), after: table(after), origins, dropped })
}

fn dropped(table: &str, keep: bool) -> SchemaChange {
    SchemaChange::DropTable { table: TableName::new("d", table), keep }
}

fn was(at: usize) -> ColumnOrigin {
    ColumnOrigin::Was { at, keep_type: false }
}

#[test]
fn columns() {
    let before = [("id", "bigint"), ("a", "bigint"), ("b", "varchar")];
    let there =
        held(&[("id", "BIGINT", false), ("a", "BIGINT", true), ("b", "VARCHAR", true), ("x", "INT", true)]);
    let added = alter(
        &before,
        &[("id", "bigint"), ("n", "bigint"), ("a", "bigint"), ("b", "varchar"), ("x", "varchar")],
        vec![was(0), ColumnOrigin::New(ColValue::Int(5)), was(1), was(2), ColumnOrigin::New(ColValue::Null)],
        &[],
    );
    assert_eq!(
        sql(&there, &[added]).unwrap(),
        "ALTER TABLE `d`.`t` ADD COLUMN `n` BIGINT NULL DEFAULT 5 AFTER `id`\n\
         ALTER TABLE `d`.`t` RENAME COLUMN `x` TO `x__kept_7`\n\
         ALTER TABLE `d`.`t` ADD COLUMN `x` VARCHAR NULL AFTER `b`"
    );
    let renamed = alter(&before, &[("id", "bigint"), ("b", "decimal")], vec![was(0), was(1)], &[(2, false)]);
    assert_eq!(
        sql(&there, &[renamed]).unwrap(),
        "once: ALTER TABLE `d`.`t` DROP COLUMN `b`\nALTER TABLE `d`.`t` RENAME COLUMN `a` TO `b`\n\
         ALTER TABLE `d`.`t` MODIFY COLUMN `b` DECIMAL(20, 5) NULL"
    );
    let swapped = alter(
        &before,
        &[("id", "bigint"), ("b", "bigint"), ("a", "varchar")],
        vec![was(0), was(1), was(2)],
        &[],
    );
    assert_eq!(
        sql(&there, &[swapped]).unwrap(),
        "once: ALTER TABLE `d`.`t` RENAME COLUMN `a` TO `a__moving_7`\n\
         ALTER TABLE `d`.`t` RENAME COLUMN `b` TO `a`\n\
         ALTER TABLE `d`.`t` RENAME COLUMN `a__moving_7` TO `b`"
    );
}

#[test]
fn an_index_gives_way_to_a_type_that_it_does_not_take() {
    let there = held(&[("id", "BIGINT", false)]);
    let wider = alter(&[("id", "bigint")], &[("id", "decimal")], vec![was(0)], &[]);
    let modify = "ALTER TABLE `d`.`t` MODIFY COLUMN `id` DECIMAL(20, 5) NOT NULL";
    let unindexed = format!("ALTER TABLE `d`.`t` SET OPTIONS (bloom_index_columns = '')\n{modify}");
    assert_eq!(sql(&there, std::slice::from_ref(&wider)).unwrap(), modify);
    assert_eq!(sql_with(BloomIndex::Key, &there, &[wider]).unwrap(), unindexed);
}

#[test]
fn a_kept_column_takes_null() {
    let mut before = table("d", "t", &[("id", "bigint"), ("gone", "bigint")], &[0]);
    before.columns[1].nullable = false;
    let after = table("d", "t", &[("id", "bigint")], &[0]);
    let dropped = vec![DroppedColumn { at: 1, keep: true }];
    let change = Alteration { before: before.into(), after: after.into(), origins: vec![was(0)], dropped };
    let there = held(&[("id", "BIGINT", false), ("gone", "BIGINT", false)]);
    assert_eq!(
        sql(&there, &[SchemaChange::Alter(change)]).unwrap(),
        "ALTER TABLE `d`.`t` MODIFY COLUMN `gone` BIGINT NULL"
    );
}

#[test]
fn what_is_kept_for_a_time_is_set_aside() {
    let before = [("id", "bigint"), ("gone", "bigint")];
    let drop_column = alter(&before, &[("id", "bigint")], vec![was(0)], &[(1, true)]);
    let there = held(&[("id", "BIGINT", false), ("gone", "BIGINT", true)]);
    let routes = Routes::new(Router::default(), Values::default());
    let layout = TableLayout { row_per_block: None, bloom_index: BloomIndex::All };
    let way = |for_a_time, change: &SchemaChange| {
        let planner = Planner { routes: &routes, layout, held: &there, batch: 7, for_a_time };
        let way = planner.way(std::slice::from_ref(change)).unwrap();
        (way.remembered.kept.clone(), shown(way))
    };
    let kept = |table: &str, column: Option<&str>| {
        vec![Kept { table: TableName::new("d", table), column: column.map(str::to_owned) }]
    };
    let nothing = (Vec::new(), String::new());
    let aside = "ALTER TABLE `d`.`t` RENAME COLUMN `gone` TO `gone__kept_7`".to_owned();
    assert_eq!(way(true, &drop_column), (kept("t", Some("gone__kept_7")), aside));
    assert_eq!(way(false, &drop_column), nothing);
    let aside = "RENAME TABLE `d`.`t` TO `d`.`t__kept_7`".to_owned();
    assert_eq!(way(true, &dropped("t", true)), (kept("t__kept_7", None), aside));
    assert_eq!(way(false, &dropped("t", true)), nothing);
    assert_eq!(way(true, &dropped("unknown", true)), nothing);
    // What is in the way was not dropped at the source: it may be the user's own.
    let after = [("id", "bigint"), ("gone", "bigint")];
    let added = alter(&[("id", "bigint")], &after, vec![was(0), ColumnOrigin::New(ColValue::Null)], &[]);
    let (kept, sql) = way(true, &added);
    assert!(kept.is_empty() && sql.contains("RENAME COLUMN `gone` TO `gone__kept_7`"), "{sql}");
    let created = SchemaChange::CreateTable(Arc::new(table("d", "t", &after, &[0])));
    let (kept, sql) = way(true, &created);
    assert!(kept.is_empty() && sql.contains("RENAME TABLE `d`.`t` TO `d`.`t__kept_7`"), "{sql}");
}

#[test]
fn tables() {
    let new = SchemaChange::CreateTable(Arc::new(table("d", "t", &[("id", "bigint")], &[0])));
    let there = held(&[("id", "BIGINT", false)]);
    assert_eq!(
        sql(&there, &[dropped("u", false), new]).unwrap(),
        "DROP TABLE IF EXISTS `d`.`u`\nCREATE DATABASE IF NOT EXISTS `d`\nRENAME TABLE `d`.`t` TO `d`.`t__kept_7`\n\
         CREATE TABLE IF NOT EXISTS `d`.`t` (`id` BIGINT NOT NULL)"
    );
    let rename = |from: &str, to: &str| {
        let table = |name: &str| Arc::new(table("d", name, &[("id", "bigint")], &[0]));
        let (before, after) = (table(from), table(to));
        SchemaChange::Alter(Alteration { before, after, origins: vec![was(0)], dropped: Vec::new() })
    };
    assert_eq!(
        sql(&there, &[rename("u", "t"), rename("t", "v")]).unwrap(),
        "RENAME TABLE `d`.`t` TO `d`.`v`\nRENAME TABLE `d`.`u` TO `d`.`t`"
    );
    let circle = [rename("u", "t"), rename("t", "v"), rename("v", "u")];
    assert_eq!(
        sql(&there, &circle).unwrap(),
        "once: RENAME TABLE `d`.`u` TO `d`.`u__moving_7`\nRENAME TABLE `d`.`v` TO `d`.`u`\n\
         RENAME TABLE `d`.`t` TO `d`.`v`\nRENAME TABLE `d`.`u__moving_7` TO `d`.`t`"
    );
    let replaced = [dropped("t", false), rename("u", "t")];
    assert!(sql(&there, &replaced).unwrap().starts_with("once: DROP TABLE IF EXISTS `d`.`t`\n"));
}

#[test]
fn a_copy_takes_the_place_of_the_former_table_once() {
    let t = Arc::new(table("d", "t", &[("id", "bigint")], &[0]));
    let copy = |stage| [SchemaChange::Copy { table: Arc::clone(&t), stage }];
    let there = held(&[("id", "BIGINT", false)]);
    assert_eq!(
        sql(&there, &copy(CopyStage::Begins)).unwrap(),
        "CREATE DATABASE IF NOT EXISTS `d`\nDROP TABLE IF EXISTS `d`.`t__dt_copy`\n\
         CREATE TABLE IF NOT EXISTS `d`.`t__dt_copy` (`id` BIGINT NOT NULL)"
    );
    assert_eq!(sql(&there, &copy(CopyStage::GoesOn)).unwrap(), "");
    assert_eq!(
        sql(&there, &copy(CopyStage::Ends)).unwrap(),
        "ALTER TABLE `d`.`t` SWAP WITH `t__dt_copy`\nDROP TABLE IF EXISTS `d`.`t__dt_copy`"
    );
    assert_eq!(
        sql(&HashMap::new(), &copy(CopyStage::Ends)).unwrap(),
        "RENAME TABLE `d`.`t__dt_copy` TO `d`.`t`"
    );
    // Neither step is run again when the names are exchanged.
    let routes = Routes::new(Router::default(), Values::default());
    let layout = TableLayout { row_per_block: None, bloom_index: BloomIndex::All };
    let planner = Planner { routes: &routes, layout, held: &there, batch: 7, for_a_time: false };
    let steps = planner.way(&copy(CopyStage::Ends)).unwrap().steps;
    let runs = |t: &str, shadow: &str| -> Vec<bool> {
        let ids =
            [("t", t), ("t__dt_copy", shadow)].map(|(name, id)| (TableName::new("d", name), id.to_owned()));
        let seen = Seen { ids: ids.into(), ..Seen::default() };
        steps.iter().map(|step| step.when.holds(&seen)).collect()
    };
    assert_eq!(runs("11", "17"), [true, false]);
    assert_eq!(runs("17", "11"), [false, true]);
    assert_eq!(runs("17", ""), [false, false]);
}
