//! `dt position`: what the target remembers of a task.

use std::path::Path;

use serde_json::json;

use super::args::Format;
use super::{Exit, Failure, block_on, print, read_task, stored};
use crate::factory;

pub(super) fn run(path: &Path, format: Format) -> Result<Exit, Failure> {
    let config = read_task(path)?;
    let target = factory::target_admin(&config)?;
    let found = block_on(target.stored())?;
    let id = &config.id;
    print(&match (format, &found) {
        (Format::Json, _) => {
            format!("{:#}\n", json!({"task": id, "stored": found.as_ref().map(stored::json)}))
        }
        (Format::Text, None) => format!("task `{id}`: nothing is stored in the target\n"),
        (Format::Text, Some(found)) => format!("task `{id}`\n{}", stored::text(found, stored::now())),
    })
}
