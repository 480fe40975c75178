//! Rows that somebody asks the task to repair, as rows of `repairs_<task>`.
//!
//! Whoever asks appends a row a part (`asked`, with the part as JSON), in a transaction of its own. The task that reads them appends one
//! that says so (`seen`), and in the fenced transaction that holds a part's rows what has become of it (`done`, `refused` with the
//! reason). Rows are appended only, so nobody waits for anybody; the asker removes them when the request is over.

use dt_common::error::{Error, Result};
use dt_common::repair::{RepairMark, RepairPart};

use super::checkpoint::StateTables;
use super::client::Session;
use super::quote;
use crate::admin::RepairState;

/// Parts that one INSERT holds: a part is at most some hundred names.
const PARTS: usize = 50;

const ASKED: &str = "asked";
const SEEN: &str = "seen";
const DONE: &str = "done";
const REFUSED: &str = "refused";

/// `CREATE TABLE` for requests.
pub fn create(table: &str, options: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (`request` VARCHAR NOT NULL, `part` INT UNSIGNED NOT NULL, \
         `kind` VARCHAR NOT NULL, `body` VARCHAR NULL) {options}"
    )
}

/// `INSERT` of what has become of parts.
pub fn insert(table: &str, marks: &[RepairMark]) -> String {
    let rows = marks.iter().map(|mark| {
        let kind = if mark.refused.is_some() { REFUSED } else { DONE };
        row(&mark.id.request, mark.id.part, kind, mark.refused.as_deref())
    });
    format!("INSERT INTO {table} VALUES {}", rows.collect::<Vec<_>>().join(","))
}

fn row(request: &str, part: u32, kind: &str, body: Option<&str>) -> String {
    let body = body.map_or_else(|| "NULL".to_owned(), quote::string);
    format!("({},{part},'{kind}',{body})", quote::string(request))
}

/// What is stored of all requests.
struct Stored {
    request: String,
    part: u32,
    kind: String,
    body: Option<String>,
}

impl StateTables {
    /// Hands parts over. The tables of a task that has run are there.
    ///
    /// # Errors
    /// A missing privilege.
    pub async fn ask(&self, session: &Session, parts: &[RepairPart]) -> Result<()> {
        for sql in self.create() {
            session.execute(&sql).await?;
        }
        for some in parts.chunks(PARTS) {
            let rows = some.iter().map(|part| {
                let body = serde_json::to_string(part)
                    .map_err(|e| Error::internal("rows to repair are no JSON").caused_by(e))?;
                Ok(row(&part.id.request, part.id.part, ASKED, Some(&body)))
            });
            let rows = rows.collect::<Result<Vec<_>>>()?.join(",");
            session.execute(&format!("INSERT INTO {} VALUES {rows}", self.repairs)).await?;
        }
        Ok(())
    }

    /// What has become of a request.
    ///
    /// # Errors
    /// A table that cannot be read.
    pub async fn answered(&self, session: &Session, request: &str) -> Result<RepairState> {
        let filter = format!(" WHERE `request` = {} AND `kind` <> '{ASKED}'", quote::string(request));
        let mut state = RepairState::default();
        for stored in self.read_repairs(session, &filter).await? {
            match stored.kind.as_str() {
                SEEN => state.seen = true,
                REFUSED => state.refused.extend(stored.body),
                _ => state.done += 1,
            }
        }
        Ok(state)
    }

    /// Forgets a request.
    ///
    /// # Errors
    /// A table that cannot be written.
    pub async fn withdraw(&self, session: &Session, request: &str) -> Result<()> {
        let request = quote::string(request);
        session.execute(&format!("DELETE FROM {} WHERE `request` = {request}", self.repairs)).await?;
        Ok(())
    }

    /// Parts that are asked for and not answered.
    ///
    /// # Errors
    /// A table that cannot be read, or holds what nobody of this version has written.
    pub async fn asked(&self, session: &Session) -> Result<Vec<RepairPart>> {
        let stored = self.read_repairs(session, "").await?;
        let is_over = |one: &Stored| {
            let answers = stored.iter().filter(|other| other.kind == DONE || other.kind == REFUSED);
            answers.into_iter().any(|other| other.request == one.request && other.part == one.part)
        };
        let parts = stored.iter().filter(|one| one.kind == ASKED && !is_over(one)).map(|one| {
            let body = one.body.as_deref().unwrap_or_default();
            serde_json::from_str(body).map_err(|e| self.broken_request(&one.request, &e))
        });
        parts.collect()
    }

    /// Tells the asker that the task has read the request.
    ///
    /// # Errors
    /// A table that cannot be written.
    pub async fn see(&self, session: &Session, request: &str) -> Result<()> {
        let row = row(request, 0, SEEN, None);
        session.execute(&format!("INSERT INTO {} VALUES {row}", self.repairs)).await?;
        Ok(())
    }

    async fn read_repairs(&self, session: &Session, filter: &str) -> Result<Vec<Stored>> {
        let sql = format!(
            "SELECT `request`, to_string(`part`), `kind`, `body` FROM {}{filter} ORDER BY `request`, `part`",
            self.repairs
        );
        let rows = session.query(&sql).await.map_err(|e| e.at(format_args!("reading {}", self.repairs)))?;
        let stored = rows.into_iter().filter_map(|row| {
            let [request, part, kind, body] = <[Option<String>; 4]>::try_from(row).ok()?;
            Some(Stored { request: request?, part: part?.parse().ok()?, kind: kind?, body })
        });
        Ok(stored.collect())
    }

    fn broken_request(&self, request: &str, error: &serde_json::Error) -> Error {
        Error::data(format!(
            "{}: request {request} cannot be read (line {}, column {}); delete its rows",
            self.repairs,
            error.line(),
            error.column()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dt_common::repair::RepairId;

    #[test]
    fn answers_are_appended() {
        let id = |part| RepairId { request: "r".into(), part };
        let marks = [
            RepairMark { id: id(1), refused: None },
            RepairMark { id: id(2), refused: Some("it's gone".into()) },
        ];
        assert_eq!(
            insert("t", &marks),
            "INSERT INTO t VALUES ('r',1,'done',NULL),('r',2,'refused','it''s gone')"
        );
    }
}
