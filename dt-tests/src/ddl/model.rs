//! Random statements, and what the tables look like behind them. Pure.
//!
//! Each statement is made from the model and moves it, so that the source takes every one of them.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};

/// A type that a column may have, and literals of it.
struct Level {
    sql: &'static str,
    values: &'static [&'static str],
}

/// Types of which each widens to the next.
type Chain = &'static [Level];

const fn level(sql: &'static str, values: &'static [&'static str]) -> Level {
    Level { sql, values }
}

const CHAINS: &[Chain] = &[
    &[
        level("TINYINT", &["-128", "0", "127"]),
        level("SMALLINT", &["-32768", "7"]),
        level("INT", &["-2147483648", "2147483647"]),
        level("BIGINT", &["-9223372036854775808", "9223372036854775807"]),
        level("DECIMAL(22,0)", &["9999999999999999999999"]),
    ],
    &[level("INT UNSIGNED", &["0", "4294967295"]), level("BIGINT UNSIGNED", &["18446744073709551615", "1"])],
    &[
        level("DECIMAL(8,2)", &["-999999.99", "0.01", "5"]),
        level("DECIMAL(14,5)", &["123456789.12345", "-0.00001"]),
    ],
    &[level("FLOAT", &["0.5", "-1.25", "3e38"]), level("DOUBLE", &["1e300", "0.1"])],
    &[
        level("VARCHAR(10)", &["''", "'it''s'", "'日本'", "'\\\\ \"'"]),
        level("VARCHAR(40)", &["'a text that is longer than ten'"]),
        level("TEXT", &["'any'"]),
    ],
    &[
        level("ENUM('a','b')", &["'a'", "'b'"]),
        level("ENUM('c','a','b')", &["'c'", "'a'"]),
        level("VARCHAR(9)", &["'free'"]),
    ],
    &[level("SET('a','b')", &["''", "'a'", "'a,b'"]), level("SET('a','b','c')", &["'b,c'"])],
    &[
        level("DATE", &["'2024-02-29'", "'1000-01-01'"]),
        level("DATETIME", &["'2024-02-29 01:02:03'"]),
        level("DATETIME(6)", &["'9999-12-30 20:00:00.000001'"]),
    ],
    &[level("TIME", &["'-838:59:59'", "'00:00:01'"]), level("TIME(3)", &["'-00:00:00.001'"])],
    &[level("BIT(4)", &["b'1010'", "0"]), level("BIT(40)", &["b'1111111111111111111111111111111111'"])],
    &[
        level("VARBINARY(4)", &["0x00ff", "''"]),
        level("VARBINARY(9)", &["0x0102030405"]),
        level("BLOB", &["0xfe"]),
    ],
];

/// A column.
#[derive(Clone)]
struct Column {
    name: String,
    chain: Chain,
    level: usize,
    nullable: bool,
    default: Option<&'static str>,
}

impl Column {
    fn level(&self) -> &'static Level {
        &self.chain[self.level]
    }

    fn takes_default(&self) -> bool {
        !matches!(self.level().sql, "TEXT" | "BLOB")
    }

    fn definition(&self) -> String {
        let null = if self.nullable { "NULL" } else { "NOT NULL" };
        let default = self.default.filter(|_| self.takes_default());
        let default = default.map_or(String::new(), |text| format!(" DEFAULT {text}"));
        format!("`{}` {} {null}{default}", self.name, self.level().sql)
    }

    fn value(&self, random: &mut StdRng) -> &'static str {
        if self.nullable && random.random_bool(0.2) {
            return "NULL";
        }
        let values = self.chain[..=self.level].iter().flat_map(|level| level.values);
        values.choose(random).copied().unwrap_or("NULL")
    }
}

/// A table; its first column is `id`, which the rows count up.
#[derive(Clone)]
struct Table {
    columns: Vec<Column>,
    /// Whether `id` names the rows.
    keyed: bool,
}

/// The tables, by their names.
pub struct Model {
    tables: BTreeMap<String, Table>,
    random: StdRng,
    /// Number of the next name and of the next row.
    next: u32,
}

impl Model {
    /// No tables yet.
    pub fn new(random: StdRng) -> Self {
        Self { tables: BTreeMap::new(), random, next: 0 }
    }

    /// The columns of every table, in their order.
    pub fn columns(&self) -> BTreeMap<String, Vec<String>> {
        let names = |table: &Table| {
            let own = table.columns.iter().map(|column| column.name.clone());
            std::iter::once("id".to_owned()).chain(own).collect()
        };
        self.tables.iter().map(|(name, table)| (name.clone(), names(table))).collect()
    }

    /// The next statements: rows mostly, a change of structure else.
    pub fn statements(&mut self) -> Vec<String> {
        if self.tables.len() < 2 {
            return vec![self.create()];
        }
        match self.random.random_range(0..100) {
            0..60 => self.rows(),
            60..90 => vec![self.alter()],
            90..93 => vec![self.create()],
            93..95 => vec![self.like()],
            95..97 => vec![self.rename()],
            97..98 => vec![self.exchange()],
            98..99 => vec![self.truncate()],
            _ => vec![self.drop()],
        }
    }

    /// Rows for every table, so that each is looked at behind its last change.
    pub fn last_rows(&mut self) -> Vec<String> {
        let names: Vec<String> = self.tables.keys().cloned().collect();
        names.iter().map(|name| self.insert(name)).collect()
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn name(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", self.number())
    }

    fn any_table(&mut self) -> String {
        self.tables.keys().choose(&mut self.random).cloned().unwrap_or_default()
    }

    fn column(&mut self) -> Column {
        let name = self.name("c");
        let chain = CHAINS.choose(&mut self.random).copied().unwrap_or(CHAINS[0]);
        let level = self.random.random_range(0..chain.len());
        let mut column = Column { name, chain, level, nullable: self.random.random_bool(0.7), default: None };
        // Zero dates are the policy's matter: a NOT NULL column of those types has a default.
        let is_date = column.level().sql.starts_with("DATE");
        if (self.random.random_bool(0.5) || (is_date && !column.nullable)) && column.takes_default() {
            column.default = column.level().values.choose(&mut self.random).copied();
        }
        column
    }

    fn create(&mut self) -> String {
        let name = self.name("t");
        let count = self.random.random_range(1..5);
        let columns: Vec<Column> = (0..count).map(|_| self.column()).collect();
        let keyed = self.random.random_bool(0.7);
        let definitions: Vec<String> = columns.iter().map(Column::definition).collect();
        let key = if keyed { ", PRIMARY KEY (id)" } else { "" };
        let sql = format!("CREATE TABLE {name} (id INT NOT NULL, {}{key})", definitions.join(", "));
        self.tables.insert(name, Table { columns, keyed });
        sql
    }

    fn like(&mut self) -> String {
        let (from, to) = (self.any_table(), self.name("t"));
        let table = self.tables[&from].clone();
        self.tables.insert(to.clone(), table);
        format!("CREATE TABLE {to} LIKE {from}")
    }

    fn drop(&mut self) -> String {
        let name = self.any_table();
        self.tables.remove(&name);
        format!("DROP TABLE {name}")
    }

    fn truncate(&mut self) -> String {
        format!("TRUNCATE TABLE {}", self.any_table())
    }

    fn rename(&mut self) -> String {
        let (from, to) = (self.any_table(), self.name("t"));
        if let Some(table) = self.tables.remove(&from) {
            self.tables.insert(to.clone(), table);
        }
        match self.random.random_bool(0.5) {
            true => format!("RENAME TABLE {from} TO {to}"),
            false => format!("ALTER TABLE {from} RENAME TO {to}"),
        }
    }

    /// Tables exchange their names, two or three in a circle.
    fn exchange(&mut self) -> String {
        let count = self.random.random_range(2..=3.min(self.tables.len()));
        let names: Vec<String> = self.tables.keys().cloned().choose_multiple(&mut self.random, count);
        let taken: Vec<Table> = names.iter().filter_map(|name| self.tables.remove(name)).collect();
        let mut pairs = vec![format!("{} TO aside", names[0])];
        for (at, table) in taken.into_iter().enumerate() {
            // Each takes the place of the one before it.
            let before = (at + count - 1) % count;
            self.tables.insert(names[before].clone(), table);
            if at > 0 {
                pairs.push(format!("{} TO {}", names[at], names[before]));
            }
        }
        pairs.push(format!("aside TO {}", names[count - 1]));
        format!("RENAME TABLE {}", pairs.join(", "))
    }

    fn alter(&mut self) -> String {
        let name = self.any_table();
        let Some(mut table) = self.tables.remove(&name) else { return "SELECT 1".to_owned() };
        let mut actions = Vec::new();
        // Columns that an action of the statement has named already are left to others.
        let mut untouched: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        for _ in 0..self.random.random_range(1..4) {
            self.action(&mut table, &mut untouched, &mut actions);
        }
        self.tables.insert(name.clone(), table);
        if actions.is_empty() {
            actions.push("ADD INDEX (id)".to_owned());
        }
        format!("ALTER TABLE {name} {}", actions.join(", "))
    }

    fn action(&mut self, table: &mut Table, untouched: &mut Vec<String>, actions: &mut Vec<String>) {
        let chosen = untouched.iter().choose(&mut self.random).cloned();
        let at =
            chosen.as_ref().and_then(|name| table.columns.iter().position(|column| column.name == *name));
        let kind = self.random.random_range(0..10);
        match (kind, at) {
            (0..4, _) | (_, None) => {
                let column = self.column();
                actions.push(format!("ADD COLUMN {}", column.definition()));
                table.columns.push(column);
            }
            (4, Some(at)) if table.columns.len() > 2 => {
                actions.push(format!("DROP COLUMN `{}`", table.columns.remove(at).name));
            }
            (5, Some(at)) => {
                let to = self.name("c");
                let column = &mut table.columns[at];
                actions.push(format!("RENAME COLUMN `{}` TO `{to}`", column.name));
                column.name = to;
            }
            (6, Some(at)) => {
                let other = untouched.iter().find(|name| Some(*name) != chosen.as_ref()).cloned();
                let other =
                    other.and_then(|name| table.columns.iter().position(|column| column.name == name));
                let Some(other) = other else { return };
                let (one, two) = (table.columns[at].name.clone(), table.columns[other].name.clone());
                actions.push(format!("RENAME COLUMN `{one}` TO `{two}`, RENAME COLUMN `{two}` TO `{one}`"));
                untouched.retain(|name| *name != two);
                table.columns[at].name = two;
                table.columns[other].name = one;
            }
            (7, _) if actions.is_empty() => {
                actions.push(if table.keyed { "DROP PRIMARY KEY" } else { "ADD INDEX (id)" }.to_owned());
                table.keyed = false;
            }
            (_, Some(at)) => {
                let column = &mut table.columns[at];
                column.level = (column.level + 1).min(column.chain.len() - 1);
                column.nullable |= self.random.random_bool(0.2);
                let (was, definition) = (column.name.clone(), column.definition());
                let place = if self.random.random_bool(0.3) { " AFTER id" } else { "" };
                actions.push(format!("CHANGE `{was}` {definition}{place}"));
                if !place.is_empty() {
                    let column = table.columns.remove(at);
                    table.columns.insert(0, column);
                }
            }
        }
        untouched.retain(|name| Some(name) != chosen.as_ref());
    }

    fn insert(&mut self, name: &str) -> String {
        let table = self.tables[name].clone();
        let count = self.random.random_range(1..4);
        let rows: Vec<String> = (0..count)
            .map(|_| {
                let mut cells = vec![self.number().to_string()];
                cells.extend(table.columns.iter().map(|column| column.value(&mut self.random).to_owned()));
                format!("({})", cells.join(", "))
            })
            .collect();
        let columns: Vec<String> = table.columns.iter().map(|column| format!("`{}`", column.name)).collect();
        format!("INSERT INTO {name} (id, {}) VALUES {}", columns.join(", "), rows.join(", "))
    }

    fn change_row(&mut self, name: &str) -> String {
        let table = self.tables[name].clone();
        let (least, most) = (self.next.saturating_sub(300), self.next.max(1));
        let id = self.random.random_range(least..=most);
        let some = format!("id BETWEEN {id} AND {}", id + 40);
        match table.columns.choose(&mut self.random) {
            Some(column) if self.random.random_bool(0.7) => {
                format!(
                    "UPDATE {name} SET `{}` = {} WHERE {some}",
                    column.name,
                    column.value(&mut self.random)
                )
            }
            _ => format!("DELETE FROM {name} WHERE {some} ORDER BY id LIMIT 2"),
        }
    }

    fn rows(&mut self) -> Vec<String> {
        let mut statements = Vec::new();
        for _ in 0..self.random.random_range(1..4) {
            let name = self.any_table();
            statements.push(self.insert(&name));
            statements.push(self.change_row(&name));
        }
        if self.random.random_bool(0.4) {
            statements.insert(0, "BEGIN".to_owned());
            let end = if self.random.random_bool(0.8) { "COMMIT" } else { "ROLLBACK" };
            statements.push(end.to_owned());
        }
        statements
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_seed_makes_the_same_statements() {
        let made = |seed| {
            let mut model = Model::new(StdRng::seed_from_u64(seed));
            let mut statements: Vec<String> = (0..400).flat_map(|_| model.statements()).collect();
            statements.extend(model.last_rows());
            statements
        };
        for seed in 0..20 {
            let statements = made(seed);
            assert_eq!(statements, made(seed));
            for word in [
                "ADD COLUMN",
                "DROP COLUMN",
                "RENAME COLUMN",
                "CHANGE",
                "TO aside",
                "TRUNCATE",
                "LIKE",
                "ROLLBACK",
            ] {
                assert!(statements.iter().any(|sql| sql.contains(word)), "{word} with seed {seed}");
            }
        }
    }
}
