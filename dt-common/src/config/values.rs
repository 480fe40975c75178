//! `[values]`: what becomes of a value that the target's own type does not hold.
//!
//! One key a [`Class`]: a word for all columns, and exceptions by table and by column behind it:
//! `zero_date = null, shop.*:string, shop.orders.paid_at:error`. Of several that match, a column's wins over a table's, and a table's over
//! the word alone; of equals the last.
//!
//! A key column never takes `null` or `clamp`: two keys of the source could become one of the target. There the class stays at `error`,
//! and a list that names such a column is refused.

use std::fmt;
use std::sync::Arc;

use super::ini::RawConfig;
use crate::error::{Error, Result};
use crate::list::ListReader;
use crate::nearest::nearest;
use crate::pattern::{Pattern, TablePattern};
use crate::schema::{Column, ColumnType, JsonStorage, TableSchema};

/// Why a value does not fit. Each is a key of `[values]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A zero or partly zero date, or one that does not exist (30 February).
    ZeroDate,
    /// A date and time outside of what the target reads back.
    OutOfRange,
    /// Bytes that are no text in their column's charset.
    InvalidText,
    /// Text that is no JSON to the target, though it is to the source: a key that occurs twice, half of a surrogate pair.
    InvalidJson,
    /// A JSON number that the target would round or lose.
    JsonNumber,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// The task ends with an error that names table and column.
    Error,
    /// NULL; the target's column allows it.
    Null,
    /// The nearest value that the target holds.
    Clamp,
    /// The value's own text; the target's column is VARCHAR.
    String,
}

impl Class {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 5] =
        [Self::ZeroDate, Self::OutOfRange, Self::InvalidText, Self::InvalidJson, Self::JsonNumber];

    /// The key in `[values]`, and its name in log and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::ZeroDate => "zero_date",
            Self::OutOfRange => "out_of_range",
            Self::InvalidText => "invalid_text",
            Self::InvalidJson => "invalid_json",
            Self::JsonNumber => "json_number",
        }
    }

    /// Whether a column of this type can hold such a value. A TIMESTAMP ends long before the target's does; what MySQL's own JSON holds
    /// the target holds too.
    pub fn can_be_in(self, ty: &ColumnType) -> bool {
        match ty {
            ColumnType::DateTime { .. } => matches!(self, Self::ZeroDate | Self::OutOfRange),
            ColumnType::Date | ColumnType::Timestamp { .. } => self == Self::ZeroDate,
            ColumnType::Char(_) | ColumnType::VarChar(_) | ColumnType::Text(_) => self == Self::InvalidText,
            ColumnType::Json(JsonStorage::Text) => matches!(self, Self::InvalidJson | Self::JsonNumber),
            ColumnType::Json(JsonStorage::Binary)
            | ColumnType::Int { .. }
            | ColumnType::Decimal { .. }
            | ColumnType::Float
            | ColumnType::Double
            | ColumnType::Bit { .. }
            | ColumnType::Time { .. }
            | ColumnType::Year
            | ColumnType::Binary { .. }
            | ColumnType::VarBinary { .. }
            | ColumnType::Blob { .. }
            | ColumnType::Enum { .. }
            | ColumnType::Set { .. }
            | ColumnType::Geometry
            | ColumnType::Vector { .. }
            | ColumnType::Uuid
            | ColumnType::Inet4
            | ColumnType::Inet6 => false,
        }
    }

    /// What may be written behind the key. Text that is no JSON has no nearest one.
    fn policies(self) -> &'static [(&'static str, Policy)] {
        const ALL: [(&str, Policy); 4] = [
            ("null", Policy::Null),
            ("string", Policy::String),
            ("error", Policy::Error),
            ("clamp", Policy::Clamp),
        ];
        match self {
            Self::InvalidJson => &ALL[..3],
            Self::ZeroDate | Self::OutOfRange | Self::InvalidText | Self::JsonNumber => &ALL,
        }
    }

    /// Whether keys that differ at the source differ at the target. The digits of invalid bytes are a text that another row may hold.
    fn keeps_keys_apart(self, policy: Policy) -> bool {
        match policy {
            Policy::Error => true,
            Policy::String => self != Self::InvalidText,
            Policy::Null | Policy::Clamp => false,
        }
    }
}

impl Policy {
    /// The word in `[values]`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Null => "null",
            Self::Clamp => "clamp",
            Self::String => "string",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The policies of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnPolicies([Policy; Class::ALL.len()]);

impl ColumnPolicies {
    /// Every class ends the task.
    pub const STRICT: Self = Self([Policy::Error; Class::ALL.len()]);

    /// The policy of a class; [`Policy::Error`] for one that the column cannot hold.
    pub fn of(&self, class: Class) -> Policy {
        self.0[class as usize]
    }

    /// Whether any class has this policy.
    pub fn has(&self, policy: Policy) -> bool {
        self.0.contains(&policy)
    }
}

/// A `[values]` section.
#[derive(Debug, Clone)]
pub struct Values(Box<[Rules; Class::ALL.len()]>);

/// What the key of one class says.
#[derive(Debug, Clone)]
struct Rules {
    place: String,
    usual: Policy,
    exceptions: Vec<Exception>,
}

#[derive(Debug, Clone)]
struct Exception {
    table: TablePattern,
    /// `None` for all of its columns. In lower case: MySQL does not tell column names apart by case.
    column: Option<Pattern>,
    policy: Policy,
    text: String,
}

/// Every class ends the task.
impl Default for Values {
    fn default() -> Self {
        let strict = || Rules { place: String::new(), usual: Policy::Error, exceptions: Vec::new() };
        Self(Box::new(Class::ALL.map(|_| strict())))
    }
}

impl Values {
    /// Reads the section.
    ///
    /// # Errors
    /// A list that does not parse, or a policy that makes no sense for its class; with line, key and character.
    pub fn read(raw: &RawConfig) -> Result<Self> {
        let mut values = Self::default();
        for class in Class::ALL {
            values.0[class as usize] = Rules::read(raw, class)?;
        }
        Ok(values)
    }

    /// The policies of the column at this position.
    pub fn of(&self, table: &TableSchema, at: usize) -> ColumnPolicies {
        let Some(column) = table.columns.get(at) else { return ColumnPolicies::STRICT };
        let is_key = table.key_columns().contains(&at);
        ColumnPolicies(Class::ALL.map(|class| match self.0[class as usize].of(table, column) {
            policy if class.can_be_in(&column.ty) && (!is_key || class.keeps_keys_apart(policy)) => policy,
            _ => Policy::Error,
        }))
    }

    /// Compares the section with the followed tables.
    ///
    /// # Errors
    /// A table or column that is named without wildcards and is not there, or for which the policy makes no sense.
    pub fn check(&self, tables: &[Arc<TableSchema>]) -> Result<()> {
        for class in Class::ALL {
            let rules = &self.0[class as usize];
            for exception in &rules.exceptions {
                exception.check(class, tables).map_err(|what| Error::config(what).at(&rules.place))?;
            }
        }
        Ok(())
    }
}

impl Rules {
    fn read(raw: &RawConfig, class: Class) -> Result<Self> {
        let mut usual = None;
        let mut exceptions = Vec::new();
        for item in raw.list("values", class.name(), |reader| item(reader, class))? {
            match item {
                Item::Usual(policy) if usual.replace(policy).is_some() => {
                    return Err(raw.bad(
                        "values",
                        class.name(),
                        "two words for all columns; keep one of them",
                    ));
                }
                Item::Usual(_) => {}
                Item::Exception(exception) => exceptions.push(exception),
            }
        }
        // Only exceptions have anything to be said about.
        let place = if exceptions.is_empty() { String::new() } else { raw.place("values", class.name()) };
        Ok(Self { place, usual: usual.unwrap_or(Policy::Error), exceptions })
    }

    fn of(&self, table: &TableSchema, column: &Column) -> Policy {
        let name = column.name.to_lowercase();
        let of_table = |e: &&Exception| e.column.is_none() && e.table.matches(&table.name);
        let of_column = |e: &&Exception| {
            e.column.as_ref().is_some_and(|c| c.matches(&name)) && e.table.matches(&table.name)
        };
        let last = self.exceptions.iter().rfind(of_column).or_else(|| self.exceptions.iter().rfind(of_table));
        last.map_or(self.usual, |exception| exception.policy)
    }
}

enum Item {
    Usual(Policy),
    Exception(Exception),
}

/// `policy`, `db.table:policy` or `db.table.column:policy`.
fn item(reader: &mut ListReader<'_>, class: Class) -> Result<Item> {
    if !reader.holds('.') {
        return reader.word(class.policies()).map(Item::Usual);
    }
    let ((table, column), text) = reader.with_text(|reader| {
        let table = reader.table_pattern()?;
        let column = match reader.next_is('.') {
            true => Some(reader.pattern()?.to_lowercase()),
            false => None,
        };
        Ok((table, column))
    })?;
    reader.expect(':')?;
    let policy = reader.word(class.policies())?;
    Ok(Item::Exception(Exception { table, column, policy, text: text.to_owned() }))
}

impl Exception {
    fn check(&self, class: Class, tables: &[Arc<TableSchema>]) -> Result<(), String> {
        let Some(name) = self.table.literal() else { return Ok(()) };
        let text = &self.text;
        let Some(table) = tables.iter().find(|table| table.name == name) else {
            return Err(format!("`{text}` names a table that is not followed or does not exist"));
        };
        let Some(wanted) = self.column.as_ref().and_then(Pattern::literal) else { return Ok(()) };
        let at = table.columns.iter().position(|column| column.name.to_lowercase() == wanted);
        let Some(at) = at else {
            let names = table.columns.iter().map(|column| column.name.as_str());
            let hint = nearest(&wanted, names).map_or(String::new(), |n| format!("; did you mean `{n}`?"));
            return Err(format!("table {name} has no followed column `{wanted}`{hint}"));
        };
        if !class.can_be_in(&table.columns[at].ty) {
            return Err(format!("`{text}` is a column that never holds such a value"));
        }
        if table.key_columns().contains(&at) && !class.keeps_keys_apart(self.policy) {
            let policy = self.policy;
            return Err(format!("`{text}` belongs to the key, where `{policy}` could make two rows one"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Generated, Key, KeyKind, TableName};

    fn table() -> Arc<TableSchema> {
        let column = |name: &str, ty| Column {
            name: name.into(),
            ty,
            nullable: false,
            default: None,
            generated: Generated::No,
            invisible: false,
            comment: String::new(),
        };
        let columns = vec![
            column("day", ColumnType::Date),
            column("Paid_At", ColumnType::DateTime { fsp: 0 }),
            column("n", ColumnType::Float),
        ];
        let key = Some(Key { columns: vec![0], kind: KeyKind::Primary });
        let name = TableName::new("shop", "orders");
        Arc::new(TableSchema { name, columns, key, comment: String::new(), engine: String::new() })
    }

    fn values(text: &str) -> Result<Values> {
        Values::read(&RawConfig::parse("t.ini", &format!("[values]\n{text}\n")).unwrap())
    }

    #[test]
    fn the_nearest_word_wins() {
        use Policy::{Clamp, Error, Null, String};
        for (text, paid_at, day) in [
            ("", Error, Error),
            ("zero_date=null", Null, Error),
            ("zero_date=string", String, String),
            ("zero_date=null, *.*:clamp", Clamp, Error),
            ("zero_date=shop.orders.paid_at:clamp, null, shop.*:string", Clamp, String),
            ("zero_date=shop.*:null, shop.orders:string", String, String),
            ("zero_date=null, `shop`.orders.PAID_*:error", Error, Error),
        ] {
            let (values, table) = (values(text).unwrap(), table());
            assert_eq!(values.of(&table, 1).of(Class::ZeroDate), paid_at, "{text}");
            assert_eq!(values.of(&table, 0).of(Class::ZeroDate), day, "a key: {text}");
            assert_eq!(values.of(&table, 2), ColumnPolicies::STRICT);
            values.check(&[table]).unwrap();
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, expected) in [
            ("zero_date=nul", "zero_date: expected null or string or error or clamp at character 1 of `nul`"),
            ("zero_date=null,error", "zero_date: two words for all columns; keep one of them"),
            (
                "invalid_json=clamp",
                "invalid_json: expected null or string or error at character 1 of `clamp`",
            ),
            ("zero_date=a.b", "zero_date: expected `:` at character 4 of `a.b`"),
            ("zero_date=a.b:null", "zero_date: `a.b` names a table that is not followed or does not exist"),
            (
                "zero_date=shop.orders.paid:null",
                "zero_date: table `shop`.`orders` has no followed column `paid`; did you mean `Paid_At`?",
            ),
            (
                "out_of_range=shop.orders.day:null",
                "out_of_range: `shop.orders.day` is a column that never holds such a value",
            ),
            (
                "zero_date=shop.orders.day:clamp",
                "zero_date: `shop.orders.day` belongs to the key, where `clamp` could make two rows one",
            ),
        ] {
            let error = values(text).and_then(|values| values.check(&[table()])).unwrap_err().to_string();
            assert_eq!(error, format!("t.ini:2: [values] {expected}"));
        }
    }

    #[test]
    fn every_class_has_its_key() {
        for class in Class::ALL {
            assert_eq!(Class::ALL[class as usize], class);
            assert_eq!(super::super::keys::find("values", class.name()).unwrap().default, Some("error"));
        }
    }
}
