//! Taking out rows by the names that a comparison gives them: before the source's rows take their place. Pure.

use dt_common::error::{Error, Result};
use dt_common::form::Form;
use dt_common::repair::RowNames;

use super::query;
use super::tables::compared;
use crate::sinker::databend::plan::TablePlan;
use crate::sinker::databend::statements::{Expect, Statement};

/// The statement that removes all rows with these names; `None` without names.
///
/// # Errors
/// Names of a table of another structure: it has changed since they were found.
pub fn removal(plan: &TablePlan, forms: &[Form], names: &RowNames) -> Result<Option<Statement>> {
    let is_keyed = matches!(names, RowNames::Keys(_));
    if forms.len() != plan.columns.len() || is_keyed != plan.schema.is_keyed() {
        return Err(Error::internal(format!("table {}: a repair of another structure", plan.schema.name)));
    }
    if names.is_empty() {
        return Ok(None);
    }
    let table = compared(plan, forms.to_vec());
    let sql = format!("DELETE FROM {} WHERE {}", plan.quoted, query::named(&table, names));
    Ok(Some(Statement { sql, expect: Expect::Any }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinker::databend::fixtures::{plan, table};

    #[test]
    fn rows_go_by_key_or_by_hash() {
        let forms = [Form::Int, Form::Text];
        let columns = [("id", "bigint"), ("s", "varchar")];
        let keyed = plan(table("d", "t", &columns, &[1, 0]));
        let names = RowNames::Keys(vec![vec!["it's".into(), "7".into()]]);
        assert_eq!(
            removal(&keyed, &forms, &names).unwrap().unwrap().sql,
            "DELETE FROM `d`.`t` WHERE concat(concat(to_string(octet_length(`s`)), ':', `s`), '#', to_string(`id`)) \
             IN ('4:it''s#7')"
        );
        assert_eq!(removal(&keyed, &forms, &RowNames::Keys(Vec::new())).unwrap(), None);
        let keyless = plan(table("d", "t", &columns, &[]));
        let sql = removal(&keyless, &forms, &RowNames::Hashes(vec![1, u64::MAX])).unwrap().unwrap().sql;
        assert!(
            sql.starts_with("DELETE FROM `d`.`t` WHERE to_string(ifnull(to_uint64(crc32(concat("),
            "{sql}"
        );
        assert!(sql.ends_with("IN ('1', '18446744073709551615')"), "{sql}");
        assert!(removal(&keyless, &forms[..1], &RowNames::Hashes(vec![1])).is_err());
        assert!(removal(&keyless, &forms, &names).is_err());
    }
}
